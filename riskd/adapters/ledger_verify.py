"""Proves a ledger against its journal: the chain, the projection, and the digest of every cycle.

Works on a private copy, so it can run beside the daemon, in another process.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from riskd.adapters.duckdb_ledger import CYCLE_TABLES
from riskd.adapters.journal_scan import Torn, read_between, scan
from riskd.adapters.ledger_copy import open_copy
from riskd.errors import JournalError
from riskd.model.journal import EntryKind, JournalEntry
from riskd.record.block import Block, Vocabulary, block
from riskd.record.canonical import canonical_json
from riskd.record.digest import digest

# More would say nothing new.
_PROBLEMS_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was proven, and what contradicts.

    Attributes:
        entries: Journal entries whose chain holds.
        head: Hash of the last of them: compare it with the one that was sent to people.
        torn: An incomplete last line; normal while the daemon writes, or after a crash.
        projected: How many of them are in the ledger.
        cycles: Cycles whose digest was taken again.
        problems: What contradicts, for people; empty when all is well. A hundred at most.
    """

    entries: int
    head: str
    torn: Torn | None
    projected: int
    cycles: int
    problems: tuple[str, ...]


def verify(journal: Path, ledger: Path) -> Verification:
    """Read everything and compare it.

    Raises:
        JournalError: The journal is missing or its chain is broken; names the entry and what differs.
        LedgerError: The ledger is missing or cannot be read.
    """
    try:
        found = scan(journal)
    except OSError as error:
        raise JournalError(f"journal {journal} cannot be read: {error.strerror}") from error
    with tempfile.TemporaryDirectory(prefix="riskd-verify-") as private:
        # Copied after the journal was read: what is projected meanwhile is not looked at.
        connection = open_copy(ledger, Path(private), _open)
        try:
            entries = read_between(journal, found.marks[0], found.end.offset)
            projection = _Projection(connection)
            for entry in entries:
                projection.compare(entry)
            problems = [*projection.problems, *_wrong_digests(connection, projection.digests)]
            cycles = len(_cycles(connection))
        finally:
            connection.close()
    return Verification(
        entries=found.end.link.sequence,
        head=found.end.link.hash,
        torn=found.torn,
        projected=projection.matched,
        cycles=cycles,
        problems=tuple(problems[:_PROBLEMS_MAX]),
    )


def read_cycle(connection: duckdb.DuckDBPyConnection, snapshot_id: int) -> Iterator[Block]:
    """The rows of one cycle as the ledger holds them, as the blocks that were written.

    Raises:
        duckdb.Error: They cannot be read.
    """
    for table in CYCLE_TABLES:
        columns = connection.execute(
            f"select * from {table} where snapshot_id = ?",  # noqa: S608  # a name of our own
            [snapshot_id],
        ).fetchnumpy()
        yield _block(table, columns)


class _Projection:
    """The ledger's copy of the journal, read along with the journal itself."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._rows = connection.cursor().execute(
            "select journal_sequence, kind, hash, body from journal_projection order by journal_sequence"
        )
        self.matched = 0
        self.problems: list[str] = []
        self.digests: dict[int, str] = {}

    def compare(self, entry: JournalEntry) -> None:
        """The next entry of the journal against the next row."""
        if entry.kind == EntryKind.CYCLE:
            self.digests[int(str(entry.body.get("snapshot_id")))] = str(entry.body.get("digest"))
        row = self._rows.fetchone()
        if row is None:
            return
        if row == (entry.sequence, entry.kind, entry.hash, canonical_json(entry.body)):
            self.matched += 1
        else:
            self.problems.append(
                f"journal entry {entry.sequence} ({entry.kind}): the ledger has something else: {row[:3]}"
            )


def _wrong_digests(connection: duckdb.DuckDBPyConnection, journalled: dict[int, str]) -> Iterator[str]:
    for snapshot_id, stated in _cycles(connection):
        computed = digest(read_cycle(connection, snapshot_id))
        if computed != stated:
            yield f"cycle {snapshot_id}: its rows give digest {computed}, the ledger states {stated}"
        if snapshot_id in journalled and journalled[snapshot_id] != stated:
            yield f"cycle {snapshot_id}: the ledger states digest {stated}, the journal {journalled[snapshot_id]}"


def _cycles(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, str]]:
    """Cycles whose details have not been forgotten; every one of them has surfaces."""
    sql = """
        select snapshot_id, digest from snapshots
        where snapshot_id >= (select min(snapshot_id) from surfaces) order by snapshot_id
    """
    return [(int(number), str(stated)) for number, stated in connection.execute(sql).fetchall()]


def _open(copy: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(copy), read_only=True, config={"threads": "1", "memory_limit": "512MB"})


def _block(table: str, columns: dict[str, Any]) -> Block:
    words = Vocabulary()
    numbers, texts = {}, {}
    for name, column in columns.items():
        values, missing = np.ma.getdata(column), np.ma.getmaskarray(column)
        if values.dtype.kind == "O":
            texts[name] = words.codes(
                None if absent else value for value, absent in zip(values, missing, strict=True)
            )
        elif values.dtype.kind == "M":
            stamps = values.astype("datetime64[us]")
            stamps[missing] = np.datetime64("NaT", "us")
            numbers[name] = stamps
        elif values.dtype.kind == "f":
            numbers[name] = np.where(missing, np.nan, values)
        else:
            numbers[name] = values
    return block(table, words, numbers, texts)
