"""`riskd sql`: questions to the ledger, also while the daemon runs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from riskd.cli.answers import answer_options, answered, chosen_form, existing_ledger, print_result
from riskd.cli.state_options import state_options
from riskd.cli.table import Form, write_rows

_STDIN = "-"


@click.command()
@click.argument("query", required=False)
@state_options
@click.option("--tables", is_flag=True, help="List the tables and views, with what their columns mean.")
@answer_options
def sql(
    query: str | None,
    config: Path,
    state: Path | None,
    tables: bool,  # noqa: FBT001 - click's flags are booleans
    limit: int,
    as_csv: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> int:
    """Run one SELECT over the ledger, also while the daemon runs. Nothing can be changed; Ctrl-C cancels.

    QUERY is the statement, or `-` to read it from standard input. All times are UTC; NULL means unknown, never 0.

    Exit codes: 0 answered, 2 the statement was refused, and why, 3 there is no ledger or it cannot be read.
    """
    if (query is None) != tables:
        raise click.UsageError("expected either a QUERY (`-` reads standard input) or --tables")
    form = chosen_form(as_csv=as_csv, as_json=as_json)
    ledger = existing_ledger(config, state)

    def ask() -> None:
        from riskd.adapters.duckdb_query import run_query

        if query is None:
            _print_tables(ledger, form)
        else:
            statement = sys.stdin.read() if query == _STDIN else query
            print_result(run_query(ledger, statement, row_limit=limit), form)

    return answered(ask)


def _print_tables(ledger: Path, form: Form) -> None:
    from riskd.cli.ledger_tables import described, write_described

    relations = described(ledger)
    if form is Form.TABLE:
        write_described(relations, sys.stdout)
        return
    rows = [
        (relation.name, relation.kind, column.name, column.type, column.meaning)
        for relation in relations
        for column in relation.columns
    ]
    write_rows(("relation", "kind", "column", "type", "meaning"), rows, form, sys.stdout)
