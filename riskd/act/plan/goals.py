"""What a plan shall reach: every demand on its subject, the most severe first, and how far each is from its target."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from riskd.act.demand import Demand
from riskd.act.plan.suppose import Closing
from riskd.act.plan.trial import Seen, Trial, held_for
from riskd.model.arrays import FloatArray
from riskd.model.verdict import Level
from riskd.policy.limits.thresholds import inset
from riskd.policy.rule import ActionKind, Bound, Rule


class Kind(IntEnum):
    """What is at stake, gravest first: within one level it decides what is mended first."""

    LIQUIDATION = 0  # and margin: the venue would close the account
    LEVERAGE = 1
    CONCENTRATION = 2  # and every other risk


_KINDS = {
    **dict.fromkeys(
        (
            *("liquidation_distance", "liquidation_distance_vol", "margin_ratio", "shocked_margin_ratio"),
            *("account_shock", "beta_shock", "asset_shock", "touch_probability", "collateral_stress"),
        ),
        Kind.LIQUIDATION,
    ),
    **dict.fromkeys(("leverage", "position_leverage"), Kind.LEVERAGE),
}


def kind_of(rule: Rule) -> Kind:
    """What is at stake in a rule."""
    return _KINDS.get(rule.measure.name, Kind.CONCENTRATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One demand and where its value stands among those that a trial takes.

    Attributes:
        number: Of its rule in the trial.
        place: Of its subject among those of the rule.
        rows: Positions that it is about.
    """

    demand: Demand
    number: int
    place: int
    rows: tuple[int, ...]

    @property
    def kind(self) -> Kind:
        """What is at stake."""
        return kind_of(self.demand.rule)

    @property
    def severity(self) -> tuple[int, int]:
        """Sorts goals, the gravest first: by level, then by what is at stake."""
        return -int(self.demand.level), int(self.kind)

    @property
    def may_break_hedges(self) -> bool:
        """Whether it is graver than a hedge that comes apart."""
        return self.demand.level is Level.CRITICAL and self.kind is Kind.LIQUIDATION

    @property
    def closes(self) -> bool:
        """Whether it asks to close, whatever the value."""
        return self.demand.action.kind is ActionKind.CLOSE

    def words(self) -> str:
        """For people: ``margin ratio of account=main``."""
        return f"{self.demand.rule.measure_words} of {self.demand.subject}"


class Goals:
    """The goals of one plan, and how far closings leave each of them from its target."""

    def __init__(self, trial: Trial, goals: Sequence[Goal]) -> None:
        self.trial = trial
        self.all = tuple(goals)
        self.numbers = tuple(dict.fromkeys(goal.number for goal in goals))

    def values(self, closings: Sequence[Closing], deposits: Sequence[float] = ()) -> FloatArray:
        """The value of each goal (columns) after each closing (rows); NaN unknown."""
        looks = self.trial.look(closings, self.numbers, deposits)
        found = [[self.value(goal, self._seen(look, goal)) for goal in self.all] for look in looks]
        return np.array(found, dtype=np.float64).reshape(len(closings), len(self.all))

    def gaps(self, closings: Sequence[Closing], deposits: Sequence[float] = ()) -> FloatArray:
        """How far beyond its target each goal is likewise: > 0 beyond, <= 0 within, NaN unknown."""
        looks = self.trial.look(closings, self.numbers, deposits)
        found = [[self.gap(goal, self._seen(look, goal)) for goal in self.all] for look in looks]
        return np.array(found, dtype=np.float64).reshape(len(closings), len(self.all))

    def gap(self, goal: Goal, seen: Seen) -> float:
        """How far beyond its target one goal is; one that closes has no target."""
        if goal.closes:
            return -math.inf
        value, (low, high) = self.value(goal, seen), self.edges(goal, seen)
        if math.isnan(value) or math.isnan(low) or math.isnan(high):
            return math.nan
        return max(low - value, value - high)

    def value(self, goal: Goal, seen: Seen) -> float:
        """The value of a goal, no better than the venue sees it."""
        return float(seen.values[goal.place]) * float(self.trial.watched[goal.number].factor[goal.place])

    def stated(self, goal: Goal) -> float:
        """The value of a goal as it was judged."""
        return float(self.trial.watched[goal.number].value[goal.place])

    def edges(self, goal: Goal, seen: Seen) -> tuple[float, float]:
        """Lowest and highest value that the action wants to see: its ``to``, else where the level that asks clears."""
        rule, action = goal.demand.rule, goal.demand.action
        bound = rule.limit.bound
        if action.to is not None:
            return {
                Bound.MAX: (-math.inf, action.to),
                Bound.MIN: (action.to, math.inf),
                Bound.BAND: (-abs(action.to), abs(action.to)),
            }[bound]
        held = held_for(rule, seen, goal.place, self.trial.now)
        asking = [level for level, actions in rule.actions if action in actions]
        for level, low, high in () if held is None else held.levels:
            if level in asking:
                return inset(bound, low, high, rule.clear_margin)
        return math.nan, math.nan

    def seen_after(self, closing: Closing) -> dict[int, Seen]:
        """The rules of all goals after one closing, by their numbers."""
        (look,) = self.trial.look([closing], self.numbers)
        return dict(zip(self.numbers, look, strict=True))

    def _seen(self, look: Sequence[Seen], goal: Goal) -> Seen:
        return look[self.numbers.index(goal.number)]
