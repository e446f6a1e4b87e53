"""Prices on the grid of a venue."""

from __future__ import annotations

import math
from typing import assert_never

from riskd.measure.venues.contract import Contract, Position
from riskd.measure.venues.model import ContractKind, Rounding

# A price that is on the grid but for the last bits of a float must not be moved by a whole step.
_ON_THE_GRID = 1e-9


def stated_price(price: float, position: Position, rounding: Rounding, tick: float | None) -> float:
    """A price of a position as the venue states it.

    Where the venue rounds the value of a contract, the value is rounded first and the price then: BitMEX short of
    2018-08-27, 14,349.55 satoshi a contract become 14,350, that is 6,968.64, stated as 6,968.5.

    Args:
        price: Quote per base, exact.
        position: Whose price it is.
        rounding: To which side.
        tick: Smallest step of the stated price; None leaves the price as it is.
    """
    if not math.isfinite(price):
        return price
    price = _of_whole_value(price, position)
    if tick is None:
        return price
    steps = price / tick
    match rounding:
        case Rounding.NONE:
            return price
        case Rounding.UP:
            return _ceil(steps) * tick
        case Rounding.DOWN:
            return _floor(steps) * tick
        case Rounding.EARLIER:
            return (_ceil(steps) if position.side > 0.0 else _floor(steps)) * tick
        case _:
            assert_never(rounding)


def _of_whole_value(price: float, position: Position) -> float:
    """The price of a whole number of value steps, on the side that is reached earlier."""
    contract = position.contract
    if contract.value_step == 0.0 or contract.kind is not ContractKind.INVERSE:
        return price
    exact = contract.multiplier / price / contract.value_step
    return _price_of(contract, _floor(exact) if position.side > 0.0 else _ceil(exact))


def _price_of(contract: Contract, steps: float) -> float:
    return contract.multiplier / (steps * contract.value_step) if steps > 0.0 else math.inf


def _ceil(steps: float) -> float:
    return float(math.ceil(steps - _ON_THE_GRID * max(1.0, abs(steps))))


def _floor(steps: float) -> float:
    return float(math.floor(steps + _ON_THE_GRID * max(1.0, abs(steps))))
