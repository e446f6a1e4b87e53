"""The alert life cycle, fact by fact: docs/policy-language.md 6.1."""

from __future__ import annotations

import math

import pytest

from riskd.judge.lifecycle import gone, is_resting, step
from riskd.judge.transition import Reason
from riskd.model.alert import AlertState, Condition, EventKind
from riskd.model.verdict import Level
from riskd.policy.rule import MissingThen
from tests.builders_rules import a_rule, at_least, at_most, within
from tests.judge.alert_stories import at, kinds, run, run_at

PATIENT = a_rule(
    hold={"warn": 300, "breach": 60, "critical": 0}, clear_margin=0.05, clear_for=300, missing_hold=120
)


def test_a_value_inside_the_limit_changes_nothing() -> None:
    states, told = run(PATIENT, [3.0] * 5)
    assert told == []
    assert all(is_resting(state) and state.version == 0 for state in states)


def test_a_crossing_shorter_than_for_lapses() -> None:
    states, told = run(PATIENT, [3.0, 5.5, 3.0])
    assert [state.condition for state in states] == [Condition.OK, Condition.PENDING, Condition.OK]
    assert kinds(told) == ["pending", "lapsed"]


def test_a_crossing_held_for_long_enough_fires_with_value_and_limit() -> None:
    states, told = run(PATIENT, [5.5, 5.5, 5.6])
    assert (states[-1].condition, states[-1].level) == (Condition.FIRING, Level.BREACH)
    fired = told[-1]
    assert (fired.kind, fired.reason, fired.value, fired.limit) == (EventKind.FIRED, Reason.HELD, 5.6, 5)
    assert (fired.episode, fired.version, states[-1].opened_at) == (1, 2, at(60))


def test_critical_without_for_fires_while_warn_is_still_waiting() -> None:
    states, told = run(PATIENT, [6.5])
    assert states[0].level is Level.CRITICAL
    assert kinds(told) == ["fired"]
    assert told[0].level_before is Level.OK


def test_a_higher_level_escalates_at_once_when_it_has_been_held() -> None:
    states, told = run(PATIENT, [5.5, 5.5, 5.5, 6.5])
    assert kinds(told) == ["pending", "fired", "escalated"]
    assert (told[-1].level_before, told[-1].level_after) == (Level.BREACH, Level.CRITICAL)
    assert states[-1].episode == 1


def test_a_firing_alert_waits_for_the_higher_level_to_be_held() -> None:
    rule = a_rule(hold={"warn": 0, "breach": 60})
    states, _ = run(rule, [4.5, 5.5, 5.5, 5.5])
    assert [state.level for state in states] == [Level.WARN, Level.WARN, Level.WARN, Level.BREACH]


def test_inside_the_limit_but_not_by_the_margin_is_still_firing() -> None:
    states, _ = run(a_rule(at_most(breach=5), clear_margin=0.05), [5.5, 4.8])
    assert states[-1].condition is Condition.FIRING


def test_resolution_asks_for_margin_and_time() -> None:
    states, told = run(a_rule(at_most(breach=5), clear_margin=0.05, clear_for=60), [5.5, 4.7, 4.7, 4.7])
    assert [state.condition.value for state in states] == ["firing", "clearing", "clearing", "ok"]
    assert kinds(told) == ["fired", "clearing", "resolved"]
    assert (told[-1].reason, told[-1].value, told[-1].limit) == (Reason.CLEARED, 4.7, 5)
    assert states[-1].opened_at is None


def test_crossing_again_while_clearing_relapses_and_the_wait_starts_anew() -> None:
    rule = a_rule(at_most(breach=5), clear_for=60)
    states, told = run(rule, [5.5, 4.0, 5.5, 4.0, 4.0, 4.0])
    assert kinds(told) == ["fired", "clearing", "relapsed", "clearing", "resolved"]
    assert states[-1].episode == 1


def test_deescalation_goes_to_the_level_that_is_still_exceeded() -> None:
    states, told = run(a_rule(clear_for=60), [6.5, 4.5, 4.5, 4.5])
    assert kinds(told) == ["fired", "clearing", "deescalated"]
    assert (states[-1].condition, states[-1].level) == (Condition.FIRING, Level.WARN)


