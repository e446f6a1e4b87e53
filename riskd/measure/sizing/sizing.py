"""How large a trade may be for what it may lose: the question before a position exists.

One formula serves linear and inverse contracts, because both are worth something at a price (``contract_value``): what
a stop loses is the difference of two worths, and fees are shares of them. What a size then means, its margin, its
liquidation price and its funding, is in ``sizing_outlook``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from riskd.measure.venues.contract import Contract, Position, contract_value

# A float carries sixteen digits; what differs from a lot by less than these is that lot and no fraction of it.
_DIGITS_MEANT = 12
_DIGITS_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A trade that is thought of.

    Attributes:
        contract: What is traded.
        entry: Quote per base, > 0.
        stop: Quote per base, > 0: below ``entry`` for a long, above it for a short.
        fee_rate: Of each of the two fills, fraction of what is filled.
        slippage: Quote per base by which the stop fills worse than its trigger, >= 0.

    Raises:
        ValueError: A number is not finite or out of its range; says which.
    """

    contract: Contract
    entry: float
    stop: float
    fee_rate: float = 0.0
    slippage: float = 0.0

    def __post_init__(self) -> None:
        demand_positive(entry=self.entry, stop=self.stop)
        demand_not_negative(fee_rate=self.fee_rate, slippage=self.slippage)
        if self.entry == self.stop:
            raise ValueError(
                f"stop {self.stop} equals entry {self.entry}: the distance is what the size follows from"
            )
        if self.fill <= 0.0:
            raise ValueError(f"slippage {self.slippage} takes the stop at {self.stop} to zero or below")

    @property
    def side(self) -> float:
        """+1 long, -1 short."""
        return 1.0 if self.stop < self.entry else -1.0

    @property
    def fill(self) -> float:
        """Price at which the stop is expected to fill."""
        return self.stop - self.side * self.slippage

    def position(self, contracts: float) -> Position:
        """The trade as a position of so many contracts, unsigned."""
        return Position(contract=self.contract, contracts=self.side * contracts, entry=self.entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What a trade loses when its stop fills, settlement currency.

    Attributes:
        by_price: Between entry and trigger.
        by_slippage: Between trigger and fill.
        by_fees: Of both fills.
    """

    by_price: float
    by_slippage: float
    by_fees: float

    @property
    def total(self) -> float:
        """All three together."""
        return self.by_price + self.by_slippage + self.by_fees


def loss_at_stop(trade: Trade, contracts: float = 1.0) -> Loss:
    """What so many contracts lose when the stop fills.

    ``n · (|v(entry) - v(fill)| + fee · (v(entry) + v(fill)))``, v the value of one contract. Linear: v = multiplier ·
    price. Inverse: v = dollars / price, so that a long loses dollars · (1/fill - 1/entry) in coin.
    """
    at_entry, at_stop, at_fill = (
        contract_value(trade.contract, price) for price in (trade.entry, trade.stop, trade.fill)
    )
    return Loss(
        by_price=contracts * abs(at_entry - at_stop),
        by_slippage=contracts * abs(at_stop - at_fill),
        by_fees=contracts * trade.fee_rate * (at_entry + at_fill),
    )


def contracts_for_risk(trade: Trade, *, equity: float, risk: float) -> float:
    """Contracts that lose ``risk · equity`` when the stop fills, unsigned and not yet rounded to lots.

    Args:
        trade: What is to be sized.
        equity: Settlement currency, > 0.
        risk: Fraction of equity, above 0 and at most 1.

    Raises:
        ValueError: An argument is not finite or out of its range; says which.

    Source: the 1-2 % rule (Elder, Tharp); pinned by the ``sizing-*`` vectors in tests/measure/test_vectors.py.
    """
    demand_positive(equity=equity, risk=risk)
    if risk > 1.0:
        raise ValueError(f"risk must be at most 100% of equity, found {risk:.0%}")
    return equity * risk / loss_at_stop(trade).total


def floored_to_lot(contracts: float, lot: Decimal) -> Decimal:
    """The largest multiple of the lot that is not above ``contracts``: a size is never rounded up."""
    lots = (Decimal(f"{contracts:.{_DIGITS_MEANT}g}") / lot).to_integral_value(rounding=ROUND_FLOOR)
    return lots * lot


def shown_lot(contracts: float) -> Decimal:
    """A lot for a size whose venue's lot is not known: six digits of it, so that what is printed is what was meant."""
    return Decimal(1).scaleb(math.floor(math.log10(contracts)) - _DIGITS_SHOWN + 1)


def demand_positive(**numbers: float) -> None:
    """Raise ``ValueError`` for the first number that is not finite and above 0."""
    for name, number in numbers.items():
        if not (math.isfinite(number) and number > 0.0):
            raise ValueError(f"{name} must be a finite number above 0, found {number}")


def demand_not_negative(**numbers: float) -> None:
    """Raise ``ValueError`` for the first number that is not finite and 0 or above."""
    for name, number in numbers.items():
        if not (math.isfinite(number) and number >= 0.0):
            raise ValueError(f"{name} must be a finite number, 0 or above, found {number}")
