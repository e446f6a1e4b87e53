"""Which positions a plan may touch, and how far: those that the demands are about, and what hedges them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riskd.act.demand import Demand
from riskd.act.plan.hedges import Hedge
from riskd.act.plan.occasion import NoPlan, NoPlanReason
from riskd.act.plan.places import place_of
from riskd.act.plan.scene import Scene
from riskd.act.plan.steps import Steps, steps_up_to
from riskd.act.plan.trial import INSIDE
from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray
from riskd.measure.spec import Remedy
from riskd.model.subject import Grain, Subject
from riskd.policy.expression.take import rule_spec
from riskd.policy.rule import REDUCES, ActionKind
from riskd.policy.scope.select import selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a plan may reach.

    Attributes:
        of_demand: Positions that each demand is about: those of its subject that the rule's scope selects.
        wanted: All of them.
        mates: Positions beside them that are drained with them to keep a hedge whole.
        closed: Those that are closed whole because a demand asks it.
        steps: In which steps each may be reduced.
        refused: Why others cannot.
    """

    of_demand: tuple[tuple[int, ...], ...]
    wanted: frozenset[int]
    mates: frozenset[int]
    closed: frozenset[int]
    steps: dict[int, Steps]
    refused: dict[int, str]


def objection(book: Book, demand: Demand) -> NoPlan | None:
    """Why nothing can be planned for a demand, by its rule alone."""
    rule, action = demand.rule, demand.action
    if action.kind not in REDUCES:
        return NoPlan(NoPlanReason.NOT_AN_ORDER, f"{action.kind} closes no position")
    if rule.grain not in INSIDE:
        return NoPlan(
            NoPlanReason.SPANS_ACCOUNTS, f"a plan stays within one account; {rule.grain} may span several"
        )
    spec = rule_spec(rule)
    remedy = Remedy.NONE if spec is None else spec.remedy
    if action.kind is ActionKind.DELEVERAGE and remedy in {Remedy.NONE, Remedy.CANCEL}:
        return NoPlan(
            NoPlanReason.NOT_PLANNABLE, f"closing positions does not bring {rule.measure.name} back"
        )
    if account_of(book, demand.rule.grain, demand.subject) is None:
        return NoPlan(NoPlanReason.NO_SUBJECT, f"{demand.subject} is not in the snapshot")
    return None


def account_of(book: Book, grain: Grain, subject: Subject) -> int | None:
    """The account that a subject lies in; None when it is not in the book."""
    row = place_of(book, grain, subject)
    return None if row is None else int(book.universe(grain).account[row])


def scope_of(scene: Scene, demands: Sequence[Demand], hedges: Sequence[Hedge]) -> Scope:
    """What a plan for all of the demands may touch."""
    of_demand = tuple(_positions_of(scene, demand) for demand in demands)
    wanted = frozenset(row for rows in of_demand for row in rows)
    reached = _with_mates(wanted, hedges)
    closed = frozenset(
        row
        for demand, rows in zip(demands, of_demand, strict=True)
        for row in rows
        if demand.action.kind is ActionKind.CLOSE
    )
    largest = dict.fromkeys(reached, 1.0)
    for demand, rows in zip(demands, of_demand, strict=True):
        for row in rows:
            largest[row] = min(largest[row], demand.action.max_step)
    for demand, rows in zip(demands, of_demand, strict=True):
        if demand.action.kind is ActionKind.CLOSE:
            largest.update((row, demand.action.max_step) for row in rows)
    steps, refused = steps_up_to(scene.snapshot, dict(sorted(largest.items())))
    for hedge in hedges:
        if not hedge.balances:
            for row in hedge.rows & steps.keys() - closed:
                del steps[row]
                refused[row] = (
                    f"closing it might break hedge {hedge.id}: the worth of one of its legs is unknown"
                )
    return Scope(
        of_demand=of_demand,
        wanted=wanted,
        mates=reached - wanted,
        closed=closed & steps.keys(),
        steps=steps,
        refused=refused,
    )


def uncertain(scene: Scene, rows: frozenset[int]) -> NoPlan | None:
    """The answer when something of a position that may be touched is not known."""
    positions = scene.snapshot.positions
    known = positions.confirmed & np.isfinite(positions.notional) & np.isfinite(positions.quantity)
    names = [scene.position(row) for row in sorted(rows) if not known[row]]
    if not names:
        return None
    return NoPlan(
        NoPlanReason.UNKNOWN,
        f"not known for certain: {', '.join(names)}; orders never rest on missing data",
    )


def _with_mates(wanted: frozenset[int], hedges: Sequence[Hedge]) -> frozenset[int]:
    """The positions and those that hedge them, and what hedges those."""
    reached = wanted
    while True:
        more = reached.union(*(hedge.rows for hedge in hedges if hedge.rows & reached))
        if more == reached:
            return reached
        reached = more


def _positions_of(scene: Scene, demand: Demand) -> tuple[int, ...]:
    """Positions inside a subject that the rule's scope selects; of a grid, those of its symbol in its account."""
    book, rule = scene.book, demand.rule
    chosen = selection(rule.where, book).positions
    return tuple(row for row in _inside(book, rule.grain, demand.subject).tolist() if chosen[row])


def _inside(book: Book, grain: Grain, subject: Subject) -> IndexArray:
    if grain is not Grain.GRID:
        return np.flatnonzero(book.position_groups(grain).of == place_of(book, grain, subject))
    grids = book.position_attributes().coded("grid")
    names = np.array([*(name == subject.part("grid") for name in grids.names), False], dtype=np.bool_)
    return np.flatnonzero(names[grids.codes])
