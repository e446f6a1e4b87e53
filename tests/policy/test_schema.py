"""The exported JSON Schema and the loader refuse the same shapes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from riskd.errors import PolicyError
from riskd.model.report import JsonValue
from riskd.policy.load import load
from riskd.policy.schema.policy_file import json_schema
from riskd.policy.schema.waiver_file import waivers_json_schema
from riskd.policy.text.problems import Problems
from riskd.policy.text.yaml_text import MappingNode, Node, ScalarKind, ScalarNode, SequenceNode, read_yaml
from tests.policy.fake_catalogue import CATALOGUE
from tests.policy.mutations import mutated
from tests.policy.test_hash import BASE

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))
PACKS = sorted((Path(__file__).resolve().parents[2] / "policies").glob("[!w]*.yaml"))  # not waivers.yaml
VALIDATOR = Draft202012Validator(json_schema(CATALOGUE))
OF_WAIVERS = Draft202012Validator(waivers_json_schema())


def plain(node: Node) -> JsonValue:
    """A tree as any YAML 1.2 reader gives it to an editor."""
    match node:
        case MappingNode():
            return {key.text: plain(value) for key, value in node.entries}
        case SequenceNode():
            return [plain(item) for item in node.items]
        case ScalarNode():
            return _READS[node.kind](node.text)


_READS: dict[ScalarKind, Callable[[str], JsonValue]] = {
    ScalarKind.TEXT: str,
    ScalarKind.INTEGER: int,
    ScalarKind.FLOAT: float,
    ScalarKind.BOOLEAN: lambda text: text == "true",
    ScalarKind.NULL: lambda _: None,
}


def read(text: str) -> Node | None:
    return read_yaml(text, Problems(file="f.yaml", text=text))


def shape_faults(text: str) -> list[str]:
    """The loader's complaints about the shape (P1)."""
    try:
        load([("f.yaml", text)], catalogue=CATALOGUE)
    except PolicyError as refusal:
        return [str(problem) for problem in refusal.problems if problem.code.startswith("P1")]
    return []


def agree(text: str) -> None:
    """An editor that knows the schema marks a file exactly when the loader finds its shape wrong."""
    node = read(text)
    if node is None:
        return
    header = node.scalar("riskd") if isinstance(node, MappingNode) else None
    validator = OF_WAIVERS if header is not None and header.text == "waivers/v1" else VALIDATOR
    marked = [fault.message for fault in validator.iter_errors(plain(node))]
    refused = shape_faults(text)
    assert bool(marked) == bool(refused), (marked[:3], refused[:3])


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(json_schema(CATALOGUE))
    Draft202012Validator.check_schema(json_schema())


def test_the_shipped_schema_is_the_exported_one() -> None:
    shipped = PACKS[0].parent / "schema" / "policy.v1.json"
    exported = json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"
    assert shipped.read_text(encoding="utf-8") == exported, (
        f"write json_schema() to {shipped} as this test does"
    )


@pytest.mark.parametrize("file", PACKS, ids=lambda file: file.stem)
def test_every_shipped_policy_has_the_shape_of_the_schema(file: Path) -> None:
    node = read(file.read_text(encoding="utf-8"))
    assert node is not None
    assert list(Draft202012Validator(json_schema()).iter_errors(plain(node))) == []


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_schema_and_loader_agree_on_every_bad_file(file: Path) -> None:
    agree(file.read_text(encoding="utf-8"))


