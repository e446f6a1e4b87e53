"""Decisions about plans: durable before anybody is told, exactly one wins, and a restart changes nothing.

Nothing is kept here. Where a plan stands is read from the journal's fold each time, so that what is believed while riskd runs
is what it would read after being killed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from riskd.act.decision import Ask, Outcome, Ruling, Verb
from riskd.act.ruling import ruling_on, vote_of
from riskd.act.waiting import AtTimeout, Terms, Vote, Waiting
from riskd.model.journal import EntryKind
from riskd.model.order import Plan, PlanState
from riskd.record.bodies import Decision, decision_body, plan_state_body
from riskd.record.fields import JsonObject
from riskd.record.fold import PlanRecord, Remembered

RELEASE_LASTS = timedelta(minutes=5)
"""A plan that was released and could not begin for so long is none any more: the book has moved on."""

BY_THE_POLICY = "the policy: nobody objected in time"
"""Who has released a plan whose countdown ended."""

_ASKED = "ask"
_VERBS = frozenset(verb.value for verb in Verb)


class Remembers(Protocol):
    """What is used of ``riskd.daemon.memory.Memory``."""

    def present(self, now: datetime) -> Remembered:
        """Everything remembered, plans of the last day included."""
        ...

    def note(self, kind: EntryKind, body: JsonObject, now: datetime) -> bool:
        """Write down; False when the journal cannot be written."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Something that became of a plan by a person's word or by the end of its time.

    Attributes:
        word: ``approved``, ``counted``, ``held``, ``rejected``, ``expired`` or ``released`` (its countdown ended).
        person: Who; for time-outs, what.
        waiting: The plan as it stands now.
    """

    plan: Plan
    word: str
    person: str
    at: datetime
    waiting: Waiting


class Decisions:
    """Rules on what people say about plans, and on the end of their time.

    Args:
        memory: Keeps all of it.
        tell: Told of everything that was decided, once it is durable.
    """

    def __init__(self, memory: Remembers, *, tell: Callable[[Decided], None]) -> None:
        self._memory = memory
        self._tell = tell

    def begin(self, now: datetime) -> None:
        """After a start: withdraw plans that the last run recorded and died before asking anybody about.

        What asks for them makes a new one in the next cycle.
        """
        for waiting in self._all(now):
            if waiting.terms is None and waiting.state is PlanState.PROPOSED:
                self._move(waiting.plan, PlanState.WITHDRAWN, "nobody was asked about it", now)

    def ask(self, plan: Plan, terms: Terms, now: datetime) -> bool:
        """Let a recorded plan wait on these terms; False when that could not be made durable, and it does not wait."""
        decision = Decision(
            what=_ASKED,
            actor="",
            target=plan.id,
            until=terms.until,
            note="",
            facts=(
                ("approvals", str(terms.approvals)),
                ("at_timeout", terms.at_timeout.value),
                ("requester", terms.requester),
            ),
        )
        return self._memory.note(EntryKind.DECISION, decision_body(decision), now)

    def decide(self, ask: Ask) -> Ruling:
        """Rule on what somebody says. When the answer counts, it is on the disk already."""
        ruling = ruling_on(self.of(ask.plan_id, ask.at), ask)
        if not ruling.counts or ruling.plan is None:
            return ruling
        if not self._memory.note(EntryKind.DECISION, decision_body(_vote_text(ask)), ask.at):
            text = "the journal cannot be written, so nothing was decided; try again, or pull the kill switch"
            return Ruling(outcome=Outcome.NOT_ALLOWED, text=text, plan=ruling.plan)
        self._follow(ruling.plan, ask.at)
        word = "counted" if ruling.outcome is Outcome.COUNTED else _WORDS[ask.verb]
        self._say(ruling.plan, word, ask.actor.name, ask.at)
        return ruling

    def of(self, plan_id: str, now: datetime) -> Waiting | None:
        """Where a plan stands; None when none of this id is known of the last day."""
        return next((waiting for waiting in self._all(now) if waiting.plan.id == plan_id), None)

    def standing(self, now: datetime) -> tuple[Waiting, ...]:
        """Plans about which people can still say something."""
        return tuple(waiting for waiting in self._all(now) if waiting.waits and now < waiting.until)

    def recent(self, now: datetime) -> tuple[Waiting, ...]:
        """Every plan of the last day, oldest first."""
        return self._all(now)

    def due(self, now: datetime) -> None:
        """End the time of plans whose time is over; to be called in every cycle.

        One that was left to people expires, one whose countdown ended is released, and one that was released long ago and
        did not begin expires too. A release whose state could not be written when it came is written now.
        """
        for waiting in self._all(now):
            if waiting.state is PlanState.PROPOSED and waiting.terms is not None:
                self._end_of_time(waiting, waiting.terms, now)
            elif waiting.state is PlanState.APPROVED and now - waiting.changed_at >= RELEASE_LASTS:
                self._expire(waiting, "it was released and could not begin in time", now)

    def _end_of_time(self, waiting: Waiting, terms: Terms, now: datetime) -> None:
        if waiting.rejection is not None:
            self._follow(waiting.plan, now)
        elif waiting.release is not None:
            if now - waiting.release.at < RELEASE_LASTS:
                self._follow(waiting.plan, now)
            else:
                self._expire(waiting, "it was released and could not begin in time", now)
        elif now >= waiting.until:
            if terms.at_timeout is AtTimeout.EXPIRES:
                self._expire(waiting, "nobody decided in time", now)
            elif self._move(waiting.plan, PlanState.APPROVED, BY_THE_POLICY, now):
                self._say(waiting.plan, "released", BY_THE_POLICY, now)

    def _expire(self, waiting: Waiting, reason: str, now: datetime) -> None:
        if self._move(waiting.plan, PlanState.EXPIRED, reason, now):
            self._say(waiting.plan, "expired", reason, now)

    def _follow(self, plan: Plan, now: datetime) -> None:
        """Write down the state that the votes have led to; votes alone would do, and others look at states."""
        waiting = self.of(plan.id, now)
        if waiting is None or waiting.state is not PlanState.PROPOSED:
            return
        if waiting.rejection is not None:
            self._move(plan, PlanState.REJECTED, waiting.rejection.name, now)
        elif waiting.release is not None:
            self._move(plan, PlanState.APPROVED, " and ".join(waiting.approvers), now)

    def _move(self, plan: Plan, state: PlanState, reason: str, now: datetime) -> bool:
        return self._memory.note(EntryKind.PLAN_STATE, plan_state_body(plan.id, state, reason), now)

    def _say(self, plan: Plan, word: str, person: str, now: datetime) -> None:
        waiting = self.of(plan.id, now)
        assert waiting is not None, "a plan of which something became is remembered"
        self._tell(Decided(plan=plan, word=word, person=person, at=now, waiting=waiting))

    def _all(self, now: datetime) -> tuple[Waiting, ...]:
        found = self._memory.present(now)
        said: dict[str, list[tuple[datetime, Decision]]] = {}
        for at, decision in found.decisions:
            said.setdefault(decision.target, []).append((at, decision))
        return tuple(waiting_of(record, said.get(record.plan.id, ())) for record in found.plans)


def waiting_of(record: PlanRecord, said: Iterable[tuple[datetime, Decision]]) -> Waiting:
    """A plan and what was said about it, as the journal has both.

    Args:
        said: Decisions about this plan, oldest first.
    """
    terms: Terms | None = None
    votes: list[Vote] = []
    for at, decision in said:
        if decision.what == _ASKED and decision.until is not None:
            terms = Terms(
                approvals=int(decision.fact("approvals")),
                until=decision.until,
                at_timeout=AtTimeout(decision.fact("at_timeout")),
                requester=decision.fact("requester"),
            )
        elif decision.what in _VERBS:
            votes.append(Vote(verb=Verb(decision.what), name=decision.actor, via=decision.via, at=at))
    return Waiting(
        plan=record.plan,
        terms=terms,
        votes=tuple(votes),
        state=record.state,
        reason=record.reason,
        changed_at=record.changed_at,
    )


_WORDS = {Verb.APPROVE: "approved", Verb.HOLD: "held", Verb.REJECT: "rejected"}


def _vote_text(ask: Ask) -> Decision:
    vote = vote_of(ask)
    facts = (("digest", ask.digest),) if ask.digest else ()
    return Decision(
        what=vote.verb.value,
        actor=vote.name,
        target=ask.plan_id,
        until=None,
        note="",
        via=vote.via,
        facts=facts,
    )
