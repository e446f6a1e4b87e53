"""Lines of measures that have no closed form: how much nearer the target closing a part of each position brings them, measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from riskd.act.plan.case import Case, Quantities
from riskd.act.plan.lines import Line
from riskd.act.plan.pieces import Pieces
from riskd.act.plan.steps import Steps
from riskd.model.arrays import FloatArray

_SMALL_PART = 20
_NO_RELIEF = 1e-12


def slope(case: Case, pieces: Pieces, goal: int) -> Line | None:
    """The line of a goal around the book as it stands; None when no distance from its target is known, or none is finite.

    A part and not the whole of each position, because the whole of a large one may relieve more than is needed. Where a part
    does nothing the whole is tried, and counts as if every part of it did the same.
    """
    (gap,) = case.goals.gaps([{}])[:, goal].tolist()
    if not math.isfinite(gap) or gap <= 0.0:
        return None
    relief = relief_by_row(case, goal, gap)
    return Line(
        relief=np.array([relief.get(row, 0.0) for row in pieces.row.tolist()]) * pieces.width,
        margin=0.0,
        burden=0.0,
        excess=gap,
        scale=gap,
    )


def relief_by_row(case: Case, goal: int, gap: float) -> dict[int, float]:
    """How much nearer the target each position brings a goal if it were closed whole, as far as a part of it tells."""
    rows = case.goals.all[goal].rows
    steps = [case.scope.steps[row] for row in rows if row in case.scope.steps]
    parts = {step.row: step.quantity(max(step.fewest, step.most // _SMALL_PART)) for step in steps}
    relief = _measured(case, goal, gap, parts)
    idle = {step.row: step.quantity(step.most) for step in steps if not relief[step.row] > _NO_RELIEF * gap}
    relief |= _measured(case, goal, gap, idle)
    return {row: value for row, value in relief.items() if value > _NO_RELIEF * gap}


def _measured(case: Case, goal: int, gap: float, parts: Quantities) -> dict[int, float]:
    gaps = case.goals.gaps([{row: quantity} for row, quantity in parts.items()])[:, goal]
    return {
        row: _share_of(gap, left, case.scope.steps[row], float(quantity))
        for (row, quantity), left in zip(parts.items(), gaps.tolist(), strict=True)
    }


def _share_of(gap: float, left: float, step: Steps, quantity: float) -> float:
    if math.isnan(left):
        return 0.0
    # From an infinite distance every step counts alike: only all together may help.
    relief = 1.0 if math.isinf(gap) and math.isinf(left) else gap - left
    return (relief if math.isfinite(relief) else 0.0) * float(step.held) / quantity


def blame(
    case: Case, pieces: Pieces, closing: Quantities, values: Sequence[float], over: float
) -> FloatArray:
    """By piece, how much of what a closing does to a rule each position would take back if it were not closed.

    Args:
        case: The plan.
        pieces: Of all positions.
        closing: What takes the rule beyond a limit.
        values: How far beyond the limit the rule is when each of the positions of the closing in turn is left alone.
        over: How far beyond it is now.
    """
    shares: Mapping[int, float] = case.shares(closing)
    worse = {row: (over - value) / shares[row] for row, value in zip(closing, values, strict=True)}
    return -np.array([worse.get(row, 0.0) for row in pieces.row.tolist()]) * pieces.width
