"""The ledger: a cycle whole or not at all and once, the journal projected without a gap, failures survived."""

from __future__ import annotations

import math
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from riskd.adapters.duckdb_ledger import LEDGER_NAME, DuckdbLedger
from riskd.adapters.duckdb_migrate import Migration
from riskd.errors import JournalError, LedgerDamaged, LedgerError
from riskd.model.flow import IncomeKind
from riskd.model.journal import EntryKind
from riskd.model.report import Surface
from riskd.model.snapshot import Quality
from riskd.record.block import Vocabulary, block
from riskd.record.bodies import daemon_body
from riskd.record.projection import journal_blocks
from tests.adapters.ledger_files import MIGRATIONS, everything, open_ledger, rows
from tests.builders import BTC, NOW, a_position, a_snapshot, a_stop, a_surface, an_account
from tests.fakes.journal import MemoryJournal
from tests.record.builder import a_cycle, an_income, every_kind

ROOT = Path(__file__).resolve().parents[2]
ENTRIES = len(every_kind())


def a_journal(times: int = 1) -> MemoryJournal:
    journal = MemoryJournal()
    for kind, body in every_kind() * times:
        journal.append(kind, NOW, body)
    return journal


def test_a_cycle_is_there_after_the_commit_and_after_reopening(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    ledger.commit(a_cycle(1))
    ledger.commit(a_cycle(2))
    ledger.close()

    again = open_ledger(tmp_path)

    assert again.last_snapshot_id == 2
    assert rows(again, "select snapshot_id, positions, verdicts_recorded, duration_ms from snapshots") == [
        (1, 2, 2, 125.0),
        (2, 2, 2, 125.0),
    ]
    assert rows(again, "select distinct count(*) over (partition by snapshot_id) from positions") == [(2,)]


def test_every_value_arrives_as_it_was(tmp_path: Path) -> None:
    hostile = "'; drop table positions; --\u202e<!channel>\x00\n"
    snapshot = a_snapshot(
        id=1,
        positions=[a_position(BTC, "-0.100", entry=59_000.1, opened_age_seconds=60.5)],
        orders=[a_stop(BTC, "BUY", "0.1", trigger=70_000, client_order_id=hostile)],
    )
    ledger = open_ledger(tmp_path)
    ledger.commit(a_cycle(1, snapshot=snapshot))

    assert rows(
        ledger, "select side, quantity, quantity_exact, entry_price, notional_usd from positions"
    ) == [("short", -0.1, "-0.100", 59_000.1, -6000.0)]
    assert rows(
        ledger, "select client_order_id, direction, price, placed_at is null from resting_orders"
    ) == [(hostile, "BUY", None, snapshot.orders.placed_at[0] != snapshot.orders.placed_at[0])]
    assert rows(ledger, "select taken_at, equity_usd from account_snapshots") == [
        (NOW.replace(tzinfo=None), float(snapshot.accounts.equity[0]))
    ]


def test_unknown_is_null_and_never_zero_and_infinity_stays_infinite(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    ledger.commit(a_cycle(1, values=(math.inf, math.nan)))

    assert rows(ledger, "select value, outcome, limit_value from verdicts") == [
        (math.inf, "breach", 5.0),
        (None, "unknown", None),
    ]
    assert rows(ledger, "select liquidation_distance_min from account_snapshots") == [(None,)]


def test_a_cycle_written_again_changes_nothing(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    journal = a_journal()
    ledger.commit(a_cycle(1), journal.entries())
    before = everything(ledger)

    ledger.commit(a_cycle(1), journal.entries())
    ledger.close()
    again = open_ledger(tmp_path)
    again.commit(a_cycle(1), journal.entries())

    assert everything(again) == before


def test_a_cycle_that_failed_in_the_middle_left_nothing_and_can_be_written_again(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    whole = a_cycle(1)
    words = Vocabulary()
    strange = block("no_such_table", words, {"x": np.zeros(1)}, {"y": words.codes(["z"])})

    with pytest.raises(LedgerError, match=r"cycle 1: .*no_such_table"):
        ledger.commit(replace(whole, blocks=(*whole.blocks, strange)), a_journal().entries())

    assert all(not found for found in everything(ledger).values())
    ledger.commit(whole)
    assert rows(ledger, "select count(*) from positions") == [(2,)]


def test_income_that_is_read_again_is_written_once(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    funding = an_income("f1", IncomeKind.FUNDING, "-1.25")
    deposit = an_income("t1", IncomeKind.TRANSFER, "1000")
    later = replace(an_income("f2"), at=NOW + timedelta(hours=8))

    ledger.commit(a_cycle(1, incomes=[("main", funding), ("main", deposit), ("main", funding)]))
    ledger.commit(a_cycle(2, incomes=[("main", funding), ("main", later), ("other", funding)]))

    assert rows(ledger, "select account, income_id, amount_usd from funding_income order by all") == [
        ("main", "f1", -1.25),
        ("main", "f2", -1.25),
        ("other", "f1", -1.25),
    ]
    assert ledger.transfers(since=NOW) == [("main", "t1", NOW.timestamp(), 1000.0, "USDT")]
    assert ledger.transfers(since=NOW + timedelta(seconds=1)) == []


def test_a_ledger_rebuilt_from_the_journal_equals_the_one_written_live(tmp_path: Path) -> None:
    live = open_ledger(tmp_path)
    journal = MemoryJournal()
    for number, (kind, body) in enumerate(every_kind() * 3, start=1):
        entry = journal.append(kind, NOW + timedelta(seconds=number), body)
        if number % 4:
            live.project([entry])
        else:
            live.commit(a_cycle(number), [entry])
    (tmp_path / "rebuilt").mkdir()
    rebuilt = open_ledger(tmp_path / "rebuilt")

    assert rebuilt.catch_up(journal) == len(journal.lines)

    journal_tables = {block.table for block in journal_blocks(journal.entries())}
    assert len(journal_tables) == 13
    for table in journal_tables:
        assert everything(rebuilt)[table] == everything(live)[table], table
    assert rebuilt.projected == journal.head


def test_catching_up_takes_only_what_is_new(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    journal = a_journal()

    assert ledger.catch_up(journal) == ENTRIES
    assert ledger.catch_up(journal) == 0
    journal.append(EntryKind.START, NOW, daemon_body("up"))
    ledger.close()
    again = open_ledger(tmp_path)

    assert again.catch_up(journal) == 1
    assert again.projected == journal.head


def test_an_entry_that_is_skipped_is_noticed(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    entries = list(a_journal().entries())
    ledger.project(entries[:3])

    with pytest.raises(
        LedgerError, match="journal entry 4 is missing before entry 5; give all entries after 3"
    ):
        ledger.commit(a_cycle(1), entries[4:])

    assert ledger.last_snapshot_id == 0
    ledger.commit(a_cycle(1), entries)
    assert ledger.projected[0] == ENTRIES


def test_a_journal_that_lost_its_end_or_was_replaced_is_noticed(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    journal = a_journal()
    ledger.catch_up(journal)

    with pytest.raises(
        JournalError, match=rf"recorded journal entry {ENTRIES} .* the journal ends before it"
    ):
        ledger.catch_up(MemoryJournal(journal.lines[:-1]))
    other = MemoryJournal()
    for _ in range(ENTRIES):
        other.append(EntryKind.START, NOW, daemon_body("up"))
    with pytest.raises(JournalError, match=r"the journal has hash .* there: it was cut short or replaced"):
        ledger.catch_up(other)


def test_equity_comes_back_thinned_to_the_first_and_the_highest_of_each_minute(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    path = [100.0, 130.0, 90.0, 80.0, 85.0, math.nan, 70.0]
    for number, equity in enumerate(path):
        taken_at = NOW + timedelta(seconds=20 * number)
        snapshot = a_snapshot(id=number + 1, taken_at=taken_at, accounts=[an_account("main", wallet=equity)])
        ledger.commit(a_cycle(number + 1, snapshot=snapshot, values=()))
    start = NOW.timestamp()

    samples = ledger.equity_samples(since=NOW)

    assert samples == {
        "main": [
            (start, 100.0, 100.0, ""), (start + 20, 130.0, 130.0, ""),  # 100, 130, 90
            (start + 60, 80.0, 80.0, ""), (start + 80, 85.0, 85.0, ""),  # 80, 85, unknown
            (start + 120, 70.0, 70.0, ""),
        ]
    }  # fmt: skip
    later = ledger.equity_samples(since=NOW + timedelta(seconds=110))
    assert later == {"main": [(start + 120, 70.0, 70.0, "")]}


def test_equity_that_was_not_believed_does_not_come_back_and_what_it_is_made_of_does(tmp_path: Path) -> None:
    """Story F9: half an answer about balances made no peak then, and must make none after a restart."""
    ledger = open_ledger(tmp_path)
    doubts = {
        1: [],
        2: [a_surface(Surface.BALANCES, "main", quality=Quality.PARTIAL, age_seconds=1.0)],
        3: [a_surface(Surface.ORDERS, "main", quality=Quality.STALE, age_seconds=400.0)],
        4: [a_surface(Surface.BALANCES, "main", quality=Quality.BLIND, age_seconds=None)],
    }
    for number, surfaces in doubts.items():
        taken_at = NOW + timedelta(seconds=60 * number)
        account = an_account("main", wallet=1_000.0 + number)
        snapshot = a_snapshot(id=number, taken_at=taken_at, accounts=[account], surfaces=surfaces)
        told = replace(snapshot.accounts, basis=("USDC",))
        ledger.commit(a_cycle(number, snapshot=replace(snapshot, accounts=told), values=()))

    samples = ledger.equity_samples(since=NOW)["main"]

    assert [sample[1:] for sample in samples] == [(1_001.0, 1_001.0, "USDC"), (1_003.0, 1_003.0, "USDC")]


def test_details_are_forgotten_and_what_explains_decisions_stays(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    for number in (1, 2, 3):
        ledger.commit(a_cycle(number))
    ledger.project(a_journal().entries())

    ledger.forget_details(before=NOW + timedelta(seconds=25))

    for table in ("positions", "resting_orders", "marks", "surfaces", "verdicts"):
        assert rows(ledger, f"select distinct snapshot_id from {table}") == [(3,)]
    assert rows(ledger, "select count(*) from account_snapshots") == [(3,)]
    assert rows(ledger, "select count(*) from journal_projection") == [(ENTRIES,)]


def test_a_checkpoint_folds_the_log_in(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    assert ledger.pending_bytes == 0
    ledger.commit(a_cycle(1))
    assert ledger.pending_bytes > 0

    ledger.checkpoint()

    assert ledger.pending_bytes == 0
    assert rows(ledger, "select count(*) from positions") == [(2,)]


def test_a_ledger_held_by_another_process_is_refused_and_not_taken_for_damaged(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    ledger.commit(a_cycle(1))
    other = f"""
from tests.adapters.ledger_files import open_ledger
from riskd.errors import LedgerError, LedgerDamaged
from pathlib import Path
try:
    open_ledger(Path({str(tmp_path)!r}))
except LedgerDamaged:
    raise SystemExit("damaged")
except LedgerError as error:
    raise SystemExit("held" if "lock" in str(error) else str(error))
"""
    answer = subprocess.run(
        [sys.executable, "-c", other], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert answer.stderr.strip() == "held"
    ledger.commit(a_cycle(2))


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """A disk that refuses to let any file grow beyond ``size``: writes fail as on a full one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_takes_no_more_fails_the_commit_and_the_next_one_works_after_reopening(
    tmp_path: Path,
) -> None:
    ledger = open_ledger(tmp_path)
    ledger.commit(a_cycle(1))
    size = ledger.pending_bytes

    with files_no_larger_than(size + 100), pytest.raises(LedgerError, match="cycle 2"):
        ledger.commit(a_cycle(2))
    ledger.reopen(now=NOW)
    ledger.commit(a_cycle(2))
    ledger.commit(a_cycle(3))

    assert rows(ledger, "select snapshot_id, count(*) from positions group by 1 order by 1") == [
        (1, 2),
        (2, 2),
        (3, 2),
    ]


def test_a_checkpoint_that_fails_loses_nothing_and_says_that_the_ledger_must_be_reopened(
    tmp_path: Path,
) -> None:
    ledger = open_ledger(tmp_path)
    for number in range(1, 40):
        ledger.commit(a_cycle(number))
    size = (tmp_path / LEDGER_NAME).stat().st_size

    with files_no_larger_than(size):
        with pytest.raises(LedgerError, match="checkpoint"):
            ledger.checkpoint()
        with pytest.raises(LedgerError, match="reopen it first"):
            ledger.commit(a_cycle(40))
    ledger.reopen(now=NOW)
    ledger.commit(a_cycle(40))

    assert rows(ledger, "select count(*), count(distinct snapshot_id) from positions") == [(80, 40)]


def damaged_ledger(directory: Path, damage: str) -> None:
    """A ledger whose last bytes, or whose first, are not what was written."""
    ledger = open_ledger(directory)
    ledger.project(a_journal().entries())
    ledger.checkpoint()
    ledger.commit(a_cycle(1))
    path, log = directory / LEDGER_NAME, directory / f"{LEDGER_NAME}.wal"
    copies = path.read_bytes(), log.read_bytes()
    ledger.close()
    path.write_bytes(copies[0] if damage != "file" else bytes(8192) + copies[0][8192:])
    log.write_bytes(copies[1] + bytes(64) if damage == "zero-filled log" else copies[1])


@pytest.mark.parametrize("damage", ["zero-filled log", "file"])
def test_a_file_that_cannot_be_read_any_more_is_set_aside_and_rebuilt_from_the_journal(
    damage: str, tmp_path: Path
) -> None:
    damaged_ledger(tmp_path, damage)
    with pytest.raises(LedgerDamaged, match="cannot be read any more"):
        open_ledger(tmp_path)

    ledger, quarantine = DuckdbLedger.open_or_quarantine(tmp_path / LEDGER_NAME, MIGRATIONS, now=NOW)
    journal = a_journal()

    assert quarantine is not None
    assert "set aside as hot.duckdb.damaged-20260302T120000000000Z" in str(quarantine)
    assert all(file.exists() for file in quarantine.files)
    assert ledger.catch_up(journal) == ENTRIES
    ledger.commit(a_cycle(2))
    ledger.close()
    assert open_ledger(tmp_path).projected == journal.head


def test_a_sound_ledger_is_not_set_aside(tmp_path: Path) -> None:
    open_ledger(tmp_path).close()

    ledger, quarantine = DuckdbLedger.open_or_quarantine(tmp_path / LEDGER_NAME, MIGRATIONS, now=NOW)

    assert quarantine is None
    assert ledger.last_snapshot_id == 0


def test_a_ledger_of_a_newer_version_is_refused_and_not_set_aside(tmp_path: Path) -> None:
    newer = (*MIGRATIONS, Migration(version=len(MIGRATIONS) + 1, name="newer", sql="create table n (x int);"))
    DuckdbLedger.open(tmp_path / LEDGER_NAME, newer, now=NOW).close()

    with pytest.raises(LedgerError, match="written by a newer version"):
        DuckdbLedger.open_or_quarantine(tmp_path / LEDGER_NAME, MIGRATIONS, now=NOW)

    assert [path.name for path in tmp_path.iterdir()] == [LEDGER_NAME]


def test_times_are_kept_in_utc_whatever_zone_they_came_in(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    journal = MemoryJournal()
    journal.append(EntryKind.START, datetime.fromisoformat("2026-03-02T14:00:00+02:00"), daemon_body("up"))
    ledger.catch_up(journal)

    assert rows(ledger, "select happened_at from daemon_events") == [(NOW.replace(tzinfo=None),)]
