"""A parameter may be a word out of a list, such as the name of a scenario."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from riskd.errors import PolicyError
from riskd.judge.rehearse import rehearse
from riskd.measure.market_risk.scenarios import SCENARIOS
from riskd.measure.spec import MeasureRef
from riskd.policy.load import load
from riskd.policy.schema.policy_file import json_schema
from riskd.policy.text.spelling import mistakable
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


def test_a_scenario_of_the_desks_own_is_a_word_that_no_file_of_policies_knows() -> None:
    bundle = load([("desk.yaml", text("luna"))])
    assert bundle.rules[0].measure.word("scenario") == "luna"
    rule = '{"stress_loss": {"scenario": "%s"}}'
    measure = {**json_schema(), "$ref": "#/$defs/measure"}
    for word, fits in (("luna", True), ("crash-40-corr-1", True), ("Luna", False), ("30%", False)):
        faults = list(Draft202012Validator(_only_defs(measure)).iter_errors(json.loads(rule % word)))
        assert (not faults) is fits


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("crash-30-cor-1", "crash-30-corr-1"),
        ("crash_30_corr_1", "crash-30-corr-1"),
        ("covid-2020-03", "covid-2020-03-12"),
        ("ftx-2022-11-08", "ftx-2022-11"),
        ("tarif-2025-02-03", "tariff-2025-02-03"),
    ],
)
def test_a_misspelt_scenario_is_refused_and_the_right_one_named(written: str, meant: str) -> None:
    assert mistakable(written, SCENARIOS) == meant
    with pytest.raises(PolicyError, match=f"did you mean '{meant}'"):
        load([("desk.yaml", text(written))])


@pytest.mark.parametrize(
    "own", ["luna", "crash-40-corr-1", "luna-2022-05", "covid-2021-03-12", "ftx", "terra"]
)
def test_a_name_of_its_own_is_no_misspelling(own: str) -> None:
    assert mistakable(own, SCENARIOS) is None


def test_no_two_scenarios_of_riskd_can_be_mistaken_for_each_other() -> None:
    assert [mistakable(name, SCENARIOS) for name in SCENARIOS] == [None] * len(SCENARIOS)


def test_a_number_is_no_word_and_a_word_no_number() -> None:
    with pytest.raises(TypeError, match="not a word"):
        MeasureRef("drawdown", (("window", 60.0),)).word("window")
    with pytest.raises(TypeError, match="not a number"):
        MeasureRef("stress_loss", (("scenario", "crash-30-corr-1"),)).parameter("scenario")


def _only_defs(schema: dict[str, object]) -> dict[str, object]:
    return {key: schema[key] for key in ("$schema", "$ref", "$defs")}


def _enums_of(schema: object, key: str) -> list[object]:
    """The first enumeration under a key, wherever it stands."""
    if isinstance(schema, dict):
        found = schema.get(key)
        for known in (found, *found.get("anyOf", [])) if isinstance(found, dict) else ():
            if "enum" in known:
                return list(known["enum"])
        for value in schema.values():
            if words := _enums_of(value, key):
                return words
    if isinstance(schema, list):
        for value in schema:
            if words := _enums_of(value, key):
                return words
    return []
