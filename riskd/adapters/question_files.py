"""The audit questions that ship with riskd, and the way to ask one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from riskd.adapters.duckdb_query import ROWS_MAX, SECONDS_MAX, Result, run_query
from riskd.adapters.package_files import storage_directory
from riskd.errors import QueryRefused
from riskd.record.question import Question, parse_question


def read_questions(directory: Path) -> tuple[Question, ...]:
    """Every question in a directory, by name.

    Raises:
        LedgerError: A file lacks its manual.
    """
    return tuple(
        parse_question(path.stem, path.read_text(encoding="utf-8"))
        for path in sorted(directory.glob("*.sql"))
    )


def audits() -> tuple[Question, ...]:
    """The audit questions, by name."""
    return read_questions(storage_directory() / "audits")


def run_audit(
    ledger: Path,
    question: Question,
    parameters: Mapping[str, str],
    *,
    row_limit: int = ROWS_MAX,
    timeout_seconds: float = SECONDS_MAX,
) -> Result:
    """Ask a question of a ledger; parameters that are not given have their defaults.

    Raises:
        QueryRefused: The question has no such parameter, or the value does not fit.
        LedgerError: There is no ledger, or it cannot be read.
    """
    values = {parameter.name: parameter.default for parameter in question.parameters}
    unknown = sorted(parameters.keys() - values.keys())
    if unknown:
        known = ", ".join(values) or "none"
        raise QueryRefused(f"audit {question.name} has no parameter {', '.join(unknown)}; it has {known}")
    return run_query(
        ledger,
        question.sql,
        parameters={**values, **parameters},
        row_limit=row_limit,
        timeout_seconds=timeout_seconds,
    )
