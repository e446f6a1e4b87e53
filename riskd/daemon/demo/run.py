"""The demo from beginning to end: a watched pass, the same seed without riskd, and what to make of both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Protocol

from riskd import __version__
from riskd.adapters.credentials import CredentialStore
from riskd.adapters.journal_file import JournalFile
from riskd.adapters.system_clock import ScaledClock, SystemClock
from riskd.adapters.virtual_time import VirtualClock, VirtualLoop
from riskd.daemon.connections import Connections, HttpConnections
from riskd.daemon.control.means import Means
from riskd.daemon.demo.harvest import cancelled_of, orders_of, plans_of, repeated, said_of
from riskd.daemon.demo.inside import InsideConnections
from riskd.daemon.demo.narrator import Narrator
from riskd.daemon.demo.obey import PauseFolder
from riskd.daemon.demo.recorder import Recorder
from riskd.daemon.demo.result import Demo, Run
from riskd.daemon.demo.setup import Installation, install
from riskd.daemon.demo.story import story_of
from riskd.daemon.demo.watch import Watch, nobody, watch
from riskd.daemon.demo.world import ACCOUNTS, World, build_world
from riskd.daemon.service import Listener
from riskd.daemon.settings_file import read_settings
from riskd.model.arrays import floats
from riskd.model.journal import EntryKind
from riskd.paper.dialect.auth import Timing
from riskd.paper.market.track import TrackMarket
from riskd.paper.server import PaperServer
from riskd.paper.server_time import clock_time
from riskd.paper.strategies.actor import Paused, nobody_is_paused
from riskd.policy.rule import Bound
from riskd.ports import Clock, Notifier

# A simulated hour in a minute.
_LIVE_FACTOR = 60.0
# The daemon is killed and started again this long before the end of the demo's script.
_KILL_BEFORE_END = timedelta(minutes=12)
_SHORT = timedelta(hours=3)
_SHORT_CYCLE_SECONDS, _LONG_CYCLE_SECONDS = 10, 60
# Virtual time costs what the cycles cost, so the fast pass looks less often.
_FAST_CYCLE_SECONDS = 40


class Pace(Enum):
    """How time passes in the watched pass."""

    LIVE = "live"  # sixty times as fast as real time, over HTTP
    FAST = "fast"  # as fast as the machine can, inside this process


class Answers(Protocol):
    """Somebody who answers plans while they wait."""

    def meet(self, means: Means | None) -> None:
        """Whose plans are answered from now on."""
        ...

    def listening(self) -> AbstractContextManager[None]:
        """Answer as long as this is open; inside a running loop."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPlan:
    """What to run.

    Attributes:
        folder: Where configuration, journal, ledger and report go.
        notifiers: Channels to people, the terminal among them.
        listeners: Told of every cycle and plan, beside the narrator.
        progress: Told in words what happens next.
        answers: Who answers plans in the live pass; None: nobody.
    """

    market: TrackMarket
    seed: int
    folder: Path
    pace: Pace
    notifiers: Sequence[Notifier]
    listeners: tuple[Listener, ...]
    progress: Callable[[str], None]
    answers: Answers | None = None


def run_demo(plan: DemoPlan) -> Demo:
    """Run both passes and collect what happened.

    The watched pass is the daemon itself with its own configuration file, journal and ledger; nothing in it knows that
    the venue is simulated.
    """
    recorder, world = _world(plan, paused=PauseFolder(plan.folder / "pause"))
    narrator = Narrator(plan.progress)
    if plan.pace is Pace.FAST:
        _watch_fast(plan, world, narrator)
    else:
        asyncio.run(_watch_live(plan, world, narrator))
    watched = recorder.run(tuple(world.venue.events))
    plan.progress("the same seed once more, without riskd")
    unwatched, bare = _world(plan, paused=nobody_is_paused)
    bare.venue.advance_to(plan.market.ends_at_ms)
    return _collect(plan, world, narrator, recorder, watched, unwatched.run(tuple(bare.venue.events)))


def _world(plan: DemoPlan, *, paused: Paused) -> tuple[Recorder, World]:
    """The market, its bots and accidents, and who samples them. The same plan gives the same world."""
    story = story_of(plan.market)
    recorder = Recorder(ACCOUNTS, every_ms=_cycle_seconds(plan.market) * 1000)
    world = build_world(
        plan.market,
        seed=plan.seed,
        faults=story.faults,
        others=[*story.accidents, recorder],
        # Sixty times as fast, a receive window of five seconds is eighty milliseconds: too short for any machine.
        timing=Timing.LENIENT if plan.pace is Pace.LIVE else Timing.STRICT,
        paused=paused,
    )
    return recorder, world


