"""Plain orders: placed, cancelled, queried, alone or in batches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from enum import Enum

from riskd.model.report import JsonValue
from riskd.paper.dialect import errors
from riskd.paper.dialect.auth import Security
from riskd.paper.dialect.endpoint import Call, Endpoint, Handler, costs, costs_by_symbol, one_order
from riskd.paper.dialect.intake import ResponseType, plain_order, response_type
from riskd.paper.dialect.parameters import Parameters
from riskd.paper.dialect.render import average_price, on_step, trimmed
from riskd.paper.dialect.window import newest_or_first, time_window
from riskd.paper.engine import refusals
from riskd.paper.engine.types import Contract, Order, OrderStatus, Rejection

_PLACED_AT_ONCE_MAX = 5
_CANCELLED_AT_ONCE_MAX = 10
_OPEN = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)
_QUOTE_PLACES = 8


class AutoClose(Enum):
    """Why the venue closed a position."""

    LIQUIDATION = "LIQUIDATION"
    ADL = "ADL"


_FORCED_PREFIXES = {AutoClose.LIQUIDATION: "autoclose-", AutoClose.ADL: "adl_autoclose"}


def place(call: Call) -> JsonValue:
    """Place one order."""
    request = plain_order(call)
    wanted = response_type(call.parameters)
    order = call.exchange.place(call.account, request)
    return _changed_row(call, order if wanted is ResponseType.RESULT else _as_taken(order))


def cancel(call: Call) -> JsonValue:
    """Cancel one order."""
    contract = call.contract()
    order_id, client_order_id = _identity(call.parameters)
    order = call.exchange.cancel(
        call.account, contract.symbol, order_id=order_id, client_order_id=client_order_id
    )
    return _changed_row(call, order)


def query(call: Call) -> JsonValue:
    """One order, open or not."""
    return order_row(call.contract(), _find(call))


def query_open(call: Call) -> JsonValue:
    """One order, if it still rests."""
    order = _find(call)
    if order.status not in _OPEN:
        raise refusals.no_such_order()
    return order_row(call.contract(), order)


def open_orders(call: Call) -> JsonValue:
    """Resting orders of one contract or of all."""
    contracts = {contract.symbol: contract for contract in call.contracts()}
    named = call.contract_or_all()
    found = call.exchange.open_orders(call.account, named.symbol if named else None)
    return [order_row(contracts[order.symbol], order) for order in found]


def all_orders(call: Call) -> JsonValue:
    """Orders of one contract, oldest first: from ``orderId`` on, or within a window of seven days."""
    contract = call.contract()
    limit = call.parameters.limit(default=500, maximum=1000)
    first_id = call.parameters.integer("orderId")
    found = call.exchange.orders(call.account, contract.symbol)
    if first_id is not None:
        chosen: Sequence[Order] = [o for o in found if o.order_id >= first_id][:limit]
    else:
        window = time_window(call.parameters, now_ms=call.now_ms)
        chosen = newest_or_first([o for o in found if o.created_ms in window], limit, call.parameters)
    return [order_row(contract, order) for order in chosen]


def forced_orders(call: Call) -> JsonValue:
    """Orders by which the venue closed positions: liquidations and auto-deleveraging, oldest first."""
    limit = call.parameters.limit(default=50, maximum=100)
    kind = call.parameters.choice("autoCloseType", AutoClose, errors.invalid_value("autoCloseType"))
    prefixes = tuple(_FORCED_PREFIXES[k] for k in ([kind] if kind else AutoClose))
    window = time_window(call.parameters, now_ms=call.now_ms)
    found = [
        (contract, order)
        for contract in call.contracts()
        for order in call.exchange.orders(call.account, contract.symbol)
        if order.client_order_id.startswith(prefixes) and order.created_ms in window
    ]
    found.sort(key=lambda pair: pair[1].order_id)
    return [order_row(contract, order) for contract, order in newest_or_first(found, limit, call.parameters)]


def cancel_all(call: Call) -> JsonValue:
    """Cancel every resting order of one contract; conditional ones stay."""
    call.exchange.cancel_all(call.account, call.contract().symbol)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def place_batch(call: Call) -> JsonValue:
    """Place up to five orders; each is answered for itself."""
    asked = _objects(call.parameters.required_text("batchOrders"))
    if not 1 <= len(asked) <= _PLACED_AT_ONCE_MAX:
        raise Rejection(-4082, "Invalid number of batch place orders.")
    return [_tried(replace(call, parameters=Parameters(values)), place) for values in asked]


def cancel_batch(call: Call) -> JsonValue:
    """Cancel up to ten orders of one contract; each is answered for itself."""
    symbol = call.contract().symbol
    ids = _list(call.parameters, "orderIdList")
    client_ids = _list(call.parameters, "origClientOrderIdList")
    asked = [{"symbol": symbol, "orderId": i} for i in ids] or [
        {"symbol": symbol, "origClientOrderId": i} for i in client_ids
    ]
    if not asked:
        raise refusals.missing_parameter("orderIdList")
    if len(asked) > _CANCELLED_AT_ONCE_MAX:
        raise Rejection(-4032, f"Exceed max cancel order size {_CANCELLED_AT_ONCE_MAX}.")
    return [_tried(replace(call, parameters=Parameters(values)), cancel) for values in asked]


def order_row(contract: Contract, order: Order) -> dict[str, JsonValue]:
    """One order as Binance shows it."""
    tick, lot = contract.tick_size, contract.lot_size
    return {
        "orderId": order.order_id,
        "symbol": order.symbol,
        "status": order.status.value,
        "clientOrderId": order.client_order_id,
        "price": on_step(order.price or Decimal(0), tick),
        "avgPrice": average_price(order.average_price, tick),
        "origQty": on_step(order.quantity, lot),
        "executedQty": on_step(order.executed_quantity, lot),
        "cumQuote": trimmed(order.cumulative_quote, _QUOTE_PLACES),
        "timeInForce": order.time_in_force.value,
        "type": order.type.value,
        "reduceOnly": order.reduce_only,
        "closePosition": order.close_position,
        "side": order.side.value,
        "positionSide": order.position_side.value,
        "stopPrice": on_step(order.trigger_price or Decimal(0), tick),
        "workingType": order.working_type.value,
        "priceProtect": False,
        "origType": order.type.value,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "NONE",
        "goodTillDate": 0,
        "time": order.created_ms,
        "updateTime": order.updated_ms,
    }


def _changed_row(call: Call, order: Order) -> JsonValue:
    """The answer to placing and cancelling has ``cumQty`` and no ``time``."""
    contract = call.exchange.contract(order.symbol)
    row = order_row(contract, order)
    del row["time"]
    return {**row, "cumQty": on_step(order.executed_quantity, contract.lot_size)}


def _as_taken(order: Order) -> Order:
    """How an order looked when it was taken, before anything filled: all that an ACK says."""
    return replace(
        order,
        status=OrderStatus.NEW,
        executed_quantity=Decimal(0),
        cumulative_quote=Decimal(0),
        average_price=Decimal(0),
        updated_ms=order.created_ms,
    )


def _find(call: Call) -> Order:
    order_id, client_order_id = _identity(call.parameters)
    return call.exchange.order(
        call.account, call.contract().symbol, order_id=order_id, client_order_id=client_order_id
    )


def _identity(parameters: Parameters) -> tuple[int | None, str | None]:
    order_id = parameters.integer("orderId")
    client_order_id = parameters.text("origClientOrderId")
    if order_id is None and client_order_id is None:
        raise Rejection(
            -1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
        )
    return order_id, None if order_id is not None else client_order_id


def _tried(call: Call, action: Handler) -> JsonValue:
    try:
        return action(call)
    except Rejection as refused:
        return {"code": refused.code, "msg": refused.message}


def _objects(raw: str) -> list[dict[str, str]]:
    """A JSON list of flat objects, every value as the text that was sent."""
    parsed = _parsed(raw, "batchOrders")
    if not isinstance(parsed, list) or not all(isinstance(row, dict) for row in parsed):
        raise errors.invalid_value("batchOrders", "Send a JSON list of orders.")
    return [{str(name): _text(value) for name, value in row.items()} for row in parsed]


def _list(parameters: Parameters, name: str) -> list[str]:
    """A JSON list under a name that clients write in two ways; empty when it was not sent."""
    raw = parameters.text(name) or parameters.text(name.lower())
    if raw is None:
        return []
    parsed = _parsed(raw, name)
    if not isinstance(parsed, list):
        raise errors.invalid_value(name, "Send a JSON list.")
    return [_text(value) for value in parsed]


def _parsed(raw: str, name: str) -> object:
    """JSON with its numbers left as the text that was sent, so that quantities stay exact."""
    try:
        parsed: object = json.loads(raw, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise errors.invalid_value(name, "Send JSON.") from None
    return parsed


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else ""


def _batch_size(parameters: Parameters) -> int:
    """How many orders a batch names, told before it is parsed: enough to count them."""
    return min(_PLACED_AT_ONCE_MAX, (parameters.text("batchOrders") or "").count('"symbol"'))


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/fapi/v1/order",
        security=Security.TRADE,
        weight=costs(0),
        handler=place,
        orders=one_order,
    ),
    Endpoint(
        method="POST",
        path="/fapi/v1/batchOrders",
        security=Security.TRADE,
        weight=costs(5),
        handler=place_batch,
        orders=_batch_size,
    ),
    *(
        Endpoint(method="DELETE", path=path, security=Security.TRADE, weight=costs(1), handler=handler)
        for path, handler in (
            ("/fapi/v1/order", cancel),
            ("/fapi/v1/batchOrders", cancel_batch),
            ("/fapi/v1/allOpenOrders", cancel_all),
        )
    ),
    Endpoint(method="GET", path="/fapi/v1/order", security=Security.READ, weight=costs(1), handler=query),
    Endpoint(
        method="GET", path="/fapi/v1/openOrder", security=Security.READ, weight=costs(1), handler=query_open
    ),
    Endpoint(
        method="GET",
        path="/fapi/v1/forceOrders",
        security=Security.READ,
        weight=costs_by_symbol(20, every=50),
        handler=forced_orders,
    ),
    Endpoint(
        method="GET",
        path="/fapi/v1/openOrders",
        security=Security.READ,
        weight=costs_by_symbol(1, every=40),
        handler=open_orders,
    ),
    Endpoint(
        method="GET", path="/fapi/v1/allOrders", security=Security.READ, weight=costs(5), handler=all_orders
    ),
)
