"""Cancels resting orders for a plan: each durable before it is sent, and none after the gate has closed."""

from __future__ import annotations

from riskd.act.refusal import Refusal, RefusalReason
from riskd.errors import VenueUnavailable
from riskd.execution.parts import Means
from riskd.model.order import Cancellation, Plan
from riskd.ports import Clock, OrderSender


class Canceller:
    """Cancels orders of one account.

    Args:
        sender: Cancels.
        clock: Time.
        means: The gate for cancellations, and their durable record.

    Attributes:
        cancelled: What rests no more, in order.
    """

    def __init__(self, *, sender: OrderSender, clock: Clock, means: Means) -> None:
        self._sender = sender
        self._clock = clock
        self._means = means
        self.cancelled: list[Cancellation] = []

    async def cancel_all(self, plan: Plan) -> tuple[Refusal, ...]:
        """Cancel what the plan wants cancelled. One that fails stops no other; the gate's refusal ends it.

        Raises:
            JournalError: One could not be made durable; it was not sent.
        """
        refusals: list[Refusal] = []
        for order in plan.cancellations:
            refusal = await self.cancel(plan, order)
            if refusal is None:
                continue
            refusals.append(refusal)
            if refusal.reason is not RefusalReason.NOT_CANCELLED:
                break
        return tuple(refusals)

    async def cancel(self, plan: Plan, order: Cancellation) -> Refusal | None:
        """Cancel one order; None when it rests no more, by us or by somebody else.

        Raises:
            JournalError: It could not be made durable; it was not sent.
        """
        means = self._means
        if means.may_cancel is None or means.cancelling is None or means.venue_symbol is None:
            return Refusal(RefusalReason.CANNOT_DO, f"{order.symbol}: nothing here cancels orders")
        refusal = means.may_cancel(plan)
        if refusal is not None:
            return refusal
        try:
            name = means.venue_symbol(order.symbol)
            means.cancelling(plan, order, self._clock.now())
            await self._sender.cancel(name, order.order_id, order.kept_in)
        except VenueUnavailable as error:
            return Refusal(
                RefusalReason.NOT_CANCELLED,
                f"order {order.order_id} of {order.symbol} may still rest: {error}",
            )
        self.cancelled.append(order)
        return None
