"""How well contracts can be left: what is traded of them, what is open, and what rests in their order books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riskd.model.arrays import FloatArray, IntArray, codes, floats

LEVELS_READ = 500
"""How many levels of each side of a book are asked for: of what Binance offers, the last that costs half the most."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Levels:
    """One side of an order book, best price first.

    Attributes:
        price: Quote per base.
        quantity: Base units that rest at the price, > 0.
    """

    price: FloatArray
    quantity: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MarketRow:
    """What is known of the market of one contract.

    Attributes:
        quote_volume: Traded in the last 24 hours, quote currency; NaN: not known.
        open_interest: Base units, each contract counted once though it has two sides; NaN: not known.
        turnover_at: When both were asked for, seconds since the epoch; NaN: never.
        turnover_trouble: Why the newest attempt to read them brought nothing; empty when it brought something.
        bids: Orders that a close of a long would hit; None: not known.
        asks: Orders that a close of a short would hit.
        book_at: Moment of the order book, seconds since the epoch; NaN: never.
        book_trouble: As for turnover.
    """

    venue: str
    symbol: str
    quote_volume: float = np.nan
    open_interest: float = np.nan
    turnover_at: float = np.nan
    turnover_trouble: str = ""
    bids: Levels | None = None
    asks: Levels | None = None
    book_at: float = np.nan
    book_trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidityColumns:
    """``MarketRow``s as columns, sorted by (venue, symbol), with the levels of all order books in one row after another.

    Attributes:
        begins: First level of each side of each contract, and after the last one the number of levels: the bids of row
            n begin at ``begins[2n]``, its asks at ``begins[2n + 1]``.
        price: Of each level, best first on each side.
        filled: Base units of a level and of all levels before it on its side.
        paid: Quote currency for them: the sum of price times quantity.
    """

    venue: tuple[str, ...]
    symbol: tuple[str, ...]
    quote_volume: FloatArray
    open_interest: FloatArray
    turnover_at: FloatArray
    turnover_trouble: tuple[str, ...]
    book_at: FloatArray
    book_trouble: tuple[str, ...]
    begins: IntArray
    price: FloatArray
    filled: FloatArray
    paid: FloatArray


_NO_LEVELS = Levels(price=floats([]), quantity=floats([]))


def liquidity_columns(rows: Sequence[MarketRow]) -> LiquidityColumns:
    """The columns of some contracts, in whatever order they are given."""
    ordered = sorted(rows, key=lambda row: (row.venue, row.symbol))
    sides = [levels or _NO_LEVELS for row in ordered for levels in (row.bids, row.asks)]
    return LiquidityColumns(
        venue=tuple(row.venue for row in ordered),
        symbol=tuple(row.symbol for row in ordered),
        quote_volume=floats([row.quote_volume for row in ordered]),
        open_interest=floats([row.open_interest for row in ordered]),
        turnover_at=floats([row.turnover_at for row in ordered]),
        turnover_trouble=tuple(row.turnover_trouble for row in ordered),
        book_at=floats([row.book_at for row in ordered]),
        book_trouble=tuple(row.book_trouble for row in ordered),
        begins=codes(np.cumsum([0, *(len(side.price) for side in sides)])),
        price=np.concatenate([_NO_LEVELS.price, *(side.price for side in sides)]),
        filled=np.concatenate([_NO_LEVELS.price, *(np.cumsum(side.quantity) for side in sides)]),
        paid=np.concatenate([_NO_LEVELS.price, *(np.cumsum(side.price * side.quantity) for side in sides)]),
    )


NO_LIQUIDITY = liquidity_columns(())
