"""Puts the daemon together from its settings. The only place that knows every part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from riskd import __version__
from riskd.adapters.kill_switch import KillSwitch, Switches
from riskd.adapters.pause_file import PauseFiles
from riskd.daemon import messages
from riskd.daemon.actions import Actions
from riskd.daemon.calendar import Calendar, Job
from riskd.daemon.control.assemble import means_of
from riskd.daemon.control.means import Picture
from riskd.daemon.halts import HaltRecord
from riskd.daemon.hands import Hold, hands
from riskd.daemon.history import HistoryKeeper
from riskd.daemon.mandate import Mandate
from riskd.daemon.memory import Memory
from riskd.daemon.pause import Pauses
from riskd.daemon.people import People, people_of
from riskd.daemon.people_check import people_notes
from riskd.daemon.policies import Opening, PolicySource, opening
from riskd.daemon.policy_files import seen_from
from riskd.daemon.policy_keeper import PolicyKeeper
from riskd.daemon.post import Post
from riskd.daemon.queries import asking
from riskd.daemon.recording import Ledger, Recording
from riskd.daemon.reminders import Reminders
from riskd.daemon.service import Parts, Service
from riskd.daemon.settings import Settings
from riskd.daemon.silence_reminders import SilenceReminders
from riskd.daemon.surroundings import Surroundings as Surroundings
from riskd.daemon.surroundings import open_duckdb as open_duckdb
from riskd.daemon.watching import freshness_of, readers_of, reading_of
from riskd.model.alert import Condition
from riskd.model.desk import Mode
from riskd.model.journal import EntryKind
from riskd.model.verdict import Level
from riskd.record.bodies import accounts_body, daemon_body

_HISTORY = timedelta(days=31)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Core:
    """What everything else stands on.

    Attributes:
        begins: The policies to begin with.
        ceiling: How far riskd may go: broken policies at the start let it only observe.
    """

    settings: Settings
    given: Surroundings
    source: PolicySource
    begins: Opening
    ceiling: Mode
    memory: Memory
    post: Post
    history: HistoryKeeper
    recording: Recording
    switches: Switches
    picture: Picture
    people: People


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
    core = _core(settings, base, given)
    mandate = _mandate(core)
    hold = hands(
        settings,
        given,
        ceiling=core.ceiling,
        memory=core.memory,
        recording=core.recording,
        mandate=mandate,
        switches=core.switches,
        say=core.post.say,
    )
    service = Service(_parts(core, mandate, hold))
    service.means = means_of(
        settings,
        clock=given.clock,
        people=core.people,
        picture=core.picture,
        memory=core.memory,
        decisions=mandate.decisions,
        switches=core.switches,
        say=core.post.say,
        propose=hold.actions.propose,
        ledger_fault=lambda: core.recording.ledger_fault,
        standing=lambda: service.standing,
    )
    _begin(core, service)
    return service


def _mandate(core: _Core) -> Mandate:
    read = core.given.read_again
    return Mandate.of(
        core.settings.orders,
        core.memory,
        core.post.say,
        clock=core.given.clock,
        read_again=None if read is None else lambda: read().orders,
    )


def _core(settings: Settings, base: Path, given: Surroundings) -> _Core:
    clock, desk = given.clock, settings.desk()
    source = PolicySource(names=seen_from(base, settings.policy_files), desk=desk, queries=given.queries)
    channels = [notifier.channel for notifier in given.notifiers]
    memory = Memory(given.journal, channels=channels, now=clock.now())
    begins = opening(source, memory.at_start, clock.now())
    post = Post(given.notifiers, memory, clock)
    history = HistoryKeeper(desk)
    return _Core(
        settings=settings,
        given=given,
        source=source,
        begins=begins,
        ceiling=settings.ceiling if begins.refusal is None else Mode.OBSERVE,
        memory=memory,
        post=post,
        history=history,
        recording=Recording(
            memory,
            open_ledger=lambda: _open_ledger(given, history, partial(_tell_fault, memory, post)),
            clock=clock,
            say=post.say,
        ),
        switches=Switches(KillSwitch(given.places.kill_switch), given.places.account_switches),
        picture=Picture(),
        people=people_of(settings.people),
    )


def _parts(core: _Core, mandate: Mandate, hold: Hold) -> Parts:
    settings, given, clock = core.settings, core.given, core.given.clock
    desk = settings.desk()
    pauses = Pauses(
        PauseFiles(given.places.pauses),
        hooks=given.hooks,
        ceiling=core.ceiling,
        say=core.post.say,
        clock=clock,
    )
    halts = HaltRecord(core.switches.house.is_pulled, memory=core.memory, say=core.post.say, clock=clock)
    policies = _policies(core, hold.actions)
    strays = () if hold.strays is None else (hold.strays,)
    return Parts(
        clock=clock,
        desk=desk,
        ceiling=core.ceiling,
        cycle=settings.cycle,
        freshness=freshness_of(settings),
        policies=policies,
        reading=reading_of(readers_of(settings, given.connections, clock), desk, clock),
        memory=core.memory,
        recording=core.recording,
        actions=hold.actions,
        strays=hold.strays,
        history=core.history,
        post=core.post,
        calendar=_housekeeping(core, mandate, policies),
        pauses=pauses,
        mandate=mandate,
        listeners=(halts, core.picture, pauses, hold.aftermath, *strays, *given.listeners),
        observe=given.observe,
        queries=given.queries,
    )


def _policies(core: _Core, actions: Actions) -> PolicyKeeper:
    """Keeps the policies in force, and what may replace them."""
    return PolicyKeeper(
        core.begins,
        source=core.source,
        memory=core.memory,
        say=core.post.say,
        shadow_cycles=core.settings.reload.shadow_cycles,
        may_send=actions.is_armed,
        ask=asking(core.given.queries),
    )


def _housekeeping(core: _Core, mandate: Mandate, policies: PolicyKeeper) -> Calendar:
    """What is due by the clock rather than by the cycle."""
    recording, memory, say = core.recording, core.memory, core.post.say
    kept = timedelta(seconds=core.settings.ledger.keep_details)
    reminders = Reminders(lambda: policies.bundle.waivers, memory, say)
    return Calendar(
        (
            Job(name="checkpoint", cron="7 * * * *", run=recording.checkpoint),
            Job(name="forget", cron="23 3 * * *", run=partial(recording.forget, older_than=kept)),
            Job(name="remind", cron="*/5 * * * *", run=reminders.look),
            Job(name="silences", cron="* * * * *", run=SilenceReminders(mandate.handling, memory, say).look),
        ),
        now=core.given.clock.now(),
    )


def _begin(core: _Core, service: Service) -> None:
    """Write down and say that riskd is here, with what it found."""
    memory, post, now = core.memory, core.post, core.given.clock.now()
    if core.given.recovered:
        _tell_fault(memory, post, f"the journal had a torn end: {core.given.recovered}", now)
    desk, mode, policies = core.settings.desk(), core.ceiling.name.lower(), service.policies
    facts = [("version", __version__), ("mode", mode), ("policy_hash", policies.bundle.hash)]
    memory.owe(EntryKind.START, daemon_body("started", facts=facts), now)
    memory.owe(EntryKind.ACCOUNTS, accounts_body(desk), now)
    policies.begin(memory.at_start.policy_hash, now)
    core.recording.open()
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
    for note in people_notes(core.people, policies.bundle.rules):
        structlog.get_logger("riskd").warning("people", note=note)
        post.say(
            messages.system_message(word=f"people {note}", headline=note, level=Level.WARN, body=(), at=now)
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
