"""Markets of contracts and collateral of accounts, for tests: what a history holds of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from riskd.model.arrays import codes, floats
from riskd.model.collateral import AssetIndexColumns, CollateralColumns
from riskd.model.history import History
from riskd.model.liquidity import Levels, MarketRow, liquidity_columns
from riskd.model.snapshot import Snapshot
from tests.builder_rows import NAN, NOW, VENUE

Side = Sequence[tuple[float, float]]
"""``(price, quantity)``, best first."""


def levels(side: Side) -> Levels:
    """One side of a book."""
    return Levels(
        price=floats([price for price, _ in side]), quantity=floats([quantity for _, quantity in side])
    )


def a_market(
    symbol: str,
    *,
    venue: str = VENUE,
    volume: float = NAN,
    open_interest: float = NAN,
    bids: Side | None = None,
    asks: Side | None = None,
    age_seconds: float = 5.0,
    trouble: str = "",
    taken_at: datetime = NOW,
) -> MarketRow:
    """The market of a contract, all of it read so many seconds before the snapshot; the book is known with both sides."""
    at = taken_at.timestamp() - age_seconds
    return MarketRow(
        venue=venue,
        symbol=symbol,
        quote_volume=volume,
        open_interest=open_interest,
        turnover_at=at,
        turnover_trouble=trouble,
        bids=None if bids is None else levels(bids),
        asks=None if asks is None else levels(asks),
        book_at=NAN if bids is None or asks is None else at,
        book_trouble=trouble,
    )


def with_markets(history: History, *rows: MarketRow) -> History:
    """The history with the markets of some contracts."""
    return replace(history, liquidity=liquidity_columns(rows))


def with_collateral(
    history: History,
    snapshot: Snapshot,
    held: Mapping[str, Mapping[str, float]],
    index: Mapping[str, tuple[float, float]],
    *,
    age_seconds: float = 5.0,
    trouble: str = "",
) -> History:
    """The history with what backs the accounts.

    Args:
        history: The rest.
        snapshot: Whose accounts they are.
        held: Balance of each asset by account.
        index: Index and haircut of each asset, at every venue of the accounts.
        age_seconds: Of the index.
        trouble: Why the newest attempt to read it failed.
    """
    names = [profile.id for profile in snapshot.desk.accounts]
    rows = [(names.index(name), *row) for name, assets in held.items() for row in sorted(assets.items())]
    venues = sorted({profile.venue for profile in snapshot.desk.accounts})
    worth = [(venue, asset, *index[asset]) for venue in venues for asset in sorted(index)]
    return replace(
        history,
        collateral=CollateralColumns(
            account=codes([account for account, _, _ in rows]),
            asset=tuple(asset for _, asset, _ in rows),
            balance=floats([balance for _, _, balance in rows]),
        ),
        asset_index=AssetIndexColumns(
            venue=tuple(venue for venue, _, _, _ in worth),
            asset=tuple(asset for _, asset, _, _ in worth),
            index=floats([price for _, _, price, _ in worth]),
            bid_rate=floats([price * (1.0 - haircut) for _, _, price, haircut in worth]),
            ask_rate=floats([price * (1.0 + haircut) for _, _, price, haircut in worth]),
            at=np.full(len(worth), snapshot.taken_at.timestamp() - age_seconds),
            trouble=tuple((venue, trouble) for venue in venues if trouble),
        ),
    )
