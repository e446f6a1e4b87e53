"""What one test plays on: a venue and Slack as servers in this process, an installation, and daemons that are ended for sure."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from riskd.adapters.journal_scan import read_journal
from riskd.adapters.system_clock import SystemClock
from riskd.model.journal import EntryKind, JournalEntry
from riskd.paper.server import PaperServer
from tests.cli.running import Ran
from tests.endtoend.installation import SLACK_TOKEN, Installation, Setup, install
from tests.endtoend.processes import Life, Starter, clean_environment
from tests.endtoend.venue import RecordingVenue, now_ms
from tests.fakes.slack_server import SlackServer, slack_server

_TICK_SECONDS = 0.05


@dataclass(slots=True, kw_only=True)
class Stage:
    """Everything that one test touches."""

    venue: RecordingVenue
    server: PaperServer
    slack: SlackServer
    installation: Installation
    setup: Setup
    starter: Starter
    lives: list[Life] = field(default_factory=list)

    def start(self, *, starter: Starter | None = None, **environment: str) -> Life:
        """Start `riskd run`."""
        life = (starter or self.starter).start(
            ["run", "--config", str(self.installation.config)],
            folder=self.installation.folder,
            environment=clean_environment(**environment),
        )
        self.lives.append(life)
        return life

    async def close_venue(self) -> None:
        """From now on nobody listens at the venue's address."""
        await self.server.stop()

    async def open_venue(self) -> None:
        """Listen again, at the same address."""
        port = int(self.setup.endpoint.rpartition(":")[2])
        self.server = PaperServer(
            self.venue, time_ms=now_ms, clock=SystemClock(), port=port, tick_seconds=_TICK_SECONDS
        )
        await self.server.start()

    def entries(self, *kinds: EntryKind) -> list[JournalEntry]:
        """The journal's entries, of some kinds or of all; a line that is being written is left out."""
        if not self.installation.journal.exists():
            return []
        return [
            entry for entry in read_journal(self.installation.journal) if not kinds or entry.kind in kinds
        ]


@asynccontextmanager
async def stage(
    folder: Path,
    starter: Starter,
    venue: RecordingVenue,
    *,
    policy: str,
    setup: Setup | None = None,
    token: str = SLACK_TOKEN,
) -> AsyncIterator[Stage]:
    """Put everything up, and take it down again; no daemon survives its test."""
    server = PaperServer(venue, time_ms=now_ms, clock=SystemClock(), tick_seconds=_TICK_SECONDS)
    await server.start()
    made: Stage | None = None
    try:
        async with slack_server(token) as slack:
            whole = replace(setup or Setup(), endpoint=server.url, slack=slack.url)
            installation = install(folder / "desk", whole, policy=policy, keys=venue.keys, token=token)
            made = Stage(
                venue=venue,
                server=server,
                slack=slack,
                installation=installation,
                setup=whole,
                starter=starter,
            )
            try:
                yield made
            except BaseException:
                for life in made.lives:
                    print(f"---- {life.err.name}\n{life.log()[-3000:]}")  # noqa: T201 - pytest shows it with the failure
                raise
            finally:
                await end_all(made.lives)
    finally:
        await (server if made is None else made.server).stop()


async def end_all(lives: Iterable[Life]) -> None:
    """Kill what still runs."""
    for life in lives:
        life.signal(signal.SIGKILL)
    for life in lives:
        await life.end()


async def ran_on(on: Stage, command: str, *options: str) -> Ran:
    """What a command of riskd prints that looks at the stage's accounts by itself."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "riskd.cli.main", command, "--config", str(on.installation.config), *options),
        cwd=on.installation.folder,
        env=clean_environment(),
        stdout=PIPE,
        stderr=PIPE,
    )
    out, err = await process.communicate()
    return Ran(code=process.returncode or 0, out=out.decode(), err=err.decode())
