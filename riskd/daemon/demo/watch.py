"""The pass with riskd: the daemon itself, on the paper venue, killed once on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from riskd.adapters.identity_file import load_or_create_identity
from riskd.adapters.journal_file import JournalFile
from riskd.daemon.connections import Connections
from riskd.daemon.control.means import Means
from riskd.daemon.demo.setup import Installation
from riskd.daemon.places import Places, places_of
from riskd.daemon.service import Listener, Service
from riskd.daemon.settings_file import read_settings
from riskd.daemon.surroundings import Surroundings
from riskd.daemon.wire import build_service
from riskd.ports import Clock, Notifier


def nobody(_means: Means | None) -> None:
    """Who answers where nobody does."""


class End(Enum):
    """How a stretch of the daemon's life ends."""

    KILLED = "killed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What the pass needs.

    Attributes:
        notifiers: Channels to people.
        listeners: Told of every cycle and plan.
        killed_at: When the daemon is killed and started again; None: never.
        down_seconds: How long it stays away then.
        progress: Told in words that it is killed.
        meet: Given what people reach of each daemon that runs, so that somebody can answer its plans.
        ends_at: When the pass is over.
    """

    installation: Installation
    clock: Clock
    connections: Connections
    notifiers: Sequence[Notifier]
    listeners: tuple[Listener, ...]
    ends_at: datetime
    killed_at: datetime | None = None
    down_seconds: float = 4.0
    progress: Callable[[str], None] = print
    meet: Callable[[Means | None], None] = nobody


async def watch(plan: Watch) -> Places:
    """Run the daemon from now to the end of the market; say where its record lies."""
    settings = read_settings(plan.installation.config)
    places = places_of(settings, config=plan.installation.config)
    if plan.killed_at is not None:
        await _stretch(plan, places, until=plan.killed_at, end=End.KILLED)
        plan.progress("riskd is killed in the middle of its work, and started again")
        await plan.clock.sleep_until(plan.clock.monotonic() + plan.down_seconds)
    await _stretch(plan, places, until=plan.ends_at, end=End.STOPPED)
    return places


async def _stretch(plan: Watch, places: Places, *, until: datetime, end: End) -> None:
    journal = JournalFile.open(places.journal, holder="riskd demo")
    try:
        service = build_service(
            read_settings(plan.installation.config),
            base=plan.installation.folder,
            given=Surroundings(
                clock=plan.clock,
                connections=plan.connections,
                notifiers=plan.notifiers,
                journal=journal,
                identity=load_or_create_identity(places.identity),
                places=places,
                listeners=plan.listeners,
            ),
        )
        plan.meet(service.means)
        await _run_until(service, plan.clock, until, end)
    finally:
        journal.close()


async def _run_until(service: Service, clock: Clock, until: datetime, end: End) -> None:
    running = asyncio.create_task(service.run())
    timer = asyncio.create_task(clock.sleep_until(clock.monotonic() + (until - clock.now()).total_seconds()))
    await asyncio.wait({running, timer}, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        timer.cancel()
        await running  # it ended by itself: let its error be seen
    elif end is End.KILLED:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await service.abandon()
    else:
        service.stop()
        await running
        await service.close()
