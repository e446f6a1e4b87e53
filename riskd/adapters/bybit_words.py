"""An intent in Bybit's words, the venue's words about it as a receipt, and the frame around every answer.

Source: Bybit's documentation, v5/order/create-order, v5/order/open-order, v5/enum.
"""

from __future__ import annotations

import json
from datetime import datetime

from riskd.adapters.binance_reader import as_row
from riskd.errors import VenueUnavailable
from riskd.model.order import Direction, Execution, Intent, OrderStatus, Receipt
from riskd.model.report import JsonValue
from riskd.model.wire import VenueAnswer
from riskd.observe.fields import JsonObject, RowRefused
from riskd.observe.json_text import Rubbish, Shape, read_json
from riskd.observe.venues.bybit_receipt import BybitOrder

CATEGORY = "linear"
NOT_REDUCE_ONLY = "the venue answers reduceOnly: false to an order that set it"

_POSITION_INDEX = {"BOTH": 0, "LONG": 1, "SHORT": 2}
_SIDES = {Direction.BUY: "Buy", Direction.SELL: "Sell"}
_RISES, _FALLS = 1, 2


def order_body(intent: Intent) -> str:
    """The JSON of an order: reduce-only in either position mode, and named by the side that it closes.

    Bybit's reduce-only order can never open, in hedge mode neither. A stop waits for the mark price, not for the last
    trade, which a single order can move; it is reduce-only and not ``closeOnTrigger``, which would cancel other orders.
    """
    terms: dict[str, str | int | bool] = {
        "category": CATEGORY,
        "symbol": intent.venue_symbol,
        "side": _SIDES[intent.direction],
        "orderType": "Market" if intent.limit_price is None else "Limit",
        "qty": format(intent.quantity, "f"),
        "positionIdx": _POSITION_INDEX[intent.position_side],
        "reduceOnly": True,
        "orderLinkId": intent.client_order_id,
        "timeInForce": "PostOnly" if intent.execution is Execution.POST_ONLY else "IOC",
    }
    if intent.limit_price is not None:
        terms["price"] = format(intent.limit_price, "f")
    if intent.trigger_price is not None:
        terms["triggerPrice"] = format(intent.trigger_price, "f")
        terms["triggerDirection"] = _FALLS if intent.direction is Direction.SELL else _RISES
        terms["triggerBy"] = "MarkPrice"
    return json.dumps(terms, separators=(",", ":"))


def cancel_body(venue_symbol: str, order_id: str) -> str:
    """The JSON of a cancellation; conditional orders are cancelled like the others."""
    return json.dumps({"category": CATEGORY, "symbol": venue_symbol, "orderId": order_id})


def order_receipt(intent: Intent, order: BybitOrder, at: datetime) -> Receipt:
    """The receipt that an order's description makes.

    Raises:
        RowRefused: It describes another order than the one we meant.
    """
    expected = (
        intent.venue_symbol,
        intent.direction,
        _POSITION_INDEX[intent.position_side],
        intent.trigger_price,
    )
    found = (order.symbol, order.direction, order.position_index, order.trigger_price)
    if found != expected or order.quantity > intent.quantity or order.filled > intent.quantity:
        raise RowRefused(f"our id, but {order}")
    return Receipt(
        client_order_id=intent.client_order_id,
        status=order.status,
        filled=order.filled,
        average_price=order.average_price,
        venue_order_id=order.order_id,
        code=order.reason if order.status is OrderStatus.CANCELLED else "",
        detail="" if order.reduce_only else NOT_REDUCE_ONLY,
        at=at,
    )


def verdict(answer: VenueAnswer) -> tuple[str, JsonObject]:
    """``retCode`` as text, and ``result``; of an answer that is believable as JSON.

    Raises:
        Rubbish: It is not, or it is no answer of Bybit's.
    """
    frame = as_row(read_json(answer.text, Shape.OBJECT))
    code, result = frame.get("retCode"), frame.get("result")
    if type(code) is not int:
        raise Rubbish("guard:no_ret_code")
    return str(code), result if isinstance(result, dict) else {}


def rows_of(result: JsonObject) -> list[JsonObject]:
    """The rows of a list.

    Raises:
        Rubbish: There is no list: an answer without one says nothing, least of all that there is no such order.
    """
    rows: JsonValue = result.get("list")
    if not isinstance(rows, list):
        raise Rubbish("guard:not_a_list")
    return [as_row(row) for row in rows]


def no_answer(path: str, answer: VenueAnswer, code: str = "") -> VenueUnavailable:
    """For an answer that tells nothing of what was asked."""
    reason = f"http:{answer.status}:{code}" if code else f"http:{answer.status}"
    return VenueUnavailable(
        f"{path}: HTTP {answer.status} {code}".rstrip(),
        reason=reason,
        retry_after_seconds=answer.retry_after_seconds,
    )
