"""Which stop orders protect which position, for how much of it, and how far away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskd.measure.book import Book
from riskd.measure.groups import Groups, IndexArray, index, lookup
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.snapshot import OrderKind

# A stop for 99 % of a position protects it: what is left is rounding to lots.
_ENOUGH = 0.99
_ROUNDING = 1e-9
_STOP, _TRAILING = OrderKind.STOP, OrderKind.TRAILING  # looked up once: an enum's attribute is slow
_SIDES = {"BOTH": 0, "LONG": 1, "SHORT": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """Stops matched to positions. A position is filled from its nearest stop outwards, never beyond its quantity.

    Attributes:
        row: Position of each matched stop.
        gap: Its distance from mark in quote currency, >= 0.
        trigger: Its trigger price.
        taken: Base units of the position that it closes.
        open: Base units of each position that no stop closes, 0 when it is rounding; NaN where the quantity is unknown.
        reach: Gap of the farthest stop needed to close 99 % of each position; +inf when all together do not.
        doubtful: True for a position with a stop whose trigger or quantity, or whose side of mark, is unknown.
    """

    row: IndexArray
    gap: FloatArray
    trigger: FloatArray
    taken: FloatArray
    open: FloatArray
    reach: FloatArray
    doubtful: BoolArray

    @property
    def undecided(self) -> BoolArray:
        """True for a position that a doubtful stop may or may not protect."""
        return self.doubtful & (self.open > 0.0)


def sides(texts: tuple[str, ...]) -> IndexArray:
    """0 one-way, 1 the long side, 2 the short side of hedge mode."""
    if texts.count("BOTH") == len(texts):
        return np.zeros(len(texts), dtype=np.intp)
    return index([_SIDES[text] for text in texts])


def protection(book: Book) -> Protection:
    """The protection of every position of a book.

    Counted are live stop (and trailing) orders that close the position: reduce-only or close-position in one-way
    mode, the closing direction of the same side in hedge mode; with a trigger on the losing side of mark. A
    take-profit is no stop, and a trigger that mark has passed already protects nothing.
    """
    positions, orders = book.tables.positions, book.tables.orders
    stops, row = _closing_stops(book)
    held = np.abs(positions.quantity)
    trigger = orders.trigger_price[stops]
    gap = (positions.mark_price[row] - trigger) * np.sign(positions.quantity[row])
    amount = np.where(orders.close_position[stops], held[row], orders.remaining[stops])
    unsure = np.isnan(gap) | np.isnan(amount)
    doubtful = Groups(row, len(held)).touched(unsure)
    kept = np.flatnonzero((gap >= 0.0) & ~unsure)
    alone = bool(
        (row[kept[1:]] > row[kept[:-1]]).all()
    )  # orders come in the order of positions, often one each
    if not alone:
        kept = kept[np.lexsort((gap[kept], row[kept]))]
    row, gap, amount, trigger = row[kept], gap[kept], amount[kept], trigger[kept]
    turns = [np.arange(len(row), dtype=np.intp)] if alone else _turns(row)
    taken, left, reach = _filled_from_the_nearest(row, gap, amount, held, turns)
    return Protection(
        row=row, gap=gap, trigger=trigger, taken=taken, open=left, reach=reach, doubtful=doubtful
    )


def _closing_stops(book: Book) -> tuple[IndexArray, IndexArray]:
    """Rows of the stop orders that close a position, and the rows of those positions."""
    positions, orders = book.tables.positions, book.tables.orders
    stops = index(np.flatnonzero(np.array([kind is _STOP or kind is _TRAILING for kind in orders.kind])))
    side = sides(orders.position_side)[stops]
    row = lookup(
        book.layout.position_markets * len(_SIDES) + sides(positions.position_side),
        book.layout.order_markets[stops] * len(_SIDES) + side,
    )
    reduces = orders.reduce_only[stops] | orders.close_position[stops] | (side > 0)
    closes = orders.direction[stops] == -np.sign(np.append(positions.quantity, np.nan)[row])
    matched = (row >= 0) & reduces & closes
    return stops[matched], row[matched]


def _turns(row: IndexArray) -> list[IndexArray]:
    """The first stop of every position, the second of every position that has two, and so on; rows are sorted."""
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    rank = np.arange(len(row)) - np.repeat(starts, np.diff(starts, append=len(row)))
    return [index(np.flatnonzero(rank == turn)) for turn in range(int(rank.max(initial=-1)) + 1)]


def _filled_from_the_nearest(
    row: IndexArray, gap: FloatArray, amount: FloatArray, held: FloatArray, turns: list[IndexArray]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What each stop closes, what stays open of each position, and the gap at which 99 % is closed.

    The loop runs as often as the position with the most stops has stops, and never in an order that other positions
    could change.
    """
    left, reach, taken = held.copy(), np.full(len(held), np.inf), np.zeros(len(row))
    spare = (1.0 - _ENOUGH) * held * (1.0 + _ROUNDING)
    for stop in turns:
        position = row[stop]
        taken[stop] = np.minimum(amount[stop], left[position])
        left[position] -= taken[stop]
        enough = (left[position] <= spare[position]) & np.isinf(reach[position])
        reach[position[enough]] = gap[stop[enough]]
    # Seven stops of 0.1 close 0.7, whatever binary fractions say.
    return taken, np.where(left <= held * _ROUNDING, 0.0, left), reach
