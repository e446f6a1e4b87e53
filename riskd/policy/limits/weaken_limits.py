"""Every way to loosen a limit of a rule by one step.

A limit moves to that of the next worse level, and where there is none by a quarter: a value just beyond it tells the two
apart, and so it tells a limit apart that is taken away. What would change nothing is left out, such as a limit that a
parent of the rule holds too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from riskd.measure.spec import Unit
from riskd.model.verdict import Level
from riskd.policy.limits.thresholds import thresholds_on, tightest
from riskd.policy.rule import Bound, Calendar, Limit, Rule, Step, Thresholds
from riskd.policy.text.units import show

_LOOSER_BY = 0.25


def looser_rules(rule: Rule) -> Iterator[tuple[Rule, str]]:
    """The rule with one of its limits loosened, for each of them, and the difference in words."""
    for looser, what in _looser(rule.limit, rule.unit):
        if _holds_otherwise(rule, rule.limit, looser):
            yield replace(rule, limit=looser), what
    for number, (calendar, limit) in enumerate(rule.during):
        for looser, what in _looser(limit, rule.unit):
            if _holds_otherwise(rule, limit, looser):
                weaker = replace(rule, during=_replaced(rule.during, number, (calendar, looser)))
                yield weaker, f"during {calendar.name} {what}"


def _replaced(
    during: tuple[tuple[Calendar, Limit], ...], number: int, entry: tuple[Calendar, Limit]
) -> tuple[tuple[Calendar, Limit], ...]:
    return (*during[:number], entry, *during[number + 1 :])


def _looser(limit: Limit, unit: Unit) -> Iterator[tuple[Limit, str]]:
    """The limit with one number moved outwards, for each of its numbers."""
    if limit.thresholds is not None:
        for held, what in _looser_thresholds(limit.bound, limit.thresholds, unit):
            yield replace(limit, thresholds=held), what
        return
    for number, step in enumerate(limit.steps):
        for held, what in _looser_thresholds(limit.bound, step.thresholds, unit):
            steps = (*limit.steps[:number], Step(step.upto, held), *limit.steps[number + 1 :])
            yield replace(limit, steps=steps), f"step {number + 1} {what}"


def _looser_thresholds(bound: Bound, held: Thresholds, unit: Unit) -> Iterator[tuple[Thresholds, str]]:
    for number, (level, low, high) in enumerate(held.levels):
        worse = held.levels[number + 1 :]
        width = (high - low) / 2
        if bound is not Bound.MIN:
            room = width if bound is Bound.BAND else abs(high)
            outer = min((edge for _, _, edge in worse if edge > high), default=high + _step(room, unit))
            outer = outer if outer > high else math.inf
            yield _moved(held, number, (level, low, outer)), _becomes(level, high, outer, unit)
        if bound is not Bound.MAX:
            room = width if bound is Bound.BAND else abs(low)
            outer = max((edge for _, edge, _ in worse if edge < low), default=low - _step(room, unit))
            outer = outer if outer < low else -math.inf
            yield _moved(held, number, (level, outer, high)), _becomes(level, low, outer, unit)


def _step(room: float, unit: Unit) -> float:
    """A quarter; of things that are counted at least one."""
    quarter = _LOOSER_BY * room
    return max(1.0, float(math.ceil(quarter))) if unit is Unit.COUNT else quarter


def _moved(held: Thresholds, number: int, entry: tuple[Level, float, float]) -> Thresholds:
    return Thresholds((*held.levels[:number], entry, *held.levels[number + 1 :]))


def _becomes(level: Level, edge: float, outer: float, unit: Unit) -> str:
    name = level.name.lower()
    if math.isinf(outer):
        return f"{name} {show(edge, unit)} is taken away"
    return f"{name} {show(edge, unit)} becomes {show(outer, unit)}"


def _holds_otherwise(rule: Rule, limit: Limit, looser: Limit) -> bool:
    """Whether anything changes: a rule that it refines, or its own limit, may say the same as the limit that moves."""
    others = [one for one in (rule.limit, *(parent.limit for parent in rule.chain)) if one is not limit]
    values = sorted({step.upto for one in (limit, *others) for step in one.steps} | {math.inf})
    return any(_joined(limit, others, value) != _joined(looser, others, value) for value in values)


def _joined(limit: Limit, others: list[Limit], by_value: float) -> Thresholds:
    held = (thresholds_on(one, by_value) for one in (limit, *others))
    return tightest(one for one in held if one is not None)
