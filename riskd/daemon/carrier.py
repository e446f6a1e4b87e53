"""Carries out a plan of an armed account with the order protocol, under the guard, and says what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Protocol

import structlog

from riskd.act.guard import HouseBounds, check_cancellation, check_order
from riskd.act.identity import Identity
from riskd.act.ladder import Ladder, Urgency, urgency_of
from riskd.act.message_execution import Ended, ended_messages
from riskd.act.proposal import Proposal
from riskd.act.refusal import Refusal, RefusalReason
from riskd.daemon.acting import Acting
from riskd.daemon.gate import Gatekeeper
from riskd.daemon.memory import Memory
from riskd.daemon.order_maker import OrderMaker
from riskd.errors import JournalError
from riskd.execution import Executor, PlanResult
from riskd.model.message import Message
from riskd.model.order import Intent, Plan, PlanState, Reduction
from riskd.ports import Clock


class PlanListener(Protocol):
    """Somebody who wants to know how plans end."""

    def after_plan(self, result: PlanResult) -> None:
        """A plan ended."""


class Carrier:
    """What carries out plans.

    Args:
        armed: By account; an account without an entry only observes, because no object exists that could send.
        bounds: The house's bounds at this moment.
        say: Makes a message durable and queues it.
        listeners: Told of every plan that ended.
        executor: Carries out plans.
    """

    def __init__(
        self,
        *,
        armed: Mapping[str, Acting],
        memory: Memory,
        gatekeeper: Gatekeeper,
        clock: Clock,
        identity: Identity,
        bounds: Callable[[], HouseBounds],
        say: Callable[[Message], None],
        listeners: Sequence[PlanListener] = (),
        executor: type[Executor] = Executor,
    ) -> None:
        self._armed = armed
        self._memory = memory
        self._gatekeeper = gatekeeper
        self._clock = clock
        self._identity = identity
        self._bounds = bounds
        self._say = say
        self._listeners = listeners
        self._make_executor = executor
        self._log = structlog.get_logger("riskd")

    def is_armed(self, account: str) -> bool:
        """Whether an order of an account could be sent at all."""
        return account in self._armed

    @property
    def accounts(self) -> frozenset[str]:
        """Accounts of which an order could be sent."""
        return frozenset(self._armed)

    async def close(self) -> None:
        """Release connections."""
        for armed in self._armed.values():
            await armed.sender.close()

    async def carry_out(self, proposal: Proposal) -> None:
        """Execute a plan that the guard has let through, and tell everybody how it ended."""
        plan = proposal.plan
        result = await self._guarded(plan, self._executor(plan.account, proposal))
        self._log.info(
            "plan_ended",
            plan=plan.id,
            account=plan.account,
            rule=plan.rule,
            state=result.state.value,
            orders=len(result.receipts),
            reason=result.reason,
        )
        for message in ended_messages(plan, result.receipts, at=self._clock.now(), ended=self._ended(result)):
            self._say(message)
        for listener in self._listeners:
            listener.after_plan(result)

    def _ended(self, result: PlanResult) -> Ended:
        orders = self._memory.present(self._clock.now()).orders
        return Ended(
            state=result.state,
            reason=result.reason,
            intents=[record.intent for record in orders if record.intent.plan_id == result.plan.id],
            cancelled=len(result.cancelled),
            verified=result.verified,
        )

    async def _guarded(self, plan: Plan, executor: Executor) -> PlanResult:
        """Carry out a plan; a failure of ours ends it in the open. Its intents, if any, are resolved with the venue."""
        try:
            return await executor.carry_out(plan)
        except Exception as error:  # noqa: BLE001 - said, logged and recorded; the plan must not stay open for ever
            self._log.exception("plan_broke", plan=plan.id)
            reason = f"internal error, {type(error).__name__}: {error}"
            with suppress(JournalError):  # the journal's own state is said by the recording
                self._memory.plan_ended(plan, PlanState.FAILED, reason, self._clock.now())
            return PlanResult(plan=plan, state=PlanState.FAILED, reason=reason, receipts=())

    def _executor(self, account: str, proposal: Proposal) -> Executor:
        acting = self._armed[account]

        urgency = _urgency(proposal)

        def gate(plan: Plan, reduction: Reduction, leaving: Intent | None) -> Refusal | None:
            facts = self._gatekeeper.facts(
                proposal, own_plan=plan.id, leaving=leaving, about=reduction, urgency=urgency
            )
            if leaving is not None:
                return check_order(Decimal(0), facts)  # its notional is already among what was intended
            # Slices are cut to the largest order, so the order that is checked is never larger than that.
            notional = min(reduction.quantity * reduction.mark_price, facts.house.order_notional_max)
            return check_order(notional, facts)

        def may_cancel(plan: Plan) -> Refusal | None:
            return check_cancellation(self._gatekeeper.facts(proposal, own_plan=plan.id))

        maker = self._maker(acting, urgency)
        return self._make_executor(
            sender=acting.sender,
            log=self._memory,
            clock=self._clock,
            read=acting.read,
            gate=gate,
            build=maker.reduce,
            unblock=acting.unblock,
            means=acting.means(maker=maker, urgency=urgency, may_cancel=may_cancel),
        )

    def _maker(self, acting: Acting, urgency: Urgency) -> OrderMaker:
        return OrderMaker(
            identity=self._identity,
            now=self._clock.now,
            terms=acting.terms,
            ladder=lambda: Ladder(
                collar_rate=self._bounds().collar_rate,
                order_notional_max=self._bounds().order_notional_max,
            ),
            urgency=urgency,
        )

    async def resolve(self, intent: Intent) -> None:
        """Ask the venue what became of an order of unknown outcome."""
        executor = self._make_executor(
            sender=self._armed[intent.account].sender,
            log=self._memory,
            clock=self._clock,
            read=self._armed[intent.account].read,
            gate=_never,
            build=self._maker(self._armed[intent.account], Urgency.URGENT).reduce,
            unblock=self._armed[intent.account].unblock,
        )
        try:
            receipt = await executor.resolve(intent)
        except JournalError as error:
            self._log.error("not_resolved", order=intent.client_order_id, fault=str(error))
        else:
            self._log.info("resolved", order=intent.client_order_id, status=receipt.status.value)


def _urgency(proposal: Proposal) -> Urgency:
    """Of the demand that leads; what a person asked for is done at once."""
    if not proposal.demands:
        return Urgency.URGENT
    leader = proposal.demands[0]
    return urgency_of(leader.action, leader.level, leader.rule.measure.name)


def _never(_plan: Plan, _reduction: Reduction, _leaving: Intent | None) -> Refusal | None:
    return Refusal(RefusalReason.NOT_ARMED, "this executor only asks")
