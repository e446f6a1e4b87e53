"""One seed: a venue, its people, the daemon itself with its restarts, everything that goes wrong, and what must hold.

First a time in which anything may fail; then everything heals, the market stands still, and what must converge has ten
minutes to do so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from riskd.act.identity import Identity
from riskd.adapters.request_budget import RequestBudget
from riskd.adapters.virtual_time import Deadlock, VirtualClock, VirtualLoop
from riskd.daemon.demo.inside import InsideConnections
from riskd.daemon.places import places_of
from riskd.daemon.service import Service
from riskd.daemon.settings_file import read_settings
from riskd.daemon.wire import Surroundings, build_service
from riskd.errors import JournalError
from riskd.model.journal import EntryKind, JournalEntry
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.paper.transport import Wire
from riskd.ports import Journal
from tests.fakes.journal import Crash
from tests.fakes.queries import QueriesInProcess
from tests.simulation.books import Books
from tests.simulation.editor import Editor
from tests.simulation.faults import Rates
from tests.simulation.installation import Strictness, install
from tests.simulation.invariants_end import EndInvariants
from tests.simulation.invariants_orders import POSITIONS, OrderInvariants
from tests.simulation.invariants_sight import SightInvariants
from tests.simulation.market import STEP_MS
from tests.simulation.mutant import NONE, Mutant
from tests.simulation.parts import Channel, Life, Post, SimConnections, SimJournal, SimNotifier
from tests.simulation.storage import OpenStore, storage_of
from tests.simulation.truth import Fill, Truth
from tests.simulation.venue import build_venue
from tests.simulation.violations import Violations
from tests.simulation.weather import Forecast, Weather

START = datetime(2026, 3, 2, 15, 56, tzinfo=UTC)  # four minutes before funding is settled
_START_MS = round(START.timestamp() * 1000)
_HEALING_SECONDS = 600.0


class World:
    """Everything of one seed.

    Args:
        seed: Decides everything.
        folder: Empty; for riskd.yaml, the kill switch, and the files of seeds that use files.
        mutant: A fault planted in the daemon, to prove that it would be found.
    """

    def __init__(self, seed: int, folder: Path, mutant: Mutant = NONE) -> None:
        draw = Random(f"{seed} shape")
        self.seed, self.mutant = seed, mutant
        self.healed_at = draw.choice([240.0, 360.0, 480.0])
        self.accounts = ("one", "two")[: draw.choice([1, 2])]
        self.loop = VirtualLoop()
        self.loop.set_task_factory(self._task)
        self.clock = VirtualClock(self.loop, started_at=START)
        self.over = asyncio.Event()
        self.violations = Violations(self.loop.time, on_first=self.over.set)
        rates = Rates.drawn(draw)
        forecast = Forecast.drawn(draw, rates, until=self.healed_at)
        self.weather = Weather(
            Random(f"{seed} weather"), rates, forecast, self.clock, healed_at=self.healed_at
        )
        strictness = Strictness.drawn(draw)
        self._config = install(folder, self.accounts, strictness)
        self._editor = Editor(folder / "policy.yaml", Random(f"{seed} editor"), rests_from=self.healed_at)
        self._settings = mutant.settings(read_settings(self._config))
        self._places = places_of(self._settings, config=self._config)
        self.books = Books()
        self.truth = Truth(self.accounts, self._filled)
        self.venue = build_venue(
            seed,
            draw,
            accounts=self.accounts,
            forecast=forecast,
            truth=self.truth,
            exchange=mutant.exchange,
            started_at_ms=_START_MS,
            healed_at_ms=_START_MS + round(self.healed_at * 1000),
            ends_at_ms=_START_MS + round((self.healed_at + _HEALING_SECONDS) * 1000),
        )
        self.venue.on_request = self._arrived
        self.channel = Channel(
            clock=self.clock, weather=self.weather, random=Random(f"{seed} channel"), observer=self
        )
        self.storage = storage_of(seed, folder, self.weather)
        self._watch(strictness)
        self.lives = 0
        self._policy_hash = ""
        self._life = Life()
        latency, longest = Random(f"{seed} latency"), draw.choice([0.1, 0.5, 1.5])
        self._wire = Wire(latency_seconds=lambda: latency.uniform(0.005, longest / 2))

    def _watch(self, strictness: Strictness) -> None:
        self.orders = OrderInvariants(
            books=self.books,
            truth=self.truth,
            violations=self.violations,
            exchange=lambda: self.venue.exchange,
            now=self.clock.now,
            halted=self._places.kill_switch.exists,
            on_reserve=self.weather.disk_is_on_reserve,
            orders_per_hour_max=strictness.orders_per_hour_max,
        )
        self.sight = SightInvariants(
            truth=self.truth,
            violations=self.violations,
            monotonic=self.clock.monotonic,
            leverage_max=strictness.leverage_max,
        )
        self.end = EndInvariants(
            books=self.books,
            truth=self.truth,
            sight=self.sight,
            violations=self.violations,
            strictness=strictness,
            healed_at=self.healed_at,
        )

    def run(self) -> None:
        """Live through it, to the end or to the first violation."""
        self.loop.set_exception_handler(self._unhandled)
        try:
            self.loop.run_until_complete(self._story())
        except Deadlock as error:
            self.violations.check(False, "deadlock", str(error))
        finally:
            self.loop.close()

    # -- what the parts report ------------------------------------------------------------------------------------

    def sending(self, account: str, call: VenueCall) -> None:
        """A request that changes something is about to leave; sometimes the process dies while it is on its way."""
        self.orders.sending(account, call)
        sights = self.sight.sights[account]
        self.violations.check(sights >= 2, "I20", f"an order of {account} rests on {sights} looks at it")
        seconds = self.weather.seconds_to_live_after_a_send()
        if seconds is not None:
            self.loop.call_later(seconds, self._life.end)
        seconds = self.weather.seconds_to_a_halt_after_a_send()
        if seconds is not None:
            self.loop.call_later(seconds, self._halt)

    def answered(self, account: str, call: VenueCall, answer: VenueAnswer) -> None:
        """A request has come back with an answer."""
        if call.path == POSITIONS and account:
            self.orders.told(account, answer)

    def journalled(self, entry: JournalEntry) -> None:
        """An entry became durable."""
        expected = self.books.head[0] + 1
        self.violations.check(
            entry.sequence == expected, "I9", f"entry {entry.sequence} follows {expected - 1}"
        )
        self.books.take(entry)
        self.orders.journalled(entry)
        self._judged_by_recorded(entry)
        failed = entry.kind == EntryKind.MESSAGE and str(entry.body["key"]).startswith("system|cycle|")
        self.violations.check(not failed, "cycle", f"a cycle failed: {entry.body.get('body')}")

    def _judged_by_recorded(self, entry: JournalEntry) -> None:
        """I22: a cycle is judged by the policies that the journal says are in force."""
        if entry.kind == EntryKind.POLICY:
            self._policy_hash = str(entry.body["policy_hash"])
        elif entry.kind == EntryKind.CYCLE:
            judged = str(entry.body["policy_hash"])
            self.violations.check(
                judged == self._policy_hash,
                "I22",
                f"a cycle was judged by {judged[:8]}, in force is {self._policy_hash[:8]}",
            )

    def posted(self, post: Post) -> None:
        """People can see a post."""
        self.books.seen(post.message)

    def _arrived(self, request: Any, account: str) -> None:
        self.orders.arriving(request, account)

    def _filled(self, fill: Fill) -> None:
        self.orders.on_fill(fill)

    # -- what happens -----------------------------------------------------------------------------------------------

    async def _story(self) -> None:
        pulse = self.loop.create_task(self._pulse())
        daemon = self.loop.create_task(self._daemon())
        await self.over.wait()
        self._life.end()
        pulse.cancel()
        daemon.cancel()
        await asyncio.gather(pulse, daemon, return_exceptions=True)
        if not self.violations.found:
            self.end.look_back()
            self.orders.at_end()

    async def _pulse(self) -> None:
        """Time passes at the venue, the kill switch is pulled and released; from the healing on the end is looked for."""
        while True:
            await self._sleep(STEP_MS / 1000)
            self.venue.advance_to(_START_MS + round(self.clock.monotonic() * 1000))
            self._move_kill_switch()
            self._editor.on_step(self.clock.monotonic(), STEP_MS / 1000)
            if self.weather.is_healed and self.end.is_reached(self.clock.monotonic()):
                self.over.set()

    def _halt(self) -> None:
        self.weather.halt()
        self._move_kill_switch()

    def _move_kill_switch(self) -> None:
        switch = self._places.kill_switch
        if self.weather.is_halted() and not switch.exists():
            switch.write_text("simulation\n", encoding="utf-8")
        elif not self.weather.is_halted():
            switch.unlink(missing_ok=True)

    async def _daemon(self) -> None:
        """Life after life; the first begins at once, and after the healing there is one."""
        while True:
            self.lives += 1
            self._life = Life()
            self.sight.new_life()
            try:
                with suppress(Crash), self.storage.opened(self._life) as (stored, open_store):
                    journal = self.mutant.wrap_journal(stored)
                    self._is_whole(journal)
                    await self._one_life(self._life, journal, open_store)
            except JournalError as error:
                self.violations.check(
                    False, "I9", f"the journal cannot be read in life {self.lives}: {error}"
                )
            down = self.weather.seconds_down()
            await self._sleep(
                down if self.weather.is_healed else min(down, self.healed_at - self.clock.monotonic())
            )

    def _is_whole(self, journal: Journal) -> None:
        """I9: whatever was durable is still there. Entries that nobody was told of may have survived behind it."""
        sequence, digest = self.books.head
        entries = journal.entries(after=max(0, sequence - 1))
        if sequence:
            last = next(entries, None)
            self.violations.check(
                last is not None and last.hash == digest,
                "I9",
                f"entry {sequence} is no longer in the journal",
            )
        for entry in entries:
            self.journalled(entry)

    async def _one_life(self, life: Life, journal: Journal, open_store: OpenStore) -> None:
        watched = SimJournal(journal, life, self.weather, self)
        service = build_service(
            self._settings, base=self._config.parent, given=self._surroundings(life, watched, open_store)
        )
        running = self.loop.create_task(service.run())
        try:
            await self._live_on(service, running, life)
        finally:
            life.end()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await service.abandon()

    async def _live_on(self, service: Service, running: asyncio.Task[None], life: Life) -> None:
        """Until a crash, a kill, or an end in order."""
        now = self.clock.monotonic()
        death = self.loop.create_task(life.wait())
        timers = [
            self._at(self.weather.next_kill(now), life.end),
            self._at(self.weather.next_stop(now), service.stop),
            # One that began with broken policies only observes: somebody restarts it once they are mended.
            self._at(self.healed_at if self._editor.has_broken_it else None, service.stop),
        ]
        try:
            await asyncio.wait({running, death}, return_when=asyncio.FIRST_COMPLETED)
            if running.done() and life.lasts:
                closing = self.loop.create_task(service.close())
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
                inside=InsideConnections(self.venue, self.clock, wire=self._wire),
                clock=self.clock,
                budget=RequestBudget(clock=self.clock),
                life=life,
                observer=self,
                wrap_reading=self.mutant.wrap_reading,
                wrap_trading=self.mutant.wrap_trading,
            ),
            notifiers=[self.mutant.wrap_notifier(SimNotifier(self.channel, life))],
            journal=journal,
            identity=Identity(instance=7, key=f"{self.seed:032d}".encode()),
            places=self._places,
            listeners=(self.sight,),
            open_store=open_store,
            executor=self.mutant.executor,
            observe=self.mutant.observe,
            queries=QueriesInProcess(),
        )

    # -- small things -----------------------------------------------------------------------------------------------

    async def _sleep(self, seconds: float) -> None:
        await self.clock.sleep_until(self.clock.monotonic() + seconds)

    def _at(self, moment: float | None, act: Callable[[], None]) -> asyncio.TimerHandle | None:
        return None if moment is None else self.loop.call_at(moment, act)

    def _task(self, loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
        """A task whose end is looked at: nothing may fail unseen."""
        task = asyncio.Task(work, loop=loop, **options)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, Crash):
            self.violations.check(False, "task", f"{task.get_name()} failed: {error!r}")

    def _unhandled(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), Crash):
            self.violations.check(False, "loop", f"{context}")
