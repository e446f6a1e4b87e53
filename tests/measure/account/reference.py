"""Liquidation of an account the slow way: sums from first principles at one move, and a search that assumes nothing.

Nothing here is shared with the solver but the words. Numbers may be floats or fractions.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

# A float or a fraction: both add, multiply and compare.
Number = Any

# A price of zero has no inverse; this much of it is as good as nothing.
NEARLY_NOTHING = Fraction(1, 10**18)
# What is left of an account of some dollars when everything in it has become worth nearly nothing.
DUST = 1e-9


@dataclass(frozen=True, kw_only=True)
class Leg:
    """A position in plain numbers; ``tiers`` are (floor, rate, amount)."""

    symbol: str
    asset: str
    settle: str
    kind: str
    size: float  # base units, dollars, or coin a point; signed
    entry: float
    mark: float
    tiers: tuple[tuple[float, float, float], ...]
    per_unit: float = 0.0
    basis: str = "mark"
    fee_at: str = "none"
    fee_rate: float = 0.0
    margin: float | None = None
    pair: str = "each side by itself"


@dataclass(frozen=True, kw_only=True)
class Pocket:
    """A wallet in plain numbers; ``haircut`` are (floor, rate), each on its own slice of the balance."""

    asset: str
    cash: float
    price: float = 1.0
    haircut: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Spec:
    """An account, and what a move of 1 does to each asset; an asset that is not there stands still."""

    legs: tuple[Leg, ...]
    pockets: tuple[Pocket, ...]
    pooled: bool
    betas: dict[str, float]


@dataclass(frozen=True)
class Sums:
    """Equity and what is required, and the size of all that was added up."""

    equity: Number
    required: Number
    gross: Number

    @property
    def is_short(self) -> bool:
        return bool(self.equity < self.required or (self.equity == self.required and self.required > 0))

    @property
    def is_clearly_short(self) -> bool:
        """Short by more than the rounding of floats."""
        return bool(self.equity - self.required < -1e-12 * self.gross - DUST)


Convert = Callable[[float], Number]


class Reference:
    """One pool of an account."""

    def __init__(
        self, spec: Spec, legs: Iterable[Leg], pockets: Iterable[Pocket], in_dollars: bool, convert: Convert
    ) -> None:
        self.spec, self.legs, self.pockets, self.in_dollars = spec, list(legs), list(pockets), in_dollars
        self.c = convert

    def sums(self, move: Number) -> Sums:
        """Equity and requirement in money, so that a coin worth nothing does no harm."""
        equity, required, gross = self.c(0.0), self.c(0.0), self.c(0.0)
        for pocket in self.pockets:
            price = self.money(pocket, move)
            balance = self.c(pocket.cash)
            gross += abs(balance) * price
            for leg in self.legs:
                if leg.settle == pocket.asset:
                    balance += self.gain(leg, move)
                    gross += (
                        self.worth(leg, self.c(leg.mark)) + self.worth(leg, self.price(leg, move))
                    ) * price
            equity += self.counted(pocket, balance) * price
        for leg in self.legs:
            pocket = next(p for p in self.pockets if p.asset == leg.settle)
            required += self.needed(leg, move) * self.money(pocket, move)
        return Sums(equity, required, gross)

    def money(self, pocket: Pocket, move: Number) -> Number:
        """What a unit of a wallet's asset is worth: dollars in a pool, else its price over that of today."""
        now = self.c(pocket.price) if self.in_dollars else self.c(1.0)
        moved = any(leg.kind == "inverse" for leg in self.legs) or self.in_dollars
        return now * self.factor(pocket.asset, move) if moved else now

    def factor(self, asset: str, move: Number) -> Number:
        return max(1 + self.c(self.spec.betas.get(asset, 0.0)) * move, self.c(float(NEARLY_NOTHING)))

    def price(self, leg: Leg, move: Number) -> Number:
        return self.c(leg.mark) * self.factor(leg.asset, move)

    def worth(self, leg: Leg, price: Number) -> Number:
        size = abs(self.c(leg.size))
        return size / price if leg.kind == "inverse" else size * price

    def gain(self, leg: Leg, move: Number) -> Number:
        size, entry, price = self.c(leg.size), self.c(leg.entry), self.price(leg, move)
        return size / entry - size / price if leg.kind == "inverse" else size * price - size * entry

    def counted(self, pocket: Pocket, balance: Number) -> Number:
        if not self.in_dollars or balance < 0:
            return balance
        lost = self.c(0.0)
        for number, (floor, rate) in enumerate(pocket.haircut):
            end = pocket.haircut[number + 1][0] if number + 1 < len(pocket.haircut) else math.inf
            if balance > floor:
                top = balance if math.isinf(end) else min(balance, self.c(end))
                lost += self.c(rate) * (top - self.c(floor))
        return balance - lost

    def needed(self, leg: Leg, move: Number) -> Number:
        share = self.share(leg)
        return self.c(0.0) if share == 0 else self.maintenance(leg, move, share) + self.fee(leg, move)

    def share(self, leg: Leg) -> Number:
        """Of the size by which the tier is taken; 0 for a side that needs no margin."""
        twin = next((x for x in self.legs if x.symbol == leg.symbol and x.size * leg.size < 0), None)
        if leg.margin is not None or twin is None or leg.pair == "each side by itself":
            return self.c(1.0)
        mine, other = self.worth(leg, self.c(leg.mark)), self.worth(twin, self.c(leg.mark))
        if mine < other or (mine == other and leg.size < 0):
            return self.c(0.0)
        return mine / (mine + other) if leg.pair.endswith("both together") else self.c(1.0)

    def maintenance(self, leg: Leg, move: Number, share: Number) -> Number:
        price = self.price(leg, move) if leg.basis == "mark" else self.c(leg.entry)
        worth = self.worth(leg, price)
        _, rate, amount = leg.tiers[self.tier(leg, worth / share)]
        base = abs(self.c(leg.size)) if leg.kind == "linear" else worth
        return (self.c(rate) + self.c(leg.per_unit) * base) * worth - self.c(amount)

    def tier(self, leg: Leg, worth: Number) -> int:
        return max(bisect.bisect_right([self.c(floor) for floor, _, _ in leg.tiers], worth) - 1, 0)

    def fee(self, leg: Leg, move: Number) -> Number:
        if leg.fee_at == "none":
            return self.c(0.0)
        price = self.price(leg, move) if leg.fee_at == "at mark" else self.c(leg.entry)
        return self.c(leg.fee_rate) * self.worth(leg, price)

    # ---- the search ------------------------------------------------------------------------------------------------

    def first_failure(self, far: float) -> float | None:
        """The first of many places at which equity is short, narrowed down by bisection; None where none is."""
        if self.sums(0.0).is_clearly_short:
            return 0.0
        for low, high in pairwise(self.places(far)):
            if self.sums(high).is_clearly_short:
                return _bisected(lambda s: self.sums(s).is_clearly_short, low, high)
        return None

    def places(self, far: float) -> list[float]:
        """A dense grid, with every place between its points at which something changes its kind, from both sides."""
        even = [far * n / 150 for n in range(151)]
        powers = [10.0 ** (n / 8) for n in range(-48, 49)]
        grid = sorted({s for s in (*even, *powers) if s <= far})
        found = set(grid)
        for low, high in pairwise(grid):
            if self.kind(low) != self.kind(high):
                found.update(self.changes(low, high))
        return sorted(found)

    def changes(self, low: float, high: float) -> list[float]:
        """Both sides of the first change of kind in an interval, and of the next ones."""
        found: list[float] = []
        while self.kind(low) != self.kind(high) and len(found) < 60:
            start = self.kind(low)
            after = _bisected(lambda s, kind=start: self.kind(s) != kind, low, high)  # type: ignore[misc]
            found += [math.nextafter(after, 0.0), after]
            low = after
        return found

    def kind(self, move: float) -> tuple[object, ...]:
        """Tiers of all positions and signs of all balances."""
        tiers = tuple(
            self.tier(leg, self.worth(leg, self.price(leg, move)) / (self.share(leg) or 1.0))
            for leg in self.legs
        )
        signs = tuple(
            pocket.cash + sum(self.gain(leg, move) for leg in self.legs if leg.settle == pocket.asset) >= 0
            for pocket in self.pockets
        )
        return tiers, signs


def _bisected(holds: Callable[[float], bool], low: float, high: float) -> float:
    """The first place at which something holds, between one where it does not and one where it does."""
    while True:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            return high
        low, high = (low, middle) if holds(middle) else (middle, high)


def exact(number: float) -> Fraction:
    """A float as the fraction that it is."""
    return Fraction(number)


def pools_of(spec: Spec, convert: Convert) -> dict[str, Reference]:
    """The pools of an account, by the solver's names for them."""
    held = [leg for leg in spec.legs if leg.size != 0.0]
    cross = [leg for leg in held if leg.margin is None]
    found: dict[str, Reference] = {}
    if spec.pooled and cross:
        found["account"] = Reference(spec, cross, spec.pockets, True, convert)
    elif cross:
        for pocket in spec.pockets:
            if legs := [leg for leg in cross if leg.settle == pocket.asset]:
                found[pocket.asset] = Reference(spec, legs, [pocket], False, convert)
    for leg in held:
        if leg.margin is not None:
            name = f"{leg.symbol} {'long' if leg.size > 0 else 'short'}"
            found[name] = Reference(spec, [leg], [Pocket(asset=leg.settle, cash=leg.margin)], False, convert)
    return found
