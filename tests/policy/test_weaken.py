"""Every number, action and pattern that a policy says is weakened once, by the smallest step that a good test sees."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.model.verdict import Level
from riskd.policy.limits.thresholds import tightest
from riskd.policy.limits.weaken import Part, weakenings
from riskd.policy.limits.weaken_limits import looser_rules
from riskd.policy.rule import Bound, Limit, Thresholds
from tests.builders_rules import a_ladder, a_rule, at_least, at_most, within
from tests.policy.policy_text import a_policy, policy_text

LADDER_BY = a_rule().measure


def words(limit: Limit) -> list[str]:
    return [what for _, what in looser_rules(a_rule(limit))]


def test_a_limit_moves_to_the_next_worse_level_and_the_last_by_a_quarter() -> None:
    assert words(at_most(warn=4, breach=5, critical=6)) == [
        "warn 4x becomes 5x",
        "breach 5x becomes 6x",
        "critical 6x becomes 7.5x",
    ]
    assert words(at_least(warn=4, breach=2)) == ["warn 4x becomes 2x", "breach 2x becomes 1.5x"]


def test_both_edges_of_a_band_move_outwards() -> None:
    assert words(within(warn=(3, 5), breach=(2, 6))) == [
        "warn 5x becomes 6x",
        "warn 3x becomes 2x",
        "breach 6x becomes 6.5x",
        "breach 2x becomes 1.5x",
    ]


def test_every_step_of_a_ladder_moves() -> None:
    ladder = a_ladder(LADDER_BY, (3.0, {"breach": 20}), (math.inf, {"breach": 10}))
    assert words(ladder) == ["step 1 breach 20x becomes 25x", "step 2 breach 10x becomes 12.5x"]


def test_a_limit_of_nothing_is_taken_away_and_a_count_moves_by_whole_things() -> None:
    assert words(at_most(breach=0)) == ["breach 0x is taken away"]
    text = "id: a\ntitle: t\nmeasure: unlabelled\nper: account\nmax: 3\n"
    (rule,) = a_policy(policy_text(text)).rules
    assert [what for _, what in looser_rules(rule)] == ["breach 3 becomes 4"]


def test_what_a_parent_holds_too_is_not_this_rules_to_test() -> None:
    parent = "- {id: house, title: t, measure: leverage, per: account, max: {warn: 4x, breach: 5x}}\n"
    child = "id: own\n    title: t\n    measure: leverage\n    per: account\n    refines: desk/house\n    max: {warn: 3x, breach: 5x}\n"
    text = policy_text().split("rules:")[0] + f"rules:\n  {parent}  - {child}"
    own = a_policy(text).rules[1]
    assert [what for _, what in looser_rules(own)] == ["warn 3x becomes 5x"]


def test_what_a_file_says_once_is_weakened_once() -> None:
    text = """\
riskd: policy/v1
name: desk
title: A desk
owner: us
version: "1"
mode: observe
scope: {labels: {env: prod}}
defaults:
  for: 60s
  clear: {margin: 5%, for: 5m}
  missing: {hold: 2m}
  then: {breach: [notify, block_new_risk]}
rules:
  - {id: a, title: t, measure: leverage, per: account, max: 5x}
  - {id: b, title: t, measure: leverage, per: account, max: 6x, for: 0s, where: {account: [x, y]}}
"""
    found = [(one.of, one.part, one.what, len(one.rules)) for one in weakenings(a_policy(text))]
    assert found == [
        ("desk/a", Part.LIMIT, "breach 5x becomes 6.25x", 1),
        ("desk/b", Part.LIMIT, "breach 6x becomes 7.5x", 1),
        ("desk/b", Part.TIMER, "breach waits 1m, not 0s", 1),
        ("desk/b", Part.SELECTOR, "`account` is not asked to be x", 1),
        ("desk/b", Part.SELECTOR, "`account` is not asked to be y", 1),
        ("desk defaults", Part.TIMER, "breach waits 2m, not 1m", 1),
        ("desk defaults", Part.TIMER, "clears without the margin of 5%", 2),
        ("desk defaults", Part.TIMER, "clears at once, not after 5m", 2),
        ("desk defaults", Part.TIMER, "missing data is held 4m, not 2m", 2),
        ("desk defaults", Part.ACTION, "breach does without block_new_risk", 2),
        ("desk scope", Part.SELECTOR, "`labels.env` is not asked to be prod", 2),
    ]


def test_what_only_the_language_says_is_not_this_policys_to_test() -> None:
    parts = {one.part for one in weakenings(a_policy(policy_text()))}
    assert parts == {Part.LIMIT}


@settings(max_examples=100, deadline=None)
@given(
    bound=st.sampled_from([Bound.MAX, Bound.MIN]),
    edges=st.lists(st.floats(0.0, 1e6), min_size=1, max_size=3, unique=True),
)
def test_every_loosening_lets_a_value_pass_that_was_beyond(bound: Bound, edges: list[float]) -> None:
    ordered = sorted(edges, reverse=bound is Bound.MIN)
    levels = list(Level)[1 : len(edges) + 1]
    ends = [(-math.inf, edge) if bound is Bound.MAX else (edge, math.inf) for edge in ordered]
    held = Thresholds(tuple((level, *end) for level, end in zip(levels, ends, strict=True)))
    for weaker, _ in looser_rules(a_rule(Limit(bound, held))):
        loose = weaker.limit.thresholds
        assert loose is not None
        assert tightest((held, loose)) == tightest((held,)) != tightest((loose,))
