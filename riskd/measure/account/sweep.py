"""The first place at which equity no longer covers what is required, when both change by segments and may jump.

Along a move of size ``s`` every position's gain and margin is a short formula in ``s`` between places that are known
beforehand: where a value enters another bracket, where a price reaches zero. The sweep walks these places in order and
solves each segment in closed form. Nothing is assumed of the shape: neither that margin is convex nor that it is
continuous, so that what is found is the first place and not just one of several.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, pairwise

from riskd.measure.account.problem import Basis, Change, Curve, Event, Problem, Purse
from riskd.measure.account.roots import derivative, first_zero, value_at, zeros_within

# What sums of floats cannot tell from zero, as a share of the sum of their terms' sizes.
_ROUNDING = 1e-12
# A step of less than this share of what is required is a rounded table, not a jump.
_JUMP = 1e-9


class Cause(StrEnum):
    """How equity comes to be short."""

    ALREADY = "already due"
    CROSSED = "equity falls to what is required"
    JUMPED = "what is required jumps past equity"
    NEVER = "never"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """The first place where equity is short.

    Attributes:
        at: 0 already, +inf never, NaN unknown.
        cause: How.
        equity: There, after a jump; NaN where there is no such place.
        required: The same.
        required_before: Ahead of the jump; what ``required`` is where nothing jumps.
        segment: The segment in which it is, or that begins with the jump.
        rows: Whose margin jumps there, in order.
    """

    at: float
    cause: Cause
    equity: float = math.nan
    required: float = math.nan
    required_before: float = math.nan
    segment: tuple[float, float] = (0.0, math.inf)
    rows: tuple[int, ...] = ()


def first_shortfall(problem: Problem) -> Shortfall:
    """The smallest ``s`` in ``[0, end]`` at which equity is not above what is required.

    Equity that equals what is required is short; where nothing is required it is short when it is below zero
    afterwards. So an account that is worth nothing when a price is zero, and owes nothing, is not liquidated.

    Returns:
        Exact but for the rounding of floats. Unknown where the sums are beyond floats.
    """
    sweep = _Sweep(problem)
    low = 0.0
    for (at, _), events in groupby(_ordered(problem), key=lambda event: (event.at, event.order)):
        if found := sweep.search(low, at):
            return found
        sweep.apply(at, list(events))
        low = at
    return sweep.search(low, problem.end) or Shortfall(at=math.inf, cause=Cause.NEVER)


def _ordered(problem: Problem) -> list[Event]:
    within = [event for event in problem.events if event.at <= problem.end]
    return sorted(within, key=lambda event: (event.at, event.order))


class _Total:
    """A running sum of curves without any rounding: what is added and taken away again leaves nothing behind.

    Each coefficient is a list of floats of which none overlaps another (Shewchuk), as within ``math.fsum``. Rounding
    left by a large position that is gone would look like a small position that is not there.
    """

    __slots__ = ("_parts",)

    def __init__(self, size: int) -> None:
        self._parts: list[list[float]] = [[] for _ in range(size)]

    def add(self, change: Curve) -> None:
        for parts, term in zip(self._parts, change, strict=True):
            if term != 0.0:
                _grow(parts, term)

    def curve(self) -> Curve:
        return tuple(map(math.fsum, self._parts))


def _grow(parts: list[float], term: float) -> None:
    """Adds a number to a sum without rounding."""
    kept = 0
    for part in parts:
        larger, smaller = (term, part) if abs(term) >= abs(part) else (part, term)
        term = larger + smaller
        if lost := smaller - (term - larger):
            parts[kept] = lost
            kept += 1
    parts[kept:] = [term]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of a segment in which one formula holds."""

    low: float
    high: float
    equity: Curve
    required: Curve
    room: Curve


