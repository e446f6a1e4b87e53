"""How long the durable commit of a cycle takes: 1,000 positions, 500 resting orders, 20 accounts, verdicts of 12 rules.

Printed beside a bare 4 KiB ``fdatasync`` on the same disk in the same run: what no durable store can go below. The
processor time of the same commits shows what a machine that is busy with other work adds.
"""

from __future__ import annotations

import os
import tempfile
from datetime import timedelta
from pathlib import Path
from time import process_time  # noqa: TID251 - a benchmark measures
from timeit import default_timer

import numpy as np

from riskd.adapters.duckdb_ledger import LEDGER_NAME, DuckdbLedger
from riskd.adapters.duckdb_migrate import read_migrations
from riskd.adapters.journal_file import JOURNAL_NAME, JournalFile
from riskd.adapters.package_files import storage_directory
from riskd.measure.book.book import Book
from riskd.model.journal import EntryKind
from riskd.model.subject import Grain
from riskd.record.bodies import cycle_body
from riskd.record.rows import CycleRows, cycle_rows
from riskd.record.snapshot_rows import AccountFigures
from tests.builders import NOW, a_history, a_position, a_snapshot, a_stop, an_account
from tests.builders_rules import a_rule
from tests.record.builder import a_reading

CYCLES = 300
POSITIONS = 1000
ACCOUNTS = 20
POSITION_RULES = 8
ACCOUNT_RULES = 4
EVERY = timedelta(seconds=10)


def main() -> None:
    """Prints the latencies and their ratio to the bare sync."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        directory = Path(name)
        syncs = _bare_syncs(directory / "bare", CYCLES)
        builds, appends, commits, busy = _cycles(directory)
    commit, sync = np.percentile(commits, 99), np.percentile(syncs, 99)
    print(
        f"commit of a cycle, {POSITIONS} positions: {_spread(commits)}, {commit / sync:.0f}x the p99 of a bare sync"
    )
    print(f"  processor time of it: {_spread(busy)}")
    print(f"  bare 4 KiB fdatasync: {_spread(syncs)}")
    print(f"  journal append of its head: {_spread(appends)}")
    print(f"  values to column blocks and digest, in memory: {_spread(builds)}")


def _cycles(directory: Path) -> tuple[list[float], list[float], list[float], list[float]]:
    ledger = DuckdbLedger.open(
        directory / LEDGER_NAME, read_migrations(storage_directory() / "migrations"), now=NOW
    )
    journal = JournalFile.open(directory / JOURNAL_NAME, holder="a benchmark")
    builds, appends, commits, busy = [], [], [], []
    for number in range(1, CYCLES + 1):
        rows, build = _rows(number)
        started = default_timer()
        entry = journal.append(EntryKind.CYCLE, rows.taken_at, cycle_body(rows))
        appended, worked = default_timer(), process_time()
        ledger.commit(rows, [entry])
        commits.append(default_timer() - appended)
        busy.append(process_time() - worked)
        appends.append(appended - started)
        builds.append(build)
        if ledger.pending_bytes > 64 * 1024 * 1024:
            ledger.checkpoint()  # outside the measured commit, as the daemon does it in idle time
    ledger.close()
    journal.close()
    return builds, appends, commits, busy


def _rows(number: int) -> tuple[CycleRows, float]:
    snapshot = a_snapshot(
        id=number,
        taken_at=NOW + number * EVERY,
        accounts=[an_account(f"a{account:02d}") for account in range(ACCOUNTS)],
        positions=[
            a_position(
                f"C{row // ACCOUNTS}/USDT:USDT", row % 7 + 1 + number / 10, account=f"a{row % ACCOUNTS:02d}"
            )
            for row in range(POSITIONS)
        ],
        orders=[
            a_stop(f"C{row // ACCOUNTS}/USDT:USDT", "SELL", 1, trigger=90, account=f"a{row % ACCOUNTS:02d}")
            for row in range(0, POSITIONS, 2)
        ],
    )
    book = Book.of(snapshot, a_history(snapshot))
    rules = [a_rule(id=f"bench/p{n}", grain=Grain.POSITION) for n in range(POSITION_RULES)]
    rules += [a_rule(id=f"bench/a{n}", grain=Grain.ACCOUNT) for n in range(ACCOUNT_RULES)]
    readings = [
        a_reading(universe, np.linspace(0, 3, universe.size).tolist(), rule)
        for rule in rules
        for universe in [book.universe(rule.grain)]
    ]
    figure = np.full(ACCOUNTS, 1.5)
    figures = AccountFigures(
        exposure_gross=figure,
        exposure_net=figure,
        leverage_gross=figure,
        margin_ratio=figure,
        liquidation_distance_min=figure,
    )
    started = default_timer()
    rows = cycle_rows(
        snapshot, figures=figures, readings=readings, policy_hash="p" * 64, duration_seconds=0.1
    )
    return rows, default_timer() - started


def _bare_syncs(path: Path, count: int) -> list[float]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    seconds = []
    for number in range(count):
        started = default_timer()
        os.pwrite(descriptor, b"x" * 4096, number * 4096)
        os.fdatasync(descriptor)
        seconds.append(default_timer() - started)
    os.close(descriptor)
    return seconds


def _spread(seconds: list[float]) -> str:
    p50, p99, highest = (1e3 * np.percentile(seconds, p) for p in (50, 99, 100))
    return f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, max {highest:.2f} ms"


if __name__ == "__main__":
    main()
