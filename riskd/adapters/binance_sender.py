"""Sends reducing orders to Binance USD-M, once each, over any transport, and asks what became of them.

Source: developers.binance.com, USDS-margined futures: New Order, Query Order, Account Trade List. What a refusal
proves is decided in riskd.act.outcome.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from riskd.act.outcome import Outcome, answer_to_failure, answer_to_success
from riskd.adapters.binance_reader import as_row, refusal_of, venue_code
from riskd.errors import VenueUnavailable
from riskd.model.order import Intent, OrderList, OrderStatus, Receipt
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.observe.fields import JsonObject, RowRefused
from riskd.observe.json_text import Rubbish, Shape, read_json
from riskd.observe.venues.binance_receipt import OrderReport, order_report
from riskd.ports import Clock, VenueTransport

Params = tuple[tuple[str, str], ...]

_ORDER = "/fapi/v1/order"
_ALGO_ORDER = "/fapi/v1/algoOrder"
_CANCELS = {OrderList.ORDINARY: (_ORDER, "orderId"), OrderList.CONDITIONAL: (_ALGO_ORDER, "algoId")}
_OPEN_ORDERS = "/fapi/v1/openOrders"
_TRADES = "/fapi/v1/userTrades"
_NO_SUCH_ORDER = "-2013"
_ALREADY_GONE = "-2011"  # "Unknown order sent.": filled, cancelled or expired before the request came
# Fills since an intent was made belong to at most this many orders, or we cannot tell whether one is ours.
_ORDERS_LOOKED_UP_MAX = 20
_PAGE_ROWS = 1000
_DETAIL_MAX = 300
# The venue stamps fills with its own clock.
_CLOCKS_DIFFER = timedelta(seconds=5)
_ZERO = Decimal(0)


class BinanceSender:
    """OrderSender of one account.

    Args:
        transport: Carries requests, signed by a key that may trade.
        account: Account id.
        clock: Time.
        recv_window_ms: Longest time for which a request is valid after signing; never beyond the intent's expiry.
    """

    def __init__(
        self, transport: VenueTransport, *, account: str, clock: Clock, recv_window_ms: int = 5000
    ) -> None:
        self._transport = transport
        self._account = account
        self._clock = clock
        self._recv_window_ms = recv_window_ms

    @property
    def account(self) -> str:
        """Account id."""
        return self._account

    async def send(self, intent: Intent) -> Receipt:
        """Send once, never again. This never raises.

        REJECTED only when nothing left this machine or the venue's own code proves that nothing was booked; UNKNOWN
        whenever there is doubt: no answer, rubbish, another order's id.
        """
        window = self._window_ms(intent)
        if window <= 0:
            return self._receipt(
                intent, OrderStatus.REJECTED, code="expired", detail="expired before it was sent"
            )
        call = VenueCall(method="POST", path=_ORDER, params=order_params(intent, window), signed=True)
        try:
            answer = await self._transport.call(call)
        except VenueUnavailable as error:
            # "unsent:" says that nothing left this machine; that is proof.
            unsent = error.reason.startswith("unsent:")
            status = OrderStatus.REJECTED if unsent else OrderStatus.UNKNOWN
            return self._receipt(intent, status, code=error.reason, detail=str(error))
        return self._accepted(intent, answer) if answer.ok else self._refused(intent, answer)

    async def find(self, intent: Intent) -> Receipt | None:
        """What the venue knows of an intent; None when neither its orders nor its fills know it.

        Raises:
            VenueUnavailable: One of the questions got no believable answer; nothing is known.
        """
        symbol = ("symbol", intent.venue_symbol)
        answer = await self._get(_ORDER, (symbol, ("origClientOrderId", intent.client_order_id)))
        if answer.ok:
            return self._named(intent, self._row(answer))
        if venue_code(answer.text) != _NO_SUCH_ORDER:
            raise _no_answer(_ORDER, answer)
        return await self._among_open(intent) or await self._among_filled(intent)

    async def cancel(self, venue_symbol: str, order_id: str, kept_in: OrderList = OrderList.ORDINARY) -> None:
        """Cancel one resting order. One that is gone already is cancelled as well.

        Raises:
            VenueUnavailable: It is not known whether the order still rests.
        """
        path, name = _CANCELS[kept_in]
        params = (("symbol", venue_symbol), (name, order_id))
        answer = await self._transport.call(VenueCall(method="DELETE", path=path, params=params, signed=True))
        if not answer.ok:
            if venue_code(answer.text) != _ALREADY_GONE:
                raise _no_answer(path, answer)
        elif _text(self._row(answer), name) != order_id:
            raise VenueUnavailable(
                f"{path}: another order was cancelled than {order_id}", reason="guard:foreign_order"
            )

    async def close(self) -> None:
        """Release connections."""
        await self._transport.close()

    def _accepted(self, intent: Intent, answer: VenueAnswer) -> Receipt:
        """The receipt for HTTP 200, which proves nothing unless it repeats our id and all else that we sent."""
        try:
            row = as_row(read_json(answer.text, Shape.OBJECT))
            proof = answer_to_success(
                expected_id=intent.client_order_id,
                echoed_id=_text(row, "clientOrderId"),
                venue_order_id=_text(row, "orderId"),
            )
            if proof.outcome is not Outcome.ACCEPTED:
                return self._receipt(
                    intent, OrderStatus.UNKNOWN, detail=f"HTTP 200 {proof.consequence}: {row}"
                )
            return self._described(intent, order_report(row))
        except (Rubbish, RowRefused) as refusal:
            return self._receipt(intent, OrderStatus.UNKNOWN, detail=f"HTTP {answer.status}: {refusal}")

    def _refused(self, intent: Intent, answer: VenueAnswer) -> Receipt:
        code = venue_code(answer.text)
        outcome = answer_to_failure(http_status=answer.status, code=code).outcome
        status = OrderStatus.REJECTED if outcome is Outcome.REJECTED else OrderStatus.UNKNOWN
        return self._receipt(intent, status, code=code or f"http:{answer.status}", detail=_short(answer))

    def _described(self, intent: Intent, order: OrderReport) -> Receipt:
        """The receipt that an order's description makes.

        Raises:
            RowRefused: It describes another order than the one we meant.
        """
        expected = (intent.venue_symbol, intent.direction)
        if (order.symbol, order.direction) != expected or order.filled > intent.quantity:
            raise RowRefused(f"our id, but {order.direction} {order.filled} of {order.symbol}")
        reduces = order.reduce_only or intent.position_side != "BOTH"
        return Receipt(
            client_order_id=intent.client_order_id,
            status=order.status,
            filled=order.filled,
            average_price=order.average_price,
            venue_order_id=order.order_id,
            code="",
            detail="" if reduces else "the venue answers reduceOnly: false to an order that set it",
            at=self._clock.now(),
        )

    def _receipt(self, intent: Intent, status: OrderStatus, *, code: str = "", detail: str = "") -> Receipt:
        """A receipt that knows of no fill."""
        return Receipt(
            client_order_id=intent.client_order_id,
            status=status,
            filled=_ZERO,
            average_price=None,
            venue_order_id="",
            code=code,
            detail=detail[:_DETAIL_MAX],
            at=self._clock.now(),
        )

    def _window_ms(self, intent: Intent) -> int:
        """How long the request may be valid: not beyond the intent's expiry, lest a lost order be booked late."""
        left = intent.expires_at - self._clock.now()
        return min(self._recv_window_ms, int(left.total_seconds() * 1000))

    def _named(self, intent: Intent, row: JsonObject) -> Receipt:
        """The receipt of the order that the venue gives for our id.

        Raises:
            VenueUnavailable: It gives another one.
        """
        if _text(row, "clientOrderId") != intent.client_order_id:
            raise VenueUnavailable(
                f"{_ORDER}: another order was given for our id", reason="guard:foreign_order"
            )
        return self._believed(intent, row)

    async def _among_open(self, intent: Intent) -> Receipt | None:
        for row in await self._list(_OPEN_ORDERS, (("symbol", intent.venue_symbol),)):
            if _text(row, "clientOrderId") == intent.client_order_id:
                return self._believed(intent, row)
        return None

    async def _among_filled(self, intent: Intent) -> Receipt | None:
        """Fills name no client order id, so each order that filled since is asked for its own."""
        since = int((intent.created_at - _CLOCKS_DIFFER).timestamp() * 1000)
        symbol = ("symbol", intent.venue_symbol)
        fills = await self._list(_TRADES, (symbol, ("startTime", str(since)), ("limit", str(_PAGE_ROWS))))
        orders = {_text(fill, "orderId") for fill in fills if fill.get("side") == intent.direction.value}
        if len(fills) >= _PAGE_ROWS or len(orders) > _ORDERS_LOOKED_UP_MAX:
            raise VenueUnavailable(
                f"{len(orders)} orders filled since the intent was made: too many to look through",
                reason="too_many_fills",
            )
        for order_id in sorted(orders):
            row = self._row(await self._get(_ORDER, (symbol, ("orderId", order_id))))
            if _text(row, "clientOrderId") == intent.client_order_id:
                return self._believed(intent, row)
        return None

    def _believed(self, intent: Intent, row: JsonObject) -> Receipt:
        """The receipt of a row that carries our id.

        Raises:
            VenueUnavailable: The row makes no sense, or is another order under our id.
        """
        try:
            return self._described(intent, order_report(row))
        except RowRefused as refusal:
            raise VenueUnavailable(f"{_ORDER}: {refusal}", reason="guard:order") from refusal

    async def _list(self, path: str, params: Params) -> list[JsonObject]:
        answer = await self._get(path, params)
        if not answer.ok:
            raise _no_answer(path, answer)
        try:
            value = read_json(answer.text, Shape.LIST)
            assert isinstance(value, list)
            return [as_row(row) for row in value]
        except Rubbish as refusal:
            raise VenueUnavailable(f"{path}: {refusal}", reason=refusal.reason) from refusal

    def _row(self, answer: VenueAnswer) -> JsonObject:
        if not answer.ok:
            raise _no_answer(_ORDER, answer)
        try:
            return as_row(read_json(answer.text, Shape.OBJECT))
        except Rubbish as refusal:
            raise VenueUnavailable(f"{_ORDER}: {refusal}", reason=refusal.reason) from refusal

    async def _get(self, path: str, params: Params) -> VenueAnswer:
        return await self._transport.call(VenueCall(method="GET", path=path, params=params, signed=True))


