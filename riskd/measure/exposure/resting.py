"""What resting orders may do to positions, and whose they are."""

from __future__ import annotations

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups
from riskd.measure.trade.protection import sides
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.subject import Grain

_LONG, _SHORT = 1, 2


def may_open(book: Book) -> BoolArray:
    """True for each order that may open or enlarge a position.

    Not one that is reduce-only or closes a position, and in hedge mode none against its own side.
    """
    orders = book.tables.orders
    side, buys = sides(orders.position_side), orders.direction > 0.0
    closes = ((side == _LONG) & ~buys) | ((side == _SHORT) & buys)
    opens: BoolArray = ~(orders.reduce_only | orders.close_position | closes)
    return opens


def own_price(book: Book) -> FloatArray:
    """Limit price of each order, the trigger of a market order behind one; NaN: it has neither."""
    orders = book.tables.orders
    return np.where(np.isnan(orders.price), orders.trigger_price, orders.price)


def order_groups(book: Book, grain: Grain) -> Groups:
    """The subject of each order.

    Raises:
        KeyError: Orders do not belong to subjects of this grain.
    """
    if grain is Grain.STRATEGY:
        return book.layout.strategies_of_orders
    accounts = book.account_groups(grain)
    return Groups(accounts.of[book.layout.order_account], accounts.size)


def order_symbol(book: Book, row: int) -> str:
    """Symbol of an order, for a reason."""
    return book.tables.instruments[int(book.layout.order_instrument[row])].symbol


def missing_order(book: Book, row: int) -> str:
    """Names what keeps an order from being valued at the mark."""
    name = order_symbol(book, row)
    if np.isnan(book.tables.orders.remaining[row]):
        return f"quantity of order {book.tables.orders.order_id[row]} of {name}"
    return f"mark price of {name}"
