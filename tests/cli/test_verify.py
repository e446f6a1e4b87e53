"""`riskd verify`: what the journal proves, what it does not, and what cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from riskd.adapters.journal_file import JournalFile
from riskd.model.journal import EntryKind
from riskd.record.bodies import cycle_body
from tests.adapters.ledger_files import open_ledger
from tests.cli.conftest import Riskd
from tests.cli.running import modules_after
from tests.cli.small_files import write_config
from tests.record.builder import a_cycle

START = datetime(2026, 3, 4, 12, tzinfo=UTC)


def write_journal(state: Path, *, entries: int = 5) -> Path:
    state.mkdir(exist_ok=True)
    path = state / "journal.jsonl"
    journal = JournalFile.open(path, holder="test", reserve_bytes=1024)
    for number in range(entries):
        journal.append("gap", START + timedelta(minutes=number), {"number": number})
    journal.close()
    return path


def test_a_whole_chain_tells_its_length_its_times_and_its_head(riskd: Riskd, tmp_path: Path) -> None:
    path = write_journal(tmp_path)
    ran = riskd("verify", "--state", tmp_path)
    told = dict(line.split(maxsplit=1) for line in ran.out.splitlines()[1:])
    assert ran.code == 0
    assert ran.out.startswith(f"{path}: verifies\n")
    assert (told["entries"], told["first"], told["last"]) == (
        "5",
        "2026-03-04T12:00:00.000Z",
        "2026-03-04T12:04:00.000Z",
    )
    assert f'"hash":"{told["head"]}"' in path.read_text().splitlines()[-1]


def test_the_state_directory_is_found_by_the_configuration(riskd: Riskd, tmp_path: Path) -> None:
    config = write_config(tmp_path)
    write_journal(tmp_path / "riskd-state")
    assert riskd("verify", "--config", config).code == 0
    assert riskd("verify").code == 0


def test_an_empty_journal_verifies(riskd: Riskd, tmp_path: Path) -> None:
    write_journal(tmp_path, entries=0)
    report = riskd("verify", "--state", tmp_path, "--json").json()
    assert (report["ok"], report["entries"], report["first_at"], report["head"]) == (True, 0, None, "0" * 64)


def changed(lines: list[str]) -> list[str]:
    return [line.replace('"number":3', '"number":4') for line in lines]


def dropped(lines: list[str]) -> list[str]:
    return lines[:3] + lines[4:]


def moved(lines: list[str]) -> list[str]:
    return [*lines[:3], lines[4], lines[3]]


def garbled(lines: list[str]) -> list[str]:
    return [*lines[:3], "\x1b[2J garbage", lines[4]]


@pytest.mark.parametrize("harm", [changed, dropped, moved, garbled])
def test_damage_is_a_finding_that_names_the_entry(
    riskd: Riskd, tmp_path: Path, harm: Callable[[list[str]], list[str]]
) -> None:
    path = write_journal(tmp_path)
    path.write_text("".join(f"{line}\n" for line in harm(path.read_text().splitlines())))
    ran = riskd("verify", "--state", tmp_path)
    report = riskd("verify", "--state", tmp_path, "--json")
    assert (ran.code, report.code) == (1, 1)
    assert "entries  3" in ran.out
    assert "journal entry 4" in ran.err
    assert "\x1b" not in ran.out + ran.err
    assert (report.json()["ok"], report.json()["entries"]) == (False, 3)
    assert "journal entry 4" in report.json()["damage"][0]


def test_a_line_that_is_being_written_is_no_damage(riskd: Riskd, tmp_path: Path) -> None:
    path = write_journal(tmp_path)
    with path.open("a") as file:
        file.write('{"at":"2026-03')
    ran = riskd("verify", "--state", tmp_path)
    assert ran.code == 0
    assert "entries  5" in ran.out
    assert "incomplete last line of 14 bytes" in ran.out


def test_the_daemon_may_hold_the_journal_meanwhile(riskd: Riskd, tmp_path: Path) -> None:
    path = write_journal(tmp_path)
    held = JournalFile.open(path, holder="riskd run", reserve_bytes=1024)
    try:
        assert riskd("verify", "--state", tmp_path).code == 0
        held.append("gap", START + timedelta(hours=1), {})
    finally:
        held.close()
    assert "entries  6" in riskd("verify", "--state", tmp_path).out


def test_a_journal_that_is_not_there_is_a_failure(riskd: Riskd, tmp_path: Path) -> None:
    ran = riskd("verify", "--state", tmp_path)
    assert ran.code == 3
    assert f"{tmp_path / 'journal.jsonl'}: cannot be read: No such file" in ran.err


def test_without_a_configuration_it_is_wrong_use(riskd: Riskd) -> None:
    ran = riskd("verify")
    assert ran.code == 2
    assert ran.err.startswith("riskd.yaml:1:1: error[C001]")


def test_a_verification_opens_no_database(tmp_path: Path) -> None:
    write_journal(tmp_path)
    modules = modules_after("verify", "--state", str(tmp_path), directory=tmp_path)
    assert not modules & {"ccxt", "duckdb", "slack_sdk", "rich"}


def write_records(state: Path) -> None:
    """Three cycles in journal and ledger."""
    journal = JournalFile.open(state / "journal.jsonl", holder="test", reserve_bytes=0)
    ledger = open_ledger(state)
    for number in (1, 2, 3):
        cycle = a_cycle(number)
        journal.append(EntryKind.CYCLE, cycle.taken_at, cycle_body(cycle))
        ledger.commit(cycle, journal.entries(after=ledger.projected[0]))
    ledger.close()
    journal.close()


def test_a_ledger_is_proven_against_its_journal(riskd: Riskd, tmp_path: Path) -> None:
    write_records(tmp_path)
    ran = riskd("verify", "--state", tmp_path, "--ledger")
    report = riskd("verify", "--state", tmp_path, "--ledger", "--json").json()
    assert (ran.code, ran.err) == (0, "")
    assert f"{tmp_path / 'hot.duckdb'}: verifies\n  entries  3\n  cycles   3\n" in ran.out
    assert (report["ok"], report["ledger_entries"], report["ledger_cycles"]) == (True, 3, 3)


def test_a_row_that_was_changed_in_the_ledger_is_a_finding(riskd: Riskd, tmp_path: Path) -> None:
    write_records(tmp_path)
    with duckdb.connect(str(tmp_path / "hot.duckdb")) as connection:
        connection.execute("update positions set quantity = 2 * quantity where snapshot_id = 2")
    ran = riskd("verify", "--state", tmp_path, "--ledger")
    assert ran.code == 1
    assert "journal.jsonl: verifies" in ran.out
    assert "hot.duckdb: contradicts the journal" in ran.out
    assert "damaged: cycle 2: its rows give digest" in ran.err


def test_only_the_ledger_shows_that_a_journal_was_cut_short_at_an_end_of_line(
    riskd: Riskd, tmp_path: Path
) -> None:
    write_records(tmp_path)
    path = tmp_path / "journal.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    assert riskd("verify", "--state", tmp_path).code == 0
    ran = riskd("verify", "--state", tmp_path, "--ledger")
    assert ran.code == 1
    assert "the journal ends with entry 2, but the ledger holds entries up to 3: it was cut short" in ran.err


def test_a_ledger_is_not_compared_with_a_damaged_journal(riskd: Riskd, tmp_path: Path) -> None:
    write_records(tmp_path)
    path = tmp_path / "journal.jsonl"
    path.write_text(path.read_text().replace('"sequence":2', '"sequence":7'))
    ran = riskd("verify", "--state", tmp_path, "--ledger")
    assert ran.code == 1
    assert "hot.duckdb" not in ran.out
    assert "journal entry 2" in ran.err


def test_a_ledger_that_is_not_there_is_a_failure(riskd: Riskd, tmp_path: Path) -> None:
    write_journal(tmp_path)
    ran = riskd("verify", "--state", tmp_path, "--ledger")
    assert ran.code == 3
    assert "hot.duckdb" in ran.err
