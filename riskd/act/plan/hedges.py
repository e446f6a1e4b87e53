"""Hedges as a plan sees them: what their legs in this account are, and how far each is from neutral.

A plan never lets the net delta of a hedge grow and never turns its sign, so that a leg is drained only together with what
it hedges. Legs in other accounts and on spot stay as they are. What is counted in whole lots is kept to within one lot
of the coarser leg.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from riskd.act.plan.scene import Scene
from riskd.act.plan.steps import Steps
from riskd.measure.book.groups import IndexArray
from riskd.measure.strategy.hedge import leg_worth
from riskd.model.arrays import FloatArray

_ROUNDED = 1e-9  # of the worth of all legs: what sums of binary fractions may differ by


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Balance:
    """A sum that a plan may not move away from zero: the net delta of a hedge, or its distance from the wanted ratio.

    Attributes:
        hedge: Id of the hedge.
        now: Quote currency, signed.
        rows: Positions of the account that count in it.
        weight: What closing each of them whole takes off it, quote currency, signed.
        gross: Unsigned worth of all legs, wherever they are.
    """

    hedge: str
    now: float
    rows: IndexArray
    weight: FloatArray
    gross: float

    def after(self, share: Mapping[int, float]) -> float:
        """The sum once a share of each position is closed."""
        closed = np.array([share.get(row, 0.0) for row in self.rows.tolist()])
        return self.now - float(closed @ self.weight)

    def is_kept(self, share: Mapping[int, float], tolerance: float) -> bool:
        """Whether it neither grew nor turned."""
        after, slack = self.after(share), tolerance + _ROUNDED * self.gross
        return min(0.0, self.now) - slack <= after <= max(0.0, self.now) + slack

    def tolerance(self, steps: Mapping[int, Steps]) -> float:
        """Worth of one lot of the coarsest leg that can be closed."""
        return max((lot_worth(self, steps, row) for row in self.rows.tolist()), default=0.0)


def lot_worth(balance: Balance, steps: Mapping[int, Steps], row: int) -> float:
    """What one lot of a position takes off a sum, unsigned; 0 for one that cannot be closed."""
    step = steps.get(row)
    if step is None:
        return 0.0
    weight = abs(float(balance.weight[balance.rows.tolist().index(row)]))
    return weight * float(step.lot / step.held)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hedge:
    """A hedge with legs in the account.

    Attributes:
        rows: Its positions in the account.
        elsewhere: Legs on spot or in other accounts, in words.
        balances: What must be kept; empty where the worth of a leg is not known.
    """

    id: str
    rows: frozenset[int]
    elsewhere: tuple[str, ...]
    balances: tuple[Balance, ...]


def hedges_of(scene: Scene) -> tuple[Hedge, ...]:
    """Every hedge that has a position in the account."""
    whole = scene.whole
    legs, worth = whole.layout.legs, whole.once(leg_worth)
    found = []
    for number, definition in enumerate(whole.tables.hedges):
        mine = np.flatnonzero(legs.hedge == number)
        here = mine[legs.perpetual[mine] & (legs.account[mine] == scene.account)]
        rows = {int(leg): _rows_of(scene, int(legs.instrument[leg])) for leg in here}
        if not any(len(held) for held in rows.values()):
            continue
        elsewhere = tuple(
            f"{legs.legs[leg].name} in {legs.legs[leg].account}" for leg in mine.tolist() if leg not in rows
        )
        found.append(
            Hedge(
                id=definition.id,
                rows=frozenset(int(row) for held in rows.values() for row in held),
                elsewhere=elsewhere,
                balances=_balances(scene, number, mine, rows, worth),
            )
        )
    return tuple(found)


def _rows_of(scene: Scene, instrument: int) -> IndexArray:
    """Positions of the account in a contract of the desk."""
    codes = scene.whole.layout.position_instrument[scene.rows]
    return np.flatnonzero(codes == instrument)


def _balances(
    scene: Scene, number: int, mine: IndexArray, rows: Mapping[int, IndexArray], worth: FloatArray
) -> tuple[Balance, ...]:
    """The net delta, and where another ratio than one is wanted, the distance from it."""
    if not np.isfinite(worth[mine]).all():
        return ()
    definition, primary = scene.whole.tables.hedges[number], scene.whole.layout.legs.primary
    found = []
    for ratio in sorted({1.0, float(definition.ratio)}, reverse=True):
        scale = {int(leg): ratio if primary[leg] else 1.0 for leg in mine}
        weight: dict[int, float] = {}
        for leg, held in rows.items():
            for row in held.tolist():
                weight[row] = weight.get(row, 0.0) + scale[leg] * float(
                    scene.snapshot.positions.notional[row]
                )
        found.append(
            Balance(
                hedge=definition.id,
                now=sum(scale[int(leg)] * float(worth[leg]) for leg in mine),
                rows=np.array(sorted(weight), dtype=np.intp),
                weight=np.array([weight[row] for row in sorted(weight)]),
                gross=float(np.abs(worth[mine]).sum()),
            )
        )
    return tuple(found)
