"""A ledger in a directory, and what people would see in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from riskd.adapters.duckdb_ledger import LEDGER_NAME, DuckdbLedger
from riskd.adapters.duckdb_migrate import read_migrations
from riskd.adapters.package_files import storage_directory
from tests.builders import NOW

MIGRATIONS = read_migrations(storage_directory() / "migrations")


def open_ledger(directory: Path) -> DuckdbLedger:
    """The ledger of a state directory."""
    return DuckdbLedger.open(directory / LEDGER_NAME, MIGRATIONS, now=NOW)


def rows(ledger: DuckdbLedger, sql: str) -> list[tuple[Any, ...]]:
    """The result of a query, asked of the writer itself, as only a test may."""
    return ledger._engine.rows(sql)


def everything(ledger: DuckdbLedger) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the migrations' own."""
    names = rows(ledger, "select table_name from duckdb_tables() order by 1")
    return {name: rows(ledger, f"from {name}") for (name,) in names if name != "schema_migrations"}
