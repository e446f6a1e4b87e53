"""People and the running daemon: its sockets, who may speak to it, and that nobody can hold it up."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from typing import Any

from riskd.model.journal import EntryKind
from tests.endtoend.installation import LEVERAGE, LEVERAGE_TEST, STOPS, Setup, policy
from tests.endtoend.processes import Zygote
from tests.endtoend.stage import Stage, ran_on, stage
from tests.endtoend.test_service import ENDS_WITHIN_SECONDS, breached

POLICY = policy(LEVERAGE + STOPS, tests=LEVERAGE_TEST)


async def asked(made: Stage, command: str, *options: str) -> Any:
    """What a command answers in JSON."""
    done = await ran_on(made, command, "--json", *options)
    assert done.code in (0, 1), done.err
    return done.json()


def test_an_operator_sees_looks_after_and_halts(zygote: Zygote, tmp_path: Path) -> None:
    async def story() -> None:
        async with stage(tmp_path, zygote, breached(), policy=POLICY, setup=Setup(mode="observe")) as made:
            life = made.start()
            await life.after_cycles(2)
            state = made.installation.journal.parent
            for name in ("read.sock", "control.sock"):
                assert stat.S_IMODE((state / name).stat().st_mode) == 0o660
            told = await asked(made, "status")
            assert told["mode"] == "observe"
            fired = made.entries(EntryKind.EVENT)
            assert fired
            listed = await asked(made, "alerts")
            first = listed["alerts"][0]["id"]
            done = await asked(made, "ack", first, "--note", "on it")
            assert done["id"] == first
            assert (await ran_on(made, "halt", "--reason", "drill")).code == 0
            assert (state / "halt").read_text().startswith("drill (the local administrator, socket uid")
            await life.after_cycles(life.cycles() + 2)
            assert await life.stop(seconds=ENDS_WITHIN_SECONDS) == 0
            words = [entry.body["what"] for entry in made.entries(EntryKind.DECISION)]
            assert words == ["ack", "halt"]
            assert made.entries(EntryKind.HALT)
            assert not (state / "read.sock").exists()
            assert (await ran_on(made, "status")).code == 3

    asyncio.run(story())


def test_a_client_that_hangs_holds_up_neither_the_watch_nor_the_end(zygote: Zygote, tmp_path: Path) -> None:
    async def story() -> None:
        async with stage(tmp_path, zygote, breached(), policy=POLICY, setup=Setup(mode="observe")) as made:
            life = made.start()
            await life.after_cycles(1)
            path = made.installation.journal.parent / "control.sock"
            hanging = [await asyncio.open_unix_connection(path) for _ in range(30)]
            for number, (_, writer) in enumerate(hanging):
                writer.write(b"\xff\x00" * 50 if number % 2 else b'{"version":1,')
            await life.after_cycles(3)
            assert await life.stop(seconds=ENDS_WITHIN_SECONDS) == 0
            assert "Traceback" not in life.log()
            for _, writer in hanging:
                writer.close()

    asyncio.run(story())


def test_a_socket_that_cannot_be_opened_is_said_and_the_watch_goes_on(zygote: Zygote, tmp_path: Path) -> None:
    async def story() -> None:
        async with stage(tmp_path, zygote, breached(), policy=POLICY, setup=Setup(mode="observe")) as made:
            state = made.installation.journal.parent
            state.mkdir(parents=True, exist_ok=True)
            (state / "read.sock").write_text("somebody's file")
            life = made.start()
            await life.after_cycles(2)
            assert await life.stop(seconds=ENDS_WITHIN_SECONDS) == 0
            assert "socket_not_opened" in life.log()
            assert (state / "read.sock").read_text() == "somebody's file"

    asyncio.run(story())
