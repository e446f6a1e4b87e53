"""The policies that ship with riskd pass their own tests, and a policy that is changed fails them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from riskd.daemon.queries import asking, patient_queries
from riskd.judge.rehearse import rehearse
from riskd.policy.bundle import Policy
from riskd.policy.load import load

FOLDER = Path(__file__).resolve().parent.parent.parent / "policies"
FILES = sorted(FOLDER.glob("[!w]*.yaml"))  # not waivers.yaml


def loaded(file: Path) -> Policy:
    """A pack, beside the house rules that it may refine."""
    files = {file, FOLDER / "institutional-baseline.yaml"}
    bundle = load([(each.name, each.read_text(encoding="utf-8")) for each in files])
    (policy,) = (policy for policy in bundle.policies if policy.file == file.name)
    return policy


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_test_of_a_shipped_policy_passes(file: Path) -> None:
    with patient_queries() as runner:
        results = rehearse(loaded(file), ask=asking(runner))
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
