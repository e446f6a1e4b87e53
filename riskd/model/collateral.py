"""What backs an account, asset by asset, and what a venue says that each asset is worth."""

from __future__ import annotations

from dataclasses import dataclass

from riskd.model.arrays import FloatArray, IntArray, codes, floats

PAR_CURRENCIES = frozenset({"USDT", "USDC", "FDUSD", "BUSD", "USD1"})
"""Currencies in which contracts settle and which count at par with the US dollar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollateralColumns:
    """The assets that back each account: one row for each, and none for an account of which nothing is known.

    An account that margins each currency apart (single-asset mode) has one row: the currency that it uses.

    Attributes:
        account: Code into the desk's accounts.
        asset: The coin.
        balance: Wallet balance and unrealized PnL in it, units of the asset, signed.
    """

    account: IntArray
    asset: tuple[str, ...]
    balance: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetIndexColumns:
    """What assets are worth as collateral, one row for each asset of each venue.

    Attributes:
        index: US dollars for one unit.
        bid_rate: The same less the venue's buffer (its haircut): what a positive balance counts.
        ask_rate: The same plus its buffer: what a negative balance counts.
        at: When it was asked for, seconds since the epoch.
        trouble: Venue and why the newest attempt brought nothing, for each venue of which it brought nothing.
    """

    venue: tuple[str, ...]
    asset: tuple[str, ...]
    index: FloatArray
    bid_rate: FloatArray
    ask_rate: FloatArray
    at: FloatArray
    trouble: tuple[tuple[str, str], ...] = ()


NO_COLLATERAL = CollateralColumns(account=codes([]), asset=(), balance=floats([]))
NO_ASSET_INDEX = AssetIndexColumns(
    venue=(), asset=(), index=floats([]), bid_rate=floats([]), ask_rate=floats([]), at=floats([])
)
