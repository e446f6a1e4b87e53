"""What Bybit says of one order, asked for by its id.

Source: Bybit's documentation: v5/order/open-order (Get Open & Closed Orders), v5/enum (orderStatus, rejectReason).
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
    number,
    text,
)

_LIVE = OrderStatus.ACKNOWLEDGED
_OVER = OrderStatus.CANCELLED
_STATUSES: Mapping[str, OrderStatus] = {
    "New": _LIVE,
    "PartiallyFilled": _LIVE,
    "Triggered": _LIVE,  # a stop on its way to the market
    "Untriggered": OrderStatus.RESTING,
    "Filled": OrderStatus.FILLED,
    "Cancelled": _OVER,  # of derivatives, even with an executed quantity
    "PartiallyFilledCanceled": _OVER,
    "Rejected": _OVER,  # by the matching engine, after it was acknowledged
    "Deactivated": _OVER,
}
_KNOWN = frozenset(_STATUSES)
_DIRECTIONS = {"Buy": Direction.BUY, "Sell": Direction.SELL}
_SIDES = frozenset(_DIRECTIONS)
_NO_REASON = "EC_NoError"


@dataclass(frozen=True, slots=True, kw_only=True)
class BybitOrder:
    """One order as Bybit describes it.

    Attributes:
        status: RESTING while it waits for its trigger, ACKNOWLEDGED while it lives otherwise; then as it ended.
        filled: Base units, >= 0.
        average_price: Quote per base; None when nothing filled.
        quantity: Ordered, base units; a reduce-only one is cut to the position by the venue.
        trigger_price: Of a stop; None of any other order.
        position_index: 0 in one-way mode, 1 of the long side, 2 of the short side.
        reason: Why the engine rejected it; empty when it did not.
    """

    client_order_id: str
    order_id: str
    symbol: str
    direction: Direction
    status: OrderStatus
    filled: Decimal
    average_price: Decimal | None
    quantity: Decimal
    trigger_price: Decimal | None
    position_index: int
    reduce_only: bool
    reason: str


def bybit_order(row: JsonObject, plausible: Plausibility = PLAUSIBLE) -> BybitOrder:
    """The order of a row.

    Raises:
        RowRefused: A field is missing or makes no sense, or the status is one that we do not know.
    """
    filled = number(row, "cumExecQty", plausible.amount)
    status = bybit_status(row)
    if status is OrderStatus.FILLED and not filled:
        raise RowRefused("orderStatus is Filled and cumExecQty is 0")
    if status is _OVER and filled:
        status = OrderStatus.PARTIALLY_FILLED
    reason = row.get("rejectReason")
    return BybitOrder(
        client_order_id=client_id(row, "orderLinkId"),
        order_id=text(row, "orderId"),
        symbol=text(row, "symbol"),
        direction=_DIRECTIONS[choice(row, "side", _SIDES)],
        status=status,
        filled=filled,
        average_price=_average(row, filled, plausible),
        quantity=number(row, "qty", plausible.amount),
        trigger_price=_trigger(row, plausible),
        position_index=_index(row),
        reduce_only=flag(row, "reduceOnly"),
        reason=reason if isinstance(reason, str) and reason != _NO_REASON else "",
    )


def bybit_status(row: JsonObject) -> OrderStatus:
    """What has become of the order of a row, which may be anybody's.

    Raises:
        RowRefused: The status is one that we do not know.
    """
    return _STATUSES[choice(row, "orderStatus", _KNOWN)]


def _trigger(row: JsonObject, plausible: Plausibility) -> Decimal | None:
    """The venue writes an empty text or 0 for none."""
    return number(row, "triggerPrice", plausible.price_or_none) or None if row.get("triggerPrice") else None


def _average(row: JsonObject, filled: Decimal, plausible: Plausibility) -> Decimal | None:
    if not filled:
        return None  # the venue writes an empty text or 0 there
    return number(row, "avgPrice", plausible.price_or_none) or None


def _index(row: JsonObject) -> int:
    value = row.get("positionIdx")
    if type(value) is int:
        return value
    raise RowRefused("positionIdx is not a whole number")
