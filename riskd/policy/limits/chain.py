"""Where the limit in force comes from, as lines: the rule, the rules that it refines, their calendars, a waiver."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime

from riskd.policy.limits.thresholds import is_active, ladders_by, thresholds_on
from riskd.policy.limits.words import edge_text
from riskd.policy.rule import Ancestor, Bound, Calendar, Limit, Rule, Thresholds
from riskd.policy.waiver import Waiver


def limit_chain(
    rule: Rule, *, now: datetime, by_value: float | None = None, waiver: Waiver | None = None
) -> tuple[str, ...]:
    """Everything that has a say in the limit of one subject, in the order in which it does.

    The tightest of all that hold counts, and a waiver stands in its place.

    Args:
        rule: Any rule.
        now: Aware time, which decides which calendars hold.
        by_value: Value of the ladder's ``by`` measure for the subject; None: not known.
        waiver: The one that holds for the subject; None: none does.
    """
    by = math.nan if by_value is None else by_value
    lines = list(_stated("own", "", rule, rule, now, by))
    for ancestor in rule.chain:
        lines += _stated("refines", ancestor.id, ancestor, rule, now, by)
    return (*lines, *([_waiver(waiver, rule)] if waiver is not None else []))


def levels_text(rule: Rule, held: Thresholds) -> str:
    """``warn 4x, breach 5x``; for a band ``breach -5% to 5%``."""
    bound, unit = rule.limit.bound, rule.unit
    named = (f"{level.name.lower()} {edge_text(bound, low, high, unit)}" for level, low, high in held.levels)
    return ", ".join(named) or "none"


def _stated(
    label: str, name: str, stated: Rule | Ancestor, rule: Rule, now: datetime, by: float
) -> Iterator[str]:
    head = f"{name}: " if name else ""
    mark = stated.place(*(bound.value for bound in Bound))
    yield f"{label:10}{head}{_limit(rule, stated.limit, by)} ({mark.file}:{mark.line})"
    for calendar, limit in stated.during:
        yield f"{'during':10}{head}{_calendar(rule, calendar, limit, now, by)}"


def _calendar(rule: Rule, calendar: Calendar, limit: Limit, now: datetime, by: float) -> str:
    holds = "holds now" if is_active(calendar, now) else "not now"
    return f"{calendar.name}, {_limit(rule, limit, by)}: {holds}"


def _limit(rule: Rule, limit: Limit, by: float) -> str:
    held = thresholds_on(limit, by)
    if limit.by is None:
        return levels_text(rule, held) if held is not None else "unknown"
    ladder = ladders_by(rule)
    assert ladder is not None, "a rule with a ladder has a measure that it goes by"
    step = "the step is unknown" if held is None else levels_text(rule, held)
    return f"by {ladder.name}, {step}"


def _waiver(waiver: Waiver, rule: Rule) -> str:
    limit = "suspended" if waiver.limit is None else levels_text(rule, waiver.limit)
    until = f"until {waiver.until_at:%Y-%m-%d %H:%M} UTC"
    place = f"{waiver.mark.file}:{waiver.mark.line}"
    return f"{'waiver':10}{waiver.id} ({waiver.ticket}) {until}: {limit} ({place})"
