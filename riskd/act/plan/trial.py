"""Measures hypothetical books with the real measures: the planner proposes, the evaluator disposes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from riskd.act.plan.align import gone_in, rows_after
from riskd.act.plan.places import place_of
from riskd.act.plan.scene import Scene
from riskd.act.plan.suppose import Closing
from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray
from riskd.measure.catalogue import take
from riskd.measure.spec import Counts, MeasureRef, Selection
from riskd.model.arrays import FloatArray, IntArray
from riskd.model.subject import Grain, Subject
from riskd.policy.expression.take import rule_spec, take_rule
from riskd.policy.formula import Formula
from riskd.policy.limits.thresholds import ladders_by, levels, thresholds, thresholds_by_row
from riskd.policy.rule import Bound, Rule, Selector, Thresholds
from riskd.policy.scope.select import selection, subjects_selected

INSIDE = frozenset({Grain.POSITION, Grain.ACCOUNT, Grain.STRATEGY, Grain.ASSET, Grain.CLUSTER, Grain.GRID})
"""Grains of which every subject lies inside one account."""

_ROWS_AT_ONCE = 32_768  # more would leave the processor's cache
_BOOKS_AT_ONCE = 64
_UNKNOWN = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One rule on the subjects that it covers, as the book stands.

    Attributes:
        rows: The subjects, as rows of the universe of the rule's grain.
        value: Of each subject, as it was judged.
        factor: Where the venue's own figures make a value look worse than ours do of the same book, that proportion, which
            is carried over to every trial: what the venue would say of a book that does not exist is not known.
        level: The worse of the levels that the stated and our own value are beyond; -1 unknown.
    """

    rule: Rule
    rows: IndexArray
    value: FloatArray
    factor: FloatArray
    level: IntArray


@dataclass(frozen=True, slots=True)
class Seen:
    """One rule on the same subjects after a closing.

    Attributes:
        values: NaN unknown.
        by: What the limits go by; None: by nothing.
    """

    values: FloatArray
    by: FloatArray | None


