"""Defaults are merged one level deep: a rule replaces a key, a list is replaced whole, the rest is inherited."""

from __future__ import annotations

import pytest

from riskd.model.verdict import Level
from riskd.policy.rule import MissingThen, Rule
from tests.policy.policy_text import a_rule, codes_of, policy_text

DEFAULTS = """\
defaults:
  for: {warn: 5m, breach: 60s, critical: 0s}
  clear: {margin: 5%, for: 5m}
  missing: {hold: 90s, then: breach}
  then: {warn: [notify], breach: [notify, block_new_risk], critical: [notify, block_new_risk]}
"""
RULE = "id: cap\ntitle: t\nmeasure: leverage\nper: account\nmax: {warn: 4x, breach: 5x, critical: 6x}\n"


def holds(rule: Rule) -> list[float]:
    return [rule.hold(level) for level in (Level.WARN, Level.BREACH, Level.CRITICAL)]


def actions(rule: Rule, level: Level) -> list[str]:
    return [action.kind.value for action in rule.actions_at(level)]


def test_a_rule_that_says_nothing_has_the_defaults() -> None:
    rule = a_rule(RULE, head=DEFAULTS)
    assert holds(rule) == [300.0, 60.0, 0.0]
    assert (rule.clear_margin, rule.clear_seconds) == (0.05, 300.0)
    assert (rule.missing_hold_seconds, rule.missing_then) == (90.0, MissingThen.BREACH)
    assert actions(rule, Level.BREACH) == ["notify", "block_new_risk"]


@pytest.mark.parametrize(
    ("said", "held"),
    [("for: 10s\n", [10.0, 10.0, 10.0]), ("for: {warn: 1m}\n", [60.0, 60.0, 0.0])],
)
def test_one_duration_speaks_of_all_levels_and_a_mapping_of_its_own(said: str, held: list[float]) -> None:
    assert holds(a_rule(RULE + said, head=DEFAULTS)) == held


def test_a_key_that_a_rule_leaves_out_comes_from_the_defaults() -> None:
    rule = a_rule(RULE + "clear: {margin: 0%}\nmissing: {hold: 0s}\n", head=DEFAULTS)
    assert (rule.clear_margin, rule.clear_seconds) == (0.0, 300.0)
    assert (rule.missing_hold_seconds, rule.missing_then) == (0.0, MissingThen.BREACH)


def test_a_list_of_actions_is_replaced_whole_and_other_levels_are_kept() -> None:
    rule = a_rule(RULE + "then: {breach: [notify]}\n", head=DEFAULTS)
    assert actions(rule, Level.BREACH) == ["notify"]
    assert actions(rule, Level.CRITICAL) == ["notify", "block_new_risk"]


def test_one_duration_in_the_defaults_speaks_of_all_levels() -> None:
    assert holds(a_rule(RULE, head="defaults: {for: 60s}\n")) == [60.0, 60.0, 60.0]
    assert holds(a_rule(RULE + "for: {warn: 5s}\n", head="defaults: {for: 60s}\n")) == [5.0, 60.0, 60.0]


def test_what_a_default_says_of_a_level_that_a_rule_lacks_is_not_the_rules_fault() -> None:
    rule = a_rule(head=DEFAULTS)
    assert rule.hold_seconds == ((Level.BREACH, 60.0),)
    assert [level for level, _ in rule.actions] == [Level.BREACH]


def test_a_fault_in_the_defaults_is_said_once_and_at_its_place() -> None:
    text = policy_text(RULE + "for: 5s\n", head="defaults: {for: 10d}\n")
    assert codes_of(text) == ["P202"]
