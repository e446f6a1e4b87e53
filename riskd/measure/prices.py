"""Windows of the price history: hourly closes and moves of contracts, and how much of them is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from riskd.measure.groups import IndexArray, index
from riskd.measure.tables import Tables
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.history import PriceColumns

HOUR = 3600.0
DAY_HOURS = 24
# A venue that was away for a few hours leaves a hole that says nothing; a history of which more is missing says too little.
KNOWN_SHARE_MIN = 0.9
_CLOSE_TO_WHOLE = 1e-9


@dataclass(frozen=True, slots=True)
class Closes:
    """Hourly closes of the last hours before a moment.

    Attributes:
        hours: How many hourly moves the window asks for.
        values: ``(contracts of the history, closes)``; fewer than ``hours + 1`` where the history is shorter.
    """

    hours: int
    values: FloatArray

    def moves(self, horizon_hours: int = 1) -> FloatArray:
        """``close / close of horizon_hours before - 1`` at every hour, overlapping; NaN where one is missing."""
        return self.values[:, horizon_hours:] / self.values[:, :-horizon_hours] - 1.0

    def log_moves(self) -> FloatArray:
        """Logarithms of the hourly ratios; NaN where a close is missing."""
        return np.log1p(self.moves())


class PriceWindows:
    """Closes of each snapshot's history, cut once for each window that is asked for."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._cut: dict[tuple[int, float, float], Closes] = {}
        self._rows: dict[int, dict[tuple[str, str], int]] = {}

    def closes(self, part: int, seconds: float) -> Closes:
        """Closes of the ``seconds`` before the snapshot; those after it are left out, so that no replay sees them."""
        prices, now = self._tables.histories[part].prices, float(self._tables.now[part])
        key = (id(prices), now, seconds)
        if key not in self._cut:
            self._cut[key] = _cut(prices, now, seconds)
        return self._cut[key]

    def rows(self, part: int) -> IndexArray:
        """Row of the history of each instrument of a snapshot; -1 for one that has none."""
        known = self._known(part)
        instruments = self._tables.snapshots[part].instruments
        return index([known.get((row.venue, row.symbol), -1) for row in instruments])

    def row_of_coin(self, part: int, venue: str, asset: str) -> int:
        """The first row of the history that is about a coin at a venue; -1 when none is."""
        prices = self._tables.histories[part].prices
        pairs = zip(prices.venue, prices.asset, strict=True)
        return next((row for row, pair in enumerate(pairs) if pair == (venue, asset)), -1)

    def _known(self, part: int) -> dict[tuple[str, str], int]:
        prices = self._tables.histories[part].prices
        if id(prices) not in self._rows:
            keys = zip(prices.venue, prices.symbol, strict=True)
            self._rows[id(prices)] = {key: row for row, key in enumerate(keys)}
        return self._rows[id(prices)]


def with_none(table: FloatArray) -> FloatArray:
    """The table with a last row of NaN, which is what a row of -1 stands for."""
    return np.vstack([table, np.full((1, table.shape[1]), np.nan)])


def known_count(moves: FloatArray) -> IndexArray:
    """How many moves of each row are known."""
    return index(np.isfinite(moves).sum(axis=1))


def is_enough(known: IndexArray, wanted: int) -> BoolArray:
    """Whether so many known values speak for a window of ``wanted``."""
    enough: BoolArray = known >= math.ceil(wanted * KNOWN_SHARE_MIN - _CLOSE_TO_WHOLE)
    return enough


def too_few(symbol: str, known: int, wanted: int) -> str:
    """Says that the history of a contract is too short or has too many holes."""
    return f"price history of {symbol}: {known} of the {wanted} hourly moves of the window"


def correlations(moves: FloatArray, least: int) -> FloatArray:
    """Correlation of every two rows over the moves that both have; NaN with fewer than ``least``, or without variance.

    Each row is centred first, so that the sums do not lose the small numbers in the large ones.
    """
    known = np.isfinite(moves)
    counted = np.maximum(known.sum(axis=1), 1)
    mean = np.where(known, moves, 0.0).sum(axis=1) / counted
    centred = np.where(known, moves - mean[:, None], 0.0)
    both = known.astype(np.float64)
    count = both @ both.T
    sums, squares = centred @ both.T, (centred * centred) @ both.T
    covariance = centred @ centred.T - sums * sums.T / count
    variance = squares - sums * sums / count
    found = covariance / np.sqrt(variance * variance.T)
    return np.where(
        (count >= least) & (variance > 0.0) & (variance.T > 0.0), np.clip(found, -1.0, 1.0), np.nan
    )


def _cut(prices: PriceColumns, now: float, seconds: float) -> Closes:
    hours = max(1, round(seconds / HOUR))
    end = int(prices.at.searchsorted(now, side="right"))
    begin = int(prices.at.searchsorted(now - (hours + 1) * HOUR, side="right"))
    return Closes(hours, prices.close[:, begin:end])
