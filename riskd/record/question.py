"""A SQL file that ships with riskd: a view or an audit question, described by the comment at its head.

-- One sentence that says what it answers.
-- Parameters:
--   $since = '1970-01-01'   from this moment on, UTC
-- Columns:
--   account   account id
select ...
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from riskd.errors import LedgerError

_PARAMETER = re.compile(r"--   \$(\w+) = '([^']*)'\s+(\S.*)")
_COLUMN = re.compile(r"--   (\w+)\s\s+(\S.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionParameter:
    """What may be asked differently; values are text, which the SQL casts."""

    name: str
    default: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One file.

    Attributes:
        name: File name without ``.sql``.
        purpose: What it answers.
        columns: Name and meaning (with unit) of each column of the answer.
        sql: One SELECT, with the comment.
    """

    name: str
    purpose: str
    parameters: tuple[QuestionParameter, ...]
    columns: tuple[tuple[str, str], ...]
    sql: str


def parse_question(name: str, text: str) -> Question:
    """Read the comment at the head of a file.

    Raises:
        LedgerError: The file does not begin with a purpose, or names no columns.
    """
    head = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        head.append(line)
    purpose = " ".join(line.removeprefix("--").strip() for line in _until_section(head)).strip()
    parameters = [match for line in head if (match := _PARAMETER.fullmatch(line))]
    columns = [match for line in head if (match := _COLUMN.fullmatch(line))]
    if not purpose or not columns:
        raise LedgerError(f"{name}.sql: expected a comment at its head with a purpose and a list of columns")
    return Question(
        name=name,
        purpose=purpose,
        parameters=tuple(
            QuestionParameter(name=match[1], default=match[2], meaning=match[3]) for match in parameters
        ),
        columns=tuple((match[1], match[2]) for match in columns),
        sql=text,
    )


def _until_section(head: list[str]) -> list[str]:
    for number, line in enumerate(head):
        if line in {"-- Parameters:", "-- Columns:"}:
            return head[:number]
    return head
