"""What came of a policy's own SQL: asked of one snapshot, or only checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Read: TypeAlias = tuple[str, str]
"""Table and column, both of the schema ``exposure``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a query said of one snapshot.

    Attributes:
        rows: ``(subject, value)`` as they came: a subject may be NULL, strange or there twice, a value may be NULL, NaN
            or infinite.
        reads: Every column that the query may have looked at.
        failure: Why there is no answer; empty when there is one.
    """

    rows: tuple[tuple[str | None, float | None], ...] = ()
    reads: frozenset[Read] = frozenset()
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a query may not be asked at all.

    Attributes:
        what: What is wrong, in one clause.
        cure: What to write instead; empty when ``what`` says it.
        offset: Where in the text, in UTF-8 bytes from its start; None where only the whole is wrong.
    """

    what: str
    cure: str = ""
    offset: int | None = None
