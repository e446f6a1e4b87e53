"""How the limits of one rule differ: by level, by step of a ladder, by calendar."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import time
from functools import partial

from riskd.measure.catalogue import CATALOGUE
from riskd.measure.spec import MeasureRef, Unit
from riskd.model.verdict import Level
from riskd.policy.change.actions import acts_at, acts_at_any
from riskd.policy.change.change import Also, Changes, Effect, arrow
from riskd.policy.limits.effective import Held, always, by_calendar, joined
from riskd.policy.rule import Ancestor, Bound, Calendar, Limit, Mark, Rule, Thresholds
from riskd.policy.text.units import show

_DAY_MINUTES = 24 * 60
_EVERY_DAY = frozenset(range(7))


def limit_changes(changes: Changes, old: Rule, new: Rule, calendars: tuple[Mark, Mark]) -> None:
    """What became of the limits that hold, those of the rules that it refines included; both ask the same question.

    Args:
        changes: Takes what is found.
        old: The rule before.
        new: The rule after.
        calendars: Where the policies of both define their calendars.
    """
    known = len(changes.found)
    acts = partial(acts_at, old, new)
    changes.point(*_limit_places(old, new))
    _compare(changes, always(old), always(new), new.unit, "", acts)
    before, after = by_calendar(old), by_calendar(new)
    for name in sorted({*before, *after}):
        _compare_calendar(changes, (old, before.get(name)), (new, after.get(name)), name, calendars)
    if len(changes.found) == known and _stated(old) != _stated(new):
        changes.point(*_limit_places(old, new))
        changes.add(Effect.WORDS, "limits written in another way; those that hold are the same")


def threshold_changes(
    changes: Changes,
    old: Thresholds,
    new: Thresholds,
    *,
    bound: Bound,
    unit: Unit,
    place: str,
    acts: Callable[[Level, Effect], Effect | None],
) -> None:
    """What became of the threshold of each level.

    Args:
        place: Said before each line; empty, or ending in a colon and a space.
        acts: What else it means that the limit of a level moves this way.
    """
    before = {level: (low, high) for level, low, high in old.levels}
    after = {level: (low, high) for level, low, high in new.levels}
    for level in sorted({*before, *after}):
        name = f"{place}{level.name.lower()}"
        if level not in after:
            gone = f"{name} {_shown(bound, *before[level], unit)} removed"
            changes.add(Effect.LOOSENS, gone, acts(level, Effect.LOOSENS))
        elif level not in before:
            come = f"{name} {_shown(bound, *after[level], unit)} added"
            changes.add(Effect.TIGHTENS, come, acts(level, Effect.TIGHTENS))
        else:
            edges = before[level], after[level]
            _compare_edges(changes, name, *edges, bound=bound, unit=unit, also=partial(acts, level))


def _compare_edges(
    changes: Changes,
    name: str,
    old: tuple[float, float],
    new: tuple[float, float],
    *,
    bound: Bound,
    unit: Unit,
    also: Also,
) -> None:
    def shown(value: float) -> str:
        return show(value, unit)

    low, high = (f"{name} low", f"{name} high") if bound is Bound.BAND else (name, name)
    if bound is not Bound.MAX:
        changes.size(low, old[0], new[0], shown, more=Effect.TIGHTENS, less=Effect.LOOSENS, also=also)
    if bound is not Bound.MIN:
        changes.size(high, old[1], new[1], shown, more=Effect.LOOSENS, less=Effect.TIGHTENS, also=also)


def _limit_places(old: Rule, new: Rule) -> tuple[Mark, Mark, str]:
    """Where a limit stands that changed: the rule's own, or that of the nearest ancestor that changed."""
    keys = tuple(bound.value for bound in Bound)
    before = {ancestor.id: ancestor for ancestor in old.chain}
    for ancestor in new.chain if old.limit == new.limit else ():
        known = before.get(ancestor.id)
        if known is not None and known.limit != ancestor.limit:
            return known.place(*keys), ancestor.place(*keys), ancestor.id
    return old.place(*keys), new.place(*keys), ""


def _stated(rule: Rule) -> tuple[Limit, tuple[tuple[Calendar, Limit], ...]]:
    return rule.limit, tuple(sorted(rule.during, key=lambda held: held[0].name))


def _compare_calendar(
    changes: Changes,
    before: tuple[Rule, Held | None],
    after: tuple[Rule, Held | None],
    name: str,
    calendars: tuple[Mark, Mark],
) -> None:
    """What became of one calendar. One that comes or goes without a difference to what holds is passed over."""
    (old, was), (new, now) = before, after
    changes.point(_calendar_place(*before), _calendar_place(*after), _shared_by(was, now))
    if was is not None and now is not None:
        own = all(not isinstance(held.stated_by[0], Ancestor) for held in (was, now))
        limits_at = changes.old, changes.new, changes.shared
        if own:
            changes.point(*calendars, "calendars")
        _compare_hours(changes, was.calendar, now.calendar, partial(acts_at_any, old, new))
        changes.point(*limits_at)
        _compare(changes, was.limit, now.limit, new.unit, f"during {name}: ", partial(acts_at, old, new))
    elif _with(old, was) != _with(new, now):
        acts = partial(acts_at_any, old, new)
        if now is None:
            changes.add(Effect.LOOSENS, f"the tighter limit during {name} removed", acts(Effect.LOOSENS))
        else:
            changes.add(Effect.TIGHTENS, f"a limit during {name} added", acts(Effect.TIGHTENS))


def _with(rule: Rule, held: Held | None) -> Limit:
    """What holds while a calendar does."""
    return always(rule) if held is None else joined((always(rule), held.limit))


def _calendar_place(rule: Rule, held: Held | None) -> Mark:
    """Where the limit of a calendar stands; the rule itself where it has none."""
    return rule.mark if held is None else held.stated_by[0].place("during")


def _shared_by(was: Held | None, now: Held | None) -> str:
    """The ancestor that states it before and after; empty where the rule itself does, or it comes or goes."""
    holders = {held.stated_by[0].id for held in (was, now) if held is not None}
    is_own = any(isinstance(held.stated_by[0], Rule) for held in (was, now) if held is not None)
    return "" if is_own or len(holders) > 1 else holders.pop()


def _compare(
    changes: Changes,
    old: Limit,
    new: Limit,
    unit: Unit,
    place: str,
    acts: Callable[[Level, Effect], Effect | None],
) -> None:
    if old.bound is not new.bound:
        changes.add(Effect.UNCLEAR, arrow(f"{place}kind of limit", old.bound.value, new.bound.value))
        return
    if old.by is not None and new.by is not None and old.by != new.by:
        changes.add(Effect.UNCLEAR, arrow(f"{place}the ladder goes by", old.by.name, new.by.name))
        return
    by = new.by or old.by
    for label, before, after in _pieces(old, new, by):
        threshold_changes(
            changes, before, after, bound=new.bound, unit=unit, place=f"{place}{label}", acts=acts
        )


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


def _compare_hours(changes: Changes, old: Calendar, new: Calendar, acts: Also) -> None:
    """A calendar that holds longer tightens for longer."""
    if old == new:
        return
    grows, shrinks = _covers(new, old), _covers(old, new)
    effect = {(True, False): Effect.TIGHTENS, (False, True): Effect.LOOSENS}.get(
        (grows, shrinks), Effect.UNCLEAR
    )
    if grows and shrinks:  # the same hours, written in another way
        effect = Effect.WORDS
    what = arrow(f"calendar {new.name}:", calendar_text(old), calendar_text(new))
    changes.add(effect, what, acts(effect))


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
