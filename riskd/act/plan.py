"""What to close so that a measure comes back to its target: reductions within the subject, verified before they exist.

The target is the action's ``to``, or else the level at which the alert clears, never the trigger: a reduction to the
trigger would be needed again after the next tick. A plan is measured on the book as it would be, with the measure that
judges the real one; what does not bring the measure nearer is no plan.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import numpy as np

from riskd.act.alone import account_alone
from riskd.act.formula import Formula
from riskd.act.search import Field, Found, cheapest, evenly
from riskd.act.steps import Steps, steps_of
from riskd.act.suppose import Costs, unit_costs
from riskd.act.trial import HOLDS_POSITIONS, Case, Trial
from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray
from riskd.measure.catalogue import CATALOGUE
from riskd.measure.spec import Remedy
from riskd.model.order import Plan, Reduction
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain, Subject
from riskd.policy.expression.take import take_rule
from riskd.policy.rule import REDUCES, Action, ActionKind, Objective, Rule
from riskd.policy.scope.select import selection


class NoPlanReason(StrEnum):
    """Why there is nothing to close."""

    NOT_AN_ORDER = "not_an_order"  # the action closes nothing
    NOT_PLANNABLE = "not_plannable"  # closing positions does not bring this measure back
    SPANS_ACCOUNTS = "spans_accounts"
    NO_SUBJECT = "no_subject"
    UNKNOWN = "unknown"
    NOTHING_HELD = "nothing_held"
    TOO_SMALL = "too_small"
    AT_TARGET = "at_target"
    NO_HELP = "no_help"
    FAILED = "failed"  # a fault of ours


@dataclass(frozen=True, slots=True)
class NoPlan:
    """There is no plan, and why."""

    reason: NoPlanReason
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What asked for the plan.

    Attributes:
        episode: Of the alert.
        attempt: Counted up with each plan of the episode.
    """

    episode: int
    attempt: int
    now: datetime


def propose(
    book: Book,
    rule: Rule,
    subject: Subject,
    action: Action,
    *,
    occasion: Occasion,
    costs: Costs | None = None,
) -> Plan | NoPlan:
    """The reductions that one action of one firing alert asks for.

    Args:
        book: One snapshot, as it was judged.
        rule: The rule that fires; its scope bounds what may be closed.
        subject: What it fires on.
        action: ``deleverage`` or ``close``, as the rule names it.
        occasion: Which alert, which attempt, when.
        costs: What closing is reckoned to cost.
    """
    reach = _reach(book, rule, subject, action)
    if isinstance(reach, NoPlan):
        return reach
    case = _case(book, rule, subject, action, reach, occasion, costs or Costs())
    if isinstance(case, NoPlan):
        return case
    possible, refused = steps_of(case.snapshot, case.rows, action.max_step)
    if not possible:
        return NoPlan(NoPlanReason.TOO_SMALL, "; ".join(sorted(set(refused.values()))))
    trial = Trial(case)
    found = _found(case, trial, tuple(possible.values()), reach.hedge_rows)
    if isinstance(found, NoPlan):
        return found
    return _plan(book, case, trial, found, refused, occasion)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reach:
    """Where a plan may reach.

    Attributes:
        account: Code of the account in the book.
        subject_row: Row of the subject in the book's universe.
        rows: Its positions that the rule's scope selects, counted among the account's own positions.
        hedge_rows: Those of them that are legs of a hedge.
    """

    account: int
    subject_row: int
    rows: tuple[int, ...]
    hedge_rows: frozenset[int]


def _reach(book: Book, rule: Rule, subject: Subject, action: Action) -> _Reach | NoPlan:
    if action.kind not in REDUCES:
        return NoPlan(NoPlanReason.NOT_AN_ORDER, f"{action.kind} closes no position")
    if rule.grain not in HOLDS_POSITIONS | {Grain.GRID}:
        return NoPlan(
            NoPlanReason.SPANS_ACCOUNTS, f"a plan stays within one account; {rule.grain} may span several"
        )
    if action.kind is ActionKind.DELEVERAGE and _remedy(rule) in {Remedy.NONE, Remedy.CANCEL}:
        return NoPlan(
            NoPlanReason.NOT_PLANNABLE, f"closing positions does not bring {rule.measure.name} back"
        )
    universe = book.universe(rule.grain)
    subject_row = next((row for row, known in enumerate(universe.subjects) if known == subject), None)
    if subject_row is None:
        return NoPlan(NoPlanReason.NO_SUBJECT, f"{subject} is not in the snapshot")
    account = int(universe.account[subject_row])
    own = np.flatnonzero(book.layout.position_account == account)
    mine = _positions_of(book, rule.grain, subject, subject_row)
    mine = mine[selection(rule.where, book).positions[mine]]
    rows = np.searchsorted(own, mine)
    hedged = book.position_attributes().coded("hedge").codes[mine] >= 0
    return _Reach(
        account=account,
        subject_row=subject_row,
        rows=tuple(rows.tolist()),
        hedge_rows=frozenset(rows[hedged].tolist()),
    )


def _remedy(rule: Rule) -> Remedy:
    spec = CATALOGUE.get(rule.measure.name)
    return Remedy.NONE if spec is None else spec.remedy


def _positions_of(book: Book, grain: Grain, subject: Subject, subject_row: int) -> IndexArray:
    """Rows of the book's positions inside a subject; of a grid, those of its symbol in its account."""
    if grain is not Grain.GRID:
        return np.flatnonzero(book.position_groups(grain).of == subject_row)
    grids = book.position_attributes().coded("grid")
    names = np.array([*(name == subject.part("grid") for name in grids.names), False], dtype=np.bool_)
    return np.flatnonzero(names[grids.codes])


