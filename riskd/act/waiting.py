"""A plan that waits for people: on what terms, what was said about it, and where it therefore stands.

Everything said is a vote, durable before it counts. Where a plan stands follows from its record and its votes alone, so that
a restart changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from riskd.act.decision import Verb, plan_digest
from riskd.model.desk import Mode
from riskd.model.order import Plan, PlanState

HOLD = timedelta(minutes=5)
"""What one hold adds to the time that people have."""

SUPERSEDED_BY = "superseded by "
"""What the reason of a plan begins with whose place a newer version took; its id follows."""


class AtTimeout(StrEnum):
    """What happens when nobody has decided in time."""

    EXPIRES = "expires"  # nothing is sent
    EXECUTES = "executes"  # the policy did not leave it to people: they had a moment to object


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms a plan waits.

    Attributes:
        approvals: How many different people must approve, >= 1.
        until: When their time is over, holds not counted.
        requester: Who asked for the plan; empty: a policy did.
    """

    approvals: int
    until: datetime
    at_timeout: AtTimeout
    requester: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One thing that somebody said about a plan, and that counted."""

    verb: Verb
    name: str
    via: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A plan, and everything that was said about it.

    Attributes:
        terms: None: people were never asked, so that nobody can release it.
        votes: Those that counted, oldest first.
        state: What the journal says became of it.
        reason: The same in words.
        changed_at: When it got that state.
    """

    plan: Plan
    terms: Terms | None
    votes: tuple[Vote, ...]
    state: PlanState
    reason: str
    changed_at: datetime

    @property
    def digest(self) -> str:
        """Names this very version of the plan."""
        return plan_digest(self.plan)

    @property
    def until(self) -> datetime:
        """When the time for people is over, holds counted."""
        begins = self.plan.created_at if self.terms is None else self.terms.until
        return begins + self.holds * HOLD

    @property
    def holds(self) -> int:
        """How often it was held."""
        return sum(vote.verb is Verb.HOLD for vote in self.votes)

    @property
    def approvers(self) -> tuple[str, ...]:
        """Who has approved, in order."""
        return tuple(dict.fromkeys(vote.name for vote in self.votes if vote.verb is Verb.APPROVE))

    @property
    def missing(self) -> int:
        """How many more people must approve."""
        return max(0, (1 if self.terms is None else self.terms.approvals) - len(self.approvers))

    @property
    def rejection(self) -> Vote | None:
        """The vote that ended it."""
        return next((vote for vote in self.votes if vote.verb is Verb.REJECT), None)

    @property
    def release(self) -> Vote | None:
        """The approval with which there were enough; None while there are not, and after a rejection."""
        if self.terms is None or self.missing or self.rejection is not None:
            return None
        return next(vote for vote in reversed(self.votes) if vote.verb is Verb.APPROVE)

    @property
    def waits(self) -> bool:
        """Whether people can still say something, time aside."""
        decided = self.rejection is not None or self.release is not None
        return self.state is PlanState.PROPOSED and self.terms is not None and not decided

    @property
    def newer(self) -> str:
        """Id of the version that took its place; empty: none did."""
        is_superseded = self.state is PlanState.WITHDRAWN and self.reason.startswith(SUPERSEDED_BY)
        return self.reason.removeprefix(SUPERSEDED_BY) if is_superseded else ""


def terms_of(
    *, people: int, mode: Mode, now: datetime, life: timedelta, countdown: timedelta, requester: str = ""
) -> Terms | None:
    """On what terms a plan waits; None: it waits for nobody, because the policy decides and no countdown is configured.

    What was left to people never goes out because they kept silent, whatever the mode.

    Args:
        people: How many must release it: the strictest of its actions, and at least one when it breaks a hedge.
        mode: How far it may go.
        life: How long people have.
        countdown: How long a plan that needs nobody is shown before it executes.
    """
    needed = max(people, 1) if mode is not Mode.ENFORCE else people
    if needed:
        return Terms(approvals=needed, until=now + life, at_timeout=AtTimeout.EXPIRES, requester=requester)
    if countdown <= timedelta(0):
        return None
    return Terms(approvals=1, until=now + countdown, at_timeout=AtTimeout.EXECUTES, requester=requester)


def prospect(waiting: Waiting) -> str:
    """What happens next with a plan that waits, in one sentence."""
    needs = f"{waiting.missing} {'person' if waiting.missing == 1 else 'people'}"
    end = f"{waiting.until:%H:%M:%S} UTC"
    if waiting.terms is not None and waiting.terms.at_timeout is AtTimeout.EXECUTES:
        return f"the policy executes it at {end} unless somebody rejects or holds it"
    return f"needs the approval of {needs} by {end}; otherwise it expires and nothing is sent"
