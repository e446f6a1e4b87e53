"""A crash, or a rally, that a book can be put through: how far the price of each coin moves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# Coins that are meant to be worth a dollar stay where they are, unless a scenario says that one of them breaks.
PAR_COINS = frozenset({"USDC", "USDT", "FDUSD", "BUSD", "USD1", "TUSD", "DAI"})
# Contracts on very small coins are quoted by the thousand.
_THOUSANDS = ("1000000", "1000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Moves of prices that happen at once.

    Attributes:
        name: How policies name it.
        title: For people.
        others: Move of every coin that is not named, fraction of its price; coins at par stay where they are.
        moves: Coin and move, sorted by coin; coins as ``coin_of`` writes them.
    """

    name: str
    title: str
    others: float
    moves: tuple[tuple[str, float], ...] = ()

    def moves_of(self, assets: Iterable[str]) -> list[float]:
        """How far the price of each asset moves, as a fraction of it."""
        named = dict(self.moves)
        coins = [coin_of(asset) for asset in assets]
        return [named.get(coin, 0.0 if coin in PAR_COINS else self.others) for coin in coins]


def coin_of(asset: str) -> str:
    """The coin that an asset is, or holds many of: ``1000PEPE`` is ``PEPE``. Letters are capital: ``USDe`` is ``USDE``."""
    coin = next((asset.removeprefix(many) for many in _THOUSANDS if asset.startswith(many)), asset)
    return coin.upper()
