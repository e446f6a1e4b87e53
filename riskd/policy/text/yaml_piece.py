"""The pieces of a YAML text: what both of its readers make of PyYAML's events, and how much of them there may be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from yaml.events import CollectionEndEvent, CollectionStartEvent, MappingStartEvent, NodeEvent, ScalarEvent

from riskd.policy.rule import Mark

DEPTH_MAX = 20
NODES_MAX = 20_000


class PieceKind(Enum):
    """What comes next in the text."""

    SCALAR = auto()
    ALIAS = auto()
    SEQUENCE = auto()
    MAPPING = auto()
    END = auto()  # of the innermost sequence or mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One event of the document.

    Attributes:
        text: Of a scalar, escapes resolved.
        is_plain: True for a scalar without quotes, whose text decides its type.
        tag: As written; None when there is none.
        has_anchor: True for what another place could refer to.
        start: Its first character.
        end: Just behind its last.
    """

    kind: PieceKind
    start: Mark
    end: Mark
    text: str = ""
    is_plain: bool = False
    tag: str | None = None
    has_anchor: bool = False


class YamlMark(Protocol):
    """A place as PyYAML counts it, from 0."""

    line: int
    column: int


def place_of(file: str, mark: YamlMark | None) -> Mark:
    """A mark of PyYAML, which sets one on everything that it reads."""
    assert mark is not None
    return Mark(file=file, line=mark.line + 1, column=mark.column + 1)


def piece_of(file: str, event: NodeEvent | CollectionEndEvent) -> Piece:
    """The piece that an event of either parser is."""
    start, end = place_of(file, event.start_mark), place_of(file, event.end_mark)
    if isinstance(event, CollectionEndEvent):
        return Piece(kind=PieceKind.END, start=start, end=end)
    has_anchor = event.anchor is not None
    if isinstance(event, ScalarEvent):
        return Piece(
            kind=PieceKind.SCALAR,
            start=start,
            end=end,
            text=event.value,
            is_plain=not event.style,  # None in Python, empty in C
            tag=event.tag,
            has_anchor=has_anchor,
        )
    if isinstance(event, CollectionStartEvent):
        kind = PieceKind.MAPPING if isinstance(event, MappingStartEvent) else PieceKind.SEQUENCE
        return Piece(kind=kind, start=start, end=end, tag=event.tag, has_anchor=has_anchor)
    return Piece(kind=PieceKind.ALIAS, start=start, end=end, has_anchor=True)
