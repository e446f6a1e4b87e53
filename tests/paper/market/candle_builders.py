"""Candles in a few words, for tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from riskd.model.arrays import floats
from riskd.model.candles import Candles, CandleSeries

HOUR_MS = 3_600_000

Prices = tuple[float, float, float, float]


def series_of(
    rows: Sequence[Prices],
    *,
    symbol: str = "BTCUSDT",
    marks: Sequence[Prices] | None = None,
    funding: Sequence[float | None] | None = None,
    volume: float | None = 1_000.0,
    opened_at_ms: Sequence[int] | None = None,
    interval_ms: int = HOUR_MS,
) -> CandleSeries:
    """A series out of (open, high, low, close) rows."""
    count = len(rows)
    last = floats(rows).reshape(count, 4)
    mark = floats(marks if marks is not None else [(np.nan,) * 4] * count).reshape(count, 4)
    at_ms = opened_at_ms if opened_at_ms is not None else [interval_ms * i for i in range(count)]
    return CandleSeries(
        symbol=symbol,
        opened_at_ms=np.array(at_ms, dtype=np.int64),
        open=last[:, 0],
        high=last[:, 1],
        low=last[:, 2],
        close=last[:, 3],
        volume=floats([volume] * count),
        mark_open=mark[:, 0],
        mark_high=mark[:, 1],
        mark_low=mark[:, 2],
        mark_close=mark[:, 3],
        funding_rate=floats(funding if funding is not None else [None] * count),
    )


def candles_of(*series: CandleSeries, interval_ms: int = HOUR_MS) -> Candles:
    """A file of one event."""
    return Candles(source="test.parquet", interval_ms=interval_ms, series=series)
