"""When nothing can be written: the watch and the alerts go on, orders stop, it is said once, and it heals by itself."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from riskd.adapters.journal_scan import scan
from tests.crash.checks import firing
from tests.endtoend.installation import LEVERAGE, LEVERAGE_TEST, STOPS, Setup, policy
from tests.endtoend.processes import Life, Zygote
from tests.endtoend.stage import Stage, stage
from tests.endtoend.venue import RecordingVenue, Regrower, now_ms, recording_venue
from tests.endtoend.waiting import until
from tests.support_paper import StillMarket

POLICY = policy(LEVERAGE + STOPS, tests=LEVERAGE_TEST)
ORDERS = {"cooldown": "0.1s", "orders_per_hour_max": "10000", "plans_per_rule_per_day_max": "1000"}
MIB = 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Desk:
    """A breached account, alpha, and a calm one, beta, which a fall of ether will bring to its limit."""

    made: Stage
    life: Life
    market: StillMarket

    @property
    def venue(self) -> RecordingVenue:
        """The venue."""
        return self.made.venue

    def count(self, text: str) -> int:
        """How many posts in Slack hold a text."""
        return sum(text in post.text for post in self.made.slack.posts)

    def said_of_stores(self, text: str) -> dict[str, int]:
        """How often a text was said of the journal and of the ledger."""
        return {store: self.count(text.format(store)) for store in ("journal", "ledger")}

    async def said(self, text: str) -> None:
        """Wait until Slack has a post that holds a text."""
        await until(lambda: self.count(text), f"{text!r} in Slack", seconds=40)

    async def watches_without_orders(self) -> None:
        """It says once that it cannot write, sends nothing more, and still raises a new alert."""
        await self.said("watching and alerting go on, orders are stopped")
        seen = self.life.cycles()
        await self.life.after_cycles(seen + 1)
        sent = len(self.venue.orders_asked)
        self.market.move("ETHUSDT", "2200", at_ms=now_ms())
        await self.said("beta: leverage")
        seen = self.life.cycles()
        await self.life.after_cycles(seen + 4)
        assert len(self.venue.orders_asked) == sent
        assert set(self.said_of_stores("cannot write its {}: watching").values()) <= {0, 1}

    async def recovers(self) -> None:
        """It says that it can write again, and acts again; what it wrote is whole."""
        sent = len(self.venue.orders_asked)
        await self.said("again")
        await until(lambda: len(self.venue.orders_asked) > sent, "orders after the trouble", seconds=40)
        assert await self.life.stop() == 0
        assert self.said_of_stores("can write its {} again") == self.said_of_stores(
            "cannot write its {}: watching"
        )
        assert scan(self.made.installation.journal).torn is None
        assert "desk/leverage account=beta" in {
            f"{key.rule} {key.subject}" for key in firing(self.made.entries())
        }
        assert "Traceback" not in self.life.log()


@asynccontextmanager
async def desk(zygote: Zygote, folder: Path, *, state: Path | None = None) -> AsyncIterator[Desk]:
    """A daemon with orders under way."""
    venue, market = recording_venue(
        {"alpha": "100000", "beta": "100000"},
        actors=[Regrower("alpha", "BTCUSDT", Decimal(10)), Regrower("beta", "ETHUSDT", Decimal(55))],
    )
    setup = Setup(
        accounts=("alpha", "beta"), mode="enforce", orders=ORDERS, every=0.3, state=str(state or "state")
    )
    async with stage(folder, zygote, venue, policy=POLICY, setup=setup) as made:
        if state is not None:
            made.installation.state.symlink_to(state)
        life = made.start()
        await until(lambda: len(venue.orders_asked) >= 3, "orders")
        yield Desk(made=made, life=life, market=market)


def test_a_journal_that_cannot_grow_stops_orders_and_nothing_else(zygote: Zygote, tmp_path: Path) -> None:
    async def story() -> None:
        async with desk(zygote, tmp_path) as here:
            # As on a full disk every write that would make a file longer fails, but for everybody but the daemon.
            size = here.made.installation.journal.stat().st_size
            resource.prlimit(here.life.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
            await here.watches_without_orders()
            resource.prlimit(
                here.life.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            )
            await here.recovers()

    asyncio.run(story())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 48 MiB in memory."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip(
            "only root may mount a small file system; the test beside this one limits file sizes instead"
        )
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m,mode=0700", "tmpfs", str(place)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"mount is refused here: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_stops_orders_and_nothing_else(zygote: Zygote, tmp_path: Path, small_disk: Path) -> None:
    async def story() -> None:
        async with desk(zygote, tmp_path, state=small_disk / "state") as here:
            ballast = small_disk / "ballast"
            fill(ballast)
            await here.watches_without_orders()
            ballast.unlink()
            await here.recovers()

    asyncio.run(story())


def test_a_daemon_starts_on_a_full_disk_and_watches(zygote: Zygote, tmp_path: Path, small_disk: Path) -> None:
    async def story() -> None:
        async with desk(zygote, tmp_path, state=small_disk / "state") as here:
            await here.life.kill()
            ballast = small_disk / "ballast"
            fill(ballast)
            here.life = here.made.start()
            await here.watches_without_orders()
            ballast.unlink()
            await here.recovers()

    asyncio.run(story())


def fill(ballast: Path) -> None:
    """Take all that is left."""
    with ballast.open("wb", buffering=0) as file:
        for piece in (MIB, 4096, 1):
            while True:
                try:
                    if file.write(b"\0" * piece) < piece:
                        break
                except OSError:
                    break
