"""What Binance USD-M says of one order: the answer to sending it, and to asking for it later.

Source: developers.binance.com, USDS-margined futures: New Order, Query Order, Order status definitions.
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


def _average(row: JsonObject, filled: Decimal, plausible: Plausibility) -> Decimal | None:
    if not filled:
        return None
    return number(row, "avgPrice", plausible.price_or_none) or None
