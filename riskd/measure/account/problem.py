"""The formulas of an account along a move, and the places where they change: what the sweep is given."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from riskd.measure.account.roots import Polynomial, product, value_at

# Coefficients in a basis.
Curve = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Basis:
    """What the coefficients of a curve multiply: powers of ``s``, then one ``1/(1 + growth · s)`` for each pole.

    Poles come of inverse contracts whose margin rate grows with their size in coin.

    Attributes:
        degree: Highest power.
        poles: Growth of each; ``1 + growth · s`` is positive wherever the curve is used.
    """

    degree: int
    poles: tuple[float, ...] = ()

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return self.degree + 1 + len(self.poles)

    def at(self, curve: Curve, s: float) -> float:
        """The value of a curve."""
        total = value_at(curve[: self.degree + 1], s)
        for growth, share in zip(self.poles, curve[self.degree + 1 :], strict=True):
            if share != 0.0:
                price = 1.0 + growth * s
                total += share / price if price > 0.0 else math.copysign(math.inf, share)
        return total

    def numerator(self, curve: Curve) -> Polynomial:
        """A polynomial with the signs of the curve: the curve times the prices in its denominators."""
        powers = curve[: self.degree + 1]
        present = [
            (growth, share)
            for growth, share in zip(self.poles, curve[self.degree + 1 :], strict=True)
            if share != 0.0
        ]
        if not present:
            return powers
        total = list(_prices(powers, [growth for growth, _ in present]))
        for place, (_, share) in enumerate(present):
            others = [growth for other, (growth, _) in enumerate(present) if other != place]
            for power, coefficient in enumerate(_prices((share,), others)):
                total[power] += coefficient
        return tuple(total)


def _prices(polynomial: Polynomial, growths: Sequence[float]) -> Polynomial:
    for growth in growths:
        polynomial = product(polynomial, (1.0, growth))
    return polynomial


@dataclass(frozen=True, slots=True)
class Slice:
    """Of a balance of ``floor`` coins or more, ``share · balance + extra · price`` counts.

    Attributes:
        floor: Coins, >= 0.
        share: 1 less the haircut.
        extra: Coins.
    """

    floor: float
    share: float
    extra: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """An asset of which a balance is held.

    Attributes:
        price: Of a unit.
        worthless_from: Where that price reaches zero; +inf where it does not.
        slices: What counts of a positive balance, from 0 on; all of it where empty. A negative one counts whole.
    """

    price: Curve
    worthless_from: float = math.inf
    slices: tuple[Slice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is added to the formulas; what replaces a formula takes the old one away and adds the new one.

    Attributes:
        row: Whose; -1 for no position's.
        purse: Whose balance changes.
        balance: Terms of the balance, valued.
        required: Terms of what is required.
    """

    row: int
    purse: int
    balance: tuple[Curve, ...] = ()
    required: tuple[Curve, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Change):
    """A place where formulas change.

    Attributes:
        at: Where.
        order: 0 where a value enters the bracket above, to which the place itself belongs; 1 everywhere else.
    """

    at: float
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Equity, what is required, and where they change.

    Attributes:
        basis: Of all curves.
        purses: Whose balances are equity.
        start: What the formulas are made of at first.
        events: At 0 or beyond, in any order.
        end: End of the move: beyond it nothing is asked.
    """

    basis: Basis
    purses: tuple[Purse, ...]
    start: tuple[Change, ...]
    events: tuple[Event, ...]
    end: float = math.inf
