"""One pass: observe, measure, judge, act, record. The only place where the stages meet, and itself a pure function."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from riskd.act.compose import CARRIED_OUT, Composer
from riskd.act.demand import Demand
from riskd.act.message import Background, alert_messages
from riskd.act.modes import Permissions
from riskd.act.plan import Occasion
from riskd.act.proposal import Proposal, Unplanned
from riskd.act.silence import Silence
from riskd.judge.advance import Advance, advance
from riskd.judge.answered import Ask, asked, nobody_asked
from riskd.judge.closed import is_closed
from riskd.judge.evaluate import evaluate
from riskd.judge.reading import Reading
from riskd.judge.waived import rule_in_force
from riskd.measure.book.book import Book
from riskd.measure.book.layout import Layout
from riskd.measure.catalogue import select_all, take
from riskd.measure.spec import MeasureRef
from riskd.model.alert import AlertKey, AlertState, Condition
from riskd.model.arrays import FloatArray
from riskd.model.desk import Desk, Mode
from riskd.model.flow import IncomeRow
from riskd.model.history import History
from riskd.model.message import Message
from riskd.model.report import Report, Surface
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from riskd.observe.assemble import assemble
from riskd.observe.freshness import Freshness
from riskd.observe.known import Known
from riskd.policy.bundle import Bundle
from riskd.policy.rule import Rule
from riskd.record.rows import CycleRows, cycle_rows
from riskd.record.snapshot_rows import AccountFigures

Observe = Callable[..., tuple[Snapshot, Known]]
"""Makes a snapshot of reports and memory, with the arguments of ``assemble``."""

Remember = Callable[[Snapshot, Known], History]
"""Takes in what this cycle saw and hands out the past, the present included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleInput:
    """Everything a pass depends on.

    Attributes:
        snapshot_id: Never used before.
        now: The moment of judging: after the last report came, aware UTC.
        reports: What the venues answered since the last pass.
        known: What observing remembered.
        states: Alerts as the last pass left them.
        remember: Owner of the past.
        attempts: How many plans an episode has had, by rule, subject in words and episode.
        ceiling: How far the daemon may go.
        duration_seconds: From the first read to now.
        changed_rules: Rules that ask otherwise than in the last pass.
        ask: Asks the queries of rules that have one.
        layout: That of the last pass, which serves again while nothing was opened or closed. It saves time and changes no
            answer.
        silences: What people do not want to hear; it changes messages and nothing else.
        told: Keys of the root messages that people have, or that wait to be posted.
        settled_at: When the last plan of each account ended that has had one.
    """

    snapshot_id: int
    now: datetime
    reports: tuple[Report, ...]
    known: Known
    desk: Desk
    freshness: Freshness
    bundle: Bundle
    states: Mapping[AlertKey, AlertState]
    remember: Remember
    attempts: Mapping[tuple[str, str, int], int]
    ceiling: Mode
    duration_seconds: float
    changed_rules: frozenset[str] = frozenset()
    ask: Ask = nobody_asked
    layout: Layout | None = None
    settled_at: Mapping[str, datetime] = field(default_factory=dict)
    silences: tuple[Silence, ...] = ()
    told: Container[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What policies say of one snapshot."""

    readings: tuple[Reading, ...]
    advance: Advance


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleResult:
    """Everything a pass concluded.

    Attributes:
        proposals: At most one for each account and authority; nothing of it has been sent or refused yet.
        unplanned: Why something that a firing alert asks for is in no proposal.
        messages: What its events say, to be queued once they are durable.
    """

    snapshot: Snapshot
    known: Known
    book: Book
    readings: tuple[Reading, ...]
    advance: Advance
    proposals: tuple[Proposal, ...]
    unplanned: tuple[Unplanned, ...]
    messages: tuple[Message, ...]
    rows: CycleRows


def run_cycle(given: CycleInput, *, observe: Observe = assemble) -> CycleResult:
    """Observe, measure, judge, plan and phrase. Same input, same result, bit for bit.

    Args:
        given: Everything it depends on.
        observe: Makes the snapshot; simulations bring faulty ones, to prove that they would be caught.
    """
    snapshot, known = observe(
        given.reports,
        previous=given.known,
        desk=given.desk,
        now=given.now,
        freshness=given.freshness,
        snapshot_id=given.snapshot_id,
    )
    book = Book.of(snapshot, given.remember(snapshot, known), given.layout)
    rules = given.bundle.rules
    judged = judge(
        given.bundle,
        snapshot,
        book,
        given.states,
        now=given.now,
        changed=given.changed_rules,
        ask=given.ask,
    )
    readings, moved = judged.readings, judged.advance
    proposals, unplanned = _plans(given, book, readings, moved.states)
    messages = alert_messages(
        moved.events,
        Background(
            rules={rule.id: rule for rule in rules},
            before=given.states,
            unknown=moved.unknown,
            waivers=given.bundle.waivers,
            silences=given.silences,
            told=given.told,
        ),
    )
    rows = cycle_rows(
        snapshot,
        figures=_figures(book),
        readings=readings,
        policy_hash=given.bundle.hash,
        duration_seconds=given.duration_seconds,
        incomes=_incomes(given, known),
    )
    return CycleResult(
        snapshot=snapshot,
        known=known,
        book=book,
        readings=readings,
        advance=moved,
        proposals=proposals,
        unplanned=unplanned,
        messages=messages,
        rows=rows,
    )


def judge(
    bundle: Bundle,
    snapshot: Snapshot,
    book: Book,
    states: Mapping[AlertKey, AlertState],
    *,
    now: datetime,
    changed: frozenset[str] = frozenset(),
    ask: Ask = nobody_asked,
) -> Judged:
    """What policies say of a snapshot: the live one, one seen by policies in shadow, or a recorded one.

    Args:
        bundle: The policies.
        snapshot: What is judged.
        book: The same with its past, ready to be measured.
        states: Alerts as the snapshot before left them.
        now: The moment of judging.
        changed: Rules that ask otherwise than when the states were made.
        ask: Asks the queries of rules that have one.
    """
    answers = asked(ask, book, bundle.rules)
    readings = evaluate(bundle.rules, book, now=now, waivers=bundle.waivers, answers=answers)
    moved = advance(readings, states, now=now, closed=lambda s: is_closed(snapshot, s), changed=changed)
    return Judged(readings=readings, advance=moved)


def _plans(
    given: CycleInput,
    book: Book,
    readings: Sequence[Reading],
    states: Mapping[AlertKey, AlertState],
) -> tuple[tuple[Proposal, ...], tuple[Unplanned, ...]]:
    """What the firing alerts ask for: a plan for each account and authority."""
    modes = {profile.id: profile.mode for profile in given.desk.accounts}

    def permit(rule: Rule, account: str) -> Permissions:
        return Permissions(
            ceiling=given.ceiling,
            policy=rule.mode,
            rule=rule.mode,
            account=modes.get(account, Mode.OBSERVE),
        )

    def occasion(demand: Demand) -> Occasion:
        past = given.attempts.get((demand.rule.id, str(demand.subject), demand.episode), 0)
        return Occasion(episode=demand.episode, attempt=past + 1, now=given.now)

    composer = Composer(
        book=book, rules=given.bundle.rules, permit=permit, occasion=occasion, settled_at=given.settled_at
    )
    return composer.proposals(wanted(readings, states))


def wanted(readings: Iterable[Reading], states: Mapping[AlertKey, AlertState]) -> list[Demand]:
    """What firing alerts ask riskd to do, worst first.

    Only alerts that fire now count: one that is clearing is on its way back, and one whose value is unknown starts
    nothing.
    """
    found: list[Demand] = []
    for reading in readings:
        for row in np.flatnonzero(reading.levels > 0):
            subject = reading.subjects[int(row)]
            state = states.get(AlertKey(rule=reading.rule.id, subject=subject))
            if state is None or state.condition is not Condition.FIRING or state.unknown:
                continue
            rule = rule_in_force(reading, int(row))
            found.extend(
                Demand(rule=rule, subject=subject, action=action, level=state.level, episode=state.episode)
                for action in reading.rule.actions_at(state.level)
                if action.kind in CARRIED_OUT
            )
    # Sorting is stable: within a level the order of the policies stands.
    return sorted(found, key=lambda demand: -demand.level)


def _figures(book: Book) -> AccountFigures:
    everything = select_all(book)

    def figure(measure: str) -> FloatArray:
        return take(book, MeasureRef(measure), Grain.ACCOUNT, everything).values

    return AccountFigures(
        exposure_gross=book.total(Grain.ACCOUNT, book.gross, everything),
        exposure_net=book.total(Grain.ACCOUNT, book.tables.positions.notional, everything),
        leverage_gross=figure("leverage"),
        margin_ratio=figure("margin_ratio"),
        liquidation_distance_min=figure("liquidation_distance"),
    )


def _incomes(given: CycleInput, known: Known) -> list[tuple[str, IncomeRow]]:
    """Wallet entries of the accounts whose history was read in this cycle; the ledger skips those that it has."""
    read = {
        report.account for report in given.reports if report.surface is Surface.INCOME and not report.failure
    }
    memories = ((profile.id, known.account(profile.id).entries) for profile in given.desk.accounts)
    return [
        (account, row)
        for account, entries in memories
        if account in read and entries is not None
        for row in entries.rows
    ]
