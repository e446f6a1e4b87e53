"""Carries out a whole plan: cancel, reduce, fit and place stops, look again."""

from __future__ import annotations

from collections.abc import Sequence

from riskd.act.refusal import Refusal
from riskd.errors import JournalError, VenueUnavailable
from riskd.execution.cancellations import Canceller
from riskd.execution.hand import Hand
from riskd.execution.parts import (
    BARE,
    DEFAULT_BOUNDS,
    Bounds,
    BuildIntent,
    FreshRead,
    Gate,
    IntentLog,
    Means,
    PlanResult,
    Unblock,
)
from riskd.execution.reductions import Reducer
from riskd.execution.stops import StopPlacer
from riskd.model.order import Intent, OrderStatus, Plan, PlanState, Receipt
from riskd.ports import Clock, OrderSender


class Executor:
    """Carries out plans of one account, one at a time.

    Args:
        sender: Sends and finds orders of the account.
        log: Durable record.
        clock: Time.
        read: Reads one position afresh; raises VenueUnavailable when it cannot be read completely.
        gate: Says why nothing may be sent at this very moment, or None. Between the disk and the wire it is given the
            intent that is about to leave, which does not stand in its own way.
        unblock: Cancels resting take-profits that take up the quantity of a position, and asks the gate that it is given
            before each of them; returns its refusal. Raises VenueUnavailable when it cannot say whether they are gone.
        build: Clamps what is left of a reduction to the fresh position and makes the intent. Its arguments are the plan,
            the reduction, the fresh position, the attempt (how many orders did not fill whole) and the sequence.
        means: What a plan needs beside the orders that reduce.
        bounds: How often and how long.
    """

    def __init__(
        self,
        *,
        sender: OrderSender,
        log: IntentLog,
        clock: Clock,
        read: FreshRead,
        gate: Gate,
        build: BuildIntent,
        unblock: Unblock,
        means: Means = BARE,
        bounds: Bounds = DEFAULT_BOUNDS,
    ) -> None:
        self._log = log
        self._clock = clock
        self._means = means
        self._hand = Hand(sender=sender, log=log, clock=clock, gate=gate, bounds=bounds)
        self._canceller = Canceller(sender=sender, clock=clock, means=means)
        self._reducer = Reducer(hand=self._hand, read=read, build=build, unblock=unblock, means=means)
        self._stops = StopPlacer(
            hand=self._hand, read=read, reducer=self._reducer, canceller=self._canceller, means=means
        )

    async def carry_out(self, plan: Plan) -> PlanResult:
        """Execute every step of the plan. Never raises for what a venue or a disk does.

        A step that fails ends the steps of its kind; stops are placed all the same, because they protect.

        Returns:
            DONE when every step was made or found made; REFUSED when nothing was sent; else FAILED.
        """
        receipts: list[Receipt] = []
        verified = ""
        self._canceller.cancelled.clear()
        try:
            self._log.plan_began(plan, self._clock.now())
            refusals = await self._steps(plan, receipts)
            state = self._state(refusals, receipts)
            verified = "" if state is PlanState.REFUSED else await self._verified(plan)
            reason = "; ".join(f"{refusal.reason}: {refusal.text}" for refusal in refusals)
            self._log.plan_ended(plan, state, reason, self._clock.now())
        except JournalError as error:
            # The disk is what failed, so it cannot be told. Intents already durable are resolved from the venue
            # later; until then they block the account.
            state, reason = PlanState.FAILED, f"journal: {error}"
        return PlanResult(
            plan=plan,
            state=state,
            reason=reason,
            receipts=tuple(receipts),
            cancelled=tuple(self._canceller.cancelled),
            verified=verified,
        )

    async def resolve(self, intent: Intent) -> Receipt:
        """Ask the venue what became of an intent until it is certain, or until the bound on questions.

        Raises:
            JournalError: What was learned could not be made durable; the intent stays unresolved.
        """
        return await self._hand.resolve(intent)

    async def _steps(self, plan: Plan, receipts: list[Receipt]) -> tuple[Refusal, ...]:
        """Everything that stood against a step, each once, in order; empty when all were made."""
        refusals: list[Refusal | None] = [*await self._canceller.cancel_all(plan)]
        for reduction in plan.reductions:
            stopped = await self._reducer.reduce(plan, reduction, receipts, self.resolve)
            refusals.append(stopped)
            if stopped is not None:
                break
            refusals.append(await self._stops.resize(plan, reduction, receipts, self.resolve))
        refusals += [await self._stops.place(plan, stop, receipts, self.resolve) for stop in plan.stops]
        return tuple(dict.fromkeys(refusal for refusal in refusals if refusal is not None))

    async def _verified(self, plan: Plan) -> str:
        if self._means.verify is None:
            return ""
        try:
            return await self._means.verify(plan)
        except VenueUnavailable as error:
            return f"not known: {error}"

    def _state(self, refusals: Sequence[Refusal], receipts: Sequence[Receipt]) -> PlanState:
        if not refusals:
            return PlanState.DONE
        sent = any(receipt.status is not OrderStatus.NOT_BOOKED for receipt in receipts)
        return PlanState.FAILED if sent or self._canceller.cancelled else PlanState.REFUSED

    def _known(self, intent: Intent, status: OrderStatus, detail: str, code: str = "") -> Receipt:
        return self._hand.known(intent, status, detail, code)
