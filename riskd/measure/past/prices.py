"""Windows of the price history: hourly prices and moves of contracts, and how much of them is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from riskd.measure.book.groups import IndexArray, index
from riskd.measure.book.tables import Tables
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.history import PriceColumns

HOUR = 3600.0
DAY_HOURS = 24
# A venue that was away for a few hours leaves a hole that says nothing; a history of which more is missing says too little.
KNOWN_SHARE_MIN = 0.9
# RiskMetrics' decay for daily moves; an hour's weight is the twenty-fourth root of a day's.
DECAY_PER_DAY = 0.94
DECAY_PER_HOUR = DECAY_PER_DAY ** (1.0 / DAY_HOURS)
# Fewer moves than a day has say nothing about how two prices go together.
_IN_COMMON_MIN = 24
_CLOSE_TO_WHOLE = 1e-9


@dataclass(frozen=True, slots=True)
class Closes:
    """Hourly closes of the last hours before a moment, and the extremes between them.

    Attributes:
        now: The moment, seconds since the epoch.
        hours: How many hourly moves the window asks for.
        at: Moment of each close, an hour apart.
        values: ``(contracts of the history, closes)``; fewer than ``hours + 1`` where the history is shorter.
        high: Highest price of the hour that ends with each close.
        low: Lowest price of it.
    """

    now: float
    hours: int
    at: FloatArray
    values: FloatArray
    high: FloatArray
    low: FloatArray

    def of_rows(self, rows: Sequence[int]) -> FloatArray:
        """Closes of some contracts; NaN for a row of -1."""
        found = np.full((len(rows), self.values.shape[1]), np.nan)
        for place, row in enumerate(rows):
            if row >= 0:
                found[place] = self.values[row]
        return found

    def moves(self, horizon_hours: int = 1) -> FloatArray:
        """``close / close of horizon_hours before - 1`` at every hour, overlapping; NaN where one is missing."""
        return relative_moves(self.values, horizon_hours)

    def log_moves(self) -> FloatArray:
        """Logarithms of the hourly ratios; NaN where a close is missing."""
        return np.log1p(self.moves())


class PriceWindows:
    """Prices of each snapshot's history, cut once for each window that is asked for."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._cut: dict[tuple[int, float, float], Closes] = {}
        self._rows: dict[int, dict[tuple[str, str], int]] = {}

    def closes(self, part: int, seconds: float) -> Closes:
        """Closes of the ``seconds`` before the snapshot; those after it are left out, so that no replay sees them."""
        return self._window(self._tables.histories[part].prices, part, seconds)

    def market(self, part: int, seconds: float) -> tuple[PriceColumns, Closes]:
        """The same of the market coin, a row for each venue that has it; and which venues these are."""
        market = self._tables.histories[part].market
        return market, self._window(market, part, seconds)

    def _window(self, prices: PriceColumns, part: int, seconds: float) -> Closes:
        now = float(self._tables.now[part])
        key = (id(prices), now, seconds)
        if key not in self._cut:
            self._cut[key] = _cut(prices, now, seconds)
        return self._cut[key]

    def everything(self, part: int) -> Closes:
        """All that is kept of the hours before the snapshot."""
        prices = self._tables.histories[part].prices
        since = float(self._tables.now[part]) - float(prices.at[0]) if len(prices.at) else HOUR
        return self.closes(part, since)

    def rows(self, part: int) -> IndexArray:
        """Row of the history of each instrument of a snapshot; -1 for one that has none."""
        known = self._known(part)
        instruments = self._tables.snapshots[part].instruments
        return index([known.get((row.venue, row.symbol), -1) for row in instruments])

    def of_instruments(
        self, cut: Callable[[int], Closes], compute: Callable[[Closes], FloatArray]
    ) -> FloatArray:
        """A number of each instrument of all snapshots; NaN for one that the history does not hold.

        Args:
            cut: The prices of a snapshot.
            compute: The number of each row of them, worked out once for all snapshots that share their past.
        """
        of_closes: dict[int, FloatArray] = {}
        found = []
        for part in range(len(self._tables.snapshots)):
            closes = cut(part)
            if id(closes) not in of_closes:
                of_closes[id(closes)] = np.append(compute(closes), np.nan)
            found.append(of_closes[id(closes)][self.rows(part)])
        return np.concatenate(found)

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


