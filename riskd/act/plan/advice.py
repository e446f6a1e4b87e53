"""What a plan leaves unmended, why, and what a person could do about it: every number of it is measured, not guessed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from riskd.act.plan.case import Case
from riskd.act.plan.goals import Goal
from riskd.act.plan.suppose import Closing
from riskd.measure.spec import Unit
from riskd.model.arrays import FloatArray
from riskd.model.order import RuleEffect
from riskd.policy.text.units import show

_DOUBLINGS = 40
_PROBES = 8
_CLOSE_ENOUGH = 0.005


def missed(gaps: FloatArray) -> tuple[int, ...]:
    """Numbers of the goals that are left beyond their target, or unknown."""
    return tuple(np.flatnonzero(~(gaps <= 0.0)).tolist())


def remains_of(case: Case, left: Sequence[int], effects: Sequence[RuleEffect]) -> tuple[str, ...]:
    """One sentence for each goal that a plan does not bring to its target.

    Args:
        case: The plan.
        left: Numbers of those goals.
        effects: What the plan does, the goals first.
    """
    return tuple(_left(case.goals.all[number], effects[number]) for number in left)


def advice_for(case: Case, closing: Closing, left: Sequence[int]) -> tuple[str, ...]:
    """What a person could do about what remains, a sentence each."""
    if not left:
        return ()
    found = [sentence for number in left if (sentence := _deposit(case, number, closing))]
    return (*dict.fromkeys(found), *_caps(case, closing, left), *_hedges(case, closing))


def _left(goal: Goal, effect: RuleEffect) -> str:
    if math.isnan(effect.after) or math.isnan(effect.target):
        return f"{goal.words()} is not known on the book as it would be"
    unit = goal.demand.rule.unit
    return f"{goal.words()} stays at {_shown(effect.after, unit)}, target {show(effect.target, unit)}"


def _shown(value: float, unit: Unit) -> str:
    return "infinity" if math.isinf(value) else show(value, unit)


# ---- margin --------------------------------------------------------------------------------------------------------


def _deposit(case: Case, number: int, closing: Closing) -> str:
    """The margin that would bring a goal to its target after the plan; empty where no margin would."""
    amount = deposit_needed(case, number, closing)
    if amount is None:
        return ""
    goal = case.goals.all[number]
    return (
        f"add or transfer {show(amount, Unit.MONEY)} of margin to {case.scene.name}: "
        f"{goal.words()} would then be at its target"
    )


def deposit_needed(case: Case, number: int, closing: Closing) -> float | None:
    """The least margin, to half a percent, with which a goal is at its target after a closing; None when none helps.

    Found by the real measures on the book with that margin in it.
    """

    def gaps(amounts: Sequence[float]) -> list[float]:
        found = case.goals.gaps([closing] * len(amounts), tuple(amounts))[:, number]
        return [math.inf if math.isnan(gap) else gap for gap in found.tolist()]

    unit = max(float(np.abs(case.scene.snapshot.positions.notional).sum()) * 1e-3, 1.0)
    tried = [unit * 2.0**power for power in range(0, _DOUBLINGS, 2)]
    reached = [amount for amount, gap in zip(tried, gaps(tried), strict=True) if gap <= 0.0]
    if not reached:
        return None
    low, high = 0.0, reached[0]
    while high - low > _CLOSE_ENOUGH * high:
        between = np.linspace(low, high, _PROBES + 2)[1:-1].tolist()
        left = gaps(between)
        good = [amount for amount, gap in zip(between, left, strict=True) if gap <= 0.0]
        bad = [amount for amount in between if not good or amount < good[0]]
        low, high = (bad[-1] if bad else low), (good[0] if good else high)
    return _rounded_up(high)


def _rounded_up(amount: float) -> float:
    """Three digits, upwards: more margin is never worse where less of it was enough."""
    digits = 10.0 ** (math.floor(math.log10(amount)) - 2)
    return math.ceil(amount / digits - 1e-9) * digits


# ---- caps and hedges -----------------------------------------------------------------------------------------------


def _caps(case: Case, closing: Closing, left: Sequence[int]) -> list[str]:
    """Largest steps that bind: a position of a missed goal that is closed as far as the policy lets it be, and no farther."""
    bound: dict[str, list[str]] = {}
    for number in left:
        goal = case.goals.all[number]
        for row in goal.rows:
            step = case.scope.steps.get(row)
            if step is not None and closing.get(row) == step.largest and not step.is_whole:
                names = bound.setdefault(_cap(goal), [])
                names += [] if case.scene.position(row) in names else [case.scene.position(row)]
    return [f"raise max_step, which is {cap}: it binds {', '.join(names)}" for cap, names in bound.items()]


def _cap(goal: Goal) -> str:
    return f"{show(goal.demand.action.max_step, Unit.RATIO)} in {goal.demand.rule.id}"


def _hedges(case: Case, closing: Closing) -> list[str]:
    """Legs elsewhere that would have to go with a leg here."""
    return [
        f"close or sell what hedge {hedge.id} holds elsewhere ({', '.join(hedge.elsewhere)}): its leg here could then go with it"
        for hedge in case.hedges
        if hedge.elsewhere
        and any(closing.get(row) != _all(case, row) for row in hedge.rows & case.scope.wanted)
    ]


def _all(case: Case, row: int) -> object:
    step = case.scope.steps.get(row)
    return None if step is None else step.largest
