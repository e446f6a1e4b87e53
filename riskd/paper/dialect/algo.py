"""Conditional orders, which live apart from the plain ones since December 2025.

Source: Binance USD-M futures documentation, "New Algo Order" and its neighbours; freqtrade issue 12610 tells what the
move broke.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from riskd.model.report import JsonValue
from riskd.paper.dialect.auth import Security
from riskd.paper.dialect.endpoint import Call, Endpoint, costs, costs_by_symbol, one_order
from riskd.paper.dialect.intake import conditional_order
from riskd.paper.dialect.parameters import Parameters
from riskd.paper.dialect.render import average_price, on_step
from riskd.paper.dialect.window import newest_or_first, time_window
from riskd.paper.engine.types import AlgoStatus, Order, Rejection


def place(call: Call) -> JsonValue:
    """Place one conditional order."""
    return algo_row(call, call.exchange.place_algo(call.account, conditional_order(call)))


def cancel(call: Call) -> JsonValue:
    """Cancel one conditional order."""
    algo_id, client_order_id = _identity(call.parameters)
    order = call.exchange.cancel_algo(call.account, algo_id=algo_id, client_order_id=client_order_id)
    return {
        "algoId": order.order_id,
        "clientAlgoId": order.client_order_id,
        "code": "200",
        "msg": "success",
    }


def query(call: Call) -> JsonValue:
    """One conditional order, waiting or not."""
    algo_id, client_order_id = _identity(call.parameters)
    return algo_row(
        call, call.exchange.algo_order(call.account, algo_id=algo_id, client_order_id=client_order_id)
    )


def open_orders(call: Call) -> JsonValue:
    """Waiting conditional orders of one contract or of all."""
    named = call.contract_or_all()
    found = call.exchange.open_algo_orders(call.account, named.symbol if named else None)
    return [algo_row(call, order) for order in found]


def all_orders(call: Call) -> JsonValue:
    """Conditional orders of one contract, oldest first: from ``algoId`` on, or within a window of seven days."""
    contract = call.contract()
    limit = call.parameters.limit(default=500, maximum=1000)
    first_id = call.parameters.integer("algoId")
    found = call.exchange.algo_orders(call.account, contract.symbol)
    if first_id is not None:
        chosen: Sequence[Order] = [o for o in found if o.order_id >= first_id][:limit]
    else:
        window = time_window(call.parameters, now_ms=call.now_ms)
        chosen = newest_or_first([o for o in found if o.created_ms in window], limit, call.parameters)
    return [algo_row(call, order) for order in chosen]


def cancel_all(call: Call) -> JsonValue:
    """Cancel every waiting conditional order of one contract."""
    call.exchange.cancel_all_algo(call.account, call.contract().symbol)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def algo_row(call: Call, order: Order) -> dict[str, JsonValue]:
    """One conditional order as Binance shows it."""
    contract = call.exchange.contract(order.symbol)
    tick = contract.tick_size
    triggered = order.algo_status not in (AlgoStatus.NEW, AlgoStatus.CANCELED, None)
    return {
        "algoId": order.order_id,
        "clientAlgoId": order.client_order_id,
        "algoType": "CONDITIONAL",
        "orderType": order.type.value,
        "symbol": order.symbol,
        "side": order.side.value,
        "positionSide": order.position_side.value,
        "timeInForce": order.time_in_force.value,
        "quantity": on_step(order.quantity, contract.lot_size),
        "algoStatus": (order.algo_status or AlgoStatus.NEW).value,
        "actualOrderId": str(order.working_order_id or ""),
        "actualPrice": average_price(_filled_price(call, order), tick),
        "triggerPrice": on_step(order.trigger_price or Decimal(0), tick),
        "price": on_step(order.price or Decimal(0), tick),
        "icebergQuantity": None,
        "selfTradePreventionMode": "NONE",
        "workingType": order.working_type.value,
        "priceMatch": "NONE",
        "closePosition": order.close_position,
        "priceProtect": False,
        "reduceOnly": order.reduce_only,
        "createTime": order.created_ms,
        "updateTime": order.updated_ms,
        "triggerTime": order.updated_ms if triggered else 0,
        "goodTillDate": 0,
    }


def _filled_price(call: Call, order: Order) -> Decimal:
    """Average price of the market order that a triggered order became; 0 before, or when it is forgotten."""
    if order.working_order_id is None:
        return Decimal(0)
    try:
        return call.exchange.order(order.account, order.symbol, order_id=order.working_order_id).average_price
    except Rejection:
        return Decimal(0)


def _identity(parameters: Parameters) -> tuple[int | None, str | None]:
    algo_id = parameters.integer("algoId")
    client_order_id = parameters.text("clientAlgoId")
    if algo_id is None and client_order_id is None:
        raise Rejection(-1102, "Param 'clientAlgoId' or 'algoId' must be sent, but both were empty/null!")
    return algo_id, None if algo_id is not None else client_order_id


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/fapi/v1/algoOrder",
        security=Security.TRADE,
        weight=costs(0),
        handler=place,
        orders=one_order,
    ),
    Endpoint(
        method="DELETE", path="/fapi/v1/algoOrder", security=Security.TRADE, weight=costs(1), handler=cancel
    ),
    Endpoint(
        method="DELETE",
        path="/fapi/v1/algoOpenOrders",
        security=Security.TRADE,
        weight=costs(1),
        handler=cancel_all,
    ),
    Endpoint(method="GET", path="/fapi/v1/algoOrder", security=Security.READ, weight=costs(1), handler=query),
    Endpoint(
        method="GET",
        path="/fapi/v1/openAlgoOrders",
        security=Security.READ,
        weight=costs_by_symbol(1, every=40),
        handler=open_orders,
    ),
    Endpoint(
        method="GET",
        path="/fapi/v1/allAlgoOrders",
        security=Security.READ,
        weight=costs(5),
        handler=all_orders,
    ),
)
