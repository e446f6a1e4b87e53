"""Rules that refine other rules: what they promise when they are loaded, and that they keep it at every moment."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.errors import PolicyError
from riskd.measure.spec import MeasureRef
from riskd.model.verdict import Level
from riskd.policy.bundle import Bundle
from riskd.policy.limits.thresholds import active_limits, thresholds, thresholds_by_row, thresholds_on
from riskd.policy.load import load
from riskd.policy.rule import Ancestor, Bound, Calendar, Limit, Rule, Step, Thresholds
from tests.builders_rules import A_MARK, a_rule
from tests.policy.fake_catalogue import CATALOGUE
from tests.policy.policy_text import policy_text

WEDNESDAY = datetime(2026, 3, 4, 12, tzinfo=UTC)
SATURDAY = datetime(2026, 3, 7, 12, tzinfo=UTC)

HOUSE = policy_text(
    """
    id: cap
    title: The house's cap
    measure: leverage
    per: account
    max: {warn: 4x, breach: 5x, critical: 6x}
    during: {weekend: {max: {breach: 4.5x}}}
    for: {warn: 5m, breach: 60s, critical: 0s}
    """,
    head="calendars: {weekend: {tz: UTC, days: [sat, sun]}}",
).replace("name: desk", "name: house")


def loaded(child: str, *more: str, house: str = HOUSE) -> Bundle:
    texts = [("house.yaml", house), ("desk.yaml", policy_text(child))]
    texts += [(f"{number}.yaml", text) for number, text in enumerate(more)]
    return load(texts, catalogue=CATALOGUE)


def child_of(keys: str) -> Rule:
    rule = f"id: tight\ntitle: Tighter\nmeasure: leverage\nper: account\nrefines: house/cap\n{keys}"
    return next(rule for rule in loaded(rule).rules if rule.id == "desk/tight")


def highs(rule: Rule, now: datetime) -> dict[str, float]:
    held = thresholds(rule, now=now, by_value=None)
    assert held is not None
    return {level.name.lower(): high for level, _, high in held.levels}


# ---- what a child has ------------------------------------------------------------------------------------------------


def test_a_child_names_its_parent_with_the_place_where_it_stands() -> None:
    rule = child_of("max: 3x")
    assert rule.refines == "house/cap"
    (ancestor,) = rule.chain
    assert (ancestor.id, ancestor.mark.file, ancestor.mark.line) == ("house/cap", "house.yaml", 9)


def test_levels_that_the_child_lacks_are_inherited_and_never_milder_than_a_worse_one() -> None:
    rule = child_of("max: {breach: 3x}")
    assert highs(rule, WEDNESDAY) == {"warn": 3.0, "breach": 3.0, "critical": 6.0}


def test_an_inherited_level_has_the_childs_own_actions_and_times_or_its_defaults() -> None:
    rule = child_of("max: {breach: 3x}\nfor: {critical: 10s}\nthen: {critical: [notify, block_new_risk]}")
    assert [level for level, _ in rule.actions] == [Level.WARN, Level.BREACH, Level.CRITICAL]
    assert [action.kind.value for action in rule.actions_at(Level.CRITICAL)] == ["notify", "block_new_risk"]
    assert [action.kind.value for action in rule.actions_at(Level.WARN)] == ["notify"]
    assert (rule.hold(Level.CRITICAL), rule.hold(Level.WARN)) == (10.0, 0.0)


def test_a_calendar_of_the_parent_holds_for_the_child() -> None:
    rule = child_of("max: {breach: 4.8x}")
    assert highs(rule, WEDNESDAY)["breach"] == 4.8
    assert highs(rule, SATURDAY)["breach"] == 4.5
    assert len(active_limits(rule, SATURDAY)) == 3


def test_the_parent_is_judged_as_before() -> None:
    bundle = loaded("id: tight\ntitle: T\nmeasure: leverage\nper: account\nmax: 3x\nrefines: house/cap\n")
    (alone,) = load([("house.yaml", HOUSE)], catalogue=CATALOGUE).rules
    assert next(rule for rule in bundle.rules if rule.id == "house/cap") == alone


def test_a_child_may_wait_longer_act_less_and_be_in_a_weaker_mode() -> None:
    """Nothing is lost by it, because the parent is judged too."""
    assert child_of("max: 5x\nfor: 1h\nthen: {breach: [notify]}\nmode: observe").hold(Level.BREACH) == 3600.0


def test_a_target_must_reach_the_clear_level_of_the_parents_calendar_too() -> None:
    with pytest.raises(PolicyError, match=r"to 4.6x does not clear breach 4.5x"):
        child_of("max: 5x\nthen: {breach: [notify, {deleverage: {to: 4.6x}}]}")


def test_a_chain_may_have_many_links_in_any_order_of_files() -> None:
    grandchild = policy_text(
        "id: tightest\ntitle: T\nmeasure: leverage\nper: account\nmax: {warn: 1x}\nrefines: desk/tight\n"
    ).replace("name: desk", "name: alpha")
    child = "id: tight\ntitle: T\nmeasure: leverage\nper: account\nmax: {breach: 3x}\nrefines: house/cap\n"
    rules = {rule.id: rule for rule in loaded(child, grandchild).rules}
    assert [ancestor.id for ancestor in rules["alpha/tightest"].chain] == ["desk/tight", "house/cap"]
    assert highs(rules["alpha/tightest"], WEDNESDAY) == {"warn": 1.0, "breach": 3.0, "critical": 6.0}


def test_a_chain_that_nobody_could_read_is_refused_before_it_costs_time() -> None:
    rule = "  - id: r{0}\n    title: T\n    measure: leverage\n    per: account\n    max: 5x\n{1}"
    links = "".join(rule.format(n, f"    refines: desk/r{n - 1}\n" if n else "") for n in range(200))
    head = policy_text().split("rules:")[0]
    with pytest.raises(PolicyError) as caught:
        load([("desk.yaml", f"{head}rules:\n{links}")], catalogue=CATALOGUE)
    first = caught.value.problems[0]
    assert (first.code, first.what) == ("P223", "desk/r17 has more than 16 rules above it")


def test_a_parent_with_a_fault_is_told_once_and_its_children_are_left_alone() -> None:
    child = "id: tight\ntitle: T\nmeasure: leverage\nper: account\nmax: 9x\nrefines: house/cap\n"
    for broken in (HOUSE.replace("breach: 5x", "breach: 5%"), "["):
        with pytest.raises(PolicyError) as caught:
            loaded(child, house=broken)
        assert [problem.file for problem in caught.value.problems] == ["house.yaml"]


def test_a_child_that_loosens_is_told_where_the_parents_limit_stands() -> None:
    with pytest.raises(PolicyError) as caught:
        child_of("max: {breach: 8x}")
    assert str(caught.value) == (
        "desk.yaml:13:19: error[P224]: breach 8x loosens house/cap (5x, house.yaml:13); "
        "a refinement may only tighten, use a waiver\n"
        "   13 |     max: {breach: 8x}\n"
        "      |                   ^"
    )


# ---- tests of a child ------------------------------------------------------------------------------------------------

LADDER_PARENT = """
id: ladder
title: A ladder
measure: position_leverage
per: position
max: {by: share_of_equity, steps: [{upto: 5%, warn: 15x, breach: 20x}, {above: 5%, warn: 4x, breach: 5x}]}
"""
PLAIN_CHILD = (
    "id: plain\ntitle: T\nmeasure: position_leverage\nper: position\nmax: 3x\nrefines: house/ladder\n"
)


@pytest.mark.parametrize(("by", "fault"), [("by: 30%\n", ""), ("", "which step"), ("by: 3x\n", "write 3%")])
def test_a_test_of_a_child_says_where_on_its_parents_ladder_it_stands(by: str, fault: str) -> None:
    house = policy_text(LADDER_PARENT).replace("name: desk", "name: house")
    test = f"- name: n\n  rule: plain\n  {by}  series: 1x\n  expect: [{{at: 0s, is: ok}}]\n".replace(
        "\n    series", "\n  series"
    )
    desk = policy_text(PLAIN_CHILD, tests=test)
    texts = [("house.yaml", house), ("desk.yaml", desk)]
    if not fault:
        assert load(texts, catalogue=CATALOGUE).policies[0].tests[0].by == (0.3,)  # type: ignore[union-attr]  # a series test
        return
    with pytest.raises(PolicyError, match=fault):
        load(texts, catalogue=CATALOGUE)


# ---- what a chain promises -------------------------------------------------------------------------------------------

BY = MeasureRef("share_of_equity")
NUMBERS = st.integers(1, 30).map(float)
LEVELS = (Level.WARN, Level.BREACH, Level.CRITICAL)


@st.composite
def some_thresholds(draw: st.DrawFn, bound: Bound) -> Thresholds:
    chosen = sorted(draw(st.sets(st.sampled_from(LEVELS), min_size=1)))
    edges = sorted(draw(st.lists(NUMBERS, min_size=len(chosen), max_size=len(chosen))))

    def row(level: Level, edge: float) -> tuple[Level, float, float]:
        match bound:
            case Bound.MAX:
                return level, -math.inf, edge
            case Bound.MIN:
                return level, -edge, math.inf
            case Bound.BAND:
                return level, -edge, edge / 2

    return Thresholds(tuple(row(level, edge) for level, edge in zip(chosen, edges, strict=True)))


@st.composite
def some_limits(draw: st.DrawFn, bound: Bound) -> Limit:
    if draw(st.booleans()):
        return Limit(bound, draw(some_thresholds(bound)))
    edges = (*sorted(draw(st.sets(NUMBERS, max_size=2))), math.inf)
    return Limit(bound, by=BY, steps=tuple(Step(edge, draw(some_thresholds(bound))) for edge in edges))


CALENDARS = st.sampled_from(
    [
        Calendar(name="weekend", tz="UTC", weekdays=(5, 6)),
        Calendar(name="midweek", tz="UTC", weekdays=(2, 3)),
        Calendar(name="always", tz="Asia/Tokyo", weekdays=(0, 1, 2, 3, 4, 5, 6)),
    ]
)


@st.composite
def chains(draw: st.DrawFn) -> Rule:
    bound = draw(st.sampled_from(Bound))
    during = st.lists(st.tuples(CALENDARS, some_limits(bound)), max_size=2).map(tuple)
    ancestors = st.builds(
        Ancestor, id=st.just("house/cap"), limit=some_limits(bound), during=during, mark=st.just(A_MARK)
    )
    chain = draw(st.lists(ancestors, max_size=3).map(tuple))
    return a_rule(draw(some_limits(bound)), during=draw(during), chain=chain)


@given(chains(), st.integers(0, 13), st.floats(0, 40))
@settings(max_examples=150, derandomize=True, deadline=None)
def test_the_limit_in_force_is_never_looser_than_that_of_any_ancestor(
    rule: Rule, half_days: int, by_value: float
) -> None:
    now = WEDNESDAY + timedelta(hours=12 * half_days)
    held = thresholds(rule, now=now, by_value=by_value)
    assert held is not None
    found = {level: (low, high) for level, low, high in held.levels}
    for ancestor in rule.chain:
        stated = a_rule(ancestor.limit, during=ancestor.during)
        for limit in active_limits(stated, now):
            on = thresholds_on(limit, by_value)
            assert on is not None
            for level, low, high in on.levels:
                assert found[level][0] >= low
                assert found[level][1] <= high


@given(chains(), st.lists(st.floats(0, 40) | st.just(math.nan), min_size=1, max_size=5))
@settings(max_examples=100, derandomize=True, deadline=None)
def test_columns_and_single_subjects_agree_on_a_chain(rule: Rule, by_values: list[float]) -> None:
    index, distinct = thresholds_by_row(rule, now=SATURDAY, by_values=np.array(by_values))
    for row, value in enumerate(by_values):
        expected = thresholds(rule, now=SATURDAY, by_value=value)
        assert (distinct[index[row]] if index[row] >= 0 else None) == expected


@given(chains(), st.floats(0, 40))
@settings(max_examples=100, derandomize=True, deadline=None)
def test_a_value_beyond_a_worse_level_is_beyond_every_milder_one(rule: Rule, by_value: float) -> None:
    held = thresholds(rule, now=SATURDAY, by_value=by_value)
    assert held is not None
    for (_, low, high), (_, worse_low, worse_high) in zip(held.levels, held.levels[1:], strict=False):
        assert low >= worse_low
        assert high <= worse_high