def _case(
    book: Book, rule: Rule, subject: Subject, action: Action, reach: _Reach, occasion: Occasion, costs: Costs
) -> Case | NoPlan:
    measured = take_rule(book, rule, selection(rule.where, book))
    value = float(measured.values[reach.subject_row])
    if math.isnan(value):
        reason = measured.unknown[reach.subject_row]
        return NoPlan(NoPlanReason.UNKNOWN, f"{rule.measure_words} of {subject} is unknown: {reason}")
    if not reach.rows:
        return NoPlan(NoPlanReason.NOTHING_HELD, f"{subject} holds no position that the rule covers")
    snapshot, history = account_alone(book.tables.snapshots[0], book.tables.histories[0], reach.account)
    positions, rows = snapshot.positions, list(reach.rows)
    certain = positions.confirmed[rows] & np.isfinite(positions.notional[rows])
    if not certain.all():
        names = ", ".join(_name(snapshot, rows[place]) for place in np.flatnonzero(~certain).tolist())
        return NoPlan(
            NoPlanReason.UNKNOWN, f"not known for certain: {names}; orders never rest on missing data"
        )
    return Case(
        snapshot=snapshot,
        history=history,
        rule=rule,
        subject=subject,
        action=action,
        rows=reach.rows,
        unit_cost=unit_costs(snapshot, costs),
        value=value,
        now=occasion.now,
    )


def _found(case: Case, trial: Trial, steps: Sequence[Steps], hedge_rows: frozenset[int]) -> Found | NoPlan:
    name = case.rule.measure.name
    if case.action.kind is ActionKind.CLOSE:
        everything = {step.row: step.quantity(step.most) for step in steps}
        return Found(closing=everything, distance=math.nan, useless=frozenset())
    (gap,) = trial.gaps([{}]).tolist()
    if math.isnan(gap):
        return NoPlan(NoPlanReason.UNKNOWN, f"the target of {name} is not known, or it cannot be tried out")
    if gap <= 0.0:
        return NoPlan(NoPlanReason.AT_TARGET, f"{name} is within its target already")
    if case.action.objective is Objective.PRO_RATA:
        found = evenly(trial, steps)
    else:
        unit_price = np.abs(case.snapshot.positions.mark_price * case.unit_cost)
        found = cheapest(
            Field(
                trial=trial,
                formula=Formula(case, trial),
                steps=steps,
                unit_price=unit_price,
                last=hedge_rows,
            )
        )
    if not found.closing or not found.distance < gap:
        return NoPlan(
            NoPlanReason.NO_HELP, f"closing what may be closed does not bring {name} nearer its target"
        )
    return found


def _plan(
    book: Book, case: Case, trial: Trial, found: Found, refused: dict[int, str], occasion: Occasion
) -> Plan:
    snapshot = case.snapshot
    (after,) = trial.values([found.closing]).tolist()
    account = snapshot.desk.accounts[0].id
    return Plan(
        id=_plan_id(case, occasion),
        account=account,
        rule=case.rule.id,
        subject=str(case.subject),
        alert_episode=occasion.episode,
        action=case.action.kind.value,
        target=_target(case, trial, found),
        value_before=case.value,
        value_after=after,
        reductions=tuple(_reduction(case, account, row, quantity) for row, quantity in found.closing.items()),
        untouched=_untouched(case, found, refused),
        snapshot_id=book.tables.snapshots[0].id,
        created_at=occasion.now,
    )


def _plan_id(case: Case, occasion: Occasion) -> str:
    """Readable, and the same again for the same episode and attempt: a restart does not plan twice."""
    named = f"{case.rule.id}\n{case.subject}".encode()
    digest = hashlib.blake2s(named, digest_size=4).hexdigest()
    return f"pln-{digest}-{occasion.episode}-{occasion.attempt}"


def _target(case: Case, trial: Trial, found: Found) -> float:
    """The edge of the target nearest to where the measure comes from."""
    low, high = trial.target(found.closing)
    if math.isinf(low) or math.isinf(high):
        return high if math.isinf(low) else low
    return low if abs(case.value - low) <= abs(case.value - high) else high


def _reduction(case: Case, account: str, row: int, quantity: Decimal) -> Reduction:
    positions = case.snapshot.positions
    mark_price = float(positions.mark_price[row])
    return Reduction(
        account=account,
        symbol=_symbol(case.snapshot, row),
        position_side=positions.position_side[row],
        held=positions.quantity_exact[row],
        quantity=quantity,
        mark_price=Decimal(repr(mark_price)),
        cost_estimate=float(quantity) * mark_price * float(case.unit_cost[row]),
    )


def _untouched(case: Case, found: Found, refused: dict[int, str]) -> tuple[tuple[str, str], ...]:
    """Every position of the account that is left alone, and why."""

    def why(row: int) -> str:
        if row not in case.rows:
            return "not part of what the rule is about"
        if row in refused:
            return refused[row]
        return "closing it would not help" if row in found.useless else "not needed"

    rows = range(len(case.snapshot.positions))
    return tuple((_name(case.snapshot, row), why(row)) for row in rows if row not in found.closing)


def _symbol(snapshot: Snapshot, row: int) -> str:
    return snapshot.instruments[int(snapshot.positions.instrument[row])].symbol


def _name(snapshot: Snapshot, row: int) -> str:
    return f"{_symbol(snapshot, row)} {snapshot.positions.side(row)}"
