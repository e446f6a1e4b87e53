"""Tests inside policies: exact expectations, exact actions, and no pass for nothing."""

from __future__ import annotations

import math
from dataclasses import replace

from riskd.judge.rehearse import rehearse
from riskd.measure.spec import MeasureRef
from riskd.policy.bundle import SeriesTest
from riskd.policy.rule import Action, ActionKind, Calendar, MissingThen, Rule
from tests.builders_rules import (
    NOTIFY,
    a_ladder,
    a_policy,
    a_rule,
    a_series_test,
    at_least,
    at_most,
    close,
    deleverage,
    within,
)

BLOCK = Action(kind=ActionKind.BLOCK_NEW_RISK)
CANCEL = Action(kind=ActionKind.CANCEL_ORDERS)
LEVERAGE = a_rule(
    hold={"warn": 300, "breach": 60, "critical": 0},
    clear_margin=0.05,
    clear_for=300,
    actions={"warn": (NOTIFY,), "breach": (NOTIFY, BLOCK), "critical": (NOTIFY, BLOCK, deleverage(4.0))},
    during=((Calendar(name="weekend", tz="UTC", weekdays=(5, 6)), at_most(warn=3, breach=4, critical=5)),),
)


def problems(rule: Rule, test: SeriesTest) -> list[str]:
    (result,) = rehearse(a_policy(rule, tests=[test]))
    return [str(problem) for problem in result.problems]


def ramp(start: float, end: float, count: int) -> list[float | str | None]:
    return [start + (end - start) * number / (count - 1) for number in range(count)]


def test_the_baseline_story_of_leverage_passes() -> None:
    series = [3.0] * 4 + [5.5] + [3.0] * 4 + [5.5] * 4 + [6.5] + [4.9] * 4 + [4.5] * 20
    test = a_series_test(
        "leverage",
        series,
        (120, "pending"),
        (150, "ok"),
        (330, "firing", "breach"),
        (390, "firing", "critical"),
        (480, "clearing"),
        (750, "firing", "warn"),
        every=30,
        actions=("block_new_risk", "deleverage"),
    )
    assert problems(LEVERAGE, test) == []


def test_a_calendar_tightens_on_its_days() -> None:
    saturday = a_series_test(
        "leverage", [4.5] * 5, (120, "firing", "breach"), every=30, start="2026-03-07T12:00:00Z"
    )
    wednesday = replace(saturday, start="2026-03-04T12:00:00Z")
    assert problems(LEVERAGE, saturday) == []
    assert len(problems(LEVERAGE, wednesday)) == 1


def test_a_ladder_goes_by_the_tests_by() -> None:
    ladder = a_ladder(
        MeasureRef("share_of_equity"),
        (0.05, {"warn": 15, "breach": 20}),
        (0.25, {"warn": 8, "breach": 10}),
        (1.0, {"warn": 4, "breach": 5}),
        (math.inf, {"warn": 2, "breach": 3}),
    )
    rule = a_rule(ladder, hold=60)
    big = a_series_test("leverage", [8.0] * 4, (180, "firing", "breach"), by=0.30)
    small = a_series_test("leverage", [8.0] * 4, (180, "ok"), by=0.04)
    assert problems(rule, big) == []
    assert problems(rule, small) == []


def test_lost_data_holds_and_a_closed_position_ends() -> None:
    rule = a_rule(
        at_least(warn=0.20, breach=0.12, critical=0.06),
        clear_margin=0.05,
        clear_for=300,
        actions={"breach": (NOTIFY, BLOCK, CANCEL)},
    )
    series: list[float | None] = [0.3] * 2 + [0.1] * 2 + [None] * 4 + [0.3] * 7
    test = a_series_test(
        "leverage",
        series,
        (120, "firing", "breach"),
        (300, "firing", "breach"),
        (360, "firing", "breach"),
        (480, "clearing"),
        (780, "ok"),
        actions=("block_new_risk", "cancel_orders"),
    )
    unknown = replace(test.expect[2], unknown=True)
    assert problems(rule, replace(test, expect=(*test.expect[:2], unknown, *test.expect[3:]))) == []
    closed = a_series_test("leverage", [0.1, 0.1, "gone"], (60, "firing", "breach"), (120, "ok"))
    assert problems(rule, closed) == []


def test_silence_may_be_a_breach_of_its_own() -> None:
    rule = a_rule(
        at_most(warn=45, breach=90),
        missing_hold=0,
        missing_then=MissingThen.BREACH,
        actions={"breach": (NOTIFY, BLOCK)},
    )
    test = a_series_test(
        "leverage", [10.0, 10.0, None, None], (120, "firing", "breach"), actions=("block_new_risk",)
    )
    assert problems(rule, test) == []


def test_the_day_stop_stays_until_tomorrow() -> None:
    rule = a_rule(
        at_most(warn=0.006, breach=0.01, critical=0.015),
        clear_margin=1.0,
        actions={"breach": (NOTIFY, BLOCK, CANCEL), "critical": (NOTIFY, BLOCK, CANCEL, close())},
    )
    test = a_series_test(
        "leverage",
        [0.002, 0.002, 0.011, 0.011, 0.016, 0.012, 0.012, 0.012, 0.0],
        (180, "firing", "breach"),
        (240, "firing", "critical"),
        (420, "firing", "critical"),
        (480, "ok"),
        actions=("block_new_risk", "cancel_orders", "close"),
    )
    assert problems(rule, test) == []


