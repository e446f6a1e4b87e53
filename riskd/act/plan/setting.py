"""From demands to a case: what may be touched, what must be reached, and what must not be pushed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from riskd.act.demand import Demand
from riskd.act.plan.case import Case
from riskd.act.plan.goals import Goal, Goals, Kind, kind_of
from riskd.act.plan.hedges import Hedge, hedges_of
from riskd.act.plan.occasion import NoPlan, NoPlanReason, Occasion
from riskd.act.plan.scene import Scene
from riskd.act.plan.scope import Scope, scope_of, uncertain
from riskd.act.plan.trial import Trial
from riskd.model.arrays import IntArray
from riskd.policy.rule import Rule

Settled = list[tuple[Demand, NoPlan]]
"""Demands for which nothing is closed, and why."""


def case_of(
    scene: Scene, demands: Sequence[Demand], rules: Sequence[Rule], occasion: Occasion
) -> tuple[Case | NoPlan, Settled]:
    """The case of some demands, and those that ask for nothing as the book stands.

    Args:
        scene: The account.
        demands: What can be planned for, worst first.
        rules: Every rule in force.
        occasion: The moment of judging.
    """
    hedges = hedges_of(scene)
    scope = scope_of(scene, demands, hedges)
    if not scope.wanted:
        return NoPlan(NoPlanReason.NOTHING_HELD, _nothing(demands[0])), []
    watched = list({id(rule): rule for rule in (*(demand.rule for demand in demands), *rules)}.values())
    number = {id(rule): place for place, rule in enumerate(watched)}
    trial = Trial(scene, watched, occasion.now)
    goals, settled = _goals(trial, demands, [number[id(demand.rule)] for demand in demands], scope)
    if not goals.all:
        return settled[0][1], settled
    doubt = uncertain(scene, scope.wanted | scope.mates)
    if doubt is not None:
        return doubt, settled
    if not scope.steps:
        return NoPlan(NoPlanReason.TOO_SMALL, "; ".join(sorted(set(scope.refused.values())))), settled
    guarded = tuple(dict.fromkeys(number[id(rule)] for rule in rules))
    return _case(scene, trial, goals, scope, hedges, guarded), settled


def _nothing(demand: Demand) -> str:
    return f"{demand.subject} holds no position that the rule covers"


def _goals(
    trial: Trial, demands: Sequence[Demand], numbers: Sequence[int], scope: Scope
) -> tuple[Goals, Settled]:
    """The demands that something must be closed for, and why for the others nothing is."""
    found: list[Goal] = []
    settled: Settled = []
    for demand, number, rows in zip(demands, numbers, scope.of_demand, strict=True):
        place = trial.place(number, demand.subject)
        if place is None or not rows:
            settled.append((demand, NoPlan(NoPlanReason.NOTHING_HELD, _nothing(demand))))
            continue
        found.append(Goal(demand=demand, number=number, place=place, rows=rows))
    goals = Goals(trial, found)
    (gaps,) = goals.gaps([{}]).tolist() if found else ([],)
    wanted = []
    for goal, gap in zip(found, gaps, strict=True):
        refusal = _settled(goals, goal, gap)
        if refusal is None:
            wanted.append(goal)
        else:
            settled.append((goal.demand, refusal))
    return Goals(trial, wanted), settled


def _settled(goals: Goals, goal: Goal, gap: float) -> NoPlan | None:
    """Why nothing is closed for a goal as the book stands."""
    if math.isnan(goals.stated(goal)):
        why = goals.trial.why_unknown(goal.number, goal.place)
        return NoPlan(NoPlanReason.UNKNOWN, f"{goal.words()} is unknown: {why}")
    if math.isnan(gap):
        name = goal.demand.rule.measure.name
        return NoPlan(NoPlanReason.UNKNOWN, f"the target of {name} is not known, or it cannot be tried out")
    if gap <= 0.0 and not goal.closes:
        return NoPlan(NoPlanReason.AT_TARGET, f"{goal.demand.rule.measure.name} is within its target already")
    return None


def lenient(case: Case) -> Case:
    """The same case with the guards that remain when what is asked for cannot be had otherwise.

    A plan that mends a breach may then bring another rule to a warning, and its effects say so; it never trades one breach
    for another. Nothing but liquidation itself is weighed against an account that is about to be liquidated.
    """
    goals, watched = case.goals.all, case.trial.watched
    gravest = max(int(goal.demand.level) for goal in goals)
    at_stake = any(goal.may_break_hedges for goal in goals)
    guarded = tuple(
        number for number in case.guarded if not at_stake or kind_of(watched[number].rule) is Kind.LIQUIDATION
    )
    levels = {number: _raised(case.guarded_level[number], gravest - 1) for number in guarded}
    return replace(case, guarded=guarded, guarded_level=levels)


def _raised(levels: IntArray, least: int) -> IntArray:
    return np.where(levels >= 0, np.maximum(levels, least), levels).astype(np.int32)


def _case(
    scene: Scene,
    trial: Trial,
    goals: Goals,
    scope: Scope,
    hedges: tuple[Hedge, ...],
    guarded: tuple[int, ...],
) -> Case:
    levels = {number: trial.watched[number].level for number in guarded}
    if scope.closed:
        # What must be closed whole is closed, whatever that does to shares of what is left.
        closing = {row: scope.steps[row].largest for row in sorted(scope.closed)}
        (look,) = trial.look([closing], guarded)
        for number, seen in zip(guarded, look, strict=True):
            levels[number] = np.maximum(levels[number], trial.levels(number, seen))
    pairs = {
        (number, place)
        for goal in goals.all
        for number in guarded
        if trial.watched[number].rule.id == goal.demand.rule.id
        and (place := trial.place(number, goal.demand.subject)) is not None
    }
    return Case(
        scene=scene,
        trial=trial,
        goals=goals,
        scope=scope,
        hedges=hedges,
        guarded=guarded,
        guarded_level=levels,
        demanded=frozenset(pairs),
    )
