"""The hash chain: every change to a line, or to the order of lines, is seen."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.errors import JournalError
from riskd.model.journal import JournalEntry
from riskd.record.canonical import canonical_json
from riskd.record.chain import GENESIS, LINE_BYTES_MAX, Link, seal, unseal, unseal_all

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def chain_of(count: int) -> tuple[list[JournalEntry], list[bytes]]:
    """Entries 1 to count and their lines without line feeds."""
    link, entries, lines = GENESIS, [], []
    for number in range(count):
        entry, line = seal(link, "event", NOON, {"number": number, "text": 'a"b\u202e'})
        link = Link(entry.sequence, entry.hash)
        entries.append(entry)
        lines.append(line[:-1])
    return entries, lines


def test_entries_come_back_as_they_were_sealed() -> None:
    entries, lines = chain_of(5)

    assert list(unseal_all(lines)) == entries
    assert [entry.sequence for entry in entries] == [1, 2, 3, 4, 5]


def test_a_line_is_canonical_json_and_its_hash_covers_everything_else() -> None:
    _, lines = chain_of(2)
    fields = json.loads(lines[1])

    assert canonical_json(fields).encode() == lines[1]
    assert fields["prev"] == json.loads(lines[0])["hash"]
    assert fields.pop("hash") == hashlib.sha256(canonical_json(fields).encode()).hexdigest()


@settings(derandomize=True, max_examples=100)
@given(st.data())
def test_no_byte_of_a_chain_can_change_unseen(data: st.DataObject) -> None:
    _, lines = chain_of(3)
    row = data.draw(st.integers(0, 2))
    place = data.draw(st.integers(0, len(lines[row]) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != lines[row][place]))
    lines[row] = lines[row][:place] + bytes([other]) + lines[row][place + 1 :]

    with pytest.raises(JournalError, match=f"entry {row + 1}"):
        list(unseal_all(lines))


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ([0, 2], "entry 2 was expected, sequence 3 was found"),
        ([0, 1, 1], "entry 3 was expected, sequence 2 was found"),
        ([1], "entry 1 was expected, sequence 2 was found"),
        ([0, 2, 1], "entry 2 was expected, sequence 3 was found"),
    ],
)
def test_a_missing_repeated_or_moved_line_is_named(order: list[int], said: str) -> None:
    _, lines = chain_of(3)

    with pytest.raises(JournalError, match=said):
        list(unseal_all([lines[row] for row in order]))


def test_a_line_of_another_chain_is_refused() -> None:
    _, lines = chain_of(2)
    other, _ = seal(GENESIS, "event", NOON, {"number": 99})

    with pytest.raises(JournalError, match="entry 2 does not follow entry 1: its prev differs"):
        unseal(Link(1, other.hash), lines[1])


def test_the_same_values_written_otherwise_are_damage() -> None:
    _, lines = chain_of(1)

    with pytest.raises(JournalError, match="entry 1"):
        unseal(GENESIS, json.dumps(json.loads(lines[0])).encode())


@pytest.mark.parametrize("line", [b"", b"null", b"[]", b"{}", b'{"sequence":true}', b"\xff", b"[" * 100_000])
def test_what_is_no_entry_at_all_is_refused(line: bytes) -> None:
    with pytest.raises(JournalError, match="entry 1"):
        unseal(GENESIS, line)


def test_what_cannot_be_written_is_refused_before_it_has_a_place_in_the_chain() -> None:
    with pytest.raises(JournalError, match=r"entry 1 \(intent\) cannot be written as JSON"):
        seal(GENESIS, "intent", NOON, {"price": float("nan")})
    with pytest.raises(JournalError, match="without a zone"):
        seal(GENESIS, "intent", NOON.replace(tzinfo=None), {})
    with pytest.raises(JournalError, match=f"at most {LINE_BYTES_MAX} are allowed"):
        seal(GENESIS, "policy", NOON, {"text": "x" * LINE_BYTES_MAX})
