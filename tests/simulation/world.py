"""One seed: a venue, its people, the daemon itself with its restarts, everything that goes wrong, and what must hold.

First a time in which anything may fail; then everything heals, the market stands still, and what must converge has ten
minutes to do so.
"""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from contextvars import copy_context
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from riskd.adapters.virtual_time import Deadlock, VirtualClock, VirtualLoop
from riskd.daemon.demo.inside import InsideConnections
from riskd.daemon.places import places_of
from riskd.daemon.settings_file import read_settings
from riskd.errors import JournalError, PolicyError
from riskd.model.journal import EntryKind, JournalEntry
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.paper.transport import Wire
from riskd.ports import Journal
from tests.fakes.journal import Crash
from tests.simulation.books import Books
from tests.simulation.editor import Editor
from tests.simulation.faults import Rates
from tests.simulation.installation import Strictness, install
from tests.simulation.invariants_end import EndInvariants
from tests.simulation.invariants_money import MoneyInvariants
from tests.simulation.invariants_orders import POSITIONS, OrderInvariants
from tests.simulation.invariants_record import RecordInvariants
from tests.simulation.invariants_requests import RequestInvariants
from tests.simulation.invariants_resting import RestingInvariants
from tests.simulation.invariants_sight import SightInvariants
from tests.simulation.life import LIVING, Life, Stepping
from tests.simulation.lives import Lives
from tests.simulation.market import STEP_MS
from tests.simulation.mutant import NONE, Mutant
from tests.simulation.parts import Channel, Post
from tests.simulation.people import People
from tests.simulation.script import Script
from tests.simulation.storage import storage_of
from tests.simulation.truth import Fill, Truth, WatchedVenue
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
        script: Leaves out pieces of the story, and notes those that happen.
    """

    def __init__(self, seed: int, folder: Path, mutant: Mutant = NONE, script: Script | None = None) -> None:
        draw = Random(f"{seed} shape")
        self.seed, self.mutant, self.script = seed, mutant, script or Script()
        self.healed_at = min(draw.choice([240.0, 360.0, 480.0]), self.script.heals_at or math.inf)
        self.accounts = ("one", "two")[: draw.choice([1, 2])]
        self.loop = VirtualLoop()
        self.loop.set_task_factory(self._task)
        self.clock = VirtualClock(self.loop, started_at=START)
        self.over = asyncio.Event()
        self.violations = Violations(self.loop.time, on_first=self.over.set)
        rates = Rates.drawn(draw)
        self.weather = Weather(
            seed=seed,
            rates=rates,
            forecast=Forecast.drawn(draw, rates, self.script, until=self.healed_at),
            script=self.script,
            clock=self.clock,
            healed_at=self.healed_at,
        )
        self.strictness = Strictness.drawn(draw)
        self._config = install(folder, self.accounts, self.strictness, mutant.policy)
        self.editor = Editor(
            folder / "policy.yaml", Random(f"{seed} editor"), self.script, rests_from=self.healed_at
        )
        settings = mutant.settings(read_settings(self._config))
        self.places = places_of(settings, config=self._config)
        self.books = Books()
        self.truth = Truth(self.accounts, self._filled)
        self.venue = self._open_venue(draw)
        self.channel = Channel(
            clock=self.clock, weather=self.weather, random=Random(f"{seed} channel"), observer=self
        )
        self.storage = storage_of(seed, folder, self.weather)
        self._watch()
        latency, longest = Random(f"{seed} latency"), draw.choice([0.1, 0.5, 1.5])
        wire = Wire(latency_seconds=lambda: latency.uniform(0.005, longest / 2))
        self.lives = Lives(
            seed=seed,
            settings=settings,
            base=self._config.parent,
            places=self.places,
            mutant=mutant,
            loop=self.loop,
            clock=self.clock,
            weather=self.weather,
            editor=self.editor,
            storage=self.storage,
            channel=self.channel,
            inside=InsideConnections(self.venue, self.clock, wire=wire),
            watcher=self,
            listeners=(self.sight,),
            observe=self.money.watched(mutant.observe),
            weight_per_minute=self.requests.weight_per_minute,
        )

    def _open_venue(self, draw: Random) -> WatchedVenue:
        venue = build_venue(
            self.seed,
            draw,
            self.script,
            accounts=self.accounts,
            forecast=self.weather.forecast,
            truth=self.truth,
            exchange=self.mutant.exchange,
            started_at_ms=_START_MS,
            healed_at_ms=_START_MS + round(self.healed_at * 1000),
            ends_at_ms=_START_MS + round((self.healed_at + _HEALING_SECONDS) * 1000),
        )
        venue.on_request = self._arrived
        return venue

    def _watch(self) -> None:
        resting = RestingInvariants(
            books=self.books,
            violations=self.violations,
            exchange=lambda: self.venue.exchange,
            halted=self.places.kill_switch.exists,
        )
        self.orders = OrderInvariants(
            resting=resting,
            books=self.books,
            truth=self.truth,
            violations=self.violations,
            exchange=lambda: self.venue.exchange,
            now=self.clock.now,
            halted=self.places.kill_switch.exists,
            on_reserve=self.weather.disk_is_on_reserve,
            orders_per_hour_max=self.strictness.orders_per_hour_max,
        )
        self.people = People(seed=self.seed, script=self.script, violations=self.violations)
        self.record = RecordInvariants(books=self.books, violations=self.violations, editor=self.editor)
        self.money = MoneyInvariants(violations=self.violations)
        self.requests = RequestInvariants(
            violations=self.violations,
            now=self.clock.now,
            monotonic=self.clock.monotonic,
            weight_per_minute=self.strictness.weight_per_minute * len(self.accounts),
        )
        self.sight = SightInvariants(
            truth=self.truth,
            violations=self.violations,
            monotonic=self.clock.monotonic,
            leverage_max=self.strictness.leverage_max,
        )
        self.end = EndInvariants(
            books=self.books,
            truth=self.truth,
            sight=self.sight,
            violations=self.violations,
            strictness=self.strictness,
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

    # -- what the lives report --------------------------------------------------------------------------------------

    def born(self, life: Life) -> None:
        """A life begins."""
        self.sight.new_life()
        self.requests.new_life()

    def opened(self, journal: Journal) -> None:
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
        self.mutant.after_open(self.places.state)
        refused = self.storage.second_daemon_is_refused()
        self.violations.check(refused, "I13", "a second daemon may open the state directory of a live one")

    def unreadable(self, error: JournalError) -> None:
        """I9: a journal can be read after every crash."""
        self.violations.check(False, "I9", f"the journal cannot be read in life {self.lives.count}: {error}")

    def would_not_start(self, error: PolicyError) -> None:
        """I15: broken policies keep riskd from starting only where none were ever in force."""
        excused = self.record.policy_hash == "" and self.editor.has_broken_it
        self.violations.check(excused, "I15", f"life {self.lives.count} did not start: {error}")

    # -- what the parts report ------------------------------------------------------------------------------------

    def asking(self, call: VenueCall) -> None:
        """A request of any kind is about to leave."""
        self.requests.asking(call)

    def sending(self, account: str, call: VenueCall) -> None:
        """A request that changes something is about to leave; sometimes the process dies while it is on its way."""
        self.orders.sending(account, call)
        sights = self.sight.sights[account]
        self.violations.check(sights >= 2, "I20", f"an order of {account} rests on {sights} looks at it")
        steps = self.weather.steps_to_live_after_a_send()
        if steps is not None:
            self.lives.present.dies_within(steps)
        seconds = self.weather.seconds_to_live_after_a_send()
        if seconds is not None:
            self.loop.call_later(seconds, self.lives.present.end)
        seconds = self.weather.seconds_to_a_halt_after_a_send()
        if seconds is not None:
            self.loop.call_later(seconds, self._halt)

    def answered(self, account: str, call: VenueCall, answer: VenueAnswer) -> None:
        """A request has come back with an answer."""
        self.requests.answered(answer)
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
        self.record.journalled(entry)
        failed = entry.kind == EntryKind.MESSAGE and str(entry.body["key"]).startswith("system|cycle|")
        self.violations.check(not failed, "cycle", f"a cycle failed: {entry.body.get('body')}")

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
        daemon = self.loop.create_task(self.lives.go_on())
        await self.over.wait()
        self.lives.present.end()
        pulse.cancel()
        daemon.cancel()
        await asyncio.gather(pulse, daemon, return_exceptions=True)
        if not self.violations.found:
            self.end.look_back()
            self.orders.at_end()
            self.record.at_end(self.storage.policies())
            healed_ms = _START_MS + round(self.healed_at * 1000)
            self.money.at_end(self.venue.exchange, self.storage.equity(), healed_ms=healed_ms)

    async def _pulse(self) -> None:
        """Time passes at the venue, the kill switch is pulled and released; from the healing on the end is looked for."""
        while True:
            await self._sleep(STEP_MS / 1000)
            self.venue.advance_to(_START_MS + round(self.clock.monotonic() * 1000))
            self._move_kill_switch()
            self.money.on_step(self.venue.exchange)
            if self.lives.decisions is not None and self.lives.present.lasts and not self.weather.is_healed:
                with suppress(Crash):
                    self.people.on_step(self.lives.decisions, self.clock.now())
            self.editor.on_step(self.clock.monotonic(), STEP_MS / 1000)
            if self.weather.is_healed and self.end.is_reached(self.clock.monotonic()):
                self.over.set()

    def _halt(self) -> None:
        self.weather.halt()
        self._move_kill_switch()

    def _move_kill_switch(self) -> None:
        switch = self.places.kill_switch
        if self.weather.is_halted() and not switch.exists():
            switch.write_text("simulation\n", encoding="utf-8")
        elif not self.weather.is_halted():
            switch.unlink(missing_ok=True)

    # -- small things -----------------------------------------------------------------------------------------------

    async def _sleep(self, seconds: float) -> None:
        await self.clock.sleep_until(self.clock.monotonic() + seconds)

    def _task(self, loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
        """A task whose end is looked at: nothing may fail unseen."""
        life = options.get("context", copy_context()).get(LIVING)
        task = asyncio.Task(work if life is None else Stepping(work, life), loop=loop, **options)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, Crash):
            self.violations.check(False, "task", f"{task.get_name()} failed: {error!r}")

    def _unhandled(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), Crash):
            self.violations.check(False, "loop", f"{context}")
