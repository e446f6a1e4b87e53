"""Asks OKX: what became of an intent, whether an order still rests, and how a position is held.

Only the venue's own "order does not exist" counts as that; an empty list where an order was asked for says nothing.

Source: OKX's documentation: Get order, Order list, Get fills, Get algo order details, Algo order list, Get positions, Get
account configuration.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

from riskd.act.outcomes.okx import NO_SUCH_ORDER, SUCCESS
from riskd.adapters.binance_order_words import text_of
from riskd.adapters.okx_words import (
    ALGO_ORDER,
    ORDER,
    no_answer,
    order_receipt,
    stop_receipt,
    verdict,
)
from riskd.errors import VenueUnavailable
from riskd.model.instrument import Instrument
from riskd.model.order import Execution, Intent, OrderStatus, Receipt
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.observe.fields import JsonObject, RowRefused
from riskd.observe.json_text import Rubbish
from riskd.observe.venues.okx_receipt import (
    STOP_OVER,
    STOP_RESTS,
    OkxPosition,
    okx_is_over,
    okx_order,
    okx_position,
    okx_stop,
)
from riskd.ports import Clock, VenueTransport

Params = tuple[tuple[str, str], ...]

_OPEN_ORDERS = "/api/v5/trade/orders-pending"
_OPEN_STOPS = "/api/v5/trade/orders-algo-pending"
_FILLS = "/api/v5/trade/fills"
_POSITIONS = "/api/v5/account/positions"
_CONFIGURATION = "/api/v5/account/config"
_PAGE_ROWS = 100
# The venue stamps fills with its own clock.
_CLOCKS_DIFFER = timedelta(seconds=5)


class OkxLookup:
    """Looks for the orders and positions of one account.

    Args:
        transport: Carries requests, signed.
        clock: Time.
    """

    def __init__(self, transport: VenueTransport, *, clock: Clock) -> None:
        self._transport = transport
        self._clock = clock

    async def find(self, intent: Intent, contract: Instrument) -> Receipt | None:
        """What the venue knows of an intent; None when it says that it does not, and nothing rests or filled under its id.

        Raises:
            VenueUnavailable: One of the questions got no believable answer; nothing is known.
        """
        if intent.execution is Execution.STOP:
            return await self._stop(intent, contract)
        row = await self._one(ORDER, (("instId", intent.venue_symbol), ("clOrdId", intent.client_order_id)))
        if row is not None:
            return self._order(intent, row, contract)
        await self._must_be_absent(intent, _OPEN_ORDERS, (("instType", "SWAP"),), "clOrdId")
        since = int((intent.created_at - _CLOCKS_DIFFER).timestamp() * 1000)
        await self._must_be_absent(intent, _FILLS, (("instType", "SWAP"), ("begin", str(since))), "clOrdId")
        return None

    async def is_over(self, path: str, params: Params) -> bool:
        """Whether an order rests no more.

        Raises:
            VenueUnavailable: The venue could not be asked.
        """
        row = await self._one(path, params)
        with _told(path):
            return row is None or okx_is_over(row)

    async def positions(self, venue_symbol: str) -> list[OkxPosition]:
        """How an instrument is held, in each margin mode and on each side.

        Raises:
            VenueUnavailable: The venue could not be asked.
        """
        rows = await self._rows(_POSITIONS, (("instType", "SWAP"), ("instId", venue_symbol)))
        with _told(_POSITIONS):
            return [okx_position(row) for row in rows if text_of(row, "pos") not in ("", "0")]

    async def account_level(self) -> str:
        """The account's mode: 1 spot, 2 futures, 3 multi-currency margin, 4 portfolio margin.

        Raises:
            VenueUnavailable: The venue could not be asked.
        """
        rows = await self._rows(_CONFIGURATION, ())
        level = text_of(rows[0], "acctLv") if len(rows) == 1 else ""
        if not level:
            raise VenueUnavailable(f"{_CONFIGURATION}: no account mode", reason="guard:row")
        return level

    async def _stop(self, intent: Intent, contract: Instrument) -> Receipt | None:
        """A stop as it rests, as it ended, or as the order that it has become."""
        row = await self._one(ALGO_ORDER, (("algoClOrdId", intent.client_order_id),))
        if row is None:
            await self._must_be_absent(intent, _OPEN_STOPS, (("ordType", "conditional"),), "algoClOrdId")
            return None
        with _told(ALGO_ORDER):
            stop = okx_stop(row)
            if stop.client_order_id != intent.client_order_id:
                raise _foreign(ALGO_ORDER)
            if stop.state in STOP_RESTS or (stop.state in STOP_OVER and not stop.order_ids):
                status = OrderStatus.RESTING if stop.state in STOP_RESTS else OrderStatus.CANCELLED
                return stop_receipt(intent, stop, status, self._clock.now())
            acknowledged = stop_receipt(intent, stop, OrderStatus.ACKNOWLEDGED, self._clock.now())
        if len(stop.order_ids) != 1:
            return acknowledged  # on its way, or split by the venue: it is not certain what was closed
        became = await self._one(ORDER, (("instId", intent.venue_symbol), ("ordId", stop.order_ids[0])))
        if became is None:
            return acknowledged
        with _told(ORDER):
            return order_receipt(intent, okx_order(became), contract, self._clock.now())

    def _order(self, intent: Intent, row: JsonObject, contract: Instrument) -> Receipt:
        with _told(ORDER):
            order = okx_order(row)
            if order.client_order_id != intent.client_order_id:
                raise _foreign(ORDER)
            return order_receipt(intent, order, contract, self._clock.now())

    async def _must_be_absent(self, intent: Intent, path: str, params: Params, name: str) -> None:
        """Nothing in a list bears our id.

        Raises:
            VenueUnavailable: Something does, though the venue says that there is no such order; or the list goes on.
        """
        rows = await self._rows(path, (*params, ("instId", intent.venue_symbol), ("limit", str(_PAGE_ROWS))))
        if any(text_of(row, name) == intent.client_order_id for row in rows):
            raise VenueUnavailable(
                f"{path}: the venue lists an order that it says it does not have", reason="guard:order"
            )
        if len(rows) >= _PAGE_ROWS:
            raise VenueUnavailable(f"{path}: more rows than one page holds", reason="too_many_rows")

    async def _one(self, path: str, params: Params) -> JsonObject | None:
        """The row that was asked for; None when the venue says that there is none."""
        answer, code, rows = await self._ask(path, params)
        if answer.ok and code == NO_SUCH_ORDER:
            return None
        if not answer.ok or code != SUCCESS:
            raise no_answer(path, answer, code)
        if len(rows) != 1:
            raise VenueUnavailable(f"{path}: {len(rows)} rows for one order", reason="guard:rows")
        return rows[0]

    async def _rows(self, path: str, params: Params) -> list[JsonObject]:
        answer, code, rows = await self._ask(path, params)
        if not answer.ok or code != SUCCESS:
            raise no_answer(path, answer, code)
        return rows

    async def _ask(self, path: str, params: Params) -> tuple[VenueAnswer, str, list[JsonObject]]:
        answer = await self._transport.call(VenueCall(method="GET", path=path, params=params, signed=True))
        try:
            return answer, *verdict(answer)
        except Rubbish as refusal:
            raise VenueUnavailable(
                f"{path}: HTTP {answer.status}: {refusal}",
                reason=refusal.reason if answer.ok else f"http:{answer.status}",
                retry_after_seconds=answer.retry_after_seconds,
            ) from refusal


def held_in(positions: list[OkxPosition], intent: Intent) -> tuple[str, ...]:
    """Margin modes in which the position that an intent reduces is held: none, one, or both."""
    sign = Decimal(1) if intent.held > 0 else Decimal(-1)
    return tuple(
        position.margin_mode
        for position in positions
        if position.symbol == intent.venue_symbol
        and position.position_side == intent.position_side
        and position.contracts * sign > 0
    )


@contextmanager
def _told(path: str) -> Iterator[None]:
    """A row that makes no sense is no answer."""
    try:
        yield
    except RowRefused as refusal:
        raise VenueUnavailable(f"{path}: {refusal}", reason="guard:order") from refusal


def _foreign(path: str) -> VenueUnavailable:
    return VenueUnavailable(f"{path}: another order was given for our id", reason="guard:foreign_order")
