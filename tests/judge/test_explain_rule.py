"""A rule explained: the limits in force, each with where it comes from, what it does, and what makes it weaker."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from riskd.judge.explain_limit import effective_lines, source_lines
from riskd.judge.explain_rule import Context, covers_subject, explain_rule
from riskd.measure.catalogue import CATALOGUE
from riskd.model.desk import AccountProfile, Desk, Mode, StrategyMatch
from riskd.model.subject import Grain, account_subject
from riskd.policy.bundle import Bundle
from riskd.policy.limits.thresholds import thresholds
from riskd.policy.load import load
from riskd.policy.rule import Rule
from riskd.policy.scope.roster import Cover, Entry, roster

WEDNESDAY = datetime(2026, 3, 4, 12, tzinfo=UTC)
SATURDAY = datetime(2026, 3, 7, 12, tzinfo=UTC)

HOUSE = """\
riskd: policy/v1
name: house
title: House
owner: us
version: "1"
mode: enforce
scope: {labels: {env: prod}}
guard: {max_actions_per_hour: 6}
waivers: {max_duration: 14d, approvers: ["role:cro"]}
calendars: {weekend: {tz: UTC, days: [sat, sun]}}
rules:
  - id: cap
    title: Leverage cap
    why: At 5x a fall of 20% takes everything.
    measure: leverage
    per: account
    max: {warn: 4x, breach: 5x, critical: 6x}
    during: {weekend: {max: {breach: 3x}}}
    for: {warn: 5m, breach: 60s}
    clear: {margin: 5%, for: 5m}
    then: {breach: [notify, block_new_risk], critical: [notify, {deleverage: {to: 4x, approval: auto}}]}
tests:
  - {name: 7x fires, rule: cap, series: 7x, expect: [{at: 0s, is: firing}]}
"""
DESK_POLICY = """\
riskd: policy/v1
name: desk
title: Desk
owner: us
version: "1"
mode: propose
scope: {labels: {env: prod}}
rules:
  - {id: cap, title: Ours, why: W, measure: leverage, per: account, refines: house/cap, max: {breach: 4.5x}}
  - id: ladder
    title: The bigger, the lower
    measure: position_leverage
    per: position
    where: {strategy: swing, symbol: "BTC/*"}
    max:
      by: share_of_equity
      steps: [{upto: 5%, warn: 15x, breach: 20x}, {above: 5%, warn: 4x, breach: 5x}]
"""
WAIVERS = """\
riskd: waivers/v1
waivers:
  - id: W-1
    rule: house/cap
    subject: {account: main}
    limit: {warn: 4x, breach: 5.5x, critical: 6x}
    from: 2026-03-01T00:00:00Z
    until: 2026-03-06T00:00:00Z
    requested_by: desk/j.berg
    approved_by: role:cro/a.lind
    reason: The hedge moves to another venue.
    ticket: RISK-118
"""
WEEKENDS = """\
riskd: policy/v1
name: weekends
title: Weekends
owner: us
version: "1"
mode: propose
scope: {labels: {env: prod}}
calendars: {weekend: {tz: UTC, days: [sat, sun]}}
rules:
  - id: at-rest
    title: The bigger, the lower, at weekends
    measure: position_leverage
    per: position
    max: {breach: 20x}
    during:
      weekend: {max: {by: share_of_equity, steps: [{upto: 5%, breach: 10x}, {above: 5%, breach: 4x}]}}
