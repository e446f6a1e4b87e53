"""Recorded snapshots, read back out of a ledger in the order in which they were judged.

Works on a private copy, so it can run beside the daemon, in another process. Rows are read a few hundred cycles at a
time: memory does not grow with the history.
"""

from __future__ import annotations

import json
import tempfile
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from riskd.adapters.ledger_copy import open_copy
from riskd.errors import LedgerError
from riskd.model.desk import Desk
from riskd.model.journal import JournalEntry
from riskd.model.snapshot import Snapshot
from riskd.record.desk_text import desk_of
from riskd.record.rebuild import Columns, RecordedTables, RecordedTerms, snapshot_of
from riskd.record.term_rows import terms_of

_TABLES = ("account_snapshots", "positions", "resting_orders", "spot_balances", "marks", "surfaces")
_CYCLES_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Income:
    """A funding settlement or a transfer of an account.

    Attributes:
        symbol: Empty for a transfer.
        at: Seconds since the epoch, by the venue.
        amount: USD; + received or deposited.
    """

    account: str
    id: str
    symbol: str
    at: float
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCycle:
    """One cycle as it was recorded.

    Attributes:
        policy_hash: Of the policies that judged it then.
    """

    snapshot: Snapshot
    policy_hash: str


class RecordedSnapshots:
    """The snapshots of one ledger. Made by :func:`open_snapshots`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._desks = _desks(connection)
        self._terms = _terms(connection)

    @property
    def first_at(self) -> datetime | None:
        """The first cycle that was ever recorded, with details or without."""
        ((first,),) = self._rows("select min(taken_at) from snapshots", [])
        return None if first is None else first.replace(tzinfo=UTC)

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """First and last cycle of which the details are still kept; None when there is none."""
        sql = "select min(taken_at), max(taken_at) from surfaces"
        ((first, last),) = self._rows(sql, [])
        return None if first is None else (first.replace(tzinfo=UTC), last.replace(tzinfo=UTC))

    def cycles(
        self, *, since: datetime, until: datetime, every: timedelta = timedelta()
    ) -> Iterator[RecordedCycle]:
        """Cycles judged in ``[since, until]``, oldest first.

        Args:
            since: The first moment.
            until: The last moment.
            every: Cycles that follow the one before sooner than this are left out.

        Raises:
            LedgerError: The ledger cannot be read, or lacks the accounts of a cycle.
        """
        sql = """
            select snapshot_id, taken_at, policy_hash from snapshots
            where taken_at between ? and ? and snapshot_id >= (select min(snapshot_id) from surfaces)
            order by snapshot_id
        """
        listed = _thinned(self._rows(sql, [_naive(since), _naive(until)]), every)
        terms = _TermsInTime(self._terms)
        for start in range(0, len(listed), _CYCLES_AT_ONCE):
            yield from self._read(listed[start : start + _CYCLES_AT_ONCE], terms)

    def equity(self, *, since: datetime, until: datetime) -> Mapping[str, Sequence[tuple[float, float]]]:
        """Recorded equity of each account in ``[since, until)``: seconds since the epoch and USD, oldest first."""
        sql = """
            select account, epoch(taken_at), equity_usd from account_snapshots
            where taken_at >= ? and taken_at < ? and equity_usd is not null order by account, taken_at
        """
        samples: dict[str, list[tuple[float, float]]] = {}
        for account, at, equity in self._rows(sql, [_naive(since), _naive(until)]):
            samples.setdefault(account, []).append((at, equity))
        return samples

    def transfers(self, *, since: datetime) -> tuple[Income, ...]:
        """Deposits and withdrawals since a moment, oldest first."""
        return self._incomes("'' as symbol, epoch(transferred_at) as settled from transfers", since)

    def funding(self, *, since: datetime) -> tuple[Income, ...]:
        """Funding settlements since a moment, oldest first."""
        return self._incomes("symbol, epoch(settled_at) as settled from funding_income", since)

    def _incomes(self, what: str, since: datetime) -> tuple[Income, ...]:
        sql = f"select account, income_id, amount_usd, {what} where settled >= ? order by settled, account, income_id"  # our own words
        return tuple(
            Income(account=account, id=name, symbol=symbol, at=at, amount=amount)
            for account, name, amount, symbol, at in self._rows(sql, [since.timestamp()])
        )

    def _read(
        self, listed: Sequence[tuple[int, datetime, str]], terms: _TermsInTime
    ) -> Iterator[RecordedCycle]:
        """Some cycles, with one query a table."""
        first, last = listed[0][0], listed[-1][0]
        tables = {name: self._columns(name, first, last) for name in _TABLES}
        for number, taken_at, policy_hash in listed:
            rows = {name: _of_cycle(columns, number) for name, columns in tables.items()}
            recorded = RecordedTables(snapshot_id=number, taken_at=taken_at.replace(tzinfo=UTC), tables=rows)
            snapshot = snapshot_of(recorded, self._desk(recorded), terms.at(number))
            yield RecordedCycle(snapshot=snapshot, policy_hash=policy_hash)

    def _columns(self, table: str, first: int, last: int) -> Columns:
        sql = f"select * from {table} where snapshot_id between ? and ? order by snapshot_id, rowid"  # noqa: S608  # a name of our own
        try:
            found = self._connection.execute(sql, [first, last]).fetchnumpy()
        except duckdb.Error as error:
            raise LedgerError(f"the ledger's {table} cannot be read: {error}") from error
        return {name: _whole(column) for name, column in found.items()}

    def _rows(self, sql: str, parameters: list[object]) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except duckdb.Error as error:
            raise LedgerError(f"the ledger cannot be read: {error}") from error

    def _desk(self, recorded: RecordedTables) -> Desk:
        """The desk as it was configured then."""
        number = bisect_right([at for at, _ in self._desks], recorded.taken_at) - 1
        if number < 0:
            raise LedgerError(f"the ledger does not say which accounts there were at {recorded.taken_at}")
        return self._desks[number][1]


class _TermsInTime:
    """The terms of every contract as last recorded up to a cycle; cycles are asked for in their order."""

    def __init__(self, recorded: Sequence[tuple[int, tuple[str, str], RecordedTerms]]) -> None:
        self._left = list(reversed(recorded))
        self._known: dict[tuple[str, str], RecordedTerms] = {}

    def at(self, number: int) -> Mapping[tuple[str, str], RecordedTerms]:
        """Those that hold for the cycle."""
        while self._left and self._left[-1][0] <= number:
            _, name, terms = self._left.pop()
            self._known[name] = terms
        return self._known


@contextmanager
def open_snapshots(ledger: Path) -> Iterator[RecordedSnapshots]:
    """A private copy of a ledger, open for as long as the context lasts.

    Raises:
        LedgerError: There is no ledger, or it cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="riskd-replay-") as private:
        connection = open_copy(ledger, Path(private), _open)
        try:
            yield RecordedSnapshots(connection)
        except duckdb.Error as error:
            raise LedgerError(f"{ledger} cannot be read: {error}") from error
        finally:
            connection.close()


