"""Measures hypothetical books with the real measures: the planner proposes, the evaluator disposes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np

from riskd.act.suppose import Closing, suppose
from riskd.measure.book.book import Book
from riskd.measure.catalogue import take
from riskd.measure.spec import MeasureRef
from riskd.model.arrays import FloatArray
from riskd.model.history import History
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain, Subject
from riskd.policy.expression.take import take_rule
from riskd.policy.limits.thresholds import inset, ladders_by, thresholds
from riskd.policy.rule import Action, Bound, Rule
from riskd.policy.scope.select import selection

HOLDS_POSITIONS = frozenset({Grain.POSITION, Grain.ACCOUNT, Grain.STRATEGY, Grain.ASSET})
"""Grains of which every subject lies inside one account and every position of it in one subject."""

_ROWS_AT_ONCE = 32_768  # more would leave the processor's cache
_BOOKS_AT_ONCE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a plan is about, in the snapshot of one account alone.

    Attributes:
        subject: What the rule fires on.
        rows: Position rows that may be closed: those of the subject that the rule's scope selects.
        unit_cost: Cost of closing one unit of notional of each position.
        value: The measure as it stands in the real book.
    """

    snapshot: Snapshot
    history: History
    rule: Rule
    subject: Subject
    action: Action
    rows: tuple[int, ...]
    unit_cost: FloatArray
    value: float
    now: datetime


class Trial:
    """Measures the subject of a case after closing, and says how far from the target that leaves it."""

    def __init__(self, case: Case) -> None:
        """Measure the book once with nothing closed.

        Some figures of the venue (its liquidation prices) are not known of a book that does not exist. Where ours
        differ without closing anything, the difference is carried over to every trial, if that makes it look worse.
        """
        self._case = case
        self._bound = case.rule.limit.bound
        self._scale = 1.0
        (unchanged,) = self.values([{}])
        self._scale = _pessimism(self._bound, case.value, unchanged)

    def values(self, closings: Sequence[Closing]) -> FloatArray:
        """The measure of the subject after each closing; NaN unknown."""
        return self._measured(None, closings) * self._scale

    def gaps(self, closings: Sequence[Closing]) -> FloatArray:
        """How far beyond the target the measure is after each closing: > 0 beyond, <= 0 within, NaN unknown."""
        values = self.values(closings)
        targets = self._targets(closings)
        return np.array([_gap(value, *edges) for value, edges in zip(values.tolist(), targets, strict=True)])

    def target(self, closing: Closing) -> tuple[float, float]:
        """Lowest and highest value that the action wants to see after a closing."""
        return self._targets([closing])[0]

    def _targets(self, closings: Sequence[Closing]) -> list[tuple[float, float]]:
        action, by = self._case.action, ladders_by(self._case.rule)
        if action.to is not None:
            edges = {
                Bound.MAX: (-math.inf, action.to),
                Bound.MIN: (action.to, math.inf),
                Bound.BAND: (-abs(action.to), abs(action.to)),
            }
            return [edges[self._bound]] * len(closings)
        if by is None:
            return [self._clear_level(None)] * len(closings)
        return [self._clear_level(value) for value in self._measured(by, closings).tolist()]

    def _clear_level(self, by_value: float | None) -> tuple[float, float]:
        """Where the level that asks for the action clears: its limit, drawn inwards by the rule's margin."""
        rule, action = self._case.rule, self._case.action
        held = thresholds(rule, now=self._case.now, by_value=by_value)
        asking = [level for level, actions in rule.actions if action in actions]
        for level, low, high in () if held is None else held.levels:
            if level in asking:
                return inset(self._bound, low, high, rule.clear_margin)
        return (math.nan, math.nan)

    def _measured(self, ref: MeasureRef | None, closings: Sequence[Closing]) -> FloatArray:
        """A measure of the subject after each closing; the rule's own when none is named."""
        size = max(1, min(_BOOKS_AT_ONCE, _ROWS_AT_ONCE // max(1, len(self._case.snapshot.positions))))
        parts = [
            self._measured_together(ref, closings[start : start + size])
            for start in range(0, len(closings), size)
        ]
        return np.concatenate(parts) if parts else np.empty(0)

    def _measured_together(self, ref: MeasureRef | None, closings: Sequence[Closing]) -> FloatArray:
        """All closings as one block of books."""
        case = self._case
        books = [
            Book.of(suppose(case.snapshot, closing, case.unit_cost), case.history) for closing in closings
        ]
        block = Book.stack(books)
        chosen = selection(case.rule.where, block)
        measured = (
            take_rule(block, case.rule, chosen) if ref is None else take(block, ref, case.rule.grain, chosen)
        )
        subject_rows = self._subject_rows(block, closings)
        gone = _without_position(self._bound)
        return np.array([gone if row is None else measured.values[row] for row in subject_rows])

    def _subject_rows(self, block: Book, closings: Sequence[Closing]) -> list[int | None]:
        """Row of the subject in each book; None where nothing is left of it."""
        grain = self._case.rule.grain
        subject_of = block.position_groups(grain).of if grain in HOLDS_POSITIONS else None
        rows: list[int | None] = []
        start = 0
        for part, closing in enumerate(closings):
            closed = {row for row, quantity in closing.items() if self._is_whole(row, quantity)}
            left = next((row for row in self._case.rows if row not in closed), None)
            if subject_of is None or left is None:
                rows.append(self._row_by_name(block, part))
            else:
                rows.append(int(subject_of[start + left - sum(row < left for row in closed)]))
            start += len(self._case.snapshot.positions) - len(closed)
        return rows

    def _row_by_name(self, block: Book, part: int) -> int | None:
        universe = block.universe(self._case.rule.grain)
        rows = np.flatnonzero(universe.part == part).tolist()
        return next((row for row in rows if universe.subjects[row] == self._case.subject), None)

    def _is_whole(self, row: int, quantity: Decimal) -> bool:
        return abs(self._case.snapshot.positions.quantity_exact[row]) == quantity


def _gap(value: float, low: float, high: float) -> float:
    if math.isnan(value) or math.isnan(low) or math.isnan(high):
        return math.nan
    return max(low - value, value - high)


def _without_position(bound: Bound) -> float:
    """The measure of a subject that is closed: as good as it can be."""
    return math.inf if bound is Bound.MIN else 0.0


def _pessimism(bound: Bound, stated: float, unchanged: float) -> float:
    """Factor that carries the difference of the real book and the trial over, never to the better."""
    if not (math.isfinite(stated) and math.isfinite(unchanged)) or stated * unchanged <= 0.0:
        return 1.0
    factor = stated / unchanged
    if bound is Bound.BAND:
        return 1.0
    return min(1.0, factor) if bound is Bound.MIN else max(1.0, factor)
