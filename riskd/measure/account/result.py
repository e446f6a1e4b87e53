"""What the solver answers: how far, how it comes about, and at which prices."""

from __future__ import annotations

import math
from dataclasses import dataclass

from riskd.measure.account.direction import Direction
from riskd.measure.account.sweep import Cause
from riskd.measure.venues.model import MarginMode


@dataclass(frozen=True, slots=True)
class PriceAt:
    """The mark of a position after a move.

    Attributes:
        name: Of the position.
        price: Quote per base; 0 where the move takes all.
    """

    name: str
    price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolShock:
    """The smallest move that liquidates one pool.

    Attributes:
        pool: The settlement asset, ``account`` for a pool of all assets, or the name of an isolated position.
        mode: Cross or isolated.
        shock: Size of the move; 0 already due, +inf never, NaN unknown.
        cause: How it comes about.
        equity: There, in dollars for a pool of all assets, else in the settlement asset; after a jump where it jumps.
        required: Maintenance margin and closing fees there, the same unit.
        required_before: Ahead of the jump; ``required`` where nothing jumps.
        segment: Moves between which the formulas hold that were solved, or that begin with the jump.
        jumping: Positions whose margin jumps there.
        prices: Of the pool's positions there.
        missing: What is unknown, by name.
    """

    pool: str
    mode: MarginMode
    shock: float
    cause: Cause
    equity: float = math.nan
    required: float = math.nan
    required_before: float = math.nan
    segment: tuple[float, float] = (0.0, math.inf)
    jumping: tuple[str, ...] = ()
    prices: tuple[PriceAt, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShockResult:
    """What a direction does to an account.

    Attributes:
        direction: In which prices move.
        pools: Every pool that holds a position, cross ones first.
    """

    direction: Direction
    pools: tuple[PoolShock, ...]

    @property
    def cross(self) -> PoolShock | None:
        """The cross pool that is liquidated first; None where nothing is held in cross margin."""
        return first_of([pool for pool in self.pools if pool.mode is MarginMode.CROSS])

    @property
    def isolated(self) -> PoolShock | None:
        """The isolated position that is liquidated first; None where there is none. The cross account goes on."""
        return first_of([pool for pool in self.pools if pool.mode is MarginMode.ISOLATED])

    @property
    def shock(self) -> float:
        """The smallest move that liquidates a cross pool: 0 already due, +inf never, NaN unknown."""
        return math.inf if self.cross is None else self.cross.shock


def first_of(pools: list[PoolShock]) -> PoolShock | None:
    """The pool that is liquidated first. One of unknown answer could be it, unless another one is due already."""
    due = [pool for pool in pools if pool.shock == 0.0]
    unknown = [pool for pool in pools if math.isnan(pool.shock)]
    return next(iter(due or unknown or sorted(pools, key=lambda pool: pool.shock)), None)
