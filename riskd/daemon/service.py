"""The daemon: read, run a cycle, record, speak, act; again, on the monotonic clock, until told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import structlog

from riskd.cycle import CycleInput, CycleResult, Observe, run_cycle
from riskd.daemon.actions import Actions
from riskd.daemon.aside import due_aside
from riskd.daemon.attention import (
    attention_after,
    is_near,
    orders_behind,
    wanted_for_plans,
    with_surface,
    with_symbols,
)
from riskd.daemon.calendar import Calendar
from riskd.daemon.control.means import Means
from riskd.daemon.history import HistoryKeeper
from riskd.daemon.intake import take_in
from riskd.daemon.mandate import Mandate
from riskd.daemon.memory import Memory
from riskd.daemon.messages import cycle_failed, equity_rebased
from riskd.daemon.pause import Pauses
from riskd.daemon.policy_keeper import PolicyKeeper
from riskd.daemon.post import Post
from riskd.daemon.prices import read_on_demand
from riskd.daemon.queries import asking
from riskd.daemon.reading import Aside, Attention, Reading
from riskd.daemon.recording import Recording
from riskd.daemon.settings import CycleSettings
from riskd.daemon.strays import StrayWatch
from riskd.execution import PlanResult
from riskd.measure.book.layout import Layout
from riskd.model.desk import Desk, Mode
from riskd.model.history import History
from riskd.model.report import Report, Surface
from riskd.model.snapshot import Snapshot
from riskd.observe.assemble import assemble
from riskd.observe.freshness import Freshness
from riskd.observe.known import Known
from riskd.ports import Clock, QueryRunner

# A reader that has not answered after this share of the cycle is left behind until the next one.
_DEADLINE_SHARE = 0.8
# Later than this many intervals, the watch had a gap: recorded, and said.
_GAP_INTERVALS = 3.0
# How long undelivered messages may hold up the end; SIGTERM must be obeyed within five seconds.
_FAREWELL_SECONDS = 1.0

_T = TypeVar("_T")


class Listener(Protocol):
    """Somebody who wants to know what happens: the terminal of the demo, the service manager, a test."""

    def after_cycle(self, result: CycleResult) -> None:
        """A cycle was completed and recorded."""

    def after_plan(self, result: PlanResult) -> None:
        """A plan ended."""


@dataclass(slots=True, kw_only=True)
class Parts:
    """Everything the service works with, already wired.

    Attributes:
        policies: Those in force, and how they are replaced.
        known: What observing remembers.
        observe: Makes snapshots.
        queries: Asks the queries of policies.
    """

    clock: Clock
    desk: Desk
    ceiling: Mode
    cycle: CycleSettings
    freshness: Freshness
    policies: PolicyKeeper
    reading: Reading
    memory: Memory
    recording: Recording
    actions: Actions
    history: HistoryKeeper
    post: Post
    calendar: Calendar
    pauses: Pauses
    mandate: Mandate
    strays: StrayWatch | None
    listeners: tuple[Listener, ...] = ()
    known: Known = field(default_factory=Known)
    observe: Observe = assemble
    queries: QueryRunner


class Service:
    """Runs cycles until stopped.

    A cycle never overlaps itself. The next one is planned on the monotonic clock from the start of the last, so that a
    wall clock that steps changes nothing; one that took too long is followed at once by the next.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._log = structlog.get_logger("riskd")
        self._stopping = asyncio.Event()
        self._attention: dict[str, Attention] = {}
        self._aside: Aside = {}
        self._failing = False
        self._layout: Layout | None = None
        self.cycles = 0
        self.means: Means | None = None
        """What people reach of the daemon; set once, when it is put together."""

    @property
    def post(self) -> Post:
        """The channels to people."""
        return self._parts.post

    @property
    def policies(self) -> PolicyKeeper:
        """Those in force, and how they are replaced."""
        return self._parts.policies

    def stop(self) -> None:
        """Leave. A cycle that is past its reading is finished; one that waits for a venue is given up."""
        self._stopping.set()

    def reload(self) -> None:
        """Read the policies again before the next cycle, and the bounds of the house at once."""
        self._parts.policies.ask()
        self._parts.mandate.house.reload()

    @property
    def standing(self) -> str:
        """What waits for a person, though riskd goes on; empty when nothing does."""
        return self._parts.policies.standing

    async def run(self) -> None:
        """Watch until ``stop``."""
        self._parts.actions.begin()
        self._parts.post.deliver()
        started = self._parts.clock.monotonic()
        while not self._stopping.is_set():
            interval = await self._guarded_turn()
            now = self._parts.clock.monotonic()
            if now - started > _GAP_INTERVALS * interval:
                self._parts.recording.gap(self._parts.clock.now(), seconds=now - started)
            started = max(started + interval, now)
            await self._unless_stopped(self._parts.clock.sleep_until(started))

    async def close(self) -> None:
        """Let running orders come to an end for a moment, then release everything. Called once, after ``run``."""
        await self._parts.actions.close()
        await self._parts.pauses.close(patience_seconds=_FAREWELL_SECONDS)
        if self._parts.strays is not None:
            await self._parts.strays.close()
        await self._parts.reading.close()
        await self._parts.post.close(patience_seconds=_FAREWELL_SECONDS)
        self._parts.queries.close()
        self._parts.recording.stopped(self._parts.clock.now())

    async def abandon(self) -> None:
        """Let go of everything at once, without a word in the journal: what a kill leaves, for simulations and the demo."""
        await self._parts.actions.abandon()
        await self._parts.pauses.abandon()
        if self._parts.strays is not None:
            await self._parts.strays.close()
        await self._parts.post.abandon()
        await self._parts.reading.close()
        self._parts.queries.close()
        self._parts.recording.abandon()

    async def _guarded_turn(self) -> float:
        """One cycle; one that fails is said and followed by the next. Returns the seconds between their starts.

        A failure is a bug of ours or something nobody thought of. It must not end the watch, and it must not be
        quiet: the heartbeat stays away, so that the service manager acts when the failure lasts.
        """
        try:
            result = await self.turn()
        except Exception as error:  # noqa: BLE001 - the last line of defence; it is said, logged and not fed to the watchdog
            self._log.exception("cycle_failed")
            if not self._failing:
                self._parts.post.say(cycle_failed(error, at=self._parts.clock.now()))
                self._parts.post.deliver()
            self._failing = True
            self._parts.reading.start_over()
            return self._parts.cycle.every
        self._failing = False
        return self._parts.cycle.every if result is None else self._interval(result)

    async def turn(self) -> CycleResult | None:
        """One cycle: read, judge, record, queue messages, begin plans. None when told to stop before all was read."""
        parts = self._parts
        parts.policies.look(parts.clock.now())
        begun = parts.clock.monotonic()
        parts.reading.look_aside(self._aside)
        reports = await self._unless_stopped(
            parts.reading.collect(
                deadline_seconds=parts.cycle.every * _DEADLINE_SHARE, attention=self._attention
            )
        )
        if reports is None:
            return None
        before = parts.memory.states
        duration_seconds = parts.clock.monotonic() - begun
        result = run_cycle(self._input(reports, duration_seconds), observe=parts.observe)
        parts.known, self._layout = result.known, result.book.layout
        self._look_closer(result)
        parts.recording.cycle(result)
        parts.post.queue(result.messages)
        for account, change in parts.history.take_rebased():
            parts.post.say(equity_rebased(account, change, at=parts.clock.now()))
        parts.actions.after_cycle(result)
        parts.policies.after_cycle(result, before, parts.clock.now())
        parts.calendar.look(parts.clock.now())
        parts.post.deliver()
        self.cycles += 1
        for listener in parts.listeners:
            listener.after_cycle(result)
        return result

    def _input(self, reports: tuple[Report, ...], duration_seconds: float) -> CycleInput:
        """Everything that this cycle depends on."""
        parts, now = self._parts, self._parts.clock.now()
        silences = parts.mandate.handling.silences(now)
        return CycleInput(
            snapshot_id=parts.memory.next_snapshot_id(),
            now=now,
            reports=reports,
            known=parts.known,
            desk=parts.desk,
            freshness=parts.freshness,
            bundle=parts.policies.bundle,
            changed_rules=parts.policies.changed_rules,
            states=parts.memory.states,
            remember=self._remember,
            attempts=parts.memory.attempts(),
            settled_at=parts.memory.settled_at(now),
            silences=tuple(silence for silence in silences if silence.holds(now)),
            told=parts.memory.told,
            ceiling=parts.ceiling,
            duration_seconds=duration_seconds,
            ask=asking(parts.queries),
            layout=self._layout,
        )

    def _remember(self, snapshot: Snapshot, known: Known) -> History:
        history = self._parts.history
        take_in(history, snapshot, known)
        wanted = self._on_demand()
        if Surface.TRADES in wanted:
            history.fills.take_in(known)
        if Surface.INCOME in wanted:
            history.bookings.take_in(known, snapshot.taken_at)
        return history.history(snapshot.taken_at)

    def _look_closer(self, result: CycleResult) -> None:
        """What the next cycle reads beside what is due."""
        history, wanted = self._parts.history, self._on_demand()
        self._attention = attention_after(result)
        if Surface.TRADES in wanted:
            self._attention = with_symbols(self._attention, history.fills.due())
        self._attention = with_surface(self._attention, Surface.INCOME, history.untold())
        behind = orders_behind(result, self._parts.memory.settled_at(self._parts.clock.now()))
        for surface, accounts in behind.items():
            self._attention = with_surface(self._attention, surface, accounts)
        self._aside = due_aside(history, result.snapshot, wanted | wanted_for_plans(result))

    def _on_demand(self) -> frozenset[Surface]:
        return read_on_demand(self._parts.policies.rules_looked_at, self._parts.desk)

    def _interval(self, result: CycleResult) -> float:
        """Seconds from the start of this cycle to the start of the next: shorter while something is near a limit."""
        near = any(is_near(reading) for reading in result.readings)
        return self._parts.cycle.near_limits if near else self._parts.cycle.every

    async def _unless_stopped(self, work: Coroutine[None, None, _T]) -> _T | None:
        """What some waiting brings; None when the word to stop comes first, which ends the waiting."""
        task = asyncio.create_task(work)
        word = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({task, word}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            for waiting in (task, word):
                waiting.cancel()
            await asyncio.gather(task, word, return_exceptions=True)
