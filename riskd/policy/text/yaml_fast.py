"""The quick way to the pieces of a text that has nothing unusual in it: the C parser of libyaml reads it.

It reads what PyYAML's Python parser reads, ten times as fast, and tells places as exactly. Both do not agree about
everything, and libyaml has no bounds: it takes a minute for two hundred thousand brackets, unless one stops asking at the
twenty-first. So this module only ever says what the pieces are, or nothing: whatever it meets that is not plain (a fault,
a tab, much depth) is left to the slow reader, which alone refuses, and in its own words. A test holds both against each
other on thousands of damaged texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from yaml.error import YAMLError
from yaml.events import (
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    NodeEvent,
    ScalarEvent,
    StreamEndEvent,
)

from riskd.policy.text.yaml_piece import DEPTH_MAX, NODES_MAX, Piece, piece_of

try:
    from yaml.cyaml import CBaseLoader
except ImportError:  # PyYAML was built without libyaml
    _HAS_LIBYAML = False
else:
    _HAS_LIBYAML = True

# libyaml takes a tab for a space where YAML has none, a question mark in a word inside brackets for a key, and a comment
# that touches the sign of a block of text for a comment.
_UNUSUAL = re.compile(r"[\t\r?\ufeff]|^%|[|>][-+0-9]*#", re.MULTILINE)


def quick_pieces(file: str, text: str) -> list[Piece] | None:
    """The pieces of the only document in ``text``; None when the slow reader has to look.

    Args:
        file: For marks.
        text: The file's contents, of bounded size, ending with a line break.
    """
    if not _HAS_LIBYAML or _UNUSUAL.search(text):
        return None
    try:
        return _read(file, text)
    except (YAMLError, ValueError, OverflowError):
        return None


def _read(file: str, text: str) -> list[Piece] | None:
    # Events come as the text is scanned, so a flood ends at the first bound that it passes.
    found: list[Piece] = []
    depth = nodes = documents = 0
    for event in _events(text):
        if isinstance(event, DocumentStartEvent):
            documents += 1
        elif isinstance(event, NodeEvent | CollectionEndEvent):
            nodes += isinstance(event, NodeEvent)
            depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
            if _is_unusual(event) or depth > DEPTH_MAX or nodes > NODES_MAX or documents > 1:
                return None
            found.append(piece_of(file, event))
    return found if documents == 1 else None


def _is_unusual(event: NodeEvent | CollectionEndEvent) -> bool:
    """Whether it is something that is refused anyway, or a value that is not there, whose place is told differently."""
    if isinstance(event, CollectionEndEvent):
        return False
    if isinstance(event, ScalarEvent | CollectionStartEvent):
        is_empty = isinstance(event, ScalarEvent) and not event.value and not event.style
        return is_empty or event.anchor is not None or event.tag is not None
    return True  # an alias


def _events(text: str) -> Iterator[Event]:
    parser = CBaseLoader(text)
    event = parser.get_event()
    while event is not None and not isinstance(event, StreamEndEvent):
        yield event
        event = parser.get_event()
