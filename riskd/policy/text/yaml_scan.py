"""The strict reading of YAML, up to its events: what is refused before any tree exists.

PyYAML's pure-Python scanner and parser decide. The C one reads what has nothing unusual in it, ten times as fast
(``yaml_fast``). Size, depth and count are bounded while scanning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from yaml.error import MarkedYAMLError
from yaml.events import (
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    NodeEvent,
    StreamEndEvent,
)
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner
from yaml.tokens import Token

from riskd.policy.rule import Mark
from riskd.policy.text.problems import Code
from riskd.policy.text.yaml_fast import quick_pieces
from riskd.policy.text.yaml_piece import DEPTH_MAX, NODES_MAX, Piece, YamlMark, piece_of, place_of

SIZE_MAX = 256_000


class Refused(Exception):
    """Reading stops here, at ``mark``."""

    def __init__(self, mark: Mark, code: Code, what: str, cure: str = "") -> None:
        self.mark = mark
        self.code = code
        self.what = what
        self.cure = cure
        super().__init__(what)


def pieces(file: str, text: str) -> Iterator[Piece]:
    """The events of the only document in ``text``, from its root to the end of its root.

    Args:
        file: For marks.
        text: The file's contents.

    Yields:
        At most ``NODES_MAX`` nodes, never nested deeper than ``DEPTH_MAX``.

    Raises:
        Refused: The text is too large, too deep, holds characters that cannot be seen, or is not one YAML document.
    """
    if len(text) > SIZE_MAX:
        what = f"the file has {len(text):,} characters, more than {SIZE_MAX:,}"
        raise Refused(Mark(file=file, line=1, column=1), Code.TOO_LARGE, what, "split it into several files")
    if _glance(text) > NODES_MAX * 3 // 2:
        mark = Mark(file=file, line=1, column=1)
        raise Refused(mark, Code.TOO_MANY_NODES, _TOO_MANY, "split it into several files")
    hidden = HIDDEN.search(text)
    if hidden:
        raise _hidden(file, text, hidden.start())
    # With a line break at the end, an empty last value lies before the end of what it belongs to.
    ended = text if text.endswith("\n") else f"{text}\n"
    quick = quick_pieces(file, ended)
    yield from scanned(file, ended) if quick is None else quick


def scanned(file: str, text: str) -> Iterator[Piece]:
    """The events of any text, as the reader that decides sees them.

    Args:
        file: For marks.
        text: Of bounded size, ending with a line break.

    Raises:
        Refused: As ``pieces``.
    """
    reader = _EventReader(file, text)
    try:
        yield from _document(reader)
    except MarkedYAMLError as fault:
        raise _syntax(reader, fault) from fault
    except (ValueError, OverflowError) as fault:
        # PyYAML makes a character of the digits of an escape without asking whether there is such a character.
        raise Refused(reader.here(), Code.NOT_YAML, "an escape or a number here is not valid") from fault


class _EventReader(Reader, Scanner, Parser):
    """Depth is checked as brackets and indents are scanned: scanning ahead costs the square of the depth."""

    def __init__(self, file: str, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        self.file = file

    def here(self) -> Mark:
        """Where the scanner stands."""
        return self.place(self.get_mark())

    def place(self, mark: YamlMark | None) -> Mark:
        """A mark of PyYAML as ours."""
        return place_of(self.file, mark)

    def fetch_flow_collection_start(self, TokenClass: type[Token]) -> None:  # noqa: N803 - PyYAML's name
        self._refuse_depth()
        super().fetch_flow_collection_start(TokenClass)

    def add_indent(self, column: int) -> bool:
        self._refuse_depth()
        return super().add_indent(column)

    def fetch_directive(self) -> None:
        what = "directives (%) have no use here"
        raise Refused(
            self.here(), Code.SEVERAL_DOCUMENTS, what, "remove it; text that begins with % needs quotes"
        )

    def _refuse_depth(self) -> None:
        if self.flow_level + len(self.indents) > DEPTH_MAX:
            raise too_deep(self.here())


def too_deep(mark: Mark) -> Refused:
    """The refusal of a collection inside ``DEPTH_MAX`` others."""
    what = f"lists and mappings are nested more than {DEPTH_MAX} deep"
    return Refused(mark, Code.TOO_DEEP, what, "no file that riskd reads needs that")


_TOO_MANY = f"the file has more than {NODES_MAX:,} values"


def _glance(text: str) -> int:
    """About how many nodes the text has (real files: within a tenth), so that a flood is not even scanned."""
    return 2 * text.count(": ") + text.count(",") + text.count("- ")


def _document(reader: _EventReader) -> Iterator[Piece]:
    nodes = documents = 0
    event = _next(reader)
    while not isinstance(event, StreamEndEvent):
        if isinstance(event, DocumentStartEvent):
            documents += 1
            if documents > 1:
                place = reader.place(event.start_mark)
                what = "a second document begins here"
                raise Refused(place, Code.SEVERAL_DOCUMENTS, what, "keep one document in a file")
        elif isinstance(event, NodeEvent | CollectionEndEvent):
            nodes += isinstance(event, NodeEvent)
            if nodes > NODES_MAX:
                place = reader.place(event.start_mark)
                raise Refused(place, Code.TOO_MANY_NODES, _TOO_MANY, "split it into several files")
            yield piece_of(reader.file, event)
        event = _next(reader)
    if documents == 0:
        raise Refused(Mark(file=reader.file, line=1, column=1), Code.NOT_YAML, "the file is empty")


def _next(reader: _EventReader) -> Event:
    event: Event = reader.get_event()  # type: ignore[no-untyped-call]  # its stub has no types
    return event


# Controls, line breaks that not every editor shows as such, marks that reverse the reading direction, spaces without
# width, halves of characters. A byte order mark may open the file.
HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2069"
    "\ud800-\udfff\ufffe\uffff]|(?<=.)\ufeff",
    re.DOTALL,
)


def _hidden(file: str, text: str, position: int) -> Refused:
    before = re.split("\r\n|[\r\n]", text[:position])
    mark = Mark(file=file, line=len(before), column=len(before[-1]) + 1)
    what = f"the character U+{ord(text[position]):04X} cannot be seen and is not allowed"
    return Refused(mark, Code.CHARACTER, what, "remove it")


def _syntax(reader: _EventReader, fault: MarkedYAMLError) -> Refused:
    mark = fault.problem_mark or fault.context_mark
    what = ", ".join(part for part in (fault.context, fault.problem) if part)
    if fault.context_mark is not None and mark is not None and fault.context_mark.line != mark.line:
        what += f" (it began on line {fault.context_mark.line + 1})"
    cure = next((cure for sign, cure in _SYNTAX_CURES if sign in what), "")
    return Refused(reader.place(mark), Code.NOT_YAML, f"not YAML: {what}", cure)


# PyYAML's words, and what usually lies behind them.
_SYNTAX_CURES = (
    ("'\\t'", "indent with spaces, not with tabs"),
    ("mapping values are not allowed here", "put text that holds ': ' in quotes, and check the indentation"),
    ("scanning an alias", "put text that begins with * in quotes"),
    ("scanning an anchor", "put text that begins with & in quotes"),
    ("'%'", "put text that begins with % in quotes"),
    ("'@'", "put text that begins with @ in quotes"),
    ("'`'", "put text that begins with ` in quotes"),
    ("quoted scalar", "close the quotes"),
    ("flow sequence", "check the commas, and close the list with ]"),
    ("flow mapping", "check the commas, and close the mapping with }"),
    ("could not find expected ':'", "a key needs ': ' behind it"),
    ("block", "check the indentation"),
)
