"""A character of a scalar is found in its file, however the scalar is written."""

from __future__ import annotations

import pytest

from riskd.policy.text.problems import Problems
from riskd.policy.text.scalar_place import place_in
from riskd.policy.text.yaml_text import MappingNode, ScalarNode, read_yaml

WRITTEN = [
    "key: alpha + beta / gamma",
    "key: 'alpha + beta / gamma'",
    'key: "alpha + beta / gamma"',
    "key: alpha\n  + beta\n  / gamma",
    "key: >-\n  alpha + beta\n\n  / gamma\nother: 1",
    "key: |\n    alpha +\n      beta\n    / gamma\nother: 1",
    "key: 'alpha\n  + beta /\n  gamma'",
    "{key: alpha + beta / gamma, other: 1}",
]


def scalar(text: str) -> tuple[ScalarNode, list[str]]:
    problems = Problems(file="f.yaml", text=text)
    root = read_yaml(text, problems)
    assert isinstance(root, MappingNode)
    node = root.scalar("key")
    assert node is not None
    return node, list(problems.lines)


@pytest.mark.parametrize("text", WRITTEN)
@pytest.mark.parametrize("word", ["alpha", "+", "beta", "/", "gamma"])
def test_every_word_is_found_where_it_stands(text: str, word: str) -> None:
    node, lines = scalar(text)
    mark = place_in(lines, node, node.text.index(word))
    assert lines[mark.line - 1][mark.column - 1 :].startswith(word)


@pytest.mark.parametrize("text", WRITTEN)
def test_the_end_is_behind_the_last_letter(text: str) -> None:
    node, lines = scalar(text)
    mark = place_in(lines, node, len(node.text))
    assert lines[mark.line - 1][: mark.column - 1].endswith("gamma")


def test_where_escapes_hide_the_letters_the_place_is_the_scalar() -> None:
    node, lines = scalar('key: "alpha + b\\x65ta"')
    assert node.text == "alpha + beta"
    assert place_in(lines, node, 11) == node.mark
    assert place_in(lines, node, 8).column == node.mark.column + 9
