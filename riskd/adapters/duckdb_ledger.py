"""The hot ledger: one DuckDB file that only the daemon opens.

Rules that keep it sound (measured; docs/ledger.md gives the numbers):

- One transaction a cycle, all tables. A cycle is there whole or not at all.
- No key, no index, no upsert, no row-by-row insert. Writing a cycle again changes nothing.
- The write-ahead log is folded in by ``checkpoint`` in idle moments, never inside a commit.
- Nothing else in this process may open the file, not even to read or copy it: closing any descriptor of it would
  silently drop DuckDB's lock (POSIX record locks belong to the process, not to the descriptor).
- After a failure the engine may refuse everything; ``reopen`` starts it anew. A file that cannot be read any more is
  set aside by ``quarantine`` and rebuilt from the journal as far as the journal goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Self

import duckdb

from riskd.adapters.duckdb_engine import DuckdbEngine
from riskd.adapters.duckdb_migrate import Migration, migrate
from riskd.adapters.duckdb_write import insert, insert_new
from riskd.errors import JournalError, LedgerDamaged, LedgerError
from riskd.model.journal import JournalEntry
from riskd.ports import Journal
from riskd.record.chain import GENESIS, Link
from riskd.record.projection import journal_blocks
from riskd.record.rows import CycleRows, summary_block

LEDGER_NAME = "hot.duckdb"

_ENTRIES_PER_TRANSACTION = 10_000
# Rows that can be dropped after a while; what is left (snapshots, accounts, journal tables) explains every decision.
_DETAILS = ("positions", "resting_orders", "spot_balances", "marks", "surfaces", "verdicts")
CYCLE_TABLES = ("account_snapshots", *_DETAILS)
"""Every table whose rows belong to one cycle and are covered by its digest."""
_TIME_OF_INCOME = {"funding_income": "settled_at", "transfers": "transferred_at"}
# The quality of an account is that of its worst surface: where it is not OK, its balances may be all the same.
_EQUITY_SAMPLES = """
    with believed as (
        select account, taken_at, equity_usd, wallet_balance_usd, equity_basis
        from account_snapshots
        where taken_at >= ? and quality = 'OK' and equity_usd is not null
        union all
        select a.account, a.taken_at, a.equity_usd, a.wallet_balance_usd, a.equity_basis
        from account_snapshots a
        join surfaces s on s.snapshot_id = a.snapshot_id and s.account = a.account
        where a.taken_at >= ? and a.quality <> 'OK' and a.equity_usd is not null
            and s.surface = 'balances' and s.quality = 'OK'
    ), samples as (
        select account, taken_at, equity_usd, {
            'at': epoch(taken_at),
            'equity': equity_usd,
            'cash': coalesce(wallet_balance_usd, 'nan'::double),
            'basis': coalesce(equity_basis, '')
        } as sample
        from believed
    )
    select account, arg_min(sample, taken_at), arg_max(sample, equity_usd)
    from samples
    group by account, floor(epoch(taken_at) / ?)
    order by account, min(taken_at)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """A damaged ledger that was set aside.

    Attributes:
        reason: What the engine said.
        files: Where its files are now.
    """

    reason: str
    files: tuple[Path, ...]

    def __str__(self) -> str:
        names = ", ".join(file.name for file in self.files)
        return f"the ledger was set aside as {names} and a new one begun: {self.reason}"