VALUES = [
    "",
    "5x",
    "5",
    "0",
    "-5",
    "5.0",
    "0.02",
    "2%",
    "30s",
    "1m USD",
    "0.1%/8h",
    "$cap",
    "$Cap",
    "$5k",
    "true",
    "no",
    '"true"',
    "null",
    "notify",
    "enforce",
    "text",
    '" "',
    "[]",
    "{}",
    "[5x]",
    "[5x, 6x]",
    "[5x, 6x, 7x]",
    "[notify, close]",
    "[{close: {}}]",
    "[{place_stop: {}}]",
    "{breach: 5x}",
    "{breach: [1x, 2x]}",
    "{breach: notify}",
    "{by: leverage}",
    "{by: leverage, steps: []}",
    "{steps: [{upto: 5x, breach: 1x}, {above: 5x, warn: 1x}]}",
    "{by: leverage, steps: [{upto: 5x, breach: 1x}, {above: 5x, warn: 1x}]}",
    "{by: leverage, steps: [{upto: 5x, above: 5x, breach: 1x}, {above: 5x}]}",
    "{not: a}",
    "{not: [a, b]}",
    "{not: {not: a}}",
    '"a[b]"',
    "{env: prod}",
    "{env: {not: prod}}",
    "{Env: prod}",
    "{drawdown: {window: 30d}}",
    "{drawdown: {}}",
    "{drawdown: {window: 5x}}",
    "{leverage: {}}",
    "{leverage: {}, drawdown: {window: 1d}}",
    "{margin: 5%}",
    "{margin: 5x}",
    "{hold: 5s, then: breach}",
    "{then: never}",
    "{warn: 5s}",
    "{weekend: {max: 5x}}",
    "{weekend: {max: 5x, min: 1x}}",
    "{weekend: {}}",
    "[sat, sun]",
    "[saturday]",
    '["13:30", "16:00"]',
    '["13:30"]',
    "{tz: UTC}",
    "{tz: UTC, days: [sat]}",
    "policy/v1",
    "a-name",
    "A-Name",
    "[{at: 5s, is: ok}]",
    "[{at: 5s, is: ok, unknown: yes}]",
    "[{at: 5s, is: ok, unknown: maybe}]",
    "[{is: ok}]",
    "{max_notional_per_hour: 5m USD}",
    "{max_actions_per_hour: 5%}",
    "{cooldown: $cap}",
    "{strategy: a}",
    "{strategy: [a, b], labels: {env: b}}",
    "{exchange: a}",
    "gross / equity",
    "ratio",
    "{labels: {}}",
]


@given(st.integers(0, len(BASE.splitlines()) - 1), st.sampled_from(VALUES))
@example(5, "observe")
@settings(max_examples=150, derandomize=True, deadline=None)
def test_schema_and_loader_agree_when_a_value_is_changed(row: int, value: str) -> None:
    lines = BASE.splitlines()
    key, colon, _ = lines[row].partition(": ")
    lines[row] = f"{key}{colon or ': '}{value}"
    agree("\n".join(lines))


@given(
    st.integers(0, len(BASE.splitlines()) - 1),
    st.sampled_from(
        [
            "max",
            "min",
            "band",
            "where",
            "mode",
            "then",
            "for",
            "clear",
            "missing",
            "during",
            "refines",
            "sql",
            "expr",
            "unit",
            "measure",
            "why",
            "scope",
            "vars",
            "waivers",
            "x",
        ]
    ),
    st.sampled_from(VALUES),
)
@settings(max_examples=150, derandomize=True, deadline=None)
def test_schema_and_loader_agree_when_a_key_is_added(row: int, key: str, value: str) -> None:
    lines = BASE.splitlines()
    indent = " " * (len(lines[row]) - len(lines[row].lstrip(" -")))
    agree("\n".join([*lines[: row + 1], f"{indent}{key}: {value}", *lines[row + 1 :]]))


@given(st.integers(0, len(BASE.splitlines()) - 1), st.integers(1, 3))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_schema_and_loader_agree_when_lines_are_taken_out(row: int, count: int) -> None:
    lines = BASE.splitlines()
    agree("\n".join([*lines[:row], *lines[row + count :]]))


@pytest.mark.parametrize("first", range(0, 160, 40))
def test_schema_and_loader_agree_on_damaged_packs(first: int) -> None:
    for number in range(first, first + 40):
        agree(mutated(number)[0])
