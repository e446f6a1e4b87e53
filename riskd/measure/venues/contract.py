"""What a position is worth and what it has gained, by kind of contract."""

from __future__ import annotations

import math
from dataclasses import dataclass

from riskd.measure.venues.model import ContractKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Terms of one contract.

    Attributes:
        kind: How value follows from price.
        multiplier: Of one contract: base units (linear), quote units (inverse), settlement coin per point (quanto).
        value_step: The value of one contract is rounded to a multiple of this, in settlement currency; 0 is not rounded.
    """

    kind: ContractKind
    multiplier: float = 1.0
    value_step: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A position as margin sees it.

    Attributes:
        contract: What is held.
        contracts: Number of them, signed: long +, short -.
        entry: Average entry price, > 0.
    """

    contract: Contract
    contracts: float
    entry: float

    @property
    def side(self) -> float:
        """+1 long, -1 short."""
        return -1.0 if self.contracts < 0.0 else 1.0


def linear(quantity: float, entry: float) -> Position:
    """A linear position of so many base units, signed."""
    return Position(contract=Contract(kind=ContractKind.LINEAR), contracts=quantity, entry=entry)


def inverse(dollars: float, entry: float, value_step: float = 0.0) -> Position:
    """An inverse position of so many dollars, signed."""
    contract = Contract(kind=ContractKind.INVERSE, value_step=value_step)
    return Position(contract=contract, contracts=dollars, entry=entry)


def contract_value(contract: Contract, price: float) -> float:
    """Value of one contract in settlement currency, rounded as the venue does.

    Source: BitMEX XBTUSD, per-contract value in whole satoshi (1e8 / 7299 becomes 13,701): the wallet of the
    r/BitMEX thread of 2017 reconciles to the satoshi only so.
    """
    exact = (
        contract.multiplier / price if contract.kind is ContractKind.INVERSE else contract.multiplier * price
    )
    if contract.value_step == 0.0 or math.isnan(exact):
        return exact
    return round(exact / contract.value_step) * contract.value_step


def value(position: Position, price: float) -> float:
    """Unsigned value in settlement currency at a price."""
    return abs(position.contracts) * contract_value(position.contract, price)


def entry_value(position: Position) -> float:
    """Unsigned value in settlement currency at entry."""
    return value(position, position.entry)


def pnl(position: Position, price: float) -> float:
    """Gain since entry in settlement currency, loss negative.

    Linear and quanto: side · (value(price) - value(entry)). Inverse: the other way round, as the value of a dollar in
    coin falls when the price of the coin rises: contracts · (1/entry - 1/price).
    """
    return _gaining_side(position) * (value(position, price) - entry_value(position))


def base_amount(position: Position, price: float) -> float:
    """Unsigned amount of the base asset: what margin that grows with size is measured by.

    Of a quanto contract it is its value: a quanto is no amount of its base at all.
    """
    if position.contract.kind is ContractKind.LINEAR:
        return abs(position.contracts) * position.contract.multiplier
    return value(position, price)


def value_slope(position: Position) -> float:
    """What equity gains when value grows by 1: +1 or -1."""
    return _gaining_side(position)


def _gaining_side(position: Position) -> float:
    return -position.side if position.contract.kind is ContractKind.INVERSE else position.side
