"""How the prices of a pool move along a direction."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from riskd.measure.account.book import Wallet
from riskd.measure.account.direction import Direction
from riskd.measure.account.missing import is_known
from riskd.measure.account.pools import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """Betas of everything in one pool.

    Attributes:
        of_positions: One a position of the pool.
        of_wallets: One a wallet; 0 where the price of the wallet's asset does not matter.
        price_of_wallets: What one unit of each wallet counts at the start.
        missing: Betas that are unknown, by name.
    """

    of_positions: tuple[float, ...]
    of_wallets: tuple[float, ...]
    price_of_wallets: tuple[float, ...]
    missing: tuple[str, ...]

    @property
    def stands_still(self) -> bool:
        """Whether nothing in the pool moves."""
        return not any(self.of_positions) and not any(self.of_wallets)


def motion_of(pool: Pool, direction: Direction) -> Motion:
    """The betas of a pool's coins and wallets.

    A pool in its own asset is reckoned in that asset. Only where an inverse contract is in it, whose gain is a hyperbola
    in coin and a line in money, both sides of the condition are multiplied by the coin's price, which changes nothing.
    """
    named = dict(direction.betas)
    coins = {position.line.asset for position in pool.positions}
    of_positions = tuple(named.get(p.line.asset, direction.others) for p in pool.positions)
    by_price = pool.in_dollars or any(position.line.is_inverse for position in pool.positions)
    of_wallets = tuple(
        _of_wallet(wallet, named, direction, coins) if by_price else 0.0 for wallet in pool.wallets
    )
    betas = {p.line.asset: beta for p, beta in zip(pool.positions, of_positions, strict=True)}
    betas |= {wallet.asset: beta for wallet, beta in zip(pool.wallets, of_wallets, strict=True)}
    return Motion(
        of_positions=of_positions,
        of_wallets=of_wallets,
        price_of_wallets=tuple(wallet.price if pool.in_dollars else 1.0 for wallet in pool.wallets),
        missing=tuple(f"beta of {asset}" for asset, beta in sorted(betas.items()) if not is_known(beta)),
    )


def _of_wallet(wallet: Wallet, named: Mapping[str, float], direction: Direction, coins: set[str]) -> float:
    if wallet.asset in named:
        return named[wallet.asset]
    if wallet.follows is None or wallet.asset in coins:
        return direction.others if wallet.asset in coins else 0.0
    return named.get(wallet.follows, direction.others)


def factor(beta: float, s: float) -> float:
    """What a price is multiplied by after a move: never below zero."""
    return max(0.0, 1.0 + beta * s)


def end_of(beta: float) -> float:
    """Where a price reaches zero; +inf where it does not."""
    return -1.0 / beta if beta < 0.0 else math.inf