class Trial:
    """Measures rules on one account, or on a desk of which one account is supposed otherwise."""

    def __init__(self, scene: Scene, rules: Sequence[Rule], now: datetime) -> None:
        """Measure the book as it stands, and once with nothing closed.

        Args:
            scene: The account.
            rules: What to watch; one with a query is never known.
            now: The moment of judging.
        """
        self.scene = scene
        self.now = now
        self._rules = tuple(rules)
        # Of a desk of one account the account alone is all there is.
        self._is_alone = len(scene.whole.tables.profiles) == 1
        own = _Measuring(scene.book, now)
        self._stands = {True: own, False: own if self._is_alone else _Measuring(scene.whole, now)}
        self._rows = [self._covered(rule) for rule in self._rules]
        stated = [self._stated(number) for number in range(len(self._rules))]
        (unchanged,) = self._together([{}], range(len(self._rules)), (0.0,))
        self._unchanged = unchanged
        self.watched = tuple(
            self._watched(rule, rows, before, seen)
            for rule, rows, before, seen in zip(self._rules, self._rows, stated, unchanged, strict=True)
        )

    def look(
        self, closings: Sequence[Closing], numbers: Sequence[int], deposits: Sequence[float] = ()
    ) -> list[list[Seen]]:
        """Some rules after each closing; the values are ours, without the venue's pessimism.

        Args:
            closings: What is closed.
            numbers: Which of the rules.
            deposits: Margin added with each closing; none when there are none.
        """
        if not deposits and not any(closings):
            return [[self._unchanged[number] for number in numbers] for _ in closings]
        added = deposits or (0.0,) * len(closings)
        rows = max(1, len(self.scene.snapshot.positions))
        size = max(1, min(_BOOKS_AT_ONCE, _ROWS_AT_ONCE // rows))
        found: list[list[Seen]] = []
        for start in range(0, len(closings), size):
            stop = start + size
            found += self._together(closings[start:stop], numbers, added[start:stop])
        return found

    def place(self, number: int, subject: Subject) -> int | None:
        """Where a subject stands among those of a rule."""
        grain, rows = self._rules[number].grain, self._rows[number]
        row = place_of(self._stand(grain).book, grain, subject)
        if row is None:
            return None
        at = int(np.searchsorted(rows, row))
        return at if at < len(rows) and rows[at] == row else None

    def subject(self, number: int, place: int) -> Subject:
        """The subject at a place."""
        grain = self._rules[number].grain
        return self._stand(grain).book.universe(grain).subjects[int(self._rows[number][place])]

    def why_unknown(self, number: int, place: int) -> str:
        """What of a value of the book as it stands is missing."""
        rule = self._rules[number]
        book = self._stand(rule.grain).book
        return take_rule(book, rule, selection(rule.where, book)).unknown[int(self._rows[number][place])]

    def levels(self, number: int, seen: Seen) -> IntArray:
        """The level that each subject is beyond."""
        return _levels(self._rules[number], seen, self.now)

    def _stand(self, grain: Grain) -> _Measuring:
        return self._stands[grain in INSIDE]

    def _covered(self, rule: Rule) -> IndexArray:
        universe = self._stand(rule.grain).book.universe(rule.grain)
        return np.flatnonzero(subjects_selected(rule.where, universe))

    def _stated(self, number: int) -> Seen:
        rule = self._rules[number]
        return self._stand(rule.grain).seen(rule, self._rows[number])

    def _watched(self, rule: Rule, rows: IndexArray, stated: Seen, unchanged: Seen) -> Watched:
        factor = _pessimism(rule.limit.bound, stated.values, unchanged.values)
        return Watched(
            rule=rule,
            rows=rows,
            value=stated.values,
            factor=factor,
            level=np.maximum(_levels(rule, stated, self.now), _levels(rule, unchanged, self.now)),
        )

    def _together(
        self, closings: Sequence[Closing], numbers: Sequence[int], deposits: Sequence[float]
    ) -> list[list[Seen]]:
        blocks: dict[bool, _Measuring] = {}
        found: list[list[Seen]] = [[] for _ in closings]
        closed = [gone_in(self.scene, closing) for closing in closings]
        for number in numbers:
            rule = self._rules[number]
            inside = self._is_alone or rule.grain in INSIDE
            if inside not in blocks:
                blocks[inside] = _Measuring(self._block(closings, deposits, inside), self.now)
            for part, seen in enumerate(self._aligned(blocks[inside], number, closed)):
                found[part].append(seen)
        return found

    def _block(self, closings: Sequence[Closing], deposits: Sequence[float], inside: bool) -> Book:  # noqa: FBT001  # a key, not a choice
        scene = self.scene
        after = scene.after if inside else scene.whole_after
        history = scene.history if inside else scene.whole.tables.histories[0]
        books = [
            Book.of(after(closing, deposit), history)
            for closing, deposit in zip(closings, deposits, strict=True)
        ]
        return books[0] if len(books) == 1 else Book.stack(books)

    def _aligned(self, block: _Measuring, number: int, closed: Sequence[Sequence[int]]) -> list[Seen]:
        """The subjects of the book as it stands, in each book of a block; what is closed is as good as it can be."""
        rule = self._rules[number]
        values, by = block.taken(rule), block.by(rule)
        # Where nothing is left the row is the last, which is appended: nothing is the size that limits go by.
        gone = np.inf if rule.limit.bound is Bound.MIN else 0.0
        found = []
        for after in rows_after(self._stand(rule.grain).book, block.book, rule.grain, closed):
            rows = after[self._rows[number]]
            found.append(
                Seen(
                    np.where(rows < 0, gone, np.append(values, np.nan)[rows]),
                    None if by is None else np.append(by, 0.0)[rows],
                )
            )
        return found


class _Measuring:
    """Measures of one book or block, each taken once."""

    def __init__(self, book: Book, now: datetime) -> None:
        self.book = book
        self.now = now
        self._selections: dict[Selector, Selection] = {}
        self._values: dict[tuple[MeasureRef | Formula, Grain, Selector], FloatArray] = {}

    def seen(self, rule: Rule, rows: IndexArray) -> Seen:
        """A rule on some subjects."""
        by = self.by(rule)
        return Seen(self.taken(rule)[rows], None if by is None else by[rows])

    def taken(self, rule: Rule) -> FloatArray:
        """The measure of a rule for every subject; unknown where it cannot be taken."""
        if rule.query is not None:
            return np.full(self.book.universe(rule.grain).size, np.nan)
        where = self._counted(rule)
        key = (rule.formula or rule.measure, rule.grain, where)
        if key not in self._values:
            try:
                self._values[key] = take_rule(self.book, rule, self._selected(where)).values
            except Exception:  # noqa: BLE001  # as where rules are judged: what a measure raises makes its rule unknown
                self._values[key] = np.full(self.book.universe(rule.grain).size, np.nan)
        return self._values[key]

    def by(self, rule: Rule) -> FloatArray | None:
        """What the limits of a rule go by, for every subject."""
        ref = ladders_by(rule)
        if ref is None:
            return None
        key = (ref, rule.grain, self._counted(rule))
        if key not in self._values:
            self._values[key] = take(self.book, ref, rule.grain, self._selected(key[2])).values
        return self._values[key]

    @staticmethod
    def _counted(rule: Rule) -> Selector:
        spec = rule_spec(rule)
        whole = spec is not None and spec.counts is Counts.WHOLE_ACCOUNT
        return Selector() if whole else rule.where

    def _selected(self, where: Selector) -> Selection:
        if where not in self._selections:
            self._selections[where] = selection(where, self.book)
        return self._selections[where]


def _levels(rule: Rule, seen: Seen, now: datetime) -> IntArray:
    if seen.by is None:
        held = thresholds(rule, now=now, by_value=None)
        assert held is not None  # only a ladder's limit can be unknown
        return levels(rule.limit.bound, held, seen.values, 0.0)
    index, distinct = thresholds_by_row(rule, now=now, by_values=seen.by)
    found = np.full(len(seen.values), _UNKNOWN, dtype=np.int32)
    for number, held in enumerate(distinct):
        rows = index == number
        found[rows] = levels(rule.limit.bound, held, seen.values[rows], 0.0)
    return found


def held_for(rule: Rule, seen: Seen, place: int, now: datetime) -> Thresholds | None:
    """The thresholds that hold for one subject; None: not known."""
    return thresholds(rule, now=now, by_value=None if seen.by is None else float(seen.by[place]))


def _pessimism(bound: Bound, stated: FloatArray, unchanged: FloatArray) -> FloatArray:
    """Factors that carry the difference of the real book and the trial over, never to the better."""
    if bound is Bound.BAND:
        return np.ones(len(stated))
    with np.errstate(all="ignore"):
        factor = stated / unchanged
    sound = np.isfinite(factor) & (factor > 0.0) & np.isfinite(stated)
    worse = np.minimum(factor, 1.0) if bound is Bound.MIN else np.maximum(factor, 1.0)
    return np.where(sound, worse, 1.0)
