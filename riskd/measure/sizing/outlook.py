"""What a size means before it is traded: margin, liquidation against the stop, funding, break-even.

All amounts are in the settlement currency: dollars of a linear contract, coins of an inverse one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from riskd.measure.sizing.sizing import (
    Loss,
    Trade,
    contracts_for_risk,
    demand_not_negative,
    demand_positive,
    floored_to_lot,
    loss_at_stop,
    shown_lot,
)
from riskd.measure.sizing.tiers import MarginTiers
from riskd.measure.venues.contract import Position, entry_value, value_slope
from riskd.measure.venues.funding import funding_payment
from riskd.measure.venues.liquidation import Backing, liquidation_price
from riskd.measure.venues.margin import Holding, initial_margin
from riskd.measure.venues.model import ContractKind, MarginMode, MarginModel

STOP_SHARE_WARN = 0.70
"""Share of the way to liquidation beyond which a stop is too near it. Source: usual geometry, as stop_to_liquidation."""

FUNDING_SHARE_WARN = 0.20
"""Share of the risk beyond which funding to the horizon is a cost to plan for. Source: usual rule of swing trading."""

# What two floats that mean the same may differ by, as a share.
_NOISE = 1e-12


class Objection(StrEnum):
    """What is wrong with a size."""

    BELOW_ONE_LOT = "below_one_lot"
    LIQUIDATION_FIRST = "liquidation_first"
    LEVERAGE_ABOVE_MAX = "leverage_above_max"
    MARGIN_ABOVE_EQUITY = "margin_above_equity"
    STOP_NEAR_LIQUIDATION = "stop_near_liquidation"
    FUNDING_HEAVY = "funding_heavy"

    @property
    def refuses(self) -> bool:
        """Whether the trade cannot or must not be made so; else it is only said."""
        return self not in {Objection.STOP_NEAR_LIQUIDATION, Objection.FUNDING_HEAVY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the venue asks of a position.

    Attributes:
        model: Margin arithmetic of the venue.
        tiers: Its maintenance margin by size.
        leverage: Setting of an isolated position, >= 1; None for cross margin, with all equity behind the position.
        leverage_max: Highest effective leverage that is wanted; NaN for no bound but that of the tiers.
        closing_fee_rate: Of the closing fee where the venue counts it in its condition; the model's own where None.
        tick: Step of prices as the venue states them; None leaves them exact.
    """

    model: MarginModel
    tiers: MarginTiers
    leverage: float | None = None
    leverage_max: float = math.nan
    closing_fee_rate: float | None = None
    tick: float | None = None

    def __post_init__(self) -> None:
        if self.leverage is not None and not 1.0 <= self.leverage < math.inf:
            raise ValueError(f"leverage must be 1x or more, found {self.leverage:g}x")
        if not math.isnan(self.leverage_max):
            demand_positive(leverage_max=self.leverage_max)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carry:
    """Funding while the trade is held.

    Attributes:
        rate_per_hour: Of the market, fraction of notional: longs pay when it is positive.
        hours: Until the horizon.
    """

    rate_per_hour: float = 0.0
    hours: float = 0.0

    def __post_init__(self) -> None:
        demand_not_negative(horizon_hours=self.hours)

    def rate_paid(self, side: float) -> float:
        """What a side pays until the horizon, fraction of notional; negative is received."""
        return side * self.rate_per_hour * self.hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """A trade with the money, the venue and the time behind it.

    Attributes:
        equity: Of the account, all of it free, > 0.
        risk: Fraction of equity to lose at the stop.
    """

    trade: Trade
    terms: Terms
    equity: float
    risk: float
    carry: Carry = Carry()

    def contracts(self, lot: Decimal | None = None) -> Decimal:
        """Contracts for the risk, rounded down: to the lot, or to six digits where none is given.

        Raises:
            ValueError: Equity or risk is out of its range.
        """
        wanted = contracts_for_risk(self.trade, equity=self.equity, risk=self.risk)
        return floored_to_lot(wanted, shown_lot(wanted) if lot is None else lot)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a size means.

    Attributes:
        contracts: Unsigned.
        notional: Quote currency at entry.
        value: The same in settlement currency.
        leverage: Value over equity: what really is at work.
        leverage_max: Highest setting that tiers and wish allow; NaN when neither says.
        initial_margin: Set aside to open; NaN in cross margin without a known highest leverage.
        loss: At the stop.
        liquidation_price: The nearer of that of the open and that after the funding; None where no price liquidates.
        funding_paid: Until the horizon; negative is received.
        room: From entry to liquidation, fraction of entry; +inf where nothing liquidates, 0 or less where it is due.
        stop_share: Distance of the stop's fill as a share of the room; 0 where nothing liquidates.
        break_even_price: Where a gain pays for both fees and the funding; None where no price does.
        objections: What is wrong; empty when nothing is.
    """

    contracts: float
    notional: float
    value: float
    leverage: float
    leverage_max: float
    initial_margin: float
    loss: Loss
    liquidation_price: float | None
    funding_paid: float
    room: float
    stop_share: float
    break_even_price: float | None
    objections: tuple[Objection, ...]

    @property
    def is_refused(self) -> bool:
        """Whether the trade cannot or must not be made so."""
        return any(objection.refuses for objection in self.objections)


def outlook(sizing: Sizing, contracts: float) -> Outlook:
    """What so many contracts mean."""
    trade, terms = sizing.trade, sizing.terms
    position = trade.position(contracts)
    worth = entry_value(position)
    paid = -funding_payment(position, sizing.carry.rate_per_hour * sizing.carry.hours, trade.entry)
    price = _nearer(
        trade.side, liquidation(sizing, contracts), liquidation(sizing, contracts, spent=max(paid, 0.0))
    )
    room = math.inf if price is None else trade.side * (trade.entry - price) / trade.entry
    found = Outlook(
        contracts=contracts,
        notional=_notional(position),
        value=worth,
        leverage=worth / sizing.equity,
        leverage_max=_least(terms.leverage_max, terms.tiers.leverage_max(position)),
        initial_margin=_initial_margin(terms, position),
        loss=loss_at_stop(trade, contracts),
        liquidation_price=price,
        funding_paid=paid,
        room=room,
        stop_share=_share(abs(trade.entry - trade.fill) / trade.entry, room),
        break_even_price=break_even(trade, sizing.carry),
        objections=(),
    )
    return replace(found, objections=_objections(sizing, found))


def liquidation(sizing: Sizing, contracts: float, *, spent: float = 0.0) -> float | None:
    """Price at which the venue liquidates, once the entry's fee and ``spent`` are gone from what is behind it.

    Isolated: the margin at the leverage setting, to which fees do not go. Cross: all equity.

    Returns:
        Quote per base. On the favourable side of the entry where it is due at once. None where no price liquidates.
    """
    if contracts == 0.0:
        return None
    trade, terms = sizing.trade, sizing.terms
    position = trade.position(contracts)
    holding = Holding(
        position=position,
        mark=trade.entry,
        maintenance=terms.tiers.schedule(terms.model, position, trade.fill),
    )
    if terms.leverage is None:
        fee = trade.fee_rate * entry_value(position)
        backing = Backing(mode=MarginMode.CROSS, cash=sizing.equity - fee - spent)
    else:
        margin = initial_margin(position, trade.entry, terms.leverage)
        backing = Backing(mode=MarginMode.ISOLATED, cash=margin - spent)
    return liquidation_price(
        terms.model, [holding], backing, fee_rate=terms.closing_fee_rate, tick=terms.tick
    )


def break_even(trade: Trade, carry: Carry) -> float | None:
    """Price at which the gain pays for both fees and the funding; None where no price does.

    ``u · (v(x) - v(entry)) = fee · (v(entry) + v(x)) + f · v(entry)``, v the value of a contract, u what equity gains
    when v grows by 1, f what funding takes of the notional.
    """
    slope = value_slope(trade.position(1.0))
    paid = carry.rate_paid(trade.side)
    grown = (slope + trade.fee_rate + paid) / (slope - trade.fee_rate)
    if not grown > 0.0:
        return None
    return trade.entry / grown if trade.contract.kind is ContractKind.INVERSE else trade.entry * grown


# ---- parts of an outlook ---------------------------------------------------------------------------------------------


def _notional(position: Position) -> float:
    """Quote currency at entry: dollars of an inverse contract do not depend on the price."""
    if position.contract.kind is ContractKind.INVERSE:
        return abs(position.contracts) * position.contract.multiplier
    return entry_value(position)


def _nearer(side: float, *prices: float | None) -> float | None:
    known = [price for price in prices if price is not None]
    return max(known, key=lambda price: side * price, default=None)


def _initial_margin(terms: Terms, position: Position) -> float:
    if terms.leverage is not None:
        return initial_margin(position, position.entry, terms.leverage)
    highest = _least(terms.leverage_max, terms.tiers.leverage_max(position))
    return initial_margin(position, position.entry, highest)


def _least(*numbers: float) -> float:
    """The smallest that is known; NaN where none is."""
    return min((number for number in numbers if not math.isnan(number)), default=math.nan)


def _share(distance: float, room: float) -> float:
    if math.isinf(room):
        return 0.0
    return distance / room if room > 0.0 else math.inf


def _objections(sizing: Sizing, found: Outlook) -> tuple[Objection, ...]:
    if found.contracts == 0.0:
        return (Objection.BELOW_ONE_LOT,)
    too_high = _leverage_used(sizing, found) > found.leverage_max * (1.0 + _NOISE)
    wrong = {
        Objection.LIQUIDATION_FIRST: found.stop_share >= 1.0,
        Objection.LEVERAGE_ABOVE_MAX: too_high,
        Objection.MARGIN_ABOVE_EQUITY: not too_high
        and _needed(sizing, found) > sizing.equity * (1.0 + _NOISE),
        Objection.STOP_NEAR_LIQUIDATION: STOP_SHARE_WARN <= found.stop_share < 1.0,
        Objection.FUNDING_HEAVY: found.funding_paid > FUNDING_SHARE_WARN * found.loss.total,
    }
    return tuple(objection for objection, applies in wrong.items() if applies)


def _leverage_used(sizing: Sizing, found: Outlook) -> float:
    """What the highest leverage is compared with: the setting, or what all equity makes of the position."""
    return found.leverage if sizing.terms.leverage is None else max(sizing.terms.leverage, found.leverage)


def _needed(sizing: Sizing, found: Outlook) -> float:
    """Margin and the entry's fee; NaN, which nothing is compared with, where the margin is not known."""
    return found.initial_margin + sizing.trade.fee_rate * found.value
