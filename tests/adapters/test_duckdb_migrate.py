"""Migrations: each whole or not at all, in order, never changed afterwards, never of a newer version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from riskd.adapters.duckdb_migrate import Migration, migrate, read_migrations
from riskd.errors import LedgerError

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ONE = Migration(version=1, name="first", sql="create table one (x int); insert into one values (1);")
TWO = Migration(version=2, name="second", sql="alter table one add column y int;")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    return {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}


def test_a_new_database_gets_them_all_and_remembers_them(connection: duckdb.DuckDBPyConnection) -> None:
    assert migrate(connection, [ONE, TWO], NOON) == (ONE, TWO)

    recorded = connection.execute("select * from schema_migrations order by version").fetchall()
    noon = NOON.replace(tzinfo=None)
    assert recorded == [(1, "first", ONE.sha256, noon), (2, "second", TWO.sha256, noon)]


def test_an_older_database_gets_what_it_lacks(connection: duckdb.DuckDBPyConnection) -> None:
    migrate(connection, [ONE], NOON)

    assert migrate(connection, [ONE, TWO], NOON) == (TWO,)
    assert migrate(connection, [ONE, TWO], NOON) == ()
    assert connection.execute("select x, y from one").fetchall() == [(1, None)]


def test_a_migration_that_fails_half_way_leaves_nothing_behind(connection: duckdb.DuckDBPyConnection) -> None:
    bad = Migration(version=2, name="bad", sql="create table two (x int); insert into nowhere values (1);")

    with pytest.raises(LedgerError, match=r"migration 0002_bad: .*nowhere"):
        migrate(connection, [ONE, bad], NOON)

    assert tables(connection) == {"schema_migrations", "one"}
    good = Migration(version=2, name="bad", sql="create table two (x int);")
    assert migrate(connection, [ONE, good], NOON) == (good,)


def test_a_database_of_a_newer_version_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    migrate(connection, [ONE, TWO], NOON)

    with pytest.raises(
        LedgerError, match="has 2 migrations, this riskd knows 1: it was written by a newer version"
    ):
        migrate(connection, [ONE], NOON)


def test_an_applied_migration_must_not_change(connection: duckdb.DuckDBPyConnection) -> None:
    migrate(connection, [ONE], NOON)
    changed = Migration(version=1, name="first", sql=ONE.sql + " -- a harmless comment")

    with pytest.raises(LedgerError, match="migration 0001_first was changed after it was applied"):
        migrate(connection, [changed, TWO], NOON)
    assert connection.execute(
        "select column_name from duckdb_columns() where table_name = 'one'"
    ).fetchall() == [("x",)]


def test_a_gap_in_what_was_applied_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    migrate(connection, [ONE, TWO], NOON)
    connection.execute("delete from schema_migrations where version = 1")

    with pytest.raises(LedgerError, match="have a gap: expected number 1, found 2"):
        migrate(connection, [ONE, TWO], NOON)


def write(directory: Path, *names: str) -> None:
    for name in names:
        (directory / name).write_text("select 1;", encoding="utf-8")


def test_files_are_read_in_order(tmp_path: Path) -> None:
    write(tmp_path, "0002_then.sql", "0001_first.sql")

    assert [(step.version, step.name) for step in read_migrations(tmp_path)] == [(1, "first"), (2, "then")]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["0001_a.sql", "0003_c.sql"], "expected number 0002, found 0003"),
        (["0001_a.sql", "0001_b.sql"], "expected number 0002, found 0001"),
        (["0002_b.sql"], "expected number 0001, found 0002"),
        (["1_a.sql"], "expected a name such as 0003_what_it_does.sql"),
    ],
)
def test_a_directory_with_a_gap_a_double_or_an_odd_name_is_refused(
    names: list[str], said: str, tmp_path: Path
) -> None:
    write(tmp_path, *names)

    with pytest.raises(LedgerError, match=said):
        read_migrations(tmp_path)
