"""What tests do not notice when a policy is weakened."""

from __future__ import annotations

from dataclasses import replace

from riskd.judge.mutate import mutate
from riskd.policy.bundle import Policy, PolicyTest
from riskd.policy.limits.weaken import Part
from riskd.policy.rule import Action, ActionKind, Mark
from tests.builders_rules import NOTIFY, a_policy, a_rule, a_series_test, at_most

BLOCK = Action(kind=ActionKind.BLOCK_NEW_RISK)
PLACES = tuple((key, Mark(file="f", line=1, column=1)) for key in ("max", "for", "clear", "missing", "then"))
RULE = a_rule(
    at_most(warn=4, breach=5),
    hold=60,
    clear_margin=0.05,
    clear_for=300,
    actions={"warn": (NOTIFY,), "breach": (NOTIFY, BLOCK)},
    places=PLACES,
)
SERIES = [4.1] * 2 + [5.1] * 2 + [4.9] + [3.9] + [3.7] * 6 + [None] * 3
LINES = (
    (60, "firing", "warn"),
    (180, "firing", "breach"),
    (240, "firing", "breach"),
    (600, "clearing"),
    (660, "ok"),
)
WHOLE = a_series_test("test/leverage", SERIES, *LINES, name="whole", actions=("block_new_risk",))


def missed(*tests: PolicyTest) -> list[str]:
    policy = replace(a_policy(RULE), tests=tests)
    return [one.what for one in mutate(policy) if one.noticed_by is None]


def test_a_test_at_every_edge_leaves_little_to_miss() -> None:
    assert missed(WHOLE) == ["missing data is held 4m, not 2m"]


def test_a_value_far_beyond_the_limit_does_not_see_it_move() -> None:
    far = a_series_test("test/leverage", [9.0] * 2, (60, "firing", "breach"))
    assert "breach 5x becomes 6.25x" in missed(far)
    near = a_series_test("test/leverage", [5.5] * 2, (60, "firing", "breach"))
    assert "breach 5x becomes 6.25x" not in missed(near)
    assert "warn 4x becomes 5x" in missed(near)


def test_an_action_is_missed_by_a_test_that_does_not_say_them() -> None:
    silent = replace(WHOLE, actions=None)
    assert "breach does without block_new_risk" in missed(silent)


def test_a_rule_without_a_test_is_missed_wholly_and_says_how_many_tests_it_has() -> None:
    other = replace(RULE, id="test/other")
    policy: Policy = replace(a_policy(RULE, other), tests=(WHOLE,))
    found = mutate(policy)
    assert {one.noticed_by for one in found if one.of == "test/other"} == {None}
    assert {one.tests for one in found if one.of == "test/other"} == {0}
    assert {one.tests for one in found if one.of == "test/leverage"} == {1}


def test_a_test_that_fails_as_it_is_notices_nothing() -> None:
    broken = a_series_test("test/leverage", [5.5] * 2, (60, "ok"))
    assert "breach 5x becomes 6.25x" in missed(broken)


def test_parts_can_be_chosen() -> None:
    policy = replace(a_policy(RULE), tests=(WHOLE,))
    assert {one.part for one in mutate(policy, frozenset({Part.LIMIT}))} == {Part.LIMIT}


def test_mutating_is_the_same_every_time() -> None:
    policy = replace(a_policy(RULE), tests=(WHOLE,))
    assert mutate(policy) == mutate(policy)