"""
BUNDLE: Bundle = load([("house.yaml", HOUSE), ("desk.yaml", DESK_POLICY), ("waivers.yaml", WAIVERS)])
RULES = {rule.id: rule for rule in BUNDLE.rules}
DESK = Desk(
    accounts=(
        AccountProfile(
            id="main",
            venue="binanceusdm",
            labels=(("env", "prod"),),
            strategies=(StrategyMatch(symbols=("*",), strategy="swing"),),
            mode=Mode.PROPOSE,
        ),
        AccountProfile(id="lab", venue="binanceusdm"),
    )
)


def entries(account: str) -> tuple[Entry, ...]:
    return tuple(
        each for each in roster(DESK) if each.grain is Grain.ACCOUNT and str(each) == f"account={account}"
    )


def context(**changes: object) -> Context:
    return replace(Context(now=WEDNESDAY, policy_mode=Mode.ENFORCE), **changes)  # type: ignore[arg-type]  # checked by replace


def lines(rule: str, name: str, **changes: object) -> list[str]:
    return [text for key, text in explain_rule(RULES[rule], context(**changes)) if key == name]


def test_a_plain_limit_stands_in_one_line_with_its_place() -> None:
    assert list(effective_lines(RULES["house/cap"], WEDNESDAY, None)) == [
        "warn above 4x, breach above 5x, critical above 6x (house/cap, house.yaml:17)"
    ]


def test_a_calendar_that_holds_gives_the_limits_that_it_tightens_and_those_that_go_with_it() -> None:
    assert list(effective_lines(RULES["house/cap"], SATURDAY, None)) == [
        "warn above 3x, breach above 3x (house/cap during weekend, house.yaml:18)",
        "critical above 6x (house/cap, house.yaml:17)",
    ]


def test_a_ladder_of_a_calendar_is_told_while_the_calendar_holds_and_not_before() -> None:
    (rule,) = load([("weekends.yaml", WEEKENDS)]).rules
    assert list(effective_lines(rule, WEDNESDAY, None)) == [
        "breach above 20x (weekends/at-rest, weekends.yaml:14)"
    ]
    assert list(effective_lines(rule, SATURDAY, None)) == [
        "while share_of_equity is up to 5%: breach above 10x (weekends/at-rest during weekend, weekends.yaml:15)",
        "while share_of_equity is above 5%: breach above 4x (weekends/at-rest during weekend, weekends.yaml:15)",
    ]


def test_the_chain_is_told_with_what_holds_now() -> None:
    assert list(source_lines(RULES["desk/cap"], WEDNESDAY)) == [
        "breach above 4.5x (desk/cap, desk.yaml:9)",
        "warn above 4x, breach above 5x, critical above 6x (house/cap, house.yaml:17)",
        "breach above 3x (house/cap during weekend, house.yaml:18, sat, sun UTC: not now)",
    ]


def test_a_refinement_has_the_levels_of_its_parent_from_there() -> None:
    assert list(effective_lines(RULES["desk/cap"], WEDNESDAY, None)) == [
        "warn above 4x, critical above 6x (house/cap, house.yaml:17)",
        "breach above 4.5x (desk/cap, desk.yaml:9)",
    ]


@pytest.mark.parametrize("now", [WEDNESDAY, SATURDAY])
@pytest.mark.parametrize("rule", ["house/cap", "desk/cap"])
def test_what_is_told_is_what_is_judged(rule: str, now: datetime) -> None:
    held = thresholds(RULES[rule], now=now, by_value=None)
    assert held is not None
    told = " ".join(effective_lines(RULES[rule], now, None))
    for level, _, high in held.levels:
        assert f"{level.name.lower()} above {high:g}x" in told


def test_a_ladder_is_told_step_by_step() -> None:
    assert list(effective_lines(RULES["desk/ladder"], WEDNESDAY, None)) == [
        "while share_of_equity is up to 5%: warn above 15x, breach above 20x (desk/ladder, desk.yaml:15)",
        "while share_of_equity is above 5%: warn above 4x, breach above 5x (desk/ladder, desk.yaml:15)",
    ]


def test_a_waiver_that_holds_gives_the_limit_of_its_subject_and_of_no_other() -> None:
    asked = {"waivers": BUNDLE.waivers, "subject": account_subject("main"), "entries": entries("main")}
    assert lines("house/cap", "limit", **asked) == [
        "warn above 4x, critical above 6x (house/cap, house.yaml:17)",
        "breach above 5.5x (waiver W-1, waivers.yaml:3)",
    ]
    (waiver,) = lines("house/cap", "waiver", **asked)
    assert waiver.startswith(
        "W-1 for account=main: in force, 2026-03-01 00:00 to 2026-03-06 00:00 UTC, approved by"
    )
    other = {**asked, "subject": account_subject("lab"), "entries": entries("lab")}
    assert lines("house/cap", "waiver", **other) == []


def test_a_waiver_that_has_ended_changes_nothing() -> None:
    asked = {"waivers": BUNDLE.waivers, "subject": account_subject("main"), "now": SATURDAY}
    assert "ended" in lines("house/cap", "waiver", **asked)[0]
    assert not any("waiver" in line for line in lines("house/cap", "limit", **asked))


def test_the_weakest_mode_is_told_with_what_makes_it_so() -> None:
    whole = {"ceiling": Mode.ENFORCE, "account_mode": Mode.PROPOSE}
    assert lines("house/cap", "mode", **whole) == [
        "propose, because of the account (policy enforce, rule enforce, daemon enforce, account propose)"
    ]
    assert lines("house/cap", "mode")[0].endswith("; the daemon and the account may allow less")


def test_actions_say_who_carries_them_out() -> None:
    assert lines("house/cap", "at breach") == ["notify, block_new_risk (told to bots)"]
    assert lines("house/cap", "at critical") == ["notify, deleverage (to 4x, by itself)"]


@pytest.mark.parametrize(
    ("approval", "words"),
    [("auto", "by itself"), ("human", "once a person approves"), ("four_eyes", "once two people approve")],
)
@pytest.mark.parametrize(
    ("action", "given"),
    [("deleverage", "to 4x"), ("cancel_orders", "risk_increasing"), ("close", "")],
)
def test_every_order_says_whose_word_it_waits_for(action: str, given: str, approval: str, words: str) -> None:
    to = "to: 4x, " if action == "deleverage" else ""
    text = HOUSE.replace("deleverage: {to: 4x, approval: auto}", f"{action}: {{{to}approval: {approval}}}")
    rule = next(rule for rule in load([("house.yaml", text)]).rules if rule.id == "house/cap")
    told = dict(explain_rule(rule, context()))
    assert told["at critical"] == f"notify, {action} ({', '.join(filter(None, (given, words)))})"


def test_formula_and_source_are_those_of_the_catalogue() -> None:
    spec = CATALOGUE["leverage"]
    assert (lines("house/cap", "formula"), lines("house/cap", "source")) == ([spec.formula], [spec.source])


def test_time_is_told() -> None:
    assert lines("house/cap", "fires") == ["when exceeded for: warn 5m, breach 1m, critical 0s"]
    assert lines("house/cap", "clears") == ["when back inside by 5% for 5m"]
    assert lines("house/cap", "missing") == ["keeps the last state for 2m, then alert"]


@pytest.mark.parametrize(
    ("rule", "account", "words"),
    [
        ("house/cap", "main", "yes"),
        ("house/cap", "lab", "no: it is not labels.env: prod"),
        ("desk/ladder", "main", "no: the rule is per position"),
    ],
)
def test_whether_a_subject_is_covered_is_told_with_the_reason(rule: str, account: str, words: str) -> None:
    asked = {"subject": account_subject(account), "entries": entries(account)}
    assert lines(rule, "covered", **asked) == [words]


def test_without_a_configuration_coverage_is_not_known() -> None:
    assert lines("house/cap", "covered", subject=account_subject("main")) == [
        "not known without a configuration, which says what the account is"
    ]
    rule: Rule = RULES["house/cap"]
    assert covers_subject(rule, account_subject("main"), None) is Cover.PARTLY


def test_what_only_the_venue_shows_is_told_as_a_condition() -> None:
    positions = tuple(each for each in roster(DESK) if each.grain is Grain.POSITION)[:1]
    subject = replace(account_subject("main"), grain=Grain.POSITION)
    assert lines("desk/ladder", "covered", subject=subject, entries=positions) == [
        "if it has symbol: BTC/*, which only the venue shows"
    ]


def test_a_query_is_told_as_it_stands() -> None:
    text = """\
riskd: policy/v1
name: own
title: Own
owner: us
version: "1"
mode: observe
rules:
  - id: equity
    title: Equity
    sql: |
      select account as subject,
        equity as value from accounts
    unit: money
    per: account
    min: 5k USD
"""
    (rule,) = load([("own.yaml", text)]).rules
    told = explain_rule(rule, context())
    assert ("measure", "SQL written in the policy at line 10; an amount of money") in told
    assert [line for name, line in told if name == "sql"] == [
        "select account as subject,",
        "  equity as value from accounts",
    ]
