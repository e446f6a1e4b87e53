"""The journal on disk: durable, locked, proven on opening, alive on a full disk."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from riskd.adapters.journal_file import JournalFile
from riskd.adapters.journal_scan import read_journal
from riskd.errors import JournalError, StateLocked
from riskd.record.chain import GENESIS
from tests.fakes.file_ops import RecordingFileOps, SmallDisk

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RESERVE = 128 * 1024


def open_journal(directory: Path) -> JournalFile:
    return JournalFile.open(directory / "journal.jsonl", holder="a test", reserve_bytes=RESERVE)


def write(journal: JournalFile, count: int, *, padding: int = 0) -> None:
    """Append entries that carry their own sequence as ``number``."""
    for _ in range(count):
        journal.append("event", NOON, {"number": journal.head[0] + 1, "text": "x" * padding})


def numbers(journal: JournalFile) -> list[object]:
    """The numbers that :func:`write` counted."""
    return [entry.body["number"] for entry in journal.entries()]


def test_an_empty_journal_begins_at_the_genesis_link(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)

    assert journal.head == (0, "0" * 64)
    assert journal.recovered is None
    assert list(journal.entries()) == []


def test_what_was_appended_is_there_after_reopening(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    write(journal, 3)
    head = journal.head
    journal.close()

    again = open_journal(tmp_path)
    write(again, 1)

    assert numbers(again) == [1, 2, 3, 4]
    assert next(iter(again.entries(after=2))).hash == head[1]


def test_a_line_is_on_the_disk_when_append_returns_and_people_can_read_it(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    write(journal, 2)

    lines = (tmp_path / "journal.jsonl").read_text(encoding="ascii").splitlines()

    assert [json.loads(line)["sequence"] for line in lines] == [1, 2]


def test_nobody_else_may_read_the_files(tmp_path: Path) -> None:
    open_journal(tmp_path)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    assert modes == {"journal.jsonl": 0o600, "journal.lock": 0o600, "journal.reserve": 0o600}


def test_entries_can_be_read_from_any_place_in_a_long_journal(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.append_all([("event", NOON, {}) for _ in range(2100)])

    assert [entry.sequence for entry in journal.entries(after=2097)] == [2098, 2099, 2100]
    assert [entry.sequence for entry in journal.entries(after=999)][:2] == [1000, 1001]
    assert [entry.sequence for entry in journal.entries(after=1000)][:2] == [1001, 1002]
    assert list(journal.entries(after=2100)) == []


def test_a_second_opener_is_told_who_holds_the_journal(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)

    with pytest.raises(StateLocked, match=r"held by process \d+: a test"):
        open_journal(tmp_path)

    journal.close()
    open_journal(tmp_path)


def test_an_opener_that_fails_leaves_no_lock_behind(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_bytes(b"this is no journal\n")
    with pytest.raises(JournalError, match="entry 1 is not JSON"):
        open_journal(tmp_path)
    (tmp_path / "journal.jsonl").unlink()

    assert open_journal(tmp_path).head == (0, GENESIS.hash)


def test_a_directory_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"cannot be opened: .*No such file"):
        open_journal(tmp_path / "nowhere")


def test_another_process_reads_a_journal_in_use_up_to_its_last_whole_line(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    write(journal, 3)
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b'{"at":"20')

    assert [entry.sequence for entry in read_journal(tmp_path / "journal.jsonl")] == [1, 2, 3]


def test_a_journal_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be read: No such file"):
        read_journal(tmp_path / "journal.jsonl")


def test_an_incomplete_last_line_is_cut_off_and_reported(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    write(journal, 3)
    journal.close()
    whole = (tmp_path / "journal.jsonl").read_bytes()
    (tmp_path / "journal.jsonl").write_bytes(whole[:-10])

    again = open_journal(tmp_path)

    assert again.recovered is not None
    assert again.recovered.after.sequence == 2
    assert "incomplete last line" in str(again.recovered)
    assert numbers(again) == [1, 2]
    write(again, 1)
    assert numbers(again) == [1, 2, 3]


def test_a_journal_cut_short_at_the_end_of_a_line_is_known_by_a_head_kept_elsewhere(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    write(journal, 3)
    head = journal.head
    assert journal.contains(*head)
    journal.close()
    lines = (tmp_path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "journal.jsonl").write_bytes(b"".join(lines[:2]))

    again = open_journal(tmp_path)

    assert again.recovered is None
    assert not again.contains(*head)
    assert again.contains(0, GENESIS.hash)


def test_damage_names_the_file_the_byte_and_the_entry(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    write(journal, 3)
    journal.close()
    lines = (tmp_path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b'"number":2', b'"number":7')
    (tmp_path / "journal.jsonl").write_bytes(b"".join(lines))

    with pytest.raises(
        JournalError, match=rf"journal.jsonl, byte {len(lines[0])}: journal entry 2 \(event\) was changed"
    ):
        open_journal(tmp_path)


@pytest.mark.parametrize(("line", "kept"), [(0, None), (1, None), (2, [1, 2])])
def test_zeros_where_a_block_was_never_written_are_a_torn_write_in_the_last_line_only(
    line: int, kept: list[int] | None, tmp_path: Path
) -> None:
    journal = open_journal(tmp_path)
    write(journal, 3, padding=100)
    journal.close()
    lines = (tmp_path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    lines[line] = lines[line].replace(b"x" * 100, bytes(100))
    (tmp_path / "journal.jsonl").write_bytes(b"".join(lines))

    if kept is None:
        with pytest.raises(JournalError, match=f"entry {line + 1} is not JSON"):
            open_journal(tmp_path)
    else:
        again = open_journal(tmp_path)
        assert numbers(again) == kept
        assert again.recovered is not None


def test_an_entry_that_cannot_be_written_as_json_changes_nothing(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    write(journal, 1)

    with pytest.raises(JournalError, match="cannot be written as JSON"):
        journal.append("intent", NOON, {"price": float("inf")})

    write(journal, 1)
    assert numbers(journal) == [1, 2]


def test_on_a_full_disk_the_last_words_go_into_the_reserve_until_it_is_used_up(tmp_path: Path) -> None:
    disk = SmallDisk(RESERVE + 10_000)
    path = tmp_path / "journal.jsonl"
    journal = JournalFile.open(path, holder="a test", reserve_bytes=RESERVE, ops=disk)
    while not journal.on_reserve:
        write(journal, 1, padding=2000)
    written_before = journal.head[0]

    with pytest.raises(JournalError, match="No space left"):
        write(journal, 10_000, padding=2000)

    assert journal.reserve_left_bytes == 0
    assert journal.head[0] - written_before > 10 * written_before  # 128 KiB of reserve against 10 kB of disk
    expected = list(range(1, journal.head[0] + 1))
    journal.close()
    assert numbers(open_journal(tmp_path)) == expected


def test_when_space_returns_the_journal_writes_on_and_sets_its_reserve_aside_again(tmp_path: Path) -> None:
    disk = SmallDisk(RESERVE + 2000)
    path = tmp_path / "journal.jsonl"
    journal = JournalFile.open(path, holder="a test", reserve_bytes=RESERVE, ops=disk)
    with pytest.raises(JournalError, match="No space left"):
        write(journal, 10_000, padding=2000)
    assert not journal.refill_reserve()

    disk.size *= 3

    write(journal, 1)
    assert journal.refill_reserve()
    assert not journal.on_reserve
    assert numbers(journal) == list(range(1, journal.head[0] + 1))


def test_a_journal_opens_without_its_reserve_when_the_disk_is_full_from_the_start(tmp_path: Path) -> None:
    journal = JournalFile.open(
        tmp_path / "journal.jsonl", holder="a test", reserve_bytes=RESERVE, ops=SmallDisk(5000)
    )

    assert journal.on_reserve
    write(journal, 2)
    assert numbers(journal) == [1, 2]


def test_several_entries_are_written_as_if_one_after_the_other(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    write(journal, 1)

    entries = journal.append_all([("event", NOON, {"number": number}) for number in (2, 3)])

    assert journal.append_all([]) == ()
    assert [entry.sequence for entry in entries] == [2, 3]
    assert journal.head == (3, entries[-1].hash)
    assert numbers(journal) == [1, 2, 3]


def test_several_entries_of_which_one_cannot_be_written_are_none(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)

    with pytest.raises(JournalError, match="entry 2"):
        journal.append_all([("event", NOON, {"number": 1}), ("event", NOON, {"number": float("nan")})])

    write(journal, 1)
    assert numbers(journal) == [1]


def test_the_disk_is_waited_for_once_an_append_and_for_the_new_name_on_opening(tmp_path: Path) -> None:
    disk = RecordingFileOps()
    journal = JournalFile.open(tmp_path / "journal.jsonl", holder="a test", reserve_bytes=RESERVE, ops=disk)
    assert disk.calls == ["sync_directory"]

    write(journal, 1)
    journal.append_all([("event", NOON, {"number": number}) for number in (2, 3)])

    assert disk.calls[1:] == ["write", "sync", "write", "sync"]