def _watch_fast(plan: DemoPlan, world: World, narrator: Narrator) -> None:
    loop = VirtualLoop()
    try:
        clock = VirtualClock(loop, started_at=_at(plan.market.started_at_ms))
        installation = install(
            plan.folder,
            world,
            endpoint=None,
            cycle_seconds=max(_FAST_CYCLE_SECONDS, _cycle_seconds(plan.market)),
        )
        connections = InsideConnections(world.venue, clock)
        loop.run_until_complete(watch(_watch(plan, installation, clock, connections, narrator)))
        world.venue.advance_to(plan.market.ends_at_ms)
    finally:
        loop.close()


async def _watch_live(plan: DemoPlan, world: World, narrator: Narrator) -> None:
    clock = ScaledClock(SystemClock(), factor=_LIVE_FACTOR, started_at=_at(plan.market.started_at_ms))
    server = PaperServer(world.venue, time_ms=clock_time(clock), clock=clock)
    await server.start()
    try:
        plan.progress(f"paper venue at {server.url}; an hour passes in a minute; Ctrl-C stops")
        installation = install(
            plan.folder, world, endpoint=server.url, cycle_seconds=_cycle_seconds(plan.market)
        )
        credentials = CredentialStore.of_user(plan.folder / "credentials")
        connections = HttpConnections(read_settings(installation.config), credentials, clock)
        with nullcontext() if plan.answers is None else plan.answers.listening():
            await watch(_watch(plan, installation, clock, connections, narrator))
    finally:
        await server.stop()
    world.venue.advance_to(plan.market.ends_at_ms)


def _watch(
    plan: DemoPlan,
    installation: Installation,
    clock: Clock,
    connections: Connections,
    narrator: Narrator,
) -> Watch:
    ends_at = _at(plan.market.ends_at_ms)
    scripted = plan.market.name == "demo"
    return Watch(
        installation=installation,
        clock=clock,
        connections=connections,
        notifiers=plan.notifiers,
        listeners=(narrator, *plan.listeners),
        ends_at=ends_at,
        killed_at=ends_at - _KILL_BEFORE_END if scripted else None,
        progress=plan.progress,
        meet=nobody if plan.answers is None else plan.answers.meet,
    )


def _collect(
    plan: DemoPlan, world: World, narrator: Narrator, recorder: Recorder, watched: Run, bare: Run
) -> Demo:
    journal = JournalFile.open(plan.folder / "journal.jsonl", holder="riskd demo")
    try:
        entries = tuple(journal.entries())
    finally:
        journal.close()
    return Demo(
        market=plan.market.name,
        seed=plan.seed,
        started_at=_at(plan.market.started_at_ms),
        ended_at=_at(plan.market.ends_at_ms),
        policy_hash=narrator.policy_hash,
        version=__version__,
        watched=watched,
        bare=bare,
        plans=plans_of(entries),
        orders=orders_of(entries, world.venue.exchange),
        cancelled=cancelled_of(entries),
        restarts=sum(entry.kind == EntryKind.START for entry in entries) - 1,
        repeated=repeated(entries, world.venue.exchange),
        said=said_of(entries),
        blind=narrator.blind,
        cycles=narrator.cycles,
        journal_entries=len(entries),
        marks=tuple((symbol, floats(at), floats(marks)) for symbol, at, marks in recorder.marks()),
        tiers=_tiers(narrator),
    )


def _tiers(narrator: Narrator) -> tuple[tuple[str, float], ...]:
    """The levels of the rule on the accounts' room, as the policy states them."""
    if narrator.last is None:
        return ()
    for reading in narrator.last.readings:
        rule = reading.rule
        if rule.measure.name == "account_shock" and rule.limit.bound is Bound.MIN and rule.limit.thresholds:
            return tuple((level.name.lower(), low) for level, low, _ in rule.limit.thresholds.levels)
    return ()


def _cycle_seconds(market: TrackMarket) -> int:
    length = timedelta(milliseconds=market.ends_at_ms - market.started_at_ms)
    return _SHORT_CYCLE_SECONDS if length < _SHORT else _LONG_CYCLE_SECONDS


def _at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
