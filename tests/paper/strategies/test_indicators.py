"""Indicators against published tables and a slow reference."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.paper.strategies.indicators import atr, bollinger, ema, macd

# StockCharts ChartSchool, "Moving Averages": 10-day EMA of Intel.
EMA_CLOSES = (
    22.2734, 22.1940, 22.0847, 22.1741, 22.1840, 22.1344, 22.2337, 22.4323, 22.2436, 22.2933, 22.1542, 22.3926, 22.3816,
    22.6109, 23.3558, 24.0519, 23.7530, 23.8324, 23.9516, 23.6338, 23.8225, 23.8722, 23.6537, 23.1870, 23.0976, 23.3260,
    22.6805, 23.0976, 22.4025, 22.1725,
)  # fmt: skip
EMA_PUBLISHED = (
    22.22, 22.21, 22.24, 22.27, 22.33, 22.52, 22.80, 22.97, 23.13, 23.28, 23.34, 23.43, 23.51, 23.54, 23.47, 23.40, 23.39,
    23.26, 23.23, 23.08, 22.92,
)  # fmt: skip

# StockCharts ChartSchool, "Bollinger Bands": 20 days, 2 deviations.
BAND_CLOSES = (
    86.1557, 89.0867, 88.7829, 90.3228, 89.0671, 91.1453, 89.4397, 89.1750, 86.9302, 87.6752, 86.9596, 89.4299, 89.3221,
    88.7241, 87.4497, 87.2634, 89.4985, 87.9006, 89.1260, 90.7043, 92.9001,
)  # fmt: skip

# StockCharts ChartSchool, "Average True Range": 14 days.
ATR_HIGHS = (
    48.70,
    48.72,
    48.90,
    48.87,
    48.82,
    49.05,
    49.20,
    49.35,
    49.92,
    50.19,
    50.12,
    49.66,
    49.88,
    50.19,
    50.36,
)
ATR_LOWS = (
    47.79,
    48.14,
    48.39,
    48.37,
    48.24,
    48.64,
    48.94,
    48.86,
    49.50,
    49.87,
    49.20,
    48.90,
    49.43,
    49.73,
    49.26,
)
ATR_CLOSES = (
    48.16,
    48.61,
    48.75,
    48.63,
    48.74,
    49.03,
    49.07,
    49.32,
    49.91,
    50.13,
    49.53,
    49.50,
    49.75,
    50.03,
    50.31,
)

prices = st.lists(st.floats(1.0, 1e5), min_size=1, max_size=80)


def test_ema_equals_the_published_table() -> None:
    average = ema(EMA_CLOSES, 10)

    assert np.isnan(average[:9]).all()
    assert average[9:].round(2).tolist() == list(EMA_PUBLISHED)


def test_bollinger_bands_equal_the_published_table() -> None:
    bands = bollinger(BAND_CLOSES)

    assert np.isnan(bands.middle[:19]).all()
    assert bands.middle[19:].round(2).tolist() == [88.71, 89.05]
    assert bands.upper[19:].round(2).tolist() == [91.29, 91.95]
    assert bands.lower[19:].round(2).tolist() == [86.12, 86.14]


def test_average_true_range_equals_the_published_table() -> None:
    ranges = atr(ATR_HIGHS, ATR_LOWS, ATR_CLOSES)

    assert np.isnan(ranges[:13]).all()
    assert ranges[13:].tolist() == pytest.approx(
        [0.56, 0.59], abs=0.01
    )  # its inputs are printed to the cent only


def test_the_first_true_range_is_high_minus_low() -> None:
    assert atr([10.0], [8.0], [9.0], period=1).tolist() == [2.0]


def test_a_gap_counts_as_range() -> None:
    assert atr([10.0, 16.0], [8.0, 15.0], [9.0, 15.5], period=1).tolist() == [2.0, 7.0]


def test_macd_of_a_straight_line_is_the_lag_between_its_averages() -> None:
    # An EMA of period n trails a line of slope 1 by (n - 1) / 2.
    result = macd([float(i) for i in range(60)])

    assert result.line[-1] == pytest.approx((26 - 12) / 2)
    assert result.histogram[-1] == pytest.approx(0.0, abs=1e-9)


def test_macd_needs_thirty_four_bars() -> None:
    histogram = macd([float(i * i) for i in range(40)]).histogram

    assert np.isnan(histogram[:33]).all()
    assert not np.isnan(histogram[33:]).any()


def test_nothing_is_known_of_no_bars() -> None:
    assert ema([], 3).tolist() == []
    assert np.isnan(ema([1.0, 2.0], 3)).all()


def _slow_ema(values: Sequence[float], period: int) -> list[float]:
    known = [math.nan] * (period - 1)
    if len(values) < period:
        return [math.nan] * len(values)
    known.append(sum(values[:period]) / period)
    for value in values[period:]:
        known.append(value * 2 / (period + 1) + known[-1] * (1 - 2 / (period + 1)))
    return known


@given(values=prices, period=st.integers(1, 20))
@settings(max_examples=60, derandomize=True)
def test_ema_agrees_with_the_textbook(values: list[float], period: int) -> None:
    assert ema(values, period).tolist() == pytest.approx(_slow_ema(values, period), nan_ok=True)


@given(values=prices, period=st.integers(1, 20))
@settings(max_examples=60, derandomize=True)
def test_bands_agree_with_the_textbook(values: list[float], period: int) -> None:
    bands = bollinger(values, period=period, width=2.0)

    for i in range(len(values)):
        if i < period - 1:
            assert math.isnan(bands.middle[i])
        else:
            window = values[i - period + 1 : i + 1]
            mean, deviation = statistics.fmean(window), statistics.pstdev(window)
            assert bands.upper[i] == pytest.approx(mean + 2 * deviation, rel=1e-6)
            assert bands.lower[i] == pytest.approx(mean - 2 * deviation, rel=1e-6, abs=1e-6)


@given(
    values=st.lists(st.tuples(*[st.floats(1.0, 1e4)] * 3), min_size=3, max_size=60), period=st.integers(1, 14)
)
@settings(max_examples=60, derandomize=True)
def test_average_true_range_agrees_with_the_textbook(
    values: list[tuple[float, float, float]], period: int
) -> None:
    bars = [(max(v), min(v), sorted(v)[1]) for v in values]
    true_ranges = [
        high - low if i == 0 else max(high - low, abs(high - bars[i - 1][2]), abs(low - bars[i - 1][2]))
        for i, (high, low, _) in enumerate(bars)
    ]
    expected = [math.nan] * min(period - 1, len(bars))
    if len(bars) >= period:
        expected.append(sum(true_ranges[:period]) / period)
        for true_range in true_ranges[period:]:
            expected.append((expected[-1] * (period - 1) + true_range) / period)

    highs, lows, closes = zip(*bars, strict=True)
    assert atr(highs, lows, closes, period=period).tolist() == pytest.approx(expected, nan_ok=True)