def relative_moves(closes: FloatArray, horizon_hours: int = 1) -> FloatArray:
    """``close / close of horizon_hours before - 1`` of each row at every hour; NaN where one of the two is missing."""
    return closes[:, horizon_hours:] / closes[:, :-horizon_hours] - 1.0


def with_none(table: FloatArray) -> FloatArray:
    """The table with a last row of NaN, which is what a row of -1 stands for."""
    return np.vstack([table, np.full((1, table.shape[1]), np.nan)])


def known_count(moves: FloatArray) -> IndexArray:
    """How many moves of each row are known."""
    return index(np.isfinite(moves).sum(axis=1))


def is_enough(known: IndexArray, wanted: int | IndexArray) -> BoolArray:
    """Whether so many known values speak for a window of ``wanted``."""
    enough: BoolArray = known >= np.ceil(np.asarray(wanted) * KNOWN_SHARE_MIN - _CLOSE_TO_WHOLE)
    return enough


def too_few(symbol: str, known: int, wanted: int) -> str:
    """Says that the history of a contract is too short or has too many holes."""
    return f"price history of {symbol}: {known} of the {wanted} hourly moves of the window"


def moves_in_common(closes: Closes) -> int:
    """How many hourly moves of the window two contracts must both have before it is said how they go together."""
    return max(_IN_COMMON_MIN, math.ceil(closes.hours * KNOWN_SHARE_MIN))


def no_tie(names: Sequence[str], moves: FloatArray, wanted: int) -> str:
    """Says why it is not known how the prices of ``names`` go together, whose moves are the rows of ``moves``."""
    listed = " and ".join(names)
    known = int(np.isfinite(moves).all(axis=0).sum())
    if known < wanted:
        shared = {1: "", 2: " that both have"}.get(len(names), " that all have")
        return f"price history of {listed}: {known} hourly moves{shared}, {wanted} are needed"
    return f"the price of {listed} has not moved in the window"


def correlations(moves: FloatArray, least: int) -> FloatArray:
    """Correlation of every two rows over the moves that both have; NaN with fewer than ``least``, or without variance.

    Each row is centred first, so that the sums do not lose the small numbers in the large ones.
    """
    known = np.isfinite(moves)
    counted = np.maximum(known.sum(axis=1), 1)
    mean = np.where(known, moves, 0.0).sum(axis=1) / counted
    centred = np.where(known, moves - mean[:, None], 0.0)
    if known.all():
        covariance = centred @ centred.T
        variance = np.broadcast_to(np.diagonal(covariance)[:, None], covariance.shape)
        count = np.full(covariance.shape, moves.shape[1], dtype=np.float64)
    else:
        count, covariance, variance = _with_holes(centred, known.astype(np.float64))
    found = covariance / np.sqrt(variance * variance.T)
    return np.where(
        (count >= least) & (variance > 0.0) & (variance.T > 0.0), np.clip(found, -1.0, 1.0), np.nan
    )


def _with_holes(centred: FloatArray, known: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Count, covariance and variance of every two rows over what both have: four times the work of rows without holes."""
    count = known @ known.T
    sums, squares = centred @ known.T, (centred * centred) @ known.T
    return count, centred @ centred.T - sums * sums.T / count, squares - sums * sums / count


def _cut(prices: PriceColumns, now: float, seconds: float) -> Closes:
    hours = max(1, round(seconds / HOUR))
    end = int(prices.at.searchsorted(now, side="right"))
    begin = int(prices.at.searchsorted(now - (hours + 1) * HOUR, side="right"))
    window = slice(begin, end)
    close, high, low = (table[:, window] for table in (prices.close, prices.high, prices.low))
    return Closes(now, hours, prices.at[window], close, high, low)
