"""Which limit holds now, and which level a value is beyond.

All limits that hold at once are joined by taking, for each level, the tightest: a calendar can only tighten, and so can
a rule that refines another one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from riskd.measure.spec import MeasureRef
from riskd.model.arrays import BoolArray, FloatArray, IntArray
from riskd.model.verdict import Level
from riskd.policy.rule import Ancestor, Bound, Calendar, Limit, Rule, Thresholds

UNKNOWN = -1


def thresholds(rule: Rule, *, now: datetime, by_value: float | None) -> Thresholds | None:
    """The thresholds that hold for one subject at one moment.

    Args:
        rule: Any rule.
        now: Aware time.
        by_value: Value of the ladder's ``by`` measure for the subject; not used where no ladder holds.

    Returns:
        None when a ladder holds and ``by_value`` is unknown (None or NaN): the limit is then unknown too.
    """
    value = math.nan if by_value is None else by_value
    joined = tuple(thresholds_on(limit, value) for limit in active_limits(rule, now))
    known = tuple(held for held in joined if held is not None)
    return tightest(known) if len(known) == len(joined) else None


def thresholds_by_row(
    rule: Rule, *, now: datetime, by_values: FloatArray
) -> tuple[IntArray, tuple[Thresholds, ...]]:
    """The thresholds that hold for many subjects: few distinct ones, and for each subject which.

    Args:
        rule: Any rule.
        now: Aware time.
        by_values: Value of the ladder's ``by`` measure for each subject (anything, of the right length, for a rule
            without ladders).

    Returns:
        ``(index, distinct)``: ``distinct[index[i]]`` holds for subject ``i``; an index of -1 means unknown.
    """
    limits = active_limits(rule, now)
    steps = np.stack([_step_numbers(limit, by_values) for limit in limits])
    combinations, index = np.unique(steps, axis=1, return_inverse=True)
    distinct: list[Thresholds] = []
    place_of = np.full(combinations.shape[1], UNKNOWN, dtype=np.int32)
    for column in range(combinations.shape[1]):
        numbers = combinations[:, column]
        if (numbers >= 0).all():
            held = (_numbered(limit, int(number)) for limit, number in zip(limits, numbers, strict=True))
            place_of[column] = len(distinct)
            distinct.append(tightest(held))
    return place_of[index.reshape(-1)], tuple(distinct)


def active_limits(rule: Rule, now: datetime) -> tuple[Limit, ...]:
    """Every limit that holds for the rule's subjects at ``now``.

    These are its own, those of the rules that it refines, nearest first, and of all of them the calendars that hold.
    """
    own = _active(rule, now)
    return (*own, *(limit for ancestor in rule.chain for limit in _active(ancestor, now)))


def ladders_by(rule: Rule) -> MeasureRef | None:
    """The measure that all ladders of the rule and of the rules that it refines go by; None when there is no ladder."""
    return next((limit.by for limit in rule.limits if limit.by is not None), None)


def ladder_edges(limits: Iterable[Limit]) -> tuple[float, ...]:
    """A value of ``by`` on every step that any of the limits has, rising to infinity."""
    return tuple(sorted({math.inf, *(step.upto for limit in limits for step in limit.steps)}))


def thresholds_on(limit: Limit, by_value: float) -> Thresholds | None:
    """What a limit says of a subject with that value of its ``by`` measure; None for a ladder when that is NaN."""
    if limit.thresholds is not None:
        return limit.thresholds
    if math.isnan(by_value):
        return None
    return next(step.thresholds for step in limit.steps if by_value <= step.upto)


def tightest(held: Iterable[Thresholds]) -> Thresholds:
    """For each level that any of them has, the limit that a value meets first.

    A value beyond the limit of a worse level is beyond that of a milder one too: where a joined limit tightens only the
    worse level, the milder one goes with it.
    """
    return _tightest(tuple(held))


# A rule's limits are the same in every cycle, until a calendar begins or ends.
@lru_cache(maxsize=4096)
def _tightest(held: tuple[Thresholds, ...]) -> Thresholds:
    joined = tightest_by_level(held)
    nested: list[tuple[Level, float, float]] = []
    worse_low, worse_high = -math.inf, math.inf
    for level, low, high in reversed(joined.levels):
        worse_low, worse_high = max(low, worse_low), min(high, worse_high)
        nested.append((level, worse_low, worse_high))
    return Thresholds(tuple(reversed(nested)))


def tightest_by_level(held: Iterable[Thresholds]) -> Thresholds:
    """For each level that any of them has, the tightest of its own limits, whatever the other levels say."""
    edges: dict[Level, tuple[float, float]] = {}
    for thresholds_held in held:
        for level, low, high in thresholds_held.levels:
            known_low, known_high = edges.get(level, (low, high))
            edges[level] = (max(low, known_low), min(high, known_high))
    return Thresholds(tuple((level, *edges[level]) for level in sorted(edges)))


def inset(bound: Bound, low: float, high: float, margin: float) -> tuple[float, float]:
    """A limit drawn inwards by ``margin``: beyond it an alert has not come back far enough to clear.

    For MAX ``high - |high| * margin``, for MIN ``low + |low| * margin``; for BAND both edges move by ``margin`` of
    half the width.
    """
    if bound is Bound.MAX:
        return low, high - abs(high) * margin
    if bound is Bound.MIN:
        return low + abs(low) * margin, high
    step = (high - low) / 2 * margin
    return low + step, high - step


def levels(bound: Bound, held: Thresholds, values: FloatArray, margin: float) -> IntArray:
    """The worst level that each value is beyond.

    Args:
        bound: Which side of the limit is bad.
        held: The thresholds that hold for all of the values.
        values: In the measure's unit; NaN unknown.
        margin: Fraction by which each limit is drawn inwards (``inset``); 0 for the limit itself.

    Returns:
        0 (ok) to 3 (critical) for each value, -1 where the value is unknown. A value exactly at its limit is
        within it.
    """
    worst = np.zeros(values.shape, dtype=np.int32)
    for level, low, high in held.levels:
        inner_low, inner_high = inset(bound, low, high, margin)
        if bound is not Bound.MIN:
            _raise(worst, values > inner_high, level)
        if bound is not Bound.MAX:
            _raise(worst, values < inner_low, level)
    known = values > -np.inf  # NaN is greater than nothing
    if not known.all():
        worst[~known] = UNKNOWN
    return worst


def _raise(worst: IntArray, beyond: BoolArray, level: Level) -> None:
    """Raises ``worst`` to ``level`` where a value is beyond: by arithmetic, as processors guess badly which rows are."""
    np.maximum(worst, np.multiply(beyond, int(level), dtype=np.int32), out=worst)


def is_active(calendar: Calendar, now: datetime) -> bool:
    """Whether a calendar holds at ``now``: its day and its hours, both in its own zone.

    Hours that end before they begin run past midnight, and belong to the day on which they began.
    """
    local = now.astimezone(_zone(calendar.tz))
    day = local.date()
    if calendar.between is not None:
        start, end = calendar.between
        clock = local.time().replace(tzinfo=None)
        if start < end and not start <= clock < end:
            return False
        if start > end and end <= clock < start:
            return False
        if start > end and clock < end:
            day -= timedelta(days=1)
    if calendar.weekdays and day.weekday() not in calendar.weekdays:
        return False
    return not calendar.dates or day.isoformat() in calendar.dates


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _active(rule: Rule | Ancestor, now: datetime) -> tuple[Limit, ...]:
    return (rule.limit, *(limit for calendar, limit in rule.during if is_active(calendar, now)))


def _step_numbers(limit: Limit, by_values: FloatArray) -> IntArray:
    if limit.thresholds is not None:
        return np.zeros(by_values.shape, dtype=np.int32)
    uptos = np.array([step.upto for step in limit.steps])
    numbers = np.searchsorted(uptos, by_values, side="left").astype(np.int32)
    numbers[np.isnan(by_values)] = UNKNOWN
    return numbers


def _numbered(limit: Limit, number: int) -> Thresholds:
    return limit.thresholds if limit.thresholds is not None else limit.steps[number].thresholds
