"""One DuckDB file, opened for writing, with what must happen when it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from riskd.errors import LedgerDamaged, LedgerError

# Single-threaded: two threads would add floats in another order each time, and a cycle is too small to gain by them.
_CONFIGURATION: dict[str, str | bool | int | float | list[str]] = {
    "storage_compatibility_version": "v1.5.0",
    "wal_autocheckpoint": "1GB",
    "memory_limit": "512MB",
    "threads": "1",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
}
# Words of DuckDB 1.5 in errors that say nothing against the file itself: it is held by another process, may not be
# opened, does not fit on the disk, was written by a newer engine, or is still held by a failed one. Setting the file aside would be wrong.
_FILE_IS_SOUND = (
    "Could not set lock",
    "Permission denied",
    "No space left",
    "Disk quota exceeded",
    "File too large",
    "Too many open files",
    "Cannot open file",
    "newer version of DuckDB",
    "newer DuckDB version",
    "has been invalidated",
)


class DuckdbEngine:
    """A connection that is closed as soon as the engine cannot be trusted any more.

    Args:
        path: The database file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: duckdb.DuckDBPyConnection | None = None

    @property
    def log_bytes(self) -> int:
        """Size of the write-ahead log."""
        log = _log_of(self.path)
        return log.stat().st_size if log.exists() else 0

    def reopen(self, prepare: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
        """Close the engine if it is open and start it anew. What was committed is still there.

        Args:
            prepare: Called with the new connection before anything else uses it.

        Raises:
            LedgerDamaged: The file cannot be read any more.
            LedgerError: Another process holds it, the disk is full, or ``prepare`` refuses it.
        """
        self.close()
        connection = None
        try:
            connection = duckdb.connect(str(self.path), config=_CONFIGURATION)
            connection.execute("set enable_external_access = false")
            connection.execute("set lock_configuration = true")
            prepare(connection)
        except duckdb.Error as error:
            _close(connection)
            raise _open_fault(error, self.path) from error
        except BaseException:
            _close(connection)
            raise
        self._connection = connection

    @contextmanager
    def transaction(self, doing: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """All that is executed inside is durable afterwards, or none of it happened.

        Raises:
            LedgerError: It failed. When even the commit's outcome is unknown the engine is closed; ``reopen`` shows
                what there is.
        """
        connection = self._required()
        try:
            connection.execute("begin transaction")
            yield connection
            connection.execute("commit")
        except duckdb.Error as error:
            self._roll_back(connection)
            raise LedgerError(f"{self.path}: {doing}: {error}") from error
        except BaseException:
            self._roll_back(connection)
            raise

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The result of a query.

        Raises:
            LedgerError: It failed.
        """
        try:
            return self._required().execute(sql, list(parameters)).fetchall()
        except duckdb.Error as error:
            raise LedgerError(f"{self.path}: reading: {error}") from error

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the file.

        Raises:
            LedgerError: It failed. Nothing is lost, but the engine is closed: it refuses everything after this.
        """
        connection = self._required()
        try:
            connection.execute("checkpoint")
        except duckdb.Error as error:
            self.close()
            raise LedgerError(f"{self.path}: checkpoint: {error}") from error

    def set_aside(self, now: datetime) -> tuple[Path, ...]:
        """Close, and rename the file and its log; nothing is opened, copied or lost. Returns the new names."""
        self.close()
        mark = f"damaged-{now.astimezone(UTC):%Y%m%dT%H%M%S%fZ}"
        files = (self.path, _log_of(self.path))
        return tuple(file.rename(file.with_name(f"{file.name}.{mark}")) for file in files if file.exists())

    def close(self) -> None:
        """Close the engine; it folds its log in if it can."""
        _close(self._connection)
        self._connection = None

    def _required(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            raise LedgerError(f"{self.path} is closed after an earlier failure; reopen it first")
        return self._connection

    def _roll_back(self, connection: duckdb.DuckDBPyConnection) -> None:
        """An engine that cannot roll back is finished: it would refuse, or wrongly join, every later transaction."""
        try:
            connection.execute("rollback")
        except duckdb.Error:
            self.close()


def _open_fault(error: duckdb.Error, path: Path) -> LedgerError:
    text = str(error)
    if any(words in text for words in _FILE_IS_SOUND):
        return LedgerError(f"{path} cannot be opened: {text}")
    return LedgerDamaged(f"{path} cannot be read any more: {text}")


def _close(connection: duckdb.DuckDBPyConnection | None) -> None:
    """Closing may try to fold the log in and fail for want of space; what is committed stays in the log."""
    if connection is not None:
        with suppress(duckdb.Error):
            connection.close()


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + ".wal")
