"""The limit that holds for a rule at a moment, and where each part of it comes from: rule, parent, calendar, waiver."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from riskd.judge.waived import waived_limits
from riskd.measure.catalogue import CATALOGUE
from riskd.measure.spec import Unit
from riskd.model.verdict import Level
from riskd.policy.limits.thresholds import is_active, ladder_edges, ladders_by, thresholds_on, tightest
from riskd.policy.limits.words import beyond_words, step_words
from riskd.policy.rule import Ancestor, Bound, Calendar, Limit, Mark, Rule, Thresholds
from riskd.policy.waiver import Waiver

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One limit that a rule may be judged by.

    Attributes:
        owner: The rule itself, or one that it refines.
        calendar: While which it holds; None: always.
        holds: Whether it holds at the moment asked for.
    """

    owner: str
    limit: Limit
    mark: Mark
    calendar: Calendar | None
    holds: bool

    def __str__(self) -> str:
        during = f" during {self.calendar.name}" if self.calendar is not None else ""
        return f"{self.owner}{during}, {self.mark.file}:{self.mark.line}"


def sources(rule: Rule, now: datetime) -> tuple[Source, ...]:
    """Every limit of a rule: its own, its calendars', and those of the rules that it refines, nearest first."""
    owners: tuple[Rule | Ancestor, ...] = (rule, *rule.chain)
    return tuple(source for owner in owners for source in _of(owner, now))


def source_lines(rule: Rule, now: datetime) -> Iterator[str]:
    """Each limit with its levels, its place, and whether it holds now; nothing where there is only one."""
    found = sources(rule, now)
    for source in found if len(found) > 1 else ():
        state = (
            ""
            if source.calendar is None
            else f", {_when(source.calendar)}: {'holds' if source.holds else 'not'} now"
        )
        yield f"{limit_words(source.limit, rule.unit)} ({source}{state})"


def effective_lines(rule: Rule, now: datetime, waiver: Waiver | None) -> Iterator[str]:
    """The limits in force, tightest of all that hold, each level with where it comes from.

    Args:
        rule: Any rule.
        now: Aware time.
        waiver: One that holds for the subject asked for; None: none.
    """
    holding = [source for source in sources(rule, now) if source.holds]
    by, edges = ladders_by(rule), ladder_edges(source.limit for source in holding)
    # A ladder may stand in a calendar that does not hold now: then there is one limit for all.
    if by is None or len(edges) == 1:
        yield from _level_lines(rule, holding, math.nan, waiver)
        return
    for below, edge in pairwise((-math.inf, *edges)):
        span = step_words(below, edge, CATALOGUE[by.name].unit)
        for line in _level_lines(rule, holding, edge, waiver):
            yield f"while {by.name} is {span}: {line}"


def limit_words(limit: Limit, unit: Unit) -> str:
    """A limit in one line: ``warn 4x, breach 5x``, step by step for a ladder."""
    if limit.thresholds is not None:
        return _thresholds_words(limit.bound, limit.thresholds, unit)
    assert limit.by is not None, "a ladder goes by a measure"
    by, steps, below = CATALOGUE[limit.by.name].unit, [], -math.inf
    for step in limit.steps:
        span = step_words(below, step.upto, by)
        steps.append(f"{span}: {_thresholds_words(limit.bound, step.thresholds, unit)}")
        below = step.upto
    return f"by {limit.by.name}, {'; '.join(steps)}"


def _level_lines(
    rule: Rule, holding: Sequence[Source], by_value: float, waiver: Waiver | None
) -> Iterator[str]:
    """Levels that come from one place share a line."""
    held = [(source, thresholds_on(source.limit, by_value)) for source in holding]
    known = [(source, thresholds) for source, thresholds in held if thresholds is not None]
    normal = tightest(thresholds for _, thresholds in known)
    if waiver is not None and waiver.limit is None:
        yield f"none: suspended by waiver {waiver.id} ({waiver.mark.file}:{waiver.mark.line})"
        return
    in_force = waived_limits(waiver, normal) if waiver is not None else normal
    grouped: dict[str, list[tuple[Level, float, float]]] = {}
    for limit, normally in zip(in_force.levels, normal.levels, strict=True):
        is_waived = waiver is not None and limit != normally
        place = f"waiver {waiver.id}, {waiver.mark.file}:{waiver.mark.line}" if waiver and is_waived else ""
        grouped.setdefault(place or str(_origin(rule.limit.bound, known, *normally)), []).append(limit)
    for place, levels in grouped.items():
        yield f"{_thresholds_words(rule.limit.bound, Thresholds(tuple(levels)), rule.unit)} ({place})"


def _origin(
    bound: Bound, held: Sequence[tuple[Source, Thresholds]], level: Level, low: float, high: float
) -> Source:
    """The first limit that gives this one: at its own level, or at a worse one that pulls milder levels along."""
    for at_its_own in (True, False):
        for source, thresholds in held:
            for own, own_low, own_high in thresholds.levels:
                is_edge = (bound is not Bound.MIN and own_high == high) or (
                    bound is not Bound.MAX and own_low == low
                )
                if is_edge and (own == level if at_its_own else own > level):
                    return source
    raise AssertionError("the tightest limit is one of those that hold")


def _of(owner: Rule | Ancestor, now: datetime) -> Iterator[Source]:
    place = owner.place(*(bound.value for bound in Bound))
    yield Source(owner=owner.id, limit=owner.limit, mark=place, calendar=None, holds=True)
    for calendar, tighter in owner.during:
        yield Source(
            owner=owner.id,
            limit=tighter,
            mark=owner.place("during"),
            calendar=calendar,
            holds=is_active(calendar, now),
        )


def _thresholds_words(bound: Bound, held: Thresholds, unit: Unit) -> str:
    return ", ".join(
        f"{level.name.lower()} {beyond_words(bound, low, high, unit)}" for level, low, high in held.levels
    )


def _when(calendar: Calendar) -> str:
    """Days, dates and hours of a calendar, in its zone."""
    days = ", ".join(_DAYS[day] for day in calendar.weekdays)
    dates = ", ".join(calendar.dates)
    hours = (
        f"{calendar.between[0]:%H:%M} to {calendar.between[1]:%H:%M}" if calendar.between is not None else ""
    )
    return " ".join(part for part in (days, dates, hours, calendar.tz) if part)
