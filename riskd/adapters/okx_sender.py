"""Sends reducing orders to OKX (v5, linear perpetual swaps), once each, and asks what became of them.

Before each order the position is read, because an order must name its margin mode: under the other one it would be about
another position. In portfolio margin mode the venue does not heed ``reduceOnly``, so nothing is sent there. An order is
only accepted when it is sent; it is asked for by its client id right away, and what that tells is the receipt.

Source: OKX's documentation: Place order (``reduceOnly``: futures mode and multi-currency margin, net mode), Place algo
order, Cancel order, Cancel algo order. What a refusal proves is decided in riskd.act.outcomes.okx.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from riskd.act.outcome import Consequence, Outcome, answer_to_success
from riskd.act.outcomes.okx import GONE, SUCCESS, answer_to_refusal
from riskd.adapters.binance_order_words import bare_receipt, text_of, words_of
from riskd.adapters.okx_lookup import OkxLookup, held_in
from riskd.adapters.okx_words import (
    ALGO_ORDER,
    ORDER,
    cancel_body,
    cancel_stop_body,
    contracts_of,
    no_answer,
    order_body,
    verdict,
)
from riskd.errors import VenueUnavailable
from riskd.model.instrument import Instrument
from riskd.model.order import Execution, Intent, OrderList, OrderStatus, Receipt
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.observe.fields import JsonObject
from riskd.observe.json_text import Rubbish
from riskd.ports import Clock, VenueTransport

_CANCEL = "/api/v5/trade/cancel-order"
_CANCEL_STOP = "/api/v5/trade/cancel-algos"
_PORTFOLIO_MARGIN = "4"
# Names of the client's id and of the venue's own in the answer to a new order.
_IDS = {ORDER: ("clOrdId", "ordId"), ALGO_ORDER: ("algoClOrdId", "algoId")}


class _KeptBack(Exception):
    """An order that may not leave, and why."""

    def __init__(self, code: str, words: str) -> None:
        self.code = code
        super().__init__(words)


class OkxSender:
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
        self._lookup = OkxLookup(transport, clock=clock)

    @property
    def account(self) -> str:
        """Account id."""
        return self._account

    async def send(self, intent: Intent) -> Receipt:
        """Send once, never again, and ask once what became of it. This never raises.

        ACKNOWLEDGED when the venue took it and could not tell more yet; else as for every OrderSender.
        """
        try:
            body = await self._body(intent)
        except _KeptBack as kept:
            return self._bare(intent, OrderStatus.REJECTED, kept.code, str(kept))
        except VenueUnavailable as error:
            # Only reads went out: whatever came of them, no order did.
            code = f"unsent:{error.reason.removeprefix('unsent:')}"
            return self._bare(intent, OrderStatus.REJECTED, code, str(error), error.retry_after_seconds)
        return await self._sent(intent, body)

    async def find(self, intent: Intent) -> Receipt | None:
        """What the venue knows of an intent; None when neither its orders nor its fills know it.

        Raises:
            VenueUnavailable: One of the questions got no believable answer, or the contract is not known, without which
                contracts are no quantity; nothing is known.
        """
        contract = self._listing().get(intent.venue_symbol)
        if contract is None:
            raise VenueUnavailable(
                f"{intent.venue_symbol} is not among the contracts that are known", reason="unsent:contract"
            )
        return await self._lookup.find(intent, contract)

    async def cancel(self, venue_symbol: str, order_id: str, kept_in: OrderList = OrderList.ORDINARY) -> None:
        """Cancel one resting order. One that is gone already is cancelled as well.

        The venue only accepts a cancellation, so it is asked whether the order still rests.

        Raises:
            VenueUnavailable: It is not known whether the order still rests.
        """
        if kept_in is OrderList.CONDITIONAL:
            body, question = cancel_stop_body(venue_symbol, order_id), (("algoId", order_id),)
            await self._cancel(_CANCEL_STOP, body, ALGO_ORDER, question, order_id)
        else:
            asked = (("instId", venue_symbol), ("ordId", order_id))
            await self._cancel(_CANCEL, cancel_body(venue_symbol, order_id), ORDER, asked, order_id)

    async def close(self) -> None:
        """Release connections."""
        await self._transport.close()

    async def _body(self, intent: Intent) -> str:
        """The order in the venue's words.

        Raises:
            _KeptBack: It may not leave.
            VenueUnavailable: What it depends on could not be read.
        """
        if intent.expires_at <= self._clock.now():
            raise _KeptBack("expired", "expired before it was sent")
        contract = self._listing().get(intent.venue_symbol)
        if contract is None:
            raise _KeptBack(
                "unknown_contract", f"{intent.venue_symbol} is not among the contracts that are known"
            )
        contracts = contracts_of(intent.quantity, contract)
        if contracts is None:
            raise _KeptBack(
                "off_lot", f"{intent.quantity} of {intent.symbol} is no whole number of {contract.lot_size}"
            )
        if await self._lookup.account_level() == _PORTFOLIO_MARGIN:
            raise _KeptBack("portfolio_margin", "in portfolio margin mode the venue does not heed reduceOnly")
        modes = held_in(await self._lookup.positions(intent.venue_symbol), intent)
        if not modes:
            raise _KeptBack("no_position", f"the venue has no position {intent.symbol} to reduce")
        if len(modes) > 1:
            raise _KeptBack(
                "margin_mode",
                f"{intent.symbol} is held both cross and isolated; the intent does not say which",
            )
        return order_body(intent, contracts, modes[0])

    async def _sent(self, intent: Intent, body: str) -> Receipt:
        path = ALGO_ORDER if intent.execution is Execution.STOP else ORDER
        call = VenueCall(method="POST", path=path, body=body, signed=True, expires_at=intent.expires_at)
        try:
            answer = await self._transport.call(call)
        except VenueUnavailable as error:
            # "unsent:" says that nothing left this machine; that is proof.
            unsent = error.reason.startswith("unsent:")
            status = OrderStatus.REJECTED if unsent else OrderStatus.UNKNOWN
            return self._bare(intent, status, error.reason, str(error), error.retry_after_seconds)
        receipt = self._judged(intent, path, answer)
        if receipt.status is not OrderStatus.ACKNOWLEDGED:
            return receipt
        try:
            return await self.find(intent) or receipt
        except VenueUnavailable:
            return receipt

    def _judged(self, intent: Intent, path: str, answer: VenueAnswer) -> Receipt:
        """What the answer to sending proves. Of an order that was taken it proves no more than that."""
        try:
            code, rows = verdict(answer)
        except Rubbish:
            return self._refused(intent, answer, "")
        row: JsonObject = rows[0] if len(rows) == 1 else {}
        ours, theirs = (text_of(row, name) for name in _IDS[path])
        if answer.ok and code == SUCCESS:
            return self._taken(intent, row, ours, theirs)
        if len(rows) > 1 or theirs or ours not in ("", intent.client_order_id):
            words = f"HTTP {answer.status} {Consequence.ALARM}: {rows}"
            return self._bare(intent, OrderStatus.UNKNOWN, code, words)
        return self._refused(intent, answer, code)

    def _taken(self, intent: Intent, row: JsonObject, echoed_id: str, order_id: str) -> Receipt:
        proof = answer_to_success(
            expected_id=intent.client_order_id, echoed_id=echoed_id, venue_order_id=order_id
        )
        if proof.outcome is not Outcome.ACCEPTED:
            return self._bare(intent, OrderStatus.UNKNOWN, "", f"HTTP 200 {proof.consequence}: {row}")
        return self._bare(intent, OrderStatus.ACKNOWLEDGED, "", "accepted", order_id=order_id)

    def _refused(self, intent: Intent, answer: VenueAnswer, code: str) -> Receipt:
        proof = answer_to_refusal(http_status=answer.status, code=code)
        status = OrderStatus.REJECTED if proof.outcome is Outcome.REJECTED else OrderStatus.UNKNOWN
        wait = answer.retry_after_seconds if proof.consequence is Consequence.BACK_OFF else None
        return self._bare(intent, status, code or f"http:{answer.status}", words_of(answer), wait)

    async def _cancel(
        self, path: str, body: str, asked: str, question: tuple[tuple[str, str], ...], order_id: str
    ) -> None:
        answer = await self._transport.call(VenueCall(method="POST", path=path, body=body, signed=True))
        try:
            code, rows = verdict(answer)
        except Rubbish as refusal:
            raise VenueUnavailable(
                f"{path}: HTTP {answer.status}: {refusal}",
                reason=refusal.reason if answer.ok else f"http:{answer.status}",
                retry_after_seconds=answer.retry_after_seconds,
            ) from refusal
        if answer.ok and code in GONE:
            return
        if not answer.ok or code != SUCCESS:
            raise no_answer(path, answer, code)
        name = _IDS[asked][1]
        if len(rows) != 1 or text_of(rows[0], name) != order_id:
            raise VenueUnavailable(
                f"{path}: another order was cancelled than {order_id}", reason="guard:foreign_order"
            )
        if not await self._lookup.is_over(asked, question):
            raise VenueUnavailable(f"{path}: {order_id} still rests", reason="cancel_pending")

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
