"""Reading a journal file: every line proven, a torn last line told apart from damage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from riskd.errors import JournalError
from riskd.model.journal import JournalEntry
from riskd.record.chain import GENESIS, LINE_BYTES_MAX, Link, unseal

# A place to start reading from, kept for every so many entries.
_MARK_EVERY = 1000


@dataclass(frozen=True, slots=True)
class Torn:
    """A last line that was never acknowledged: the process or the machine died while it was being written.

    Attributes:
        offset: Where it begins, in bytes.
        dropped_bytes: How much of it there was.
        after: The last good entry before it.
    """

    offset: int
    dropped_bytes: int
    after: Link

    def __str__(self) -> str:
        return (
            f"an incomplete last line of {self.dropped_bytes} bytes at byte {self.offset}, "
            f"behind entry {self.after.sequence}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place in the file: behind ``link``, at byte ``offset``."""

    link: Link
    offset: int


START = Mark(link=GENESIS, offset=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a journal file holds.

    Attributes:
        end: The last entry and the byte behind it.
        marks: Places to start reading from, rising, the first at the beginning.
        torn: The incomplete last line behind ``end``; None when there is none.
    """

    end: Mark
    marks: tuple[Mark, ...]
    torn: Torn | None


def is_mark(sequence: int) -> bool:
    """True for entries behind which a reader may start."""
    return sequence % _MARK_EVERY == 0


def scan(path: Path) -> Scan:
    """Read and prove the whole file.

    Raises:
        JournalError: Any damage that a torn last write does not explain; names the entry and what differs.
    """
    end, marks, torn = START, [START], None
    size = path.stat().st_size
    with path.open("rb") as file:
        while end.offset < size:
            line = file.readline(LINE_BYTES_MAX + 1)
            try:
                entry = _entry(line, end, path)
            except JournalError:
                if not _is_torn(line, at_end=file.tell() >= size):
                    raise
                torn = Torn(end.offset, size - end.offset, end.link)
                break
            end = Mark(link=Link(entry.sequence, entry.hash), offset=end.offset + len(line))
            if is_mark(entry.sequence):
                marks.append(end)
    return Scan(end=end, marks=tuple(marks), torn=torn)


def read_between(path: Path, start: Mark, end_offset: int) -> Iterator[JournalEntry]:
    """The entries between two places, each proven to follow the one before.

    Raises:
        JournalError: One does not; names the entry and what differs.
    """
    try:
        with path.open("rb") as file:
            yield from _read_between(file, path, start, end_offset)
    except OSError as error:
        raise JournalError(f"journal {path} cannot be read: {error}") from error


def read_journal(path: Path) -> Iterator[JournalEntry]:
    """Every entry of a journal that another process may be writing. A line still being written is left out.

    Raises:
        JournalError: The file is missing or damaged; names the entry and what differs.
    """
    try:
        found = scan(path)
    except OSError as error:
        raise JournalError(f"journal {path} cannot be read: {error.strerror}") from error
    return read_between(path, START, found.end.offset)


def _read_between(file: BinaryIO, path: Path, start: Mark, end_offset: int) -> Iterator[JournalEntry]:
    file.seek(start.offset)
    place = start
    while place.offset < end_offset:
        line = file.readline(LINE_BYTES_MAX + 1)
        entry = _entry(line, place, path)
        place = Mark(link=Link(entry.sequence, entry.hash), offset=place.offset + len(line))
        yield entry


def _entry(line: bytes, place: Mark, path: Path) -> JournalEntry:
    try:
        if not line.endswith(b"\n"):
            raise JournalError(f"journal entry {place.link.sequence + 1} has no end of line")
        return unseal(place.link, line[:-1])
    except JournalError as error:
        raise JournalError(
            f"{path}, byte {place.offset}: {error}. Keep the file; restore it from a copy, or move it away to begin "
            f"anew from entry 1"
        ) from error


def _is_torn(line: bytes, *, at_end: bool) -> bool:
    """True for what one unfinished write leaves behind, and for nothing else.

    A killed process leaves a last line without its end. A machine that lost power before all blocks of the write were
    on the disk may leave a whole line with zero bytes in it; a journal line never holds a zero byte otherwise.
    """
    return at_end and (not line.endswith(b"\n") or b"\0" in line)
