"""Which orders close which position, for how much of it, and how far away: its stops, and what takes its profit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups, IndexArray, index, lookup
from riskd.measure.book.layout import Layout
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.snapshot import OrderKind

# A stop for 99 % of a position protects it: what is left is rounding to lots.
_ENOUGH = 0.99
_ROUNDING = 1e-9
_STOPS = frozenset({OrderKind.STOP, OrderKind.TRAILING})
_TARGETS = frozenset({OrderKind.TAKE_PROFIT, OrderKind.LIMIT})
_LOSING, _WINNING = 1.0, -1.0
_SIDES = {"BOTH": 0, "LONG": 1, "SHORT": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exits:
    """Orders of one purpose that close positions, matched to them: its stops, or what takes its profit.

    A position is closed from its nearest order outwards, never beyond its quantity.

    Attributes:
        order: Row of each matched order.
        row: Its position.
        gap: Its distance from mark in quote currency, >= 0.
        price: Price at which it closes.
        taken: Base units of the position that it closes.
        open: Base units of each position that none of them closes, 0 when it is rounding; NaN where the quantity is
            unknown.
        reach: Gap of the farthest order needed to close 99 % of each position; +inf when all together do not.
        doubtful: True for a position with such an order whose price or quantity, or whose side of mark, is unknown.
    """

    order: IndexArray
    row: IndexArray
    gap: FloatArray
    price: FloatArray
    taken: FloatArray
    open: FloatArray
    reach: FloatArray
    doubtful: BoolArray

    @property
    def undecided(self) -> BoolArray:
        """True for a position that a doubtful order may or may not close."""
        return self.doubtful & (self.open > 0.0)

    def mean(self, values: FloatArray) -> FloatArray:
        """Mean for each position of a value of its orders, weighted by what they take; NaN where none takes anything."""
        groups = Groups(self.row, len(self.open))
        return groups.total(self.taken * values) / groups.total(self.taken)


def sides(texts: tuple[str, ...]) -> IndexArray:
    """0 one-way, 1 the long side, 2 the short side of hedge mode."""
    if texts.count("BOTH") == len(texts):
        return np.zeros(len(texts), dtype=np.intp)
    return index([_SIDES[text] for text in texts])


def protection(book: Book) -> Exits:
    """The protection of every position of a book.

    Counted are live stop (and trailing) orders that close the position: reduce-only or close-position in one-way
    mode, the closing direction of the same side in hedge mode; with a trigger on the losing side of mark. A
    take-profit is no stop, and a trigger that mark has passed already protects nothing.
    """
    order, row = _closing_orders(book, book.layout.once(_stops_at))
    return _nearest_first(book, order, row, book.tables.orders.trigger_price[order], _LOSING)


def profit_targets(book: Book) -> Exits:
    """What takes the profit of every position of a book.

    Counted are take-profit orders and limit orders that close the position, as stops do, at a price on the winning
    side of mark: the limit price, or the trigger of a market order.
    """
    orders = book.tables.orders
    order, row = _closing_orders(book, book.layout.once(_targets_at))
    price = np.where(np.isnan(orders.price), orders.trigger_price, orders.price)[order]
    return _nearest_first(book, order, row, price, _WINNING)


@dataclass(frozen=True, slots=True)
class _At:
    """Orders of some kinds that stand where a position is held: their rows, those of the positions, their sides."""

    order: IndexArray
    row: IndexArray
    side: IndexArray


def _stops_at(layout: Layout) -> _At:
    return _at(layout, _STOPS)


def _targets_at(layout: Layout) -> _At:
    return _at(layout, _TARGETS)


def _at(layout: Layout, wanted: frozenset[OrderKind]) -> _At:
    kinds, held = layout.shape.order_kinds, sides(layout.shape.position_sides)
    chosen = np.fromiter(map(wanted.__contains__, kinds), dtype=np.bool_, count=len(kinds))
    order = index(np.flatnonzero(chosen))
    side = sides(layout.shape.order_sides)[order]
    row = lookup(
        layout.position_markets * len(_SIDES) + held, layout.order_markets[order] * len(_SIDES) + side
    )
    found = row >= 0
    return _At(order[found], row[found], side[found])


def _closing_orders(book: Book, at: _At) -> tuple[IndexArray, IndexArray]:
    """Rows of the orders that close a position, and the rows of those positions."""
    positions, orders, order = book.tables.positions, book.tables.orders, at.order
    reduces = orders.reduce_only[order] | orders.close_position[order] | (at.side > 0)
    closes = orders.direction[order] == -np.sign(positions.quantity[at.row])
    matched = reduces & closes
    return order[matched], at.row[matched]


def _nearest_first(book: Book, order: IndexArray, row: IndexArray, price: FloatArray, way: float) -> Exits:
    """Closing orders with what each takes of its position; ``way`` says on which side of mark they stand."""
    positions, orders = book.tables.positions, book.tables.orders
    held = np.abs(positions.quantity)
    gap = way * (positions.mark_price[row] - price) * np.sign(positions.quantity[row])
    amount = np.where(orders.close_position[order], held[row], orders.remaining[order])
    unsure = np.isnan(gap) | np.isnan(amount)
    doubtful = Groups(row, len(held)).touched(unsure)
    kept = np.flatnonzero((gap >= 0.0) & ~unsure)
    # Orders come in the order of positions, often one each.
    alone = bool((row[kept[1:]] > row[kept[:-1]]).all())
    if not alone:
        kept = kept[np.lexsort((gap[kept], row[kept]))]
    row, gap, amount = row[kept], gap[kept], amount[kept]
    turns: Sequence[IndexArray | slice] = [slice(None)] if alone else _turns(row)
    taken, left, reach = _filled_from_the_nearest(row, gap, amount, held, turns)
    return Exits(
        order=order[kept],
        row=row,
        gap=gap,
        price=price[kept],
        taken=taken,
        open=left,
        reach=reach,
        doubtful=doubtful,
    )


def _turns(row: IndexArray) -> list[IndexArray]:
    """The first stop of every position, the second of every position that has two, and so on; rows are sorted."""
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    rank = np.arange(len(row)) - np.repeat(starts, np.diff(starts, append=len(row)))
    return [index(np.flatnonzero(rank == turn)) for turn in range(int(rank.max(initial=-1)) + 1)]


def _filled_from_the_nearest(
    row: IndexArray,
    gap: FloatArray,
    amount: FloatArray,
    held: FloatArray,
    turns: Sequence[IndexArray | slice],
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What each stop closes, what stays open of each position, and the gap at which 99 % is closed.

    The loop runs as often as the position with the most stops has stops, and never in an order that other positions
    could change.
    """
    left, reach, taken = held.copy(), np.full(len(held), np.inf), np.zeros(len(row))
    for stop in turns:
        position = row[stop]
        before = left[position]
        closed = np.minimum(amount[stop], before)
        after = before - closed
        taken[stop], left[position] = closed, after
        spare = (1.0 - _ENOUGH) * held[position] * (1.0 + _ROUNDING)
        enough = (after <= spare) & np.isinf(reach[position])
        reach[position[enough]] = gap[stop][enough]
    # Seven stops of 0.1 close 0.7, whatever binary fractions say.
    return taken, np.where(left <= held * _ROUNDING, 0.0, left), reach
