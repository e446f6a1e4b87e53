"""Keeping orders: creating, replacing, finding, cancelling. Orders are frozen; a change stores a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from riskd.paper.engine.enums import CONDITIONAL_TYPES
from riskd.paper.engine.margin import is_closing, reserved_notional
from riskd.paper.engine.money import ZERO, shown_price
from riskd.paper.engine.state import CLOSED_ORDERS_MAX, AccountState, OrderNotionals, VenueState
from riskd.paper.engine.types import (
    AlgoStatus,
    Order,
    OrderRequest,
    OrderStatus,
    PositionSide,
    Side,
)

_OPEN = frozenset({OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED})


def open_order(venue: VenueState, account: AccountState, request: OrderRequest) -> Order:
    """Books a new order, ordinary or conditional; the caller has checked it."""
    order_id = venue.next_order_id()
    is_algo = request.type in CONDITIONAL_TYPES
    order = Order(
        order_id=order_id,
        client_order_id=request.client_order_id or f"venue-{order_id}",
        account=account.name,
        symbol=request.symbol,
        side=request.side,
        position_side=request.position_side,
        type=request.type,
        quantity=request.quantity or ZERO,
        price=request.price,
        trigger_price=request.trigger_price,
        time_in_force=request.time_in_force,
        reduce_only=request.reduce_only or request.close_position,
        close_position=request.close_position,
        working_type=request.working_type,
        status=OrderStatus.NEW,
        executed_quantity=ZERO,
        cumulative_quote=ZERO,
        average_price=ZERO,
        created_ms=venue.now_ms,
        updated_ms=venue.now_ms,
        is_algo=is_algo,
        algo_status=AlgoStatus.NEW if is_algo else None,
    )
    _store(venue, account, None, order)
    return order


def record_fill(
    venue: VenueState, account: AccountState, order: Order, quantity: Decimal, quote: Decimal
) -> Order:
    """Adds a fill to an open ordinary order."""
    executed = order.executed_quantity + quantity
    cumulative = order.cumulative_quote + quote
    filled = replace(
        order,
        status=OrderStatus.FILLED if executed == order.quantity else OrderStatus.PARTIALLY_FILLED,
        executed_quantity=executed,
        cumulative_quote=cumulative,
        average_price=shown_price(cumulative, executed),
        updated_ms=venue.now_ms,
    )
    _store(venue, account, order, filled)
    return filled


def end_order(venue: VenueState, account: AccountState, order: Order, status: OrderStatus) -> Order:
    """Takes an open ordinary order off the book."""
    ended = replace(order, status=status, updated_ms=venue.now_ms)
    _store(venue, account, order, ended)
    return ended


def end_algo(
    venue: VenueState,
    account: AccountState,
    order: Order,
    algo_status: AlgoStatus,
    *,
    working_order_id: int | None = None,
) -> Order:
    """Takes a conditional order off its list."""
    status = OrderStatus.CANCELED if algo_status is AlgoStatus.CANCELED else OrderStatus.EXPIRED
    if algo_status is AlgoStatus.FINISHED:
        status = OrderStatus.FILLED
    ended = replace(
        order,
        status=status,
        algo_status=algo_status,
        working_order_id=working_order_id,
        updated_ms=venue.now_ms,
    )
    _store(venue, account, order, ended)
    return ended


def cancel_orders(venue: VenueState, account: AccountState, symbol: str | None) -> int:
    """Cancels every open ordinary order of one symbol, or of all; says how many."""
    orders = [order for order in account.orders.values() if symbol in (None, order.symbol)]
    for order in orders:
        end_order(venue, account, order, OrderStatus.CANCELED)
    return len(orders)


def cancel_algos(venue: VenueState, account: AccountState, symbol: str | None) -> int:
    """Cancels every conditional order of one symbol, or of all; says how many."""
    orders = [order for order in account.algos.values() if symbol in (None, order.symbol)]
    for order in orders:
        end_algo(venue, account, order, AlgoStatus.CANCELED)
    return len(orders)


def expire_closing_orders(venue: VenueState, account: AccountState, symbol: str, side: PositionSide) -> None:
    """Expires resting orders that could only reduce a position which is gone, as Binance does."""
    orphans = [
        order
        for order in account.orders.values()
        if order.symbol == symbol and order.position_side is side and is_closing(order)
    ]
    for order in orphans:
        end_order(venue, account, order, OrderStatus.EXPIRED)


def claimed_quantity(account: AccountState, symbol: str, side: Side, position_side: PositionSide) -> Decimal:
    """Base units that resting closing orders of this side still claim."""
    return sum(
        (
            order.remaining
            for order in account.orders.values()
            if order.symbol == symbol
            and order.side is side
            and order.position_side is position_side
            and is_closing(order)
        ),
        ZERO,
    )


def find_order(
    *lists: Mapping[int, Order], order_id: int | None, client_order_id: str | None, symbol: str | None = None
) -> Order | None:
    """The newest order in any of the lists with this id, or when it is None with this client id."""
    if order_id is not None:
        named = [listed[order_id] for listed in lists if order_id in listed]
    else:
        named = [o for listed in lists for o in listed.values() if o.client_order_id == client_order_id]
    matching = [order for order in named if symbol in (None, order.symbol)]
    return max(matching, key=lambda order: order.order_id, default=None)


def history(listed: Mapping[int, Order], closed: Mapping[int, Order], symbol: str) -> tuple[Order, ...]:
    """A symbol's orders, open and terminal, oldest first."""
    found = [order for order in (*listed.values(), *closed.values()) if order.symbol == symbol]
    return tuple(sorted(found, key=lambda order: order.order_id))


def _store(venue: VenueState, account: AccountState, before: Order | None, after: Order) -> None:
    venue.version += 1
    symbol = venue.symbols[after.symbol]
    if after.is_algo:
        listed, public, closed = account.algos, symbol.conditional, account.closed_algos
    else:
        listed, public, closed = account.orders, symbol.resting, account.closed
    if after.status in _OPEN:
        listed[after.order_id] = public[after.order_id] = after
    else:
        listed.pop(after.order_id, None)
        public.pop(after.order_id, None)
        closed[after.order_id] = after
        if len(closed) > CLOSED_ORDERS_MAX:
            del closed[next(iter(closed))]
    if not after.is_algo:
        _keep_notionals(account, before, after)


def _keep_notionals(account: AccountState, before: Order | None, after: Order) -> None:
    change = reserved_notional(after) if after.status in _OPEN else ZERO
    if before is not None:
        change -= reserved_notional(before)
    if not change:
        return
    notionals = account.order_notionals.setdefault(after.symbol, OrderNotionals())
    if after.side is Side.BUY:
        notionals.bids += change
    else:
        notionals.asks += change
    if not notionals.bids and not notionals.asks:
        del account.order_notionals[after.symbol]
