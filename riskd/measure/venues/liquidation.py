"""The price at which a venue liquidates, and the one at which nothing is left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from riskd.measure.book.groups import Groups
from riskd.measure.margin.brackets import Brackets
from riskd.measure.margin.solver import Cushion, smallest_move
from riskd.measure.venues.contract import entry_value, pnl, value, value_slope
from riskd.measure.venues.hedge_mode import margined_by
from riskd.measure.venues.margin import Holding, maintenance_margin, required_margin, unrealized_pnl
from riskd.measure.venues.model import (
    Basis,
    ClosingFee,
    ContractKind,
    HedgeMargin,
    MarginMode,
    MarginModel,
)
from riskd.measure.venues.rounding import stated_price
from riskd.measure.venues.schedule import Schedule, Tier, flat

# Margin that grows with size makes a parabola, which tangents approach quadratically: six steps are many.
_MOST_TANGENTS = 60
_SETTLED = 1e-15
# A price at which a position is safe is looked for by halving or doubling: 2^-100 is no price any more.
_MOST_DOUBLINGS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Backing:
    """What stands behind the positions of one market.

    Attributes:
        mode: Isolated: their own margin. Cross: the account.
        cash: Isolated margin, or cross wallet balance; settlement currency, without the gains of open positions.
        others_pnl: Gain of the account's positions in other markets at their marks.
        others_required: What equity must cover for those.
    """

    mode: MarginMode
    cash: float
    others_pnl: float = 0.0
    others_required: float = 0.0


def isolated(margin: float) -> Backing:
    """An isolated position's own margin."""
    return Backing(mode=MarginMode.ISOLATED, cash=margin)


def cross(
    model: MarginModel, wallet: float, others: Sequence[Holding] = (), *, fee_rate: float | None = None
) -> Backing:
    """A cross account's wallet, and what its positions in other markets add and need while their marks stand still.

    NaN where the venue takes their closing fee at a bankruptcy price, which positions of one wallet have in common.
    """
    needed = [required_margin(model, other, MarginMode.CROSS, fee_rate=fee_rate) for other in others]
    return Backing(
        mode=MarginMode.CROSS,
        cash=wallet,
        others_pnl=unrealized_pnl(others),
        others_required=math.fsum(needed),
    )


def liquidation_price(
    model: MarginModel,
    holdings: Sequence[Holding],
    backing: Backing,
    *,
    fee_rate: float | None = None,
    tick: float | None = None,
) -> float | None:
    """Mark price at which equity meets what the venue requires.

    Solved exactly by segments of the tiers (``riskd.measure.margin.solver``): value is linear in price, or in 1/price for an
    inverse contract, and so are equity and margin.

    Args:
        model: Of the venue.
        holdings: Of one market, at one mark: one position, or a long and a short of hedge mode, of which some venues
            margin the larger one alone (``MarginModel.hedge_margin``).
        backing: What stands behind them.
        fee_rate: Rate of the closing fee where the model has one in its condition; the model's own where None.
        tick: Step of the price as the venue states it; None for the exact price.

    Returns:
        Quote per base. Beyond the mark on the favourable side where liquidation is overdue. None where no price
        liquidates, NaN where an input is unknown. Of a long and a short together the nearer of the two prices.

    Source: each venue's own, see its module; pinned by tests/measure/venues.
    """
    rate = model.fee_rate if fee_rate is None else fee_rate
    condition = _condition(model, holdings, backing, rate)
    price = _nearest_price(holdings, condition)
    if price is None:
        return None
    return stated_price(price, holdings[0].position, model.liquidation_rounding, tick)


