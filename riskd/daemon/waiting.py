"""Plans that wait for a person: proposed once, replaced when the book has changed, withdrawn when nothing asks for them.

Time-outs and people's words are the business of ``riskd.daemon.decisions``. What is here follows from the market alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from riskd.act.likeness import is_like
from riskd.act.proposal import Proposal
from riskd.act.waiting import SUPERSEDED_BY, AtTimeout, Terms
from riskd.daemon.decisions import Decisions
from riskd.daemon.memory import Memory
from riskd.errors import JournalError
from riskd.model.order import Plan, PlanState
from riskd.record.fold import PlanRecord

Key = tuple[str, str, int]
"""Rule, subject and episode: what a plan is about."""

BY_PEOPLE = frozenset({"flatten"})
"""Actions of plans that a person asked for: no alert holds them up, so none that ends takes them away."""

_WAITING = frozenset({PlanState.PROPOSED, PlanState.APPROVED})
_ASK_AGAIN_AFTER = timedelta(minutes=30)


class WaitingPlans:
    """The plans of a desk that are left to people.

    Args:
        memory: Keeps them durably.
        decisions: Rules on what people say about them.
        tell: Shows people a plan as it stands: one that is new to them, or one that is none any more.
    """

    def __init__(
        self,
        memory: Memory,
        decisions: Decisions,
        *,
        tell: Callable[[Plan], None],
    ) -> None:
        self._memory = memory
        self._decisions = decisions
        self._tell = tell
        self._log = structlog.get_logger("riskd")

    def begin(self, now: datetime) -> None:
        """After a start: let go of what the last run wrote down and died before asking anybody about."""
        self._decisions.begin(now)

    def after_cycle(self, proposals: Iterable[tuple[Proposal, Terms]], now: datetime) -> None:
        """Propose what is new, replace what has changed, withdraw what nobody asks for any more, end what is over.

        Args:
            proposals: Those that wait, each with the terms on which it would begin to.
        """
        records = self._memory.present(now).plans
        waiting = {key_of(record.plan): record for record in records if record.state in _WAITING}
        moving = {record.plan.account for record in records if record.state is PlanState.EXECUTING}
        for proposal, terms in proposals:
            record = waiting.pop(key_of(proposal.plan), None)
            if proposal.plan.account in moving:
                continue  # what a plan under way leaves is not known yet
            if record is None:
                if not self._was_answered(proposal, records, now):
                    self.propose(proposal, terms, now)
            elif not is_like(record.plan, proposal.plan):
                self._replace(record, proposal, terms, now)
        for record in waiting.values():
            if record.plan.action not in BY_PEOPLE:
                self._end(record.plan, PlanState.WITHDRAWN, "nothing asks for it any more", now)
        self._decisions.due(now)  # last, so that what is released is what the book of this moment asks for

    def approved(self, now: datetime) -> Mapping[Key, PlanRecord]:
        """Plans that people have released and that have not begun."""
        records = self._memory.present(now).plans
        return {key_of(record.plan): record for record in records if record.state is PlanState.APPROVED}

    def propose(self, proposal: Proposal, terms: Terms, now: datetime) -> bool:
        """Ask people about a plan. Durable first: False when that could not be written down, and nobody was asked."""
        is_kept = self._memory.plan_proposed(proposal.plan, now) and self._decisions.ask(
            proposal.plan, terms, now
        )
        if is_kept:
            self._tell(proposal.plan)
        return is_kept

    def _replace(self, record: PlanRecord, proposal: Proposal, terms: Terms, now: datetime) -> None:
        """The old version ends before the new one is shown: at no moment do two of them wait."""
        terms = self._counted_on(record.plan, terms, now)
        if self._end(record.plan, PlanState.WITHDRAWN, f"{SUPERSEDED_BY}{proposal.plan.id}", now):
            self.propose(proposal, terms, now)

    def _counted_on(self, old: Plan, terms: Terms, now: datetime) -> Terms:
        """A countdown goes on, holds counted: in a market that moves, one that began anew each time would never end."""
        waiting = self._decisions.of(old.id, now)
        if waiting is None or waiting.terms is None:
            return terms
        if AtTimeout.EXPIRES in (terms.at_timeout, waiting.terms.at_timeout):
            return terms
        return replace(terms, until=waiting.until)

    def _end(self, plan: Plan, state: PlanState, reason: str, now: datetime) -> bool:
        try:
            self._memory.plan_ended(plan, state, reason, now)
        except JournalError as error:
            self._log.error("plan_not_ended", plan=plan.id, fault=str(error))
            return False
        self._tell(plan)
        return True

    def _was_answered(self, proposal: Proposal, records: Iterable[PlanRecord], now: datetime) -> bool:
        """Whether people have said what they think of it already: rejected, or let it pass not long ago.

        A plan that would do something else, or for a level that has become worse, is another question.
        """
        key = key_of(proposal.plan)
        return any(
            key_of(record.plan) == key
            and is_like(record.plan, proposal.plan)
            and (
                record.state is PlanState.REJECTED
                or (record.state is PlanState.EXPIRED and now - record.changed_at < _ASK_AGAIN_AFTER)
            )
            for record in records
        )


def key_of(plan: Plan) -> Key:
    """What a plan is about."""
    return (plan.rule, plan.subject, plan.alert_episode)
