"""Puts the daemon together from its settings. The only place that knows every part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from riskd import __version__
from riskd.act.identity import Identity
from riskd.adapters.binance_reader import BinanceReader
from riskd.adapters.duckdb_ledger import DuckdbLedger
from riskd.adapters.duckdb_migrate import read_migrations
from riskd.adapters.kill_switch import KillSwitch
from riskd.adapters.package_files import storage_directory
from riskd.adapters.sandbox import Sandbox
from riskd.cycle import Observe
from riskd.daemon import messages
from riskd.daemon.actions import Actions
from riskd.daemon.calendar import Calendar, Job
from riskd.daemon.connections import Connections
from riskd.daemon.halts import HaltRecord
from riskd.daemon.hands import hands
from riskd.daemon.history import HistoryKeeper
from riskd.daemon.memory import Memory
from riskd.daemon.places import Places
from riskd.daemon.policies import Opening, PolicySource, opening
from riskd.daemon.policy_files import seen_from
from riskd.daemon.policy_keeper import PolicyKeeper
from riskd.daemon.post import Post
from riskd.daemon.queries import asking
from riskd.daemon.reading import Reading
from riskd.daemon.recording import Ledger, LedgerStore, Recording
from riskd.daemon.reminders import Reminders
from riskd.daemon.service import Listener, Parts, Service
from riskd.daemon.settings import Settings
from riskd.execution import Executor
from riskd.model.alert import Condition
from riskd.model.desk import Desk, LegKind, Mode
from riskd.model.journal import EntryKind
from riskd.observe.assemble import assemble
from riskd.observe.freshness import Freshness
from riskd.ports import Clock, Journal, Notifier, QueryRunner, VenueReader
from riskd.record.bodies import accounts_body, daemon_body

_HISTORY = timedelta(days=31)


def open_duckdb(places: Places, now: datetime) -> LedgerStore:
    """The ledger of an installation; a file that cannot be read any more is set aside and a new one begun.

    Raises:
        LedgerError: It cannot be opened.
    """
    ledger, _ = DuckdbLedger.open_or_quarantine(
        places.ledger, read_migrations(storage_directory() / "migrations"), now=now
    )
    return ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the daemon is given from outside: everything that is not decided by its settings.

    Attributes:
        connections: How venues are reached.
        notifiers: Channels to people.
        journal: Open and verified.
        recovered: What was cut off the journal's end when it was opened; empty when it was whole.
        identity: Authenticates our client order ids.
        listeners: Told of every cycle and plan.
        open_store: Opens the ledger; raises LedgerError while that does not work.
        executor: Carries out plans; simulations bring faulty ones, to prove that they would be caught.
        observe: Makes snapshots; likewise.
        queries: Asks the queries of policies; simulations bring one that needs no process.
    """

    clock: Clock
    connections: Connections
    notifiers: Sequence[Notifier]
    journal: Journal
    identity: Identity
    places: Places
    recovered: str = ""
    listeners: tuple[Listener, ...] = ()
    open_store: Callable[[Places, datetime], LedgerStore] = open_duckdb
    executor: type[Executor] = Executor
    observe: Observe = assemble
    queries: QueryRunner = field(default_factory=Sandbox)


def build_service(settings: Settings, *, base: Path, given: Surroundings) -> Service:
    """A service that is ready to run. It has read its policies, its journal and its ledger, and asked nobody anything.

    Args:
        settings: The configuration.
        base: Directory from which relative policy paths are seen.

    Raises:
        PolicyError: A policy is missing or not valid.
        CredentialError: A key file cannot be trusted.
        JournalError: The journal is not what its chain promises.
    """
    clock, desk = given.clock, settings.desk()
    source = PolicySource(names=seen_from(base, settings.policy_files), desk=desk, queries=given.queries)
    memory = Memory(
        given.journal, channels=[notifier.channel for notifier in given.notifiers], now=clock.now()
    )
    begins = opening(source, memory.at_start, clock.now())
    ceiling = settings.ceiling if begins.refusal is None else Mode.OBSERVE
    post = Post(given.notifiers, memory, clock)
    history = HistoryKeeper(desk)
    recording = Recording(
        memory,
        open_ledger=lambda: _open_ledger(given, history, partial(_tell_fault, memory, post)),
        clock=clock,
        say=post.say,
    )
    switch = KillSwitch(given.places.kill_switch)
    readers = readers_of(settings, given.connections, clock)
    actions = hands(
        settings,
        readers,
        connections=given.connections,
        clock=clock,
        identity=given.identity,
        executor=given.executor,
        listeners=given.listeners,
        ceiling=ceiling,
        memory=memory,
        recording=recording,
        post=post,
        switch=switch,
    )
    policies = _policies(settings, given, source, begins, memory=memory, post=post, actions=actions)
    reminders = Reminders(lambda: policies.bundle.waivers, memory, post.say)
    service = Service(
        Parts(
            clock=clock,
            desk=desk,
            ceiling=ceiling,
            cycle=settings.cycle,
            freshness=freshness_of(settings),
            policies=policies,
            reading=reading_of(readers, desk, clock),
            memory=memory,
            recording=recording,
            actions=actions,
            history=history,
            post=post,
            calendar=_housekeeping(settings, recording, reminders, clock.now()),
            listeners=(
                HaltRecord(switch.is_pulled, memory=memory, say=post.say, clock=clock),
                *given.listeners,
            ),
            observe=given.observe,
            queries=given.queries,
        )
    )
    if given.recovered:
        _tell_fault(memory, post, f"the journal had a torn end: {given.recovered}", clock.now())
    _begin(settings, ceiling, memory, recording, policies, post, clock.now())
    return service


