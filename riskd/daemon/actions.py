"""From proposals to orders: the guard decides, an executor carries out, people are told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Protocol

import structlog

from riskd.act.clamp import Fresh, OrderStyle, Pricing, Stamp, intent_for
from riskd.act.guard import check, check_order
from riskd.act.identity import Identity
from riskd.act.message_plan import execution_message, plan_message, refusal_message
from riskd.act.proposal import Proposal
from riskd.act.refusal import Refusal, RefusalReason
from riskd.cycle import CycleResult
from riskd.daemon.gate import Gatekeeper, observing
from riskd.daemon.memory import Memory
from riskd.daemon.patience import finish_or_cancel
from riskd.daemon.settings import OrderSettings
from riskd.errors import JournalError
from riskd.execution import Executor, FreshRead, PlanResult, Unblock
from riskd.model.desk import Mode
from riskd.model.instrument import Instrument
from riskd.model.message import Message
from riskd.model.order import Intent, Plan, PlanState, Reduction
from riskd.ports import Clock, OrderSender

# Reasons that pass by themselves within a few cycles: they are logged and recorded, not said to people.
_ROUTINE = frozenset(
    {
        RefusalReason.COOLDOWN,
        RefusalReason.WARMING_UP,
        RefusalReason.PLAN_OPEN,
        RefusalReason.UNRESOLVED_INTENT,
    }
)
# Each slice that the collar keeps from filling widens it: 1, 2 and 4 times what the house states, then the market. In a
# crash the book is far below the mark, and an order that never fills protects nobody.
_COLLARS = (1, 2, 4)
_PLAN_LIFE = timedelta(minutes=5)
_CLOSING_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """What an armed account can do.

    Attributes:
        read: One position, read afresh and completely.
        unblock: Cancels resting take-profits that stand in the way.
    """

    sender: OrderSender
    read: FreshRead
    unblock: Unblock


class PlanListener(Protocol):
    """Somebody who wants to know how plans end."""

    def after_plan(self, result: PlanResult) -> None:
        """A plan ended."""


class Actions:
    """At most one plan for each account, as a task beside the watch.

    Args:
        armed: By account; an account without an entry only observes, because no object exists that could send.
        say: Makes a message durable and queues it.
        listeners: Told of every plan that ended.
        executor: Carries out plans.
    """

    def __init__(
        self,
        *,
        armed: Mapping[str, Armed],
        memory: Memory,
        gatekeeper: Gatekeeper,
        clock: Clock,
        identity: Identity,
        settings: OrderSettings,
        say: Callable[[Message], None],
        listeners: Sequence[PlanListener] = (),
        executor: type[Executor] = Executor,
    ) -> None:
        self._armed = armed
        self._memory = memory
        self._gatekeeper = gatekeeper
        self._clock = clock
        self._identity = identity
        self._settings = settings
        self._say = say
        self._listeners = listeners
        self._make_executor = executor
        self._instruments: dict[str, Instrument] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._proposed: set[tuple[str, str, int]] = set()
        self._log = structlog.get_logger("riskd")

    @property
    def is_armed(self) -> bool:
        """Whether there is any account for which an order could be sent."""
        return bool(self._armed)

    def begin(self) -> None:
        """After a start: end plans that the last run left open, and ask the venues about orders of unknown outcome."""
        self._end_interrupted("interrupted by a restart")
        self._resolve_open()

    def after_cycle(self, result: CycleResult) -> None:
        """Look at the proposals of a cycle. Orders of unknown outcome are asked about in every cycle, whatever else."""
        self._instruments = {i.symbol: i for i in result.snapshot.instruments}
        self._gatekeeper.after_cycle(result)
        self._end_interrupted("its end could not be written down when it came")
        self._resolve_open()
        for proposal in result.proposals:
            self._consider(proposal)

    @property
    def busy(self) -> frozenset[str]:
        """Accounts with something under way."""
        return frozenset(account for account, task in self._running.items() if not task.done())

    async def close(self) -> None:
        """Give what is under way a moment, then let go: intents that stay open are resolved after the next start."""
        await finish_or_cancel(self._running.values(), self._clock, patience_seconds=_CLOSING_SECONDS)
        for armed in self._armed.values():
            await armed.sender.close()

    async def abandon(self) -> None:
        """Drop what is under way and release connections."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        for armed in self._armed.values():
            await armed.sender.close()

    def _consider(self, proposal: Proposal) -> None:
        plan = proposal.plan
        if observing(proposal.permissions):
            return
        refusal = check(plan, self._gatekeeper.facts(proposal))
        if refusal is None and plan.account in self._armed and plan.account not in self.busy:
            self._start(plan.account, self._carry_out(proposal))
        elif refusal is not None and refusal.reason is RefusalReason.NOT_APPROVED:
            self._propose(proposal)
        elif refusal is not None:
            self._log.info("not_acting", plan=plan.id, account=plan.account, reason=refusal.reason.value)
            if refusal.reason not in _ROUTINE:
                self._say_once(plan, refusal)

    def _propose(self, proposal: Proposal) -> None:
        """Say what would be sent, once for each episode and rule. Nothing is sent, now or later: a person trades it."""
        plan = proposal.plan
        key = (plan.rule, plan.subject, plan.alert_episode)
        if key in self._proposed:
            return
        self._proposed.add(key)
        now = self._clock.now()
        self._memory.plan_proposed(plan, now)
        # Also where everything is armed and only the action is left to a person.
        self._say(plan_message(plan, proposal.rule.unit, mode=Mode.PROPOSE, expires_at=now + _PLAN_LIFE))

    def _say_once(self, plan: Plan, refusal: Refusal) -> None:
        """A refusal is said once for each episode, rule and reason, though it is met in every cycle."""
        key = (f"{plan.rule}|{refusal.reason.value}", plan.subject, plan.alert_episode)
        if key not in self._proposed:
            self._proposed.add(key)
            self._say(refusal_message(plan, refusal, at=self._clock.now()))

    async def _carry_out(self, proposal: Proposal) -> None:
        plan = proposal.plan
        now = self._clock.now()
        self._say(plan_message(plan, proposal.rule.unit, mode=proposal.mode, expires_at=now + _PLAN_LIFE))
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
        self._say(execution_message(plan, result.receipts, at=self._clock.now()))
        for listener in self._listeners:
            listener.after_plan(result)

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
        armed = self._armed[account]

        def gate(plan: Plan, reduction: Reduction, leaving: Intent | None) -> Refusal | None:
            facts = self._gatekeeper.facts(proposal, own_plan=plan.id, leaving=leaving)
            if leaving is not None:
                return check_order(Decimal(0), facts)  # its notional is already among what was intended
            # Slices are cut to the largest order, so the order that is checked is never larger than that.
            notional = min(reduction.quantity * reduction.mark_price, facts.house.order_notional_max)
            return check_order(notional, facts)

        return self._make_executor(
            sender=armed.sender,
            log=self._memory,
            clock=self._clock,
            read=armed.read,
            gate=gate,
            build=self._build,
            unblock=armed.unblock,
        )

    def _build(
        self, plan: Plan, reduction: Reduction, fresh: Fresh, attempt: int, sequence: int
    ) -> Intent | Refusal:
        """The next slice: inside a collar that widens with each attempt, then at market."""
        instrument = self._instruments.get(reduction.symbol)
        if instrument is None:
            return Refusal(
                RefusalReason.NOT_TRADABLE, f"{reduction.symbol}: its contract terms are not known"
            )
        largest = Decimal(str(self._settings.notional_per_order_max)) / fresh.mark_price
        cut = replace(
            instrument,
            quantity_max=min(instrument.quantity_max, largest),
            market_quantity_max=min(instrument.market_quantity_max, largest),
        )
        collared = attempt < len(_COLLARS)
        width = _COLLARS[attempt] if collared else 1
        style = OrderStyle(
            pricing=Pricing.COLLAR if collared else Pricing.MARKET,
            collar_rate=Decimal(str(self._settings.collar)) * width,
        )
        stamp = Stamp(identity=self._identity, plan_id=plan.id, sequence=sequence, now=self._clock.now())
        return intent_for(reduction, fresh, cut, style=style, stamp=stamp)

    def _end_interrupted(self, reason: str) -> None:
        """End plans that the journal has under way and that nobody carries out: each would block its account for ever."""
        now = self._clock.now()
        for record in self._memory.present(now).plans:
            if record.state is PlanState.EXECUTING and record.plan.account not in self.busy:
                try:
                    self._memory.plan_ended(record.plan, PlanState.FAILED, reason, now)
                except JournalError as error:
                    self._log.error("plan_not_ended", plan=record.plan.id, fault=str(error))

    def _resolve_open(self) -> None:
        for intent in self._memory.open_intents(self._clock.now()):
            if intent.account in self._armed and intent.account not in self.busy:
                self._start(intent.account, self._resolve(intent))

    async def _resolve(self, intent: Intent) -> None:
        executor = self._make_executor(
            sender=self._armed[intent.account].sender,
            log=self._memory,
            clock=self._clock,
            read=self._armed[intent.account].read,
            gate=_never,
            build=self._build,
            unblock=self._armed[intent.account].unblock,
        )
        try:
            receipt = await executor.resolve(intent)
        except JournalError as error:
            self._log.error("not_resolved", order=intent.client_order_id, fault=str(error))
        else:
            self._log.info("resolved", order=intent.client_order_id, status=receipt.status.value)

    def _start(self, account: str, work: Coroutine[None, None, None]) -> None:
        self._running[account] = asyncio.get_running_loop().create_task(work, name=f"orders of {account}")


def _never(_plan: Plan, _reduction: Reduction, _leaving: Intent | None) -> Refusal | None:
    return Refusal(RefusalReason.NOT_ARMED, "this executor only asks")
