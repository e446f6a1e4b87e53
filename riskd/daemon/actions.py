"""From proposals to orders: the guard decides, a carrier carries out, people are told and asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from riskd.act.guard import check
from riskd.act.message_plan import plan_message, refusal_message, waiting_message
from riskd.act.message_unplanned import unplanned_message
from riskd.act.modes import Permissions
from riskd.act.proposal import Authority, Proposal, Unplanned
from riskd.act.refusal import Refusal, RefusalReason
from riskd.act.waiting import Terms, terms_of
from riskd.cycle import CycleResult
from riskd.daemon.arming import Part
from riskd.daemon.carrier import Carrier
from riskd.daemon.gate import Gatekeeper
from riskd.daemon.mandate import Mandate
from riskd.daemon.memory import Memory
from riskd.daemon.patience import finish_or_cancel
from riskd.daemon.settings_orders import OrderSettings
from riskd.daemon.waiting import BY_PEOPLE, WaitingPlans, key_of
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
_CLOSING_SECONDS = 2.0


class Actions:
    """At most one plan under way for each account, as a task beside the watch; others wait for people.

    Args:
        carrier: Sends what is to be sent.
        mandate: What people and the house allow.
        permit: How far riskd may go on an account where a person, and no policy, asks.
        settings: How long people have, and how long a plan that needs nobody is shown before it executes.
        say: Makes a message durable and queues it.
    """

    def __init__(
        self,
        *,
        carrier: Carrier,
        memory: Memory,
        mandate: Mandate,
        gatekeeper: Gatekeeper,
        clock: Clock,
        permit: Callable[[str], Permissions],
        settings: OrderSettings,
        say: Callable[[Message], None],
    ) -> None:
        self._carrier = carrier
        self._memory = memory
        self._permit = permit
        self._settings = settings
        self._decisions = mandate.decisions
        self._arming = mandate.arming
        self._gatekeeper = gatekeeper
        self._clock = clock
        self._say = say
        self._waiting = WaitingPlans(memory, mandate.decisions, tell=self._tell)
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
        self._waiting.begin(self._clock.now())
        self._resolve_open()

    def after_cycle(self, result: CycleResult) -> None:
        """Look at the proposals of a cycle. Orders of unknown outcome are asked about in every cycle, whatever else."""
        now = self._clock.now()
        self._gatekeeper.after_cycle(result)
        self._end_interrupted("its end could not be written down when it came")
        self._resolve_open()
        terms = [(proposal, self._terms(proposal, now)) for proposal in result.proposals]
        waiting = [(proposal, given) for proposal, given in terms if given is not None]
        self._waiting.after_cycle(waiting, now)
        for proposal in self._released([proposal for proposal, _ in waiting]):
            self._consider(proposal)
        for proposal, given in terms:
            if given is None and proposal.authority is Authority.POLICY:
                self._consider(proposal)
        for unplanned in result.unplanned:
            self._tell_unplanned(unplanned)

    def propose(self, plan: Plan, terms: Terms) -> bool:
        """Let a plan that a person asked for wait for others; False when that could not be made durable."""
        return self._waiting.propose(self._of_people(plan), terms, self._clock.now())

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

    def _terms(self, proposal: Proposal, now: datetime) -> Terms | None:
        """On what terms it waits; None: it does not, because the policy decides at once, or nobody may."""
        if proposal.authority is Authority.NOBODY:
            return None
        people = max((demand.action.approval.people for demand in proposal.demands), default=1)
        return terms_of(
            people=max(people, 1) if proposal.authority is Authority.PERSON else people,
            mode=proposal.mode,
            now=now,
            life=timedelta(seconds=self._settings.decide_within),
            countdown=timedelta(seconds=self._settings.countdown),
        )

    def _of_people(self, plan: Plan) -> Proposal:
        return Proposal(
            plan=plan, demands=(), permissions=self._permit(plan.account), authority=Authority.PERSON
        )

    def _released(self, proposals: Sequence[Proposal]) -> Iterator[Proposal]:
        """What was released and still is asked for: the plan as people saw it, on today's permissions."""
        asked = {key_of(each.plan): each for each in proposals}
        for key, record in self._waiting.approved(self._clock.now()).items():
            proposal = asked.get(key)
            if proposal is None and record.plan.action in BY_PEOPLE:
                proposal = self._of_people(record.plan)
            if proposal is not None:
                yield replace(proposal, plan=record.plan, released_by=record.reason or "a person")

    def _consider(self, proposal: Proposal) -> None:
        plan = proposal.plan
        refusal = check(plan, self._gatekeeper.facts(proposal)) or self._keyless(plan)
        if refusal is None:
            if plan.account not in self.busy:
                self._start(plan.account, self._begin(proposal))
            return
        if refusal.reason is RefusalReason.RULE_REPEATED:
            self._arming.disarm(Part.RULE, plan.rule, refusal.text, self._clock.now())
        self._log.info("not_acting", plan=plan.id, account=plan.account, reason=refusal.reason.value)
        if refusal.reason not in _ROUTINE:
            self._say_once(plan, refusal)

    def _keyless(self, plan: Plan) -> Refusal | None:
        """Why nothing can be sent though everything else allows it: there is no object that could."""
        if self._carrier.is_armed(plan.account):
            return None
        text = f"riskd has no key that may trade on {plan.account}: a person places these orders at the venue"
        return Refusal(RefusalReason.NOT_ARMED, text)

    async def _begin(self, proposal: Proposal) -> None:
        if not proposal.released_by:  # people who released it have read it
            expires_at = self._clock.now() + timedelta(seconds=self._settings.decide_within)
            self._say(plan_message(proposal.plan, proposal.unit, mode=proposal.mode, expires_at=expires_at))
        await self._carrier.carry_out(proposal)

    def _tell(self, plan: Plan) -> None:
        """Show a plan that people are or were asked about as it stands now."""
        waiting = self._decisions.of(plan.id, self._clock.now())
        if waiting is not None:
            self._say(waiting_message(waiting))

    def _tell_unplanned(self, unplanned: Unplanned) -> None:
        """That an alert asks for something which riskd cannot do is said once for each episode and reason."""
        key = (f"{unplanned.rule}|{unplanned.reason}", str(unplanned.subject), unplanned.episode)
        if key not in self._refused and self._may_act(unplanned):
            self._refused.add(key)
            self._say(unplanned_message(unplanned, at=self._clock.now()))

    def _may_act(self, unplanned: Unplanned) -> bool:
        """Whether riskd would have acted there: where it only observes, a plan that cannot be made is no news."""
        return not unplanned.account or self._permit(unplanned.account).mode is not Mode.OBSERVE

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
