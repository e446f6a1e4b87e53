"""Sends reducing orders to Bybit (v5, USDT perpetuals of a unified account), once each, and asks what became of them.

An order is only acknowledged when it is sent; it is asked for by its client id right away, and what that tells is the
receipt. A reduce-only order above the venue's largest quantity would be split by the venue into several, of which one
bears our id: such an order does not leave.

Source: Bybit's documentation, v5/order: Place Order, Get Open & Closed Orders, Get Order History, Get Trade History,
Cancel Order. What a refusal proves is decided in riskd.act.outcomes.bybit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from riskd.act.outcome import Consequence, Outcome, answer_to_success
from riskd.act.outcomes.bybit import GONE, SUCCESS, answer_to_refusal
from riskd.adapters.binance_order_words import bare_receipt, text_of, words_of
from riskd.adapters.bybit_words import (
    CATEGORY,
    cancel_body,
    no_answer,
    order_body,
    order_receipt,
    rows_of,
    verdict,
)
from riskd.errors import VenueUnavailable
from riskd.model.instrument import Instrument
from riskd.model.order import Intent, OrderList, OrderStatus, Receipt
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.observe.fields import JsonObject, RowRefused
from riskd.observe.json_text import Rubbish
from riskd.observe.venues.bybit_receipt import bybit_order, bybit_status
from riskd.ports import Clock, VenueTransport

_CREATE = "/v5/order/create"
_CANCEL = "/v5/order/cancel"
_REALTIME = "/v5/order/realtime"
_HISTORY = "/v5/order/history"
_EXECUTIONS = "/v5/execution/list"
_OVER = frozenset({OrderStatus.FILLED, OrderStatus.PARTIALLY_FILLED, OrderStatus.CANCELLED})


class BybitSender:
    """OrderSender of one account.

    Args:
        transport: Carries requests, signed by a key that may trade.
        account: Account id.
        clock: Time.
        listing: The venue's contracts by its own symbols, as they are known now.
    """

    def __init__(
        self,
        transport: VenueTransport,
        *,
        account: str,
        clock: Clock,
        listing: Callable[[], Mapping[str, Instrument]],
    ) -> None:
        self._transport = transport
        self._account = account
        self._clock = clock
        self._listing = listing

    @property
    def account(self) -> str:
        """Account id."""
        return self._account

    async def send(self, intent: Intent) -> Receipt:
        """Send once, never again, and ask once what became of it. This never raises.

        ACKNOWLEDGED when the venue took it and could not tell more yet; else as for every OrderSender.
        """
        refusal = self._keep_back(intent)
        if refusal is not None:
            return refusal
        call = VenueCall(
            method="POST", path=_CREATE, body=order_body(intent), signed=True, expires_at=intent.expires_at
        )
        try:
            answer = await self._transport.call(call)
        except VenueUnavailable as error:
            # "unsent:" says that nothing left this machine; that is proof.
            unsent = error.reason.startswith("unsent:")
            status = OrderStatus.REJECTED if unsent else OrderStatus.UNKNOWN
            return self._bare(intent, status, error.reason, str(error), error.retry_after_seconds)
        receipt = self._judged(intent, answer)
        return (
            receipt if receipt.status is not OrderStatus.ACKNOWLEDGED else await self._asked(intent, receipt)
        )

    async def find(self, intent: Intent) -> Receipt | None:
        """What the venue knows of an intent; None when neither its orders nor its fills know it.

        Raises:
            VenueUnavailable: One of the questions got no believable answer; nothing is known.
        """
        ours = (("category", CATEGORY), ("orderLinkId", intent.client_order_id))
        for path in (_REALTIME, _HISTORY):
            rows = await self._list(path, ours)
            if rows:
                return self._believed(intent, path, rows)
        if await self._list(_EXECUTIONS, ours):
            raise VenueUnavailable(
                f"{_EXECUTIONS}: fills of an order that the venue does not know", reason="guard:order"
            )
        return None

    async def cancel(self, venue_symbol: str, order_id: str, kept_in: OrderList = OrderList.ORDINARY) -> None:  # noqa: ARG002 - one endpoint cancels both kinds
        """Cancel one resting order, of either list. One that is gone already is cancelled as well.

        The venue only acknowledges a cancellation, so it is asked whether the order still rests.

        Raises:
            VenueUnavailable: It is not known whether the order still rests.
        """
        call = VenueCall(method="POST", path=_CANCEL, body=cancel_body(venue_symbol, order_id), signed=True)
        answer = await self._transport.call(call)
        code, result = self._verdict(_CANCEL, answer)
        if answer.ok and code in GONE:
            return
        if not answer.ok or code != SUCCESS:
            raise no_answer(_CANCEL, answer, code)
        if text_of(result, "orderId") != order_id:
            raise VenueUnavailable(
                f"{_CANCEL}: another order was cancelled than {order_id}", reason="guard:foreign_order"
            )
        await self._must_be_over(order_id)

    async def close(self) -> None:
        """Release connections."""
        await self._transport.close()

    def _keep_back(self, intent: Intent) -> Receipt | None:
        """The refusal of an order that may not leave; None for one that may."""
        if intent.expires_at <= self._clock.now():
            return self._bare(intent, OrderStatus.REJECTED, "expired", "expired before it was sent")
        contract = self._listing().get(intent.venue_symbol)
        if contract is None:
            words = f"{intent.venue_symbol} is not among the contracts that are known"
            return self._bare(intent, OrderStatus.REJECTED, "unknown_contract", words)
        largest = contract.market_quantity_max if intent.limit_price is None else contract.quantity_max
        if intent.quantity > largest:
            words = f"{intent.quantity} is above {largest}: the venue would split it into several orders"
            return self._bare(intent, OrderStatus.REJECTED, "above_maximum", words)
        return None

    def _judged(self, intent: Intent, answer: VenueAnswer) -> Receipt:
        """What the answer to sending proves. Of an order that was taken it proves no more than that."""
        try:
            code, result = verdict(answer)
        except Rubbish:
            return self._refused(intent, answer, "")
        if not answer.ok or code != SUCCESS:
            return self._refused(intent, answer, code)
        return self._taken(intent, result)

    def _taken(self, intent: Intent, result: JsonObject) -> Receipt:
        order_id = text_of(result, "orderId")
        proof = answer_to_success(
            expected_id=intent.client_order_id,
            echoed_id=text_of(result, "orderLinkId"),
            venue_order_id=order_id,
        )
        if proof.outcome is not Outcome.ACCEPTED:
            return self._bare(intent, OrderStatus.UNKNOWN, "", f"HTTP 200 {proof.consequence}: {result}")
        return self._bare(intent, OrderStatus.ACKNOWLEDGED, "", "acknowledged", order_id=order_id)

    def _refused(self, intent: Intent, answer: VenueAnswer, code: str) -> Receipt:
        proof = answer_to_refusal(http_status=answer.status, code=code)
        status = OrderStatus.REJECTED if proof.outcome is Outcome.REJECTED else OrderStatus.UNKNOWN
        wait = answer.retry_after_seconds if proof.consequence is Consequence.BACK_OFF else None
        return self._bare(intent, status, code or f"http:{answer.status}", words_of(answer), wait)

    async def _asked(self, intent: Intent, acknowledged: Receipt) -> Receipt:
        """The order as it is now; the acknowledgement when the venue cannot tell."""
        try:
            return await self.find(intent) or acknowledged
        except VenueUnavailable:
            return acknowledged

    def _believed(self, intent: Intent, path: str, rows: list[JsonObject]) -> Receipt:
        """The receipt of the one row that was given for our id.

        Raises:
            VenueUnavailable: It is another order's, there are several, or it makes no sense.
        """
        if len(rows) != 1 or text_of(rows[0], "orderLinkId") != intent.client_order_id:
            raise VenueUnavailable(
                f"{path}: {len(rows)} orders were given for our id, or another one",
                reason="guard:foreign_order",
            )
        try:
            return order_receipt(intent, bybit_order(rows[0]), self._clock.now())
        except RowRefused as refusal:
            raise VenueUnavailable(f"{path}: {refusal}", reason="guard:order") from refusal

    async def _must_be_over(self, order_id: str) -> None:
        rows = await self._list(_REALTIME, (("category", CATEGORY), ("orderId", order_id)))
        try:
            over = all(text_of(row, "orderId") == order_id and bybit_status(row) in _OVER for row in rows)
        except RowRefused as refusal:
            raise VenueUnavailable(f"{_REALTIME}: {refusal}", reason="guard:order") from refusal
        if not over:
            raise VenueUnavailable(f"{_CANCEL}: {order_id} still rests", reason="cancel_pending")

    async def _list(self, path: str, params: tuple[tuple[str, str], ...]) -> list[JsonObject]:
        call = VenueCall(method="GET", path=path, params=params, signed=True)
        answer = await self._transport.call(call)
        code, result = self._verdict(path, answer)
        if not answer.ok or code != SUCCESS:
            raise no_answer(path, answer, code)
        try:
            return rows_of(result)
        except Rubbish as refusal:
            raise VenueUnavailable(f"{path}: {refusal}", reason=refusal.reason) from refusal

    def _verdict(self, path: str, answer: VenueAnswer) -> tuple[str, JsonObject]:
        try:
            return verdict(answer)
        except Rubbish as refusal:
            raise VenueUnavailable(
                f"{path}: HTTP {answer.status}: {refusal}",
                reason=refusal.reason if answer.ok else f"http:{answer.status}",
                retry_after_seconds=answer.retry_after_seconds,
            ) from refusal

    def _bare(
        self,
        intent: Intent,
        status: OrderStatus,
        code: str,
        detail: str,
        wait: float | None = None,
        *,
        order_id: str = "",
    ) -> Receipt:
        receipt = bare_receipt(
            intent, status, self._clock.now(), code=code, detail=detail, retry_after_seconds=wait
        )
        return replace(receipt, venue_order_id=order_id)
