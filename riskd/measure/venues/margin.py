"""Margin of positions by a venue's model, and its ratio to equity in the venue's words and in ours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from riskd.measure.venues.contract import Position, base_amount, entry_value, pnl, value
from riskd.measure.venues.model import Basis, ClosingFee, Direction, MarginMode, MarginModel, RatioRule
from riskd.measure.venues.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A position at a price, with the margin it needs.

    Attributes:
        position: What is held.
        mark: Mark price of the moment; where a venue knows an oracle price only, that. NaN when unknown.
        maintenance: Maintenance margin by size.
    """

    position: Position
    mark: float
    maintenance: Schedule


def basis_price(basis: Basis, holding: Holding) -> float:
    """The price at which margin is taken."""
    return holding.mark if basis is Basis.MARK else holding.position.entry


def initial_margin(position: Position, price: float, leverage: float) -> float:
    """Margin to open, settlement currency: value at a price over leverage."""
    return value(position, price) / leverage


def scheduled_margin(position: Position, price: float, schedule: Schedule) -> float:
    """Margin by a schedule at a price, settlement currency: initial or maintenance, as the schedule says."""
    return schedule.required(value(position, price), base_amount(position, price))


def maintenance_margin(model: MarginModel, holding: Holding) -> float:
    """Maintenance margin of a holding, settlement currency, without the closing fee."""
    price = basis_price(model.maintenance_basis, holding)
    return scheduled_margin(holding.position, price, holding.maintenance)


def closing_fee(
    fee: ClosingFee, holding: Holding, *, fee_rate: float, bankruptcy_price: float = math.nan
) -> float:
    """What closing costs within the liquidation condition, settlement currency.

    Args:
        fee: Of the model: ``MarginModel.closing_fee``.
        holding: Which position.
        fee_rate: Fraction of value.
        bankruptcy_price: Needed where the fee is taken there; else unused.
    """
    match fee:
        case ClosingFee.NONE:
            return 0.0
        case ClosingFee.AT_MARK:
            return fee_rate * value(holding.position, holding.mark)
        case ClosingFee.AT_ENTRY:
            return fee_rate * entry_value(holding.position)
        case ClosingFee.AT_BANKRUPTCY:
            return fee_rate * value(holding.position, bankruptcy_price)
        case _:
            assert_never(fee)


def required_margin(
    model: MarginModel,
    holding: Holding,
    mode: MarginMode,
    *,
    fee_rate: float | None = None,
    bankruptcy_price: float = math.nan,
) -> float:
    """What equity must cover: maintenance margin and, where the venue counts it, the closing fee.

    Args:
        model: Of the venue.
        holding: Which position.
        mode: The fee may differ between isolated and cross.
        fee_rate: Fraction of value; the model's own where None.
        bankruptcy_price: Needed where the fee is taken there.
    """
    rate = model.fee_rate if fee_rate is None else fee_rate
    fee = closing_fee(model.closing_fee(mode), holding, fee_rate=rate, bankruptcy_price=bankruptcy_price)
    return maintenance_margin(model, holding) + fee


def unrealized_pnl(holdings: Sequence[Holding]) -> float:
    """Gain of all holdings at their marks, settlement currency."""
    return math.fsum(pnl(holding.position, holding.mark) for holding in holdings)


def margin_ratio(equity: float, required: float) -> float:
    """The ratio of riskd: required / equity, 1.0 is liquidation, +inf where margin is needed and there is no equity."""
    if math.isnan(equity) or math.isnan(required):
        return math.nan
    if required <= 0.0:
        return 0.0
    return required / equity if equity > 0.0 else math.inf


def venue_ratio(rule: RatioRule, equity: float, required: float) -> float:
    """The ratio as the venue states it, as a fraction."""
    if rule.direction is Direction.RISING:
        return margin_ratio(equity, required) * rule.liquidates_at
    if math.isnan(equity) or math.isnan(required):
        return math.nan
    return rule.liquidates_at * equity / required if required > 0.0 else math.inf


def from_venue_ratio(rule: RatioRule, stated: float) -> float:
    """A venue's ratio as riskd's: 1.0 is liquidation and more is worse, whatever the venue's direction."""
    if rule.direction is Direction.RISING:
        return stated / rule.liquidates_at
    if math.isnan(stated):
        return math.nan
    return rule.liquidates_at / stated if stated > 0.0 else math.inf
