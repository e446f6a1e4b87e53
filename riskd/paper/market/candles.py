"""The path of the price inside a candle: the convention by which four numbers become a line.

A candle says that four prices were reached, not when. Here they are reached at its quarter points::

    start        open
    start + 1/4  the extreme that the candle left behind: the high where it closes below its open, else the low
    start + 1/2  the other extreme
    start + 3/4  close
    next start   open of the next candle

with straight lines between, so every recorded extreme is really traded on any sampling grid that divides a quarter.
A corner at which the price would only wait for the next one is left out: no market stands still for a quarter of every
candle, and riskd would rightly take one that does for a feed that has stopped.
The mark takes the same turns at the same moments as the last price, through its own recorded prices: they part by
what was recorded, not by the convention. A gap in the record is one straight line across it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.candles import Candles, CandleSeries, EpochMsArray

__all__ = ["CandlePath", "CandleSeries", "Candles", "path_of"]

_POINTS_PER_CANDLE = 4

# Where no mark was recorded, it is the last price with a tenth of its weight moved to the neighbouring points. In the
# crashes on record the mark low lies 0.4 to 8 % above the last price's low; a tenth gives 1 % where the path turns 10 %.
_NEIGHBOUR_WEIGHT = 0.1

# A close and the next open are one price when the last prices are this near and the marks are equal: they are recorded
# a moment apart.
_SAME_PRICE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class CandlePath:
    """Corners of the price lines of one instrument.

    Attributes:
        at_ms: Milliseconds since the epoch, rising.
        last: Last price at each corner.
        mark: Mark price at each corner.
        quote_volume_per_hour: Volume of the candle each corner lies in, quote currency per hour; NaN: not recorded.
    """

    at_ms: EpochMsArray
    last: FloatArray
    mark: FloatArray
    quote_volume_per_hour: FloatArray


def path_of(series: CandleSeries, interval_ms: int) -> CandlePath:
    """The corners of one instrument's lines, at most four for each candle and one at the end of the last.

    Raises:
        ValueError: The interval has no quarter in whole milliseconds.
    """
    if interval_ms <= 0 or interval_ms % _POINTS_PER_CANDLE:
        raise ValueError(f"candle interval: expected a positive multiple of 4 ms, found {interval_ms}")
    quarters = np.arange(_POINTS_PER_CANDLE, dtype=np.int64) * (interval_ms // _POINTS_PER_CANDLE)
    at_ms = (series.opened_at_ms[:, None] + quarters).ravel()
    falling = series.close < series.open
    last = _corners(falling, series.open, series.high, series.low, series.close)
    if series.has_mark():
        mark = _corners(falling, series.mark_open, series.mark_high, series.mark_low, series.mark_close)
    else:
        mark = smoothed(last)
    hourly = np.repeat(series.volume * series.close * (3_600_000 / interval_ms), _POINTS_PER_CANDLE)
    kept, mark = _turning(at_ms, last, mark), _moving(mark)
    return CandlePath(
        at_ms=np.append(at_ms[kept], series.opened_at_ms[-1] + interval_ms),
        last=_held(last[kept]),
        mark=_held(mark[kept]),
        quote_volume_per_hour=_held(hourly[kept]),
    )


def _turning(at_ms: EpochMsArray, last: FloatArray, mark: FloatArray) -> BoolArray:
    """Corners to keep: all but extremes that the candle opens or closes at, and closes at the next candle's open."""
    kept = np.ones(len(last), dtype=np.bool_)
    closes = np.arange(3, len(last) - 1, _POINTS_PER_CANDLE)
    waits = np.abs(last[closes] - last[closes + 1]) <= _SAME_PRICE * last[closes]
    waits &= mark[closes] == mark[closes + 1]
    # Across a gap in the record the close is the last that is known before it.
    waits &= at_ms[closes + 1] - at_ms[closes] == at_ms[1] - at_ms[0]
    kept[closes] = ~waits
    extremes = np.arange(1, len(last), _POINTS_PER_CANDLE)
    kept[extremes] = (last[extremes] != last[extremes - 1]) | (mark[extremes] != mark[extremes - 1])
    seconds = extremes + 1
    kept[seconds] = (last[seconds] != last[seconds + 1]) | (mark[seconds] != mark[seconds + 1])
    # A close that is the candle's extreme and only nearly the next open is the one corner that reaches it.
    kept[closes] |= ~kept[closes - 1] & (last[closes] != last[closes + 1])
    return kept


def _moving(mark: FloatArray) -> FloatArray:
    """The mark where its own candle waits at a corner at which the last price turns: half of the way it has to go.

    What it waited at, it has reached at the candle's start, or reaches at the next.
    """
    moved = mark.copy()
    for first, there in ((1, -1), (2, 1), (3, 1)):
        corners = np.arange(first, len(mark) - 1, _POINTS_PER_CANDLE)
        waits = corners[mark[corners] == mark[corners + there]]
        moved[waits] = (moved[waits - 1] + mark[waits + 1]) / 2.0
    return moved


def smoothed(last: FloatArray) -> FloatArray:
    """A mark price where none was recorded: 0.9 of each corner, 0.05 of each neighbour; the ends repeat themselves."""
    padded = np.concatenate((last[:1], last, last[-1:]))
    neighbours = (padded[:-2] + padded[2:]) / 2.0
    return (1.0 - _NEIGHBOUR_WEIGHT) * last + _NEIGHBOUR_WEIGHT * neighbours


def _corners(
    falling: BoolArray, opened: FloatArray, high: FloatArray, low: FloatArray, closed: FloatArray
) -> FloatArray:
    first = np.where(falling, high, low)
    second = np.where(falling, low, high)
    return np.stack((opened, first, second, closed), axis=1).ravel()


def _held(values: FloatArray) -> FloatArray:
    return np.append(values, values[-1])
