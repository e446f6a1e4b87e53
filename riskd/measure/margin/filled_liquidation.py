"""Liquidation on the way through resting orders: each one that price meets enlarges what it moves against.

Price goes one way, fills the orders that it meets in order of their prices, and the position is looked at after each
fill. The way down meets buys and the way up sells: others could only help.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups, IndexArray, index, lookup
from riskd.measure.book.missing import symbol
from riskd.measure.exposure.resting import may_open, own_price
from riskd.measure.margin.brackets import brackets
from riskd.measure.margin.liquidation import backing, liquidated_together, missing_own
from riskd.measure.margin.solver import Cushion, smallest_move
from riskd.measure.trade.protection import sides
from riskd.model.arrays import BoolArray, FloatArray

_DOWN, _UP = -1.0, 1.0
_LONG, _SHORT = 1, 2
_SIDES = 3


def filled_distance(book: Book) -> FloatArray:
    """For each position the nearest liquidation on either way, as a fraction of mark; +inf none, NaN unknown."""
    places = _Places.of(book)
    down, up = (_states(book, places, way) for way in (_DOWN, _UP))
    moves = smallest_move(_cushion(places, down).beside(_cushion(places, up)), brackets(book))
    found = [
        _nearest(places, states, rest)
        for states, rest in ((down, moves[: len(down.place)]), (up, moves[len(down.place) :]))
    ]
    return places.groups.named(np.minimum(*found))


def missing_filled(book: Book, row: int) -> str:
    """Names what keeps the distance of a position from being known."""
    places = _Places.of(book)
    order, place = _orders(book, places, may_open(book))
    unclear = np.isnan(own_price(book)[order] * book.tables.orders.remaining[order])
    for number in order[unclear & (place == places.groups.of[row])].tolist():
        return f"price or quantity of order {book.tables.orders.order_id[number]} of {symbol(book, row)}"
    positions = book.tables.positions
    if np.isnan(positions.leverage_setting[row]) and positions.isolated[row]:
        return f"leverage setting of {symbol(book, row)}"
    return missing_own(book, row)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """What is liquidated together, one row each: an isolated position, or all cross positions of a market.

    Attributes:
        groups: Place of each position.
        equity: What backs it, others' maintenance taken off.
        setting: The leverage slider.
    """

    groups: Groups
    instrument: IndexArray
    mark: FloatArray
    isolated: BoolArray
    equity: FloatArray
    setting: FloatArray

    @classmethod
    def of(cls, book: Book) -> _Places:
        positions, groups = book.tables.positions, liquidated_together(book)
        first = np.flatnonzero(np.diff(groups.of, prepend=-1))
        return cls(
            groups=groups,
            instrument=book.layout.position_instrument[first],
            mark=positions.mark_price[first],
            isolated=positions.isolated[first],
            equity=backing(book, groups),
            setting=positions.leverage_setting[first],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _States:
    """What is held after each fill on one way, and before the first; one row each.

    Attributes:
        way: Down or up.
        place: Row of the place.
        edge: Price at which it is looked at.
        main: Signed quantity of the side that fills: of the whole position in one-way mode.
        other: Signed quantity of the other side of hedge mode.
        equity: What backs it at the edge, profit and loss on the way there included.
    """

    way: float
    place: IndexArray
    edge: FloatArray
    main: FloatArray
    other: FloatArray
    equity: FloatArray


def _states(book: Book, places: _Places, way: float) -> _States:
    """The states of every place, then those after each fill."""
    positions, orders = book.tables.positions, book.tables.orders
    against = sides(positions.position_side) == (_SHORT if way == _DOWN else _LONG)
    held = _Holding(
        quantity=places.groups.total(positions.quantity, ~against),
        paid=places.groups.total(positions.notional),
        equity=places.equity.copy(),
    )
    other = places.groups.total(positions.quantity, against)
    order, place = _orders(book, places, may_open(book) & (orders.direction == -way))
    price = own_price(book)[order]
    met = np.lexsort((price * way, place))
    order, place, price = order[met], place[met], price[met]
    signed = -way * orders.remaining[order]
    filled = _filled_in_turn(places, held, place, signed, price)
    every = np.concatenate([np.arange(places.groups.size, dtype=np.intp), place])
    mark = places.mark[every]
    limit = np.concatenate([places.mark, price])
    edge = np.minimum(limit, mark) if way == _DOWN else np.maximum(limit, mark)
    main = np.concatenate([held.quantity, filled.quantity])
    paid = np.concatenate([held.paid, filled.paid])
    backed = np.concatenate([held.equity, filled.equity])
    return _States(
        way=way,
        place=every,
        edge=edge,
        main=main,
        other=other[every],
        equity=backed + (main + other[every]) * edge - paid,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Holding:
    """Signed quantity, what it cost from where its profit counts, and what backs it before that profit."""

    quantity: FloatArray
    paid: FloatArray
    equity: FloatArray


def _filled_in_turn(
    places: _Places, held: _Holding, place: IndexArray, signed: FloatArray, price: FloatArray
) -> _Holding:
    """The holding of its place after each fill; fills are sorted by place, and there as they are met.

    The loop runs as often as the place with the most orders has orders, and never in an order that other places could
    change. An isolated position that is turned round is another one from there on, with a margin of its own.
    """
    now = _Holding(quantity=held.quantity.copy(), paid=held.paid.copy(), equity=held.equity.copy())
    after = _Holding(quantity=signed.copy(), paid=signed.copy(), equity=signed.copy())
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    rank = np.arange(len(place)) - np.repeat(starts, np.diff(starts, append=len(place)))
    for turn in range(int(rank.max(initial=-1)) + 1):
        fill = np.flatnonzero(rank == turn)
        at, worth = place[fill], signed[fill] * price[fill]
        before = now.quantity[at]
        quantity = before + signed[fill]
        alone, reduces = places.isolated[at], before * signed[fill] < 0.0
        turned = alone & reduces & (quantity * signed[fill] > 0.0)
        own = np.abs(quantity * price[fill]) / places.setting[at]
        gained = np.where(alone & ~reduces, np.abs(worth) / places.setting[at], 0.0)
        now.quantity[at] = quantity
        now.paid[at] = np.where(turned, quantity * price[fill], now.paid[at] + worth)
        now.equity[at] = np.where(turned, own, now.equity[at] + gained)
        for column in ("quantity", "paid", "equity"):
            getattr(after, column)[fill] = getattr(now, column)[at]
    return after


def _orders(book: Book, places: _Places, chosen: BoolArray) -> tuple[IndexArray, IndexArray]:
    """The chosen orders that belong to a place, and their places.

    In hedge mode an order of a side that is not held yet shares the cross margin of the other side, and no isolated one.
    """
    layout, isolated = book.layout, book.tables.positions.isolated
    order = index(np.flatnonzero(chosen))
    side = sides(book.tables.orders.position_side)[order]
    market = layout.order_markets[order]
    own = lookup(
        layout.position_markets * _SIDES + sides(book.tables.positions.position_side),
        market * _SIDES + side,
    )
    shared = lookup(layout.position_markets, market)
    shared = np.where((shared >= 0) & ~np.append(isolated, True)[shared], shared, -1)
    row = np.where(own >= 0, own, shared)
    found = row >= 0
    return order[found], places.groups.of[row[found]]


def _cushion(places: _Places, states: _States) -> Cushion:
    size = len(states.place)
    legs = np.concatenate([np.abs(states.main), np.abs(states.other)]) * np.tile(states.edge, 2)
    falls = states.way == _DOWN
    return Cushion(
        equity=states.equity,
        gain=states.way * (states.main + states.other) * states.edge,
        most=np.full(size, 1.0 if falls else np.inf),
        notional=legs,
        growth=states.way * legs,
        instrument=np.tile(places.instrument[states.place], 2),
        groups=Groups(np.tile(np.arange(size, dtype=np.intp), 2), size),
    )


def _nearest(places: _Places, states: _States, moves: FloatArray) -> FloatArray:
    """The first liquidation of each place on the way: that of a state which is reached before the next order fills."""
    size = places.groups.size
    edge = states.edge / places.mark[states.place]
    reach = states.way * (edge - 1.0)
    distance = reach + edge * moves
    filled = states.place[size:]
    is_first = np.diff(filled, prepend=-1) != 0
    following = np.full(len(edge), np.inf)
    following[filled[is_first]] = reach[size:][is_first]
    following[size:-1][~is_first[1:]] = reach[size + 1 :][~is_first[1:]]
    passed = distance > following
    return Groups(states.place, size).lowest(np.where(passed, np.inf, distance))
