"""A ledger in memory, for most seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from riskd.errors import JournalError, LedgerError
from riskd.model.journal import JournalEntry
from riskd.ports import Journal
from riskd.record.rows import CycleRows
from tests.simulation.life import Life
from tests.simulation.weather import Weather

EquityRow = tuple[int, str, float]


@dataclass(slots=True, kw_only=True)
class Shelf:
    """What a ledger in memory keeps over restarts.

    Attributes:
        words: Every text that a row has held.
        policies: Snapshot and the hash of the policies that judged it.
        equity: Snapshot, account and equity, USD, NaN unknown: the series that the real one draws its pictures from.
    """

    digests: list[tuple[int, str]] = field(default_factory=list)
    words: set[str] = field(default_factory=set)
    policies: dict[int, str] = field(default_factory=dict)
    equity: list[EquityRow] = field(default_factory=list)
    last: JournalEntry | None = None


class LightLedger:
    """A ledger that keeps digests only: quick enough for most seeds, strict about gaps like the real one."""

    def __init__(self, shelf: Shelf, life: Life, weather: Weather) -> None:
        self._shelf = shelf
        self._life = life
        self._weather = weather

    def commit(self, rows: CycleRows, entries: Iterable[JournalEntry] = ()) -> None:
        self._must_work()
        self._take(entries)
        self._shelf.digests.append((rows.snapshot_id, rows.digest))
        self._shelf.words.update(word for block in rows.blocks for word in block.vocabulary)
        self._shelf.policies[rows.snapshot_id] = rows.policy_hash
        self._shelf.equity.extend(equity_of(rows))

    def project(self, entries: Iterable[JournalEntry]) -> int:
        self._must_work()
        return self._take(entries)

    def catch_up(self, journal: Journal) -> int:
        last = self._shelf.last
        missing = journal.entries(after=0 if last is None else last.sequence - 1)
        if last is not None:
            seen = next(missing, None)
            if seen is None or seen.hash != last.hash:
                raise JournalError(f"the ledger has seen entry {last.sequence}, the journal has not")
        return self._take(missing)

    @property
    def set_aside(self) -> str:
        return ""

    def forget_details(self, *, before: datetime) -> None:
        self._must_work()

    def equity_samples(self, *, since: datetime) -> Mapping[str, Sequence[tuple[float, float, float, str]]]:
        return {}

    def transfers(self, *, since: datetime) -> Sequence[tuple[str, str, float, float, str]]:
        return ()

    def checkpoint(self) -> None:
        self._must_work()

    def close(self) -> None:
        """Nothing is held."""

    def _must_work(self) -> None:
        self._life.must_live()
        if self._weather.ledger_is_broken():
            raise LedgerError("simulated ledger: FATAL")

    def _take(self, entries: Iterable[JournalEntry]) -> int:
        written = 0
        for entry in entries:
            expected = 1 if self._shelf.last is None else self._shelf.last.sequence + 1
            if entry.sequence < expected:
                continue
            if entry.sequence > expected:
                raise LedgerError(f"journal entry {expected} is missing before {entry.sequence}")
            self._shelf.last = entry
            written += 1
        return written


def equity_of(rows: CycleRows) -> list[EquityRow]:
    """What a cycle's rows say of each account's equity."""
    [accounts] = [block for block in rows.blocks if block.table == "account_snapshots"]
    names, values = accounts.words("account"), dict(accounts.numbers)["equity_usd"]
    return [(rows.snapshot_id, str(name), float(value)) for name, value in zip(names, values, strict=True)]
