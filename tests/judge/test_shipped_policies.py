"""The policies that ship with riskd pass their own tests, and a policy that is changed fails them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from riskd.judge.rehearse import rehearse
from riskd.policy.bundle import Policy
from riskd.policy.load import load

FOLDER = Path(__file__).resolve().parent.parent.parent / "policies"
FILES = sorted(FOLDER.glob("*.yaml"))


def loaded(file: Path) -> Policy:
    (policy,) = load([(file.name, file.read_text(encoding="utf-8"))]).policies
    return policy


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_test_of_a_shipped_policy_passes(file: Path) -> None:
    results = rehearse(loaded(file))
    assert [str(problem) for result in results for problem in result.problems] == []
    assert sum(result.ticks for result in results) > 0


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_policy_without_hysteresis_or_waiting_fails_its_tests(file: Path) -> None:
    policy = loaded(file)
    hasty = replace(
        policy,
        rules=tuple(replace(rule, hold_seconds=(), clear_seconds=0.0, actions=()) for rule in policy.rules),
    )
    assert any(not result.passed for result in rehearse(hasty))