class _Sweep:
    """The formulas of the moment, while the places are walked."""

    def __init__(self, problem: Problem) -> None:
        self._basis = problem.basis
        self._purses = problem.purses
        self._balances = [_Total(problem.basis.size) for _ in problem.purses]
        self._required = _Total(problem.basis.size)
        self._before: _Stretch | None = None
        self._applied: list[Event] = []
        self._applied_at = -1.0
        for change in problem.start:
            self._change(change)

    def apply(self, at: float, events: Sequence[Event]) -> None:
        """Changes the formulas."""
        for event in events:
            self._change(event)
        if at != self._applied_at:
            self._applied, self._applied_at = [], at
        self._applied += events

    def _change(self, change: Change) -> None:
        for curve in change.balance:
            self._balances[change.purse].add(curve)
        for curve in change.required:
            self._required.add(curve)

    def search(self, low: float, high: float) -> Shortfall | None:
        """The first shortfall in a segment without events; None where there is none."""
        for stretch in self._stretches(low, high):
            if not all(map(math.isfinite, stretch.room)):
                return Shortfall(at=math.nan, cause=Cause.UNKNOWN)
            if self._is_short(stretch, stretch.low):
                return self._at_start(stretch)
            zero = _first_zero(self._basis, stretch)
            if zero is not None and self._is_short(stretch, zero):
                return self._shortfall(stretch, zero, Cause.CROSSED)
            self._before = stretch
        return None

    def _stretches(self, low: float, high: float) -> Iterator[_Stretch]:
        """A segment, cut where a balance changes its sign or the haircut that counts."""
        required = self._required.curve()
        balances = [total.curve() for total in self._balances]
        if len(balances) == 1 and not self._purses[0].slices:
            yield _stretch(low, high, balances[0], required)
            return
        places = [low, *self._cuts(balances, low, high), high]
        for left, right in pairwise(places):
            inside = _inside(left, right)
            counted = [
                self._counted(purse, balance, inside)
                for purse, balance in zip(self._purses, balances, strict=True)
            ]
            yield _stretch(left, right, tuple(map(math.fsum, zip(*counted, strict=True))), required)

    def _cuts(self, balances: Sequence[Curve], low: float, high: float) -> list[float]:
        """Places strictly inside a segment at which a balance enters another slice."""
        found: set[float] = set()
        for purse, balance in zip(self._purses, balances, strict=True):
            price = self._price(purse, low)
            for part in purse.slices:
                above = self._basis.numerator(_less(balance, part.floor, price))
                found.update(zero for zero in zeros_within(above, low, high) if low < zero < high)
        return sorted(found)

    def _counted(self, purse: Purse, balance: Curve, inside: float) -> Curve:
        """What counts of a balance around a place."""
        counts = None
        price = self._price(purse, inside)
        for part in purse.slices:
            if self._basis.at(_less(balance, part.floor, price), inside) >= 0.0:
                counts = part
        if counts is None:
            return balance
        return tuple(counts.share * b + counts.extra * p for b, p in zip(balance, price, strict=True))

    def _price(self, purse: Purse, at: float) -> Curve:
        return purse.price if at < purse.worthless_from else (0.0,) * self._basis.size

    def _is_short(self, stretch: _Stretch, at: float) -> bool:
        """Whether equity is short at a place of a stretch, or nothing is left and nothing required and it sinks on."""
        level = self._basis.at(stretch.room, at)
        if level > 0.0 and at == stretch.low:
            return False
        unsure = _ROUNDING * (
            _size(self._basis, stretch.equity, at) + _size(self._basis, stretch.required, at)
        )
        if level < -unsure:
            return True
        return self._basis.at(stretch.required, at) > unsure or _sinks(self._basis, stretch, at, unsure)

    def _at_start(self, stretch: _Stretch) -> Shortfall:
        """A shortfall that a stretch begins with: it was one before, or something has jumped."""
        if self._before is None:
            return self._shortfall(stretch, stretch.low, Cause.ALREADY)
        at = stretch.low
        step = self._basis.at(self._before.room, at) - self._basis.at(stretch.room, at)
        least = _JUMP * _size(self._basis, stretch.required, at)
        return self._shortfall(stretch, at, Cause.JUMPED if step > least else Cause.CROSSED)

    def _shortfall(self, stretch: _Stretch, at: float, cause: Cause) -> Shortfall:
        jumped = cause is Cause.JUMPED and self._before is not None
        required = self._basis.at(stretch.required, at)
        return Shortfall(
            at=at,
            cause=cause,
            equity=self._basis.at(stretch.equity, at),
            required=required,
            required_before=self._basis.at(self._before.required, at)
            if jumped and self._before
            else required,
            segment=(stretch.low, stretch.high),
            rows=self._jumping(at) if jumped else (),
        )

    def _jumping(self, at: float) -> tuple[int, ...]:
        """Rows whose own margin steps up at a place."""
        if at != self._applied_at:
            return ()
        needed = _size(self._basis, self._required.curve(), at)
        rows = {
            event.row
            for event in self._applied
            if sum(self._basis.at(curve, at) for curve in event.required) > _ROUNDING * needed
        }
        return tuple(sorted(rows))


def _stretch(low: float, high: float, equity: Curve, required: Curve) -> _Stretch:
    room = tuple(a - b for a, b in zip(equity, required, strict=True))
    return _Stretch(low, high, equity, required, room)


def _first_zero(basis: Basis, stretch: _Stretch) -> float | None:
    if stretch.low == stretch.high:
        return None
    if basis.size == 2:  # by far the most: a line
        level, slope = stretch.room
        if slope >= 0.0:
            return None
        zero = max(-level / slope, stretch.low)
        return zero if zero <= stretch.high and math.isfinite(zero) else None
    return first_zero(basis.numerator(stretch.room), stretch.low, stretch.high)


def _sinks(basis: Basis, stretch: _Stretch, start: float, unsure: float) -> bool:
    """Whether room falls below zero between a place and the end of its stretch, by more than rounding."""
    if start == stretch.high:
        return False
    signs = basis.numerator(stretch.room)
    turns = zeros_within(derivative(signs), start, stretch.high)
    return any(value_at(signs, place) < -unsure for place in (*turns, stretch.high))


def _inside(low: float, high: float) -> float:
    return 2.0 * low + 1.0 if math.isinf(high) else 0.5 * (low + high)


def _less(balance: Curve, floor: float, price: Curve) -> Curve:
    return tuple(b - floor * p for b, p in zip(balance, price, strict=True))


def _size(basis: Basis, curve: Curve, s: float) -> float:
    """Sum of the sizes of a curve's terms: what rounding is a share of."""
    return basis.at(tuple(map(abs, curve)), s)
