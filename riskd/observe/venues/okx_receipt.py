"""What OKX says of one order, ordinary or conditional, and of one position. Sizes are in contracts here.

Source: OKX's documentation: Get order, Get algo order details, Get positions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from riskd.model.order import Direction, OrderStatus
from riskd.model.report import JsonValue
from riskd.observe.fields import (
    PLAUSIBLE,
    JsonObject,
    Plausibility,
    RowRefused,
    choice,
    client_id,
    identifier,
    number,
    text,
)

_LIVE = OrderStatus.ACKNOWLEDGED
_OVER = OrderStatus.CANCELLED
_STATES: Mapping[str, OrderStatus] = {
    "live": _LIVE,
    "partially_filled": _LIVE,
    "filled": OrderStatus.FILLED,
    "canceled": _OVER,
    "mmp_canceled": _OVER,
}
_DIRECTIONS = {"buy": Direction.BUY, "sell": Direction.SELL}
_SIDES = frozenset(_DIRECTIONS)
STOP_RESTS = frozenset({"live", "pause"})
STOP_TRIGGERED = frozenset({"effective", "partially_effective"})
STOP_OVER = frozenset({"canceled", "order_failed", "partially_failed"})
"""States of a conditional order, in the venue's words."""

_POSITION_SIDES = {"net": "BOTH", "long": "LONG", "short": "SHORT"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OkxOrder:
    """One ordinary order as OKX describes it.

    Attributes:
        status: ACKNOWLEDGED while it lives; then as it ended.
        contracts_filled: >= 0.
        average_price: Quote per base; None when nothing filled.
        position_side: ``BOTH``, ``LONG`` or ``SHORT``.
        reason: Why the venue cancelled it; empty when it did not say.
    """

    client_order_id: str
    order_id: str
    symbol: str
    direction: Direction
    status: OrderStatus
    contracts_filled: Decimal
    average_price: Decimal | None
    position_side: str
    reduce_only: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OkxStop:
    """One conditional order as OKX describes it.

    Attributes:
        state: The venue's word: one of ``STOP_RESTS``, ``STOP_TRIGGERED`` or ``STOP_OVER``.
        trigger_price: Quote per base.
        order_ids: Ordinary orders that it has become.
        reason: Code with which the venue failed to place it after its trigger; empty otherwise.
    """

    client_order_id: str
    algo_id: str
    symbol: str
    direction: Direction
    state: str
    trigger_price: Decimal
    order_ids: tuple[str, ...]
    position_side: str
    reduce_only: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OkxPosition:
    """One position as OKX describes it.

    Attributes:
        contracts: Signed: short is negative in either position mode.
        margin_mode: ``cross`` or ``isolated``; orders must name the same.
    """

    symbol: str
    position_side: str
    contracts: Decimal
    margin_mode: str


def okx_order(row: JsonObject, plausible: Plausibility = PLAUSIBLE) -> OkxOrder:
    """The ordinary order of a row.

    Raises:
        RowRefused: A field is missing or makes no sense, or the state is one that we do not know.
    """
    filled = number(row, "accFillSz", plausible.amount)
    status = _STATES[choice(row, "state", frozenset(_STATES))]
    if status is OrderStatus.FILLED and not filled:
        raise RowRefused("state is filled and accFillSz is 0")
    if status is _OVER and filled:
        status = OrderStatus.PARTIALLY_FILLED
    return OkxOrder(
        # an order that a stop became bears none of its own
        client_order_id=client_id(row, "clOrdId") if row.get("clOrdId") else "",
        order_id=identifier(row, "ordId"),
        symbol=text(row, "instId"),
        direction=_DIRECTIONS[choice(row, "side", _SIDES)],
        status=status,
        contracts_filled=filled,
        average_price=number(row, "avgPx", plausible.price_or_none) or None if filled else None,
        position_side=_POSITION_SIDES[choice(row, "posSide", frozenset(_POSITION_SIDES))],
        reduce_only=_said(row, "reduceOnly"),
        reason=_words(row.get("cancelSource")),
    )


def okx_is_over(row: JsonObject) -> bool:
    """Whether the order of a row, ordinary or conditional and anybody's, rests no more.

    Raises:
        RowRefused: The state is one that we do not know.
    """
    known = frozenset(_STATES) | STOP_RESTS | STOP_TRIGGERED | STOP_OVER
    return choice(row, "state", known) not in (*STOP_RESTS, "live", "partially_filled")


def okx_stop(row: JsonObject, plausible: Plausibility = PLAUSIBLE) -> OkxStop:
    """The conditional order of a row.

    Raises:
        RowRefused: As for ``okx_order``.
    """
    listed = row.get("ordIdList")
    order_ids = tuple(item for item in listed if isinstance(item, str)) if isinstance(listed, list) else ()
    return OkxStop(
        client_order_id=client_id(row, "algoClOrdId"),
        algo_id=identifier(row, "algoId"),
        symbol=text(row, "instId"),
        direction=_DIRECTIONS[choice(row, "side", _SIDES)],
        state=choice(row, "state", STOP_RESTS | STOP_TRIGGERED | STOP_OVER),
        trigger_price=number(row, "slTriggerPx", plausible.price),
        order_ids=order_ids,
        position_side=_POSITION_SIDES[choice(row, "posSide", frozenset(_POSITION_SIDES))],
        reduce_only=_said(row, "reduceOnly"),
        reason=_words(row.get("failCode")),
    )


def okx_position(row: JsonObject, plausible: Plausibility = PLAUSIBLE) -> OkxPosition:
    """The position of a row.

    Raises:
        RowRefused: As for ``okx_order``.
    """
    side = _POSITION_SIDES[choice(row, "posSide", frozenset(_POSITION_SIDES))]
    contracts = number(row, "pos", plausible.quantity)
    return OkxPosition(
        symbol=text(row, "instId"),
        position_side=side,
        # in long/short mode the venue writes the size of a short without its sign
        contracts=-abs(contracts) if side == "SHORT" else contracts,
        margin_mode=choice(row, "mgnMode", frozenset({"cross", "isolated"})),
    )


def _said(row: JsonObject, name: str) -> bool:
    """A truth that the venue writes as a word."""
    return choice(row, name, frozenset({"true", "false"})) == "true"


def _words(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
