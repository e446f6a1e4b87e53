"""Every rule against every subject it covers. What cannot be computed is unknown; nothing disables itself.

No NaN reaches a comparison: ``levels`` answers -1 for it, and a rule whose evaluation raises is unknown for all of its
subjects, with the error as the reason, in every cycle until it is mended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np

from riskd.judge.crossing import is_known, level_of
from riskd.judge.reading import UNKNOWN, Reading
from riskd.measure.book import Book
from riskd.measure.catalogue import CATALOGUE, take
from riskd.measure.groups import Attributes, IndexArray
from riskd.measure.spec import Counts, MeasureRef, Selection
from riskd.measure.universe import Labels, Subjects, Universe
from riskd.model.arrays import BoolArray, FloatArray, IntArray
from riskd.model.report import Surface
from riskd.model.subject import Grain, Subject
from riskd.model.verdict import Level, Measurement
from riskd.policy.rule import Bound, Rule, Selector, Thresholds
from riskd.policy.select import selection, subjects_selected
from riskd.policy.thresholds import levels, thresholds, thresholds_by_row

_COVERAGE = frozenset({Surface.POSITIONS, Surface.ORDERS, Surface.CONDITIONAL_ORDERS})
"""What decides the strategy of a position, and so which rules cover it."""

_EVERYTHING = Selector()


def evaluate(rules: Sequence[Rule], book: Book, *, now: datetime) -> tuple[Reading, ...]:
    """The reading of every rule, in the order of the rules. A measure that several rules share is taken once.

    Args:
        rules: Compiled rules.
        book: The snapshot and its history.
        now: The moment of judging, which decides which calendars hold.
    """
    evaluation = _Evaluation(book, now)
    return tuple(evaluation.read(rule) for rule in rules)


class _Evaluation:
    """One pass over the rules, and what they share."""

    def __init__(self, book: Book, now: datetime) -> None:
        self._book = book
        self._now = now
        self._selections: dict[Selector, Selection] = {}
        self._rows: dict[tuple[Selector, Grain], IndexArray] = {}
        self._places: dict[Grain, dict[Subject, int]] = {}
        self._measured: dict[tuple[MeasureRef, Grain, Selector], Measurement] = {}

    def read(self, rule: Rule) -> Reading:
        """The reading of one rule; unknown throughout when its evaluation raises."""
        try:
            return self._read(rule)
        except Exception as error:  # noqa: BLE001  # whatever a measure raises, its rule must become unknown, not silent
            universe = self._universe(rule.grain)
            return _failed(rule, universe, self._place(universe), error)

    def _read(self, rule: Rule) -> Reading:
        universe = self._book.universe(rule.grain)
        rows = self._covered(rule, universe)
        measured = self._measure(rule.measure, rule)
        values = measured.values if len(rows) == universe.size else measured.values[rows]
        held, held_at = self._held(rule, rows)
        return Reading(
            rule=rule,
            universe=universe,
            rows=rows,
            values=values,
            levels=_levels(rule, held, held_at, values),
            held=held,
            held_at=held_at,
            why=_reason(rule, measured, rows),
            place=self._place(universe),
            settled=self._settled(rule.grain),
        )

    def _universe(self, grain: Grain) -> Universe:
        """The subjects of a grain; where even they cannot be told, one that stands for all of them."""
        try:
            return self._book.universe(grain)
        except Exception:  # noqa: BLE001  # as above; the error itself is the reason that the reading gives
            return _nameless(grain)

    def _covered(self, rule: Rule, universe: Universe) -> IndexArray:
        key = (rule.where, rule.grain)
        if key not in self._rows:
            self._rows[key] = np.flatnonzero(subjects_selected(rule.where, universe))
        return self._rows[key]

    def _measure(self, ref: MeasureRef, rule: Rule) -> Measurement:
        whole = CATALOGUE[ref.name].counts is Counts.WHOLE_ACCOUNT
        where = _EVERYTHING if whole else rule.where
        key = (ref, rule.grain, where)
        if key not in self._measured:
            if where not in self._selections:
                self._selections[where] = selection(where, self._book)
            self._measured[key] = take(self._book, ref, rule.grain, self._selections[where])
        return self._measured[key]

    def _held(self, rule: Rule, rows: IndexArray) -> tuple[tuple[Thresholds, ...], IntArray]:
        """The limits in force, and for each row which."""
        everywhere = np.zeros(len(rows), dtype=np.int32)
        if rule.limit.thresholds is not None and not rule.during:
            return (rule.limit.thresholds,), everywhere
        by = _ladders_by(rule)
        if by is None:
            held = thresholds(rule, now=self._now, by_value=None)
            assert held is not None  # only a ladder's limit can be unknown
            return (held,), everywhere
        held_at, distinct = thresholds_by_row(
            rule, now=self._now, by_values=self._measure(by, rule).values[rows]
        )
        return distinct, held_at

    def _place(self, universe: Universe) -> Callable[[Subject], int]:
        """Looks a subject up; all subjects of the grain are built at the first look, for all rules together."""

        def place(subject: Subject) -> int:
            if universe.grain not in self._places:
                names = enumerate(universe.subjects)
                self._places[universe.grain] = {name: row for row, name in names}
            return self._places[universe.grain].get(subject, UNKNOWN)

        return place

    def _settled(self, grain: Grain) -> Callable[[int], bool]:
        def settled(row: int) -> bool:
            trusted = self._book.trusted(_COVERAGE, grain)
            return trusted is None or bool(trusted[row])

        return settled


def _ladders_by(rule: Rule) -> MeasureRef | None:
    """The measure that the rule's ladders go by; None when it has none."""
    limits = (rule.limit, *(limit for _, limit in rule.during))
    return next((limit.by for limit in limits if limit.by is not None), None)


