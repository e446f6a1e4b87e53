"""Asks Binance USD-M what became of an intent: by its client id, among what rests, and through what filled since.

Source: developers.binance.com, USDS-margined futures: Query Order, Query Algo Order, Current All Open Orders, Current All
Algo Open Orders, Account Trade List.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from riskd.adapters.binance_order_words import (
    ALGO_ORDER,
    ORDER,
    Params,
    order_receipt,
    stop_receipt,
    text_of,
)
from riskd.adapters.binance_reader import as_row, refusal_of, venue_code
from riskd.errors import VenueUnavailable
from riskd.model.order import Execution, Intent, OrderStatus, Receipt
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.observe.fields import JsonObject, RowRefused
from riskd.observe.json_text import Rubbish, Shape, read_json
from riskd.observe.venues.binance_receipt import order_report, stop_report
from riskd.ports import Clock, VenueTransport

_OPEN_ORDERS = "/fapi/v1/openOrders"
_OPEN_ALGO_ORDERS = "/fapi/v1/openAlgoOrders"
_TRADES = "/fapi/v1/userTrades"
_NO_SUCH_ORDER = "-2013"
# Fills since an intent was made belong to at most this many orders, or we cannot tell whether one is ours.
_ORDERS_LOOKED_UP_MAX = 20
_PAGE_ROWS = 1000
# The venue stamps fills with its own clock.
_CLOCKS_DIFFER = timedelta(seconds=5)


class BinanceLookup:
    """Looks for the orders of one account.

    Args:
        transport: Carries requests, signed.
        clock: Time.
    """

    def __init__(self, transport: VenueTransport, *, clock: Clock) -> None:
        self._transport = transport
        self._clock = clock

    async def find(self, intent: Intent) -> Receipt | None:
        """What the venue knows of an intent; None when nothing there knows it.

        Raises:
            VenueUnavailable: One of the questions got no believable answer; nothing is known.
        """
        if intent.execution is Execution.STOP:
            return await self._stop(intent) or await self._order(intent)
        return await self._order(intent)

    async def name_of(self, venue_symbol: str, order_id: str) -> str:
        """The client order id of an order, by the venue's own; hostile text.

        Raises:
            VenueUnavailable: No believable answer.
        """
        params = (("symbol", venue_symbol), ("orderId", order_id))
        row = row_of(ORDER, await self._get(ORDER, params))
        if text_of(row, "orderId") != order_id:
            raise VenueUnavailable(f"{ORDER}: another order was given for {order_id}", reason="guard:order")
        return text_of(row, "clientOrderId")

    async def _order(self, intent: Intent) -> Receipt | None:
        symbol = ("symbol", intent.venue_symbol)
        answer = await self._get(ORDER, (symbol, ("origClientOrderId", intent.client_order_id)))
        if answer.ok:
            return self._believed(intent, _named(row_of(ORDER, answer), "clientOrderId", intent))
        if venue_code(answer.text) != _NO_SUCH_ORDER:
            raise no_answer(ORDER, answer)
        return await self._among_open(intent) or await self._among_filled(intent)

    async def _stop(self, intent: Intent) -> Receipt | None:
        """A stop as its own endpoint knows it, and once it has triggered, the order that it became."""
        answer = await self._get(ALGO_ORDER, (("clientAlgoId", intent.client_order_id),))
        if answer.ok:
            return await self._told(intent, _named(row_of(ALGO_ORDER, answer), "clientAlgoId", intent))
        if venue_code(answer.text) != _NO_SUCH_ORDER:
            raise no_answer(ALGO_ORDER, answer)
        for row in await self._list(_OPEN_ALGO_ORDERS, (("symbol", intent.venue_symbol),)):
            if text_of(row, "clientAlgoId") == intent.client_order_id:
                return await self._told(intent, row)
        return None

    async def _told(self, intent: Intent, row: JsonObject) -> Receipt:
        """The receipt of a stop's own row."""
        with _believing(ALGO_ORDER):
            stop = stop_report(row)
            receipt = stop_receipt(intent, stop, self._clock.now())
        if receipt.status is not OrderStatus.ACKNOWLEDGED or not stop.became:
            return receipt
        number = (("symbol", intent.venue_symbol), ("orderId", stop.became))
        return self._believed(intent, row_of(ORDER, await self._get(ORDER, number)))

    async def _among_open(self, intent: Intent) -> Receipt | None:
        for row in await self._list(_OPEN_ORDERS, (("symbol", intent.venue_symbol),)):
            if text_of(row, "clientOrderId") == intent.client_order_id:
                return self._believed(intent, row)
        return None

    async def _among_filled(self, intent: Intent) -> Receipt | None:
        """Fills name no client order id, so each order that filled since is asked for its own."""
        since = int((intent.created_at - _CLOCKS_DIFFER).timestamp() * 1000)
        symbol = ("symbol", intent.venue_symbol)
        fills = await self._list(_TRADES, (symbol, ("startTime", str(since)), ("limit", str(_PAGE_ROWS))))
        orders = {text_of(fill, "orderId") for fill in fills if fill.get("side") == intent.direction.value}
        if len(fills) >= _PAGE_ROWS or len(orders) > _ORDERS_LOOKED_UP_MAX:
            raise VenueUnavailable(
                f"{len(orders)} orders filled since the intent was made: too many to look through",
                reason="too_many_fills",
            )
        for order_id in sorted(orders):
            row = row_of(ORDER, await self._get(ORDER, (symbol, ("orderId", order_id))))
            if text_of(row, "clientOrderId") == intent.client_order_id:
                return self._believed(intent, row)
        return None

    def _believed(self, intent: Intent, row: JsonObject) -> Receipt:
        """The receipt of a row that carries our id.

        Raises:
            VenueUnavailable: The row makes no sense, or is another order under our id.
        """
        with _believing(ORDER):
            return order_receipt(intent, order_report(row), self._clock.now())

    async def _list(self, path: str, params: Params) -> list[JsonObject]:
        answer = await self._get(path, params)
        if not answer.ok:
            raise no_answer(path, answer)
        try:
            value = read_json(answer.text, Shape.LIST)
            assert isinstance(value, list)
            return [as_row(row) for row in value]
        except Rubbish as refusal:
            raise VenueUnavailable(f"{path}: {refusal}", reason=refusal.reason) from refusal

    async def _get(self, path: str, params: Params) -> VenueAnswer:
        return await self._transport.call(VenueCall(method="GET", path=path, params=params, signed=True))


