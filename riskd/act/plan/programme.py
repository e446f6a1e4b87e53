"""Puts lines together into linear programmes, and solves them in order of severity.

First everything is asked at once, for the least cost. Where that cannot be, the lines give way, the least severe ones first:
what the most severe ones still miss is made as small as it can be, then kept, and so on down, and cost comes last. No weight
trades money against risk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from riskd.act.plan.lines import Line
from riskd.act.plan.pieces import Pieces
from riskd.act.plan.solve import Programme, solve
from riskd.model.arrays import FloatArray

# Equal plans of equal cost must not depend on the order of rows: a position costs a little more than the one before it.
_RANKED = 1e-6
_RANKED_ALL = 1e-4
_KEPT_RELATIVE, _KEPT_ABSOLUTE = 1e-7, 1e-9
_MISSED = 1e-7  # of what stands behind the rule


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bound:
    """Something that a plan keeps between two values.

    Attributes:
        weight: By piece.
        low: Of the sum of weight times what is closed of each piece.
        high: Likewise.
        stage: When it may give way; None: never.
    """

    weight: FloatArray
    low: float
    high: float
    stage: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wanted:
    """A line that may give way: ``stage`` 0 is the last to do so; None never does."""

    line: Line
    stage: int | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """A whole question to the solver.

    Attributes:
        freed: By piece, maintenance margin that closing it frees.
        scale: Of money: what stands behind the account.
        whole: Pieces that must be closed.
    """

    pieces: Pieces
    lines: Sequence[Wanted]
    bounds: Sequence[Bound]
    freed: FloatArray
    scale: float
    whole: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """What the solver found.

    Attributes:
        closed: By piece, how much of it, 0 to 1.
        missed: By line, what it lacks, in parts of its scale; 0: it holds.
    """

    closed: FloatArray
    missed: FloatArray


def answer(asked: Asked) -> Answer | None:
    """The cheapest plan that gives way as little as it can, the most severe lines last; None: there is none."""
    built = _Built(asked)
    solution = solve(built.programme)
    if solution is not None:
        return built.answer(solution)
    for stage in built.stages:
        tried = solve(built.minimising(stage))
        if tried is None:
            return None
        built.keep(stage, tried)
    solution = solve(built.programme)
    return None if solution is None else built.answer(solution)


class _Built:
    """The programme of a question; its columns are pieces, cost, margin freed, and what each line misses."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._count = len(asked.pieces.row)
        self._cost, self._margin = self._count, self._count + 1
        self._slacks = self._count + 2
        self._stage_of = [*(wanted.stage for wanted in asked.lines), *(bound.stage for bound in asked.bounds)]
        self.stages = sorted({stage for stage in self._stage_of if stage is not None})
        self.programme = self._assembled()

    def minimising(self, stage: int) -> Programme:
        """The same programme, asked for what one stage misses at least; later stages may miss anything."""
        columns = len(self.programme.cost)
        cost = np.zeros(columns)
        high = self.programme.high.copy()
        for number, own in enumerate(self._stage_of):
            if own is not None and own >= stage:
                high[self._slacks + number] = np.inf
            if own == stage:
                cost[self._slacks + number] = 1.0
        return replace(self.programme, cost=cost, high=high)

    def keep(self, stage: int, solution: FloatArray) -> None:
        """From now on a stage misses no more than in a solution."""
        high = self.programme.high.copy()
        for number, own in enumerate(self._stage_of):
            if own == stage:
                missed = float(solution[self._slacks + number])
                high[self._slacks + number] = missed * (1.0 + _KEPT_RELATIVE) + _KEPT_ABSOLUTE
        self.programme = replace(self.programme, high=high)

    def answer(self, solution: FloatArray) -> Answer:
        """What the solution says of pieces and lines."""
        missed = solution[self._slacks : self._slacks + len(self._asked.lines)]
        return Answer(
            closed=np.clip(solution[: self._count], 0.0, 1.0), missed=np.where(missed > _MISSED, missed, 0.0)
        )

    def _assembled(self) -> Programme:
        asked, rows = self._asked, _Rows()
        pieces = asked.pieces
        rows.add(pieces.cost / asked.scale, 0.0, 0.0, {self._cost: -1.0})
        rows.add(asked.freed / asked.scale, 0.0, 0.0, {self._margin: -1.0})
        for number, wanted in enumerate(asked.lines):
            line = wanted.line
            extra = {
                self._margin: line.margin * asked.scale / line.scale,
                self._cost: -line.burden * asked.scale / line.scale,
                self._slacks + number: 1.0,
            }
            rows.add(line.relief / line.scale, line.excess / line.scale, np.inf, extra)
        for number, bound in enumerate(asked.bounds, start=len(asked.lines)):
            rows.add(bound.weight, bound.low, np.inf, {self._slacks + number: 1.0})
            rows.add(bound.weight, -np.inf, bound.high, {self._slacks + number: -1.0})
        self._share_markets(rows)
        rank = np.unique(pieces.row, return_inverse=True)[1].astype(np.float64)
        step = min(_RANKED, _RANKED_ALL / max(float(rank.max(initial=0.0)), 1.0))
        prices = pieces.cost * (1.0 + step * rank)
        spare = np.zeros(2 + len(self._stage_of))
        high = np.concatenate([np.ones(self._count), [np.inf, np.inf], np.zeros(len(self._stage_of))])
        # What is freed and paid may have any sign: a table that was read wrong frees less than nothing.
        low = np.concatenate([asked.whole, [-np.inf, -np.inf], np.zeros(len(self._stage_of))])
        return rows.programme(
            cost=np.append(prices / max(float(prices.mean()) if len(prices) else 1.0, 1e-300), spare),
            low=low,
            high=high,
        )

    def _share_markets(self, rows: _Rows) -> None:
        """Of a level that several positions would take they take together what there is; none takes more than it holds."""
        pieces = self._asked.pieces
        if not pieces.is_shared:
            return
        for level, depth in enumerate(pieces.depth.tolist()):
            taken = np.where(pieces.market == level, pieces.units, 0.0)
            if depth > 0.0 and taken.any():
                rows.add(taken / depth, -np.inf, 1.0, {})
        for row in np.unique(pieces.row[pieces.market >= 0]).tolist():
            mine = pieces.row == row
            rows.add(np.where(mine, pieces.width, 0.0), -np.inf, float(pieces.most[mine][0]), {})


