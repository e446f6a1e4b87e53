"""Who may decide a plan, how many must, until when; one decision wins, and whoever is late is told who was first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.act.decision import Ask, Outcome, Role, Verb, plan_digest
from riskd.act.ruling import HOLDS_MAX, ruling_on, vote_of
from riskd.act.waiting import HOLD, AtTimeout, Waiting, prospect, terms_of
from riskd.model.desk import Mode
from riskd.model.order import PlanState
from tests.act.waiting_plans import LIFE, a_vote, an_actor, an_ask, terms, waiting
from tests.builders import NOW
from tests.record.builder import a_plan

FOUR_EYES = terms(2)


def outcome(plan: Waiting | None, ask: Ask) -> Outcome:
    return ruling_on(plan, ask).outcome


def said(plan: Waiting, *asks: Ask) -> list[Outcome]:
    """What each is answered in turn, with what counts kept."""
    answers = []
    for ask in asks:
        ruling = ruling_on(plan, ask)
        answers.append(ruling.outcome)
        if ruling.counts:
            plan = replace(plan, votes=(*plan.votes, vote_of(ask)))
    return answers


def test_one_approval_releases_a_plan_and_sends_nothing() -> None:
    ruling = ruling_on(waiting(), an_ask())
    assert ruling.outcome is Outcome.ACCEPTED
    assert ruling.text == "approved by ada; nothing has been sent yet"
    assert ruling.plan == a_plan()


def test_a_plan_that_nobody_knows() -> None:
    ruling = ruling_on(None, an_ask(plan_id="pln-x"))
    assert (ruling.outcome, ruling.plan) == (Outcome.UNKNOWN, None)
    assert "pln-x" in ruling.text


@pytest.mark.parametrize("verb", Verb)
@pytest.mark.parametrize("roles", [(Role.VIEWER,), (Role.OPERATOR,), (Role.OPERATOR, Role.VIEWER)])
def test_only_an_approver_decides(verb: Verb, roles: tuple[Role, ...]) -> None:
    ruling = ruling_on(waiting(), an_ask(verb, actor=an_actor("ben", *roles)))
    assert ruling.outcome is Outcome.NOT_ALLOWED
    assert ruling.text == "ben may not decide plans: that takes the role approver"


def test_the_second_is_told_who_was_first_and_when() -> None:
    approved = ruling_on(waiting(a_vote(who="ada")), an_ask(who="ben"))
    assert approved.outcome is Outcome.DECIDED
    assert approved.text == ("approved by ada at 12:00:01 UTC (socket uid 1000); nothing has been sent yet")
    rejected = ruling_on(waiting(a_vote(Verb.REJECT)), an_ask(who="ben"))
    assert rejected.text == "rejected by ada at 12:00:01 UTC (socket uid 1000); nothing is sent"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (PlanState.APPROVED, "nothing has been sent yet"),
        (PlanState.EXECUTING, "it is being executed"),
        (PlanState.DONE, "it was executed"),
        (PlanState.FAILED, "it failed on the way"),
    ],
)
def test_approved_and_executed_are_different_things(state: PlanState, words: str) -> None:
    ruling = ruling_on(waiting(a_vote(), state=state), an_ask(who="ben"))
    assert ruling.outcome is Outcome.DECIDED
    assert ruling.text.endswith(words)


def test_four_eyes_take_two_different_people() -> None:
    asks = [an_ask(who="ada"), an_ask(who="ada"), an_ask(who="ben"), an_ask(who="cem")]
    assert said(waiting(on=FOUR_EYES), *asks) == [
        Outcome.COUNTED,
        Outcome.SAME_PERSON,
        Outcome.ACCEPTED,
        Outcome.DECIDED,
    ]


def test_one_person_is_one_person_on_every_channel() -> None:
    slack = an_actor("ada", via="slack U012AB3CD")
    asks = [an_ask(who="ada"), an_ask(actor=slack)]
    assert said(waiting(on=FOUR_EYES), *asks) == [Outcome.COUNTED, Outcome.SAME_PERSON]


def test_who_asked_for_a_plan_is_none_of_the_two_who_approve_it() -> None:
    plan = waiting(on=terms(2, requester="ada"))
    assert outcome(plan, an_ask(who="ada")) is Outcome.SAME_PERSON
    assert said(plan, an_ask(who="ben"), an_ask(who="cem")) == [Outcome.COUNTED, Outcome.ACCEPTED]


def test_who_asked_may_reject_and_where_one_approval_is_enough_may_approve() -> None:
    assert outcome(waiting(on=terms(2, requester="ada")), an_ask(Verb.REJECT)) is Outcome.ACCEPTED
    assert outcome(waiting(on=terms(1, requester="ada")), an_ask()) is Outcome.ACCEPTED


def test_a_rejection_ends_a_plan_that_one_of_two_has_approved() -> None:
    asks = [an_ask(who="ada"), an_ask(Verb.REJECT, "ben"), an_ask(who="cem")]
    assert said(waiting(on=FOUR_EYES), *asks) == [Outcome.COUNTED, Outcome.ACCEPTED, Outcome.DECIDED]


def test_a_hold_adds_five_minutes_and_not_for_ever() -> None:
    asks = [an_ask(Verb.HOLD) for _ in range(HOLDS_MAX + 1)]
    assert said(waiting(), *asks) == [*[Outcome.ACCEPTED] * HOLDS_MAX, Outcome.NOT_ALLOWED]
    held = waiting(a_vote(Verb.HOLD))
    assert held.until == NOW + LIFE + HOLD
    assert ruling_on(waiting(), an_ask(Verb.HOLD)).text == "held by ada until 12:10:00 UTC"


def test_a_held_plan_can_be_approved_in_the_time_that_was_added() -> None:
    late = LIFE.total_seconds() + 1
    assert outcome(waiting(), an_ask(after=late)) is Outcome.EXPIRED
    assert outcome(waiting(a_vote(Verb.HOLD)), an_ask(after=late)) is Outcome.ACCEPTED


def test_the_last_moment_is_too_late() -> None:
    assert outcome(waiting(), an_ask(after=LIFE.total_seconds())) is Outcome.EXPIRED
    assert outcome(waiting(), an_ask(after=LIFE.total_seconds() - 0.001)) is Outcome.ACCEPTED


def test_a_plan_whose_place_a_newer_one_took_names_it() -> None:
    ruling = ruling_on(waiting(state=PlanState.WITHDRAWN, reason="superseded by plan-2"), an_ask())
    assert (ruling.outcome, ruling.newer) == (Outcome.SUPERSEDED, "plan-2")


@pytest.mark.parametrize("state", [PlanState.WITHDRAWN, PlanState.EXPIRED])
def test_a_plan_that_waits_no_longer_says_why(state: PlanState) -> None:
    ruling = ruling_on(waiting(state=state, reason="nothing asks for it any more"), an_ask())
    assert ruling.outcome is Outcome.EXPIRED
    assert "nothing asks for it any more" in ruling.text


def test_what_was_shown_is_what_is_approved() -> None:
    digest = plan_digest(a_plan())
    assert outcome(waiting(), an_ask(digest=digest[:4])) is Outcome.ACCEPTED
    assert outcome(waiting(), an_ask(digest=digest.upper())) is Outcome.ACCEPTED
    assert outcome(waiting(), an_ask(digest=digest[:3])) is Outcome.SUPERSEDED
    other = "0" if digest[0] != "0" else "1"
    assert outcome(waiting(), an_ask(digest=other + digest[1:])) is Outcome.SUPERSEDED


def test_a_plan_about_which_people_were_never_asked_cannot_be_released() -> None:
    assert outcome(waiting(on=None), an_ask()) is Outcome.EXPIRED


def test_everything_that_would_be_sent_is_in_the_digest_and_no_estimate_is() -> None:
    plan = a_plan()
    [step] = plan.reductions
    sent = [
        replace(plan, reductions=(replace(step, quantity=step.quantity / 2),)),
        replace(plan, reductions=(replace(step, symbol="ETH/USDT:USDT"),)),
        replace(plan, reductions=()),
        replace(plan, account="other"),
        replace(plan, id="other"),
        replace(plan, breaks_hedges=("eth",)),
    ]
    assert len({plan_digest(each) for each in (plan, *sent)}) == 1 + len(sent)
    guessed = replace(plan, reductions=(replace(step, cost_estimate=9.0),), value_after=0.5)
    assert plan_digest(guessed) == plan_digest(plan)


# ---- terms ---------------------------------------------------------------------------------------------------------


def test_what_is_left_to_people_expires_in_every_mode() -> None:
    for people in (1, 2):
        for mode in (Mode.PROPOSE, Mode.ENFORCE):
            on = terms_of(people=people, mode=mode, now=NOW, life=LIFE, countdown=timedelta(minutes=1))
            assert on == terms(people)


def test_in_propose_also_what_the_policy_would_do_by_itself_needs_a_person() -> None:
    on = terms_of(people=0, mode=Mode.PROPOSE, now=NOW, life=LIFE, countdown=timedelta(0))
    assert on == terms(1)


def test_what_needs_nobody_executes_at_once_or_after_its_countdown() -> None:
    on_terms = partial(terms_of, people=0, mode=Mode.ENFORCE, now=NOW, life=LIFE)
    assert on_terms(countdown=timedelta(0)) is None
    on = on_terms(countdown=timedelta(seconds=30))
    assert on == terms(1, until=NOW + timedelta(seconds=30), at_timeout=AtTimeout.EXECUTES)
    assert prospect(waiting(on=on)) == (
        "the policy executes it at 12:00:30 UTC unless somebody rejects or holds it"
    )


def test_what_happens_at_the_time_out_is_said() -> None:
    assert prospect(waiting()) == (
        "needs the approval of 1 person by 12:05:00 UTC; otherwise it expires and nothing is sent"
    )
    assert "of 2 people" in prospect(waiting(on=FOUR_EYES))
    assert "of 1 person" in prospect(waiting(a_vote(), on=FOUR_EYES))


# ---- whatever people say, in whatever order ------------------------------------------------------------------------

ASKS = st.lists(
    st.builds(
        an_ask,
        st.sampled_from(Verb),
        st.sampled_from(["ada", "ben", "cem"]),
        after=st.floats(0, 2000),
    ),
    max_size=12,
)


@given(ASKS, st.integers(1, 3), st.sampled_from(["", "ada"]))
@settings(max_examples=150, derandomize=True, deadline=None)
def test_whatever_people_say_one_decision_wins(asks: list[Ask], needed: int, requester: str) -> None:
    plan = waiting(on=terms(needed, requester=requester))
    ended = False
    for ask in sorted(asks, key=lambda each: each.at):
        ruling = ruling_on(plan, ask)
        assert not (ruling.counts and ended), "nothing counts after the decision"
        if ruling.counts:
            plan = replace(plan, votes=(*plan.votes, vote_of(ask)))
        ended = plan.release is not None or plan.rejection is not None
        assert plan.holds <= HOLDS_MAX
    if plan.release is not None:
        assert len(set(plan.approvers)) == needed
        assert plan.rejection is None
        assert needed == 1 or requester not in plan.approvers
        assert plan.release.at < plan.until
