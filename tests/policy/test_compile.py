"""What a policy means once it is compiled."""

from __future__ import annotations

import math
from datetime import time
from decimal import Decimal

import pytest

from riskd.measure.spec import MeasureRef, Unit
from riskd.model.desk import Mode
from riskd.model.subject import Grain
from riskd.model.verdict import Level
from riskd.policy.bundle import SeriesTest
from riskd.policy.rule import (
    Action,
    ActionKind,
    Approval,
    Bound,
    Guard,
    Match,
    MissingThen,
    Objective,
    Thresholds,
    Urgency,
)
from tests.policy.policy_text import a_policy, a_rule, codes_of, policy_text

WARN, BREACH, CRITICAL = Level.WARN, Level.BREACH, Level.CRITICAL
NOTIFY = Action(kind=ActionKind.NOTIFY)


def test_a_rule_with_nothing_but_a_limit_has_what_the_language_says() -> None:
    rule = a_rule()
    assert rule.id == "desk/cap"
    assert (rule.measure, rule.unit, rule.grain) == (MeasureRef("leverage"), Unit.MULTIPLE, Grain.ACCOUNT)
    assert rule.limit.thresholds == Thresholds(((BREACH, -math.inf, 5.0),))
    assert (rule.hold(BREACH), rule.clear_margin, rule.clear_seconds) == (0.0, 0.0, 0.0)
    assert (rule.missing_hold_seconds, rule.missing_then) == (120.0, MissingThen.ALERT)
    assert rule.actions == ((BREACH, (NOTIFY,)),)
    assert (rule.mode, rule.guard, rule.during, rule.where.tests) == (Mode.OBSERVE, Guard(), (), ())
    assert (rule.mark.line, rule.mark.column) == (8, 5)


def test_a_single_limit_is_short_for_the_breach() -> None:
    long = a_rule("id: cap\ntitle: t\nmeasure: leverage\nper: account\nmax: {breach: 5x}\n")
    assert long.limit == a_rule().limit


def test_min_is_bad_below_and_band_outside() -> None:
    low = a_rule("id: r\ntitle: t\nmeasure: stop_coverage\nper: position\nmin: {warn: 100%, critical: 50%}\n")
    assert low.limit.bound is Bound.MIN
    assert low.limit.thresholds == Thresholds(((WARN, 1.0, math.inf), (CRITICAL, 0.5, math.inf)))
    band = a_rule("id: r\ntitle: t\nmeasure: hedge_ratio\nper: hedge\nband: {breach: [95%, 105%]}\n")
    assert band.limit.bound is Bound.BAND
    assert band.limit.thresholds == Thresholds(((BREACH, 0.95, 1.05),))


def test_two_levels_may_share_a_limit_and_differ_in_time() -> None:
    rule = a_rule(
        "id: r\ntitle: t\nmeasure: stop_coverage\nper: position\n"
        "min: {warn: 100%, breach: 100%}\nfor: {warn: 0s, breach: 30s}\n"
    )
    assert rule.hold_seconds == ((WARN, 0.0), (BREACH, 30.0))


def test_a_variable_is_its_value_wherever_it_stands() -> None:
    head = "vars: {cap: 5x, wait: 30s, share: 25%}\n"
    rule = a_rule(
        "id: cap\ntitle: t\nmeasure: leverage\nper: account\nmax: {breach: $cap}\nfor: $wait\n"
        "then: {breach: [notify, {deleverage: {max_step: $share}}]}\n",
        head=head,
    )
    assert rule.limit == a_rule().limit
    assert rule.hold(BREACH) == 30.0
    assert rule.actions_at(BREACH)[1].max_step == 0.25


def test_measures_take_parameters_and_fill_in_defaults() -> None:
    rule = a_rule("id: r\ntitle: t\nmeasure: {drawdown: {window: 30d}}\nper: account\nmax: 10%\n")
    assert rule.measure == MeasureRef("drawdown", (("window", 2_592_000.0),))
    plain = a_rule("id: r\ntitle: t\nmeasure: grid_worst_loss\nper: grid\nmax: 10%\n")
    assert plain.measure.parameter("beyond") == 0.1
    given = a_rule("id: r\ntitle: t\nmeasure: {grid_worst_loss: {beyond: 20%}}\nper: grid\nmax: 10%\n")
    assert given.measure.parameter("beyond") == 0.2


