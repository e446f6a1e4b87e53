"""Waivers at work: what is waived is judged all the same, counted apart, and fires the moment the waiver ends."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.cycle import wanted
from riskd.judge.advance import Advance, advance
from riskd.judge.evaluate import evaluate
from riskd.judge.lifecycle import Waived, step
from riskd.judge.reading import Reading, verdicts
from riskd.judge.state_text import state_from_json, state_to_json
from riskd.judge.transition import Transition
from riskd.judge.waived import waived_limits
from riskd.measure.book.book import Book
from riskd.measure.spec import MeasureRef
from riskd.model.alert import AlertKey, AlertState, Condition
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.model.subject import Grain, account_subject, position_subject
from riskd.model.verdict import Level, Outcome
from riskd.policy.limits.thresholds import thresholds
from riskd.policy.rule import Limit, Rule
from riskd.policy.waiver import Waiver
from tests.builders import BTC, NOW, a_history, a_position, a_snapshot, a_surface, an_account
from tests.builders_rules import a_ladder, a_rule, a_waiver, at_most, deleverage, within
from tests.judge.alert_stories import START, at

RULE = a_rule(at_most(warn=4, breach=5, critical=6), clear_margin=0.05, clear_for=300)
LOOSER = at_most(warn=5.5, breach=7, critical=8)
MAIN = AlertKey(rule=RULE.id, subject=account_subject("main"))


# ---- one book --------------------------------------------------------------------------------------------------------


def a_book(size: float = 0.9, **changes: object) -> Snapshot:
    """Leverage of 6 times the size, in account ``main``; of 5.4 in ``other``."""
    return a_snapshot(
        accounts=[an_account("main", wallet=10_000), an_account("other", wallet=10_000)],
        positions=[a_position(BTC, size), a_position(BTC, 0.9, account="other")],
        **changes,  # type: ignore[arg-type]  # passed on as given
    )


def read(snapshot: Snapshot, *waivers: Waiver, rule: Rule = RULE, now: datetime = NOW) -> Reading:
    (reading,) = evaluate([rule], Book.of(snapshot, a_history(snapshot)), now=now, waivers=waivers)
    return reading


def moved(
    reading: Reading, states: dict[AlertKey, AlertState] | None = None, *, now: datetime = NOW
) -> Advance:
    return advance([reading], states or {}, now=now, closed=lambda _: False)


def test_a_value_within_the_temporary_limit_is_waived_and_of_no_other_subject() -> None:
    main, other = verdicts(read(a_book(), a_waiver(LOOSER)))
    assert (main.outcome, main.limit, main.waiver) == (Outcome.WAIVED, 5.5, "W-1")
    assert main.utilisation == pytest.approx(5.4 / 7)
    assert (other.outcome, other.limit, other.waiver) == (Outcome.BREACH, 5.0, "")


def test_a_value_beyond_the_temporary_limit_is_beyond_it() -> None:
    (main, _) = verdicts(read(a_book(1.2), a_waiver(LOOSER)))
    assert (main.outcome, main.limit, main.waiver) == (Outcome.BREACH, 7.0, "W-1")


def test_a_value_within_the_normal_limit_is_ok_and_not_waived() -> None:
    (main, _) = verdicts(read(a_book(0.1), a_waiver(LOOSER)))
    assert (main.outcome, main.waiver) == (Outcome.OK, "W-1")


def test_a_suspended_rule_has_no_limit_and_a_value_beyond_the_normal_one_is_waived() -> None:
    (main, _) = verdicts(read(a_book(9.0), a_waiver(None)))
    assert (main.outcome, main.limit, main.utilisation) == (Outcome.WAIVED, None, None)


def test_what_cannot_be_measured_stays_unknown_under_a_waiver() -> None:
    blind = a_surface(Surface.BALANCES, quality=Quality.BLIND, reason="timeout")
    for waiver in (a_waiver(LOOSER), a_waiver(None)):
        reading = read(a_book(surfaces=[blind]), waiver)
        assert next(verdict.outcome for verdict in verdicts(reading)) is Outcome.UNKNOWN
        assert moved(reading).states[MAIN].missing_since is not None


@pytest.mark.parametrize("seconds", [-1.0, 0.0, 1.0])
def test_an_ended_waiver_is_as_if_absent_in_the_same_tick(seconds: float) -> None:
    now = NOW + timedelta(seconds=seconds)
    over = a_waiver(LOOSER, until_at=NOW, from_at=NOW - timedelta(days=1))
    found, plain = read(a_book(), over, now=now), read(a_book(), now=now)
    same = list(verdicts(found)) == list(verdicts(plain)) and not found.excused
    assert same == (seconds >= 0)


def test_a_waiver_of_a_subject_that_is_not_there_changes_nothing() -> None:
    reading = read(a_book(), a_waiver(LOOSER, subject=account_subject("gone")))
    assert list(verdicts(reading)) == list(verdicts(read(a_book())))


def test_a_waiver_touches_one_rule_and_not_those_that_share_its_measure() -> None:
    parent = replace(RULE, id="house/leverage")
    snapshot = a_book()
    readings = evaluate(
        [RULE, parent], Book.of(snapshot, a_history(snapshot)), now=NOW, waivers=[a_waiver(LOOSER)]
    )
    assert [next(verdicts(reading)).outcome for reading in readings] == [Outcome.WAIVED, Outcome.BREACH]


def test_where_a_ladder_is_looser_than_the_waiver_the_ladder_stands() -> None:
    """A waiver never tightens, on whatever step the subject stands."""
    by = MeasureRef("share_of_equity")
    ladder = a_ladder(by, (0.05, {"breach": 20}), (math.inf, {"breach": 5}))
    rule = a_rule(ladder, measure="position_leverage", grain=Grain.POSITION)
    waiver = a_waiver(at_most(breach=7), subject=position_subject("main", BTC, "long"))
    assert waived_limits(waiver, ladder.steps[0].thresholds) == ladder.steps[0].thresholds
    assert waived_limits(waiver, ladder.steps[1].thresholds) == waiver.limit
    reading = read(a_book(), waiver, rule=rule)
    held = reading.thresholds(0)
    assert held is not None
    assert held.levels[0][2] >= 7.0


def test_both_edges_of_a_band_are_loosened() -> None:
    normal, temporary = within(breach=(-5, 5)), within(breach=(-6, 8))
    assert normal.thresholds is not None
    assert waived_limits(a_waiver(temporary), normal.thresholds) == temporary.thresholds


def test_a_plan_under_a_waiver_aims_at_the_temporary_limit() -> None:
    rule = a_rule(actions={"breach": [deleverage()], "critical": [deleverage()], "warn": [deleverage()]})
    reading = read(a_book(1.3), a_waiver(LOOSER), rule=rule)
    states = moved(reading).states
    by_subject = {demand.subject: demand.rule for demand in wanted([reading], states)}
    main, other = (by_subject[account_subject(name)] for name in ("main", "other"))
    assert main.limit.thresholds == LOOSER.thresholds
    assert other == rule


# ---- an alert under a waiver -----------------------------------------------------------------------------------------


def story(
    rule: Rule, values: Sequence[float | None], waiver: Waiver | None, *, every: float = 30.0
) -> tuple[list[AlertState], list[Transition]]:
    """Values through the state machine, with a restart before each."""
    state, states, told = AlertState(), list[AlertState](), list[Transition]()
    for number, value in enumerate(values):
        state = state_from_json(json.loads(json.dumps(state_to_json(state))))
        now = at(number * every)
        held = thresholds(rule, now=now, by_value=None)
        waived = None
        if waiver is not None and waiver.holds(now) and held is not None:
            waived, held = Waived(waiver=waiver.id, normal=held), waived_limits(waiver, held)
        state, changes = step(state, at=now, value=value, thresholds=held, rule=rule, waived=waived)
        states.append(state)
        told.extend(changes)
    return states, told


def from_to(first: float, last: float, limit: Limit | None = LOOSER) -> Waiver:
    """A waiver that holds from one second of the story to another."""
    return a_waiver(limit, from_at=at(first), until_at=at(last))


def changes(told: Sequence[Transition]) -> list[tuple[float, str, str, str]]:
    return [
        (
            (change.at - START).total_seconds(),
            change.kind.value,
            change.level_after.name.lower(),
            change.reason.value,
        )
        for change in told
    ]


HELD = replace(RULE, hold_seconds=((Level.WARN, 300.0), (Level.BREACH, 60.0), (Level.CRITICAL, 0.0)))


def test_an_alert_that_begins_to_be_waived_while_it_fires_is_resolved_at_once() -> None:
    states, told = story(RULE, [5.4, 5.4, 5.4], from_to(60, 600))
    assert changes(told) == [(0, "fired", "breach", "held"), (60, "resolved", "ok", "waived")]
    assert told[-1].limit == 7.0
    assert (states[-1].condition, states[-1].waiver) == (Condition.OK, "W-1")


def test_one_that_is_beyond_a_milder_temporary_limit_falls_to_that_level() -> None:
    _, told = story(RULE, [6.5, 6.5, 6.5, 6.5], from_to(60, 600))
    assert changes(told) == [(0, "fired", "critical", "held"), (60, "deescalated", "warn", "waived")]


def test_one_that_waits_to_fire_lapses() -> None:
    _, told = story(HELD, [5.4, 5.4, 5.4], from_to(30, 600))
    assert changes(told) == [(0, "pending", "ok", "crossed"), (30, "lapsed", "ok", "waived")]


def test_its_end_is_a_breach_with_no_grace() -> None:
    states, told = story(HELD, [5.4] * 12, from_to(0, 300))
    assert [state.condition.value for state in states[:10]] == ["ok"] * 10
    assert changes(told) == [(300, "fired", "breach", "waiver_ended")]
    assert (states[-1].waiver, states[-1].normal_crossed_at) == ("", ())


def test_at_its_end_a_level_that_was_not_exceeded_for_long_enough_still_waits() -> None:
    _, told = story(HELD, [3.0] * 9 + [5.4] * 4, from_to(0, 300))
    assert changes(told) == [(300, "pending", "ok", "crossed"), (330, "fired", "breach", "held")]


def test_a_value_that_came_back_before_the_end_is_forgotten() -> None:
    states, told = story(HELD, [5.4] * 4 + [3.0] + [5.4] * 7, from_to(0, 180))
    assert states[4].normal_crossed_at == ()
    assert changes(told) == [(180, "pending", "ok", "crossed"), (210, "fired", "breach", "held")]


def test_what_is_beyond_the_temporary_limit_waits_from_when_it_passed_that_limit() -> None:
    _, told = story(HELD, [5.4] * 10 + [7.5] * 4, from_to(0, 6000))
    assert changes(told) == [(300, "pending", "ok", "crossed"), (360, "fired", "breach", "held")]


def test_missing_data_stops_both_timers_and_the_waiver_may_end_meanwhile() -> None:
    states, told = story(HELD, [5.4, 5.4, None, None, None, None, 5.4, 5.4], from_to(0, 120))
    assert [change[1:] for change in changes(told)] == [
        ("pending", "ok", "crossed"),
        ("fired", "breach", "held"),
    ]
    assert changes(told)[-1][0] == 210
    assert states[-1].waiver == ""


def test_a_waiver_that_follows_another_is_a_new_one() -> None:
    """The second is tighter than the first: what it leaves fires by its own limit."""
    values = [6.5] * 4
    states, told = story(RULE, values[:2], from_to(0, 60))
    assert changes(told) == [(0, "fired", "warn", "held")]
    second = replace(from_to(60, 600, at_most(warn=6.6, breach=7, critical=8)), id="W-2")
    held = RULE.limit.thresholds
    assert held is not None
    state, turned = step(
        states[-1],
        at=at(60),
        value=6.5,
        thresholds=waived_limits(second, held),
        rule=RULE,
        waived=Waived(waiver="W-2", normal=held),
    )
    assert changes(turned) == [(60, "resolved", "ok", "waived")]
    assert state.normal_crossed_at[0][1] == at(0)


def test_the_alerts_of_a_book_go_through_a_waiver_and_out_again() -> None:
    states: dict[AlertKey, AlertState] = {}
    outcomes = []
    waiver = a_waiver(LOOSER, from_at=NOW, until_at=NOW + timedelta(minutes=2))
    for minute in range(4):
        now = NOW + timedelta(minutes=minute)
        reading = read(a_book(), waiver, rule=HELD, now=now)
        advanced = moved(reading, states, now=now)
        states = advanced.states
        events = [(event.kind.value, event.reason) for event in advanced.events if event.key == MAIN]
        outcomes.append((next(verdicts(reading)).outcome.value, events))
    assert outcomes == [
        ("waived", []),
        ("waived", []),
        ("breach", [("fired", "waiver_ended")]),
        ("breach", []),
    ]


# ---- properties ------------------------------------------------------------------------------------------------------

VALUES = st.lists(st.sampled_from([3.0, 3.9, 4.5, 5.4, 6.5, 7.5, 9.0]) | st.none(), min_size=1, max_size=25)
RULES = st.builds(
    lambda warn, breach, margin, clear: a_rule(
        at_most(warn=4, breach=5, critical=6),
        hold={"warn": warn, "breach": breach, "critical": 0},
        clear_margin=margin,
        clear_for=clear,
    ),
    st.sampled_from([0.0, 120.0]),
    st.sampled_from([0.0, 60.0]),
    st.sampled_from([0.0, 0.1]),
    st.sampled_from([0.0, 90.0]),
)
SPANS = st.tuples(st.integers(-3, 25), st.integers(1, 15)).map(
    lambda pair: (pair[0] * 30.0, sum(pair) * 30.0)
)


@given(RULES, VALUES)
@settings(max_examples=100, derandomize=True, deadline=None)
def test_a_waiver_that_never_holds_is_no_waiver(rule: Rule, values: list[float | None]) -> None:
    never = (from_to(-600, 0), from_to(30.0 * len(values), 30.0 * len(values) + 60))
    for waiver in never:
        assert story(rule, values, waiver) == story(rule, values, None)


@given(RULES, VALUES, SPANS)
@settings(max_examples=150, derandomize=True, deadline=None)
def test_after_a_waiver_nothing_of_the_normal_timers_is_lost(
    rule: Rule, values: list[float | None], span: tuple[float, float]
) -> None:
    waived, _ = story(rule, values, from_to(*span))
    plain, _ = story(rule, values, None)
    for number, (with_it, without) in enumerate(zip(waived, plain, strict=True)):
        seen = values[number] is not None
        if 30.0 * number >= span[1] and seen:
            assert with_it.waiver == ""
            assert with_it.crossed_at == without.crossed_at
            due = [
                level
                for level, at_ in without.crossed_at
                if (at(30.0 * number) - at_).total_seconds() >= rule.hold(level)
            ]
            assert with_it.level >= max(due, default=Level.OK)


@given(RULES, VALUES, SPANS)
@settings(max_examples=150, derandomize=True, deadline=None)
def test_a_waiver_never_makes_anything_worse(
    rule: Rule, values: list[float | None], span: tuple[float, float]
) -> None:
    waived, _ = story(rule, values, from_to(*span))
    plain, _ = story(rule, values, None)
    for with_it, without in zip(waived, plain, strict=True):
        assert with_it.level <= without.level


@given(RULES, VALUES, SPANS)
@settings(max_examples=100, derandomize=True, deadline=None)
def test_under_a_suspension_nothing_fires_and_nothing_known_keeps_firing(
    rule: Rule, values: list[float | None], span: tuple[float, float]
) -> None:
    states, told = story(rule, values, from_to(*span, limit=None))
    held = [number for number in range(len(values)) if span[0] <= 30.0 * number < span[1]]
    for number in held:
        if values[number] is not None:
            assert states[number].level is Level.OK
    begun = {change.at for change in told if change.kind.value in ("fired", "escalated")}
    assert not begun & {at(30.0 * number) for number in held}
