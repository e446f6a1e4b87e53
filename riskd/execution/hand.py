"""Sends one order and finds out what became of it: durable before it leaves, sent once, asked about until it is certain."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal

from riskd.act.refusal import Refusal, RefusalReason
from riskd.errors import VenueUnavailable
from riskd.execution.parts import Bounds, Gate, IntentLog
from riskd.model.order import SETTLED, Execution, Intent, OrderStatus, Plan, Receipt, Reduction
from riskd.ports import Clock, OrderSender

# The gate closes for a while because orders of its own have left: they are spread out, and the plan goes on.
PACED = frozenset({RefusalReason.ORDERS_PER_TEN_SECONDS, RefusalReason.ORDERS_PER_MINUTE})

Resolve = Callable[[Intent], Awaitable[Receipt]]


class Hand:
    """Sends intents of one account, one at a time.

    Args:
        sender: Sends, finds and cancels orders of the account.
        log: Durable record.
        clock: Time.
        gate: Says why nothing may be sent at this very moment, or None.
        bounds: How long an order may wait and how often the venue is asked.
    """

    def __init__(
        self, *, sender: OrderSender, log: IntentLog, clock: Clock, gate: Gate, bounds: Bounds
    ) -> None:
        self.sender = sender
        self.log = log
        self.clock = clock
        self.gate = gate
        self.bounds = bounds

    async def admitted(self, plan: Plan, step: Reduction) -> Refusal | None:
        """The gate's refusal; where it only spreads orders out, after waiting for it."""
        until = self.clock.monotonic() + self.bounds.wait_seconds_max
        refusal = self.gate(plan, step, None)
        while refusal is not None and refusal.reason in PACED and self.clock.monotonic() < until:
            await self.pause(1.0)
            refusal = self.gate(plan, step, None)
        return refusal

    async def send(self, plan: Plan, step: Reduction, intent: Intent, resolve: Resolve) -> Receipt:
        """Send one order once, and return what is finally known of it.

        Args:
            plan: Under way.
            step: What the order is for, as the gate is to see it.
            intent: The order; durable when this returns.
            resolve: Asks the venue what became of it.

        Raises:
            JournalError: It could not be made durable, and was not sent; or its outcome could not.
        """
        self.log.intent(intent)
        # The kill switch is looked at once more between the disk and the wire: both take time.
        refused = self.gate(plan, step, intent)
        if refused is not None:
            receipt = self.known(intent, OrderStatus.NOT_BOOKED, never_sent(refused), refused.reason)
            self.log.receipt(receipt)
            return receipt
        receipt = await self.sender.send(intent)
        self.log.receipt(receipt)
        if receipt.status in SETTLED:
            return receipt
        if intent.execution is Execution.POST_ONLY and receipt.status is OrderStatus.ACKNOWLEDGED:
            await self._rest(plan, step, intent)
        return await resolve(intent)

    async def resolve(self, intent: Intent) -> Receipt:
        """Ask the venue what became of an intent until it is certain, or until the bound on questions.

        An order is proved not booked only by a question that was asked after its expiry plus the proof margin and
        that the venue answered with "no such order"; no number of failed questions proves anything. A post-only order
        that is found open has had its time, or its process has died: it is cancelled, and asked about again.

        Raises:
            JournalError: What was learned could not be made durable; the intent stays unresolved.
        """
        proof_from = intent.expires_at + timedelta(seconds=self.bounds.proof_margin_seconds)
        detail = "the venue could not be asked"
        for _ in range(self.bounds.resolve_questions_max):
            asked_at = self.clock.now()
            try:
                found = await self.sender.find(intent)
                if found is not None and found.status not in SETTLED:
                    found = await self._withdrawn(intent, found)
            except VenueUnavailable as error:
                detail = str(error)
            else:
                if found is not None and found.status in SETTLED:
                    self.log.receipt(found)
                    return found
                if found is None and asked_at >= proof_from:
                    receipt = self.known(intent, OrderStatus.NOT_BOOKED, "the venue has no such order")
                    self.log.receipt(receipt)
                    return receipt
                detail = "not booked yet, and it still may be" if found is None else "still open at the venue"
            await self.pause(self.bounds.resolve_pause_seconds)
        receipt = self.known(intent, OrderStatus.ESCALATED, detail)
        self.log.receipt(receipt)
        return receipt

    def known(self, intent: Intent, status: OrderStatus, detail: str, code: str = "") -> Receipt:
        """A receipt of our own, that knows of no fill."""
        return Receipt(
            client_order_id=intent.client_order_id,
            status=status,
            filled=Decimal(0),
            average_price=None,
            venue_order_id="",
            code=code,
            detail=detail,
            at=self.clock.now(),
        )

    async def pause(self, seconds: float) -> None:
        """Let time pass."""
        await self.clock.sleep_until(self.clock.monotonic() + seconds)

    async def _withdrawn(self, intent: Intent, found: Receipt) -> Receipt | None:
        """What the venue says of an open order; of a post-only one, after it was cancelled.

        Raises:
            VenueUnavailable: It is not known whether it still rests.
        """
        if intent.execution is not Execution.POST_ONLY or not found.venue_order_id:
            return found
        # No gate: a kill switch stops what riskd begins. An order of ours that rests is taken away all the more.
        await self.sender.cancel(intent.venue_symbol, found.venue_order_id)
        return await self.sender.find(intent)

    async def _rest(self, plan: Plan, step: Reduction, intent: Intent) -> None:
        """Leave a post-only order to itself until its time is over, it is filled, or the gate closes."""
        until = self.clock.monotonic() + self.bounds.rest_seconds
        while self.clock.monotonic() < until and self.gate(plan, step, intent) is None:
            await self.pause(min(self.bounds.resolve_pause_seconds, until - self.clock.monotonic()))
            try:
                found = await self.sender.find(intent)
            except VenueUnavailable:
                continue
            if found is None or found.status in SETTLED:
                return


def never_sent(refusal: Refusal) -> str:
    """The words of a receipt for an order that the gate kept back after it was durable."""
    return f"never sent: {refusal.reason}"
