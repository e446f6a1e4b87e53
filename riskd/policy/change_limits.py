"""How the limits of one rule differ: by level, by step of a ladder, by calendar."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import time

from riskd.measure.catalogue import CATALOGUE
from riskd.measure.spec import MeasureRef, Unit
from riskd.model.verdict import Level
from riskd.policy.change import Changes, Effect, arrow
from riskd.policy.rule import Bound, Calendar, Limit, Rule, Thresholds
from riskd.policy.units import show

_DAY_MINUTES = 24 * 60
_EVERY_DAY = frozenset(range(7))


def limit_changes(changes: Changes, old: Rule, new: Rule) -> None:
    """What became of the rule's limit and of its calendars; both rules ask the same question."""
    _compare(changes, old.limit, new.limit, new.unit, "")
    before = {calendar.name: (calendar, limit) for calendar, limit in old.during}
    after = {calendar.name: (calendar, limit) for calendar, limit in new.during}
    for name in sorted({*before, *after}):
        if name not in after:
            changes.add(Effect.LOOSENS, f"the tighter limit during {name} removed")
        elif name not in before:
            changes.add(Effect.TIGHTENS, f"a limit during {name} added")
        else:
            _compare_hours(changes, before[name][0], after[name][0])
            _compare(changes, before[name][1], after[name][1], new.unit, f"during {name}: ")


def levels_of(rule: Rule) -> frozenset[Level]:
    """Every level for which the rule has a limit at some time, for some subject."""
    limits = (rule.limit, *(limit for _, limit in rule.during))
    return frozenset(level for limit in limits for _, held in _steps(limit) for level, _, _ in held.levels)


def threshold_changes(
    changes: Changes, old: Thresholds, new: Thresholds, bound: Bound, unit: Unit, place: str
) -> None:
    """What became of the threshold of each level.

    Args:
        place: Said before each line; empty, or ending in a colon and a space.
    """
    before = {level: (low, high) for level, low, high in old.levels}
    after = {level: (low, high) for level, low, high in new.levels}
    for level in sorted({*before, *after}):
        name = f"{place}{level.name.lower()}"
        if level not in after:
            changes.add(Effect.LOOSENS, f"{name} {_shown(bound, *before[level], unit)} removed")
        elif level not in before:
            changes.add(Effect.TIGHTENS, f"{name} {_shown(bound, *after[level], unit)} added")
        else:
            _compare_edges(changes, name, before[level], after[level], bound, unit)


def _compare_edges(
    changes: Changes,
    name: str,
    old: tuple[float, float],
    new: tuple[float, float],
    bound: Bound,
    unit: Unit,
) -> None:
    def shown(value: float) -> str:
        return show(value, unit)

    low, high = (f"{name} low", f"{name} high") if bound is Bound.BAND else (name, name)
    if bound is not Bound.MAX:
        changes.size(low, old[0], new[0], shown, more=Effect.TIGHTENS, less=Effect.LOOSENS)
    if bound is not Bound.MIN:
        changes.size(high, old[1], new[1], shown, more=Effect.LOOSENS, less=Effect.TIGHTENS)


def _compare(changes: Changes, old: Limit, new: Limit, unit: Unit, place: str) -> None:
    if old.bound is not new.bound:
        changes.add(Effect.UNCLEAR, arrow(f"{place}kind of limit", old.bound.value, new.bound.value))
        return
    if old.by is not None and new.by is not None and old.by != new.by:
        changes.add(Effect.UNCLEAR, arrow(f"{place}the ladder goes by", old.by.name, new.by.name))
        return
    by = new.by or old.by
    for label, before, after in _pieces(old, new, by):
        threshold_changes(changes, before, after, new.bound, unit, f"{place}{label}")


def _pieces(old: Limit, new: Limit, by: MeasureRef | None) -> Iterator[tuple[str, Thresholds, Thresholds]]:
    """Ranges of the ladder's measure over which both limits stay the same, neighbours that are alike joined."""
    before, after = _steps(old), _steps(new)
    uptos = sorted({upto for upto, _ in (*before, *after)})
    start = -math.inf
    for number, upto in enumerate(uptos):
        here = (_held(before, upto), _held(after, upto))
        following = uptos[number + 1] if number + 1 < len(uptos) else None
        if following is not None and here == (_held(before, following), _held(after, following)):
            continue
        yield _range(by, start, upto), *here
        start = upto


def _steps(limit: Limit) -> tuple[tuple[float, Thresholds], ...]:
    """A plain limit is a ladder of one open step."""
    if limit.thresholds is not None:
        return ((math.inf, limit.thresholds),)
    return tuple((step.upto, step.thresholds) for step in limit.steps)


def _held(steps: tuple[tuple[float, Thresholds], ...], value: float) -> Thresholds:
    return next(thresholds for upto, thresholds in steps if value <= upto)


def _range(by: MeasureRef | None, start: float, upto: float) -> str:
    if by is None or (math.isinf(start) and math.isinf(upto)):
        return ""
    spec = CATALOGUE.get(by.name)
    unit = Unit.MULTIPLE if spec is None else spec.unit
    if math.isinf(upto):
        return f"{by.name} above {show(start, unit)}: "
    if math.isinf(start):
        return f"{by.name} up to {show(upto, unit)}: "
    return f"{by.name} {show(start, unit)} to {show(upto, unit)}: "


def _shown(bound: Bound, low: float, high: float, unit: Unit) -> str:
    if bound is Bound.BAND:
        return f"{show(low, unit)}..{show(high, unit)}"
    return show(low if bound is Bound.MIN else high, unit)


def _compare_hours(changes: Changes, old: Calendar, new: Calendar) -> None:
    """A calendar that holds longer tightens for longer."""
    if old == new:
        return
    grows, shrinks = _covers(new, old), _covers(old, new)
    effect = {(True, False): Effect.TIGHTENS, (False, True): Effect.LOOSENS}.get(
        (grows, shrinks), Effect.UNCLEAR
    )
    if grows and shrinks:  # the same hours, written in another way
        effect = Effect.WORDS
    changes.add(effect, arrow(f"calendar {new.name}:", calendar_text(old), calendar_text(new)))


def calendar_text(calendar: Calendar) -> str:
    """Days, hours and zone of a calendar, short."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    days = [names[day] for day in calendar.weekdays] + list(calendar.dates)
    hours = "" if calendar.between is None else f" {calendar.between[0]:%H:%M}-{calendar.between[1]:%H:%M}"
    return f"{'+'.join(days) or 'every day'}{hours} {calendar.tz}"


def _covers(outer: Calendar, inner: Calendar) -> bool:
    """Whether ``outer`` surely holds whenever ``inner`` does. Hours belong to the day on which they begin."""
    if outer.tz != inner.tz:
        return False
    days = _EVERY_DAY.intersection(outer.weekdays or _EVERY_DAY)
    if not days >= frozenset(inner.weekdays or _EVERY_DAY):
        return False
    if outer.dates and not (inner.dates and set(outer.dates) >= set(inner.dates)):
        return False
    (first, last), (start, end) = _minutes(outer), _minutes(inner)
    return first <= start and end <= last


def _minutes(calendar: Calendar) -> tuple[float, float]:
    """Start and end in minutes of the day on which it begins; past midnight the end is beyond a day."""
    if calendar.between is None:
        return 0.0, float(_DAY_MINUTES)
    start, end = (_minute(moment) for moment in calendar.between)
    return start, end if start < end else end + _DAY_MINUTES


def _minute(moment: time) -> float:
    return moment.hour * 60 + moment.minute + moment.second / 60