def _policies(
    settings: Settings,
    given: Surroundings,
    source: PolicySource,
    begins: Opening,
    *,
    memory: Memory,
    post: Post,
    actions: Actions,
) -> PolicyKeeper:
    """Keeps the policies in force, and what may replace them."""
    return PolicyKeeper(
        begins,
        source=source,
        memory=memory,
        say=post.say,
        shadow_cycles=settings.reload.shadow_cycles,
        may_send=actions.is_armed,
        ask=asking(given.queries),
    )


def _housekeeping(settings: Settings, recording: Recording, reminders: Reminders, now: datetime) -> Calendar:
    """What is due by the clock rather than by the cycle."""
    kept = timedelta(seconds=settings.ledger.keep_details)
    return Calendar(
        (
            Job(name="checkpoint", cron="7 * * * *", run=recording.checkpoint),
            Job(name="forget", cron="23 3 * * *", run=partial(recording.forget, older_than=kept)),
            Job(name="remind", cron="*/5 * * * *", run=reminders.look),
        ),
        now=now,
    )


def _begin(
    settings: Settings,
    ceiling: Mode,
    memory: Memory,
    recording: Recording,
    policies: PolicyKeeper,
    post: Post,
    now: datetime,
) -> None:
    """Write down and say that riskd is here, with what it found."""
    desk, mode = settings.desk(), ceiling.name.lower()
    facts = [("version", __version__), ("mode", mode), ("policy_hash", policies.bundle.hash)]
    memory.owe(EntryKind.START, daemon_body("started", facts=facts), now)
    memory.owe(EntryKind.ACCOUNTS, accounts_body(desk), now)
    policies.begin(memory.at_start.policy_hash, now)
    recording.open()
    firing = sum(
        state.condition in (Condition.FIRING, Condition.CLEARING) for state in memory.states.values()
    )
    post.say(
        messages.started(
            memory.at_start,
            firing=firing,
            accounts=len(desk.accounts),
            mode=mode,
            at=now,
            version=__version__,
        )
    )


def _tell_fault(memory: Memory, post: Post, what: str, at: datetime) -> None:
    """Riskd's own record was damaged: written down, logged and said."""
    structlog.get_logger("riskd").error("record_damaged", what=what)
    memory.note(EntryKind.FAULT, daemon_body(what), at)
    post.say(messages.record_damaged(what, at=at))


def _open_ledger(
    given: Surroundings, history: HistoryKeeper, tell_fault: Callable[[str, datetime], None]
) -> Ledger:
    """The ledger, caught up with the journal; the past is taken from it the first time."""
    now = given.clock.now()
    ledger = given.open_store(given.places, now)
    if ledger.set_aside:
        tell_fault(ledger.set_aside, now)
    ledger.catch_up(given.journal)
    since = now - _HISTORY
    for account, transfer, at, amount, asset in ledger.transfers(since=since):
        history.transfer(account, transfer, at, amount, asset)
    for account, samples in ledger.equity_samples(since=since).items():
        history.restore(account, samples)
    return ledger


def readers_of(settings: Settings, connections: Connections, clock: Clock) -> tuple[VenueReader, ...]:
    """A keyless reader for each venue and one for each account, in the order of the configuration."""
    venues = sorted({account.venue for account in settings.accounts})
    markets = [
        BinanceReader(connections.market(venue), account="", clock=clock, venue=venue) for venue in venues
    ]
    accounts = [
        BinanceReader(connections.reading(account), account=account.id, clock=clock, venue=account.venue)
        for account in settings.accounts
    ]
    return (*markets, *accounts)


def reading_of(readers: Sequence[VenueReader], desk: Desk, clock: Clock) -> Reading:
    """Reads them all; spot balances only of accounts in which a hedge holds spot."""
    spot = {leg.account for hedge in desk.hedges for leg in hedge.legs if leg.kind is LegKind.SPOT}
    return Reading(readers, clock, spot_accounts=frozenset(spot))


def freshness_of(settings: Settings) -> Freshness:
    """How old each surface may be."""
    ages = settings.freshness
    return Freshness(
        positions=timedelta(seconds=ages.positions),
        orders=timedelta(seconds=ages.orders),
        marks=timedelta(seconds=ages.marks),
        settings=timedelta(seconds=ages.settings),
        brackets=timedelta(seconds=ages.brackets),
        income=timedelta(seconds=ages.income),
    )
