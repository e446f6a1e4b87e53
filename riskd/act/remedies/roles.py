"""What each resting order does to what is held: it adds, it reduces, or it protects.

An order that may only close (reduce-only, close-position, or in hedge mode against its own side) never adds. One that
may open adds when it stands on the side of the position, or where nothing is held. On the other side of a one-way
position it closes first, so that it reduces as far as it fits into what is held: stops first, then the nearest to mark,
because that is the order in which price meets them; together no more than the position. A stop that is larger than what
is left of the position still protects that, whoever forgot to mark it reduce-only, and is not counted as adding.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray, lookup
from riskd.measure.exposure.resting import may_open, own_price
from riskd.measure.trade.protection import sides
from riskd.model.arrays import BoolArray
from riskd.model.snapshot import OrderKind

_STOPS = frozenset({OrderKind.STOP, OrderKind.TRAILING})
# An order of a kind that we do not know, and that can only close, may be somebody's stop.
_GUARDS = _STOPS | {OrderKind.OTHER}
_SIDES = 3  # one-way, and the two of hedge mode


@dataclass(frozen=True, slots=True)
class Roles:
    """One entry for each resting order.

    Attributes:
        adds: If it filled now, it would open or enlarge a position, or turn one round.
        protects: It is a stop of what is held, or may be one: never to be cancelled. A stop whose trigger or quantity
            is not known counts, and so does one whose position is not seen: an empty list of positions proves nothing.
        unsure: Whether it adds cannot be told: what is held in its market, or its own quantity, is not known.
    """

    adds: BoolArray
    protects: BoolArray
    unsure: BoolArray


def order_roles(book: Book) -> Roles:
    """The role of every order of a book; use ``book.once(order_roles)``."""
    orders, opens = book.tables.orders, may_open(book)
    position = positions_at(book)
    held = np.append(book.tables.positions.quantity, np.nan)[position]
    against = opens & (position >= 0) & (orders.direction * held < 0.0)
    blurred = (position >= 0) & np.isnan(held)  # that of a position which is not confirmed is NaN
    unsure = opens & (blurred | (against & np.isnan(orders.remaining)))
    reduces = _fitting(book, np.flatnonzero(against & ~unsure), position)
    is_stop, is_guard = _of_kind(book, _STOPS), _of_kind(book, _GUARDS)
    return Roles(
        adds=opens & ~reduces & ~unsure,
        protects=(~opens & is_guard) | ((reduces | unsure) & is_stop),
        unsure=unsure,
    )


def positions_at(book: Book) -> IndexArray:
    """The position in the market (in hedge mode, on the side) of each order; -1: none is held."""
    layout = book.layout
    return lookup(
        layout.position_markets * _SIDES + sides(book.tables.positions.position_side),
        layout.order_markets * _SIDES + sides(book.tables.orders.position_side),
    )


def _fitting(book: Book, rows: IndexArray, position: IndexArray) -> BoolArray:
    """Those of some closing orders that together close no more than what is held; the last stop may overshoot."""
    orders, kinds = book.tables.orders, book.tables.orders.kind
    mark = np.append(book.tables.positions.mark_price, np.nan)[position]
    gap = np.abs(own_price(book) - mark)
    gap = np.where(np.isnan(gap), np.inf, gap)
    left: dict[int, Decimal] = {}
    fits = np.zeros(len(orders), dtype=np.bool_)
    for row in sorted(rows.tolist(), key=lambda row: (kinds[row] not in _STOPS, gap[row], row)):
        at = int(position[row])
        room = left.setdefault(at, abs(book.tables.positions.quantity_exact[at]))
        if orders.remaining_exact[row] <= room or (kinds[row] in _STOPS and room > 0):
            fits[row] = True
            left[at] = max(room - orders.remaining_exact[row], Decimal(0))
    return fits


def _of_kind(book: Book, wanted: frozenset[OrderKind]) -> BoolArray:
    kinds = book.tables.orders.kind
    return np.fromiter(map(wanted.__contains__, kinds), dtype=np.bool_, count=len(kinds))
