"""Whether what somebody says about a plan counts. One decision wins; whoever comes later is told who was first."""

from __future__ import annotations

from riskd.act.decision import DIGEST_LEAST, Ask, Outcome, Role, Ruling, Verb
from riskd.act.waiting import HOLD, Vote, Waiting
from riskd.model.order import PlanState

HOLDS_MAX = 3
"""How often a plan may be held, by whomever: what it protects does not wait for ever."""


def ruling_on(waiting: Waiting | None, ask: Ask) -> Ruling:
    """What to answer. Where the ruling counts, the vote is to be made durable, and only then believed.

    Args:
        waiting: The plan that is asked about; None: there is none of that id.
    """
    if waiting is None:
        return Ruling(
            outcome=Outcome.UNKNOWN, text=f"no plan {ask.plan_id} is known of the last day", plan=None
        )
    refused = _not_now(waiting, ask)
    if refused is not None:
        return refused
    match ask.verb:
        case Verb.APPROVE:
            return _approve(waiting, ask)
        case Verb.HOLD:
            return _hold(waiting, ask)
        case Verb.REJECT:
            return _ruling(waiting, Outcome.ACCEPTED, f"rejected by {ask.actor.name}; nothing is sent")


def vote_of(ask: Ask) -> Vote:
    """What somebody said, as it is kept."""
    return Vote(verb=ask.verb, name=ask.actor.name, via=ask.actor.via, at=ask.at)


def _not_now(waiting: Waiting, ask: Ask) -> Ruling | None:
    """Why the vote cannot count, whatever it is."""
    if Role.APPROVER not in ask.actor.roles:
        text = f"{ask.actor.name} may not decide plans: that takes the role approver"
        return _ruling(waiting, Outcome.NOT_ALLOWED, text)
    if waiting.newer:
        text = f"plan {waiting.plan.id} was superseded by {waiting.newer}: look at that one"
        return _ruling(waiting, Outcome.SUPERSEDED, text)
    if not _is_this_version(waiting, ask.digest):
        text = f"plan {waiting.plan.id} is not the version that was shown: look at it again"
        return _ruling(waiting, Outcome.SUPERSEDED, text)
    if not waiting.waits:
        return _too_late(waiting)
    if ask.at >= waiting.until:
        return _ruling(waiting, Outcome.EXPIRED, f"time was over at {waiting.until:%H:%M:%S} UTC")
    return None


def _is_this_version(waiting: Waiting, digest: str) -> bool:
    return digest == "" or (len(digest) >= DIGEST_LEAST and waiting.digest.startswith(digest.lower()))


def _too_late(waiting: Waiting) -> Ruling:
    """Somebody, or the market, was first."""
    rejection, release = waiting.rejection, waiting.release
    became = _BECAME.get(waiting.state, "")
    if rejection is not None:
        return _ruling(waiting, Outcome.DECIDED, f"{_first(rejection, 'rejected')}; nothing is sent")
    if release is not None:
        return _ruling(
            waiting,
            Outcome.DECIDED,
            f"{_first(release, 'approved')}; {became or 'nothing has been sent yet'}",
        )
    if waiting.state in (PlanState.EXPIRED, PlanState.WITHDRAWN):
        return _ruling(
            waiting, Outcome.EXPIRED, f"{waiting.state.value}: {waiting.reason or 'nobody answered in time'}"
        )
    if waiting.terms is None and waiting.state is PlanState.PROPOSED:
        return _ruling(waiting, Outcome.EXPIRED, "people were not asked about it: wait for its next version")
    return _ruling(waiting, Outcome.DECIDED, f"the policy has decided: {became or waiting.state.value}")


_BECAME = {
    PlanState.EXECUTING: "it is being executed",
    PlanState.DONE: "it was executed",
    PlanState.REFUSED: "the guard refused it, nothing was sent",
    PlanState.FAILED: "it failed on the way",
    PlanState.EXPIRED: "it could not begin in time, nothing was sent",
    PlanState.WITHDRAWN: "nothing asks for it any more, nothing was sent",
}


def _first(vote: Vote, word: str) -> str:
    return f"{word} by {vote.name} at {vote.at:%H:%M:%S} UTC ({vote.via})"


def _approve(waiting: Waiting, ask: Ask) -> Ruling:
    terms = waiting.terms
    assert terms is not None, "a plan that waits has terms"
    if terms.approvals > 1 and ask.actor.name == terms.requester:
        text = f"{ask.actor.name} asked for this plan: it takes {terms.approvals} other people"
        return _ruling(waiting, Outcome.SAME_PERSON, text)
    if ask.actor.name in waiting.approvers:
        return _ruling(
            waiting, Outcome.SAME_PERSON, f"{ask.actor.name} has approved already: another person is needed"
        )
    if waiting.missing > 1:
        left = waiting.missing - 1
        more = "one more person is" if left == 1 else f"{left} more people are"
        return _ruling(waiting, Outcome.COUNTED, f"approved by {ask.actor.name}; {more} needed")
    return _ruling(waiting, Outcome.ACCEPTED, f"approved by {ask.actor.name}; nothing has been sent yet")


def _hold(waiting: Waiting, ask: Ask) -> Ruling:
    if waiting.holds >= HOLDS_MAX:
        text = f"held {waiting.holds} times already, which is as often as may be: approve it or reject it"
        return _ruling(waiting, Outcome.NOT_ALLOWED, text)
    text = f"held by {ask.actor.name} until {waiting.until + HOLD:%H:%M:%S} UTC"
    return _ruling(waiting, Outcome.ACCEPTED, text)


def _ruling(waiting: Waiting, outcome: Outcome, text: str) -> Ruling:
    return Ruling(outcome=outcome, text=text, plan=waiting.plan, newer=waiting.newer)
