"""Conditional orders: waiting for a price, then becoming a market order.

They live in a list of their own, as at Binance since December 2025. They hold no margin and claim no quantity while they
wait. A triggered order that finds nothing to reduce is EXPIRED; one whose market order is refused is REJECTED.
"""

from __future__ import annotations

from decimal import Decimal

from riskd.paper.engine import order_checks, order_store
from riskd.paper.engine.execution import closable_quantity, execute
from riskd.paper.engine.margin import is_closing
from riskd.paper.engine.state import AccountState, SymbolState, VenueState
from riskd.paper.engine.types import AlgoStatus, Order, OrderRequest, OrderType, Rejection


def place_conditional(venue: VenueState, account: AccountState, request: OrderRequest) -> Order:
    """Lists a conditional order.

    Raises:
        Rejection: It may not be placed.
    """
    order_checks.check_conditional(venue, account, request)
    return order_store.open_order(venue, account, request)


def trigger_conditional(venue: VenueState) -> None:
    """Triggers every conditional order whose working price has reached its trigger, oldest first."""
    for symbol in venue.symbols.values():
        for order in list(symbol.conditional.values()):
            if order.order_id in symbol.conditional and _is_due(symbol, order):
                _trigger(venue, venue.accounts[order.account], order)


def _is_due(symbol: SymbolState, order: Order) -> bool:
    assert order.trigger_price is not None
    return order_checks.is_triggered(symbol, order.type, order.side, order.working_type, order.trigger_price)


def _trigger(venue: VenueState, account: AccountState, order: Order) -> None:
    closable = closable_quantity(account, order)
    if is_closing(order) and not closable:
        order_store.end_algo(venue, account, order, AlgoStatus.EXPIRED)
        return
    quantity = closable if order.close_position else order.quantity
    request = _market_order(order, quantity)
    try:
        order_checks.check_triggered(venue, account, request, quantity)
    except Rejection:
        order_store.end_algo(venue, account, order, AlgoStatus.REJECTED)
        return
    working = order_store.open_order(venue, account, request)
    order_store.end_algo(venue, account, order, AlgoStatus.FINISHED, working_order_id=working.order_id)
    execute(venue, account, working)


def _market_order(order: Order, quantity: Decimal) -> OrderRequest:
    """The market order carries the conditional order's client id, so that its fills can be told apart."""
    return OrderRequest(
        symbol=order.symbol,
        side=order.side,
        type=OrderType.MARKET,
        quantity=quantity,
        position_side=order.position_side,
        reduce_only=is_closing(order),
        client_order_id=order.client_order_id,
    )
