"""From proposals to orders: the guard decides, a carrier carries out, people are told and asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from riskd.act.guard import check
from riskd.act.message_plan import plan_message, refusal_message
from riskd.act.proposal import Authority, Proposal
from riskd.act.refusal import Refusal, RefusalReason
from riskd.cycle import CycleResult
from riskd.daemon.carrier import Carrier
from riskd.daemon.gate import Gatekeeper
from riskd.daemon.memory import Memory
from riskd.daemon.patience import finish_or_cancel
from riskd.daemon.waiting import WaitingPlans, key_of
from riskd.errors import JournalError
from riskd.model.desk import Mode
from riskd.model.message import Message
from riskd.model.order import Plan, PlanState
from riskd.ports import Clock

# Reasons that pass by themselves within a few cycles: they are logged and recorded, not said to people.
_ROUTINE = frozenset(
    {
        RefusalReason.COOLDOWN,
        RefusalReason.WARMING_UP,
        RefusalReason.PLAN_OPEN,
        RefusalReason.UNRESOLVED_INTENT,
    }
)
PLAN_LIFE = timedelta(minutes=5)
"""How long a plan waits for a person."""

_CLOSING_SECONDS = 2.0


class Actions:
    """At most one plan under way for each account, as a task beside the watch; others wait for people.

    Args:
        carrier: Sends what is to be sent.
        say: Makes a message durable and queues it.
    """

    def __init__(
        self,
        *,
        carrier: Carrier,
        memory: Memory,
        gatekeeper: Gatekeeper,
        clock: Clock,
        say: Callable[[Message], None],
    ) -> None:
        self._carrier = carrier
        self._memory = memory
        self._gatekeeper = gatekeeper
        self._clock = clock
        self._say = say
        self._waiting = WaitingPlans(memory, shown=self._ask_people, gone=self._tell_gone)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._refused: set[tuple[str, str, int]] = set()
        self._log = structlog.get_logger("riskd")

    @property
    def is_armed(self) -> bool:
        """Whether there is any account for which an order could be sent."""
        return bool(self._carrier.accounts)

    def begin(self) -> None:
        """After a start: end plans that the last run left open, and ask the venues about orders of unknown outcome."""
        self._end_interrupted("interrupted by a restart")
        self._resolve_open()

    def after_cycle(self, result: CycleResult) -> None:
        """Look at the proposals of a cycle. Orders of unknown outcome are asked about in every cycle, whatever else."""
        now = self._clock.now()
        self._carrier.look(result.snapshot.instruments)
        self._gatekeeper.after_cycle(result)
        self._end_interrupted("its end could not be written down when it came")
        self._resolve_open()
        self._waiting.after_cycle(result.proposals, now)
        for proposal in (*self._released(result.proposals), *result.proposals):
            if proposal.authority is Authority.POLICY or proposal.released_by:
                self._consider(proposal)

    @property
    def busy(self) -> frozenset[str]:
        """Accounts with something under way."""
        return frozenset(account for account, task in self._running.items() if not task.done())

    async def close(self) -> None:
        """Give what is under way a moment, then let go: intents that stay open are resolved after the next start."""
        await finish_or_cancel(self._running.values(), self._clock, patience_seconds=_CLOSING_SECONDS)
        await self._carrier.close()

    async def abandon(self) -> None:
        """Drop what is under way and release connections."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        await self._carrier.close()

    def _released(self, proposals: Sequence[Proposal]) -> tuple[Proposal, ...]:
        """What people have released and still is asked for: the plan as they saw it, on today's permissions."""
        asked: Mapping[object, Proposal] = {
            key_of(each.plan): each for each in proposals if each.authority is Authority.PERSON
        }
        approved = self._waiting.approved(self._clock.now())
        return tuple(
            replace(asked[key], plan=record.plan, released_by=record.reason or "a person")
            for key, record in approved.items()
            if key in asked
        )

    def _consider(self, proposal: Proposal) -> None:
        plan = proposal.plan
        refusal = check(plan, self._gatekeeper.facts(proposal))
        if refusal is None and self._carrier.is_armed(plan.account) and plan.account not in self.busy:
            self._start(plan.account, self._begin(proposal))
        elif refusal is not None:
            self._log.info("not_acting", plan=plan.id, account=plan.account, reason=refusal.reason.value)
            if refusal.reason not in _ROUTINE:
                self._say_once(plan, refusal)

    async def _begin(self, proposal: Proposal) -> None:
        if not proposal.released_by:  # people who released it have read it
            expires_at = self._clock.now() + PLAN_LIFE
            self._say(plan_message(proposal.plan, proposal.unit, mode=proposal.mode, expires_at=expires_at))
        await self._carrier.carry_out(proposal)

    def _ask_people(self, proposal: Proposal) -> None:
        expires_at = self._clock.now() + PLAN_LIFE
        # Also where everything is armed and only the action is left to a person.
        self._say(plan_message(proposal.plan, proposal.unit, mode=Mode.PROPOSE, expires_at=expires_at))

    def _tell_gone(self, plan: Plan, state: PlanState, reason: str) -> None:
        self._log.info("plan_ended", plan=plan.id, account=plan.account, state=state.value, reason=reason)

    def _say_once(self, plan: Plan, refusal: Refusal) -> None:
        """A refusal is said once for each episode, rule and reason, though it is met in every cycle."""
        key = (f"{plan.rule}|{refusal.reason.value}", plan.subject, plan.alert_episode)
        if key not in self._refused:
            self._refused.add(key)
            self._say(refusal_message(plan, refusal, at=self._clock.now()))

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
            if self._carrier.is_armed(intent.account) and intent.account not in self.busy:
                self._start(intent.account, self._carrier.resolve(intent))

    def _start(self, account: str, work: Coroutine[None, None, None]) -> None:
        self._running[account] = asyncio.get_running_loop().create_task(work, name=f"orders of {account}")
