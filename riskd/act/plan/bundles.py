"""What the greedy search and the even one close as one thing: a position, or a hedge with all its legs, lot by lot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from riskd.act.plan.case import Case, Quantities
from riskd.act.plan.hedges import Hedge
from riskd.act.plan.steps import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Positions that are closed in the same proportion, in steps.

    Attributes:
        steps: Of each position; the first has the coarsest lots, and counts.
        most: Most steps.
    """

    steps: tuple[Steps, ...]
    most: int

    @property
    def fewest(self) -> int:
        """Fewest steps that make an order."""
        return self.steps[0].fewest

    def closing(self, count: int) -> Quantities:
        """Base units of so many steps."""
        first, *others = self.steps
        if count <= 0:
            return {}
        found = {first.row: first.quantity(count)}
        share = found[first.row] / first.held
        for step in others:
            found[step.row] = step.quantity(_nearest(step, share))
        return {row: quantity for row, quantity in found.items() if quantity > 0}

    def at_share(self, share: Decimal) -> Quantities:
        """At least such a share, or all that may be closed."""
        first = self.steps[0]
        return self.closing(min(self.most, first.at_least(first.held * share))) if share > 0 else {}


def bundles_of(case: Case) -> tuple[Bundle, ...]:
    """Every position of the scope once, in canonical order; those that cannot be closed without breaking a hedge are left out."""
    steps, together = dict(case.scope.steps), _together(case)
    found = []
    for rows in together:
        mine = [steps[row] for row in rows if row in steps]
        hedges = [hedge for hedge in case.hedges if hedge.rows & set(rows)]
        if not hedges:
            found += [Bundle(steps=(step,), most=step.most) for step in mine]
        elif len(mine) == len(rows) and not any(hedge.elsewhere for hedge in hedges):
            found.append(_whole(mine))
        else:
            found += _surplus(mine, hedges)
    return tuple(sorted(found, key=lambda bundle: bundle.steps[0].row))


def _together(case: Case) -> list[tuple[int, ...]]:
    """Positions by the hedges that tie them; others by themselves."""
    group = {row: frozenset([row]) for row in case.scope.steps}
    for hedge in case.hedges:
        joined = frozenset(hedge.rows).union(*(group.get(row, frozenset([row])) for row in hedge.rows))
        for row in joined:
            group[row] = joined
    return [
        tuple(sorted(rows)) for rows in sorted(set(group.values()), key=min) if rows & case.scope.steps.keys()
    ]


def _whole(steps: list[Steps]) -> Bundle:
    """All legs in the same proportion, no farther than the one that may be closed least."""
    coarsest = sorted(steps, key=lambda step: (-step.lot / step.held, step.row))
    first = coarsest[0]
    share = min(step.largest / step.held for step in steps)
    return Bundle(steps=tuple(coarsest), most=min(first.most, int(first.held * share / first.lot)))


def _surplus(steps: list[Steps], hedges: list[Hedge]) -> list[Bundle]:
    """Each leg alone, as far as closing it brings every hedge nearer to neutral."""
    found = []
    for step in steps:
        most = min(_room(hedge, step) for hedge in hedges if step.row in hedge.rows)
        lots = min(step.most, int(Decimal(repr(most)) * step.held / step.lot))
        if lots >= step.fewest:
            found.append(Bundle(steps=(step,), most=lots))
    return found


def _room(hedge: Hedge, step: Steps) -> float:
    """Share of a leg that can be closed alone."""
    room = 1.0 if hedge.balances else 0.0
    for balance in hedge.balances:
        weights: Mapping[int, float] = dict(zip(balance.rows.tolist(), balance.weight.tolist(), strict=True))
        weight = weights.get(step.row, 0.0)
        if weight != 0.0:
            room = min(room, max(0.0, balance.now / weight))
    return room


def _nearest(step: Steps, share: Decimal) -> int:
    lots = int((share * step.held / step.lot).to_integral_value())
    return min(lots, step.most) if lots >= step.fewest else 0
