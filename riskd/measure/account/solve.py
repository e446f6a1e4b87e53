"""The smallest move along a direction that liquidates an account, exact by segments."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from riskd.measure.account.book import AccountBook
from riskd.measure.account.direction import Direction
from riskd.measure.account.motion import Motion, factor, motion_of
from riskd.measure.account.pools import Pool, pools_of
from riskd.measure.account.result import PoolShock, PriceAt, ShockResult, first_of
from riskd.measure.account.sweep import Cause, Shortfall, first_shortfall
from riskd.measure.account.terms import problem_of

TOO_LARGE = "sums of the account: too large to reckon with"


@dataclass(frozen=True, slots=True, kw_only=True)
class BothWays:
    """A direction and the opposite one.

    Attributes:
        forward: Along the direction.
        backward: Against it.
    """

    forward: ShockResult
    backward: ShockResult

    @property
    def nearer(self) -> ShockResult:
        """The way that liquidates the cross account first; of an unknown answer and a known one the unknown one."""
        ways = [way.cross for way in (self.forward, self.backward)]
        first = first_of([way for way in ways if way is not None])
        return self.backward if first is not None and first is ways[1] else self.forward


def shock_to_liquidation(account: AccountBook, direction: Direction) -> ShockResult:
    """The smallest move ``s >= 0`` along a direction at which equity no longer covers what is required.

    ``Σ cash·price·(1 - haircut) + Σ gains = Σ (rate·value - amount) + Σ closing fees``, each at the prices of ``s``. All
    places where a formula changes are known beforehand: a value enters another tier, a price reaches zero, a balance
    changes its sign. They are walked in order and each segment is solved in closed form, so that what is found is the
    first place, also of tables whose margin jumps, where the answer is the place of the jump.

    Args:
        account: Cross pools are independent of each other and of isolated positions.
        direction: What a move of 1 does to each price; ``together(-1.0)`` for all prices falling by ``s``.

    Returns:
        An answer for each pool; NaN with the names of the missing inputs where one is unknown.

    Source: derived; tests/measure/account hold it against bisection on sums from first principles, and against
    Binance's cross account of two positions, TorchTrade#344 and the single positions of all venues.
    """
    return shocks_of(pools_of(account), direction)


def shock_both_ways(account: AccountBook, direction: Direction) -> BothWays:
    """The same along a direction and against it."""
    pools = pools_of(account)
    return BothWays(forward=shocks_of(pools, direction), backward=shocks_of(pools, direction.reversed()))


def shocks_of(pools: Sequence[Pool], direction: Direction) -> ShockResult:
    """The answers of pools that were made before, for many directions of one account."""
    return ShockResult(direction=direction, pools=tuple(shock_of_pool(pool, direction) for pool in pools))


def shock_of_pool(pool: Pool, direction: Direction) -> PoolShock:
    """The smallest move that liquidates one pool."""
    motion = motion_of(pool, direction)
    if missing := (*pool.missing, *motion.missing):
        return _unknown(pool, missing)
    found = first_shortfall(problem_of(pool, motion))
    if found.cause is Cause.UNKNOWN:
        return _unknown(pool, (TOO_LARGE,))
    if found.cause is Cause.NEVER:
        return PoolShock(pool=pool.name, mode=pool.mode, shock=found.at, cause=found.cause)
    return _liquidated(pool, motion, found)


def _unknown(pool: Pool, missing: tuple[str, ...]) -> PoolShock:
    return PoolShock(pool=pool.name, mode=pool.mode, shock=math.nan, cause=Cause.UNKNOWN, missing=missing)


def _liquidated(pool: Pool, motion: Motion, found: Shortfall) -> PoolShock:
    money = 1.0 if pool.in_dollars else factor(motion.of_wallets[0], found.at)
    equity, required, before = (
        amount / money if money > 0.0 else amount
        for amount in (found.equity, found.required, found.required_before)
    )
    names = [position.line.name for position in pool.positions]
    marks = [position.line.holding.mark for position in pool.positions]
    return PoolShock(
        pool=pool.name,
        mode=pool.mode,
        shock=found.at,
        cause=found.cause,
        equity=equity,
        required=required,
        required_before=before,
        segment=found.segment,
        jumping=tuple(names[row] for row in found.rows),
        prices=tuple(
            PriceAt(name, mark * factor(beta, found.at))
            for name, mark, beta in zip(names, marks, motion.of_positions, strict=True)
        ),
    )
