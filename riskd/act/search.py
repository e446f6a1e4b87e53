"""Finds what to close: the cheapest relief first, and of the last position no lot more than the target needs.

A greedy search, every result of which is measured and not assumed. Positions are tried in order of relief per cost: how
much nearer the target a small part of the position brings the measure, over what closing it costs. Legs of hedges come
last, since closing one leg alone leaves the other naked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from riskd.act.formula import Formula
from riskd.act.steps import Steps
from riskd.act.suppose import Closing
from riskd.act.trial import Trial
from riskd.model.arrays import FloatArray

_PROBES = 8
_ROUNDS = 4
_PREFIXES_MAX = 32
_SMALL_PART = 20
_EVEN_PARTS = 1024

Quantities = dict[int, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search came to.

    Attributes:
        closing: Base units by position row, in the order in which they should be closed.
        distance: How far beyond the target that leaves the measure; 0: it is reached.
        useless: Rows that bring the measure no nearer to its target.
    """

    closing: Quantities
    distance: float
    useless: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What a search may use.

    Attributes:
        steps: Positions that may be reduced, in canonical order.
        unit_price: Cost of closing one base unit of each position, by row.
        last: Rows to be taken only when the others are not enough: legs of hedges.
    """

    trial: Trial
    formula: Formula
    steps: Sequence[Steps]
    unit_price: FloatArray
    last: frozenset[int]


def cheapest(field: Field) -> Found:
    """The least that reaches the target, by relief per cost; the best there is when nothing reaches it."""
    closing: Quantities = {}
    (gap,) = field.trial.gaps([closing]).tolist()
    useless: frozenset[int] = frozenset()
    for _ in range(_ROUNDS):
        ranked = _ranked(field, closing, gap)
        useless = frozenset(
            step.row for step in field.steps if step.row not in closing and step not in ranked
        )
        taken, reached = _beginning(field.trial, closing, gap, ranked)
        if not taken:
            break
        for step in taken[:-1]:
            closing[step.row] = step.quantity(step.most)
        final = taken[-1]
        lots = _fewest_lots(field, closing, final) if reached else final.most
        closing[final.row] = final.quantity(lots)
        (gap,) = field.trial.gaps([closing]).tolist()
        if reached:
            break
    return Found(closing=closing, distance=max(0.0, gap), useless=useless)


def evenly(trial: Trial, steps: Sequence[Steps]) -> Found:
    """The same share of every position: the smallest that reaches the target, or all that is allowed."""

    def closing(parts: int) -> Quantities:
        share = Decimal(parts) / _EVEN_PARTS
        return {step.row: step.quantity(step.at_least(step.most * step.lot * share)) for step in steps}

    parts = _smallest(lambda tried: trial.gaps([closing(part) for part in tried]), 0, _EVEN_PARTS)
    chosen = closing(parts)
    (gap,) = trial.gaps([chosen]).tolist()
    return Found(closing=chosen, distance=max(0.0, gap), useless=frozenset())


def _ranked(field: Field, closing: Closing, gap: float) -> list[Steps]:
    """The positions whose closing helps, best relief per cost first; equals stay in canonical order."""
    steps = [step for step in field.steps if step.row not in closing]
    if field.formula.applies:
        relief = {step.row: field.formula.relief_per_cost(step.row) for step in steps}
    else:
        relief = _tried_relief(field, closing, gap, steps)
    helping = [step for step in steps if relief[step.row] > 0.0]
    return sorted(helping, key=lambda step: (step.row in field.last, -relief[step.row]))


def _tried_relief(field: Field, closing: Closing, gap: float, steps: Sequence[Steps]) -> dict[int, float]:
    """Relief per cost of a small part of each position, measured; of all of it, where a part does nothing.

    A part and not the whole, because the whole of a large position may relieve more than is needed.
    """
    parts = {step.row: step.quantity(max(step.fewest, step.most // _SMALL_PART)) for step in steps}
    relief = _relief_of(field, closing, gap, parts)
    idle = {step.row: step.quantity(step.most) for step in steps if not relief[step.row] > 0.0}
    whole = _relief_of(field, closing, gap, idle)
    least = min((value for value in relief.values() if value > 0.0), default=1.0)
    # Whatever helps only as a whole comes after everything that helps at once.
    most = max((value for value in whole.values() if math.isfinite(value)), default=0.0)
    scale = least / (2.0 * most) if most > 0.0 else 1.0
    return relief | {row: value * scale if value > 0.0 else 0.0 for row, value in whole.items()}


def _relief_of(field: Field, closing: Closing, gap: float, parts: Quantities) -> dict[int, float]:
    gaps = field.trial.gaps([{**closing, row: quantity} for row, quantity in parts.items()]).tolist()
    costs = {
        row: max(float(quantity) * float(field.unit_price[row]), 1e-12) for row, quantity in parts.items()
    }
    return {row: _relief(gap, left) / costs[row] for row, left in zip(parts, gaps, strict=True)}


def _relief(before: float, after: float) -> float:
    """How much nearer the target. From an infinite distance every step counts alike: only all together may help."""
    if math.isnan(after):
        return 0.0
    if math.isinf(before) and math.isinf(after):
        return 1.0
    return before - after


def _beginning(
    trial: Trial, closing: Closing, gap: float, ranked: Sequence[Steps]
) -> tuple[Sequence[Steps], bool]:
    """The shortest beginning of the ranking that reaches the target; else the one that comes nearest to it."""
    if not ranked:
        return (), False

    def gaps(counts: Sequence[int]) -> FloatArray:
        return np.nan_to_num(trial.gaps([_grown(closing, ranked[:count]) for count in counts]), nan=np.inf)

    # Closing everything that helps may be too much: beyond neutral, the other side is at risk. So look along the way.
    counts = sorted({round(x) for x in np.linspace(1, len(ranked), min(len(ranked), _PREFIXES_MAX)).tolist()})
    left = gaps(counts)
    if (left <= 0.0).any():
        low, high = _narrowed(counts, left, 0, len(ranked))
        return ranked[: _smallest(gaps, low, high)], True
    nearest = int(left.argmin())
    return (ranked[: counts[nearest]], False) if left[nearest] < gap else ((), False)


def _grown(closing: Closing, steps: Sequence[Steps]) -> Quantities:
    return {**closing, **{step.row: step.quantity(step.most) for step in steps}}


def _fewest_lots(field: Field, closing: Closing, step: Steps) -> int:
    """The smallest number of lots of one position that reaches the target; all that is allowed reaches it."""

    def gaps(tried: Sequence[int]) -> FloatArray:
        return field.trial.gaps([{**closing, step.row: step.quantity(lots)} for lots in tried])

    low, high = step.fewest - 1, step.most
    guessed = field.formula.quantity(closing, step.row)
    if guessed is not None:
        near = sorted({max(low + 1, min(high, step.at_least(guessed) + shift)) for shift in (-1, 0, 1)})
        low, high = _narrowed(near, gaps(near), low, high)
    return _smallest(gaps, low, high)


def _smallest(gaps: Callable[[Sequence[int]], FloatArray], low: int, high: int) -> int:
    """The smallest number above ``low`` that reaches the target, by probing several places at once.

    ``high`` is known to reach it, and so is whatever this returns. Where more is never farther from the target it is
    the smallest.
    """
    while high - low > 1:
        count = min(_PROBES, high - low - 1)
        tried = [low + (high - low) * (number + 1) // (count + 1) for number in range(count)]
        low, high = _narrowed(tried, gaps(tried), low, high)
    return high


def _narrowed(tried: Sequence[int], gaps: FloatArray, low: int, high: int) -> tuple[int, int]:
    """The interval between the last number tried that does not reach the target and the first that does."""
    reached = gaps <= 0.0
    first = int(reached.argmax()) if reached.any() else len(tried)
    return (tried[first - 1] if first > 0 else low), (tried[first] if first < len(tried) else high)