def test_one_good_value_at_the_end_of_the_wait_does_not_resolve() -> None:
    states, _ = run(a_rule(clear_for=60), [6.5, 4.5, 4.5, 3.0, 3.0, 3.0])
    assert [state.condition.value for state in states[3:]] == ["clearing", "clearing", "ok"]


def test_a_new_firing_after_resolution_is_a_new_episode() -> None:
    _, told = run(a_rule(), [5.5, 3.0, 5.5])
    assert [(t.kind.value, t.episode) for t in told] == [("fired", 1), ("resolved", 1), ("fired", 2)]


def test_a_minimum_is_bad_below_and_a_band_outside() -> None:
    low = a_rule(at_least(warn=0.2, breach=0.12))
    assert run(low, [0.11])[0][0].level is Level.BREACH
    assert run(low, [math.inf])[0][0].level is Level.OK
    band = a_rule(within(warn=(0.97, 1.03), breach=(0.95, 1.05)))
    states, told = run(band, [0.94])
    assert (states[0].level, told[0].limit) == (Level.BREACH, 0.95)
    assert run(band, [1.06])[1][0].limit == 1.05


def test_a_band_clears_by_a_share_of_half_its_width() -> None:
    rule = a_rule(within(breach=(0.9, 1.1)), clear_margin=0.5)
    states, _ = run(rule, [1.2, 1.06, 1.04])
    assert [state.condition.value for state in states] == ["firing", "firing", "ok"]


def test_plus_infinity_is_a_value_beyond_every_maximum() -> None:
    states, told = run(a_rule(), [math.inf])
    assert (states[0].level, told[0].value) == (Level.CRITICAL, math.inf)


@pytest.mark.parametrize("missing", [None, math.nan, -math.inf])
def test_missing_data_keeps_state_and_level_and_is_said_after_the_hold(missing: float | None) -> None:
    states, told = run(PATIENT, [5.5] * 3 + [missing] * 5)
    assert all((s.condition, s.level) == (Condition.FIRING, Level.BREACH) for s in states[2:])
    assert [state.unknown for state in states[3:]] == [False, False, False, False, True]
    assert kinds(told) == ["pending", "fired", "unknown"]
    assert (told[-1].reason, told[-1].value) == (Reason.MISSING_DATA, None)


def test_missing_data_of_a_healthy_subject_becomes_unknown_too() -> None:
    states, told = run(PATIENT, [3.0] + [None] * 5)
    assert (states[-1].condition, states[-1].level, states[-1].unknown) == (Condition.OK, Level.OK, True)
    assert not is_resting(states[-1])
    assert kinds(told) == ["unknown"]


def test_unknown_is_said_once_and_taken_back_when_data_returns() -> None:
    states, told = run(PATIENT, [3.0] + [None] * 9 + [3.0])
    assert kinds(told) == ["unknown", "known_again"]
    assert is_resting(states[-1])


def test_missing_data_counts_as_a_breach_where_the_rule_says_so() -> None:
    rule = a_rule(missing_hold=0, missing_then=MissingThen.BREACH, clear_for=60)
    states, told = run(rule, [3.0, None])
    assert (states[-1].condition, states[-1].level) == (Condition.FIRING, Level.BREACH)
    assert (told[0].kind, told[0].reason, told[0].episode) == (EventKind.FIRED, Reason.MISSING_DATA, 1)


def test_missing_data_escalates_a_warning_to_breach_where_the_rule_says_so() -> None:
    rule = a_rule(missing_hold=0, missing_then=MissingThen.BREACH)
    states, told = run(rule, [4.5, None, None])
    assert kinds(told) == ["fired", "escalated"]
    assert states[-1].level is Level.BREACH


def test_missing_data_never_lowers_a_critical_alert_and_is_still_said() -> None:
    rule = a_rule(missing_hold=0, missing_then=MissingThen.BREACH)
    states, told = run(rule, [6.5, None])
    assert (states[-1].level, states[-1].unknown) == (Level.CRITICAL, True)
    assert kinds(told) == ["fired", "unknown"]


def test_a_breach_by_missing_data_ends_only_through_hysteresis() -> None:
    rule = a_rule(missing_hold=0, missing_then=MissingThen.BREACH, clear_for=60)
    _, told = run(rule, [None, 3.0, 3.0, 3.0])
    assert kinds(told) == ["fired", "known_again", "clearing", "resolved"]


