"""The markets and the collateral of a snapshot test, as what the daemon would remember of them."""

from __future__ import annotations

import numpy as np

from riskd.model.arrays import codes, floats
from riskd.model.collateral import AssetIndexColumns, CollateralColumns
from riskd.model.liquidity import LEVELS_READ, Levels, LiquidityColumns, MarketRow, liquidity_columns
from riskd.policy.book_rows import BookRows, InstrumentRow

_NEAR = 0.01  # of the mark: the distance within which the depth of a test rests
_LEVELS_NEAR = 50


def liquidity_of(rows: BookRows, at: float) -> LiquidityColumns:
    """The markets of the instruments, all read at one moment. A number that is not given is unknown."""
    return liquidity_columns([_market(row, at) for row in rows.instruments])


def collateral_of(rows: BookRows) -> CollateralColumns:
    """What backs the accounts."""
    number = {row.profile.id: code for code, row in enumerate(rows.accounts)}
    return CollateralColumns(
        account=codes([number[row.account] for row in rows.collateral]),
        asset=tuple(row.asset for row in rows.collateral),
        balance=floats([float(row.quantity) for row in rows.collateral]),
    )


def asset_index_of(rows: BookRows, at: float) -> AssetIndexColumns:
    """What the assets are worth at each venue, told at one moment."""
    venues = {row.profile.id: row.profile.venue for row in rows.accounts}
    worth = {
        (venues[row.account], row.asset): (row.index, row.haircut)
        for row in rows.collateral
        if row.index is not None
    }
    index = floats([price for price, _ in worth.values()])
    haircut = floats([haircut for _, haircut in worth.values()])
    return AssetIndexColumns(
        venue=tuple(venue for venue, _ in worth),
        asset=tuple(asset for _, asset in worth),
        index=index,
        bid_rate=index * (1.0 - haircut),
        ask_rate=index * (1.0 + haircut),
        at=floats([at] * len(worth)),
    )


def _market(row: InstrumentRow, at: float) -> MarketRow:
    is_book = row.spread is not None and row.depth is not None and row.mark is not None
    return MarketRow(
        venue=row.venue,
        symbol=row.symbol,
        quote_volume=np.nan if row.volume is None else row.volume,
        open_interest=np.nan if row.open_interest is None else row.open_interest,
        turnover_at=np.nan if row.volume is None and row.open_interest is None else at,
        bids=_side(row, -1.0) if is_book else None,
        asks=_side(row, 1.0) if is_book else None,
        book_at=at if is_book else np.nan,
    )


def _side(row: InstrumentRow, direction: float) -> Levels:
    """An even book from half the spread on: fifty equal levels within 1 % of the mark hold the depth, and it goes on so.

    No level lies at 1 % itself, so that no rounding decides whether it counts.
    """
    assert row.mark is not None
    assert row.spread is not None
    assert row.depth is not None
    first = row.spread / 2.0
    away = first + (_NEAR - first) / (_LEVELS_NEAR - 0.5) * np.arange(LEVELS_READ)
    quantity = row.depth / _LEVELS_NEAR / row.mark
    return Levels(price=floats(row.mark * (1.0 + direction * away)), quantity=np.full(LEVELS_READ, quantity))
