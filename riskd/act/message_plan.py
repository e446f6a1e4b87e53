"""A plan as a message: what it would do, who is asked, what happens when nobody answers, and what became of it.

Proposed, approved, sent and filled are four different things, and each message says which of them is true. A plan has one
post, a reply under the alert that asked for it; everything that becomes of the plan edits that post, so that nobody reads
an old word on it. What its orders did is in ``riskd.act.message_execution``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from riskd.act.decision import Role
from riskd.act.message import clock_words, root_key
from riskd.act.plan_words import (
    count,
    effect_lines,
    hedge_lines,
    left_lines,
    money_line,
    notional,
    steps_table,
    summary,
    usd,
)
from riskd.act.refusal import Refusal
from riskd.act.waiting import AtTimeout, Waiting
from riskd.measure.spec import Unit
from riskd.model.desk import Mode
from riskd.model.message import Message, MessageKind, Question
from riskd.model.order import Plan, PlanState
from riskd.model.verdict import Level


def plan_key(plan_id: str) -> str:
    """Key of the post of a plan."""
    return f"plan|{plan_id}"


def plan_message(plan: Plan, unit: Unit, *, mode: Mode, expires_at: datetime) -> Message:
    """A plan about which nobody is asked, and what becomes of it.

    Args:
        plan: No order of it exists yet.
        unit: Of the rule's measure.
        mode: Whether riskd sends it: the weakest permission.
        expires_at: Until when a person may trade on a plan that riskd does not send.
    """
    told = _post(plan, summary(plan, unit), (_prospect(mode, expires_at), *_details(plan)))
    return replace(told, table=steps_table(plan))


def waiting_message(waiting: Waiting) -> Message:
    """A plan that people are or were asked about, as it stands now.

    The first one, before anybody has said anything, is the plan's own post. Each later one edits it.
    """
    plan = waiting.plan
    if waiting.waits:
        body = (*_asking(waiting), *_votes(waiting), *_details(plan))
        shown = _post(plan, f"{summary(plan)}. {timeout_words(waiting)}", body)
        shown = replace(shown, table=steps_table(plan), question=_question(waiting))
    else:
        shown = _post(plan, _became(waiting), (*_votes(waiting), f"It would {summary(plan)}."))
    is_first = waiting.state is PlanState.PROPOSED and not waiting.votes
    return shown if is_first else _edit(shown, f"{waiting.state.value}|{len(waiting.votes)}")


def again(waiting: Waiting) -> Message:
    """The same as an edit, whatever it is: for a post that people see and that was left behind."""
    shown = waiting_message(waiting)
    return shown if shown.edits_root else _edit(shown, "again")


def timeout_words(waiting: Waiting) -> str:
    """What happens when nobody answers: said before, and kept to."""
    by = f"If nobody answers by {waiting.until:%H:%M:%S} UTC"
    if waiting.terms is not None and waiting.terms.at_timeout is AtTimeout.EXECUTES:
        return f"{by}: the policy executes this plan."
    return f"{by}: the plan expires, nothing is sent."


def refusal_message(plan: Plan, refusal: Refusal, *, at: datetime) -> Message:
    """A plan or its next order was refused by the guard. Nothing was sent."""
    return Message(
        key=f"{plan_key(plan.id)}|refused|{refusal.reason.value}",
        kind=MessageKind.EXECUTION,
        level=Level.CRITICAL,
        thread=alert_of(plan),
        edits_root=False,
        headline=f"NOT SENT, plan {plan.id} for {plan.account}: {refusal.text}",
        fields=(("Reason", refusal.reason.value), ("At", clock_words(at))),
    )


def alert_of(plan: Plan) -> str:
    """Key of the root message of the alert that asked for a plan."""
    return root_key(plan.rule, plan.subject, plan.alert_episode)


def _post(plan: Plan, text: str, body: tuple[str, ...]) -> Message:
    return Message(
        key=plan_key(plan.id),
        kind=MessageKind.PLAN,
        level=Level.CRITICAL,
        thread=alert_of(plan),
        edits_root=False,
        headline=f"PLAN {plan.id} for {plan.account}: {text}",
        fields=(("Rule", plan.rule), ("Snapshot", str(plan.snapshot_id))),
        body=body,
    )


def _edit(message: Message, version: str) -> Message:
    return replace(message, key=f"{message.key}|{version}", thread=message.key, edits_root=True)


def _details(plan: Plan) -> tuple[str, ...]:
    """The most important first: a channel cuts at the end."""
    return (*hedge_lines(plan), *money_line(plan), *effect_lines(plan), *left_lines(plan))


def _asking(waiting: Waiting) -> Iterator[str]:
    """Who has to answer, and by when."""
    yield timeout_words(waiting)
    terms = waiting.terms
    if terms is None or terms.at_timeout is AtTimeout.EXECUTES:
        yield f"Anybody with the role {Role.APPROVER.value} may hold it, reject it, or release it sooner."
        return
    given = len(waiting.approvers)
    needed = f"{given} of {count(terms.approvals, 'approval')} given"
    yield f"{needed}; it takes {_people(terms.approvals)} with the role {Role.APPROVER.value}."
    if terms.requester:
        yield f"Asked for by {terms.requester}."


def _people(number: int) -> str:
    return "one person" if number == 1 else f"{number} different people"


def _votes(waiting: Waiting) -> Iterator[str]:
    """What was said, oldest first."""
    return (f"{vote.at:%H:%M:%S} UTC: {_SAID[vote.verb.value]} by {vote.name}" for vote in waiting.votes)


def _question(waiting: Waiting) -> Question:
    plan = waiting.plan
    orders = len(plan.reductions) + len(plan.stops)
    parts = (
        [f"{count(orders, 'reduce-only order')}, {usd(float(notional(plan)))} on {plan.account}"]
        if orders
        else []
    )
    if plan.cancellations:
        parts.append(f"{count(len(plan.cancellations), 'cancellation')}")
    safe = "Positions are read again and sizes cut down before each order."
    return Question(
        plan_id=plan.id, digest=waiting.digest, confirm=f"{'; '.join(parts) or 'No order'}. {safe}"
    )


def _became(waiting: Waiting) -> str:
    """What became of a plan that does not wait any more. Approved is not sent, and sent is not filled."""
    if waiting.newer:
        return f"superseded by {waiting.newer}; nothing of this version was sent"
    if waiting.state is PlanState.PROPOSED:
        return _decided(waiting)
    words = _BECAME.get(waiting.state)
    return f"{waiting.state.value}" if words is None else words(waiting)


def _decided(waiting: Waiting) -> str:
    """By votes that count already, though the plan's state is not written yet."""
    if waiting.rejection is not None:
        return _rejected(waiting)
    return _approved(waiting) if waiting.release is not None else "nobody was asked about it; nothing is sent"


