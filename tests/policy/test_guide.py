"""docs/policy-language.md: every example loads, every table is complete."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

import pytest

from riskd.judge.rehearse import rehearse
from riskd.measure.spec import Unit
from riskd.policy.bundle import Policy
from riskd.policy.load import load
from riskd.policy.rule import ActionKind
from riskd.policy.schema.tests_section import LIST_KEYS
from riskd.policy.scope.select import CARRIED
from riskd.policy.text.problems import Code
from riskd.policy.text.units import parse

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "policy-language.md").read_text(encoding="utf-8")
FENCES = re.findall(r"^```(\S*) ?(\S*)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
HEAD = 'riskd: policy/v1\nname: example\ntitle: An example\nowner: me\nversion: "1"\nmode: observe\n'
RULE = "id: any\ntitle: Any rule\nmeasure: leverage\nper: account\nmax: 5x\n"


def whole(kind: str, text: str) -> str:
    """An example as a whole policy."""
    if kind == "policy":
        return text
    head = text if kind == "head" else ""
    rule = text if kind == "rule" else RULE
    return f"{HEAD}{head}rules:\n  -\n{indent(rule, '    ')}"


def loaded(kind: str, text: str) -> Policy:
    (policy,) = load([("policy-language.md", whole(kind, text))]).policies
    return policy


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading."""
    section = GUIDE.split(f"## {heading}\n", 1)[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def words(cells: list[str]) -> set[str]:
    return {word for cell in cells for word in re.findall(r"`([a-z_]+)", cell)}


def test_every_example_says_what_it_is_an_example_of() -> None:
    assert FENCES
    assert {(language, kind) for language, kind, _ in FENCES} == {
        ("yaml", "policy"),
        ("yaml", "rule"),
        ("yaml", "head"),
        ("yaml", "waivers"),
    }


def test_the_examples_of_waivers_load_with_the_examples_of_policies() -> None:
    policies = [(str(number), text) for number, (_, kind, text) in enumerate(FENCES) if kind == "policy"]
    waivers = [("waivers.yaml", text) for _, kind, text in FENCES if kind == "waivers"]
    assert load([*policies, *waivers]).waivers


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for _, kind, text in FENCES if kind != "waivers"])
def test_every_example_loads_and_its_tests_pass(kind: str, text: str) -> None:
    policy = loaded(kind, text)
    if policy.tests:
        assert [problem for result in rehearse(policy) for problem in result.problems] == []


def test_the_table_of_units_is_complete_and_its_literals_are_what_it_says() -> None:
    table = {row[0]: re.findall(r"`([^`]+)`", row[1]) for row in rows("Quantities")}
    assert set(table) == {unit.value for unit in Unit}
    for unit, literals in table.items():
        assert {parse(literal).unit.value for literal in literals} == {unit}


def test_the_table_of_actions_is_complete() -> None:
    cells = [row[0] for row in rows("A rule") if row[0].startswith("`")]
    actions = {re.match(r"`([a-z_]+)", cell).group(1) for cell in cells}  # type: ignore[union-attr]  # each starts with `
    assert {kind.value for kind in ActionKind} <= actions


def test_the_table_of_codes_is_complete() -> None:
    told = {code for row in rows("The file") for code in re.findall(r"P\d{3}", row[0])}
    assert told == {code.value for code in Code}


def test_the_table_of_subjects_says_what_each_can_be_chosen_by() -> None:
    table = {name: row for row in rows("Selectors: `scope` and `where`") for name in words(row[:1])}
    told = {grain.value: set(carried) for grain, carried in CARRIED.items() if grain.value != "cluster"}
    assert set(table) == set(told)
    assert words(table["position"][1:]) == told["position"]
    assert words(table["account"][1:]) == told["account"]
    for grain in ("exchange", "instrument", "desk"):
        assert words(table[grain][1:]) == told[grain]


def test_the_table_of_rows_names_every_list_and_every_key() -> None:
    section = GUIDE.split("\n### Snapshots\n", 1)[1].split("\n### ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    told = {word for line in lines for word in re.findall(r"`([a-z_]+)`", line)}
    for name, keys in LIST_KEYS.items():
        assert name in told
        if name not in ("hedges", "grids"):  # the configuration explains them
            assert keys <= told, name
