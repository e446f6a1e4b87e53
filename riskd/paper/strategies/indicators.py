"""Indicators of the swing bot. Each returns one value a bar; NaN until enough bars have been seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riskd.model.arrays import FloatArray, floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """Bollinger bands: ``middle`` is the mean, ``upper`` and ``lower`` lie ``width`` deviations from it."""

    lower: FloatArray
    middle: FloatArray
    upper: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Macd:
    """Moving average convergence and divergence: ``histogram = line - signal``."""

    line: FloatArray
    signal: FloatArray
    histogram: FloatArray


def ema(values: Sequence[float] | FloatArray, period: int) -> FloatArray:
    """Exponential moving average: the mean of the first ``period`` values, then ``e += 2/(period+1) * (v - e)``.

    Leading NaN are passed over, so that an average can be taken of an average.

    Source: StockCharts ChartSchool, "Moving Averages"; its worked table is a test.
    """
    return _recursive_mean(floats(values), period, weight=2.0 / (period + 1.0))


def bollinger(closes: Sequence[float] | FloatArray, *, period: int = 20, width: float = 2.0) -> Bands:
    """Mean of the last ``period`` closes, and ``width`` population standard deviations around it.

    Source: StockCharts ChartSchool, "Bollinger Bands"; its worked table is a test.
    """
    windows = _windows(floats(closes), period)
    middle, deviation = windows.mean(axis=1), windows.std(axis=1)
    return Bands(lower=middle - width * deviation, middle=middle, upper=middle + width * deviation)


def macd(closes: Sequence[float] | FloatArray, *, fast: int = 12, slow: int = 26, smooth: int = 9) -> Macd:
    """``line = ema(fast) - ema(slow)``, ``signal = ema(line, smooth)``."""
    line = ema(closes, fast) - ema(closes, slow)
    signal = ema(line, smooth)
    return Macd(line=line, signal=signal, histogram=line - signal)


def atr(
    highs: Sequence[float], lows: Sequence[float], closes: Sequence[float], *, period: int = 14
) -> FloatArray:
    """Average true range after Wilder: mean of the first ``period`` true ranges, then ``a += (tr - a) / period``.

    The true range is the widest of high - low, high - previous close, previous close - low; of the first bar high - low.

    Source: StockCharts ChartSchool, "Average True Range"; its worked table is a test.
    """
    high, low, close = floats(highs), floats(lows), floats(closes)
    previous = np.concatenate((close[:1], close[:-1]))
    true_range = np.maximum(high, previous) - np.minimum(low, previous)
    true_range[:1] = high[:1] - low[:1]
    return _recursive_mean(true_range, period, weight=1.0 / period)


def _recursive_mean(values: FloatArray, period: int, *, weight: float) -> FloatArray:
    result = np.full(len(values), np.nan)
    known = values[~np.isnan(values)]
    start = len(values) - len(known) + period - 1
    if len(known) < period:
        return result
    current = float(known[:period].mean())
    result[start] = current
    for i in range(start + 1, len(values)):
        current += weight * (float(values[i]) - current)
        result[i] = current
    return result


def _windows(values: FloatArray, period: int) -> FloatArray:
    padded = np.concatenate((np.full(period - 1, np.nan), values))
    return np.lib.stride_tricks.sliding_window_view(padded, period)
