"""A process that writes journal and ledger as the daemon does, until it is killed. Every line it prints is a promise.

    python -m tests.adapters.crash_writer DIRECTORY SEED

``ready N`` it has started, after N set-aside ledgers; ``entry N``, ``cycle N`` they are durable.
"""

from __future__ import annotations

import os
import random
import sys
from datetime import timedelta
from pathlib import Path

from riskd.adapters.duckdb_ledger import LEDGER_NAME, DuckdbLedger
from riskd.adapters.journal_file import JOURNAL_NAME, JournalFile
from riskd.errors import LedgerError
from riskd.model.journal import EntryKind
from riskd.record.bodies import cycle_body, daemon_body
from riskd.record.fold import remember
from riskd.record.rows import CycleRows
from tests.adapters.ledger_files import MIGRATIONS
from tests.builders import BTC, NOW, a_position, a_snapshot
from tests.record.builder import a_cycle, every_kind


def main() -> None:
    """Start as the daemon starts, then write for ever."""
    directory, randomness = Path(sys.argv[1]), random.Random(sys.argv[2])
    journal = JournalFile.open(directory / JOURNAL_NAME, holder="crash writer", reserve_bytes=65536)
    ledger, quarantine = DuckdbLedger.open_or_quarantine(directory / LEDGER_NAME, MIGRATIONS, now=NOW)
    ledger.catch_up(journal)
    number = remember(journal.entries(), since=NOW, channels=()).snapshot_id
    promise(f"ready {0 if quarantine is None else 1}")
    while True:
        number += 1
        kind, body = randomness.choice(every_kind()[:4])
        promise(f"entry {journal.append(kind, NOW, body).sequence}")
        cycle = cycle_of(number)
        head = journal.append(EntryKind.CYCLE, cycle.taken_at, cycle_body(cycle))
        promise(f"entry {head.sequence}")
        try:
            ledger.commit(cycle, journal.entries(after=ledger.projected[0]))
            promise(f"cycle {number}")
            if randomness.random() < 0.2:
                ledger.checkpoint()
        except LedgerError as error:
            journal.append(EntryKind.FAULT, NOW, daemon_body(str(error)))
            raise


def cycle_of(number: int) -> CycleRows:
    """A cycle whose number of positions depends on its own."""
    taken_at = NOW + timedelta(seconds=10 * number)
    positions = [a_position(BTC, quantity + 1, account=f"a{quantity}") for quantity in range(number % 7)]
    return a_cycle(number, snapshot=a_snapshot(id=number, taken_at=taken_at, positions=positions))


def promise(text: str) -> None:
    """Say it at once: what has been said must be true whatever happens next."""
    os.write(1, f"{text}\n".encode())


if __name__ == "__main__":
    main()
