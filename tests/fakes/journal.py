"""A journal in memory, chained like the real one, that can die before or after any append."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from riskd.errors import JournalError
from riskd.model.journal import JournalEntry
from riskd.model.report import JsonValue
from riskd.ports import Record
from riskd.record.chain import GENESIS, Link, seal, unseal_all

Hook = Callable[[str], None]


class Crash(BaseException):
    """The process died here. Not an Exception: nothing below the simulation may catch it."""


def never(kind: str) -> None:
    """The hook that does nothing."""


class MemoryJournal:
    """The Journal port over a list of lines.

    Args:
        lines: The "disk": give the list of a dead journal to start again from it.
        before: Called with the kind before a line is durable; may raise JournalError (the disk failed) or Crash.
        after: Called with the kind once it is durable, before ``append`` returns; may raise Crash.

    Attributes:
        on_reserve: As if the disk were full; refilling the reserve ends it.
    """

    def __init__(
        self, lines: list[bytes] | None = None, *, before: Hook = never, after: Hook = never
    ) -> None:
        self.lines = [] if lines is None else lines
        self.before = before
        self.after = after
        self.on_reserve = False
        self._head = GENESIS
        for entry in self.entries():
            self._head = Link(entry.sequence, entry.hash)

    @property
    def head(self) -> tuple[int, str]:
        return self._head.sequence, self._head.hash

    def append(self, kind: str, at: datetime, body: dict[str, JsonValue]) -> JournalEntry:
        entry, line = seal(self._head, kind, at, body)
        self.before(kind)
        self.lines.append(line)
        self._head = Link(entry.sequence, entry.hash)
        self.after(kind)
        return entry

    def append_all(self, records: Sequence[Record]) -> tuple[JournalEntry, ...]:
        """All or, when the disk fails on the way, none; dying on the way may leave the first of them."""
        written, head = len(self.lines), self._head
        try:
            return tuple(self.append(kind, at, body) for kind, at, body in records)
        except JournalError:
            del self.lines[written:]
            self._head = head
            raise

    def refill_reserve(self) -> bool:
        self.on_reserve = False
        return True

    def entries(self, *, after: int = 0) -> Iterator[JournalEntry]:
        for entry in unseal_all(line[:-1] for line in tuple(self.lines)):
            if entry.sequence > after:
                yield entry
