"""Lint of limits: what the measure can never reach, what it is always beyond, levels and steps without use."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from riskd.measure.spec import MeasureSpec
from riskd.model.verdict import Level
from riskd.policy.compile.limit import all_thresholds
from riskd.policy.limits.words import edge_text, step_words
from riskd.policy.lint.finding import Finding, Lint
from riskd.policy.rule import Bound, Calendar, Limit, Rule, Step, Thresholds
from riskd.policy.text.units import show

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_BOUNDS = tuple(bound.value for bound in Bound)


def limit_findings(rule: Rule, catalogue: Mapping[str, MeasureSpec], now: datetime) -> Iterator[Finding]:
    """What is odd about the limits of one rule.

    Args:
        rule: The rule.
        catalogue: Knows what values a measure can have.
        now: Aware time; decides which calendars are over.
    """
    limits = (rule.limit, *(limit for _, limit in rule.during))
    spec = catalogue.get(rule.measure.name)
    if spec is not None:
        yield from _out_of_range(rule, spec, limits)
    for limit in limits:
        yield from _steps(rule, limit, catalogue)
    yield from _hidden_levels(rule)
    for calendar, _ in rule.during:
        if is_over(calendar, now):
            yield Finding(
                lint=Lint.CALENDAR_OVER,
                mark=rule.place("during"),
                what=f"{rule.id} is tightened during {calendar.name}, which {_ending(calendar)}",
                cure="give it dates to come, or take it out",
            )


def is_over(calendar: Calendar, now: datetime) -> bool:
    """Whether a calendar never holds again: its dates are past, or on none of its weekdays."""
    if not calendar.dates:
        return False
    today = now.astimezone(ZoneInfo(calendar.tz)).date()
    days = (date.fromisoformat(text) for text in calendar.dates)
    coming = [day for day in days if not calendar.weekdays or day.weekday() in calendar.weekdays]
    # Hours past midnight belong to the day before.
    return not any(day >= today - timedelta(days=1) for day in coming)


def _ending(calendar: Calendar) -> str:
    named = {date.fromisoformat(text).weekday() for text in calendar.dates}
    if calendar.weekdays and not named & set(calendar.weekdays):
        days = ", ".join(_DAYS[day] for day in calendar.weekdays)
        return f"has no date on a {days}"
    return f"ended on {calendar.dates[-1]}"


def _out_of_range(rule: Rule, spec: MeasureSpec, limits: Iterable[Limit]) -> Iterator[Finding]:
    for limit in limits:
        for held in all_thresholds(limit):
            for level, low, high in held.levels:
                lint = _reach(limit.bound, low, high, spec)
                if lint is not None:
                    yield _unreached(rule, spec, lint, level, (limit.bound, low, high))


def _reach(bound: Bound, low: float, high: float, spec: MeasureSpec) -> Lint | None:
    """Whether a limit is out of all reach, or always passed."""
    top = math.inf if spec.infinite_when else spec.high
    is_low_dead = bound is Bound.MAX or low <= spec.low
    is_high_dead = bound is Bound.MIN or high >= top
    if is_low_dead and is_high_dead:
        return Lint.NEVER
    is_always = (bound is not Bound.MAX and low > top) or (bound is not Bound.MIN and high < spec.low)
    return Lint.ALWAYS if is_always else None


def _unreached(
    rule: Rule, spec: MeasureSpec, lint: Lint, level: Level, limit: tuple[Bound, float, float]
) -> Finding:
    bound, low, high = limit
    edge = edge_text(bound, low, high, spec.unit)
    reach = f"{spec.name} {_range(spec)}"
    if lint is Lint.NEVER:
        what = f"{level.name.lower()} {edge} of {rule.id} is never exceeded: {reach}"
        cure = "write a limit inside that range, or take the level out"
    else:
        what = f"{level.name.lower()} {edge} of {rule.id} is always exceeded: {reach}"
        cure = "write a limit inside that range"
    return Finding(lint=lint, mark=rule.place(*_BOUNDS), what=what, cure=cure)


def _range(spec: MeasureSpec) -> str:
    low = f"is never below {show(spec.low, spec.unit)}" if math.isfinite(spec.low) else ""
    high = f"never above {show(spec.high, spec.unit)}" if math.isfinite(spec.high) else ""
    return " and ".join(part for part in (low, high) if part) or "has any value"


def _hidden_levels(rule: Rule) -> Iterator[Finding]:
    """A level whose limit a worse one has too, and which does not fire any sooner, is never seen."""
    for held in all_thresholds(rule.limit):
        for (level, *edges), (worse, *worse_edges) in zip(held.levels, held.levels[1:], strict=False):
            if edges == worse_edges and rule.hold(level) >= rule.hold(worse):
                name, other = level.name.lower(), worse.name.lower()
                yield Finding(
                    lint=Lint.HIDDEN_LEVEL,
                    mark=rule.place(*_BOUNDS),
                    what=f"{name} of {rule.id} has the limit of {other}, and fires no sooner: it is never seen",
                    cure=f"give {name} a milder limit or a shorter `for`, or take it out",
                )


# ---- ladders -------------------------------------------------------------------------------------------------------


def _steps(rule: Rule, limit: Limit, catalogue: Mapping[str, MeasureSpec]) -> Iterator[Finding]:
    by = catalogue.get(limit.by.name) if limit.by is not None else None
    mark = rule.place(*_BOUNDS)
    start = -math.inf
    before: Thresholds | None = None
    for number, step in enumerate(limit.steps, 1):
        if by is not None and limit.by is not None and _is_out_of_reach(start, step, by):
            span = step_words(start, step.upto, by.unit)
            yield Finding(
                lint=Lint.STEP_OUT_OF_REACH,
                mark=mark,
                what=f"step {number} of {rule.id} holds {span}, and {limit.by.name} {_range(by)}",
                cure="let the steps end where the measure ends",
            )
        if step.thresholds == before:
            yield Finding(
                lint=Lint.EQUAL_STEPS,
                mark=mark,
                what=f"step {number} of {rule.id} has the limits of the step before it",
                cure="join the two, or correct one",
            )
        start, before = step.upto, step.thresholds


def _is_out_of_reach(start: float, step: Step, by: MeasureSpec) -> bool:
    top = math.inf if by.infinite_when else by.high
    return start >= top or step.upto < by.low
