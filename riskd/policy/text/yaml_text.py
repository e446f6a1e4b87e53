"""YAML without its surprises: a text becomes a tree of nodes that know their place, or a list of faults.

Plain YAML readers turn ``on`` into True, ``1:30`` into 90 and ``012`` into 10, keep the last of two equal keys, and can
be made to work for minutes by a kilobyte of merge keys (docs/safety.md S13). Here only the YAML 1.2 core scalars that
nobody can misread exist, and whatever a policy or a configuration has no use for is refused: anchors, aliases, tags,
duplicate keys, several documents. Size, depth and count are bounded while the text is scanned, before a tree exists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from riskd.policy.rule import Mark
from riskd.policy.text.problems import Code, Problems
from riskd.policy.text.spelling import quoted
from riskd.policy.text.yaml_piece import DEPTH_MAX, Piece, PieceKind
from riskd.policy.text.yaml_scan import HIDDEN, Refused, pieces, too_deep


class ScalarKind(StrEnum):
    """What a scalar is in YAML 1.2 core."""

    TEXT = "text"
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    NULL = "null"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarNode:
    """A single value.

    Attributes:
        text: As written, without quotes; escapes are resolved.
        mark: Its first character.
        end: Just behind its last character.
    """

    text: str
    kind: ScalarKind
    mark: Mark
    end: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceNode:
    """A list."""

    items: tuple[Node, ...]
    mark: Mark
    end: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingNode:
    """Keys and values in the order of the file. Keys are text and differ."""

    entries: tuple[tuple[ScalarNode, Node], ...]
    mark: Mark
    end: Mark

    def get(self, key: str) -> Node | None:
        """The value of ``key``; None when the mapping has no such key."""
        return next((value for name, value in self.entries if name.text == key), None)

    def key(self, key: str) -> ScalarNode | None:
        """The node of the key itself, for its place."""
        return next((name for name, _ in self.entries if name.text == key), None)

    def mapping(self, key: str) -> MappingNode | None:
        """The value of ``key`` when it is a mapping, else None."""
        value = self.get(key)
        return value if isinstance(value, MappingNode) else None

    def items(self, key: str) -> tuple[Node, ...]:
        """The items of the list at ``key``; empty when there is no list."""
        value = self.get(key)
        return value.items if isinstance(value, SequenceNode) else ()

    def scalar(self, key: str) -> ScalarNode | None:
        """The value of ``key`` when it is a scalar, else None."""
        value = self.get(key)
        return value if isinstance(value, ScalarNode) else None

    def text(self, key: str, default: str = "") -> str:
        """The text of the scalar at ``key``; ``default`` when there is no scalar."""
        value = self.scalar(key)
        return default if value is None else value.text


Node: TypeAlias = ScalarNode | SequenceNode | MappingNode


def read_yaml(text: str, problems: Problems) -> Node | None:
    """The tree of the one document in ``text``.

    Args:
        text: The file's contents.
        problems: Takes every fault found.

    Returns:
        None when a fault was found: there is no tree to speak of, and all that could be said is in ``problems``.
    """
    try:
        root = _Builder(pieces(problems.file, text), problems).node(depth=1)
    except Refused as refused:
        problems.add(refused.mark, refused.code, refused.what, refused.cure)
        return None
    return None if problems.found else root


class _Builder:
    """Makes nodes of pieces, and notes those that are not allowed."""

    def __init__(self, source: Iterator[Piece], problems: Problems) -> None:
        self._source = source
        self._problems = problems

    def node(self, *, depth: int) -> Node:
        """The next node, which is the root when none was read before."""
        root = self._node(next(self._source), depth)
        for _ in self._source:  # until the text ends or is refused
            raise AssertionError("the root is the last node of its document")
        return root

    def _node(self, piece: Piece, depth: int) -> Node:
        self._check(piece)
        if piece.kind in (PieceKind.SCALAR, PieceKind.ALIAS):
            return self._scalar(piece)
        if depth > DEPTH_MAX:
            raise too_deep(piece.start)
        if piece.kind is PieceKind.MAPPING:
            entries, end = self._entries(depth)
            return MappingNode(entries=entries, mark=piece.start, end=end)
        items, end = self._items(depth)
        return SequenceNode(items=items, mark=piece.start, end=end)

    def _items(self, depth: int) -> tuple[tuple[Node, ...], Mark]:
        items = []
        piece = next(self._source)
        while piece.kind is not PieceKind.END:
            items.append(self._node(piece, depth + 1))
            piece = next(self._source)
        return tuple(items), piece.end

    def _entries(self, depth: int) -> tuple[tuple[tuple[ScalarNode, Node], ...], Mark]:
        entries = []
        first_lines: dict[str, int] = {}
        piece = next(self._source)
        while piece.kind is not PieceKind.END:
            key = self._key(self._node(piece, depth + 1), first_lines)
            value = self._node(next(self._source), depth + 1)
            if key is not None:
                entries.append((key, value))
            piece = next(self._source)
        return tuple(entries), piece.end

    def _key(self, key: Node, first_lines: dict[str, int]) -> ScalarNode | None:
        """The key, unless it is one that no mapping of ours can have."""
        if not isinstance(key, ScalarNode) or key.kind is not ScalarKind.TEXT:
            found = quoted(key.text) if isinstance(key, ScalarNode) else "a list or a mapping"
            is_number = isinstance(key, ScalarNode) and key.kind in (ScalarKind.INTEGER, ScalarKind.FLOAT)
            cure = "keys are text; use quotes" + (f", or {_COMMAS}" if is_number else "")
            self._problems.add(key.mark, Code.KEY_NOT_TEXT, f"{found} cannot be a key", cure)
            return None
        if key.text == "<<":
            what = "merge keys (<<) are not allowed"
            self._problems.add(
                key.mark, Code.ANCHOR, what, "write the keys out, or use `defaults` and `vars`"
            )
            return None
        if key.text in first_lines:
            what = f"the key {quoted(key.text)} stands here a second time (first on line {first_lines[key.text]})"
            self._problems.add(key.mark, Code.DUPLICATE_KEY, what, "remove one of them")
            return None
        first_lines[key.text] = key.mark.line
        return key

    def _check(self, piece: Piece) -> None:
        if piece.kind is PieceKind.ALIAS or piece.has_anchor:
            cure = "write the value out, or use `vars`; text that begins with & or * needs quotes"
            self._problems.add(piece.start, Code.ANCHOR, "anchors (&) and aliases (*) are not allowed", cure)
        elif piece.tag is not None:
            self._problems.add(
                piece.start, Code.TAG, f"the tag {quoted(piece.tag)} is not allowed", "remove it"
            )
        if self._problems.is_full:
            raise Refused(piece.start, Code.TOO_MANY_PROBLEMS, "too many faults")

    def _scalar(self, piece: Piece) -> ScalarNode:
        kind = _kind(piece.text) if piece.is_plain else ScalarKind.TEXT
        if kind is None:
            what = f"{quoted(piece.text)} means different things to different readers of YAML"
            self._problems.add(piece.start, Code.AMBIGUOUS_SCALAR, what, _unambiguous(piece.text))
            kind = ScalarKind.TEXT
        if HIDDEN.search(piece.text):
            what = "an escape in this text makes a character that cannot be seen"
            self._problems.add(piece.start, Code.CHARACTER, what, "remove it")
        return ScalarNode(text=piece.text, kind=kind, mark=piece.start, end=piece.end)


_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")
# Whatever else some YAML takes for a number, a truth value or nothing: octal, hexadecimal, exponents, .inf, ~, TRUE.
_AMBIGUOUS = re.compile(
    r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|0[ox][0-9a-fA-F]+"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|~|Null|NULL|True|TRUE|False|FALSE"
)


def _kind(text: str) -> ScalarKind | None:
    """The type of a plain scalar; None when readers disagree about it."""
    if text in ("true", "false"):
        return ScalarKind.BOOLEAN
    if text in ("null", ""):
        return ScalarKind.NULL
    if _INTEGER.fullmatch(text):
        return ScalarKind.INTEGER
    if _FLOAT.fullmatch(text):
        return ScalarKind.FLOAT
    return None if _AMBIGUOUS.fullmatch(text) else ScalarKind.TEXT


_COMMAS = "write numbers without commas: 3.5x, 2m USD"  # `{warn: 3,5}` has a key 5


def _unambiguous(text: str) -> str:
    if text == "000":
        return _COMMAS
    if text.lower() in ("true", "false", "null"):
        return f"write {text.lower()}, or put it in quotes"
    return "write plain decimal digits, or put it in quotes"
