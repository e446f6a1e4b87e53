"""A plan in words: what it would do, who is asked, what happens at the time-out, and what became of it, on one post."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from riskd.act.decision import Verb, plan_digest
from riskd.act.message_plan import again, plan_message, refusal_message, waiting_message
from riskd.act.refusal import Refusal, RefusalReason
from riskd.act.waiting import SUPERSEDED_BY, AtTimeout, Waiting
from riskd.measure.spec import Unit
from riskd.model.desk import Mode
from riskd.model.message import MessageKind
from riskd.model.order import Cancellation, OrderList, Plan, PlanState, RuleEffect, StopPlacement
from tests.act.test_guard import a_plan
from tests.act.waiting_plans import a_vote, terms, waiting
from tests.builders import NOW

UNTIL = NOW + timedelta(minutes=5)
ROOT = "alert|test/leverage|account=main|1"
EFFECT = RuleEffect(
    rule="test/leverage",
    subject="account=main",
    measure="leverage",
    unit="multiple",
    before=6.5,
    after=3.99,
    target=4.0,
    mended=True,
)
COUNTDOWN = terms(until=UNTIL, at_timeout=AtTimeout.EXECUTES)


def a_full_plan() -> Plan:
    """One that does everything a plan can do."""
    return replace(
        a_plan(),
        effects=(EFFECT, replace(EFFECT, rule="core/stops", measure="stop coverage", target=float("nan"))),
        cancellations=(
            Cancellation(
                account="main",
                symbol="ETH/USDT:USDT",
                position_side="BOTH",
                order_id="77",
                client_order_id="",
                kept_in=OrderList.ORDINARY,
                what="buy 0.5 at 2,000",
            ),
        ),
        stops=(
            StopPlacement(
                account="main",
                symbol="BTC/USDT:USDT",
                position_side="BOTH",
                held=Decimal(2),
                quantity=Decimal(1),
                trigger_price=Decimal("55000.0"),
                mark_price=Decimal(60_000),
                note="nearer than asked",
            ),
        ),
        untouched=(("SOL/USDT:USDT long", "dearest relief for its size"),),
        frees_margin_usd=400_000.0,
        realizes_pnl_usd=-38_200.0,
        remains=("core/stops on ETH: no stop can be placed",),
        advice=("add 500 USDT",),
        breaks_hedges=("btc-carry",),
    )


def asked(on: Waiting | None = None) -> Waiting:
    return on or waiting(on=terms(2, until=UNTIL), plan=a_full_plan())


def test_the_headline_says_how_much_of_how_much_what_it_reaches_the_cost_and_the_time_out() -> None:
    assert waiting_message(waiting(on=terms(until=UNTIL), plan=a_plan())).headline == (
        "PLAN plan-1 for main: reduce 60k USD of 120k USD in 1 position; costs about 30 USD. "
        "If nobody answers by 12:05:00 UTC: the plan expires, nothing is sent."
    )
    with_effect = replace(a_plan(), effects=(EFFECT,))
    assert "in 1 position; leverage 6.5x to 3.99x (target 4x); costs about 30 USD." in (
        waiting_message(waiting(plan=with_effect)).headline
    )


def test_every_order_stands_in_the_table_in_the_order_of_sending() -> None:
    head, *rows = waiting_message(asked()).table
    assert head == ("#", "Step", "Size", "About", "Cost")
    assert rows == [
        ("1", "cancel buy 0.5 at 2,000 ETH/USDT:USDT", "–", "–", "–"),
        ("2", "sell BTC/USDT:USDT, reduce-only", "1 of 2", "60k USD", "30 USD"),
        ("3", "stop: sell BTC/USDT:USDT at 55000 (nearer than asked)", "1 of 2", "–", "–"),
    ]


def test_the_body_says_what_people_need_to_decide_the_most_important_first() -> None:
    assert waiting_message(asked()).body == (
        "If nobody answers by 12:05:00 UTC: the plan expires, nothing is sent.",
        "0 of 2 approvals given; it takes 2 different people with the role approver.",
        "BREAKS the hedge btc-carry: its net delta grows, so a person must agree.",
        "Frees 400k USD of initial margin; realises a loss of 38.2k USD; costs about 30 USD in fees and slippage.",
        "Mends test/leverage on account=main: leverage 6.5x to 3.99x (target 4x)",
        "Moves core/stops on account=main: stop coverage 6.5x to 3.99x",
        "Not mended: core/stops on ETH: no stop can be placed",
        "A person could: add 500 USDT",
        "Untouched: SOL/USDT:USDT long: dearest relief for its size",
    )


def test_a_countdown_says_that_the_policy_executes_and_that_people_may_object() -> None:
    message = waiting_message(waiting(on=COUNTDOWN))
    assert "If nobody answers by 12:05:00 UTC: the policy executes this plan." in message.headline
    assert message.body[1] == ("Anybody with the role approver may hold it, reject it, or release it sooner.")


def test_a_hold_moves_the_time_that_is_told() -> None:
    held = waiting(a_vote(Verb.HOLD), on=terms(until=UNTIL))
    message = waiting_message(held)
    assert "by 12:10:00 UTC" in message.headline
    assert message.question is not None
    assert "12:00:01 UTC: held for five more minutes by ada" in message.body


def test_the_question_names_the_version_that_is_shown_and_what_approving_does() -> None:
    plan = a_full_plan()
    question = waiting_message(asked()).question
    assert question is not None
    assert (question.plan_id, question.digest) == (plan.id, plan_digest(plan))
    assert question.confirm == (
        "2 reduce-only orders, 60k USD on main; 1 cancellation. "
        "Positions are read again and sizes cut down before each order."
    )


def test_the_first_of_two_approvals_is_counted_and_the_question_stays() -> None:
    message = waiting_message(waiting(a_vote(), on=terms(2)))
    assert message.body[1] == "1 of 2 approvals given; it takes 2 different people with the role approver."
    assert message.question is not None
    assert message.edits_root


ENDINGS = [
    (PlanState.APPROVED, "ada", [a_vote()], "⏳ approved by ada; nothing has been sent yet"),
    (
        PlanState.APPROVED,
        "the policy: nobody objected in time",
        [],
        "⏳ released by the policy: nobody objected",
    ),
    (PlanState.REJECTED, "ada", [a_vote(Verb.REJECT)], "rejected by ada; nothing is sent"),
    (PlanState.EXPIRED, "nobody decided in time", [], "expired, nobody decided in time; nothing was sent"),
    (
        PlanState.WITHDRAWN,
        "nothing asks for it any more",
        [],
        "withdrawn, nothing asks for it any more; nothing was",
    ),
    (
        PlanState.WITHDRAWN,
        f"{SUPERSEDED_BY}plan-2",
        [],
        "superseded by plan-2; nothing of this version was sent",
    ),
    (PlanState.EXECUTING, "", [a_vote()], "⏳ being executed, released by ada; what is filled is said when"),
    (PlanState.DONE, "", [], "executed"),
    (
        PlanState.REFUSED,
        "halted: riskd is halted",
        [],
        "refused by the guard, nothing was sent: halted: riskd",
    ),
    (PlanState.FAILED, "unknown: no answer", [], "FAILED on the way: unknown: no answer"),
]


@pytest.mark.parametrize(("state", "reason", "votes", "words"), ENDINGS)
def test_whatever_becomes_of_a_plan_edits_its_post_and_takes_the_question_away(
    state: PlanState, reason: str, votes: list[object], words: str
) -> None:
    message = waiting_message(waiting(*votes, state=state, reason=reason))  # type: ignore[arg-type]  # votes
    assert message.headline.startswith(f"PLAN plan-1 for main: {words}")
    assert message.question is None
    assert (message.thread, message.edits_root) == ("plan|plan-1", True)


def test_by_two_votes_it_is_released_before_its_state_is_written() -> None:
    both = waiting(a_vote(), a_vote(who="ben"), on=terms(2))
    assert waiting_message(both).headline.endswith("⏳ approved by ada and ben; nothing has been sent yet")
    no = waiting(a_vote(), a_vote(Verb.REJECT, "ben"), on=terms(2))
    assert waiting_message(no).headline.endswith("rejected by ben; nothing is sent")


def test_the_first_post_stands_under_the_alert_and_every_later_one_has_a_key_of_its_own() -> None:
    first = waiting_message(waiting(plan=a_plan()))
    assert (first.key, first.thread, first.edits_root) == ("plan|plan-1", ROOT, False)
    assert first.is_referred_to
    story = [
        waiting(),
        waiting(a_vote(Verb.HOLD)),
        waiting(a_vote(Verb.HOLD), a_vote(), state=PlanState.APPROVED),
        waiting(a_vote(Verb.HOLD), a_vote(), state=PlanState.EXECUTING),
    ]
    assert len({waiting_message(each).key for each in story}) == len(story)


def test_what_was_said_already_can_be_said_again_as_an_edit() -> None:
    assert again(waiting()).edits_root
    assert again(waiting(state=PlanState.EXPIRED)) == waiting_message(waiting(state=PlanState.EXPIRED))


def test_a_plan_about_which_nobody_is_asked_says_what_happens_in_each_mode() -> None:
    told = {mode: plan_message(a_plan(), Unit.MULTIPLE, mode=mode, expires_at=UNTIL) for mode in Mode}
    assert "nothing will be sent" in told[Mode.OBSERVE].body[0]
    assert told[Mode.PROPOSE].body[0].startswith("riskd sends nothing of it: a person who agrees")
    assert "2026-03-02 12:05:00 UTC" in told[Mode.PROPOSE].body[0]
    assert "nothing has been sent yet" in told[Mode.ENFORCE].body[0]
    assert "the measure 6.5x to 3.99x (target 4x)" in told[Mode.ENFORCE].headline
    assert all(message.question is None for message in told.values())


def test_a_refusal_says_why_nothing_was_sent() -> None:
    refusal = Refusal(RefusalReason.HALTED, "riskd is halted")
    message = refusal_message(a_plan(), refusal, at=NOW)
    assert message.headline == "NOT SENT, plan plan-1 for main: riskd is halted"
    assert (message.thread, message.kind) == (ROOT, MessageKind.EXECUTION)
    assert ("Reason", "halted") in message.fields
