"""The verified fall-back: the cheapest relief first, and of the last position no lot more than the target needs.

A greedy search, every result of which is measured and not assumed; and the even share that policies may ask for. Hedges are
closed with all their legs or not at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import numpy as np

from riskd.act.plan.bundles import bundles_of
from riskd.act.plan.case import Case, Quantities
from riskd.model.arrays import FloatArray

_PROBES = 8
_ROUNDS = 4
_PASSES = 3
_PREFIXES_MAX = 32
_EVEN_PARTS = 1024

Reliefs = Callable[[int], Mapping[int, float]]
"""For a goal, by number, how much closing each position whole is expected to relieve it; > 0 for those that help."""


def greedy(case: Case, reliefs: Reliefs) -> Quantities:
    """Goal after goal, the most severe first: the least that reaches it by relief per cost, or comes nearest to it."""
    counts: dict[int, int] = {}
    search = _Search(case)
    order = sorted(range(len(case.goals.all)), key=lambda each: case.goals.all[each].severity)
    for _ in range(_PASSES):
        for goal in order:
            counts = search.reach(goal, counts, reliefs(goal))
        # What was closed for the later goals has cost equity, which the earlier ones may now lack.
        if (case.goals.gaps([search.closing(counts)]) <= 0.0).all():
            break
    return search.closing(counts)


def evenly(case: Case) -> Quantities:
    """The same share of every position that may be closed so far: the smallest that reaches all targets, or all of it.

    Whether something is held as one position or as two makes no difference to how much of it is closed.

    Source: capped pro rata, ``min(share, cap)``, the water-filling rule of Chitra et al., arXiv 2512.01112.
    """
    bundles = bundles_of(case)

    def closing(parts: int) -> Quantities:
        share = Decimal(parts) / _EVEN_PARTS
        return {row: held for bundle in bundles for row, held in bundle.at_share(share).items()}

    def gaps(tried: Sequence[int]) -> FloatArray:
        return _worst(case.goals.gaps([closing(parts) for parts in tried]))

    return closing(smallest(gaps, 0, _EVEN_PARTS))


class _Search:
    """Steps of bundles, and what they come to."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._bundles = bundles_of(case)

    def closing(self, counts: Mapping[int, int]) -> Quantities:
        """What so many steps of each bundle close, with what is closed whole anyway."""
        found = {row: self._case.scope.steps[row].largest for row in self._case.scope.closed}
        for number, count in counts.items():
            for row, quantity in self._bundles[number].closing(count).items():
                found[row] = max(quantity, found.get(row, quantity))
        return dict(sorted(found.items()))

    def reach(self, goal: int, counts: dict[int, int], relief: Mapping[int, float]) -> dict[int, int]:
        """More steps, until a goal is reached or nothing brings it nearer."""
        (gap,) = self._gaps(goal, [counts])
        for _ in range(_ROUNDS):
            if not gap > 0.0:
                break
            ranked = self._ranked(counts, relief)
            taken, reached = self._beginning(goal, counts, gap, ranked)
            if not taken:
                break
            counts = {**counts, **{number: self._bundles[number].most for number in taken[:-1]}}
            final = taken[-1]
            counts[final] = self._fewest(goal, counts, final) if reached else self._bundles[final].most
            (gap,) = self._gaps(goal, [counts])
            if reached:
                break
        return counts

    def _ranked(self, counts: Mapping[int, int], relief: Mapping[int, float]) -> list[int]:
        """The bundles that help and have steps left, best relief per cost first; equals stay in canonical order."""
        scores = {}
        for number, bundle in enumerate(self._bundles):
            helped = sum(relief.get(step.row, 0.0) for step in bundle.steps)
            if helped > 0.0 and counts.get(number, 0) < bundle.most:
                scores[number] = helped / max(self._case.cost(bundle.closing(bundle.most)), 1e-12)
        return sorted(scores, key=lambda number: -scores[number])

    def _beginning(
        self, goal: int, counts: Mapping[int, int], gap: float, ranked: Sequence[int]
    ) -> tuple[Sequence[int], bool]:
        """The shortest beginning of the ranking that reaches the target; else the one that comes nearest to it."""
        if not ranked:
            return (), False

        def gaps(lengths: Sequence[int]) -> FloatArray:
            grown = [{**counts, **self._all(ranked[:length])} for length in lengths]
            found = self._gaps(goal, grown)
            return np.where(np.isnan(found), math.inf, found)

        # Closing everything that helps may be too much: beyond neutral, the other side is at risk. So look along the way.
        places = np.linspace(1, len(ranked), min(len(ranked), _PREFIXES_MAX)).tolist()
        lengths = sorted({round(place) for place in places})
        left = gaps(lengths)
        if (left <= 0.0).any():
            low, high = _narrowed(lengths, left, 0, len(ranked))
            return ranked[: smallest(gaps, low, high)], True
        nearest = int(left.argmin())
        return (ranked[: lengths[nearest]], False) if left[nearest] < gap else ((), False)

    def _all(self, numbers: Sequence[int]) -> dict[int, int]:
        return {number: self._bundles[number].most for number in numbers}

    def _fewest(self, goal: int, counts: Mapping[int, int], number: int) -> int:
        """The fewest steps of one bundle that reach the target; all that are allowed reach it."""
        bundle = self._bundles[number]
        low = max(counts.get(number, 0), bundle.fewest - 1)

        def gaps(tried: Sequence[int]) -> FloatArray:
            return self._gaps(goal, [{**counts, number: steps} for steps in tried])

        return smallest(gaps, low, bundle.most)

    def _gaps(self, goal: int, counts: Sequence[Mapping[int, int]]) -> FloatArray:
        return self._case.goals.gaps([self.closing(each) for each in counts])[:, goal]


def smallest(gaps: Callable[[Sequence[int]], FloatArray], low: int, high: int) -> int:
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


def _worst(gaps: FloatArray) -> FloatArray:
    """Of all goals the farthest from its target; unknown counts as beyond."""
    worst: FloatArray = np.where(np.isnan(gaps), math.inf, gaps).max(axis=1)
    return worst
