"""Every rule against every subject it covers. What cannot be computed is unknown; nothing disables itself.

No NaN reaches a comparison: ``levels`` answers -1 for it, and a rule whose evaluation raises is unknown for all of its
subjects, with the error as the reason, in every cycle until it is mended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

import numpy as np

from riskd.judge.answered import answered
from riskd.judge.crossing import is_known, level_of
from riskd.judge.reading import UNKNOWN, Reading
from riskd.judge.waived import excuse, in_force
from riskd.measure.book.book import Book
from riskd.measure.book.groups import Attributes, IndexArray
from riskd.measure.book.universe import Labels, Subjects, Universe
from riskd.measure.catalogue import CATALOGUE, take
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Selection
from riskd.model.answer import Answer
from riskd.model.arrays import BoolArray, FloatArray, IntArray
from riskd.model.report import Surface
from riskd.model.subject import Grain, Subject
from riskd.model.verdict import Level, Measurement
from riskd.policy.expression.take import Input, inputs_of, spec_of, take_formula
from riskd.policy.formula import Formula
from riskd.policy.limits.thresholds import ladders_by, levels, thresholds, thresholds_by_row
from riskd.policy.rule import Bound, Rule, Selector, Thresholds
from riskd.policy.scope.select import selection, subjects_selected
from riskd.policy.waiver import Waiver

_COVERAGE = frozenset({Surface.POSITIONS, Surface.ORDERS, Surface.CONDITIONAL_ORDERS})
"""What decides the strategy of a position, and so which rules cover it."""

# Up to so many rows, comparing all of them takes no longer than finding out that they need not be compared.
_FEW = 2_000
_EVERYTHING = Selector()
_NO_ANSWERS: Mapping[str, Answer] = MappingProxyType({})


def evaluate(
    rules: Sequence[Rule],
    book: Book,
    *,
    now: datetime,
    waivers: Iterable[Waiver] = (),
    answers: Mapping[str, Answer] = _NO_ANSWERS,
) -> tuple[Reading, ...]:
    """The reading of every rule, in the order of the rules. A measure that several rules share is taken once.

    Args:
        rules: Compiled rules.
        book: The snapshot and its history.
        now: The moment of judging, which decides which calendars and waivers hold.
        waivers: All that there are.
        answers: To the queries of rules that have one, by the id of the rule.
    """
    evaluation = _Evaluation(book, now, in_force(waivers, now), answers)
    return tuple(evaluation.read(rule) for rule in rules)


class _Evaluation:
    """One pass over the rules, and what they share."""

    def __init__(
        self,
        book: Book,
        now: datetime,
        waivers: Mapping[str, Sequence[Waiver]],
        answers: Mapping[str, Answer],
    ) -> None:
        self._book = book
        self._answers = answers
        self._now = now
        self._waivers = waivers
        self._selections: dict[Selector, Selection] = {}
        self._rows: dict[tuple[Selector, Grain], IndexArray] = {}
        self._places: dict[Grain, dict[Subject, int]] = {}
        self._measured: dict[tuple[MeasureRef | Formula, Grain, Selector], Measurement] = {}

    def read(self, rule: Rule) -> Reading:
        """The reading of one rule; unknown throughout when its evaluation raises."""
        try:
            reading, waivers = self._read(rule), self._waivers.get(rule.id)
            return excuse(reading, waivers) if waivers else reading
        except Exception as error:  # noqa: BLE001  # whatever a measure raises, its rule must become unknown, not silent
            universe = self._universe(rule.grain)
            return _failed(rule, universe, self._place(universe), error)

    def _read(self, rule: Rule) -> Reading:
        universe = self._book.universe(rule.grain)
        rows = self._covered(rule, universe)
        measured = self._value(rule)
        values = measured.values if len(rows) == universe.size else measured.values[rows]
        by = self._by(rule, rows)
        held, held_at = self._held(rule, rows, by)
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
            inputs=self._inputs(rule, rows),
            by=by,
            judged_at=self._now,
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
            everything = not rule.where.tests
            self._rows[key] = (
                np.arange(universe.size, dtype=np.intp)
                if everything
                else np.flatnonzero(subjects_selected(rule.where, universe))
            )
        return self._rows[key]

    def _value(self, rule: Rule) -> Measurement:
        """The rule's own measure: of the catalogue, or the policy's own arithmetic or query."""
        if rule.query is not None:
            return answered(self._book, rule.grain, self._answers.get(rule.id))
        formula = rule.formula
        if formula is None:
            return self._measure(rule.measure, rule)
        where = _counted(rule, spec_of(formula, rule.grain))
        key = (formula, rule.grain, where)
        if key not in self._measured:
            self._measured[key] = take_formula(self._book, rule.grain, formula, self._selected(where))
        return self._measured[key]

    def _measure(self, ref: MeasureRef, rule: Rule) -> Measurement:
        where = _counted(rule, CATALOGUE[ref.name])
        key = (ref, rule.grain, where)
        if key not in self._measured:
            self._measured[key] = take(self._book, ref, rule.grain, self._selected(where))
        return self._measured[key]

    def _selected(self, where: Selector) -> Selection:
        if where not in self._selections:
            self._selections[where] = selection(where, self._book)
        return self._selections[where]

    def _inputs(self, rule: Rule, rows: IndexArray) -> Callable[[int], tuple[Input, ...]]:
        """The columns of an expression, taken again when somebody asks for them."""

        def inputs(row: int) -> tuple[Input, ...]:
            formula = rule.formula
            if formula is None:
                return ()
            chosen = self._selected(_counted(rule, spec_of(formula, rule.grain)))
            return inputs_of(self._book, rule.grain, formula, chosen, int(rows[row]))

        return inputs

    def _by(self, rule: Rule, rows: IndexArray) -> FloatArray | None:
        """What the rule's ladders go by; None when it has none."""
        ladder = ladders_by(rule)
        return None if ladder is None else self._measure(ladder, rule).values[rows]

    def _held(
        self, rule: Rule, rows: IndexArray, by: FloatArray | None
    ) -> tuple[tuple[Thresholds, ...], IntArray]:
        """The limits in force, and for each row which."""
        if by is not None:
            held_at, distinct = thresholds_by_row(rule, now=self._now, by_values=by)
            return distinct, held_at
        held = thresholds(rule, now=self._now, by_value=None)
        assert held is not None  # only a ladder's limit can be unknown
        return (held,), np.zeros(len(rows), dtype=np.int32)

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


def _counted(rule: Rule, spec: MeasureSpec) -> Selector:
    """The rows that a measure counts for a rule."""
    return _EVERYTHING if spec.counts is Counts.WHOLE_ACCOUNT else rule.where


def _levels(rule: Rule, held: tuple[Thresholds, ...], held_at: IntArray, values: FloatArray) -> IntArray:
    bound = rule.limit.bound
    if len(held) == 1 and not held_at.any():
        if len(values) > _FEW and _all_ok(bound, held[0], values):
            return np.zeros(len(values), dtype=np.int32)
        return levels(bound, held[0], values, 0.0)
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
        by = ladders_by(rule)
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
