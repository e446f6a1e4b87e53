"""A record that was damaged while the daemon was down: what is whole is kept, the rest is set aside, and people are told."""

from __future__ import annotations

import asyncio
from pathlib import Path

from riskd.model.journal import EntryKind
from tests.endtoend.installation import LEVERAGE, LEVERAGE_TEST, policy
from tests.endtoend.processes import Zygote
from tests.endtoend.stage import Stage, stage
from tests.endtoend.venue import recording_venue
from tests.endtoend.waiting import until

POLICY = policy(LEVERAGE, tests=LEVERAGE_TEST)


async def _damage_is_told(on: Stage, words: str) -> None:
    life = on.start()
    post = await until(
        lambda: next((p for p in on.slack.posts if "found its record damaged" in p.text), None), "the message"
    )
    assert words in str(post.blocks)
    await life.after_cycles(2)
    (fault,) = on.entries(EntryKind.FAULT)
    assert words in str(fault.body)
    assert await life.stop() == 0


def test_a_ledger_that_cannot_be_read_is_set_aside_and_begun_anew(zygote: Zygote, tmp_path: Path) -> None:
    async def story() -> None:
        venue, _ = recording_venue({"alpha": "10000"})
        async with stage(tmp_path, zygote, venue, policy=POLICY) as on:
            on.installation.state.mkdir(mode=0o700)
            ledger = on.installation.state / "hot.duckdb"
            ledger.write_bytes(b"not a database" * 1000)
            await _damage_is_told(on, "the ledger was set aside as ")
            kept = [file for file in on.installation.state.iterdir() if file.name != ledger.name]
            assert b"not a database" * 1000 in [file.read_bytes() for file in kept if file.is_file()]

    asyncio.run(story())


def test_half_a_line_at_the_end_of_the_journal_is_cut_off(zygote: Zygote, tmp_path: Path) -> None:
    async def story() -> None:
        venue, _ = recording_venue({"alpha": "10000"})
        async with stage(tmp_path, zygote, venue, policy=POLICY) as on:
            life = on.start()
            await life.after_cycles(2)
            await life.kill()
            with on.installation.journal.open("ab") as journal:
                journal.write(b'{"seq": 99')
            await _damage_is_told(on, "the journal had a torn end: ")

    asyncio.run(story())
