"""In which direction prices are moved: for each coin, what a move of size 1 does to its price."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """At a move of size ``s`` the price of a coin is ``price · (1 + beta · s)``, and zero once that is below zero.

    Attributes:
        name: In words.
        betas: Of named assets, a fraction of price for a move of 1; also of money, such as a stablecoin that loses its peg.
        others: Of coins that are not named; NaN: unknown.
    """

    name: str
    betas: tuple[tuple[str, float], ...] = ()
    others: float = 0.0

    def reversed(self) -> Direction:
        """The opposite direction."""
        betas = tuple((asset, -beta) for asset, beta in self.betas)
        return replace(self, name=f"against: {self.name}", betas=betas, others=-self.others)


def together(beta: float) -> Direction:
    """All coins by the same fraction: ``together(-1.0)`` falls, ``together(1.0)`` rises."""
    return Direction(name="all coins fall" if beta < 0.0 else "all coins rise", others=beta)


def alone(asset: str, beta: float) -> Direction:
    """One coin; everything else stands still."""
    way = "falls" if beta < 0.0 else "rises"
    return Direction(name=f"{asset} alone {way}", betas=((asset, beta),))


def by_beta(betas: Mapping[str, float], market: float) -> Direction:
    """Each coin by its beta to the market, which moves by ``market``; a coin without a beta makes the answer unknown.

    Args:
        betas: By asset.
        market: -1 falls, 1 rises; the size of the shock found is that of the market.
    """
    way = "falls" if market < 0.0 else "rises"
    moved = tuple((asset, beta * market) for asset, beta in sorted(betas.items()))
    return Direction(name=f"the market {way}, each coin by its beta", betas=moved, others=math.nan)


def along(moves: Mapping[str, float], name: str = "a scenario") -> Direction:
    """Any vector: the assets named move, everything else stands still."""
    return Direction(name=name, betas=tuple(sorted(moves.items())))