def _open(copy: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(copy), read_only=True, config={"threads": "1", "memory_limit": "512MB"})


def _desks(connection: duckdb.DuckDBPyConnection) -> list[tuple[datetime, Desk]]:
    """Every desk that was ever configured, with since when, oldest first."""
    sql = """
        select journal_sequence, happened_at, kind, hash, body from journal_projection
        where kind = 'accounts' order by journal_sequence
    """
    found = []
    for sequence, at, kind, digest, body in connection.execute(sql).fetchall():
        since = at.replace(tzinfo=UTC)
        entry = JournalEntry(sequence=sequence, kind=kind, at=since, body=json.loads(body), hash=digest)
        found.append((since, desk_of(entry)))
    return found


def _terms(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, tuple[str, str], RecordedTerms]]:
    """Every recorded term, oldest first; a ledger of before has no such table."""
    exists = "select count(*) from information_schema.tables where table_name = 'contract_terms'"
    if connection.execute(exists).fetchall() == [(0,)]:
        return []
    sql = "select snapshot_id, venue, symbol, terms, brackets from contract_terms order by snapshot_id"
    return [
        (number, (venue, symbol), terms_of(terms, brackets))
        for number, venue, symbol, terms, brackets in connection.execute(sql).fetchall()
    ]


def _thinned(listed: list[tuple[Any, ...]], every: timedelta) -> list[tuple[Any, ...]]:
    kept: list[tuple[Any, ...]] = []
    for row in listed:
        if not kept or row[1] - kept[-1][1] >= every:
            kept.append(row)
    return kept


def _whole(column: Any) -> Any:  # noqa: ANN401 - NumPy's masked arrays have no useful static type
    """A column without a mask: NaN, NaT or None for what is NULL."""
    values, missing = np.ma.getdata(column), np.ma.getmaskarray(column)
    if values.dtype.kind == "M":
        values = values.astype("datetime64[us]")
    if missing.any():
        values = values.copy()
        values[missing] = {"f": np.nan, "M": np.datetime64("NaT", "us"), "O": None}[values.dtype.kind]
    return values


def _of_cycle(columns: Columns, number: int) -> Columns:
    first, last = np.searchsorted(columns["snapshot_id"], [number, number + 1])
    return {name: column[first:last] for name, column in columns.items()}


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)
