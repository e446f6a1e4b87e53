"""Recorded candles of a venue's instruments, as columns: what a file holds once it has been read and believed."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from riskd.model.arrays import FloatArray

EpochMsArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleSeries:
    """Candles of one instrument, oldest first, one element a candle in every column.

    Attributes:
        symbol: As the venue writes it, such as ``BTCUSDT``.
        opened_at_ms: Start of each candle, milliseconds since the epoch, rising; a gap is a missing row.
        open: Last traded price at the start, quote per base, > 0; ``high``, ``low`` and ``close`` likewise.
        volume: Base units traded in the candle; NaN: not recorded.
        mark_open: Mark price at the start; NaN: not recorded. ``mark_high`` .. ``mark_close`` likewise.
        funding_rate: Fraction of notional settled at the candle's start, + longs pay; NaN: nothing settled then.
    """

    symbol: str
    opened_at_ms: EpochMsArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    mark_open: FloatArray
    mark_high: FloatArray
    mark_low: FloatArray
    mark_close: FloatArray
    funding_rate: FloatArray

    def between(self, from_ms: int, until_ms: int) -> CandleSeries:
        """Only the candles that opened at or after ``from_ms`` and before ``until_ms``."""
        kept = (self.opened_at_ms >= from_ms) & (self.opened_at_ms < until_ms)
        columns = {name: getattr(self, name)[kept] for name in _COLUMNS}
        return CandleSeries(symbol=self.symbol, **columns)

    def has_mark(self) -> bool:
        """Whether a mark price was recorded for every candle."""
        recorded = (self.mark_open, self.mark_high, self.mark_low, self.mark_close)
        return not any(bool(np.isnan(column).any()) for column in recorded)


_COLUMNS = tuple(field.name for field in fields(CandleSeries) if field.name != "symbol")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candles:
    """Candles of several instruments of one venue, all of one length.

    Attributes:
        source: File and event, for messages.
        interval_ms: Length of a candle.
        series: One for each instrument, ordered by symbol, each with at least one candle.
    """

    source: str
    interval_ms: int
    series: tuple[CandleSeries, ...]

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols in the order of ``series``."""
        return tuple(one.symbol for one in self.series)
