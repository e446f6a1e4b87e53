"""YAML without its surprises: what is a tree, and what is refused before one exists."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.policy.text.problems import PROBLEMS_MAX, Problems
from riskd.policy.text.yaml_piece import DEPTH_MAX, NODES_MAX
from riskd.policy.text.yaml_scan import SIZE_MAX
from riskd.policy.text.yaml_text import MappingNode, Node, ScalarKind, ScalarNode, SequenceNode, read_yaml
from tests.cpu_time import quickest_seconds

BOMB_SECONDS = 0.1


def read(text: str) -> Node:
    problems = Problems(file="f.yaml", text=text)
    node = read_yaml(text, problems)
    assert node is not None, problems.found
    return node


def refused(text: str) -> list[str]:
    problems = Problems(file="f.yaml", text=text)
    assert read_yaml(text, problems) is None
    assert problems.found
    return [problem.code for problem in problems.found]


def value(text: str) -> ScalarNode:
    root = read(f"key: {text}\n")
    assert isinstance(root, MappingNode)
    scalar = root.scalar("key")
    assert scalar is not None
    return scalar


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("on", ScalarKind.TEXT),
        ("off", ScalarKind.TEXT),
        ("yes", ScalarKind.TEXT),
        ("NO", ScalarKind.TEXT),
        ("22:30", ScalarKind.TEXT),
        ("1:30", ScalarKind.TEXT),
        ("1_000", ScalarKind.TEXT),
        ("2026-01-01", ScalarKind.TEXT),
        ("5x", ScalarKind.TEXT),
        ("2%", ScalarKind.TEXT),
        ('"5"', ScalarKind.TEXT),
        ('"true"', ScalarKind.TEXT),
        ('""', ScalarKind.TEXT),
        ("5", ScalarKind.INTEGER),
        ("-5", ScalarKind.INTEGER),
        ("0", ScalarKind.INTEGER),
        ("0.02", ScalarKind.FLOAT),
        ("true", ScalarKind.BOOLEAN),
        ("false", ScalarKind.BOOLEAN),
        ("null", ScalarKind.NULL),
        ("", ScalarKind.NULL),
    ],
)
def test_a_scalar_is_what_it_looks_like(text: str, kind: ScalarKind) -> None:
    assert value(text).kind is kind


@pytest.mark.parametrize(
    "text",
    [
        "012",
        "0o14",
        "0x1F",
        "1e3",
        "1.5e-3",
        "+5",
        ".5",
        "5.",
        "-0",
        ".inf",
        "-.inf",
        ".nan",
        ".NaN",
        "~",
        "Null",
        "True",
        "FALSE",
    ],
)
def test_a_scalar_that_readers_of_yaml_disagree_about_is_refused(text: str) -> None:
    assert refused(f"key: {text}\n") == ["P010"]


def test_nodes_know_their_place() -> None:
    root = read("a: 1\nb:\n  - x\n  - {c: y}\n")
    assert isinstance(root, MappingNode)
    items = root.items("b")
    assert [(item.mark.line, item.mark.column) for item in items] == [(3, 5), (4, 5)]
    assert isinstance(items[1], MappingNode)
    inner = items[1].get("c")
    assert inner is not None
    assert (inner.mark.line, inner.mark.column, inner.end.column) == (4, 9, 10)


def test_typed_reads_answer_none_for_another_kind_of_node() -> None:
    root = read("list: [a]\nscalar: b\nmapping: {c: d}\n")
    assert isinstance(root, MappingNode)
    assert root.mapping("list") is None
    assert root.scalar("mapping") is None
    assert root.items("scalar") == ()
    assert root.text("scalar") == "b"
    assert root.text("absent", "otherwise") == "otherwise"
    assert isinstance(root.get("list"), SequenceNode)
    assert root.get("absent") is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x 1\n", "P005"),
        ("a: *x\n", "P005"),
        ("&x a: 1\n", "P005"),
        ("a: {<<: {b: 1}}\n", "P005"),
        ("a: !!str 1\n", "P006"),
        ("a: ! 1\n", "P006"),
        ("a: !!python/object/apply:os.system [ls]\n", "P006"),
        ("a: 1\na: 2\n", "P007"),
        ('a: 1\n"a": 2\n', "P007"),
        ("--- 1\n--- 2\n", "P008"),
        ("a: 1\n...\nb: 2\n", "P001"),
        ("%YAML 1.2\n---\na: 1\n", "P008"),
        ("%FOO bar\n---\na: 1\n", "P008"),
        ("a: \x07\n", "P009"),
        ("a: x\u2028y\n", "P009"),
        ("a: x\u202ey\n", "P009"),
        ("a: x\u200by\n", "P009"),
        ("a: \ud800\n", "P009"),
        ("a: x\ufeff\n", "P009"),
        ('a: "\\e[31m"\n', "P009"),
        ('a: "\\ud800"\n', "P009"),
        ('a: "\\0"\n', "P009"),
        ('a: "\\U00110000"\n', "P001"),
        ('a: "\\UFFFFFFFF"\n', "P001"),
        ("1: a\n", "P011"),
        ("true: a\n", "P011"),
        ("[a, b]: c\n", "P011"),
        ("? {a: b}\n: c\n", "P011"),
        (": a\n", "P001"),
        ("", "P001"),
        ("# only a comment\n", "P001"),
        ("\t", "P001"),
        ("a: 'open\n", "P001"),
        ("a: [1, 2\n", "P001"),
        ("a: b: c\n", "P001"),
        ("%YAML " + "9" * 5_000 + ".1\n---\na: 1\n", "P008"),
    ],
)
def test_what_no_policy_needs_is_refused(text: str, code: str) -> None:
    assert refused(text) == [code]


@pytest.mark.parametrize(
    "text", ["--- {a: 1}\n", "\ufeffa: 1\n", "a: |\n  several\n  lines\n", "a: >-\n  folded\n", "a: 1\n...\n"]
)
def test_ordinary_yaml_is_read(text: str) -> None:
    assert isinstance(read(text), MappingNode)


def test_all_duplicate_keys_are_reported_with_the_first_line() -> None:
    text = "a: 1\nb: 2\na: 3\nb: 4\n"
    problems = Problems(file="f.yaml", text=text)
    read_yaml(text, problems)
    assert [problem.line for problem in problems.found] == [3, 4]
    assert "first on line 1" in problems.found[0].what


def test_a_file_of_nothing_but_faults_is_reported_up_to_a_bound() -> None:
    text = "".join(f"k{number}: *a{number}\n" for number in range(500))
    problems = Problems(file="f.yaml", text=text)
    assert read_yaml(text, problems) is None
    assert len(problems.found) == PROBLEMS_MAX + 1
    assert problems.found[-1].code == "P012"


def test_depth_is_allowed_up_to_the_bound_and_refused_beyond() -> None:
    read("[" * DEPTH_MAX + "]" * DEPTH_MAX)
    assert refused("[" * (DEPTH_MAX + 1) + "]" * (DEPTH_MAX + 1)) == ["P003"]
    block = "".join(f"{' ' * depth}a:\n" for depth in range(DEPTH_MAX + 1))
    assert refused(block) == ["P003"]
    indentless = "".join(f"{'  ' * depth}a:\n{'  ' * depth}-\n" for depth in range(DEPTH_MAX))
    assert refused(indentless) == ["P003"]


def test_nodes_are_allowed_up_to_the_bound_and_refused_beyond() -> None:
    read(f"[{'a,' * (NODES_MAX - 1)}]")
    assert refused(f"[{'a,' * NODES_MAX}]") == ["P004"]


BOMBS = {
    "billion laughs": "a: &a [x,x]\n"
    + "".join(f"{n}: &{n} [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n" for n in "bcdefghi"),
    "merge bomb": "a: &a {k: v}\n"
    + "".join(f"{n}: &{n} {{<<: [*a,*a,*a,*a,*a,*a]}}\n" for n in "bcdefghijklmnop"),
    "anchors without end": "".join(f"k{n}: &a{n} x\n" for n in range(5_000)),
    "aliases without end": "[" + "*a," * 60_000,
    "self reference": "&a [*a]",
    "deep brackets": "[" * 200_000,
    "deep braces": "{" * 200_000,
    "deep flow mappings": "{a: " * 50_000,
    "deep brackets on lines": "[\n" * 100_000,
    "deep dashes": "- " * 100_000,
    "deep questions": "? " * 100_000,
    "deep indents": "".join(f"{' ' * depth}a:\n" for depth in range(600)),
    "wide list": "[" + "a," * 100_000 + "]",
    "wide block list": "- a\n" * 60_000,
    "wide mapping": "".join(f"k{n}: v\n" for n in range(20_000)),
    "many documents": "---\n" * 60_000,
    "many tags": "!!a " * 60_000,
    "many commas": "[" + "," * 200_000,
    "huge": "a: " + "x" * 5_000_000,
    "huge comment": "#" * 5_000_000,
    "huge list": "- a\n" * 1_000_000,
    "one character too many": "#" + "x" * SIZE_MAX,
    "nulls": "\0" * 200_000,
    "many keys on one line": "a:" * 100_000,
    "duplicate keys": "a: 1\n" * 5_000,
    "quoted keys": "{" + '"a" ' * 60_000,
    "anchored scalars on one line": "&a " * 80_000,
    "octal numbers": "".join(f"- 0{n}\n" for n in range(3_000)),
    "directives": "%TAG ! x\n" * 10_000,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_at_once(bomb: str) -> None:
    assert quickest_seconds(lambda: refused(bomb), enough=2 * BOMB_SECONDS) < 2 * BOMB_SECONDS


@given(st.text(alphabet=st.sampled_from("ab:- \n[]{},&*!|>'\"%#?@`~0.1\t\\<"), max_size=60))
@settings(max_examples=400, derandomize=True)
def test_any_text_is_a_tree_or_a_list_of_faults(text: str) -> None:
    problems = Problems(file="f.yaml", text=text)
    node = read_yaml(text, problems)
    assert (node is None) == bool(problems.found)


@given(st.text(max_size=60))
@settings(max_examples=200, derandomize=True)
def test_any_unicode_is_a_tree_or_a_list_of_faults(text: str) -> None:
    problems = Problems(file="f.yaml", text=text)
    node = read_yaml(text, problems)
    assert (node is None) == bool(problems.found)
    assert all(str(problem) for problem in problems.found)
