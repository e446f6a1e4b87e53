"""The cheapest closing that reaches every goal: solve, round to lots, measure, tighten, and again.

The linear programme says where to look. What it found is judged by the real measures; where they say that a goal is missed, or
that another rule would be pushed beyond its limit, the programme is told so and asked again. What does not verify is not
offered.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riskd.act.plan.case import Case, Pushed, Quantities, Verdict
from riskd.act.plan.goals import Goal
from riskd.act.plan.lines import Line, Lines, Question
from riskd.act.plan.lots import rounded, shaved
from riskd.act.plan.pieces import pieces_of
from riskd.act.plan.programme import Answer, Asked, Bound, Wanted, answer
from riskd.act.plan.search import greedy
from riskd.act.plan.slopes import blame, relief_by_row, slope
from riskd.act.plan.suppose import Closing
from riskd.act.plan.trial import INSIDE, Seen, held_for
from riskd.model.arrays import FloatArray

_ROUNDS = 6
_TIGHTER = 1e-6
# A slope was measured at the beginning of the way: a plan that overshoots by more than this asked for too much.
_OVERSHOT = 0.02
# A search by lots is as good as a programme for a few positions, whose lots are what matters most.
_FEW = 8
_FAR, _DIGITS = 1e9, 6
_GUARD_STAGE, _HEDGE_STAGE_FIRST = -1, -2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """What the planner came to.

    Attributes:
        closing: Verified, in order of execution.
        verdict: What the measures say of it.
        relief: By position, how much closing it whole is expected to relieve the leading goal; > 0 for those that help.
    """

    closing: Quantities
    verdict: Verdict
    relief: dict[int, float]


class Optimiser:
    """Solves one case."""

    def __init__(self, case: Case) -> None:
        """Take the lines of every goal."""
        self._case = case
        self._pieces = pieces_of(case.scene, case.scope.steps)
        self._lines = Lines(case.scene, self._pieces)
        (self._start,) = case.goals.gaps([{}])
        self._unchanged = case.goals.seen_after({})
        self._slopes: dict[int, dict[int, float]] = {}
        self._tightened = np.ones(len(case.goals.all))
        self._guards: list[Line] = []
        self._of_goal = [self._lines_of(number, goal) for number, goal in enumerate(case.goals.all)]
        self._sloped = np.array(
            [len(lines) == 1 and lines[0].scale == lines[0].excess for lines in self._of_goal]
        )

    def best(self) -> Found | None:
        """The best verified closing; None when none brings any goal nearer."""
        tried = self._programmed()
        if not tried or len(self._case.scope.steps) <= _FEW or self._sloped.any():
            tried += self._searched()
        if not tried:
            return None
        closing, verdict = min(tried, key=lambda each: self._key(each[1]))
        fewer = shaved(self._case, closing, lambda others: self._as_good(others, verdict))
        if fewer != closing:
            (verdict,) = self._case.judge([fewer])
        return self._ordered(fewer, verdict)

    def as_found(self, closing: Quantities) -> Found | None:
        """A closing that was made elsewhere, if it verifies."""
        (verdict,) = self._case.judge([closing])
        if not self._is_sound(verdict, breaking=False) or not self._helps(closing, verdict):
            return None
        return self._ordered(closing, verdict)

    def relief(self, number: int) -> dict[int, float]:
        """By position, how much closing it whole is expected to relieve a goal; only those that help."""
        if number in self._slopes:
            return self._slopes[number]
        lines, pieces = self._of_goal[number], self._pieces
        if not lines:
            gap = float(self._start[number])
            self._slopes[number] = relief_by_row(self._case, number, gap) if gap > 0.0 else {}
            return self._slopes[number]
        line = max(lines, key=lambda each: each.excess)
        relief = line.relief + line.margin * self._lines.freed - line.burden * pieces.cost
        whole = np.bincount(pieces.row, weights=relief)
        self._slopes[number] = {
            row: float(whole[row]) for row in np.unique(pieces.row).tolist() if whole[row] > 0.0
        }
        return self._slopes[number]

    # ---- the programme -------------------------------------------------------------------------------------------

    def _programmed(self) -> list[tuple[Quantities, Verdict]]:
        """Every sound closing that the programme led to."""
        if not any(self._of_goal) and not self._case.scope.closed:
            return []
        sound: list[tuple[Quantities, Verdict]] = []
        for _ in range(_ROUNDS):
            breaking, found = self._answered()
            if found is None:
                break
            closing = rounded(self._case, self._pieces.shares(found.closed))
            (verdict,) = self._case.judge([closing])
            if self._is_sound(verdict, breaking=breaking) and self._helps(closing, verdict):
                sound.append((closing, verdict))
            if not self._learnt(closing, verdict, found):
                break
        return sound

    def _answered(self) -> tuple[bool, Answer | None]:
        """The programme's answer; with hedges that may come apart only where nothing else mends what is gravest."""
        found = answer(self._asked(None))
        graver = [number for number, goal in enumerate(self._case.goals.all) if goal.may_break_hedges]
        if not self._case.hedges or (found is not None and not self._misses(found, graver)):
            return False, found
        if found is not None:
            return True, answer(self._asked(1))
        return True, answer(self._asked(_HEDGE_STAGE_FIRST)) if self._case.scope.closed else None

    def _misses(self, found: Answer, numbers: Sequence[int]) -> bool:
        owner = np.array(self._owners())
        return bool((found.missed[: len(owner)][np.isin(owner, numbers)] > 0.0).any())

    def _owners(self) -> list[int]:
        return [number for number, lines in enumerate(self._of_goal) for _ in lines]

    def _asked(self, hedge_stage: int | None) -> Asked:
        stages = sorted({goal.severity for goal in self._case.goals.all})
        wanted = [
            Wanted(line=_times(line, self._tightened[number]), stage=2 * stages.index(goal.severity))
            for number, goal in enumerate(self._case.goals.all)
            for line in self._of_goal[number]
        ]
        wanted += [Wanted(line=line, stage=_GUARD_STAGE) for line in self._guards]
        closed = np.isin(self._pieces.row, sorted(self._case.scope.closed))
        return Asked(
            pieces=self._pieces,
            lines=wanted,
            bounds=self._bounds(hedge_stage),
            freed=self._lines.freed,
            scale=self._lines.scale,
            whole=closed.astype(np.float64),
        )

    def _bounds(self, stage: int | None) -> list[Bound]:
        """Hedges stay as they are; what is not asked for goes only with what it hedges."""
        found, pieces = [], self._pieces
        gross = np.abs(self._case.scene.snapshot.positions.notional)
        for hedge in self._case.hedges:
            for kept in hedge.balances:
                weight = np.zeros(len(gross))
                weight[kept.rows] = kept.weight / max(kept.gross, 1.0)
                now = kept.now / max(kept.gross, 1.0)
                low, high = now - max(0.0, now), now - min(0.0, now)
                found.append(Bound(weight=weight[pieces.row] * pieces.width, low=low, high=high, stage=stage))
            side = np.zeros(len(gross))
            for row in hedge.rows:
                side[row] = gross[row] if row in self._case.scope.mates else -gross[row]
            if hedge.rows & self._case.scope.mates:
                weight = side[pieces.row] * pieces.width / max(float(gross.sum()), 1.0)
                found.append(Bound(weight=weight, low=-np.inf, high=0.0))
        return found

    # ---- learning ------------------------------------------------------------------------------------------------

    def _learnt(self, closing: Quantities, verdict: Verdict, found: Answer) -> bool:
        """Tell the programme what the measures say otherwise; False when it has nothing to learn."""
        learnt, missed = False, self._missed(found)
        for number in range(len(self._case.goals.all)):
            start, left = float(self._start[number]), float(verdict.gaps[number])
            if not self._of_goal[number] or missed[number] or not math.isfinite(left) or not start > 0.0:
                continue
            overshot = self._sloped[number] and left < -_OVERSHOT * start and not verdict.pushed
            if (left > 0.0 and left < start) or overshot:
                done = start - left if math.isfinite(start) else 1.0
                self._tightened[number] *= (start / done if math.isfinite(start) else 1.0 + left) * (
                    1.0 + _TIGHTER
                )
                learnt = True
        for pushed in verdict.pushed:
            self._guards += self._guard(closing, pushed)
            learnt = True
        return learnt

    def _missed(self, found: Answer) -> FloatArray:
        """By goal, the most that any of its lines lacks."""
        owners = self._owners()
        missed = np.zeros(len(self._case.goals.all))
        np.maximum.at(missed, owners, found.missed[: len(owners)])
        return missed

    def _guard(self, closing: Quantities, pushed: Pushed) -> list[Line]:
        """The lines that keep a rule within the limit that a closing took it beyond."""
        trial = self._case.trial
        watched = trial.watched[pushed.number]
        (look,) = trial.look([closing], [pushed.number])
        low, high = self._limits(pushed, look[0])
        if watched.rule.grain in INSIDE:
            factor = float(watched.factor[pushed.place])
            question = Question(
                rule=watched.rule, row=int(watched.rows[pushed.place]), low=low / factor, high=high / factor
            )
            if lines := self._lines.of(question):
                return list(lines)
        return [self._blamed(closing, pushed, low, high)]

    def _limits(self, pushed: Pushed, seen: Seen) -> tuple[float, float]:
        """Between which values the rule is no worse than it was."""
        trial = self._case.trial
        held = held_for(trial.watched[pushed.number].rule, seen, pushed.place, trial.now)
        worse = [edges for edges in (held.levels if held is not None else ()) if edges[0] > pushed.level]
        low = max((low for _, low, _ in worse), default=-math.inf)
        return low, min((high for _, _, high in worse), default=math.inf)

    def _blamed(self, closing: Quantities, pushed: Pushed, low: float, high: float) -> Line:
        """By leaving out each position in turn, which of them does it."""
        others: list[Closing] = [
            {row: held for row, held in closing.items() if row != left_out} for left_out in closing
        ]
        looks = self._case.trial.look([closing, *others], [pushed.number])
        values = [float(look[0].values[pushed.place]) for look in looks]
        over = [max(low - value, value - high) for value in values]
        over = [0.0 if math.isnan(each) else min(each, 1e12) for each in over]
        relief = blame(self._case, self._pieces, closing, over[1:], over[0])
        # Around the closing: over + sum of -relief * (closed - closing) <= 0.
        share = self._case.shares(closing)
        closed = np.array([share.get(row, 0.0) for row in self._pieces.row.tolist()])
        per_share = np.divide(relief, self._pieces.width)
        first = np.append(True, self._pieces.row[1:] != self._pieces.row[:-1])
        there = float((per_share * closed)[first].sum())
        scale = max(abs(over[0]), abs(there), 1e-12)
        return Line(relief=relief, margin=0.0, burden=0.0, excess=over[0] + there, scale=scale)

    # ---- judging -------------------------------------------------------------------------------------------------

    def _searched(self) -> list[tuple[Quantities, Verdict]]:
        closing = greedy(self._case, self.relief)
        (verdict,) = self._case.judge([closing])
        sound = self._is_sound(verdict, breaking=bool(self._case.scope.closed))
        return [(closing, verdict)] if sound and self._helps(closing, verdict) else []

    @staticmethod
    def _is_sound(verdict: Verdict, *, breaking: bool) -> bool:
        return not verdict.pushed and (breaking or not verdict.broken)

    def _helps(self, closing: Closing, verdict: Verdict) -> bool:
        """Whether it closes what must be closed, and brings some goal nearer."""
        nearer = np.where(np.isnan(verdict.gaps), math.inf, verdict.gaps) < self._start
        closes = any(goal.closes for goal in self._case.goals.all)
        return bool(closing) and (closes or bool(nearer.any()))

    def _key(self, verdict: Verdict) -> tuple[float, ...]:
        """Sorts closings: hedges whole, then what is left of the gravest goals, and the cost last."""
        goals = self._case.goals.all
        left: dict[tuple[int, int], float] = {}
        for goal, gap, start in zip(goals, verdict.gaps.tolist(), self._start.tolist(), strict=True):
            unit = abs(start) if math.isfinite(start) and start != 0.0 else 1.0
            missed = _FAR if math.isnan(gap) else max(0.0, min(gap / unit, _FAR))
            # What is reached is reached; what is missed is compared roughly, so that cost decides between equals.
            rough = 0.0 if missed == 0.0 else max(round(missed, _DIGITS), 10.0**-_DIGITS)
            left[goal.severity] = left.get(goal.severity, 0.0) + rough
        grave = {goal.severity for goal in goals if goal.may_break_hedges}
        first = [left[severity] for severity in sorted(grave)]
        rest = [left[severity] for severity in sorted(left)]
        return (*first, float(len(verdict.broken)), *rest, verdict.cost)

    def _as_good(self, closings: Sequence[Closing], than: Verdict) -> list[bool]:
        return [
            not each.pushed
            and set(each.broken) <= set(than.broken)
            and bool((each.gaps <= np.maximum(than.gaps, 0.0)).all())
            for each in self._case.judge(closings)
        ]

    def _ordered(self, closing: Quantities, verdict: Verdict) -> Found:
        return Found(
            closing={row: closing[row] for row in self._in_order(closing)},
            verdict=verdict,
            relief=self.relief(0),
        )

    def _in_order(self, closing: Closing) -> list[int]:
        """Most relief of the leading goal for its cost first; legs of one hedge one after the other."""
        relief, costs = self.relief(0), self._case.scene.prices.of(closing)
        share = self._case.shares(closing)
        score = {row: relief.get(row, 0.0) * share[row] / max(float(costs[row]), 1e-12) for row in closing}
        order: list[int] = []
        for row in sorted(closing, key=lambda each: (-score[each], each)):
            mates = [each for hedge in self._case.hedges if row in hedge.rows for each in sorted(hedge.rows)]
            order += [each for each in (row, *mates) if each in closing and each not in order]
        return order

    def _lines_of(self, number: int, goal: Goal) -> tuple[Line, ...]:
        if goal.closes:
            return ()
        seen = self._unchanged[goal.number]
        low, high = self._case.goals.edges(goal, seen)
        watched = self._case.trial.watched[goal.number]
        factor = float(watched.factor[goal.place])
        question = Question(
            rule=goal.demand.rule, row=int(watched.rows[goal.place]), low=low / factor, high=high / factor
        )
        if math.isnan(low) or math.isnan(high):
            return ()
        if lines := self._lines.of(question):
            return lines
        line = slope(self._case, self._pieces, number)
        return () if line is None else (line,)


def _times(line: Line, factor: float) -> Line:
    """A line that asks for more, or less, than it did."""
    if factor == 1.0:
        return line
    return Line(
        relief=line.relief,
        margin=line.margin,
        burden=line.burden,
        excess=line.excess * factor,
        scale=line.scale,
    )