def test_ignored_missing_data_says_nothing_and_still_resolves_nothing() -> None:
    rule = a_rule(missing_hold=0, missing_then=MissingThen.IGNORE)
    states, told = run(rule, [5.5, None, None, None])
    assert kinds(told) == ["fired"]
    assert (states[-1].level, states[-1].unknown) == (Level.BREACH, False)


def test_time_without_data_does_not_count_towards_for() -> None:
    states, _ = run(PATIENT, [5.5, 5.5, None, None, None, 5.5, 5.5])
    assert [state.condition.value for state in states[-2:]] == ["pending", "firing"]


def test_downtime_does_not_count_towards_for() -> None:
    states, _ = run_at(PATIENT, [(0, 5.5), (30, 5.5), (4000, 5.5), (4030, 5.5)])
    assert [state.condition.value for state in states] == ["pending", "pending", "pending", "firing"]


def test_clearing_starts_anew_after_missing_data_and_after_downtime() -> None:
    rule = a_rule(at_most(breach=5), clear_for=60)
    states, _ = run(rule, [5.5, 4.0, 4.0, None, 4.0, 4.0, 4.0])
    assert [state.condition.value for state in states[3:]] == ["clearing", "clearing", "clearing", "ok"]
    states, _ = run_at(rule, [(0, 5.5), (30, 4.0), (4000, 4.0), (4030, 4.0), (4060, 4.0)])
    assert [state.condition.value for state in states[2:]] == ["clearing", "clearing", "ok"]


def test_a_wall_clock_set_back_moves_the_timers_with_it() -> None:
    states, _ = run_at(PATIENT, [(0, 5.5), (30, 5.5), (-3600, 5.5), (-3570, 5.5)])
    assert states[-1].condition is Condition.FIRING


def test_a_wall_clock_set_back_does_not_postpone_unknown_by_as_much() -> None:
    states, _ = run_at(PATIENT, [(0, 3.0), (30, None), (-3600, None), (-3480, None)])
    assert states[-1].unknown


def test_limits_that_cannot_be_known_are_missing_data() -> None:
    rule = a_rule(missing_hold=0)
    state, told = step(AlertState(), at=at(0), value=9.0, thresholds=None, rule=rule)
    assert state.unknown
    assert kinds(told) == ["unknown"]


def test_limits_that_tighten_fire_at_once_under_for_zero() -> None:
    weekday, weekend = at_most(breach=5), at_most(breach=4)
    rule = a_rule(weekday)
    state, _ = step(AlertState(), at=at(0), value=4.5, thresholds=weekday.thresholds, rule=rule)
    state, told = step(state, at=at(30), value=4.5, thresholds=weekend.thresholds, rule=rule)
    assert told[0].limit == 4


def test_a_level_that_has_no_limit_any_more_falls_to_the_one_that_has() -> None:
    rule = a_rule()
    states, _ = run(rule, [6.5])
    state, told = step(
        states[0], at=at(30), value=6.5, thresholds=at_most(warn=4, breach=5).thresholds, rule=rule
    )
    assert (state.level, told[0].limit) == (Level.BREACH, None)


def test_a_closed_subject_resolves_at_once_and_keeps_episode_and_version() -> None:
    states, _ = run(PATIENT, [6.5, 3.0])
    ended, told = gone(states[-1], at=at(60), reason=Reason.SUBJECT_CLOSED)
    assert is_resting(ended)
    assert (told[0].kind, told[0].reason) == (EventKind.RESOLVED, Reason.SUBJECT_CLOSED)
    assert (ended.episode, ended.version) == (1, states[-1].version + 1)


def test_a_pending_or_unknown_subject_that_closes_says_so() -> None:
    pending, _ = run(PATIENT, [5.5])
    assert kinds(gone(pending[-1], at=at(30), reason=Reason.RULE_REMOVED)[1]) == ["lapsed"]
    unknown, _ = run(PATIENT, [None] * 9)
    assert kinds(gone(unknown[-1], at=at(300), reason=Reason.SUBJECT_CLOSED)[1]) == ["known_again"]
    assert gone(AlertState(), at=at(0), reason=Reason.SUBJECT_CLOSED)[1] == ()
