"""What rules cover, what they leave out, and what nothing looks at."""

from __future__ import annotations

from datetime import UTC, datetime

from riskd.measure.catalogue import FAMILIES
from riskd.model.desk import AccountProfile, Desk, StrategyMatch
from riskd.model.subject import Grain
from riskd.policy.load import load
from riskd.policy.scope.coverage import Covered, Survey, survey
from riskd.policy.scope.roster import held_position
from tests.builders import NOW

POLICY = """\
riskd: policy/v1
name: house
title: House
owner: us
version: "1"
mode: observe
scope: {labels: {env: prod}}
rules:
  - {id: cap, title: T, why: W, measure: leverage, per: account, max: 5x}
  - {id: heat, title: T, why: W, measure: open_risk, per: account, where: {strategy: swing}, max: 5%}
  - {id: size, title: T, why: W, measure: share_of_equity, per: position, where: {strategy: {not: "scalp-*"}}, max: 40%}
  - {id: majors, title: T, why: W, measure: share_of_equity, per: position, where: {symbol: "BTC/*"}, max: 60%}
  - {id: hedged, title: T, why: W, measure: hedge_ratio, per: hedge, band: {breach: [90%, 110%]}}
"""
WAIVERS = """\
riskd: waivers/v1
waivers:
  - id: W-1
    rule: house/cap
    subject: {account: main}
    limit: {breach: 6x}
    from: 2026-03-02T08:00:00Z
    until: 2026-03-09T00:00:00Z
    requested_by: a
    approved_by: b
    reason: R
    ticket: T-1
  - id: W-2
    rule: house/majors
    subject: {account: main, symbol: "BTC/USDT:USDT", side: long}
    suspend: true
    from: 2026-03-02T08:00:00Z
    until: 2026-03-09T00:00:00Z
    requested_by: a
    approved_by: b
    reason: R
    ticket: T-1
"""
DESK = Desk(
    accounts=(
        AccountProfile(
            id="main",
            venue="binanceusdm",
            labels=(("env", "prod"),),
            strategies=(
                StrategyMatch(symbols=("BTC/*",), strategy="scalp-btc"),
                StrategyMatch(symbols=("*",), strategy="swing"),
            ),
        ),
        AccountProfile(id="lab", venue="binanceusdm", labels=(("env", "test"),)),
    )
)


def the_survey() -> Survey:
    held = held_position(DESK, "main", "BTC/USDT:USDT", "long", "scalp-btc")
    assert held is not None
    return survey(load([("house.yaml", POLICY)]), DESK, FAMILIES, (held,), now=NOW)


def of(name: str) -> Covered:
    return next(subject for subject in the_survey().subjects if str(subject.entry) == name)


def rules(covered: Covered) -> list[str]:
    return [covering.rule.id.removeprefix("house/") for covering in covered.rules]


def test_a_subject_has_its_rules_and_the_exceptions_made_for_it() -> None:
    scalps, swings = of("account=main strategy=scalp-btc"), of("account=main strategy=swing")
    assert (scalps.entry.grain, rules(scalps), rules(swings)) == (
        Grain.POSITION,
        ["majors"],
        ["size", "majors"],
    )
    (carve_out,) = scalps.carve_outs
    assert (carve_out.rule.id, carve_out.by) == ("house/size", ("strategy: not scalp-*",))


def test_what_only_the_venue_decides_is_told_as_a_condition_and_known_of_what_was_seen() -> None:
    (majors,) = of("account=main strategy=scalp-btc").rules
    assert majors.depends_on == ("symbol: BTC/*",)
    (seen,) = of("account=main symbol=BTC/USDT:USDT side=long").rules
    assert seen.depends_on == ()


def test_a_selector_that_narrows_the_sum_is_told() -> None:
    cap, heat = of("account=main").rules
    assert (cap.counts_only, heat.counts_only) == ((), ("strategy: swing",))


def test_outside_every_scope_something_is_missing() -> None:
    lab = of("account=lab")
    assert (lab.rules, lab.outside, lab.is_missing) == ((), ("house",), True)
    assert not of("account=main").is_missing


def test_waivers_in_force_are_exceptions_of_the_subjects_that_they_are_for() -> None:
    policy = POLICY.replace("scope:", "waivers: {max_duration: 14d, approvers: [b], four_eyes: true}\nscope:")
    bundle = load([("house.yaml", policy), ("waivers.yaml", WAIVERS)])

    def waived(now: datetime) -> dict[str, list[str]]:
        subjects = survey(bundle, DESK, FAMILIES, now=now).subjects
        return {str(each.entry): [waiver.id for waiver in each.waivers] for each in subjects if each.waivers}

    assert waived(datetime(2026, 3, 3, tzinfo=UTC)) == {
        "account=main": ["W-1"],
        "account=main strategy=scalp-btc": ["W-2"],
        "account=main strategy=swing": ["W-2"],
    }
    assert waived(datetime(2026, 3, 9, tzinfo=UTC)) == {}


def test_a_kind_of_sum_without_a_rule_is_not_missing() -> None:
    assert not of("portfolio").is_missing


def test_families_that_no_rule_looks_at_are_listed_by_account() -> None:
    unwatched = dict(the_survey().unwatched)
    assert {"margin", "stops", "drawdown"} - set(unwatched["main"]) == {"stops"}  # open_risk is about stops
    assert "leverage" not in unwatched["main"]
    assert "leverage" in unwatched["lab"]


def test_families_of_what_the_desk_does_not_have_are_not_missed() -> None:
    for _, families in the_survey().unwatched:
        assert not {"hedge", "grid"} & set(families)


def test_rules_that_cover_nothing_are_listed() -> None:
    assert [rule.id for rule in the_survey().idle] == ["house/hedged"]
