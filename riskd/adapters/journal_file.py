"""The journal on disk: one JSON object a line, hash-chained, synced before ``append`` returns.

What is promised:

- An entry that ``append`` returned is on the disk and stays there.
- An append that failed leaves no trace that a later line could follow: the file is cut back to its last good entry
  before anything else is written.
- On opening, the whole chain is proven. An incomplete last line (never acknowledged) is cut off and reported in
  ``recovered``; anything else that does not verify is refused.
- When the disk is full, ``append`` lives on a reserve (``on_reserve``) until that is used up too. Callers stop acting
  and say so while it lasts.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Self

from riskd.adapters.file_ops import FileOps, SystemFileOps
from riskd.adapters.journal_reserve import JournalReserve, is_full_disk
from riskd.adapters.journal_scan import START, Mark, Scan, Torn, is_mark, read_between, scan
from riskd.adapters.state_lock import StateLock
from riskd.errors import JournalError
from riskd.model.journal import JournalEntry
from riskd.model.report import JsonValue
from riskd.ports import Record
from riskd.record.chain import GENESIS, Link, seal

JOURNAL_NAME = "journal.jsonl"
RESERVE_BYTES = 16 * 1024 * 1024


class JournalFile:
    """The journal of one state directory; implements ``riskd.ports.Journal``."""

    def __init__(
        self, path: Path, descriptor: int, found: Scan, reserve: JournalReserve, lock: StateLock, ops: FileOps
    ) -> None:
        """Use :meth:`open`."""
        self._path = path
        self._descriptor = descriptor
        self._end = found.end
        self._marks = list(found.marks)
        self._torn = found.torn
        self._reserve = reserve
        self._lock = lock
        self._ops = ops
        self._dirty = found.torn is not None

    @classmethod
    def open(
        cls, path: Path, *, holder: str, reserve_bytes: int = RESERVE_BYTES, ops: FileOps | None = None
    ) -> Self:
        """Open or create, prove the chain, and cut off a torn last line.

        Args:
            path: The file; ``<name>.lock`` and ``<name>.reserve`` stand beside it.
            holder: Who we are, for whoever is refused.
            reserve_bytes: Space kept for the last words on a full disk.
            ops: File calls; the system's own unless a test brings others.

        Raises:
            StateLocked: Another process has it open; says which.
            JournalError: The chain does not verify, or the file cannot be opened.
        """
        ops = ops or SystemFileOps()
        with ExitStack() as undo:
            try:
                lock = StateLock.acquire(path.with_suffix(".lock"), holder=holder)
                undo.callback(lock.close)
                descriptor = ops.open(path)
                undo.callback(ops.close, descriptor)
                reserve = JournalReserve(path.with_suffix(".reserve"), reserve_bytes, ops)
                undo.callback(reserve.close)
                ops.sync_directory(path.parent)
                journal = cls(path, descriptor, scan(path), reserve, lock, ops)
                journal._restore()
            except OSError as error:
                raise JournalError(f"journal {path} cannot be opened: {error}") from error
            undo.pop_all()
        return journal

    @property
    def head(self) -> tuple[int, str]:
        """Sequence and hash of the last entry; ``(0, "0" * 64)`` when empty."""
        return self._end.link.sequence, self._end.link.hash

    @property
    def recovered(self) -> Torn | None:
        """The torn last line that was cut off on opening; None when the file was whole."""
        return self._torn

    @property
    def on_reserve(self) -> bool:
        """True while the disk is full and entries are written into the space that was set aside."""
        return not self._reserve.is_full

    @property
    def reserve_left_bytes(self) -> int:
        """What is left of that space."""
        return self._reserve.left

    def append(self, kind: str, at: datetime, body: dict[str, JsonValue]) -> JournalEntry:
        """Write one entry and wait until it is on the disk.

        Raises:
            JournalError: It could not be made durable. The caller must behave as if it was not written.
        """
        [entry] = self.append_all([(kind, at, body)])
        return entry

    def append_all(self, records: Sequence[Record]) -> tuple[JournalEntry, ...]:
        """Write several entries with one wait for the disk.

        A crash on the way may leave the first of them, in order, and not the rest.

        Raises:
            JournalError: They could not be made durable. The caller must behave as if none was written.
        """
        if not records:
            return ()
        sealed: list[tuple[JournalEntry, bytes]] = []
        link = self._end.link
        for kind, at, body in records:
            entry, line = seal(link, kind, at, body)
            sealed.append((entry, line))
            link = Link(entry.sequence, entry.hash)
        try:
            self._write(b"".join(line for _, line in sealed))
        except OSError as error:
            first, last = sealed[0][0], sealed[-1][0]
            which = (
                f"entry {first.sequence}" if first is last else f"entries {first.sequence}-{last.sequence}"
            )
            raise JournalError(f"journal {self._path}: {which} ({first.kind}): {error}") from error
        for entry, line in sealed:
            self._end = Mark(link=Link(entry.sequence, entry.hash), offset=self._end.offset + len(line))
            if is_mark(entry.sequence):
                self._marks.append(self._end)
        return tuple(entry for entry, _ in sealed)

    def entries(self, *, after: int = 0) -> Iterator[JournalEntry]:
        """Entries with a sequence above ``after``, oldest first, verified against the chain.

        Raises:
            JournalError: The chain does not verify; names the sequence and what differs.
        """
        start = next((mark for mark in reversed(self._marks) if mark.link.sequence <= after), START)
        for entry in read_between(self._path, start, self._end.offset):
            if entry.sequence > after:
                yield entry

    def contains(self, sequence: int, digest: str) -> bool:
        """True when entry ``sequence`` is there with that hash.

        A chain that was cut short at the end of a line verifies by itself; only a head that was kept elsewhere (the
        ledger's, or one that was sent to people) shows that something is gone.
        """
        if sequence == 0:
            return digest == GENESIS.hash
        entry = next(self.entries(after=sequence - 1), None)
        return entry is not None and entry.hash == digest

    def refill_reserve(self) -> bool:
        """Set the space aside again once the disk has room; True when the reserve is whole. Cheap to call often.

        Raises:
            JournalError: The reserve cannot be written for another reason than a full disk.
        """
        try:
            return self._reserve.refill()
        except OSError as error:
            raise JournalError(f"journal {self._path}: reserve: {error}") from error

    def close(self) -> None:
        """Close the files and let the next process in."""
        self._ops.close(self._descriptor)
        self._reserve.close()
        self._lock.close()

    def _write(self, lines: bytes) -> None:
        """Write and sync, giving back reserve for as long as the disk is full.

        Raises:
            OSError: It did not work; the file is cut back now, or at the latest before the next line.
        """
        while True:
            try:
                self._restore()
                self._dirty = True
                self._write_once(lines)
            except OSError as error:
                if not (is_full_disk(error) and self._reserve.give_back(len(lines))):
                    self._try_to_restore()
                    raise
            else:
                self._dirty = False
                return

    def _write_once(self, lines: bytes) -> None:
        written = 0
        while written < len(lines):
            taken = self._ops.write(self._descriptor, lines[written:], self._end.offset + written)
            if taken <= 0:
                raise OSError(errno.EIO, "the disk took no bytes")
            written += taken
        self._ops.sync(self._descriptor)

    def _restore(self) -> None:
        """Cut the file back to its last good entry if anything may stand behind it."""
        if self._dirty:
            self._ops.truncate(self._descriptor, self._end.offset)
            self._ops.sync(self._descriptor)
            self._dirty = False

    def _try_to_restore(self) -> None:
        """Restore now rather than before the next line; the first failure is the one that is reported."""
        try:
            self._restore()
        except OSError:
            self._dirty = True