def row_of(path: str, answer: VenueAnswer) -> JsonObject:
    """The object of a good answer.

    Raises:
        VenueUnavailable: It is no good answer, or no object.
    """
    if not answer.ok:
        raise no_answer(path, answer)
    try:
        return as_row(read_json(answer.text, Shape.OBJECT))
    except Rubbish as refusal:
        raise VenueUnavailable(f"{path}: {refusal}", reason=refusal.reason) from refusal


def no_answer(path: str, answer: VenueAnswer) -> VenueUnavailable:
    """A refusal to answer, as what it is for somebody who asked: nothing is known."""
    return VenueUnavailable(
        f"{path}: HTTP {answer.status}",
        reason=refusal_of(answer),
        retry_after_seconds=answer.retry_after_seconds,
    )


def _named(row: JsonObject, name: str, intent: Intent) -> JsonObject:
    """The row that the venue gives for our id.

    Raises:
        VenueUnavailable: It gives another one.
    """
    if text_of(row, name) != intent.client_order_id:
        raise VenueUnavailable(f"another {name} was given for our id", reason="guard:foreign_order")
    return row


@contextmanager
def _believing(path: str) -> Iterator[None]:
    """Turns a row that makes no sense, or describes another order, into no answer."""
    try:
        yield
    except RowRefused as refusal:
        raise VenueUnavailable(f"{path}: {refusal}", reason="guard:order") from refusal