def bankruptcy_price(
    model: MarginModel,
    holding: Holding,
    backing: Backing,
    *,
    fee_rate: float | None = None,
    tick: float | None = None,
) -> float | None:
    """Price at which what stands behind a position is gone: loss = cash (+ gains of the others), maintenance left out.

    Linear: entry ∓ cash/quantity. Inverse: dollars / (dollars/entry ± cash), that is entry/(1 ± margin rate) and not
    entry·(1 ∓ margin rate). With the closing fee where the venue takes it there.

    Returns:
        Quote per base; None where no price takes all; NaN where an input is unknown.

    Source: KuCoin bankruptcy price (28,000 at 50x long: 27,450.98, printed 27,450); Bybit USDT and inverse contract.
    """
    rate = model.fee_rate if fee_rate is None else fee_rate
    at_mark = rate if model.bankruptcy_fee is not ClosingFee.NONE else 0.0
    condition = _Condition(
        cash=backing.cash + backing.others_pnl, schedules=(_NOTHING,), fee_rates=(at_mark,)
    )
    price = _nearest_price([holding], condition)
    if price is None:
        return None
    return stated_price(price, holding.position, model.bankruptcy_rounding, tick)


_NOTHING = flat(0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Condition:
    """Liquidation where ``cash + gains < maintenance + fee_rate · value``.

    Attributes:
        cash: What does not depend on price, needs that do not either taken off.
        schedules: Maintenance by value at mark, one a holding; nothing where maintenance is a constant within cash.
        fee_rates: Of value at mark, one a holding.
    """

    cash: float
    schedules: tuple[Schedule, ...]
    fee_rates: tuple[float, ...]


def _condition(model: MarginModel, holdings: Sequence[Holding], backing: Backing, rate: float) -> _Condition:
    """The venue's condition: what is taken at entry or at bankruptcy is a constant, what is taken at mark grows."""
    fee = model.closing_fee(backing.mode)
    grows = model.maintenance_basis is Basis.MARK
    own = backing.mode is MarginMode.ISOLATED
    rule = HedgeMargin.EACH_SIDE if own else model.hedge_margin
    margined = margined_by(rule, holdings)
    constants = [backing.others_required]
    for holding, schedule in zip(holdings, margined, strict=True):
        if schedule is None:
            continue
        if not grows:
            constants.append(maintenance_margin(model, replace(holding, maintenance=schedule)))
        if fee is ClosingFee.AT_ENTRY:
            constants.append(rate * entry_value(holding.position))
        elif fee is ClosingFee.AT_BANKRUPTCY:
            bankrupt = bankruptcy_price(model, holding, backing, fee_rate=rate)
            constants.append(rate * value(holding.position, bankrupt) if bankrupt is not None else 0.0)
    at_mark = rate if fee is ClosingFee.AT_MARK else 0.0
    return _Condition(
        cash=backing.cash + backing.others_pnl - math.fsum(constants),
        schedules=tuple(schedule if schedule is not None and grows else _NOTHING for schedule in margined),
        fee_rates=tuple(at_mark if schedule is not None else 0.0 for schedule in margined),
    )


def _nearest_price(holdings: Sequence[Holding], condition: _Condition) -> float | None:
    """The price at which the condition begins to hold; of two the nearer."""
    mark = holdings[0].mark
    if math.isnan(mark) or math.isnan(condition.cash):
        return math.nan
    if len({holding.position.side for holding in holdings}) == 1:
        return _price_against(
            holdings, condition, _safe_price(holdings, condition), holdings[0].position.side
        )
    found = [_price_against(holdings, condition, mark, side) for side in (1.0, -1.0)]
    prices = [price for price in found if price is not None]
    return min(prices, key=lambda price: abs(math.log(price / mark)), default=None)


def _safe_price(holdings: Sequence[Holding], condition: _Condition) -> float:
    """The mark, or a price on the favourable side of it at which liquidation is not yet due."""
    price, side = holdings[0].mark, holdings[0].position.side
    for _ in range(_MOST_DOUBLINGS):
        if not _room(holdings, condition, price) < 0.0:
            return price
        price = price * 2.0 if side > 0.0 else price / 2.0
    return holdings[0].mark


def _room(holdings: Sequence[Holding], condition: _Condition, price: float) -> float:
    """Equity above what is required at a price."""
    room = condition.cash
    for holding, schedule, fee_rate in zip(holdings, condition.schedules, condition.fee_rates, strict=True):
        worth = value(holding.position, price)
        slope, _ = _tangent(holding, schedule, worth)
        room += pnl(holding.position, price) - fee_rate * worth - slope.required(worth, 0.0)
    return room


def _price_against(
    holdings: Sequence[Holding], condition: _Condition, start: float, side: float
) -> float | None:
    """Price at which the condition begins to hold on the way down (side +1) or up (-1) from ``start``."""
    inverse = holdings[0].position.contract.kind is ContractKind.INVERSE
    # Value follows price, or 1/price: the solver moves what value follows.
    direction = side if inverse else -side
    move, before = 0.0, math.inf
    for _ in range(_MOST_TANGENTS):
        at = [value(holding.position, start) * (1.0 + direction * move) for holding in holdings]
        move, curved = _move(holdings, condition, start, direction, at)
        if math.isnan(move):
            return math.nan
        if math.isinf(move):
            return None
        if not curved or abs(move - before) <= _SETTLED * move:
            break
        before = move
    factor = 1.0 + direction * move
    if factor == 0.0:
        return None
    return start / factor if inverse else start * factor


def _move(
    holdings: Sequence[Holding],
    condition: _Condition,
    start: float,
    direction: float,
    at: Sequence[float],
) -> tuple[float, bool]:
    """Smallest move, with margin that grows with size replaced by its tangents; and whether there was any such."""
    worths = [value(holding.position, start) for holding in holdings]
    tangents = [
        _tangent(holding, schedule, worth)
        for holding, schedule, worth in zip(holdings, condition.schedules, at, strict=True)
    ]
    tables = [schedule for schedule, _ in tangents]
    tables += [flat(fee_rate) for fee_rate in condition.fee_rates]
    notional = np.array(worths * 2)
    gains = math.fsum(pnl(holding.position, start) for holding in holdings)
    slopes = (value_slope(holding.position) * worth for holding, worth in zip(holdings, worths, strict=True))
    cushion = Cushion(
        equity=np.array([condition.cash + gains]),
        gain=np.array([direction * math.fsum(slopes)]),
        most=np.array([1.0 if direction < 0.0 else np.inf]),
        notional=notional,
        growth=direction * notional,
        instrument=np.arange(len(tables), dtype=np.intp),
        groups=Groups(np.zeros(len(tables), dtype=np.intp), 1),
    )
    return float(smallest_move(cushion, _brackets(tables))[0]), any(curved for _, curved in tangents)


def _tangent(holding: Holding, schedule: Schedule, at: float) -> tuple[Schedule, bool]:
    """A schedule whose rate does not grow with size: exact for a linear contract, the tangent at a value else."""
    step = schedule.rate_per_unit
    if step == 0.0:
        return schedule, False
    position = holding.position
    if position.contract.kind is ContractKind.LINEAR:
        size = abs(position.contracts) * position.contract.multiplier
        return _raised(schedule, step * size, 0.0), False
    return _raised(schedule, 2.0 * step * at, step * at * at), True


def _raised(schedule: Schedule, rate: float, amount: float) -> Schedule:
    tiers = tuple(
        replace(tier, rate=tier.rate + rate, amount=tier.amount + amount) for tier in schedule.tiers
    )
    return Schedule(tiers=tiers)


def _brackets(schedules: Sequence[Schedule]) -> Brackets:
    """Schedules as the table that the solver takes."""
    width = max(len(schedule.tiers) for schedule in schedules)
    beyond = Tier(floor=math.inf, rate=math.nan, amount=math.nan)
    rows = [schedule.tiers + (beyond,) * (width - len(schedule.tiers)) for schedule in schedules]
    return Brackets(
        floor=np.array([[tier.floor for tier in row] for row in rows]),
        rate=np.array([[tier.rate for tier in row] for row in rows]),
        amount=np.array([[tier.amount for tier in row] for row in rows]),
    )
