"""What Binance USD-M says of one order: the answer to sending it, and to asking for it later.

Source: developers.binance.com, USDS-margined futures: New Order, Query Order, Order status definitions, New Algo Order,
Query Algo Order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from riskd.model.order import Direction, OrderStatus
from riskd.observe.fields import (
    PLAUSIBLE,
    JsonObject,
    Plausibility,
    RowRefused,
    choice,
    client_id,
    flag,
    identifier,
    number,
    text,
)

_LIVE = OrderStatus.ACKNOWLEDGED
_OVER = OrderStatus.CANCELLED
_STATUSES: Mapping[str, OrderStatus] = {
    "NEW": _LIVE,
    "PARTIALLY_FILLED": _LIVE,
    "FILLED": OrderStatus.FILLED,
    "CANCELED": _OVER,
    "EXPIRED": _OVER,
    "EXPIRED_IN_MATCH": _OVER,
    "REJECTED": _OVER,
}
_DIRECTIONS = frozenset(Direction)
_KNOWN = frozenset(_STATUSES)

# A stop that has triggered is an ordinary order from then on, and what became of it is asked there.
_ALGO_STATUSES: Mapping[str, OrderStatus] = {
    "NEW": OrderStatus.RESTING,
    "TRIGGERING": _LIVE,
    "TRIGGERED": _LIVE,
    "FINISHED": _LIVE,
    "CANCELED": _OVER,
    "EXPIRED": _OVER,
    "REJECTED": _OVER,
}
_KNOWN_ALGO = frozenset(_ALGO_STATUSES)
_STOP = "STOP_MARKET"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReport:
    """One order as the venue describes it.

    Attributes:
        status: FILLED, ACKNOWLEDGED while it lives, PARTIALLY_FILLED or CANCELLED once it is over.
        filled: Base units, >= 0.
        average_price: Quote per base; None when nothing filled or the venue does not say.
    """

    client_order_id: str
    order_id: str
    symbol: str
    direction: Direction
    status: OrderStatus
    filled: Decimal
    average_price: Decimal | None
    reduce_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StopReport:
    """One stop as the venue describes it.

    Attributes:
        status: RESTING until its trigger, ACKNOWLEDGED once it has become an ordinary order, CANCELLED when it is over.
        quantity: Base units that it closes, > 0.
        became: Number of that order; empty before.
    """

    client_order_id: str
    order_id: str
    symbol: str
    direction: Direction
    status: OrderStatus
    quantity: Decimal
    trigger_price: Decimal
    reduce_only: bool
    became: str


def order_report(row: JsonObject, plausible: Plausibility = PLAUSIBLE) -> OrderReport:
    """The order of an answer.

    Raises:
        RowRefused: A field is missing or makes no sense, or the status is one we do not know.
    """
    filled = number(row, "executedQty", plausible.amount)
    status = _STATUSES[choice(row, "status", _KNOWN)]
    if status is OrderStatus.FILLED and not filled:
        raise RowRefused("status is FILLED and executedQty is 0")
    if status is _OVER and filled:
        status = OrderStatus.PARTIALLY_FILLED
    return OrderReport(
        client_order_id=client_id(row, "clientOrderId"),
        order_id=identifier(row, "orderId"),
        symbol=text(row, "symbol"),
        direction=Direction(choice(row, "side", _DIRECTIONS)),
        status=status,
        filled=filled,
        average_price=_average(row, filled, plausible),
        reduce_only=flag(row, "reduceOnly"),
    )


def stop_report(row: JsonObject, plausible: Plausibility = PLAUSIBLE) -> StopReport:
    """The stop of an answer.

    Raises:
        RowRefused: A field is missing or makes no sense, the status is one we do not know, or it is no stop.
    """
    choice(row, "orderType", frozenset({_STOP}))
    became = row.get("actualOrderId")
    return StopReport(
        client_order_id=client_id(row, "clientAlgoId"),
        order_id=identifier(row, "algoId"),
        symbol=text(row, "symbol"),
        direction=Direction(choice(row, "side", _DIRECTIONS)),
        status=_ALGO_STATUSES[choice(row, "algoStatus", _KNOWN_ALGO)],
        quantity=number(row, "quantity", plausible.size),
        trigger_price=number(row, "triggerPrice", plausible.price),
        reduce_only=flag(row, "reduceOnly"),
        became=str(became)
        if isinstance(became, str | int) and not isinstance(became, bool) and became
        else "",
    )


def _average(row: JsonObject, filled: Decimal, plausible: Plausibility) -> Decimal | None:
    if not filled:
        return None
    return number(row, "avgPrice", plausible.price_or_none) or None
