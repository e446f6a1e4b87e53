"""What a plan does to each rule: those that it was asked to mend, and of every other the subject that it leaves worst."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from riskd.act.plan.case import Case
from riskd.act.plan.goals import Goal
from riskd.act.plan.suppose import Closing
from riskd.act.plan.trial import Seen
from riskd.model.order import RuleEffect
from riskd.policy.rule import Bound, Rule

_NOISE = 1e-6  # of the value


def effects_of(case: Case, closing: Closing) -> tuple[RuleEffect, ...]:
    """The goals in their order, then every other rule whose value changes, in the order of the rules."""
    numbers = tuple(dict.fromkeys((*case.goals.numbers, *case.guarded)))
    (look,) = case.trial.look([closing], numbers)
    seen = dict(zip(numbers, look, strict=True))
    demanded = [_of_goal(case, goal, seen[goal.number]) for goal in case.goals.all]
    others = [effect for number in case.guarded if (effect := _of_rule(case, number, seen)) is not None]
    return (*demanded, *others)


def nearest_edge(value: float, low: float, high: float) -> float:
    """The edge of a target nearest to where the value comes from."""
    if math.isinf(low) or math.isinf(high):
        return high if math.isinf(low) else low
    return low if abs(value - low) <= abs(value - high) else high


def _of_goal(case: Case, goal: Goal, seen: Seen) -> RuleEffect:
    goals, before = case.goals, case.goals.stated(goal)
    target = math.nan if goal.closes else nearest_edge(before, *goals.edges(goal, seen))
    gap = goals.gap(goal, seen)
    return _effect(
        goal.demand.rule,
        str(goal.demand.subject),
        before,
        goals.value(goal, seen),
        target,
        mended=_is_within(case, goal, seen) if goal.closes else gap <= 0.0,
    )


def _is_within(case: Case, goal: Goal, seen: Seen) -> bool:
    """Whether a rule that closes is within its limits afterwards: a loss stays lost, and a position that is gone is gone."""
    look = Seen(seen.values * case.trial.watched[goal.number].factor, seen.by)
    return int(case.trial.levels(goal.number, look)[goal.place]) == 0


def _of_rule(case: Case, number: int, seen: Mapping[int, Seen]) -> RuleEffect | None:
    """The subject that ends nearest to its limit, or farthest beyond it, of those whose value changes."""
    watched = case.trial.watched[number]
    before, after = watched.value, seen[number].values * watched.factor
    with np.errstate(invalid="ignore"):
        changed = np.abs(after - before) > _NOISE * np.maximum(np.abs(before), np.abs(after))
    changed |= np.isinf(after) != np.isinf(before)
    changed &= ~np.isnan(before)
    places = [place for place in np.flatnonzero(changed).tolist() if (number, place) not in case.demanded]
    if not places:
        return None
    sign = -1.0 if watched.rule.limit.bound is Bound.MIN else 1.0
    badness = {
        place: abs(after[place]) if watched.rule.limit.bound is Bound.BAND else sign * after[place]
        for place in places
    }
    worst = max(
        places, key=lambda place: (-math.inf if math.isnan(badness[place]) else badness[place], -place)
    )
    look = Seen(after, seen[number].by)
    return _effect(
        watched.rule,
        str(case.trial.subject(number, worst)),
        float(before[worst]),
        float(after[worst]),
        math.nan,
        mended=int(case.trial.levels(number, look)[worst]) == 0,
    )


def _effect(
    rule: Rule, subject: str, before: float, after: float, target: float, *, mended: bool
) -> RuleEffect:
    return RuleEffect(
        rule=rule.id,
        subject=subject,
        measure=rule.measure.name,
        unit=rule.unit.value,
        before=before,
        after=after,
        target=target,
        mended=mended,
    )
