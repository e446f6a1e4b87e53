"""The system calls of a real daemon: an intent is on the disk, not only written, before its order is handed to the network."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from tests.endtoend.installation import LEVERAGE, LEVERAGE_TEST, Setup, policy
from tests.endtoend.processes import Interpreter, Life, Zygote
from tests.endtoend.stage import stage
from tests.endtoend.venue import Regrower, recording_venue
from tests.endtoend.waiting import until

ORDERS = 5
SETUP = Setup(mode="enforce", orders={"cooldown": "0.1s", "orders_per_hour_max": "10000"})


class Traced(Interpreter):
    """Starts the command line under strace, whose tracer stands aside so that the process started is riskd itself."""

    def __init__(self, strace: str, trace: Path) -> None:
        self._strace = strace
        self._trace = trace

    def start(self, arguments: list[str], *, folder: Path, environment: Mapping[str, str]) -> Life:
        """See ``Starter``."""
        calls = "trace=pwrite64,fdatasync,fsync,sendto,sendmsg,write,writev"
        before = [self._strace, "-D", "-f", "-y", "-s", "65536", "-e", calls, "-o", str(self._trace)]
        return self.start_program(
            [*before, sys.executable], arguments, folder=folder, environment=environment
        )


@pytest.fixture
def strace() -> str:
    found = shutil.which("strace")
    if found is None:
        pytest.skip("strace is not installed here")
    tried = subprocess.run([found, "-D", "-o", "/dev/null", "/bin/true"], capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"strace may not trace here: {tried.stderr.decode().strip()}")
    return found


def test_an_intent_is_synced_before_its_order_is_sent(strace: str, zygote: Zygote, tmp_path: Path) -> None:
    trace = tmp_path / "trace"

    async def story() -> None:
        venue, _ = recording_venue({"alpha": "100000"}, actors=[Regrower("alpha", "BTCUSDT", Decimal(10))])
        rules = policy(LEVERAGE, tests=LEVERAGE_TEST)
        async with stage(tmp_path, zygote, venue, policy=rules, setup=SETUP) as made:
            life = made.start(starter=Traced(strace, trace))
            await until(lambda: len(venue.orders_asked) >= ORDERS, f"{ORDERS} orders", seconds=60)
            assert await life.stop() == 0
            sent = [asked.parameters["newClientOrderId"] for asked in venue.orders_asked]
        lines = await until(lambda: finished(trace), "the end of the trace")
        assert {name: is_synced_before_sent(lines, name) for name in sent} == dict.fromkeys(sent, True)

    asyncio.run(story())


def finished(trace: Path) -> list[str] | None:
    """The lines of a trace whose process has ended."""
    lines = trace.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines if lines and any("+++ exited" in line for line in lines[-3:]) else None


def is_synced_before_sent(lines: list[str], name: str) -> bool:
    """Whether the journal's write of an intent was synced, with success, before the order's bytes went to a socket."""
    written = next(
        n for n, line in enumerate(lines) if "journal.jsonl" in line and "pwrite64" in line and name in line
    )
    sent = next(n for n, line in enumerate(lines) if re.search(r"\d+<(?:TCP|socket)", line) and name in line)
    return any(
        re.search(r"fdatasync\(\d+<[^>]*journal\.jsonl>\)\s*= 0", line) for line in lines[written:sent]
    )