class _Rows:
    """Rows of a sparse matrix, gathered one by one."""

    def __init__(self) -> None:
        self._column: list[FloatArray] = []
        self._row: list[FloatArray] = []
        self._entry: list[FloatArray] = []
        self._low: list[float] = []
        self._high: list[float] = []

    def add(self, weights: FloatArray, low: float, high: float, extra: dict[int, float]) -> None:
        """A row: weights of the first columns, and some of others by number."""
        used = np.flatnonzero(weights)
        column = np.concatenate([used, np.array(list(extra), dtype=np.intp)])
        self._column.append(column)
        self._entry.append(np.concatenate([weights[used], np.array(list(extra.values()))]))
        self._row.append(np.full(len(column), len(self._low)))
        self._low.append(low)
        self._high.append(high)

    def programme(self, *, cost: FloatArray, low: FloatArray, high: FloatArray) -> Programme:
        """All rows as columns."""
        column = np.concatenate(self._column).astype(np.int32)
        row = np.concatenate(self._row).astype(np.int32)
        order = np.argsort(column, kind="stable")
        starts = np.searchsorted(column[order], np.arange(len(cost) + 1))
        return Programme(
            cost=cost,
            low=low,
            high=high,
            row_low=np.array(self._low),
            row_high=np.array(self._high),
            starts=starts.astype(np.int32),
            rows=row[order],
            entries=np.concatenate(self._entry)[order],
        )
