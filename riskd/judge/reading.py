"""What one rule says of every subject it covers, as columns; a subject gets an object of its own only when looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from riskd.judge.crossing import nearer_edge
from riskd.measure.book.groups import IndexArray
from riskd.measure.book.universe import Subjects, Universe
from riskd.model.arrays import FloatArray, IntArray
from riskd.model.subject import Subject
from riskd.model.verdict import Level, Outcome, Verdict
from riskd.policy.expression.take import Input
from riskd.policy.rule import Bound, Rule, Thresholds
from riskd.policy.waiver import Waiver

UNKNOWN = -1


def _no_inputs(_: int) -> tuple[Input, ...]:
    return ()


_OUTCOMES = {
    UNKNOWN: Outcome.UNKNOWN,
    Level.OK: Outcome.OK,
    Level.WARN: Outcome.WARN,
    Level.BREACH: Outcome.BREACH,
    Level.CRITICAL: Outcome.CRITICAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Excused:
    """What a waiver that holds keeps from a subject.

    Attributes:
        normal: The limits that would hold without it.
        level: What the value would be beyond without it.
    """

    waiver: Waiver
    normal: Thresholds
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One rule over one snapshot. All columns have one entry for each subject that the rule covers.

    Attributes:
        universe: All subjects of the rule's grain, covered or not.
        rows: Row in the universe of each covered subject, rising.
        values: In the measure's unit; NaN unknown; +inf where the measure says so.
        levels: 0 (ok) to 3 (critical); -1 unknown.
        held: The distinct limits in force, waivers included.
        held_at: For each subject, which of ``held``; -1 when the limit itself is not known.
        why: Why a row is unknown; asked only for rows that are.
        place: Row of a subject in the universe; -1 when it is not there.
        by: Value of the measure that the rule's ladders go by; None when it has no ladder.
        judged_at: The moment of judging; None for a rule that could not be evaluated.
        inputs: The columns that went into a value of the policy's own arithmetic; asked only for people.
        settled: Whether everything that decides which rules cover a subject was seen, by row of the universe.
        excused: The subjects for which a waiver holds, by row; their levels are those that are left under it.
    """

    rule: Rule
    universe: Universe
    rows: IndexArray
    values: FloatArray
    levels: IntArray
    held: tuple[Thresholds, ...]
    held_at: IntArray
    why: Callable[[int], str]
    place: Callable[[Subject], int]
    settled: Callable[[int], bool]
    excused: Mapping[int, Excused] = field(default_factory=dict)
    inputs: Callable[[int], tuple[Input, ...]] = _no_inputs
    by: FloatArray | None = None
    judged_at: datetime | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def subjects(self) -> Sequence[Subject]:
        """The covered subjects; each is built when looked at."""
        return Subjects(len(self), self.subject)

    @property
    def unknown(self) -> tuple[str, ...]:
        """For each subject, which input was missing; empty where the value is known."""
        return tuple(
            self.why(row) if level == UNKNOWN else "" for row, level in enumerate(self.levels.tolist())
        )

    @property
    def limits(self) -> FloatArray:
        """The limit that decides each level; the nearest one where the level is ok; NaN where unknown."""
        column = np.full(len(self), np.nan)
        for number, thresholds in enumerate(self.held):
            for level, low, high in sorted(thresholds.levels, reverse=True):
                # The mildest level comes last and so is the nearest limit of a healthy value.
                decided = (self.held_at == number) & ((self.levels == level) | (self.levels == Level.OK))
                column[decided] = _edges(self.rule.limit.bound, low, high, self.values[decided])
        return column

    @property
    def utilisation(self) -> FloatArray:
        """Use of the breach limit: 1 is at the limit; NaN where unknown or without meaning.

        Value over limit for a maximum, limit over value for a minimum, distance from the middle over half the width
        for a band.
        """
        column = np.full(len(self), np.nan)
        for number, thresholds in enumerate(self.held):
            for level, low, high in thresholds.levels:
                if level is Level.BREACH:
                    chosen = self.held_at == number
                    column[chosen] = _use(self.rule.limit.bound, low, high, self.values[chosen])
        return column

    def subject(self, row: int) -> Subject:
        """The covered subject of one row."""
        return self.universe.subjects[int(self.rows[row])]

    def row_of(self, subject: Subject) -> int | None:
        """The row of a subject; None when the rule does not cover it, or it is not there."""
        place = self.place(subject)
        row = int(np.searchsorted(self.rows, place))
        return row if place >= 0 and row < len(self.rows) and self.rows[row] == place else None

    def released(self, subject: Subject) -> bool:
        """Whether the subject is there, and the rule is known not to cover it."""
        place = self.place(subject)
        return place >= 0 and self.row_of(subject) is None and self.settled(place)

    def holds(self, subject: Subject) -> bool:
        """Whether the snapshot has the subject, covered or not."""
        return self.place(subject) >= 0

    @property
    def waivers(self) -> Mapping[int, str]:
        """Id of the waiver that holds, by row."""
        return {row: excused.waiver.id for row, excused in self.excused.items()}

    def is_waived(self, row: int) -> bool:
        """Whether only a waiver keeps the value within its limits."""
        excused = self.excused.get(row)
        return excused is not None and excused.level > Level.OK and self.levels[row] == Level.OK

    def thresholds(self, row: int) -> Thresholds | None:
        """The limits in force for one row; None when they are not known."""
        number = int(self.held_at[row])
        return self.held[number] if number >= 0 else None


def verdicts(reading: Reading) -> Iterator[Verdict]:
    """One verdict a subject, for recording and for people. This builds objects: the hot path has no use for it."""
    limits, use = reading.limits.tolist(), reading.utilisation.tolist()
    levels, values, unknown = reading.levels.tolist(), reading.values.tolist(), reading.unknown
    for row, subject in enumerate(reading.subjects):
        yield Verdict(
            rule=reading.rule.id,
            subject=subject,
            outcome=Outcome.WAIVED if reading.is_waived(row) else _OUTCOMES[levels[row]],
            value=None if levels[row] == UNKNOWN else values[row],
            limit=_known(limits[row]),
            utilisation=_known(use[row]),
            unknown=unknown[row],
            waiver=reading.waivers.get(row, ""),
        )


def _known(number: float) -> float | None:
    return None if np.isnan(number) else number


def _edges(bound: Bound, low: float, high: float, values: FloatArray) -> FloatArray:
    if bound is Bound.BAND:
        return np.where(np.abs(values - low) <= np.abs(values - high), low, high)
    return np.full(len(values), nearer_edge(bound, low, high, 0.0))


def _use(bound: Bound, low: float, high: float, values: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        if bound is Bound.BAND:
            half = (high - low) / 2
            return np.abs(values - (low + half)) / half if half > 0 else np.full(len(values), np.nan)
        if bound is Bound.MAX:
            return values / high if high > 0 else np.full(len(values), np.nan)
        return np.where(values > 0, low / values, np.inf) if low > 0 else np.full(len(values), np.nan)
