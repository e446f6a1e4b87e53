"""Where a character of a scalar's text stands in its file, however the scalar is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from riskd.policy.rule import Mark
from riskd.policy.text.yaml_text import ScalarNode

_BLOCK = ("|", ">")
_QUOTES = ("'", '"')


def place_in(lines: Sequence[str], node: ScalarNode, offset: int) -> Mark:
    """The place of one character of a scalar.

    Folding, indentation and quotes move blanks only, so the letters are counted. Where escapes make even them differ,
    the answer is the beginning of the scalar.

    Args:
        lines: Of the whole file.
        node: The scalar.
        offset: Into ``node.text``; its length: just behind the last letter.
    """
    wanted = [letter for letter in node.text[:offset] if not letter.isspace()]
    last: Mark | None = None
    source = _letters(lines, node)
    for letter in wanted:
        last, found = next(source, (node.mark, ""))
        if found != letter:
            return node.mark
    if offset < len(node.text.rstrip()):
        return next(source, (node.mark, ""))[0]
    return node.mark if last is None else Mark(file=last.file, line=last.line, column=last.column + 1)


def _letters(lines: Sequence[str], node: ScalarNode) -> Iterator[tuple[Mark, str]]:
    """What a scalar is written with, letter by letter, without blanks, opening quotes and the head of a block."""
    start, end = node.mark, node.end
    for number in range(start.line, min(end.line, len(lines)) + 1):
        text = lines[number - 1]
        first = start.column - 1 if number == start.line else 0
        if number == start.line and text[first:].startswith(_BLOCK):
            continue
        if number == start.line and text[first:].startswith(_QUOTES):
            first += 1
        last = end.column - 1 if number == end.line else len(text)
        for column in range(first, min(last, len(text))):
            if not text[column].isspace():
                yield Mark(file=start.file, line=number, column=column + 1), text[column]
