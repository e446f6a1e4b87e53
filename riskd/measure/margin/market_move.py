"""How far a market may move until the margin of an account no longer covers its positions: exact, by segments."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import reduce

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups
from riskd.measure.margin.brackets import Brackets, brackets
from riskd.measure.margin.solver import Cushion, smallest_move
from riskd.model.arrays import BoolArray, FloatArray

_ALL = 1.0  # a price cannot fall further


class Direction(StrEnum):
    """Which way the market moves."""

    EITHER = "either"
    FALL = "fall"
    RISE = "rise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """Positions whose prices move together, and what stands behind them.

    Attributes:
        groups: Which positions one equity backs.
        equity: By group.
        weight: By position: its price moves by ``weight`` when the market moves by 1; >= 0, NaN unknown.
    """

    groups: Groups
    equity: FloatArray
    weight: FloatArray


def smallest_market_move(book: Book, exposed: Exposed, direction: Direction) -> FloatArray:
    """For each group, the smallest move of the market beyond which maintenance margin is not covered.

    Returns:
        0 where it is not covered now; +inf where no move uncovers it, up to a fall of the market by all it is worth;
        NaN where an input is unknown.
    """
    with np.errstate(all="ignore"):  # what moves nothing reaches zero nowhere, and that is an answer
        return _smallest(book, exposed, direction)


def _smallest(book: Book, exposed: Exposed, direction: Direction) -> FloatArray:
    weight = np.where(book.gross == 0.0, 0.0, exposed.weight)
    path = _Path(book, exposed.groups, exposed.equity, weight)
    fall, rise = path.fall_from(np.zeros(exposed.groups.size)), path.rise()
    ways = {Direction.FALL: [fall.cushion], Direction.RISE: [rise], Direction.EITHER: [fall.cushion, rise]}
    tried = ways[direction]
    moves = smallest_move(reduce(Cushion.beside, tried), brackets(book)).reshape(len(tried), -1)
    nearest: FloatArray = moves.min(axis=0)
    unknown = np.isnan(exposed.groups.total(weight * book.tables.positions.notional))
    if direction is not Direction.RISE:
        on = np.isinf(moves[0]) & (fall.end < _ALL) & ~unknown
        nearest = np.minimum(nearest, path.first_beyond(fall.end, on)) if on.any() else nearest
    return np.where(unknown, np.nan, nearest)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of a fall on which no price reaches zero.

    Attributes:
        cushion: With moves counted from the beginning of the stretch.
        end: By group, the fall of the market at which the next price reaches zero.
    """

    cushion: Cushion
    end: FloatArray


@dataclass(frozen=True, slots=True)
class _Path:
    """The way of the prices of each group as the market moves."""

    book: Book
    groups: Groups
    equity: FloatArray
    weight: FloatArray

    def rise(self) -> Cushion:
        """Of a rise, which has no end."""
        signed, gross = self.weight * self.book.tables.positions.notional, self.weight * self.book.gross
        return self._cushion(self.equity, self.groups.total(signed), np.inf, self.book.gross, gross)

    def fall_from(self, begin: FloatArray) -> _Stretch:
        """Of a fall that has come to ``begin``: what has lost all its worth stands still from there on."""
        notional, gross, groups = self.book.tables.positions.notional, self.book.gross, self.groups
        begun, zero_at = groups.named(begin), 1.0 / self.weight
        falls = zero_at > begun
        left = np.where(falls, 1.0 - self.weight * begun, 0.0)
        speed = np.where(falls, self.weight, 0.0)
        end = np.minimum(groups.lowest(np.where(falls, zero_at, np.inf)), _ALL)
        return _Stretch(
            self._cushion(
                self.equity - groups.total(notional * (1.0 - left)),
                -groups.total(notional * speed),
                end - begin,
                gross * left,
                -gross * speed,
            ),
            end,
        )

    def first_beyond(self, begin: FloatArray, on: BoolArray) -> FloatArray:
        """The smallest fall that is larger than ``begin``, for the groups that are still ``on``; +inf for the others.

        The cushion bends upwards where a long has lost all its worth, so that one stretch is looked at after the other.
        """
        found = np.full(self.groups.size, np.inf)
        tables = brackets(self.book)
        while True:
            stretch = self.fall_from(begin)
            on = on & ~self._is_safe(stretch.cushion, tables)
            if not on.any():
                return found
            move = smallest_move(stretch.cushion.only(on), tables)
            reached = on & np.isfinite(move)
            found = np.where(reached, begin + move, found)
            on = on & ~reached & (stretch.end < _ALL)
            begin = stretch.end

    def _is_safe(self, cushion: Cushion, tables: Brackets) -> BoolArray:
        """Whether margin stays covered even if from here on every long fell to its end and no short gained."""
        remains = self.book.gross * np.maximum(1.0 - self.weight, 0.0)
        loss = np.where(self.book.tables.positions.notional > 0.0, cushion.notional - remains, 0.0)
        needed = tables.maintenance(cushion.instrument, cushion.notional)
        even = ~self.groups.touched(tables.uneven[cushion.instrument])
        covered: BoolArray = cushion.equity - self.groups.total(loss + needed) >= 0.0
        return covered & even

    def _cushion(
        self,
        equity: FloatArray,
        gain: FloatArray,
        most: FloatArray | float,
        notional: FloatArray,
        growth: FloatArray,
    ) -> Cushion:
        return Cushion(
            equity=equity,
            gain=gain,
            most=np.broadcast_to(most, equity.shape),
            notional=notional,
            growth=growth,
            instrument=self.book.layout.position_instrument,
            groups=self.groups,
        )
