"""Which resting orders to cancel so that no more risk is taken on; what protects a position always stays.

Cancelling is the one remedy that can make things worse without trading: a position whose stop is gone is naked. So
nothing that is a stop, or might be one, is ever in the result, whatever a policy asks for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from riskd.act.demand import Demand
from riskd.act.plan import NoPlan, NoPlanReason
from riskd.act.remedies.roles import Roles, order_roles
from riskd.act.remedies.scope import accounts_of, doubt, orders_of, subject_row
from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray
from riskd.measure.exposure.resting import order_symbol
from riskd.model.arrays import BoolArray
from riskd.model.order import Cancellation, OrderList
from riskd.model.report import Surface
from riskd.model.snapshot import OrderKind
from riskd.policy.rule import ActionKind

ORDER_LISTS = frozenset({Surface.POSITIONS, Surface.ORDERS, Surface.CONDITIONAL_ORDERS})
"""What must be known before it can be told which orders add risk."""

ALL, GRID = "all", "grid"


def cancellations(book: Book, demand: Demand) -> tuple[Cancellation, ...] | NoPlan:
    """The orders that one ``cancel_orders`` asks to cancel, in the order of the book.

    ``risk_increasing``: orders that would open, enlarge or turn round a position if they filled. ``grid``: those of
    them that are limit orders of a grid; what reduces its position stays. ``all``: every order but protective ones.

    Args:
        book: One snapshot, as it was judged.
        demand: Its subject and its rule's scope bound what may be cancelled.

    Returns:
        Never empty. ``AT_TARGET``: no such order rests. ``UNKNOWN``: a list could not be read, or what is held where
        an order rests is not known.
    """
    if demand.action.kind is not ActionKind.CANCEL_ORDERS:
        return NoPlan(NoPlanReason.NOT_AN_ORDER, f"{demand.action.kind.value} cancels no order")
    row = subject_row(book, demand)
    if row is None:
        return NoPlan(NoPlanReason.NO_SUBJECT, f"{demand.subject} is not in the snapshot")
    if complaint := doubt(book, accounts_of(book, demand, row), ORDER_LISTS):
        return NoPlan(NoPlanReason.UNKNOWN, f"resting orders are not known: {complaint}")
    rows, which = orders_of(book, demand, row), demand.action.which
    roles = book.once(order_roles)
    blurred = rows[roles.unsure[rows]]
    if which != ALL and len(blurred):
        names = ", ".join(sorted({order_symbol(book, each) for each in blurred.tolist()}))
        return NoPlan(NoPlanReason.UNKNOWN, f"whether orders of {names} add risk is not known")
    chosen = rows[_WANTED.get(which, _adding)(book, roles)[rows]]
    if len(chosen) == 0:
        return NoPlan(NoPlanReason.AT_TARGET, f"nothing to cancel ({which}) rests for {demand.subject}")
    return cancelled(book, chosen)


def cancelled(book: Book, rows: IndexArray) -> tuple[Cancellation, ...]:
    """The cancellation of each of these orders."""
    return tuple(_cancellation(book, row) for row in rows.tolist())


def not_protective(_book: Book, roles: Roles) -> BoolArray:
    """Every order that no position rests on."""
    return ~roles.protects


def _adding(_book: Book, roles: Roles) -> BoolArray:
    return roles.adds


def _adding_of_grids(book: Book, roles: Roles) -> BoolArray:
    limit = np.array([kind is OrderKind.LIMIT for kind in book.tables.orders.kind], dtype=np.bool_)
    of_grid: BoolArray = book.order_attributes().coded("grid").codes >= 0
    return roles.adds & limit & of_grid


_WANTED: Mapping[str, Callable[[Book, Roles], BoolArray]] = {ALL: not_protective, GRID: _adding_of_grids}


def _cancellation(book: Book, row: int) -> Cancellation:
    orders = book.tables.orders
    return Cancellation(
        account=book.tables.profiles[int(book.layout.order_account[row])].id,
        symbol=order_symbol(book, row),
        position_side=orders.position_side[row],
        order_id=orders.order_id[row],
        client_order_id=orders.client_order_id[row],
        kept_in=OrderList.CONDITIONAL if orders.conditional[row] else OrderList.ORDINARY,
        what=_in_words(book, row),
    )


def _in_words(book: Book, row: int) -> str:
    """``buy 0.5 at 20,000``, ``sell 2 behind 3,100``, ``sell all behind 3,100 at 3,090``."""
    orders = book.tables.orders
    verb = "buy" if orders.direction[row] > 0.0 else "sell"
    amount = "all" if orders.close_position[row] else f"{orders.remaining_exact[row].normalize():f}"
    trigger, price = float(orders.trigger_price[row]), float(orders.price[row])
    behind = "" if math.isnan(trigger) else f" behind {trigger:,.12g}"
    at = "" if math.isnan(price) else f" at {price:,.12g}"
    return f"{verb} {amount}{behind}{at}"
