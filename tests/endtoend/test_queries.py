"""A rule with SQL in the real daemon: its process may die at any time, the watch does not, and no process stays behind."""

from __future__ import annotations

import asyncio
import os
import signal
from decimal import Decimal
from pathlib import Path

from riskd.model.journal import EntryKind
from tests.endtoend.installation import Setup, policy
from tests.endtoend.processes import Interpreter, Life
from tests.endtoend.stage import Stage, stage
from tests.endtoend.venue import RecordingVenue, Regrower, recording_venue
from tests.endtoend.waiting import until

OWN = """
- id: own-leverage
  title: Gross over equity, in our own words
  why: A test.
  unit: multiple
  per: account
  sql: |
    select a.account as subject, sum(p.gross) / max(a.equity) as value
    from exposure.accounts a
    left join exposure.positions p using (account)
    group by a.account
  max: {warn: 2x, breach: 3x}
"""
REFUSED = OWN.replace("exposure.positions", "'/etc/passwd'")


def held() -> RecordingVenue:
    """An account at six times its equity that a bot keeps there."""
    return recording_venue({"alpha": "100000"}, actors=[Regrower("alpha", "BTCUSDT", Decimal(10))])[0]


def child_of(life: Life) -> int | None:
    """The query process of a daemon."""
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            words = (entry / "cmdline").read_text()
        except OSError:
            continue
        if entry.name.isdigit() and int(fields[1]) == life.pid and "sandbox_child" in words:
            return int(entry.name)
    return None


def alerts(on: Stage) -> list[str]:
    """What the journal says of alerts, as text."""
    return [str(entry.body) for entry in on.entries(EntryKind.EVENT)]


def test_a_killed_query_process_is_replaced_and_nothing_else_happens(tmp_path: Path) -> None:
    async def story() -> None:
        async with stage(tmp_path, Interpreter(), held(), policy=policy(OWN), setup=Setup()) as on:
            life = on.start()
            await until(lambda: any("own-leverage" in text for text in alerts(on)), "the alert")
            first = child_of(life)
            assert first is not None
            os.kill(first, signal.SIGKILL)
            seen = life.cycles()
            await life.after_cycles(seen + 4)
            second = child_of(life)
            assert second not in (None, first)
            assert not any("resolved" in text for text in alerts(on))
            assert await life.stop() == 0
            assert second is not None
            assert not Path(f"/proc/{second}").exists()

    asyncio.run(story())


def test_a_daemon_that_is_killed_leaves_no_query_process(tmp_path: Path) -> None:
    async def story() -> None:
        async with stage(tmp_path, Interpreter(), held(), policy=policy(OWN), setup=Setup()) as on:
            life = on.start()
            await life.after_cycles(2)
            child = child_of(life)
            assert child is not None
            await life.kill()
            await until(lambda: not Path(f"/proc/{child}").exists(), "the end of the query process")

    asyncio.run(story())


def test_a_daemon_does_not_start_with_a_query_that_may_not_be_asked(tmp_path: Path) -> None:
    async def story() -> None:
        async with stage(tmp_path, Interpreter(), held(), policy=policy(REFUSED), setup=Setup()) as on:
            life = on.start()
            assert await life.end() == 2
            assert "error[P241]: a query cannot see '/etc/passwd'" in life.log() + life.said()

    asyncio.run(story())
