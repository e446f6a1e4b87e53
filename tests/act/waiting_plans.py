"""Plans that wait, and people who say something about them."""

from __future__ import annotations

from datetime import datetime, timedelta

from riskd.act.decision import Actor, Ask, Role, Verb
from riskd.act.waiting import AtTimeout, Terms, Vote, Waiting
from riskd.model.order import Plan, PlanState
from tests.builders import NOW
from tests.record.builder import a_plan

LIFE = timedelta(minutes=5)


def an_actor(name: str = "ada", *roles: Role, via: str = "socket uid 1000") -> Actor:
    """Somebody who may decide plans, unless other roles are given."""
    given = roles or (Role.APPROVER,)
    return Actor(name=name, roles=frozenset(role.value for role in given), via=via)


def an_ask(
    verb: Verb = Verb.APPROVE,
    who: str = "ada",
    *,
    after: float = 1.0,
    digest: str = "",
    plan_id: str = "plan-1",
    actor: Actor | None = None,
) -> Ask:
    """What somebody says, so many seconds after the plan was shown."""
    at = NOW + timedelta(seconds=after)
    return Ask(plan_id=plan_id, digest=digest, verb=verb, actor=actor or an_actor(who), at=at)


def terms(
    approvals: int = 1,
    *,
    until: datetime = NOW + LIFE,
    at_timeout: AtTimeout = AtTimeout.EXPIRES,
    requester: str = "",
) -> Terms:
    """On what terms a plan waits."""
    return Terms(approvals=approvals, until=until, at_timeout=at_timeout, requester=requester)


def waiting(
    *votes: Vote,
    on: Terms | None = terms(),  # noqa: B008 - frozen
    state: PlanState = PlanState.PROPOSED,
    reason: str = "",
    plan: Plan | None = None,
) -> Waiting:
    """A plan that waits."""
    return Waiting(plan=plan or a_plan(), terms=on, votes=votes, state=state, reason=reason, changed_at=NOW)


def a_vote(verb: Verb = Verb.APPROVE, who: str = "ada", *, after: float = 1.0) -> Vote:
    """Something that was said and counted."""
    return Vote(verb=verb, name=who, via="socket uid 1000", at=NOW + timedelta(seconds=after))