LADDER = """\
id: ladder
title: t
measure: position_leverage
per: position
max:
  by: share_of_equity
  steps:
    - {upto: 5%, warn: 15x, breach: 20x}
    - {upto: 25%, warn: 8x, breach: 10x}
    - {above: 25%, warn: 4x, breach: 5x}
"""


def test_a_ladder_rises_and_is_open_at_the_top() -> None:
    limit = a_rule(LADDER).limit
    assert limit.by == MeasureRef("share_of_equity")
    assert limit.thresholds is None
    assert [step.upto for step in limit.steps] == [0.05, 0.25, math.inf]
    assert limit.steps[2].thresholds == Thresholds(((WARN, -math.inf, 4.0), (BREACH, -math.inf, 5.0)))


def test_a_ladder_may_also_loosen_as_its_measure_rises() -> None:
    limit = a_rule(
        "id: r\ntitle: t\nmeasure: position_leverage\nper: position\nmax:\n  by: liquidation_distance\n  steps:\n"
        "    - {upto: 10%, breach: 2x}\n    - {above: 10%, breach: 5x}\n"
    ).limit
    assert [step.thresholds.levels[0][2] for step in limit.steps] == [2.0, 5.0]


def test_calendars_carry_their_hours_and_tighter_limits() -> None:
    head = """\
    calendars:
      weekend: {tz: UTC, days: [sun, sat]}
      fed: {tz: America/New_York, dates: ["2026-03-18", "2026-01-28"], between: ["13:30", "16:00"]}
    """
    rule = a_rule(
        "id: r\ntitle: t\nmeasure: leverage\nper: account\nmax: {warn: 4x, breach: 5x}\n"
        "during: {weekend: {max: 3x}, fed: {max: {breach: 5x, critical: 6x}}}\n",
        head=head,
    )
    (weekend, at_weekend), (fed, _) = rule.during
    assert (weekend.name, weekend.tz, weekend.weekdays, weekend.between) == ("weekend", "UTC", (5, 6), None)
    assert (fed.dates, fed.between) == (("2026-01-28", "2026-03-18"), (time(13, 30), time(16, 0)))
    assert at_weekend.thresholds == Thresholds(((BREACH, -math.inf, 3.0),))
    assert [level for level, _ in rule.actions] == [WARN, BREACH, CRITICAL]


def test_a_calendar_may_tighten_a_ladder_with_one_flat_limit() -> None:
    head = "calendars: {weekend: {tz: UTC, days: [sat, sun]}}\n"
    rule = a_rule(LADDER + "during: {weekend: {max: {breach: 10x}}}\n", head=head)
    assert rule.during[0][1].thresholds == Thresholds(((BREACH, -math.inf, 10.0),))
    assert codes_of(policy_text(LADDER + "during: {weekend: {max: {breach: 21x}}}\n", head=head)) == ["P210"]


def test_scope_and_where_are_joined() -> None:
    rule = a_rule(
        "id: r\ntitle: t\nmeasure: position_leverage\nper: position\nmax: 5x\n"
        'where: {strategy: {not: "scalp-*"}, symbol: ["ETH/*", "BTC/*"], labels: {tier: gold}}\n',
        head='scope: {labels: {env: prod}, strategy: ["swing-*", hedge]}\n',
    )
    assert rule.where.tests == (
        ("labels.env", Match(any_of=("prod",))),
        ("labels.tier", Match(any_of=("gold",))),
        ("strategy", Match(any_of=("hedge", "swing-*"))),
        ("strategy", Match(none_of=("scalp-*",))),
        ("symbol", Match(any_of=("BTC/*", "ETH/*"))),
    )


