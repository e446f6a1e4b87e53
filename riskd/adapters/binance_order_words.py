"""An intent in Binance USD-M's words, and the venue's words about it as a receipt.

Source: developers.binance.com, USDS-margined futures: New Order, New Algo Order.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from riskd.model.order import Execution, Intent, OrderStatus, Receipt
from riskd.model.wire import VenueAnswer
from riskd.observe.fields import JsonObject, RowRefused
from riskd.observe.venues.binance_receipt import OrderReport, StopReport

Params = tuple[tuple[str, str], ...]

ORDER = "/fapi/v1/order"
ALGO_ORDER = "/fapi/v1/algoOrder"

_DETAIL_MAX = 300
_ZERO = Decimal(0)
_TIME_IN_FORCE = {Execution.IMMEDIATE: "IOC", Execution.POST_ONLY: "GTX"}


def path_of(intent: Intent) -> str:
    """Where an order is placed: stops have an endpoint of their own since December 2025 (-4120 elsewhere)."""
    return ALGO_ORDER if intent.execution is Execution.STOP else ORDER


def order_params(intent: Intent, recv_window_ms: int) -> Params:
    """The parameters of an order: reduce-only by flag in one-way mode, by its side in hedge mode.

    Binance refuses ``reduceOnly`` in hedge mode (-1106), where an order that sells LONG or buys SHORT cannot open
    anything. An immediate order leaves nothing resting: market, or limit with IOC. A post-only one is refused where it
    would take (GTX). A stop waits for the mark price, not for the last trade, which a single order can move.
    """
    hedged = intent.position_side != "BOTH"
    return (
        ("symbol", intent.venue_symbol),
        ("side", intent.direction.value),
        *((("positionSide", intent.position_side),) if hedged else ()),
        *(_stop_terms(intent) if intent.execution is Execution.STOP else _order_terms(intent)),
        ("quantity", format(intent.quantity, "f")),
        *(() if hedged else (("reduceOnly", "true"),)),
        ("recvWindow", str(recv_window_ms)),
    )


def _order_terms(intent: Intent) -> Params:
    limit = intent.limit_price
    named = (("newClientOrderId", intent.client_order_id), ("newOrderRespType", "RESULT"))
    if limit is None:
        return (("type", "MARKET"), *named)
    in_force = _TIME_IN_FORCE[intent.execution]
    return (("type", "LIMIT"), ("timeInForce", in_force), ("price", format(limit, "f")), *named)


def _stop_terms(intent: Intent) -> Params:
    assert intent.trigger_price is not None, "a stop has a trigger"
    return (
        ("algoType", "CONDITIONAL"),
        ("type", "STOP_MARKET"),
        ("triggerPrice", format(intent.trigger_price, "f")),
        ("workingType", "MARK_PRICE"),
        ("clientAlgoId", intent.client_order_id),
    )


def order_receipt(intent: Intent, order: OrderReport, at: datetime) -> Receipt:
    """The receipt that an order's description makes.

    Raises:
        RowRefused: It describes another order than the one we meant.
    """
    expected = (intent.venue_symbol, intent.direction)
    if (order.symbol, order.direction) != expected or order.filled > intent.quantity:
        raise RowRefused(f"our id, but {order.direction} {order.filled} of {order.symbol}")
    return Receipt(
        client_order_id=intent.client_order_id,
        status=order.status,
        filled=order.filled,
        average_price=order.average_price,
        venue_order_id=order.order_id,
        code="",
        detail=_reduces(intent, order.reduce_only),
        at=at,
    )


def stop_receipt(intent: Intent, stop: StopReport, at: datetime) -> Receipt:
    """The receipt that a stop's description makes.

    Raises:
        RowRefused: It describes another stop than the one we meant.
    """
    expected = (intent.venue_symbol, intent.direction, intent.quantity, intent.trigger_price)
    found = (stop.symbol, stop.direction, stop.quantity, stop.trigger_price)
    if found != expected:
        raise RowRefused(
            f"our id, but {stop.direction} {stop.quantity} of {stop.symbol} at {stop.trigger_price}"
        )
    return Receipt(
        client_order_id=intent.client_order_id,
        status=stop.status,
        filled=_ZERO,
        average_price=None,
        venue_order_id=stop.order_id,
        code="",
        detail=_reduces(intent, stop.reduce_only),
        at=at,
    )


def bare_receipt(
    intent: Intent,
    status: OrderStatus,
    at: datetime,
    *,
    code: str = "",
    detail: str = "",
    retry_after_seconds: float | None = None,
) -> Receipt:
    """A receipt that knows of no fill."""
    return Receipt(
        client_order_id=intent.client_order_id,
        status=status,
        filled=_ZERO,
        average_price=None,
        venue_order_id="",
        code=code,
        detail=detail[:_DETAIL_MAX],
        at=at,
        retry_after_seconds=retry_after_seconds,
    )


def text_of(row: JsonObject, name: str) -> str:
    """A field as text, whole numbers too; empty when it is missing or something else."""
    value = row.get(name)
    return str(value) if isinstance(value, str) or type(value) is int else ""


def words_of(answer: VenueAnswer) -> str:
    """An answer for people; hostile text."""
    return f"HTTP {answer.status}: {answer.text}"


def _reduces(intent: Intent, told: bool) -> str:  # noqa: FBT001 - it is what the venue told
    if told or intent.position_side != "BOTH":
        return ""
    return "the venue answers reduceOnly: false to an order that set it"