def _levels(rule: Rule, held: tuple[Thresholds, ...], held_at: IntArray, values: FloatArray) -> IntArray:
    bound = rule.limit.bound
    column = np.zeros(len(values), dtype=np.int32)
    column[held_at < 0] = UNKNOWN
    for number, thresholds_held in enumerate(held):
        if _all_ok(bound, thresholds_held, values):
            continue
        chosen: BoolArray = held_at == number
        column[chosen] = levels(bound, thresholds_held, values[chosen], 0.0)
    return column


def _all_ok(bound: Bound, held: Thresholds, values: FloatArray) -> bool:
    """Whether every value is known and within the limits: so it is when the lowest and the highest are.

    This is how a healthy book costs two passes and no comparison of its rows.
    """
    if len(values) == 0:
        return True
    extremes = (float(values.min()), float(values.max()))  # NaN when any value is
    return all(is_known(value) and level_of(bound, held, value) is Level.OK for value in extremes)


def _reason(rule: Rule, measured: Measurement, rows: IndexArray) -> Callable[[int], str]:
    """Why a row is unknown: its value, or else what its limit goes by."""

    def why(row: int) -> str:
        by = _ladders_by(rule)
        limit = f"its limit: {by.name} is unknown" if by is not None else "its limit"
        return measured.unknown[int(rows[row])] or limit

    return why


def _nameless(grain: Grain) -> Universe:
    nowhere = np.full(1, UNKNOWN, dtype=np.intp)
    return Universe(
        grain=grain,
        size=1,
        subjects=Subjects(1, lambda _: Subject(grain, ())),
        account=nowhere,
        part=np.zeros(1, dtype=np.intp),
        attributes=Attributes({}),
        labels=Labels(nowhere, ()),
    )


def _failed(rule: Rule, universe: Universe, place: Callable[[Subject], int], error: Exception) -> Reading:
    """The rule as unknown for every subject of its grain: which of them it covers may be what failed."""
    text = f"the rule could not be evaluated: {type(error).__name__}: {error}"
    return Reading(
        rule=rule,
        universe=universe,
        rows=np.arange(universe.size, dtype=np.intp),
        values=np.full(universe.size, np.nan),
        levels=np.full(universe.size, UNKNOWN, dtype=np.int32),
        held=(),
        held_at=np.full(universe.size, UNKNOWN, dtype=np.int32),
        why=lambda _: text,
        place=place,
        settled=lambda _: False,
    )
