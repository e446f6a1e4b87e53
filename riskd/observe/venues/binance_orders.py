"""Resting orders of a Binance USD-M account: the ordinary list and, apart from it since December 2025, the algo list.

Source: developers.binance.com, USDS-margined futures: Current All Open Orders, Current All Algo Open Orders;
freqtrade issue 12610 (stops vanished from the ordinary list).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from riskd.model.order import Direction
from riskd.model.report import JsonValue
from riskd.model.snapshot import OrderKind
from riskd.observe.dialect import Listing
from riskd.observe.facts import Normalised, OrderFact
from riskd.observe.fields import (
    Fault,
    JsonObject,
    Plausibility,
    RowRefused,
    choice,
    client_id,
    flag,
    identifier,
    number,
    whole,
)
from riskd.observe.venues.binance_balances import SIDES
from riskd.observe.venues.binance_rows import listed, read_rows

_DIRECTIONS = frozenset(Direction)
_RESTING = frozenset({"NEW", "PARTIALLY_FILLED"})
_WAITING = frozenset({"NEW", "TRIGGERING"})
_KINDS: Mapping[str, OrderKind] = {
    "LIMIT": OrderKind.LIMIT,
    "STOP": OrderKind.STOP,
    "STOP_MARKET": OrderKind.STOP,
    "TAKE_PROFIT": OrderKind.TAKE_PROFIT,
    "TAKE_PROFIT_MARKET": OrderKind.TAKE_PROFIT,
    "TRAILING_STOP_MARKET": OrderKind.TRAILING,
}
# A type we do not know may be a stop that we would not count: it is refused, and the list is PARTIAL.
_TYPES = frozenset(_KINDS)
_TRIGGERED_KINDS = frozenset({OrderKind.STOP, OrderKind.TAKE_PROFIT})


def orders(
    payload: JsonValue, listing: Listing, plausible: Plausibility
) -> Normalised[tuple[OrderFact, ...]]:
    """The ordinary list, ``openOrders``.

    Raises:
        Rubbish: Not a list.
    """
    faults: list[Fault] = []
    found = read_rows(payload, lambda row: _order(row, listing, plausible), faults)
    return Normalised(tuple(found.values()), tuple(faults))


def conditional_orders(
    payload: JsonValue, listing: Listing, plausible: Plausibility
) -> Normalised[tuple[OrderFact, ...]]:
    """The conditional list, ``openAlgoOrders``.

    Raises:
        Rubbish: Not a list.
    """
    faults: list[Fault] = []
    found = read_rows(payload, lambda row: _conditional_order(row, listing, plausible), faults)
    return Normalised(tuple(found.values()), tuple(faults))


def _order(row: JsonObject, listing: Listing, plausible: Plausibility) -> tuple[str, OrderFact]:
    choice(row, "status", _RESTING)
    kind = _KINDS[choice(row, "origType", _TYPES)]
    close_position = flag(row, "closePosition")
    remaining = None
    if not close_position:
        remaining = number(row, "origQty", plausible.size) - number(row, "executedQty", plausible.amount)
        if remaining <= 0:
            raise RowRefused(f"rests, yet {remaining} remains of it")
    fact = OrderFact(
        symbol=listed(row, listing).symbol,
        order_id=identifier(row, "orderId"),
        client_order_id=client_id(row, "clientOrderId"),
        direction=Direction(choice(row, "side", _DIRECTIONS)),
        position_side=choice(row, "positionSide", SIDES),
        kind=kind,
        price=_price(row, "price", plausible),
        trigger_price=_price(row, "stopPrice", plausible) if kind in _TRIGGERED_KINDS else None,
        remaining=remaining,
        reduce_only=flag(row, "reduceOnly"),
        close_position=close_position,
        conditional=False,
        placed_ms=whole(row, "time", plausible.time_ms),
    )
    return f"{fact.symbol} {fact.order_id}", _sound(fact)


def _conditional_order(row: JsonObject, listing: Listing, plausible: Plausibility) -> tuple[str, OrderFact]:
    choice(row, "algoStatus", _WAITING)
    close_position = flag(row, "closePosition")
    fact = OrderFact(
        symbol=listed(row, listing).symbol,
        order_id=identifier(row, "algoId"),
        client_order_id=client_id(row, "clientAlgoId"),
        direction=Direction(choice(row, "side", _DIRECTIONS)),
        position_side=choice(row, "positionSide", SIDES),
        kind=_KINDS[choice(row, "orderType", _TYPES)],
        price=_price(row, "price", plausible),
        trigger_price=_price(row, "triggerPrice", plausible),
        remaining=None if close_position else number(row, "quantity", plausible.size),
        reduce_only=flag(row, "reduceOnly"),
        close_position=close_position,
        conditional=True,
        placed_ms=whole(row, "createTime", plausible.time_ms),
    )
    return fact.order_id, _sound(fact)


def _sound(fact: OrderFact) -> OrderFact:
    """The order, if it has the prices that its kind lives by."""
    if fact.kind is OrderKind.LIMIT and fact.price is None:
        raise RowRefused("a limit order without a price")
    if fact.kind in _TRIGGERED_KINDS and fact.trigger_price is None:
        raise RowRefused(f"a {fact.kind} order without a trigger price")
    if fact.close_position and fact.kind not in _TRIGGERED_KINDS:
        raise RowRefused(f"closePosition on a {fact.kind} order")
    return fact


def _price(row: JsonObject, name: str, plausible: Plausibility) -> Decimal | None:
    """A price; None for the venue's 0, which means that there is none."""
    price = number(row, name, plausible.price_or_none)
    return price or None