def test_actions_that_trade_wait_for_a_person_unless_the_policy_says_otherwise() -> None:
    rule = a_rule(
        "id: r\ntitle: t\nmeasure: leverage\nper: account\nmax: {breach: 5x, critical: 6x}\nclear: {margin: 10%}\n"
        "then:\n  breach: [notify, block_new_risk, cancel_orders, deleverage]\n"
        "  critical:\n    - notify\n    - cancel_orders: {which: all, approval: human}\n"
        "    - deleverage: {to: 4x, objective: pro_rata, max_step: 25%, approval: auto}\n    - close: {urgency: urgent}\n"
    )
    assert rule.actions_at(BREACH) == (
        NOTIFY,
        Action(kind=ActionKind.BLOCK_NEW_RISK),
        Action(kind=ActionKind.CANCEL_ORDERS, approval=Approval.AUTO, which="risk_increasing"),
        Action(kind=ActionKind.DELEVERAGE, approval=Approval.HUMAN, to=None),
    )
    assert rule.actions_at(CRITICAL) == (
        NOTIFY,
        Action(kind=ActionKind.CANCEL_ORDERS, approval=Approval.HUMAN, which="all"),
        Action(
            kind=ActionKind.DELEVERAGE,
            approval=Approval.AUTO,
            to=4.0,
            objective=Objective.PRO_RATA,
            max_step=0.25,
        ),
        Action(kind=ActionKind.CLOSE, approval=Approval.HUMAN, urgency=Urgency.URGENT),
    )


@pytest.mark.parametrize(("word", "people"), [("auto", 0), ("human", 1), ("four_eyes", 2)])
def test_an_approval_says_how_many_people_must_release_an_order(word: str, people: int) -> None:
    rule = a_rule(
        "id: r\ntitle: t\nmeasure: leverage\nper: account\nmax: {breach: 5x}\n"
        f"then: {{breach: [notify, {{close: {{approval: {word}}}}}]}}\n"
    )
    assert rule.actions_at(BREACH)[1].approval.people == people


def test_a_target_at_the_clear_level_itself_is_enough() -> None:
    text = (
        "id: r\ntitle: t\nmeasure: leverage\nper: account\nmax: {breach: 5x}\nclear: {margin: 10%}\n"
        "then: {breach: [notify, {deleverage: {to: TO}}]}\n"
    )
    assert a_rule(text.replace("TO", "4.5x")).actions_at(BREACH)[1].to == 4.5
    assert codes_of(policy_text(text.replace("TO", "4.6x"))) == ["P214"]


def test_a_target_has_to_clear_every_step_and_every_calendar() -> None:
    head = "calendars: {weekend: {tz: UTC, days: [sat, sun]}}\n"
    text = (
        "id: r\ntitle: t\nmeasure: leverage\nper: account\nmax: {breach: 5x}\nduring: {weekend: {max: 3x}}\n"
        "then: {breach: [notify, {deleverage: {to: 4x}}]}\n"
    )
    assert codes_of(policy_text(text, head=head)) == ["P214"]
    ladder = LADDER + "then: {breach: [notify, {deleverage: {to: 6x}}]}\n"
    assert codes_of(policy_text(ladder)) == ["P214"]


def test_the_guard_keeps_money_exact() -> None:
    head = "guard: {max_actions_per_hour: 6, max_notional_per_hour: 5m USD, max_positions_touched: 50%, cooldown: 60s}\n"
    assert a_rule(head=head).guard == Guard(
        actions_per_hour_max=6,
        notional_per_hour_max=Decimal(5_000_000),
        positions_touched_max=0.5,
        cooldown_seconds=60.0,
    )


@pytest.mark.parametrize(
    ("policy_mode", "rule_mode", "mode"),
    [
        ("enforce", "", Mode.ENFORCE),
        ("enforce", "mode: propose\n", Mode.PROPOSE),
        ("propose", "mode: observe\n", Mode.OBSERVE),
        ("propose", "mode: propose\n", Mode.PROPOSE),
    ],
)
def test_a_rule_may_only_weaken_the_mode_of_its_policy(policy_mode: str, rule_mode: str, mode: Mode) -> None:
    text = "id: r\ntitle: t\nmeasure: leverage\nper: account\nmax: 5x\n" + rule_mode
    assert a_rule(text, mode=policy_mode).mode is mode


