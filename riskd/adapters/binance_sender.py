"""Sends reducing orders to Binance USD-M, once each, over any transport, and asks what became of them.

Source: developers.binance.com, USDS-margined futures: New Order, New Algo Order, Cancel Order, Cancel Algo Order. What a
refusal proves is decided in riskd.act.outcome.
"""

from __future__ import annotations

from riskd.act.outcome import Outcome, answer_to_failure, answer_to_success
from riskd.adapters.binance_lookup import BinanceLookup, no_answer
from riskd.adapters.binance_order_words import (
    ALGO_ORDER,
    ORDER,
    bare_receipt,
    order_params,
    order_receipt,
    path_of,
    stop_receipt,
    text_of,
    words_of,
)
from riskd.adapters.binance_reader import as_row, venue_code
from riskd.errors import VenueUnavailable
from riskd.model.order import Execution, Intent, OrderList, OrderStatus, Receipt
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.observe.fields import RowRefused
from riskd.observe.json_text import Rubbish, Shape, read_envelope, read_json
from riskd.observe.venues.binance_receipt import order_report, stop_report
from riskd.ports import Clock, VenueTransport

_CANCELS = {OrderList.ORDINARY: (ORDER, "orderId"), OrderList.CONDITIONAL: (ALGO_ORDER, "algoId")}
# "Unknown order sent.": filled, cancelled, triggered or expired before the request came.
_ALREADY_GONE = "-2011"
# Names of the client's id and of the venue's own in the answer to a new order.
_IDS = {ORDER: ("clientOrderId", "orderId"), ALGO_ORDER: ("clientAlgoId", "algoId")}


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
        self._lookup = BinanceLookup(transport, clock=clock)

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
            return self._bare(
                intent, OrderStatus.REJECTED, code="expired", detail="expired before it was sent"
            )
        params = order_params(intent, window)
        try:
            answer = await self._transport.call(
                VenueCall(method="POST", path=path_of(intent), params=params, signed=True)
            )
        except VenueUnavailable as error:
            # "unsent:" says that nothing left this machine; that is proof.
            unsent = error.reason.startswith("unsent:")
            status = OrderStatus.REJECTED if unsent else OrderStatus.UNKNOWN
            return self._bare(
                intent, status, code=error.reason, detail=str(error), wait=error.retry_after_seconds
            )
        return self._accepted(intent, answer) if answer.ok else self._refused(intent, answer)

    async def find(self, intent: Intent) -> Receipt | None:
        """What the venue knows of an intent; None when neither its orders nor its fills know it.

        Raises:
            VenueUnavailable: One of the questions got no believable answer; nothing is known.
        """
        return await self._lookup.find(intent)

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
                raise no_answer(path, answer)
        elif _named_id(path, answer, name) != order_id:
            raise VenueUnavailable(
                f"{path}: another order was cancelled than {order_id}", reason="guard:foreign_order"
            )

    async def close(self) -> None:
        """Release connections."""
        await self._transport.close()

    def _accepted(self, intent: Intent, answer: VenueAnswer) -> Receipt:
        """The receipt for HTTP 200, which proves nothing unless it repeats our id and all else that we sent."""
        ours, theirs = _IDS[path_of(intent)]
        try:
            row = as_row(read_json(answer.text, Shape.OBJECT))
            proof = answer_to_success(
                expected_id=intent.client_order_id,
                echoed_id=text_of(row, ours),
                venue_order_id=text_of(row, theirs),
            )
            if proof.outcome is not Outcome.ACCEPTED:
                return self._bare(intent, OrderStatus.UNKNOWN, detail=f"HTTP 200 {proof.consequence}: {row}")
            if intent.execution is Execution.STOP:
                return stop_receipt(intent, stop_report(row), self._clock.now())
            return order_receipt(intent, order_report(row), self._clock.now())
        except (Rubbish, RowRefused) as refusal:
            return self._bare(intent, OrderStatus.UNKNOWN, detail=f"HTTP {answer.status}: {refusal}")

    def _refused(self, intent: Intent, answer: VenueAnswer) -> Receipt:
        code = venue_code(answer.text)
        outcome = answer_to_failure(http_status=answer.status, code=code).outcome
        status = OrderStatus.REJECTED if outcome is Outcome.REJECTED else OrderStatus.UNKNOWN
        return self._bare(
            intent,
            status,
            code=code or f"http:{answer.status}",
            detail=words_of(answer),
            wait=answer.retry_after_seconds,
        )

    def _bare(
        self,
        intent: Intent,
        status: OrderStatus,
        *,
        code: str = "",
        detail: str = "",
        wait: float | None = None,
    ) -> Receipt:
        return bare_receipt(
            intent, status, self._clock.now(), code=code, detail=detail, retry_after_seconds=wait
        )

    def _window_ms(self, intent: Intent) -> int:
        """How long the request may be valid: not beyond the intent's expiry, lest a lost order be booked late."""
        left = intent.expires_at - self._clock.now()
        return min(self._recv_window_ms, int(left.total_seconds() * 1000))


def _named_id(path: str, answer: VenueAnswer, name: str) -> str:
    """The id that an answer names; empty when it names none.

    The answer to cancelling a stop says ``code: "200"`` and ``msg: "success"`` beside it, which elsewhere means an error.

    Raises:
        VenueUnavailable: The answer is no object.
    """
    try:
        return text_of(read_envelope(answer.text), name)
    except Rubbish as refusal:
        raise VenueUnavailable(f"{path}: {refusal}", reason=refusal.reason) from refusal
