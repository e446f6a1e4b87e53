"""How commands ask the ledger and print what it answers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from riskd.adapters.safe_text import visible
from riskd.cli.exit_codes import Exit
from riskd.cli.options import json_option
from riskd.cli.problem_text import counted
from riskd.cli.state_options import chosen_places
from riskd.cli.table import Form, write_rows
from riskd.errors import LedgerError, QueryRefused

if TYPE_CHECKING:
    from riskd.adapters.duckdb_query import Cell, Column, Result

P = ParamSpec("P")
T = TypeVar("T")

_LIMIT = 5_000
_LIMIT_MAX = 1_000_000


def answer_options(command: Callable[P, T]) -> Callable[P, T]:
    """Add ``--limit``, ``--csv`` and ``--json``."""
    limit = click.option(
        "--limit",
        type=click.IntRange(1, _LIMIT_MAX),
        default=_LIMIT,
        show_default=True,
        help="Rows to print at most.",
    )
    as_csv = click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
    return limit(as_csv(json_option(command)))


def chosen_form(*, as_csv: bool, as_json: bool) -> Form:
    """The form that the options name.

    Raises:
        click.UsageError: They name two.
    """
    if as_csv and as_json:
        raise click.UsageError("expected --csv or --json, found both")
    return Form.JSON if as_json else Form.CSV if as_csv else Form.TABLE


def existing_ledger(config: Path, state: Path | None) -> Path:
    """The ledger of the installation that the options name.

    Raises:
        SettingsError: The configuration is needed and not valid.
        LedgerError: There is no ledger yet.
    """
    ledger = chosen_places(config, state).ledger
    if not ledger.exists():
        raise LedgerError(f"{ledger}: no ledger there yet; `riskd run` makes it, --state names its directory")
    return ledger


def answered(ask: Callable[[], None]) -> Exit:
    """Ask and print; a refusal is printed with its reason."""
    try:
        ask()
    except QueryRefused as refused:
        # The engine quotes values of the ledger in its errors, and with them text of a venue.
        lines = (visible(line) for line in str(refused).splitlines())
        click.echo("refused: " + "\n".join(lines), err=True)
        return Exit.WRONG_USE
    return Exit.FINE


def print_result(result: Result, form: Form) -> None:
    """Rows to standard output; what must be known about them to standard error."""
    rows = [
        tuple(_typed(value, column) for value, column in zip(row, result.columns, strict=True))
        for row in result.rows
    ]
    write_rows([column.name for column in result.columns], rows, form, sys.stdout)
    if result.truncated:
        click.echo(f"only the first {counted(len(rows), 'row')}; --limit shows more", err=True)
    if form is Form.TABLE:
        click.echo(_seen(result), err=True)


def _seen(result: Result) -> str:
    """How much there was, and how new."""
    rows = counted(len(result.rows), "row")
    if not result.taken_at:
        return f"{rows}; no snapshot is recorded yet"
    return f"{rows}; newest snapshot {result.snapshot_id}, {result.taken_at}Z"


def _typed(value: Cell, column: Column) -> object:
    """Exact decimals are numbers again, and a time says that it is UTC."""
    if not isinstance(value, str):
        return value
    if column.type.startswith("DECIMAL"):
        return Decimal(value)
    return f"{value}Z" if column.type.startswith("TIMESTAMP") else value
