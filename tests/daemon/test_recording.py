"""What happens to the watch when its record cannot be written: it goes on, says so once, and tries again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from riskd.daemon.memory import Memory
from riskd.daemon.recording import Ledger, Recording
from riskd.errors import JournalError, LedgerError, RiskdError
from riskd.model.journal import EntryKind, JournalEntry
from riskd.model.message import Message
from riskd.record.bodies import daemon_body
from riskd.record.rows import CycleRows
from tests.builders import NOW
from tests.fakes.clock import ManualClock
from tests.fakes.journal import MemoryJournal


@dataclass
class PlainLedger:
    """Keeps what it is given; fails while it is told to."""

    kept: list[JournalEntry] = field(default_factory=list)
    forgotten: list[datetime] = field(default_factory=list)
    fault: LedgerError | None = None

    def commit(self, rows: CycleRows, entries: Iterable[JournalEntry] = ()) -> None:
        self.project(entries)

    def project(self, entries: Iterable[JournalEntry]) -> int:
        self.checkpoint()
        new = list(entries)
        self.kept += new
        return len(new)

    def forget_details(self, *, before: datetime) -> None:
        self.checkpoint()
        self.forgotten.append(before)

    def checkpoint(self) -> None:
        if self.fault is not None:
            raise self.fault

    def close(self) -> None:
        """Nothing is held."""


class Bench:
    """A recording over a ledger that may not open."""

    def __init__(self) -> None:
        self.journal = MemoryJournal()
        self.clock = ManualClock(NOW)
        self.memory = Memory(self.journal, channels=(), now=NOW)
        self.ledger = PlainLedger()
        self.refusal: RiskdError | None = None
        self.opened = 0
        self.said: list[Message] = []
        self.recording = Recording(
            self.memory, open_ledger=self._open, clock=self.clock, say=self.said.append
        )

    def note(self) -> None:
        self.memory.note(EntryKind.FAULT, daemon_body("something"), self.clock.now())

    def _open(self) -> Ledger:
        self.opened += 1
        if self.refusal is not None:
            raise self.refusal
        self.ledger.kept[:] = list(self.journal.entries())
        return self.ledger


@pytest.mark.parametrize("refusal", [LedgerError("locked"), JournalError("entry 7 is missing")])
def test_a_ledger_that_does_not_open_is_kept_as_a_fault_and_tried_again_later(refusal: RiskdError) -> None:
    bench = Bench()
    bench.refusal = refusal
    bench.recording.open()
    assert bench.recording.ledger_fault == str(refusal)

    bench.refusal = None
    bench.recording.open()
    assert bench.opened == 1, "not at once"
    bench.clock.advance(5.0)
    bench.note()
    bench.recording.open()
    assert bench.recording.ledger_fault == ""
    assert bench.ledger.kept == list(bench.journal.entries()), "each entry once"


def test_a_ledger_that_fails_in_a_job_is_closed_and_opened_again() -> None:
    bench = Bench()
    bench.recording.open()
    bench.ledger.fault = LedgerError("FATAL")
    bench.recording.checkpoint(NOW)
    assert bench.recording.ledger_fault == "FATAL"
    bench.ledger.fault = None
    bench.clock.advance(5.0)
    bench.recording.open()
    assert (bench.recording.ledger_ok, bench.opened) == (True, 2)


def test_details_are_forgotten_when_they_are_older_than_they_may_be() -> None:
    bench = Bench()
    bench.recording.open()
    bench.recording.forget(NOW, older_than=timedelta(days=90))
    assert bench.ledger.forgotten == [NOW - timedelta(days=90)]


def test_a_journal_on_its_reserve_allows_no_order_until_there_is_room() -> None:
    bench = Bench()
    bench.journal.on_reserve = True
    bench.note()
    assert not bench.memory.journal_ok
    assert "disk is full" in bench.memory.journal_fault
    bench.memory.refill_reserve()
    assert bench.memory.journal_ok


def test_a_journal_that_cannot_be_written_allows_no_order_until_an_entry_went_in() -> None:
    bench = Bench()

    def full(_kind: str) -> None:
        raise JournalError("no space left")

    bench.journal.before = full
    assert not bench.memory.note(EntryKind.FAULT, daemon_body("x"), NOW)
    assert (bench.memory.journal_ok, bench.memory.journal_fault) == (False, "no space left")
    bench.journal.before = lambda _kind: None
    bench.note()
    assert bench.memory.journal_ok
