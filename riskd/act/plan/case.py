"""Everything that the parts of the planner share about one plan, and what the measures say of a closing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from riskd.act.plan.goals import Goals
from riskd.act.plan.hedges import Hedge
from riskd.act.plan.scene import Scene
from riskd.act.plan.scope import Scope
from riskd.act.plan.suppose import Closing
from riskd.act.plan.trial import Seen, Trial
from riskd.model.arrays import FloatArray, IntArray

Quantities = dict[int, Decimal]
"""Base units to close, by position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """A rule on a subject that a closing takes to a worse level than it had.

    Attributes:
        number: Of the rule in the trial.
        place: Of the subject.
        level: It was at.
    """

    number: int
    place: int
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the real measures say of a closing.

    Attributes:
        gaps: How far beyond its target each goal is left; <= 0 reached, NaN unknown.
        pushed: Rules that it makes worse than they were.
        broken: Hedges whose net delta it makes larger, or turns.
        cost: Settlement currency.
    """

    gaps: FloatArray
    pushed: tuple[Pushed, ...]
    broken: tuple[str, ...]
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One plan in the making.

    Attributes:
        guarded: Numbers of the rules that no closing may push beyond a limit.
        guarded_level: Of each of them, by number, the level of each subject that may not be exceeded.
        demanded: The (rule, subject) pairs, as number and place, that goals answer for.
    """

    scene: Scene
    trial: Trial
    goals: Goals
    scope: Scope
    hedges: tuple[Hedge, ...]
    guarded: tuple[int, ...]
    guarded_level: Mapping[int, IntArray]
    demanded: frozenset[tuple[int, int]]

    def cost(self, closing: Closing) -> float:
        """What a closing costs altogether."""
        return float(self.scene.prices.of(closing).sum())

    def shares(self, closing: Closing) -> dict[int, float]:
        """Share of each position that is closed."""
        return {row: float(quantity) / float(self.scope.steps[row].held) for row, quantity in closing.items()}

    def judge(self, closings: Sequence[Closing]) -> list[Verdict]:
        """What the real measures say of each closing: of goals, of every other rule, and of hedges."""
        numbers = tuple(dict.fromkeys((*self.goals.numbers, *self.guarded)))
        verdicts = []
        for closing, look in zip(closings, self.trial.look(closings, numbers), strict=True):
            seen = dict(zip(numbers, look, strict=True))
            gaps = [self.goals.gap(goal, seen[goal.number]) for goal in self.goals.all]
            verdicts.append(
                Verdict(
                    gaps=np.array(gaps, dtype=np.float64),
                    pushed=self._pushed(seen),
                    broken=self.broken(closing),
                    cost=self.cost(closing),
                )
            )
        return verdicts

    def broken(self, closing: Closing) -> tuple[str, ...]:
        """Hedges that a closing takes away from neutral, or beyond it."""
        hedged = {row for hedge in self.hedges for row in hedge.rows}
        share = self.shares({row: quantity for row, quantity in closing.items() if row in hedged})
        return tuple(
            hedge.id
            for hedge in self.hedges
            if (hedge.rows & closing.keys() and not hedge.balances)
            or any(not kept.is_kept(share, kept.tolerance(self.scope.steps)) for kept in hedge.balances)
        )

    def _pushed(self, seen: Mapping[int, Seen]) -> tuple[Pushed, ...]:
        found = []
        for number in self.guarded:
            watched = self.trial.watched[number]
            look = Seen(seen[number].values * watched.factor, seen[number].by)
            before = self.guarded_level[number]
            # What was never known cannot have been within its limit, and what no longer is cannot be said to be beyond.
            worse = (before >= 0) & (self.trial.levels(number, look) > before)
            found += [
                Pushed(number=number, place=place, level=int(before[place]))
                for place in np.flatnonzero(worse).tolist()
                if (number, place) not in self.demanded
            ]
        return tuple(found)
