"""The desk of the demo inside this process, with a policy of the test's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from riskd.adapters.virtual_time import VirtualClock, VirtualLoop
from riskd.daemon.demo.inside import InsideConnections
from riskd.daemon.demo.setup import Installation, install
from riskd.daemon.demo.watch import Watch, watch
from riskd.daemon.demo.world import build_world
from riskd.daemon.service import Listener
from riskd.paper.market.presets import demo


def installed(folder: Path, policy: str) -> tuple[VirtualLoop, VirtualClock, InsideConnections, Installation]:
    """An installation that watches the demo's accounts by one policy, and everything it runs on."""
    market = demo(seed=3)
    world = build_world(market, seed=3)
    loop = VirtualLoop()
    clock = VirtualClock(loop, started_at=datetime.fromtimestamp(market.started_at_ms / 1000, UTC))
    installation = install(folder, world, endpoint=None, cycle_seconds=10)
    (folder / "own.yaml").write_text(policy, encoding="utf-8")
    lines = installation.config.read_text(encoding="utf-8").splitlines()
    written = ["policies: [own.yaml]" if line.startswith("policies:") else line for line in lines]
    installation.config.write_text("\n".join(written), encoding="utf-8")
    return loop, clock, InsideConnections(world.venue, clock), installation


def watched(folder: Path, policy: str, listener: Listener, *, minutes: float) -> datetime:
    """Watch the demo's accounts for so long, by one policy; the moment at which that ended."""
    loop, clock, connections, installation = installed(folder, policy)
    plan = Watch(
        installation=installation,
        clock=clock,
        connections=connections,
        notifiers=(),
        listeners=(listener,),
        ends_at=clock.now() + timedelta(minutes=minutes),
    )
    try:
        loop.run_until_complete(watch(plan))
        return clock.now()
    finally:
        loop.close()
