"""Why each position that a plan leaves alone is left alone."""

from __future__ import annotations

import math

from riskd.act.plan.case import Case
from riskd.act.plan.optimise import Found

_DEARER = 1.001


def untouched_by(case: Case, found: Found) -> tuple[tuple[str, str], ...]:
    """Every position of the account that is not reduced, and why."""
    price = _price_of_relief(case, found)
    rows = [row for row in range(len(case.scene.snapshot.positions)) if row not in found.closing]
    return tuple((case.scene.position(row), _why(case, found, row, price)) for row in rows)


def _why(case: Case, found: Found, row: int, price: float) -> str:
    scope = case.scope
    if row in scope.refused:
        return scope.refused[row]
    if row not in scope.wanted | scope.mates:
        return "not part of what the rule is about"
    relief = found.relief.get(row, 0.0)
    tied = [hedge.id for hedge in case.hedges if row in hedge.rows]
    if tied and (relief > 0.0 or row in scope.mates):
        breaks = case.broken({**found.closing, row: scope.steps[row].largest})
        if broken := [name for name in tied if name in breaks]:
            return f"closing it would break hedge {', '.join(broken)}"
    if relief <= 0.0:
        return "closing it would not help"
    own = _whole(case, row) / relief
    if own > price * _DEARER:
        return f"its relief costs {own / price:.3g} times as much as the dearest that is taken"
    return "not needed"


def _price_of_relief(case: Case, found: Found) -> float:
    """What the dearest relief that is taken costs for each unit of it."""
    return max(
        (
            _whole(case, row) / found.relief[row]
            for row in found.closing
            if found.relief.get(row, 0.0) > 0.0 and _whole(case, row) > 0.0
        ),
        default=math.inf,
    )


def _whole(case: Case, row: int) -> float:
    return case.scene.prices.alone(row, case.scope.steps[row].largest)
