"""Every fault of one text file, collected so that all of them can be shown at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from riskd.errors import Problem
from riskd.policy.rule import Mark

# Beyond this many the file is not a policy with mistakes, and listing more would only bury the first.
PROBLEMS_MAX = 100
_LINE_SHOWN_MAX = 160
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


class Code(StrEnum):
    """Stable names of the faults. P0: the text; P1: the shape, which the JSON Schema refuses too; P2: the meaning."""

    NOT_YAML = "P001"
    TOO_LARGE = "P002"
    TOO_DEEP = "P003"
    TOO_MANY_NODES = "P004"
    ANCHOR = "P005"
    TAG = "P006"
    DUPLICATE_KEY = "P007"
    SEVERAL_DOCUMENTS = "P008"
    CHARACTER = "P009"
    AMBIGUOUS_SCALAR = "P010"
    KEY_NOT_TEXT = "P011"
    TOO_MANY_PROBLEMS = "P012"

    WRONG_KIND = "P101"
    UNKNOWN_KEY = "P102"
    MISSING_KEY = "P103"
    UNKNOWN_WORD = "P104"
    BAD_TEXT = "P105"
    NOT_A_QUANTITY = "P106"
    WRONG_UNIT_HERE = "P107"
    WRONG_LENGTH = "P108"
    ONE_OF = "P109"
    NOT_YET = "P110"

    WRONG_UNIT = "P201"
    RANGE = "P202"
    UNKNOWN_VARIABLE = "P203"
    UNKNOWN_CALENDAR = "P204"
    WRONG_SUBJECT = "P205"
    MISSING_PARAMETER = "P206"
    LEVEL_ORDER = "P207"
    BAND = "P208"
    LADDER = "P209"
    DURING = "P210"
    UNUSED_LEVEL = "P211"
    DUPLICATE = "P212"
    MODE = "P213"
    TARGET = "P214"
    ACTION = "P215"
    ORDERS_ON_MISSING_DATA = "P216"
    UNTESTED = "P217"
    UNKNOWN_RULE = "P218"
    SERIES = "P219"
    EXPECTATION = "P220"
    TIME = "P221"
    NEEDS_WHY = "P222"
    REFINES = "P223"
    LOOSENS = "P224"
    FORMULA = "P225"
    SELECTOR = "P226"
    MISTAKABLE = "P227"
    WAIVER_RULE = "P230"
    WAIVER_SUBJECT = "P231"
    WAIVER_LIMIT = "P232"
    WAIVER_TIME = "P233"
    WAIVER_APPROVAL = "P234"
    BOOK = "P240"
    QUERY = "P241"


class Problems:
    """The faults found so far in one file."""

    def __init__(self, *, file: str, text: str) -> None:
        self.file = file
        self._text = text
        self._lines: list[str] | None = None
        self._found: dict[tuple[int, int, str, str], Problem] = {}

    def add(self, mark: Mark, code: Code, what: str, cure: str = "") -> None:
        """Note a fault at ``mark``. The same fault at the same place is noted once."""
        if self.is_full:
            return
        key = (mark.line, mark.column, code.value, what)
        self._found[key] = Problem(
            file=self.file,
            line=mark.line,
            column=mark.column,
            code=code.value,
            what=what,
            cure=cure,
            source_line=self._source_line(mark.line),
        )
        if len(self._found) == PROBLEMS_MAX:
            more = f"this file has too many faults; only the first {PROBLEMS_MAX} are listed"
            self._found[(mark.line, mark.column, Code.TOO_MANY_PROBLEMS.value, more)] = Problem(
                file=self.file,
                line=mark.line,
                column=mark.column,
                code=Code.TOO_MANY_PROBLEMS.value,
                what=more,
            )

    def cure(self, mark: Mark, code: Code, cure: str) -> None:
        """Give the faults of one kind at ``mark`` another cure, now that more is known about the place."""
        for key, problem in self._found.items():
            if key[:3] == (mark.line, mark.column, code.value):
                self._found[key] = replace(problem, cure=cure)

    @property
    def lines(self) -> Sequence[str]:
        """The lines of the file, without their ends."""
        if self._lines is None:
            self._lines = _LINE_BREAK.split(self._text)
        return self._lines

    @property
    def is_full(self) -> bool:
        """True once so many faults are known that looking for more is of no use."""
        return len(self._found) >= PROBLEMS_MAX

    @property
    def found(self) -> tuple[Problem, ...]:
        """All of them, in the order of the file."""
        return tuple(sorted(self._found.values(), key=lambda problem: (problem.line, problem.column)))

    def any_between(self, start: Mark, end: Mark) -> bool:
        """Whether a fault lies at ``start`` or between it and ``end``."""
        first, last = (start.line, start.column), (end.line, end.column)
        places = ((line, column) for line, column, _, _ in self._found)
        return any(first == place or first <= place < last for place in places)

    def _source_line(self, line: int) -> str:
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        if len(text) > _LINE_SHOWN_MAX:
            return ""
        return "".join(letter if letter.isprintable() else " " for letter in text).rstrip()
