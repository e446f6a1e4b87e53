"""docs/ledger.md: every table, column, view, audit question and journal kind is in it, in the words of the SQL files.

After a change of the SQL: ``RISKD_WRITE_DOCUMENTS=1 pytest tests/adapters/test_ledger_document.py`` writes the tables anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from riskd.adapters.duckdb_migrate import migrate
from riskd.adapters.package_files import storage_directory
from riskd.adapters.question_files import audits, read_questions
from riskd.model.journal import EntryKind
from riskd.record.question import Question
from tests.adapters.ledger_files import MIGRATIONS
from tests.builders import NOW

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "ledger.md"
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"


def test_the_document_describes_what_the_sql_files_say() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    expected = f"{head}{BEGIN}\n{described()}{END}{tail}"
    if os.environ.get("RISKD_WRITE_DOCUMENTS"):
        DOCUMENT.write_text(expected, encoding="utf-8")

    assert DOCUMENT.read_text(encoding="utf-8") == expected


def test_every_kind_of_journal_entry_is_explained() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    assert [kind for kind in EntryKind if f"| `{kind}` |" not in text] == []


def test_every_table_and_column_has_a_comment_and_no_name_that_sql_reserves() -> None:
    with ledger() as connection:
        silent = connection.execute(
            """
            select table_name, null from duckdb_tables() where comment is null
            union all
            select table_name, column_name from duckdb_columns() where comment is null and not internal
            """
        ).fetchall()
        reserved = connection.execute(
            """
            select table_name, column_name from duckdb_columns()
            where not internal and column_name in (
                select keyword_name from duckdb_keywords() where keyword_category <> 'unreserved')
            """
        ).fetchall()
        indexed = connection.execute(
            "select * from duckdb_constraints() where constraint_type <> 'NOT NULL'"
        ).fetchall()

    assert silent == []
    assert reserved == []
    assert indexed == []


def ledger() -> duckdb.DuckDBPyConnection:
    """An empty ledger in memory."""
    connection = duckdb.connect()
    migrate(connection, MIGRATIONS, NOW)
    return connection


def described() -> str:
    """The generated part of the document."""
    views = read_questions(storage_directory() / "views")
    return "\n".join([*_tables(), *_questions("Views", views), *_questions("Audit questions", audits())])


def _tables() -> Iterator[str]:
    yield "## Tables\n"
    with ledger() as connection:
        tables = connection.execute(
            "select table_name, comment from duckdb_tables() order by table_oid"
        ).fetchall()
        for table, purpose in tables:
            columns = connection.execute(
                "select column_name, data_type, comment from duckdb_columns() where table_name = ? order by column_index",
                [table],
            ).fetchall()
            yield f"### {table}\n\n{purpose}\n\n| column | type | meaning |\n|---|---|---|"
            yield from (f"| `{name}` | {kind} | {meaning} |" for name, kind, meaning in columns)
            yield ""


def _questions(title: str, questions: Sequence[Question]) -> Iterator[str]:
    yield f"## {title}\n"
    for question in questions:
        yield f"### {question.name}\n\n{question.purpose}\n"
        if question.parameters:
            yield "| parameter | unless given | meaning |\n|---|---|---|"
            yield from (
                f"| `{item.name}` | `{item.default}` | {item.meaning} |" for item in question.parameters
            )
            yield ""
        yield "| column | meaning |\n|---|---|"
        yield from (f"| `{name}` | {meaning} |" for name, meaning in question.columns)
        yield ""
