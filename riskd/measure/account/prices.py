"""Liquidation prices of an account's positions: what each coin alone would have to do."""

from __future__ import annotations

import math
from dataclasses import dataclass

from riskd.measure.account.book import AccountBook
from riskd.measure.account.direction import alone
from riskd.measure.account.pools import Pool, pools_of
from riskd.measure.account.result import PoolShock
from riskd.measure.account.solve import shock_of_pool


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidationPrices:
    """Marks of a position at which its pool is liquidated while only its coin moves.

    Attributes:
        name: Of the position.
        below: The nearest mark at or below that of today; None where no fall liquidates, NaN unknown.
        above: The nearest mark at or above that of today; None where no rise liquidates, NaN unknown.
        missing: What is unknown, by name.
    """

    name: str
    below: float | None
    above: float | None
    missing: tuple[str, ...] = ()


def liquidation_prices(account: AccountBook) -> tuple[LiquidationPrices, ...]:
    """For each position, in the order of the pools, where a fall and where a rise of its coin alone liquidate.

    Everything that follows the coin moves with it: other positions in it, and its wallet. Both are today's mark where
    liquidation is due already.
    """
    return tuple(prices for pool in pools_of(account) for prices in _of_pool(pool))


def _of_pool(pool: Pool) -> list[LiquidationPrices]:
    assets = dict.fromkeys(line.asset for line in pool.lines)
    falls = {asset: shock_of_pool(pool, alone(asset, -1.0)) for asset in assets}
    rises = {asset: shock_of_pool(pool, alone(asset, 1.0)) for asset in assets}
    return [
        LiquidationPrices(
            name=line.name,
            below=_price(line.holding.mark, -1.0, falls[line.asset]),
            above=_price(line.holding.mark, 1.0, rises[line.asset]),
            missing=falls[line.asset].missing,
        )
        for line in pool.lines
    ]


def _price(mark: float, beta: float, found: PoolShock) -> float | None:
    return None if math.isinf(found.shock) else mark * (1.0 + beta * found.shock)
