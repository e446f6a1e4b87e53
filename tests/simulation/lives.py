"""The daemon in one seed: life after life, each built anew from what the last one left on the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from riskd.act.identity import Identity
from riskd.adapters.virtual_time import VirtualClock, VirtualLoop
from riskd.cycle import Observe
from riskd.daemon.demo.inside import InsideConnections
from riskd.daemon.places import Places
from riskd.daemon.service import Service
from riskd.daemon.settings import Settings
from riskd.daemon.wire import Surroundings, build_service
from riskd.errors import JournalError, PolicyError
from riskd.ports import Journal
from tests.fakes.journal import Crash
from tests.fakes.queries import QueriesInProcess
from tests.simulation.editor import Editor
from tests.simulation.life import LIVING, Life
from tests.simulation.mutant import Mutant
from tests.simulation.parts import Channel, Observer, SimConnections, SimJournal, SimNotifier
from tests.simulation.people import Deciding
from tests.simulation.storage import OpenStore, Storage
from tests.simulation.weather import Weather


class Watcher(Observer, Protocol):
    """Whoever checks every life."""

    def born(self, life: Life) -> None:
        """A life begins."""

    def opened(self, journal: Journal) -> None:
        """Its journal is open: whatever was durable must be there."""

    def unreadable(self, error: JournalError) -> None:
        """Its journal cannot be read."""

    def would_not_start(self, error: PolicyError) -> None:
        """It has no policies: those on the disk are broken, and the journal has none yet."""


@dataclass(slots=True, kw_only=True)
class Lives:
    """Begins a life, ends it, and begins the next.

    Attributes:
        base: The folder of riskd.yaml.
        listeners: Of the daemon.
        observe: Makes snapshots.
        count: Lives so far.
        decisions: Where people say what they think of plans; None between lives.
    """

    seed: int
    settings: Settings
    base: Path
    places: Places
    mutant: Mutant
    loop: VirtualLoop
    clock: VirtualClock
    weather: Weather
    editor: Editor
    storage: Storage
    channel: Channel
    inside: InsideConnections
    watcher: Watcher
    listeners: tuple[Any, ...]
    observe: Observe
    weight_per_minute: int
    count: int = 0
    present: Life = field(default_factory=Life)
    decisions: Deciding | None = None

    async def go_on(self) -> None:
        """Life after life; the first begins at once, and after the healing there is one."""
        while True:
            self.count += 1
            self.present = life = Life(last_step=self.weather.steps_of(self.count))
            self.watcher.born(life)
            try:
                with suppress(Crash), self.storage.opened(life) as (stored, open_store):
                    journal = self.mutant.wrap_journal(stored)
                    self.watcher.opened(journal)
                    await self._one(life, journal, open_store)
            except JournalError as error:
                self.watcher.unreadable(error)
            except PolicyError as error:
                self.watcher.would_not_start(error)
            await self._stay_away()

    async def _stay_away(self) -> None:
        now, down = self.clock.monotonic(), self.weather.seconds_down(self.count)
        left = self.weather.healed_at - now
        await self.clock.sleep_until(now + (down if self.weather.is_healed else min(down, left)))

    async def _one(self, life: Life, journal: Journal, open_store: OpenStore) -> None:
        watched = SimJournal(journal, life, self.weather, self.watcher)
        given = self._surroundings(life, watched, open_store)
        service = build_service(self.settings, base=self.base, given=given)
        self.decisions = decisions_of(service)
        # Every task that this one makes inherits the life, so that its steps are counted.
        within = copy_context()
        within.run(LIVING.set, life)
        running = within.run(self.loop.create_task, service.run(), context=within)
        try:
            await self._live_on(service, running, life, within)
        finally:
            self.decisions = None
            life.end()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await service.abandon()

    async def _live_on(
        self, service: Service, running: asyncio.Task[None], life: Life, within: Context
    ) -> None:
        """Until a crash, a kill, or an end in order."""
        now = self.clock.monotonic()
        death = self.loop.create_task(life.wait())
        timers = [
            self._at(self.weather.next_kill(now), life.end),
            self._at(self.weather.next_stop(now), service.stop),
            # One that began with broken policies only observes: somebody restarts it once they are mended.
            self._at(self.weather.healed_at if self.editor.has_broken_it else None, service.stop),
        ]
        try:
            await asyncio.wait({running, death}, return_when=asyncio.FIRST_COMPLETED)
            if running.done() and life.lasts:
                closing = within.run(self.loop.create_task, service.close(), context=within)
                await asyncio.wait({closing, death}, return_when=asyncio.FIRST_COMPLETED)
                closing.cancel()
        finally:
            death.cancel()
            for timer in timers:
                if timer is not None:
                    timer.cancel()

    def _surroundings(self, life: Life, journal: SimJournal, open_store: OpenStore) -> Surroundings:
        return Surroundings(
            clock=self.clock,
            connections=SimConnections(
                inside=self.inside,
                clock=self.clock,
                budget=self.mutant.budget(clock=self.clock, weight_per_minute=self.weight_per_minute),
                life=life,
                observer=self.watcher,
                wrap_reading=self.mutant.wrap_reading,
                wrap_trading=self.mutant.wrap_trading,
            ),
            notifiers=[self.mutant.wrap_notifier(SimNotifier(self.channel, life))],
            journal=journal,
            identity=Identity(instance=7, key=identity_key(self.seed)),
            places=self.places,
            listeners=self.listeners,
            open_store=self.mutant.wrap_ledger(open_store),
            executor=self.mutant.executor,
            observe=self.observe,
            queries=QueriesInProcess(),
        )

    def _at(self, moment: float | None, act: Callable[[], None]) -> asyncio.TimerHandle | None:
        return None if moment is None else self.loop.call_at(moment, act)


def decisions_of(service: Service) -> Deciding | None:
    """The door through which people decide; None before the service is put together."""
    return None if service.means is None else service.means.decisions


def identity_key(seed: int) -> bytes:
    """The key that authenticates the daemon's orders: a secret."""
    return f"identity-secret-{seed:016d}".encode()
