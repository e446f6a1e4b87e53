"""The database in which a policy's SQL is asked: in memory, shut off from the world, holding one snapshot and nothing else.

Every statement runs in a read-only transaction. What the engine itself lets through is kept out by the guard, and what
both let through is bounded by the limits of the process (``sandbox_child``).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, SupportsFloat, TypeAlias

import duckdb

from riskd.adapters.locked_duckdb import lock, locked_configuration
from riskd.adapters.sandbox_guard import CHARACTERS_MAX, SCHEMA, Refused, examine
from riskd.model.answer import Read, Refusal

TypedSchema: TypeAlias = Mapping[str, Sequence[tuple[str, str]]]
"""Name and type of each column of each table."""

_SUBJECT_CHARACTERS_MAX = 500
_NUMBER = re.compile(r"(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|FLOAT|DOUBLE|DECIMAL\(.*\))$")
_PLACE = re.compile(r"\n\nLINE (\d+): (.*)\n( *)\^")
# With one thread the sums of a query come out the same each time [measured].
_CONFIGURATION = locked_configuration(memory="128MB", threads=1)


class SandboxDatabase:
    """One locked database.

    Args:
        schema: Tables of the schema ``exposure``, all of them empty at first.
    """

    def __init__(self, schema: TypedSchema) -> None:
        self._schema = schema
        self._names = {table: [name for name, _ in columns] for table, columns in schema.items()}
        self._connection = duckdb.connect(":memory:", config=_CONFIGURATION)
        self._connection.execute("set TimeZone = 'UTC'")
        self._connection.execute("set temp_directory = ''")
        self._connection.execute(f"create schema {SCHEMA}")
        for table in schema:
            self.load(table, {})
        lock(self._connection)

    def load(self, table: str, columns: Mapping[str, str]) -> None:
        """Replace a table. A table that is deleted from and inserted into grows for ever; one that is replaced does not.

        Args:
            table: One of the schema.
            columns: A JSON array for each column that is filled in, all of one length; the others are NULL.
        """
        cells = [
            f"unnest(from_json(${name}::json, '[\"{kind}\"]')) as {name}"
            if name in columns
            else f"null::{kind} as {name}"
            for name, kind in self._schema[table]
        ]
        empty = "" if columns else " limit 0"
        self._connection.execute(
            f"create or replace table {SCHEMA}.{table} as select {', '.join(cells)}{empty}",
            dict(columns),
        )

    def check(self, sql: str, *, seconds: float) -> frozenset[Read]:
        """What a statement reads.

        Raises:
            Refused: It is not allowed, or not valid over these tables, or its columns are not ``subject`` and ``value``.
            duckdb.InterruptException: The time was up.
        """
        if len(sql) > CHARACTERS_MAX:
            raise Refused(
                Refusal(what=f"the query has {len(sql)} characters, at most {CHARACTERS_MAX} are allowed")
            )
        try:
            ((serialized,),) = self._connection.execute("select json_serialize_sql(?)", [sql]).fetchall()
            reads = examine(serialized, self._names)
            described, _ = self._asked(sql, row_limit=0, seconds=seconds)
        except duckdb.InterruptException:
            raise  # it says nothing about the statement but that it takes long
        except duckdb.Error as error:
            raise Refused(_refusal(str(error), sql)) from error
        _check_columns(described)
        return reads

    def run(self, sql: str, *, row_limit: int, seconds: float) -> list[tuple[str | None, float | None]]:
        """The ``(subject, value)`` rows of a statement that was checked.

        Raises:
            ValueError: There are too many rows, or one has no use.
            duckdb.Error: It failed, or was interrupted because the time was up.
        """
        _, rows = self._asked(sql, row_limit=row_limit, seconds=seconds)
        if len(rows) > row_limit:
            raise ValueError(f"the query gave more than {row_limit} rows")
        return [_row(subject, value) for subject, value in rows]

    def _asked(
        self, sql: str, *, row_limit: int, seconds: float
    ) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
        """Names and types of the columns, and at most one row more than the limit."""
        alarm = threading.Timer(seconds, self._connection.interrupt)
        alarm.start()
        self._connection.execute("begin transaction read only")
        try:
            result = self._connection.execute(sql)
            described = [(str(name), str(kind)) for name, kind, *_ in result.description or ()]
            return described, result.fetchmany(row_limit + 1)
        finally:
            alarm.cancel()
            with suppress(duckdb.Error):  # a statement that broke the transaction has ended it already
                self._connection.execute("rollback")


def _row(subject: object, value: SupportsFloat | None) -> tuple[str | None, float | None]:
    if isinstance(subject, str) and len(subject) > _SUBJECT_CHARACTERS_MAX:
        raise ValueError(f"the query gave a subject of {len(subject)} characters")
    return None if subject is None else str(subject), None if value is None else float(value)


def _check_columns(described: Sequence[tuple[str, str]]) -> None:
    names = [name.lower() for name, _ in described]
    if names != ["subject", "value"]:
        what = f"the columns are {', '.join(names)}"
        raise Refused(Refusal(what=what, cure="write select ... as subject, ... as value, and nothing else"))
    (_, subject), (_, value) = described
    if subject != "VARCHAR":
        raise Refused(
            Refusal(what=f"subject is {subject.lower()}, not text", cure="take it from a subject column")
        )
    if not _NUMBER.match(value):
        raise Refused(Refusal(what=f"value is {value.lower()}, not a number"))


def _refusal(message: str, sql: str) -> Refusal:
    """The engine's own complaint, without how to lift limits that are ours, and with its place in the text."""
    said = message.split("\n", 1)[0].strip()
    what = re.sub(r"^[A-Za-z ]*Error: ", "", said)
    found = _PLACE.search(message)
    return Refusal(what=what, offset=None if found is None else _offset(found, sql))


def _offset(found: re.Match[str], sql: str) -> int | None:
    """Where the engine's caret points. It shows a long line in part, between dots."""
    number, shown = int(found.group(1)), found.group(2)
    lines = sql.split("\n")
    if number > len(lines):
        return None
    shift = lines[number - 1].find(shown.removeprefix("...").removesuffix("..."))
    caret = len(found.group(3)) - len(f"LINE {number}: ") - (3 if shown.startswith("...") else 0)
    before = "\n".join([*lines[: number - 1], lines[number - 1][: max(shift, 0) + max(caret, 0)]])
    return len(before.encode())
