"""Recorded prices, a few books, and what riskd would have reckoned for each day: value at risk, shortfall, and the loss.

The moves, the losses and their tail come from the functions of which the measures ``var`` and ``expected_shortfall`` are
made (``riskd.measure.past.moves``, ``riskd.measure.market_risk.tail``); a test holds a day of this study to the measures themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from riskd.adapters.candle_files import read_candles
from riskd.measure.market_risk.backtests import Backtest, backtest
from riskd.measure.market_risk.tail import tail
from riskd.measure.past.moves import WARM_UP_HOURS, Method, losses_of, moves_by
from riskd.measure.past.prices import relative_moves
from riskd.model.arrays import BoolArray, FloatArray, IntArray

DAY = 24
WINDOWS = (30, 60, 250, 500)
CONFIDENCES = (0.99, 0.95)
FILES = {
    "BTC": "binance_usdm_1h_BTCUSDT_full.parquet",
    "ETH": "binance_usdm_1h_ETHUSDT_full.parquet",
    "SOL": "binance_usdm_1h_SOLUSDT_2024_2026.parquet",
    "XRP": "binance_usdm_1h_XRPUSDT_full.parquet",
}
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Hourly closes of the mark price.

    Attributes:
        ends: Hours since the epoch at which each hour ended.
        close: ``(coins, hours)``, in the order of ``FILES``; NaN: not recorded.
    """

    ends: IntArray
    close: FloatArray


@dataclass(frozen=True, slots=True)
class Book:
    """Coins held in equal parts, one dollar of them together."""

    name: str
    coins: tuple[str, ...]


BOOKS = (
    *(Book(coin, (coin,)) for coin in FILES),
    Book("BTC, ETH, XRP", ("BTC", "ETH", "XRP")),
    Book("all four", tuple(FILES)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """One book, held on one side, day after day from 00:00 to 00:00 UTC. Worth is 1, so that losses are shares of it.

    Attributes:
        side: +1 long, -1 short.
        begins: Hours since the epoch at which each day begins.
        loss: What the day brought.
        value_at_risk: As reckoned when the day began, by confidence.
        expected_shortfall: Likewise.
    """

    book: Book
    side: int
    window_days: int
    method: Method
    begins: IntArray
    loss: FloatArray
    value_at_risk: dict[float, FloatArray]
    expected_shortfall: dict[float, FloatArray]

    def tested(self, confidence: float, *, since: int = 0) -> Backtest:
        """The tests of the days that begin at or after an hour."""
        kept = self.begins >= since
        return backtest(
            self.loss[kept],
            self.value_at_risk[confidence][kept],
            self.expected_shortfall[confidence][kept],
            confidence,
        )


def read_market(folder: Path) -> Market:
    """The recorded mark prices of all coins on one grid of hours.

    Raises:
        CandleFileError: A file is missing or cannot be used.
    """
    closes = []
    for name in FILES.values():
        (series,) = read_candles(folder / name).series
        ends = series.opened_at_ms // _HOUR_MS + 1
        closes.append(dict(zip(ends.tolist(), series.mark_close.tolist(), strict=True)))
    first, last = min(map(min, closes)), max(map(max, closes))
    hours = np.arange(first, last + 1, dtype=np.int32)
    close = np.array([[found.get(hour, np.nan) for hour in hours.tolist()] for found in closes])
    return Market(ends=hours, close=close)


def comparable_since(market: Market, book: Book) -> int:
    """The first day, as an hour since the epoch, of which the longest window is known by both methods."""
    known = np.isfinite(_closes(market, book)).all(axis=0)
    first = int(market.ends[known][0]) + max(WINDOWS) * DAY + WARM_UP_HOURS
    return -(-first // DAY) * DAY


def held(market: Market, book: Book, window_days: int, method: Method) -> tuple[Days, Days]:
    """The book long and short, on every day of which the window is known."""
    closes = _closes(market, book)
    past = window_days * DAY + method.warm_up_hours
    mornings = _mornings(market, closes, past)
    table = np.array([_day(closes[:, at - past : at + DAY + 1], window_days, method) for at in mornings])
    long, short = (
        Days(
            book=book,
            side=side,
            window_days=window_days,
            method=method,
            begins=market.ends[mornings],
            loss=table[:, place, 0],
            value_at_risk={level: table[:, place, 1 + 2 * n] for n, level in enumerate(CONFIDENCES)},
            expected_shortfall={level: table[:, place, 2 + 2 * n] for n, level in enumerate(CONFIDENCES)},
        )
        for place, side in enumerate((1, -1))
    )
    return long, short


def all_days(market: Market, books: Sequence[Book] = BOOKS) -> Iterator[Days]:
    """Every book, side, window and method."""
    for book in books:
        for window_days in WINDOWS:
            for method in Method:
                yield from held(market, book, window_days, method)


def _closes(market: Market, book: Book) -> FloatArray:
    return market.close[[list(FILES).index(coin) for coin in book.coins]]


def _mornings(market: Market, closes: FloatArray, past: int) -> list[int]:
    """Places of the hours at which a day begins whose window and whose end are known."""
    known: BoolArray = np.logical_and.reduce(np.isfinite(closes), axis=0)
    return [
        at
        for at in np.flatnonzero(market.ends % DAY == 0).tolist()
        if past <= at < len(known) - DAY and known[at - past : at + DAY + 1].all()
    ]


def _day(closes: FloatArray, window_days: int, method: Method) -> list[list[float]]:
    """For both sides: what the last day of the closes brought, then value at risk and shortfall for each confidence."""
    moves = moves_by(method, closes[:, :-DAY], window_closes=window_days * DAY + 1, horizon_hours=DAY)
    came = relative_moves(closes[:, -DAY - 1 :], DAY)
    found = []
    for side in (1.0, -1.0):
        worth = [side / len(closes)] * len(closes)
        row = losses_of(worth, came).tolist()
        for confidence in CONFIDENCES:
            worst = tail(losses_of(worth, moves), confidence)
            row += [max(worst.value_at_risk, 0.0), max(worst.expected_shortfall, 0.0)]
        found.append(row)
    return found