def test_a_band_and_a_ramp_pass() -> None:
    band = a_rule(
        within(warn=(0.97, 1.03), breach=(0.95, 1.05), critical=(0.85, 1.15)),
        hold=120,
        clear_margin=0.1,
        clear_for=300,
    )
    series: list[float] = [1.0] * 2 + [0.96] * 3 + [0.94] * 4 + [1.0] * 7
    test = a_series_test(
        "leverage",
        series,
        (240, "firing", "warn"),
        (420, "firing", "breach"),
        (780, "clearing"),
        (900, "ok"),
        actions=(),
    )
    assert problems(band, test) == []
    age = a_rule(at_most(warn=300, breach=900, critical=3600))
    held = a_series_test(
        "leverage",
        [*ramp(60, 4200, 70), "gone"],
        (240, "ok"),
        (360, "firing", "warn"),
        (3660, "firing", "critical"),
        (4200, "ok"),
    )
    assert problems(age, held) == []


def test_a_wrong_expectation_says_what_was_found_and_what_the_value_was() -> None:
    test = a_series_test("leverage", [5.5] * 4, (90, "firing", "critical"), every=30)
    (problem,) = problems(LEVERAGE, test)
    assert problem == (
        "policies/test.yaml:1:1: error[T005]: at 1m30s expected firing critical, found firing breach; "
        "the value there was 5.5x"
    )


def test_an_action_that_is_not_expected_fails_and_so_does_one_that_never_came() -> None:
    test = a_series_test("leverage", [6.5], (0, "firing", "critical"), actions=("block_new_risk",))
    assert (
        "expected the actions block_new_risk, found block_new_risk, deleverage" in problems(LEVERAGE, test)[0]
    )
    calm = a_series_test("leverage", [3.0], (0, "ok"), actions=("deleverage",))
    assert "found none" in problems(LEVERAGE, calm)[0]


def test_a_level_that_is_only_fallen_back_to_asks_for_nothing() -> None:
    rule = a_rule(actions={"warn": (BLOCK,), "critical": (CANCEL,)})
    test = a_series_test("leverage", [6.5, 4.5], (60, "firing", "warn"), actions=("cancel_orders",))
    assert problems(rule, test) == []


def test_an_expectation_between_ticks_or_after_the_end_fails() -> None:
    test = a_series_test("leverage", [3.0] * 3, (45, "ok"), (180, "ok"))
    assert ["T004" in problem for problem in problems(LEVERAGE, test)] == [True, True]


def test_an_expected_overlay_is_compared() -> None:
    test = a_series_test("leverage", [3.0, None, None, None], (180, "ok"))
    wrong = replace(test, expect=(replace(test.expect[0], unknown=False),))
    assert "expected ok, known, found ok, unknown" in problems(LEVERAGE, wrong)[0]


def test_a_policy_without_tests_fails_and_so_does_a_test_of_nothing() -> None:
    (result,) = rehearse(a_policy(LEVERAGE))
    assert not result.passed
    assert "T003" in problems(LEVERAGE, a_series_test("leverage", [3.0]))[0]


def test_a_test_of_a_rule_that_is_not_there_fails_with_the_rules_that_are() -> None:
    (problem,) = problems(LEVERAGE, a_series_test("leverge", [3.0], (0, "ok")))
    assert "name one of test/leverage" in problem


def test_a_test_that_looks_once_an_hour_has_no_gaps() -> None:
    rule = a_rule(at_most(breach=5), hold=7200, clear_for=3600)
    test = a_series_test(
        "leverage", [5.5] * 3 + [3.0] * 2, (7200, "firing", "breach"), (14400, "ok"), every=3600
    )
    assert problems(rule, test) == []


def test_the_step_of_a_ladder_may_change_on_the_way_and_be_unknown() -> None:
    rule = a_rule(a_ladder(MeasureRef("share_of_equity"), (0.05, {"breach": 20}), (math.inf, {"breach": 5})))
    test = a_series_test(
        "leverage", [8.0] * 4, (0, "ok"), (60, "firing", "breach"), (180, "firing", "breach")
    )
    assert problems(rule, replace(test, by=(0.04, 0.3, None, 0.3))) == []
    assert "found ok" in problems(rule, replace(test, by=(0.04, 0.04, 0.04, 0.3)))[0]


def test_what_an_alert_asks_for_can_be_expected_at_a_moment() -> None:
    rule = a_rule(actions={"breach": (NOTIFY, BLOCK), "critical": (NOTIFY, CANCEL)})
    test = a_series_test("leverage", [5.5, 6.5], (0, "firing", "breach"), (60, "firing", "critical"))
    asked = [
        replace(line, actions=(name,))
        for line, name in zip(test.expect, ("block_new_risk", "cancel_orders"), strict=True)
    ]
    assert problems(rule, replace(test, expect=tuple(asked))) == []
    (problem,) = problems(rule, replace(test, expect=(replace(asked[0], actions=()),)))
    assert (
        "expected firing breach, asking for none, found firing breach, asking for block_new_risk" in problem
    )
