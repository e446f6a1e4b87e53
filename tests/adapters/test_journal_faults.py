"""Every call of the journal to the disk fails in turn; every kind of damage to its file is done. Nothing is lost silently."""

from __future__ import annotations

import random
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from riskd.adapters.journal_file import JournalFile
from riskd.errors import JournalError
from tests.fakes.file_ops import Fault, FaultyFileOps
from tests.fakes.journal import Crash

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RESERVE = 4096
BATCHES = ([1], [2, 3, 4], [5], [6, 7])
ALL = [number for batch in BATCHES for number in batch]


def script(path: Path, ops: FaultyFileOps) -> tuple[list[int], list[int]]:
    """Open, append, close: which entries were acknowledged, and which were under way when the process died."""
    acknowledged: list[int] = []
    try:
        journal = JournalFile.open(path, holder="a test", reserve_bytes=RESERVE, ops=ops)
    except (JournalError, Crash):
        return [], []
    with closing(journal):  # a dead process lets go of its files and locks too
        for batch in BATCHES:
            try:
                # Each line is shorter than the one before: what is left of a longer one would show behind it.
                journal.append_all(
                    [
                        ("event", NOON, {"number": number, "text": "z" * (1000 - 100 * number)})
                        for number in batch
                    ]
                )
            except JournalError:
                continue
            except Crash:
                return acknowledged, batch
            acknowledged += batch
    return acknowledged, []


def read_numbers(path: Path) -> list[object]:
    journal = JournalFile.open(path, holder="a test", reserve_bytes=RESERVE)
    numbers: list[object] = [entry.body["number"] for entry in journal.entries()]
    journal.append("event", NOON, {"number": 99})  # what was left behind must not be in the way
    assert [entry.body["number"] for entry in journal.entries()] == [*numbers, 99]
    journal.close()
    return numbers


def calls_of_a_quiet_run(path: Path) -> int:
    ops = FaultyFileOps(Fault.EIO, at=10_000)
    assert script(path, ops) == (ALL, [])
    return ops.calls


@pytest.mark.parametrize("fault", Fault)
def test_whichever_call_fails_no_acknowledged_entry_is_lost_and_no_refused_one_appears(
    fault: Fault, tmp_path: Path
) -> None:
    quiet = tmp_path / "quiet"
    quiet.mkdir()
    for at in range(1, calls_of_a_quiet_run(quiet / "journal.jsonl") + 1):
        directory = tmp_path / str(at)
        directory.mkdir()
        ops = FaultyFileOps(fault, at)

        acknowledged, under_way = script(directory / "journal.jsonl", ops)
        found = read_numbers(directory / "journal.jsonl")

        assert ops.met
        if fault in {Fault.DEATH, Fault.TORN_DEATH}:
            # Died while writing: entries under way may be there, the first ones first; nobody was told either way.
            assert found[: len(acknowledged)] == acknowledged, f"call {at}"
            assert found[len(acknowledged) :] == under_way[: len(found) - len(acknowledged)], f"call {at}"
        elif fault in {Fault.EIO_FOR_GOOD, Fault.TORN_EIO_TWICE}:
            # The file could not be cut back before the end: of the first batch that was refused some may be there.
            refused = next((batch for batch in BATCHES if batch[0] not in acknowledged), [])
            assert found[: len(acknowledged)] == acknowledged, f"call {at}"
            assert found[len(acknowledged) :] == refused[: len(found) - len(acknowledged)], f"call {at}"
        else:
            assert found == acknowledged, f"call {at}"


def test_a_short_write_is_finished_and_not_an_error(tmp_path: Path) -> None:
    ops = FaultyFileOps(Fault.SHORT, at=4)

    acknowledged, _ = script(tmp_path / "journal.jsonl", ops)

    assert ops.met
    assert acknowledged == ALL


def test_a_single_failed_append_does_not_stop_the_next(tmp_path: Path) -> None:
    quiet = tmp_path / "quiet.jsonl"
    for at in range(1, calls_of_a_quiet_run(quiet) + 1):
        path = tmp_path / f"journal-{at}.jsonl"
        acknowledged, _ = script(path, FaultyFileOps(Fault.TORN_EIO, at))

        lost = [batch for batch in BATCHES if not set(batch) <= set(acknowledged)]
        assert len(lost) <= 1 or acknowledged == [], f"call {at}"


MUTATIONS = ("truncate", "flip", "zero", "garbage", "duplicate", "swap", "drop", "newline")


def mutate(content: bytes, kind: str, randomness: random.Random) -> bytes:
    """One act of damage to a journal file."""
    lines = content.splitlines(keepends=True)
    place = randomness.randrange(len(content))
    one, two = randomness.sample(range(len(lines)), 2)
    match kind:
        case "truncate":
            return content[:place]
        case "flip":
            return (
                content[:place]
                + bytes([content[place] ^ 1 << randomness.randrange(8)])
                + content[place + 1 :]
            )
        case "zero":
            length = min(randomness.choice([1, 16, 512, 4096]), len(content) - place)
            return content[:place] + bytes(length) + content[place + length :]
        case "garbage":
            tail = randomness.choice([b"", b"\n"])
            return content + randomness.randbytes(randomness.randint(1, 200)) + tail
        case "duplicate":
            lines.insert(one, lines[two])
        case "swap":
            lines[one], lines[two] = lines[two], lines[one]
        case "drop":
            del lines[one]
        case _:
            return content[:place] + b"\n" + content[place:]
    return b"".join(lines)


@pytest.mark.parametrize("kind", MUTATIONS)
def test_damage_is_refused_or_the_prefix_is_kept_and_the_loss_is_visible(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = JournalFile.open(path, holder="a test", reserve_bytes=0)
    for number in range(12):
        journal.append("event", NOON, {"number": number, "text": "y" * (number * 7)})
    head, entries = journal.head, list(journal.entries())
    journal.close()
    content = path.read_bytes()
    randomness = random.Random(f"journal damage {kind}")

    for _ in range(60):
        damaged = mutate(content, kind, randomness)
        path.write_bytes(damaged)
        try:
            again = JournalFile.open(path, holder="a test", reserve_bytes=0)
        except JournalError:
            continue
        found = list(again.entries())
        assert found == entries[: len(found)]
        if damaged != content:
            assert again.recovered is not None or not again.contains(*head)
        again.close()
