"""The alert life cycle written a second time, slowly: at every tick the whole past is searched by definition.

It keeps no timers. ``for`` is "there is a tick since when every good value was beyond the limit, and the observed
time between then and now is long enough"; clearing is the same for the inside, within one stretch of unbroken data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from riskd.model.verdict import Level
from riskd.policy.rule import Bound, MissingThen, Rule

RAISED = (Level.WARN, Level.BREACH, Level.CRITICAL)
Told = tuple[str, Level, bool]


@dataclass(frozen=True)
class Good:
    """A good value, the stretch of unbroken data it belongs to, and the time observed up to it."""

    at: float
    value: float
    stretch: int
    observed: float


def reference(rule: Rule, ticks: list[tuple[float, float | None]], *, max_gap: float) -> list[Told]:
    """Condition, level and overlay after each tick."""
    past: list[Good] = []
    missing: list[float] = []
    level, turned, unknown = Level.OK, -1, False
    story: list[Told] = []
    for at, value in ticks:
        if value is None or math.isnan(value) or value == -math.inf:
            missing.append(at)
            if at - missing[0] >= rule.missing_hold_seconds and rule.missing_then is not MissingThen.IGNORE:
                unknown = True
                if rule.missing_then is MissingThen.BREACH and level < Level.BREACH:
                    level, turned = Level.BREACH, len(past) - 1
            story.append((_condition(rule, past, level, turned), level, unknown))
            continue
        past.append(_next(past, at, value, broken=bool(missing), max_gap=max_gap))
        missing, unknown = [], False
        due = max((x for x in RAISED if _held(rule, past, x)), default=Level.OK)
        settled = _settled(rule, past, level, turned)
        if due > level:
            level, turned = due, len(past) - 1
        elif level > Level.OK and settled is not None:
            level, turned = settled, len(past) - 1
        story.append((_condition(rule, past, level, turned), level, unknown))
    return story


def _next(past: list[Good], at: float, value: float, *, broken: bool, max_gap: float) -> Good:
    if not past:
        return Good(at, value, 0, 0.0)
    last = past[-1]
    if broken or at - last.at > max_gap:
        return Good(at, value, last.stretch + 1, last.observed)
    return Good(at, value, last.stretch, last.observed + at - last.at)


def _beyond(rule: Rule, value: float, level: Level, margin: float) -> bool:
    assert rule.limit.thresholds is not None
    for candidate, low, high in rule.limit.thresholds.levels:
        if candidate is level:
            inset = {
                Bound.MAX: abs(high) * margin,
                Bound.MIN: abs(low) * margin,
                Bound.BAND: (high - low) / 2 * margin,
            }[rule.limit.bound]
            return not (low + inset <= value <= high - inset)
    return False


def _reached(rule: Rule, value: float, margin: float) -> Level:
    return max((x for x in RAISED if _beyond(rule, value, x, margin)), default=Level.OK)


def _held(rule: Rule, past: list[Good], level: Level) -> bool:
    since = None
    for good in reversed(past):
        if not _beyond(rule, good.value, level, 0.0):
            break
        since = good
    return since is not None and past[-1].observed - since.observed >= rule.hold(level)


def _inside_run(rule: Rule, past: list[Good], turned: int, below: Level) -> float | None:
    """For how long, in this stretch and since the last turn, every value was at least by the margin below ``below``."""
    since = None
    for good in reversed(past[turned + 1 :]):
        if good.stretch != past[-1].stretch or _reached(rule, good.value, rule.clear_margin) >= below:
            break
        since = good
    return None if since is None else past[-1].at - since.at


def _settled(rule: Rule, past: list[Good], level: Level, turned: int) -> Level | None:
    if level is Level.OK:
        return None
    still = _reached(rule, past[-1].value, rule.clear_margin)
    lasted = _inside_run(rule, past, turned, Level.WARN if still is Level.OK else level)
    return still if lasted is not None and lasted >= rule.clear_seconds else None


def _condition(rule: Rule, past: list[Good], level: Level, turned: int) -> str:
    if level is Level.OK:
        return "pending" if past and _reached(rule, past[-1].value, 0.0) > Level.OK else "ok"
    return "firing" if not past or _inside_run(rule, past, turned, level) is None else "clearing"
