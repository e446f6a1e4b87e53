"""Verification: a ledger as it was written is proven; whatever was changed since is named."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from riskd.adapters.duckdb_ledger import CYCLE_TABLES, LEDGER_NAME
from riskd.adapters.journal_file import JOURNAL_NAME, JournalFile
from riskd.adapters.ledger_verify import Verification, verify
from riskd.errors import JournalError, LedgerError
from riskd.model.journal import EntryKind
from riskd.record.bodies import cycle_body, daemon_body
from tests.adapters.ledger_files import open_ledger
from tests.builders import NOW
from tests.record.builder import a_cycle, every_kind

ENTRIES = len(every_kind()) - 1 + 3 + 2


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three cycles and every kind of entry; the last two entries have not reached the ledger."""
    directory = tmp_path_factory.mktemp("recorded")
    journal = JournalFile.open(directory / JOURNAL_NAME, holder="a test", reserve_bytes=0)
    ledger = open_ledger(directory)
    for kind, body in every_kind():
        if kind is not EntryKind.CYCLE:
            journal.append(kind, NOW, body)
    for number in (1, 2, 3):
        cycle = a_cycle(number, values=(6.0, float("nan")))
        journal.append(EntryKind.CYCLE, cycle.taken_at, cycle_body(cycle))
        ledger.commit(cycle, journal.entries(after=ledger.projected[0]))
    journal.append(EntryKind.STOP, NOW, daemon_body("stopped"))
    journal.append(EntryKind.START, NOW, daemon_body("started"))
    ledger.close()
    journal.close()
    return directory


@pytest.fixture
def state(recorded: Path, tmp_path: Path) -> Path:
    """A copy of it to tamper with."""
    return shutil.copytree(recorded, tmp_path / "state")


def verified(state: Path) -> Verification:
    return verify(state / JOURNAL_NAME, state / LEDGER_NAME)


def change(state: Path, sql: str) -> None:
    """Somebody tampers with the file while nobody looks."""
    with duckdb.connect(str(state / LEDGER_NAME)) as connection:
        connection.execute(sql)


def test_what_was_recorded_is_proven(state: Path) -> None:
    found = verified(state)

    assert found.problems == ()
    assert (found.entries, found.projected, found.cycles) == (ENTRIES, ENTRIES - 2, 3)
    assert len(found.head) == 64
    assert found.torn is None


@pytest.mark.parametrize("table", [name for name in CYCLE_TABLES if name != "spot_balances"])
def test_a_changed_missing_or_added_row_of_any_table_is_named(table: str, state: Path) -> None:
    change(state, f"update {table} set taken_at = taken_at + interval 1 second where snapshot_id = 1")
    change(state, f"delete from {table} where snapshot_id = 2")
    change(state, f"insert into {table} from {table} where snapshot_id = 3")

    said = " ".join(verified(state).problems)

    assert [f"cycle {number}: its rows give digest" in said for number in (1, 2, 3)] == [True, True, True]


@pytest.mark.parametrize(
    "sql",
    [
        "update positions set quantity = quantity * (1 + 2.3e-16) where snapshot_id = 2",
        "update positions set liquidation_price = 0.0 where snapshot_id = 2",
        "update verdicts set value = 0.0 where snapshot_id = 2 and value is null",
        "update verdicts set outcome = 'ok' where snapshot_id = 2",
        "update surfaces set reason = ' ' where snapshot_id = 2",
    ],
)
def test_the_smallest_change_is_seen(sql: str, state: Path) -> None:
    change(state, sql)

    assert verified(state).problems[0].startswith("cycle 2: its rows give digest")


def test_a_digest_that_was_rewritten_with_its_rows_contradicts_the_journal(state: Path) -> None:
    change(state, "update verdicts set outcome = 'ok' where snapshot_id = 2")
    (problem,) = verified(state).problems
    forged = problem.split("digest ")[1].split(",")[0]
    change(state, f"update snapshots set digest = '{forged}' where snapshot_id = 2")

    (problem,) = verified(state).problems

    assert problem.startswith(f"cycle 2: the ledger states digest {forged}, the journal ")


def test_a_changed_projection_is_named(state: Path) -> None:
    change(state, "update journal_projection set body = '{}' where journal_sequence = 3")

    assert verified(state).problems[0].startswith("journal entry 3 (policy): the ledger has something else")


def test_cycles_whose_details_were_forgotten_are_not_blamed(state: Path) -> None:
    ledger = open_ledger(state)
    ledger.forget_details(before=NOW + timedelta(seconds=25))
    ledger.close()

    found = verified(state)

    assert found.problems == ()
    assert found.cycles == 1


def test_a_torn_last_line_is_reported_and_the_rest_proven(state: Path) -> None:
    with (state / JOURNAL_NAME).open("ab") as file:
        file.write(b'{"at"')

    found = verified(state)

    assert found.torn is not None
    assert (found.entries, found.problems) == (ENTRIES, ())


def test_a_broken_chain_a_missing_journal_and_a_missing_ledger_are_errors(state: Path) -> None:
    content = (state / JOURNAL_NAME).read_bytes()
    (state / JOURNAL_NAME).write_bytes(content.replace(b"on it", b"off it"))
    with pytest.raises(JournalError, match="was changed"):
        verified(state)
    (state / JOURNAL_NAME).write_bytes(content)
    (state / LEDGER_NAME).unlink()
    with pytest.raises(LedgerError, match="cannot be copied"):
        verified(state)
    (state / JOURNAL_NAME).unlink()
    with pytest.raises(JournalError, match="cannot be read"):
        verified(state)


def test_every_float_survives_the_engines_compression(tmp_path: Path) -> None:
    patterns = np.random.default_rng(7).integers(0, 2**64, 2000, dtype=np.uint64).view(np.float64)
    patterns[np.isnan(patterns)] = np.nan
    decimals = np.round(np.random.default_rng(8).normal(0, 1e4, 2000), 4)
    journal = JournalFile.open(tmp_path / JOURNAL_NAME, holder="a test", reserve_bytes=0)
    ledger = open_ledger(tmp_path)
    for number, values in enumerate((patterns, decimals), start=1):
        cycle = a_cycle(number, values=values.tolist())
        journal.append(EntryKind.CYCLE, cycle.taken_at, cycle_body(cycle))
        ledger.commit(cycle, journal.entries(after=number - 1))
    ledger.close()
    journal.close()

    assert verified(tmp_path).problems == ()
