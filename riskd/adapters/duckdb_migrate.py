"""Brings a ledger file to the shape that this version of the code writes.

Migrations are files ``NNNN_what.sql``, applied in order, each in one transaction together with the record that it was
applied. An applied migration is never changed: its text is remembered by hash.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from riskd.errors import LedgerError

_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_TABLE = """
create table if not exists schema_migrations (
    version bigint not null, name varchar not null, sha256 varchar not null, applied_at timestamp not null
);
comment on table schema_migrations is 'The migrations that made this ledger what it is.';
comment on column schema_migrations.version is 'Counted from 1 without gaps.';
comment on column schema_migrations.name is 'What it does.';
comment on column schema_migrations.sha256 is 'Of its file.';
comment on column schema_migrations.applied_at is 'UTC.';
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step.

    Attributes:
        version: Counted from 1 without gaps.
        name: What it does.
        sql: Its statements.
    """

    version: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Hash of its text."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read_migrations(directory: Path) -> tuple[Migration, ...]:
    """Every migration in a directory, in order.

    Raises:
        LedgerError: A file is not named ``NNNN_what.sql``, or a number is missing or taken twice.
    """
    migrations = []
    for path in sorted(directory.glob("*.sql")):
        match = _NAME.fullmatch(path.name)
        if match is None:
            raise LedgerError(f"migration {path}: expected a name such as 0003_what_it_does.sql")
        migrations.append(
            Migration(version=int(match[1]), name=match[2], sql=path.read_text(encoding="utf-8"))
        )
    for expected, migration in enumerate(migrations, start=1):
        if migration.version != expected:
            raise LedgerError(
                f"migrations in {directory}: expected number {expected:04d}, found {migration.version:04d}"
            )
    return tuple(migrations)


def migrate(
    connection: duckdb.DuckDBPyConnection, migrations: Sequence[Migration], at: datetime
) -> tuple[Migration, ...]:
    """Apply what is missing, and return it.

    Raises:
        LedgerError: The database is newer than this code, was made by other migrations, or a statement failed. What
            was applied before the failing migration stays.
    """
    _execute_whole(connection, _TABLE)
    applied = connection.execute(
        "select version, name, sha256 from schema_migrations order by version"
    ).fetchall()
    _refuse_strangers(applied, migrations)
    missing = tuple(migrations[len(applied) :])
    for migration in missing:
        record = [
            migration.version,
            migration.name,
            migration.sha256,
            at.astimezone(UTC).replace(tzinfo=None),
        ]
        try:
            _execute_whole(connection, migration.sql, record)
        except duckdb.Error as error:
            raise LedgerError(f"migration {migration.version:04d}_{migration.name}: {error}") from error
    return missing


def _refuse_strangers(applied: list[tuple[int, str, str]], migrations: Sequence[Migration]) -> None:
    if len(applied) > len(migrations):
        raise LedgerError(
            f"the ledger has {len(applied)} migrations, this riskd knows {len(migrations)}: it was written by a newer "
            f"version; run that version, or start with another state directory"
        )
    for position, ((version, name, sha256), migration) in enumerate(
        zip(applied, migrations, strict=False), 1
    ):
        if version != position:
            raise LedgerError(
                f"the ledger's migrations have a gap: expected number {position}, found {version}"
            )
        if sha256 != migration.sha256:
            raise LedgerError(
                f"migration {version:04d}_{name} was changed after it was applied: the ledger has sha256 {sha256}, "
                f"the file has {migration.sha256}; restore the file and write a new migration instead"
            )


def _execute_whole(
    connection: duckdb.DuckDBPyConnection, sql: str, record: list[object] | None = None
) -> None:
    """All statements and the record, or nothing."""
    connection.execute("begin transaction")
    try:
        connection.execute(sql)
        if record is not None:
            connection.execute("insert into schema_migrations values (?, ?, ?, ?)", record)
        connection.execute("commit")
    except duckdb.Error:
        with suppress(
            duckdb.Error
        ):  # an engine that cannot even roll back is given up by whoever catches the first
            connection.execute("rollback")
        raise
