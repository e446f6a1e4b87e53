"""kill -9 of a process that writes journal and ledger, at random moments: no promise is broken, and it always starts again."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from riskd.adapters.duckdb_ledger import LEDGER_NAME
from riskd.adapters.journal_file import JOURNAL_NAME
from riskd.adapters.ledger_copy import open_copy
from riskd.adapters.ledger_verify import verify
from tests.adapters.ledger_files import open_ledger

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("RISKD_CRASHES", "20"))
SEED = "riskd crash"


@dataclass
class Promises:
    """What a writer said before it died.

    Attributes:
        entry: Highest entry that is durable.
        cycles: How many cycles are.
        quarantines: How many ledgers were set aside.
    """

    entry: int = 0
    cycles: int = 0
    quarantines: int = 0

    def hear(self, output: bytes) -> None:
        """Take in what was printed; a last line cut off by the kill promises nothing."""
        for line in output.decode().split("\n")[:-1]:
            word, number = line.split()
            if word == "entry":
                self.entry = int(number)
            elif word == "cycle":
                self.cycles += 1
            else:
                self.quarantines += int(number)


def write_and_kill(directory: Path, seed: str, seconds: float) -> bytes:
    """Run a writer until ``seconds`` after it was ready, then kill it."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.adapters.crash_writer", str(directory), seed],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as writer:
        assert writer.stdout is not None
        ready = writer.stdout.readline()
        try:
            output, errors = writer.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            writer.kill()
            output, errors = writer.communicate()
        assert errors == b"", errors.decode()
        return ready + output


@pytest.mark.parametrize("life", [1, 2])
def test_whenever_it_is_killed_nothing_promised_is_lost_and_no_half_cycle_is_there(
    life: int, tmp_path: Path
) -> None:
    randomness = random.Random(f"{SEED} {life}")
    promised = Promises()
    for kill in range(KILLS // 2):
        promised.hear(write_and_kill(tmp_path, f"{SEED} {life} {kill}", randomness.uniform(0.0, 0.25)))

        found = verify(tmp_path / JOURNAL_NAME, tmp_path / LEDGER_NAME)
        assert found.problems == (), f"kill {kill}"
        assert found.entries >= promised.entry, f"kill {kill}"
        # A kill between commit and promise leaves a cycle more, one between journal and commit a number unused.
        assert promised.cycles <= found.cycles <= promised.cycles + kill + 1, f"kill {kill}"
        assert found.projected >= 2 * promised.cycles, f"kill {kill}"

    assert promised.quarantines == 0
    assert promised.cycles > 0  # the test did write; how much depends on the machine


def test_after_a_power_cut_that_fills_the_log_with_zeros_the_journal_brings_its_part_back(
    tmp_path: Path,
) -> None:
    promised = Promises()
    log = tmp_path / f"{LEDGER_NAME}.wal"
    while not log.exists() or log.stat().st_size < 4096:  # a checkpoint may just have folded it in
        promised.hear(write_and_kill(tmp_path, SEED, 0.2))
    with log.open("ab") as file:
        file.write(bytes(4096))

    promised.hear(write_and_kill(tmp_path, SEED, 0.3))
    found = verify(tmp_path / JOURNAL_NAME, tmp_path / LEDGER_NAME)

    assert promised.quarantines == 1
    assert found.problems == ()
    assert found.entries >= promised.entry
    assert found.projected >= promised.entry - 2
    assert len(list(tmp_path.glob("*.damaged-*"))) == 2


def test_a_reader_beside_a_busy_writer_sees_whole_cycles_only(tmp_path: Path) -> None:
    open_ledger(tmp_path).close()
    private = tmp_path / "private"
    private.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.adapters.crash_writer", str(tmp_path), SEED],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    ) as writer:
        assert writer.stdout is not None
        while not writer.stdout.readline().startswith(b"cycle 5"):
            pass
        seen = [cycles_seen(tmp_path / LEDGER_NAME, private) for _ in range(15)]
        writer.kill()
        writer.communicate()

    assert all(half == 0 for _, half in seen)
    newest = [number for number, _ in seen]
    assert newest == sorted(newest)
    assert newest[0] >= 5


def cycles_seen(ledger: Path, private: Path) -> tuple[int, int]:
    """Newest cycle of a copy, and how many of its cycles lack positions."""
    with open_copy(ledger, private, lambda copy: duckdb.connect(str(copy), read_only=True)) as connection:
        sql = """
            select max(snapshot_id), count(*) filter (positions <> (
                select count(*) from positions where positions.snapshot_id = snapshots.snapshot_id))
            from snapshots
        """
        ((newest, half),) = connection.execute(sql).fetchall()
    return int(newest), int(half)