ORDERS = (
    "id: cap\ntitle: t\nmeasure: leverage\nper: account\nmax: 5x\nthen: {breach: [notify, {ACTION: {}}]}\n"
)
TEST = "- {name: a, rule: cap, series: 6x, expect: [{at: 0s, is: firing}]}\n"


@pytest.mark.parametrize("action", ["deleverage", "close", "cancel_orders"])
def test_a_rule_that_may_send_orders_by_itself_needs_a_test(action: str) -> None:
    rule = ORDERS.replace("ACTION", action)
    assert codes_of(policy_text(rule, mode="enforce")) == ["P217"]
    assert a_rule(rule, tests=TEST, mode="enforce").mode is Mode.ENFORCE
    assert a_rule(rule, mode="propose").mode is Mode.PROPOSE
    assert a_rule(rule + "mode: propose\n", mode="enforce").mode is Mode.PROPOSE


@pytest.mark.parametrize("action", ["deleverage", "close", "cancel_orders"])
def test_no_order_rests_on_missing_data(action: str) -> None:
    rule = ORDERS.replace("ACTION", action) + "missing: {then: breach}\n"
    assert codes_of(policy_text(rule)) == ["P216"]
    assert a_rule(rule.replace("then: breach", "then: alert")).missing_then is MissingThen.ALERT


def test_orders_at_critical_are_allowed_where_missing_data_is_a_breach() -> None:
    rule = a_rule(
        "id: r\ntitle: t\nmeasure: leverage\nper: account\nmax: {breach: 5x, critical: 6x}\n"
        "missing: {hold: 0s, then: breach}\nthen: {breach: [notify], critical: [notify, close]}\n"
    )
    assert rule.missing_then is MissingThen.BREACH


def a_series_test(text: str) -> SeriesTest:
    (test,) = a_policy(text).tests
    assert isinstance(test, SeriesTest)
    return test


def test_a_test_is_compiled_with_its_series_and_exact_actions() -> None:
    tests = """\
    - name: a spike
      rule: cap
      every: 30s
      start: "2026-03-07T13:00:00+01:00"
      series: 4x*2, 6x, _, 3x..5x*3, gone
      expect: [{at: 1m, is: firing, level: breach}, {at: 90s, is: firing, unknown: no}, {at: 210s, is: ok}]
      actions: []
    """
    test = a_series_test(policy_text(tests=tests))
    assert (test.rule, test.every_seconds, test.start) == ("desk/cap", 30.0, "2026-03-07T12:00:00+00:00")
    assert test.series == (4.0, 4.0, 6.0, None, 3.0, 4.0, 5.0, "gone")
    assert [(line.at_seconds, line.condition, line.level, line.unknown) for line in test.expect] == [
        (60.0, "firing", BREACH, None),
        (90.0, "firing", None, False),
        (210.0, "ok", None, None),
    ]
    assert (test.actions, test.by) == ((), None)


def test_a_test_of_a_ladder_says_which_step() -> None:
    tests = "- {name: a, rule: ladder, by: 4%, series: 8x, expect: [{at: 0s, is: ok}]}\n"
    test = a_series_test(policy_text(LADDER, tests=tests))
    assert test.by == (0.04,)
    assert test.actions is None


def test_the_step_may_change_on_the_way() -> None:
    tests = '- {name: a, rule: ladder, by: "4%*2, 6%, _", series: 8x*4, expect: [{at: 0s, is: ok}]}\n'
    assert a_series_test(policy_text(LADDER, tests=tests)).by == (0.04, 0.04, 0.06, None)


def test_one_mistake_is_said_once_and_hides_no_other() -> None:
    text = policy_text(
        "id: cap\ntitle: t\nmeasure: leverge\nper: account\nmax: 5%\n",
        head="vars: {unused: 0.5}\n",
        tests="- {name: a, rule: cap, series: 5x, expect: [{at: 0s, is: ok}]}\n"
        "- {name: b, rule: cab, series: 5x, expect: [{at: 0s, is: ok}]}\n",
    )
    assert codes_of(text) == ["P106", "P104", "P218"]
