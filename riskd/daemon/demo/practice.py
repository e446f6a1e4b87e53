"""The paper venue as a practice ground: one account of yours beside the four bots, on the machine's own clock."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from riskd.adapters.system_clock import ScaledClock, SystemClock
from riskd.daemon.demo.world import build_world, paper_key
from riskd.paper.dialect.auth import Timing
from riskd.paper.dialect.http import ApiKey, Rights
from riskd.paper.market.track import TrackMarket
from riskd.paper.server import PaperServer
from riskd.paper.server_time import clock_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """What a practice venue is made of.

    Attributes:
        account: Name of your account.
        deposit: USDT in it.
        speed: Simulated seconds in a real second.
        port: 0 picks a free one.
    """

    market: TrackMarket
    seed: int
    account: str
    deposit: Decimal
    speed: float
    port: int


async def serve(practice: Practice, *, started: Callable[[str, ApiKey], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    The market begins now, whatever date it was recorded on, so that clients whose clock is right need no adjustment. At
    another speed than 1 the venue's clock soon differs from everybody else's, and it does not look at time stamps.

    Args:
        started: Told the address and the trading key once the venue listens.
    """
    real = SystemClock()
    started_at_ms = int(real.now().timestamp()) * 1000
    clock = ScaledClock(
        real, factor=practice.speed, started_at=datetime.fromtimestamp(started_at_ms / 1000, UTC)
    )
    world = build_world(
        practice.market.starting_at(started_at_ms),
        seed=practice.seed,
        own_account=(practice.account, practice.deposit),
        timing=Timing.STRICT if practice.speed == 1 else Timing.LENIENT,
    )
    server = PaperServer(world.venue, time_ms=clock_time(clock), clock=clock, port=practice.port)
    await server.start()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    try:
        started(server.url, paper_key(practice.account, Rights.TRADE))
        await stopped.wait()
    finally:
        await server.stop()
