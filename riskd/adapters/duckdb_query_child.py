"""The process that answers one query (see ``duckdb_query``): request on standard input, answer on standard output.

It bounds its own memory, processor time and files, copies the ledger into a private directory, opens the copy
read-only, makes the views, shuts the file system and the configuration, and only then looks at the query: exactly one
statement, a SELECT, inside a read-only transaction. Each of these alone was broken out of in measurements; together
they held against every attack tried (tests/adapters/test_duckdb_query.py keeps the corpus).
"""

from __future__ import annotations

import json
import math
import resource
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime
from datetime import time as clock_time
from pathlib import Path
from typing import Any

import duckdb

from riskd.adapters.ledger_copy import open_copy
from riskd.adapters.locked_duckdb import lock, locked_configuration
from riskd.errors import LedgerError, QueryRefused

SQL_CHARACTERS_MAX = 100_000
ANSWER_BYTES_MAX = 32 * 1024 * 1024
_MEMORY_BYTES_MAX = 1536 * 1024 * 1024
_THREADS = 2
_CONFIGURATION = locked_configuration(memory="512MB", threads=_THREADS)


def main() -> None:
    """Answer the request on standard input."""
    request = json.loads(sys.stdin.buffer.read())
    _bound(request["seconds"])
    try:
        connection = open_for_people(
            Path(request["ledger"]), Path(request["views"]), Path(request["directory"])
        )
        # The kernel ends the process when the time is up, whether or not the engine would let itself be interrupted.
        signal.setitimer(signal.ITIMER_REAL, request["seconds"])
        answer = json.dumps(
            answer_of(connection, request["sql"], request["parameters"], request["row_limit"])
        )
    except (QueryRefused, duckdb.Error) as error:
        answer = json.dumps({"refused": _without_hint(str(error))})
    except MemoryError:
        answer = json.dumps({"refused": "the query needs more memory than it may use"})
    except LedgerError as error:
        answer = json.dumps({"failed": str(error)})
    sys.stdout.write(answer)


def open_for_people(ledger: Path, views: Path, directory: Path) -> duckdb.DuckDBPyConnection:
    """A connection to a private copy of the ledger that has the views and can reach nothing else.

    Raises:
        LedgerError: There is no ledger, it cannot be read, or the views do not fit it.
    """
    connection = open_copy(ledger, directory, _open)
    _make_views(connection, views)
    connection.execute("set temp_directory = ?", [str(directory / "spill")])
    connection.execute("set max_temp_directory_size = '1GB'")
    lock(connection)
    return connection


def answer_of(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, str], row_limit: int
) -> dict[str, Any]:
    """The answer to one query, as JSON values.

    Raises:
        QueryRefused: It is not exactly one SELECT, or its answer is too large.
        duckdb.Error: It is not valid, or it tried what it may not.
    """
    newest = connection.execute(
        "select snapshot_id, taken_at from snapshots order by 1 desc limit 1"
    ).fetchall()
    statement = one_select(sql)
    connection.execute("begin transaction read only")
    try:
        result = connection.execute(statement, dict(parameters) or None)
        columns = [[name, str(type_)] for name, type_, *_ in result.description or ()]
        rows, truncated = _rows(result, row_limit)
    finally:
        connection.execute("rollback")
    snapshot_id, taken_at = newest[0] if newest else (0, "")
    return {
        "columns": columns,
        "rows": rows,
        "truncated": truncated,
        "snapshot_id": snapshot_id,
        "taken_at": _cell(taken_at),
    }


def one_select(sql: str) -> duckdb.Statement:
    """The statement in ``sql``.

    Raises:
        QueryRefused: There is not exactly one, or it is not a SELECT.
        duckdb.Error: It cannot be parsed.
    """
    if len(sql) > SQL_CHARACTERS_MAX:
        raise QueryRefused(f"the query has {len(sql)} characters, at most {SQL_CHARACTERS_MAX} are allowed")
    statements = duckdb.extract_statements(sql)
    kinds = [statement.type.name for statement in statements]
    if kinds != ["SELECT"]:
        raise QueryRefused(f"expected exactly one SELECT, found {', '.join(kinds) or 'no statement'}")
    return statements[0]


def _bound(seconds: float) -> None:
    """The kernel enforces these whatever the engine does: DuckDB's own memory limit was passed by 16 times [measured]."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES_MAX, _MEMORY_BYTES_MAX))
    processor = math.ceil(seconds * _THREADS) + 5
    resource.setrlimit(resource.RLIMIT_CPU, (processor, processor))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _open(copy: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(copy), read_only=True, config=_CONFIGURATION)
    connection.execute("set TimeZone = 'UTC'")
    return connection


def _make_views(connection: duckdb.DuckDBPyConnection, directory: Path) -> None:
    for path in sorted(directory.glob("*.sql")):
        try:
            connection.execute(f'create temp view "{path.stem}" as {path.read_text(encoding="utf-8")}')
        except duckdb.Error as error:
            raise LedgerError(
                f"view {path.stem} does not fit this ledger, which another version wrote: {error}"
            ) from error


def _rows(result: duckdb.DuckDBPyConnection, limit: int) -> tuple[list[list[Any]], bool]:
    rows: list[list[Any]] = []
    size = 0
    while len(rows) <= limit and (some := result.fetchmany(min(1000, limit + 1 - len(rows)))):
        for row in some:
            cells = [_cell(value) for value in row]
            size += sum(len(cell) if isinstance(cell, str) else 8 for cell in cells)
            if size > ANSWER_BYTES_MAX:
                raise QueryRefused(
                    f"the answer is larger than {ANSWER_BYTES_MAX // 2**20} MiB; ask for less of it"
                )
            rows.append(cells)
    return rows[:limit], len(rows) > limit


def _cell(value: object) -> str | int | float | bool | None:
    """A value as JSON knows it."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, datetime):
        naive = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
        return naive.isoformat(sep=" ")
    if isinstance(value, date | clock_time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex()
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, default=str)
    return str(value)


def _without_hint(text: str) -> str:
    """What DuckDB says of a mistake, without how to lift its limits (ours stay) and without the inside of its program."""
    if "pytz" in text:
        return "a TIMESTAMP WITH TIME ZONE cannot be shown; cast it, for example now()::timestamp (all times are UTC)"
    for rest in ("\n\nPossible solutions", "\n\nStack Trace"):
        text = text.partition(rest)[0]
    return text.strip()


if __name__ == "__main__":
    main()
