"""What outlives a daemon: its journal and its ledger, in memory for most seeds, in real files for some."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

import duckdb

from riskd.adapters.file_ops import SystemFileOps
from riskd.adapters.journal_file import JournalFile
from riskd.daemon.places import Places
from riskd.daemon.recording import LedgerStore
from riskd.daemon.wire import open_duckdb
from riskd.errors import StateLocked
from riskd.ports import Journal
from tests.fakes.journal import Crash, MemoryJournal
from tests.simulation.ledger import EquityRow, LightLedger, Shelf
from tests.simulation.life import Life
from tests.simulation.weather import Weather

OpenStore = Callable[[Places, datetime], LedgerStore]
Opened = tuple[Journal, OpenStore]

# One in so many seeds keeps its journal in a file, and of these one in so many its ledger in DuckDB.
_FILE_EVERY, _DUCKDB_EVERY = 8, 32
_RESERVE_BYTES = 64 * 1024


class Storage(Protocol):
    """Keeps the record from one life to the next."""

    def opened(self, life: Life) -> AbstractContextManager[Opened]:
        """Journal and ledger for one life; released when it ends."""
        ...

    def contents(self) -> Iterator[bytes]:
        """Everything that is kept, for the digest."""
        ...

    def equity(self) -> Sequence[EquityRow]:
        """What the ledger says of every account's equity, cycle by cycle."""
        ...

    def policies(self) -> Mapping[int, str]:
        """By snapshot, the hash of the policies that judged it, as the ledger says."""
        ...

    def second_daemon_is_refused(self) -> bool:
        """While a life has it open: whether another process that wants the same state directory is sent away."""
        ...


class MemoryStorage:
    """Lists."""

    def __init__(self, weather: Weather) -> None:
        self._weather = weather
        self._lines: list[bytes] = []
        self._shelf = Shelf()

    @contextmanager
    def opened(self, life: Life) -> Iterator[Opened]:
        yield MemoryJournal(self._lines), lambda _places, _now: LightLedger(self._shelf, life, self._weather)

    def contents(self) -> Iterator[bytes]:
        yield from self._lines
        yield repr((self._shelf.digests, sorted(self._shelf.words))).encode()

    def equity(self) -> Sequence[EquityRow]:
        return self._shelf.equity

    def policies(self) -> Mapping[int, str]:
        return self._shelf.policies

    def second_daemon_is_refused(self) -> bool:
        return True  # lists have no second reader


class FileStorage:
    """A journal file on a disk that tears lines when the process dies, and a light ledger."""

    def __init__(self, folder: Path, weather: Weather) -> None:
        self._path = folder / "journal.jsonl"
        self._weather = weather
        self._shelf = Shelf()

    @contextmanager
    def opened(self, life: Life) -> Iterator[Opened]:
        journal = JournalFile.open(
            self._path,
            holder="simulation",
            reserve_bytes=_RESERVE_BYTES,
            ops=_TearingDisk(life, self._weather),
        )
        opened: list[LedgerStore] = []

        def open_store(places: Places, now: datetime) -> LedgerStore:
            store = self._open_store(life)(places, now)
            opened.append(store)
            return store

        try:
            yield journal, open_store
        finally:
            for store in opened:  # a life that ends while it is being built has nobody who closes it
                store.close()
            journal.close()

    def contents(self) -> Iterator[bytes]:
        yield self._path.read_bytes()
        yield repr((self._shelf.digests, sorted(self._shelf.words))).encode()

    def equity(self) -> Sequence[EquityRow]:
        return self._shelf.equity

    def policies(self) -> Mapping[int, str]:
        return self._shelf.policies

    def second_daemon_is_refused(self) -> bool:
        try:
            second = JournalFile.open(self._path, holder="a second daemon", reserve_bytes=0)
        except StateLocked:
            return True
        second.close()
        return False

    def _open_store(self, life: Life) -> OpenStore:
        return lambda _places, _now: LightLedger(self._shelf, life, self._weather)


class DuckdbStorage(FileStorage):
    """A journal file and the real ledger."""

    def __init__(self, folder: Path, weather: Weather) -> None:
        super().__init__(folder, weather)
        self._ledger = folder / "hot.duckdb"

    def contents(self) -> Iterator[bytes]:
        yield self._path.read_bytes()
        with duckdb.connect(str(self._ledger), read_only=True) as connection:
            for (table,) in connection.execute(
                "select table_name from duckdb_tables() where table_name <> 'migrations' order by 1"
            ).fetchall():
                rows = connection.execute(f"select * from {table} order by all").fetchall()
                yield f"{table} {rows!r}".encode()

    def equity(self) -> Sequence[EquityRow]:
        with duckdb.connect(str(self._ledger), read_only=True) as connection:
            rows = connection.execute(
                "select snapshot_id, account, coalesce(equity_usd, 'nan'::double) from account_snapshots order by all"
            )
            return rows.fetchall()

    def policies(self) -> Mapping[int, str]:
        with duckdb.connect(str(self._ledger), read_only=True) as connection:
            return dict(connection.execute("select snapshot_id, policy_hash from snapshots").fetchall())

    def _open_store(self, life: Life) -> OpenStore:
        return open_duckdb


class _TearingDisk(SystemFileOps):
    """A disk that syncs in no time. A process that dies while it writes leaves half a line."""

    def __init__(self, life: Life, weather: Weather) -> None:
        self._life = life
        self._weather = weather

    def write(self, descriptor: int, data: bytes, offset: int) -> int:
        if self._weather.tears_a_line():
            super().write(descriptor, data[: len(data) // 2], offset)
            self._life.end()
            raise Crash
        return super().write(descriptor, data, offset)

    def sync(self, descriptor: int) -> None:
        """Nothing to wait for."""

    def sync_directory(self, path: Path) -> None:
        """Nothing to wait for."""


def storage_of(seed: int, folder: Path, weather: Weather) -> Storage:
    """The storage of a seed.

    Args:
        folder: The state directory.
    """
    if seed % _DUCKDB_EVERY == 0:
        return DuckdbStorage(folder, weather)
    if seed % _FILE_EVERY == 0:
        return FileStorage(folder, weather)
    return MemoryStorage(weather)
