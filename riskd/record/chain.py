"""The hash chain: each line of the journal names the hash of the line before it.

A line is the canonical JSON object ``{"at", "body", "hash", "kind", "prev", "sequence"}`` and a line feed.
``hash`` is sha256 over the same object without its ``hash`` field, so that changing, dropping, repeating or moving a
line is seen. What a chain cannot see by itself is a file cut short at the end of a line, or rewritten from some line
on: for that its head is also kept elsewhere (in the ledger, and in messages to people).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from riskd.errors import JournalError
from riskd.model.journal import JournalEntry
from riskd.model.report import JsonValue
from riskd.record.canonical import canonical_json, instant, instant_text

# A line longer than this is refused before it is written: a bound for every reader.
LINE_BYTES_MAX = 8 * 1024 * 1024

_Field = TypeVar("_Field", str, int, dict[str, JsonValue])


@dataclass(frozen=True, slots=True)
class Link:
    """The end of a chain: what the next entry must follow."""

    sequence: int
    hash: str


GENESIS = Link(0, "0" * 64)


def seal(after: Link, kind: str, at: datetime, body: dict[str, JsonValue]) -> tuple[JournalEntry, bytes]:
    """The entry that follows ``after``, and its line with the line feed.

    Raises:
        JournalError: The body cannot be written as canonical JSON, ``at`` has no zone, or the line is too long.
    """
    sequence = after.sequence + 1
    try:
        head = f'{{"at":"{instant_text(at)}","body":{canonical_json(body)}'
        tail = _tail(kind, after.hash, sequence)
    except (ValueError, TypeError, RecursionError) as error:
        raise JournalError(f"journal entry {sequence} ({kind}) cannot be written as JSON: {error}") from error
    digest = hashlib.sha256((head + tail).encode("ascii")).hexdigest()
    line = f'{head},"hash":"{digest}"{tail}\n'.encode("ascii")
    if len(line) > LINE_BYTES_MAX:
        raise JournalError(
            f"journal entry {sequence} ({kind}) has {len(line)} bytes, at most {LINE_BYTES_MAX} are allowed"
        )
    return JournalEntry(sequence=sequence, kind=kind, at=at, body=body, hash=digest), line


def unseal(after: Link, line: bytes) -> JournalEntry:
    """The entry in ``line`` (without its line feed), proven to follow ``after``.

    Raises:
        JournalError: It does not; says which entry was expected and what differs.
    """
    expected = after.sequence + 1
    fields = _fields(line, expected)
    sequence = _field(fields, "sequence", int, expected)
    if sequence != expected:
        raise JournalError(f"journal entry {expected} was expected, sequence {sequence} was found")
    if _field(fields, "prev", str, expected) != after.hash:
        raise JournalError(
            f"journal entry {expected} does not follow entry {after.sequence}: its prev differs"
        )
    entry = JournalEntry(
        sequence=sequence,
        kind=_field(fields, "kind", str, expected),
        at=_instant(_field(fields, "at", str, expected), expected),
        body=_field(fields, "body", dict, expected),
        hash=_field(fields, "hash", str, expected),
    )
    _prove(line, entry, after)
    return entry


def unseal_all(lines: Iterable[bytes], *, after: Link = GENESIS) -> Iterator[JournalEntry]:
    """Every entry of ``lines``, each proven to follow the one before.

    Raises:
        JournalError: As :func:`unseal`.
    """
    link = after
    for line in lines:
        entry = unseal(link, line)
        link = Link(entry.sequence, entry.hash)
        yield entry


def _tail(kind: str, previous: str, sequence: int) -> str:
    """What stands behind ``hash`` in a line: the keys are sorted."""
    return f',"kind":{canonical_json(kind)},"prev":"{previous}","sequence":{sequence}}}'


def _prove(line: bytes, entry: JournalEntry, after: Link) -> None:
    """Hash the very bytes that were read: what parses to the same values but is written otherwise is damage too."""
    tail = _tail(entry.kind, after.hash, entry.sequence)
    sealed_tail = f',"hash":"{entry.hash}"{tail}'.encode("ascii", "replace")
    if not line.endswith(sealed_tail):
        raise JournalError(f"journal entry {entry.sequence} is not in canonical form")
    digest = hashlib.sha256(line[: -len(sealed_tail)] + tail.encode("ascii")).hexdigest()
    if digest != entry.hash:
        raise JournalError(
            f"journal entry {entry.sequence} ({entry.kind}) was changed: it states hash {entry.hash}, its bytes give "
            f"{digest}"
        )


def _fields(line: bytes, expected: int) -> dict[str, JsonValue]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise JournalError(f"journal entry {expected} is not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise JournalError(f"journal entry {expected} is not a JSON object")
    return fields


def _field(fields: dict[str, JsonValue], name: str, kind: type[_Field], expected: int) -> _Field:
    value = fields.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise JournalError(f"journal entry {expected}: {name} is missing or not of type {kind.__name__}")
    return value


def _instant(text: str, expected: int) -> datetime:
    try:
        return instant(text)
    except ValueError as error:
        raise JournalError(f"journal entry {expected}: at: {error}") from error
