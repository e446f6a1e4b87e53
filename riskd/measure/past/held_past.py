"""The past of what is held: the prices that each position has behind it, and searches in them for all of them at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray, index
from riskd.measure.past.prices import Closes, PriceWindows
from riskd.model.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class HeldPast:
    """Prices, and the positions that have them behind them.

    Attributes:
        positions: Their numbers, rising.
        rows: Row of the prices of each position; -1 where they do not hold its contract.
    """

    closes: Closes
    positions: IndexArray
    rows: IndexArray


def held_pasts(book: Book, cut: Callable[[PriceWindows, int], Closes]) -> list[HeldPast]:
    """Every past of a book once, however many snapshots share it.

    Args:
        book: Whose positions.
        cut: The prices of a snapshot.
    """
    windows, parts = book.price_windows, range(len(book.tables.snapshots))
    cuts = [cut(windows, part) for part in parts]
    distinct = {id(closes): closes for closes in cuts}
    place = {name: number for number, name in enumerate(distinct)}
    of_part = index([place[id(closes)] for closes in cuts])
    of_position = of_part[book.tables.account_part[book.layout.position_account]]
    rows = np.concatenate([windows.rows(part) for part in parts])[book.layout.position_instrument]
    held = [index(np.flatnonzero(of_position == number)) for number in range(len(distinct))]
    return [HeldPast(closes, mine, rows[mine]) for closes, mine in zip(distinct.values(), held, strict=True)]


def count_at_least(falling: FloatArray, row: IndexArray, least: FloatArray) -> IndexArray:
    """How many values at the beginning of a row are at least so much, for many rows and bounds at once.

    A binary search, each step of it for all.

    Args:
        falling: Every row falls from left to right, its NaN last.
        row: Row of each search; -1: the last.
        least: Bound of each search; nothing is at least NaN.
    """
    low = np.zeros(len(row), dtype=np.intp)
    high = np.full(len(row), falling.shape[1], dtype=np.intp)
    while (searching := low < high).any():
        middle = np.minimum((low + high) // 2, falling.shape[1] - 1)
        enough = falling[row, middle] >= least
        low = np.where(searching & enough, middle + 1, low)
        high = np.where(searching & ~enough, middle, high)
    return low