class DuckdbLedger:
    """The ledger of one state directory. Not thread-safe: one writer."""

    def __init__(self, path: Path, migrations: Sequence[Migration]) -> None:
        """Use :meth:`open`."""
        self._engine = DuckdbEngine(path)
        self._migrations = tuple(migrations)
        self._last_snapshot_id = 0
        self._projected = GENESIS
        self._set_aside = ""

    @classmethod
    def open(cls, path: Path, migrations: Sequence[Migration], *, now: datetime) -> Self:
        """Open or create the file and bring it to the present shape.

        Args:
            path: The database file.
            migrations: All that this version knows, in order.
            now: Recorded with the migrations that are applied.

        Raises:
            LedgerDamaged: The file cannot be read any more; see :meth:`open_or_quarantine`.
            LedgerError: Another process holds it, the disk is full, or its shape is not ours.
        """
        ledger = cls(path, migrations)
        ledger.reopen(now=now)
        return ledger

    @classmethod
    def open_or_quarantine(
        cls, path: Path, migrations: Sequence[Migration], *, now: datetime
    ) -> tuple[Self, Quarantine | None]:
        """As :meth:`open`, but a file that cannot be read any more is set aside and a new one begun.

        Raises:
            LedgerError: The file is sound but cannot be opened, or a new one cannot be made.
        """
        try:
            return cls.open(path, migrations, now=now), None
        except LedgerDamaged as damage:
            ledger = cls(path, migrations)
            quarantine = ledger.quarantine(str(damage), now=now)
            ledger._set_aside = str(quarantine)
            return ledger, quarantine

    @property
    def set_aside(self) -> str:
        """What was wrong with the file that stood here and where it is now; empty when nothing was."""
        return self._set_aside

    @property
    def path(self) -> Path:
        """The database file."""
        return self._engine.path

    @property
    def last_snapshot_id(self) -> int:
        """Highest snapshot recorded; 0 when there is none."""
        return self._last_snapshot_id

    @property
    def projected(self) -> tuple[int, str]:
        """Sequence and hash of the last journal entry that is here; ``(0, "0" * 64)`` when there is none."""
        return self._projected.sequence, self._projected.hash

    @property
    def pending_bytes(self) -> int:
        """Size of the write-ahead log: what the next ``checkpoint`` has to fold in."""
        return self._engine.log_bytes

    def commit(self, rows: CycleRows, entries: Iterable[JournalEntry] = ()) -> None:
        """Write a cycle and the journal entries up to now, in one transaction, durable on return.

        A snapshot or an entry that is already there is left as it is.

        Args:
            rows: The cycle.
            entries: Journal entries since the last that is here, without a gap.

        Raises:
            LedgerError: Nothing was written, or it is not known whether it was; commit it again after ``reopen``.
        """
        fresh = self._fresh(entries)
        journal = journal_blocks(fresh)
        with self._engine.transaction(f"cycle {rows.snapshot_id}") as connection:
            if not self._has(connection, rows.snapshot_id):
                for block in (*rows.blocks, *rows.once, summary_block(rows)):
                    insert(connection, block)
                for block in rows.incomes:
                    insert_new(
                        connection, block, key=("account", "income_id"), time=_TIME_OF_INCOME[block.table]
                    )
            for block in journal:
                insert(connection, block)
        self._last_snapshot_id = max(self._last_snapshot_id, rows.snapshot_id)
        self._advance(fresh)

    def project(self, entries: Iterable[JournalEntry]) -> int:
        """Write journal entries that are not here yet, and say how many there were.

        Raises:
            LedgerError: They could not be written, or one is missing between what is here and the first given.
            JournalError: A body is not what its kind promises.
        """
        remaining, written = iter(entries), 0
        while some := tuple(islice(remaining, _ENTRIES_PER_TRANSACTION)):
            fresh = self._fresh(some)
            if fresh:
                blocks = journal_blocks(fresh)
                with self._engine.transaction(f"journal entries from {fresh[0].sequence}") as connection:
                    for block in blocks:
                        insert(connection, block)
                self._advance(fresh)
                written += len(fresh)
        return written

    def catch_up(self, journal: Journal) -> int:
        """At start: prove that the journal still holds what was recorded here, then record the rest of it.

        Returns:
            How many entries were recorded.

        Raises:
            JournalError: The journal lacks an entry that this ledger has seen: it was cut short or replaced.
            LedgerError: As :meth:`project`.
        """
        sequence, digest = self.projected
        entries = journal.entries(after=max(0, sequence - 1))
        if sequence > 0:
            seen = next(entries, None)
            if seen is None or seen.hash != digest:
                raise JournalError(
                    f"the ledger has recorded journal entry {sequence} with hash {digest}, the journal "
                    f"{'ends before it' if seen is None else f'has hash {seen.hash} there'}: it was cut short or "
                    f"replaced. Restore it from a copy; to begin anew on purpose, move {self.path} away too"
                )
        return self.project(entries)

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the file. Takes as long as the log is large: call it when nothing waits.

        Raises:
            LedgerError: It failed, for instance on a full disk; nothing is lost, but ``reopen`` is needed.
        """
        self._engine.checkpoint()

    def forget_details(self, *, before: datetime) -> None:
        """Drop position, order, mark, surface and verdict rows of cycles before a moment; the space is reused.

        Raises:
            LedgerError: Nothing was dropped.
        """
        with self._engine.transaction("forgetting old details") as connection:
            for table in _DETAILS:
                connection.execute(f"delete from {table} where taken_at < ?", [_naive(before)])  # noqa: S608  # our own names

    def equity_samples(
        self, *, since: datetime, bucket_seconds: int = 60
    ) -> dict[str, list[tuple[float, float, float, str]]]:
        """Recorded equity of each account since a moment, thinned to the first and the highest of each bucket.

        Only what was believed then: equity of balances that were not OK never counted.

        Returns:
            For each account ``(seconds since the epoch, equity, wallet balance or NaN, basis or empty)``, oldest first.

        Raises:
            LedgerError: The ledger cannot be read.
        """
        samples: dict[str, list[tuple[float, float, float, str]]] = {}
        parameters = [_naive(since), _naive(since), bucket_seconds]
        for account, first, highest in self._engine.rows(_EQUITY_SAMPLES, parameters):
            of_account = samples.setdefault(account, [])
            of_account.append(tuple(first.values()))
            if highest["at"] != first["at"]:
                of_account.append(tuple(highest.values()))
        return samples

    def transfers(self, *, since: datetime) -> list[tuple[str, str, float, float, str]]:
        """Recorded deposits (+) and withdrawals (-): account, id, seconds since the epoch, amount, its asset; oldest first.

        Raises:
            LedgerError: The ledger cannot be read.
        """
        sql = """
            select account, income_id, epoch(transferred_at), amount_usd, asset from transfers
            where transferred_at >= ? order by transferred_at, account, income_id
        """
        return [(row[0], row[1], row[2], row[3], row[4]) for row in self._engine.rows(sql, [_naive(since)])]

    def reopen(self, *, now: datetime) -> None:
        """Close the engine if it is open and start it anew. What was committed is still there.

        Args:
            now: Recorded with migrations, should any be applied.

        Raises:
            LedgerDamaged: The file cannot be read any more.
            LedgerError: Another process holds it, the disk is full, or its shape is not ours.
        """
        self._engine.reopen(lambda connection: self._prepare(connection, now))

    def quarantine(self, reason: str, *, now: datetime) -> Quarantine:
        """Set the file and its write-ahead log aside and begin a new ledger. The journal's part can be rebuilt.

        Args:
            reason: What the engine said, for people.
            now: Becomes part of the names of the old files.

        Raises:
            LedgerError: A new file cannot be made.
        """
        files = self._engine.set_aside(now)
        self.reopen(now=now)
        return Quarantine(reason=reason, files=files)

    def close(self) -> None:
        """Close the engine; it folds its log in if it can."""
        self._engine.close()

    def _prepare(self, connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
        """Bring the file to the present shape and learn how far it goes."""
        if migrate(connection, self._migrations, now):
            connection.execute("checkpoint")
        self._last_snapshot_id = _last_snapshot_id(connection)
        self._projected = _last_link(connection)

    def _has(self, connection: duckdb.DuckDBPyConnection, snapshot_id: int) -> bool:
        """Ids only rise, so the table is searched only for one that is not new."""
        if snapshot_id > self._last_snapshot_id:
            return False
        found = connection.execute("select 1 from snapshots where snapshot_id = ? limit 1", [snapshot_id])
        return bool(found.fetchall())

    def _fresh(self, entries: Iterable[JournalEntry]) -> tuple[JournalEntry, ...]:
        fresh = tuple(entry for entry in entries if entry.sequence > self._projected.sequence)
        for expected, entry in enumerate(fresh, start=self._projected.sequence + 1):
            if entry.sequence != expected:
                raise LedgerError(
                    f"{self.path}: journal entry {expected} is missing before entry {entry.sequence}; give all "
                    f"entries after {self._projected.sequence}"
                )
        return fresh

    def _advance(self, written: Sequence[JournalEntry]) -> None:
        if written:
            self._projected = Link(written[-1].sequence, written[-1].hash)


def _last_snapshot_id(connection: duckdb.DuckDBPyConnection) -> int:
    ((found,),) = connection.execute("select coalesce(max(snapshot_id), 0) from snapshots").fetchall()
    return int(found)


def _last_link(connection: duckdb.DuckDBPyConnection) -> Link:
    sql = "select max(journal_sequence), arg_max(hash, journal_sequence) from journal_projection"
    ((sequence, digest),) = connection.execute(sql).fetchall()
    return GENESIS if sequence is None else Link(sequence, digest)


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)
