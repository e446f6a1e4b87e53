"""Several files together: all of them, or every fault of all of them."""

from __future__ import annotations

import pytest

from riskd.errors import PolicyError
from riskd.policy.load import load
from tests.policy.fake_catalogue import CATALOGUE
from tests.policy.policy_text import RULE, policy_text

GOOD = policy_text()


def test_policies_come_in_the_order_of_their_names_and_rules_in_that_of_their_file() -> None:
    two_rules = (
        GOOD.replace("name: desk", "name: alpha")
        + "  - "
        + RULE.replace("cap", "a-cap", 1).replace("\n", "\n    ")
    )
    bundle = load([("b.yaml", GOOD), ("a.yaml", two_rules)], catalogue=CATALOGUE)
    assert [policy.name for policy in bundle.policies] == ["alpha", "desk"]
    assert [rule.id for rule in bundle.rules] == ["alpha/cap", "alpha/a-cap", "desk/cap"]
    assert [policy.file for policy in bundle.policies] == ["a.yaml", "b.yaml"]


def test_all_faults_of_all_files_are_reported_together() -> None:
    bad = GOOD.replace("max: 5x", "max: 5%")
    good = GOOD.replace("name: desk", "name: other")
    with pytest.raises(PolicyError) as caught:
        load([("a.yaml", bad), ("b.yaml", good), ("c.yaml", "[")], catalogue=CATALOGUE)
    assert [(problem.file, problem.code) for problem in caught.value.problems] == [
        ("a.yaml", "P201"),
        ("c.yaml", "P001"),
    ]


def test_two_policies_of_one_name_are_refused() -> None:
    with pytest.raises(PolicyError) as caught:
        load([("a.yaml", GOOD), ("b.yaml", GOOD)], catalogue=CATALOGUE)
    assert str(caught.value) == (
        "b.yaml:2:7: error[P212]: the name 'desk' belongs to the policy in a.yaml; "
        "names are unique, because rule ids begin with them\n"
        "    2 | name: desk\n"
        "      |       ^"
    )


def test_no_files_are_an_empty_bundle() -> None:
    assert load([], catalogue=CATALOGUE).policies == ()


def test_hostile_text_is_shown_on_one_printable_line() -> None:
    with pytest.raises(PolicyError) as caught:
        load(
            [("a.yaml", GOOD.replace("mode: observe", 'mode: "enforce\\n\\nall is well"'))],
            catalogue=CATALOGUE,
        )
    (problem,) = caught.value.problems
    assert "\n" not in problem.what
    assert problem.what.isprintable()