def order_params(intent: Intent, recv_window_ms: int) -> Params:
    """The parameters of an order: reduce-only by flag in one-way mode, by its side in hedge mode.

    Binance refuses ``reduceOnly`` in hedge mode (-1106), where an order that sells LONG or buys SHORT cannot open
    anything. Nothing is left resting: market, or limit with IOC.
    """
    hedged = intent.position_side != "BOTH"
    limit = intent.limit_price
    return (
        ("symbol", intent.venue_symbol),
        ("side", intent.direction.value),
        *((("positionSide", intent.position_side),) if hedged else ()),
        ("type", "MARKET" if limit is None else "LIMIT"),
        *(() if limit is None else (("timeInForce", "IOC"), ("price", format(limit, "f")))),
        ("quantity", format(intent.quantity, "f")),
        *(() if hedged else (("reduceOnly", "true"),)),
        ("newClientOrderId", intent.client_order_id),
        ("newOrderRespType", "RESULT"),
        ("recvWindow", str(recv_window_ms)),
    )


def _no_answer(path: str, answer: VenueAnswer) -> VenueUnavailable:
    return VenueUnavailable(
        f"{path}: HTTP {answer.status}",
        reason=refusal_of(answer),
        retry_after_seconds=answer.retry_after_seconds,
    )


def _text(row: JsonObject, name: str) -> str:
    """A field as text, whole numbers too; empty when it is missing or something else."""
    value = row.get(name)
    return str(value) if isinstance(value, str) or type(value) is int else ""


def _short(answer: VenueAnswer) -> str:
    return f"HTTP {answer.status}: {answer.text}"