def _approved(waiting: Waiting) -> str:
    word = (
        f"approved by {_names(waiting.approvers)}" if waiting.approvers else f"released by {waiting.reason}"
    )
    return f"⏳ {word}; nothing has been sent yet"


def _rejected(waiting: Waiting) -> str:
    return f"rejected by {waiting.rejection.name if waiting.rejection else waiting.reason}; nothing is sent"


def _expired(waiting: Waiting) -> str:
    return f"expired, {waiting.reason or 'nobody decided in time'}; nothing was sent"


def _withdrawn(waiting: Waiting) -> str:
    return f"withdrawn, {waiting.reason or 'nothing asks for it any more'}; nothing was sent"


def _executing(waiting: Waiting) -> str:
    who = f", released by {_names(waiting.approvers)}" if waiting.approvers else ""
    return f"⏳ being executed{who}; what is filled is said when it is known"


def _ended(waiting: Waiting) -> str:
    reason = f": {waiting.reason}" if waiting.reason else ""
    return f"{_ENDS[waiting.state]}{reason}"


def _names(names: tuple[str, ...]) -> str:
    return " and ".join(names)


_SAID = {"approve": "approved", "hold": "held for five more minutes", "reject": "rejected"}

_BECAME: Mapping[PlanState, Callable[[Waiting], str]] = {
    PlanState.APPROVED: _approved,
    PlanState.REJECTED: _rejected,
    PlanState.EXPIRED: _expired,
    PlanState.WITHDRAWN: _withdrawn,
    PlanState.EXECUTING: _executing,
    PlanState.DONE: _ended,
    PlanState.REFUSED: _ended,
    PlanState.FAILED: _ended,
}

_ENDS = {
    PlanState.DONE: "executed",
    PlanState.REFUSED: "refused by the guard, nothing was sent",
    PlanState.FAILED: "FAILED on the way",
}


def _prospect(mode: Mode, expires_at: datetime) -> str:
    if mode is Mode.OBSERVE:
        return "riskd only observes here: nothing will be sent."
    if mode is Mode.PROPOSE:
        return (
            "riskd sends nothing of it: a person who agrees places these orders at the venue. The plan is made for the "
            f"book of this moment; after {clock_words(expires_at)} look again before trading on it."
        )
    return "The policy executes this plan. Positions are read again before each order; nothing has been sent yet."
