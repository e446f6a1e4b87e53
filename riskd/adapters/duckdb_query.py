"""SQL for people, also while the daemon runs: a child process copies the ledger, locks itself in, and answers.

The child exists so that a query can be killed, cannot exhaust the machine, holds no secret (its environment is empty),
and so that no descriptor of the live file is ever opened, and closed again, by a process that holds DuckDB's lock.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import riskd
from riskd.adapters.package_files import storage_directory
from riskd.errors import LedgerError, QueryRefused

# Times come as ISO text in UTC, exact decimals as text, lists and structs as JSON text.
Cell: TypeAlias = str | int | float | bool | None

ROWS_MAX = 5_000
SECONDS_MAX = 30.0
_STARTING_SECONDS = 15.0  # interpreter, engine and copy, on a busy machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of an answer.

    Attributes:
        type: DuckDB's name of its type, such as ``DOUBLE``.
    """

    name: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An answer.

    Attributes:
        truncated: There were more rows than asked for.
        snapshot_id: Newest snapshot that the query could see; 0 when there is none.
        taken_at: When that was, ISO text in UTC; empty when there is none.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    truncated: bool
    snapshot_id: int
    taken_at: str


def run_query(
    ledger: Path,
    sql: str,
    *,
    parameters: Mapping[str, str] | None = None,
    row_limit: int = ROWS_MAX,
    timeout_seconds: float = SECONDS_MAX,
) -> Result:
    """Run one SELECT over the ledger and the views that ship with riskd.

    Args:
        ledger: The live ``hot.duckdb``.
        sql: Exactly one SELECT.
        parameters: Values of ``$name`` in it, as text.
        row_limit: Rows to return at most.
        timeout_seconds: Time for the query itself; then it is killed.

    Raises:
        QueryRefused: Not exactly one SELECT, not valid, too long or too large; says which.
        LedgerError: There is no ledger, or it cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="riskd-sql-") as private:
        request = {
            "ledger": str(ledger.resolve()),
            "views": str(storage_directory() / "views"),
            "directory": private,
            "sql": sql,
            "parameters": dict(parameters or {}),
            "row_limit": row_limit,
            "seconds": timeout_seconds,
        }
        answer = _ask(request, private, timeout_seconds)
    match answer:
        case {"refused": str(why)}:
            raise QueryRefused(why)
        case {"failed": str(why)}:
            raise LedgerError(why)
        case {"columns": list(columns), "rows": list(rows)}:
            return Result(
                columns=tuple(Column(name=str(name), type=str(type_)) for name, type_ in columns),
                rows=tuple(tuple(row) for row in rows),
                truncated=answer["truncated"] is True,
                snapshot_id=int(str(answer["snapshot_id"])),
                taken_at=str(answer["taken_at"]),
            )
        case _:
            raise LedgerError(f"the query process gave an answer of an unknown form: {str(answer)[:200]}")


def _ask(request: dict[str, object], private: str, timeout_seconds: float) -> dict[str, object]:
    command = [sys.executable, "-P", "-s", "-m", "riskd.adapters.duckdb_query_child"]
    environment = {
        "PYTHONPATH": str(Path(riskd.__file__).resolve().parent.parent),
        "HOME": private,
        "TZ": "UTC",
    }
    try:
        child = subprocess.run(  # noqa: S603  # our own module; the query is data on its standard input
            command,
            input=json.dumps(request).encode(),
            capture_output=True,
            env=environment,
            cwd=private,
            timeout=timeout_seconds + _STARTING_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise QueryRefused(f"the query did not finish within {timeout_seconds:g} s and was killed") from error
    if child.returncode == -signal.SIGALRM:
        raise QueryRefused(f"the query did not finish within {timeout_seconds:g} s and was killed")
    if child.returncode < 0:
        raise QueryRefused(f"the query was killed by signal {-child.returncode}: it used more than it may")
    try:
        answer = json.loads(child.stdout)
    except ValueError as error:
        said = child.stderr.decode("utf-8", "replace").strip().splitlines()
        last = said[-1] if said else os.strerror(child.returncode)
        raise LedgerError(f"the query process failed: {last}") from error
    if not isinstance(answer, dict):
        raise LedgerError("the query process gave no answer")
    return answer
