"""A parameter may be a word out of a list, such as the name of a scenario."""

from __future__ import annotations

import pytest

from riskd.judge.rehearse import rehearse
from riskd.measure.scenarios import SCENARIOS
from riskd.measure.spec import MeasureRef
from riskd.policy.load import load
from riskd.policy.schema.policy_file import json_schema
from riskd.record.verdict_rows import measure_text

POLICY = """
riskd: policy/v1
name: desk
title: A desk
owner: us
version: "1"
mode: observe
rules:
  - id: crash
    title: A crash
    measure: {{stress_loss: {{scenario: {scenario}}}}}
    per: account
    max: 30%
tests:
  - name: a loss of a third is a breach
    rule: crash
    series: 33%
    expect: [{{at: 0s, is: firing, level: breach}}]
"""


def text(scenario: str) -> str:
    return POLICY.format(scenario=scenario)


def test_a_rule_carries_the_word_and_its_tests_run() -> None:
    bundle = load([("desk.yaml", text("ftx-2022-11"))])
    (rule,) = bundle.rules
    assert rule.measure == MeasureRef("stress_loss", (("scenario", "ftx-2022-11"),))
    assert rule.measure.word("scenario") == "ftx-2022-11"
    assert measure_text(rule.measure) == "stress_loss(scenario=ftx-2022-11)"
    assert all(not result.problems for result in rehearse(bundle.policies[0]))


def test_another_word_is_another_policy() -> None:
    hashes = {load([("desk.yaml", text(name))]).hash for name in SCENARIOS}
    assert len(hashes) == len(SCENARIOS)
    quoted = text("crash-30-corr-1").replace("crash-30-corr-1", '"crash-30-corr-1"')
    assert load([("desk.yaml", quoted)]).hash in hashes


def test_editors_know_the_words() -> None:
    schema = json_schema()
    assert list(SCENARIOS) == _enums_of(schema, "scenario")


def test_a_number_is_no_word_and_a_word_no_number() -> None:
    with pytest.raises(TypeError, match="not a word"):
        MeasureRef("drawdown", (("window", 60.0),)).word("window")
    with pytest.raises(TypeError, match="not a number"):
        MeasureRef("stress_loss", (("scenario", "crash-30-corr-1"),)).parameter("scenario")


def _enums_of(schema: object, key: str) -> list[object]:
    """The first enumeration under a key, wherever it stands."""
    if isinstance(schema, dict):
        found = schema.get(key)
        if isinstance(found, dict) and "enum" in found:
            return list(found["enum"])
        for value in schema.values():
            if words := _enums_of(value, key):
                return words
    if isinstance(schema, list):
        for value in schema:
            if words := _enums_of(value, key):
                return words
    return []
