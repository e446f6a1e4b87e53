"""Journal first, then ledger; neither ever stops the watch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from riskd.cycle import CycleResult
from riskd.daemon.memory import Memory
from riskd.daemon.messages import system_message
from riskd.errors import JournalError, LedgerError
from riskd.model.journal import EntryKind, JournalEntry
from riskd.model.message import Message
from riskd.model.verdict import Level
from riskd.ports import Clock, Journal
from riskd.record.bodies import daemon_body
from riskd.record.rows import CycleRows
from riskd.record.term_rows import NOTHING_WRITTEN, changed_terms

_PAUSE_SECONDS_MIN, _PAUSE_SECONDS_MAX = 5.0, 300.0


class Ledger(Protocol):
    """The database as the daemon uses it."""

    def commit(self, rows: CycleRows, entries: Iterable[JournalEntry] = ()) -> None:
        """Write a cycle and the journal up to now in one transaction; writing it twice is writing it once.

        Raises:
            LedgerError: It could not be written.
        """

    def project(self, entries: Iterable[JournalEntry]) -> int:
        """Write journal entries that are not there yet.

        Raises:
            LedgerError: They could not be written.
        """

    def forget_details(self, *, before: datetime) -> None:
        """Drop the rows of positions, orders, marks, surfaces and verdicts of cycles before a moment.

        Raises:
            LedgerError: Nothing was dropped.
        """

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the file; takes a moment.

        Raises:
            LedgerError: It could not be written.
        """

    def close(self) -> None:
        """Release the file."""


class LedgerStore(Ledger, Protocol):
    """The database as it is opened: it also gives back the past."""

    @property
    def set_aside(self) -> str:
        """What was wrong with the file that stood here and where it is now; empty when nothing was."""
        ...

    def catch_up(self, journal: Journal) -> int:
        """Prove that the journal still holds what was recorded here, then record the rest of it, and say how much.

        Raises:
            JournalError: The journal was cut short or replaced.
            LedgerError: It could not be written.
        """

    def equity_samples(self, *, since: datetime) -> Mapping[str, Sequence[tuple[float, float, float, str]]]:
        """Recorded equity of each account: seconds since the epoch, USD, wallet balance, basis; oldest first.

        Raises:
            LedgerError: It cannot be read.
        """

    def transfers(self, *, since: datetime) -> Sequence[tuple[str, str, float, float, str]]:
        """Recorded deposits (+) and withdrawals (-): account, id, seconds since the epoch, amount, asset; oldest first.

        Raises:
            LedgerError: It cannot be read.
        """


class Recording:
    """Records cycles, and says so when it cannot.

    Args:
        memory: Writes the journal.
        open_ledger: Opens the ledger, at the start and after a failure, and brings its copy of the journal up to
            date; raises LedgerError or JournalError while that does not work.
        clock: Paces the attempts.
        say: Queues a message to people.
    """

    def __init__(
        self,
        memory: Memory,
        *,
        open_ledger: Callable[[], Ledger],
        clock: Clock,
        say: Callable[[Message], None],
    ) -> None:
        self._memory = memory
        self._open_ledger = open_ledger
        self._clock = clock
        self._say = say
        self._ledger: Ledger | None = None
        self._try_at = 0.0
        self._pause_seconds = _PAUSE_SECONDS_MIN
        self._said: set[str] = set()
        self._terms = NOTHING_WRITTEN
        self._log = structlog.get_logger("riskd")
        self.ledger_fault = ""

    @property
    def ledger_ok(self) -> bool:
        """False after a failure, until a commit goes through again. No order is sent meanwhile."""
        return self.ledger_fault == ""

    def cycle(self, result: CycleResult) -> None:
        """Make a cycle durable in the journal, then write it to the ledger. Failures are said and kept, not raised."""
        self._memory.refill_reserve()
        self._memory.cycle(result, self._clock.now())
        terms, block = changed_terms(result.snapshot, self._terms)
        rows = replace(result.rows, once=(block,))
        self._write(lambda ledger: ledger.commit(rows, self._memory.unrecorded))
        if self.ledger_ok:
            self._terms = terms
        self._report("journal", self._memory.journal_fault)
        self._report("ledger", self.ledger_fault)

    def checkpoint(self, _now: datetime) -> None:
        """Fold the ledger's write-ahead log in; a calendar job."""
        self._tend(lambda ledger: ledger.checkpoint())

    def forget(self, now: datetime, *, older_than: timedelta) -> None:
        """Drop details that are older than that; a calendar job. Accounts, alerts and orders are kept."""
        self._tend(lambda ledger: ledger.forget_details(before=now - older_than))

    def _tend(self, step: Callable[[Ledger], None]) -> None:
        if self._ledger is None:
            return
        try:
            step(self._ledger)
        except LedgerError as error:
            self._set_aside(error)

    def gap(self, at: datetime, *, seconds: float) -> None:
        """The watch stood still for longer than it should."""
        text = f"no cycle for {seconds:.0f} s"
        self._memory.note(EntryKind.GAP, daemon_body(text), at)
        self._log.warning("gap", seconds=round(seconds, 1))

    def stopped(self, at: datetime, *, detail: str = "stopped in order") -> None:
        """The daemon ends."""
        self._memory.note(EntryKind.STOP, daemon_body(detail), at)
        self._write(lambda ledger: ledger.project(self._memory.unrecorded))
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None

    def abandon(self) -> None:
        """Release the ledger without a word."""
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None

    def open(self) -> None:
        """Open the ledger now rather than with the first cycle; a failure is kept and said with it."""
        self._write(lambda ledger: ledger.project(self._memory.unrecorded))

    def _write(self, step: Callable[[Ledger], object]) -> None:
        if self._ledger is None and self._clock.monotonic() < self._try_at:
            return
        try:
            if self._ledger is None:
                self._ledger = self._open_ledger()
                self._memory.recorded()
            step(self._ledger)
        except (LedgerError, JournalError) as error:
            self._set_aside(error)
        else:
            self._memory.recorded()
            self.ledger_fault = ""
            self._pause_seconds = _PAUSE_SECONDS_MIN

    def _set_aside(self, error: LedgerError | JournalError) -> None:
        """After a fatal error DuckDB refuses every statement until it is opened again."""
        self.ledger_fault = str(error)
        self._terms = NOTHING_WRITTEN  # another file may be begun
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None
        self._try_at = self._clock.monotonic() + self._pause_seconds
        self._pause_seconds = min(self._pause_seconds * 2, _PAUSE_SECONDS_MAX)

    def _report(self, what: str, fault: str) -> None:
        """Say once that something cannot be written, and once that it can again."""
        if bool(fault) == (what in self._said):
            return
        body: tuple[str, ...] = ()
        level = Level.OK
        if fault:
            self._said.add(what)
            headline = f"riskd cannot write its {what}: watching and alerting go on, orders are stopped"
            body, level = (fault,), Level.CRITICAL
            self._log.error("cannot_write", store=what, fault=fault)
        else:
            self._said.discard(what)
            headline = f"riskd can write its {what} again"
            self._log.info("can_write_again", store=what)
        self._say(system_message(word=what, headline=headline, level=level, body=body, at=self._clock.now()))
