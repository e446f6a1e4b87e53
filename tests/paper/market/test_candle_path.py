"""The path inside a candle: what is reached, when, and in which order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.paper.market.candles import path_of, smoothed
from tests.paper.market.candle_builders import HOUR_MS, Prices, series_of

QUARTER_MS = HOUR_MS // 4


def test_a_falling_candle_goes_open_high_low_close_at_its_quarters() -> None:
    path = path_of(series_of([(100.0, 103.0, 90.0, 95.0), (95.0, 96.0, 94.0, 96.0)]), HOUR_MS)

    assert path.at_ms[:5].tolist() == [0, QUARTER_MS, 2 * QUARTER_MS, 3 * QUARTER_MS, HOUR_MS]
    assert path.last[:5].tolist() == [100.0, 103.0, 90.0, 95.0, 95.0]


@pytest.mark.parametrize("close", [100.0, 101.0])
def test_any_other_candle_goes_open_low_high_close(close: float) -> None:
    path = path_of(series_of([(100.0, 103.0, 90.0, close)]), HOUR_MS)

    assert path.last[:4].tolist() == [100.0, 90.0, 103.0, close]


def test_the_last_close_holds_until_the_end_of_its_candle() -> None:
    path = path_of(series_of([(100.0, 103.0, 90.0, 95.0)]), HOUR_MS)

    assert (path.at_ms[-1], path.last[-1]) == (HOUR_MS, 95.0)


def test_the_mark_turns_when_the_last_price_turns_even_where_its_own_candle_rises() -> None:
    path = path_of(series_of([(100.0, 103.0, 90.0, 95.0)], marks=[(99.0, 102.0, 93.0, 99.5)]), HOUR_MS)

    assert path.mark[:4].tolist() == [99.0, 102.0, 93.0, 99.5]


def test_a_missing_mark_is_the_last_price_smoothed_over_its_neighbours() -> None:
    path = path_of(series_of([(100.0, 103.0, 90.0, 95.0)]), HOUR_MS)

    assert path.mark[2] == pytest.approx(0.9 * 90.0 + 0.05 * (103.0 + 95.0))
    assert path.last.min() < path.mark.min()


def test_one_missing_mark_price_makes_the_whole_mark_missing() -> None:
    rows: list[Prices] = [(100.0, 103.0, 90.0, 95.0)] * 2
    path = path_of(series_of(rows, marks=[rows[0], (100.0, np.nan, 90.0, 95.0)]), HOUR_MS)

    assert path.mark.tolist() == [*smoothed(path.last[:-1]).tolist(), path.mark[-1]]


def test_volume_is_quoted_per_hour() -> None:
    path = path_of(series_of([(2.0, 2.0, 2.0, 2.0)], volume=10.0, interval_ms=300_000), 300_000)

    assert path.quote_volume_per_hour[0] == 10.0 * 2.0 * 12.0


def test_an_interval_without_quarters_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 4 ms, found 3"):
        path_of(series_of([(1.0, 1.0, 1.0, 1.0)]), 3)


def test_the_price_does_not_wait_at_a_close_for_the_next_open() -> None:
    rows: list[Prices] = [(100.0, 103.0, 90.0, 95.0), (95.0, 99.0, 94.0, 96.0)]
    path = path_of(series_of(rows, marks=rows), HOUR_MS)

    assert path.at_ms.tolist() == [QUARTER_MS * quarter for quarter in (0, 1, 2, 4, 5, 6, 7, 8)]
    assert path.last.tolist() == [100.0, 103.0, 90.0, 95.0, 94.0, 99.0, 96.0, 96.0]


def test_a_close_that_the_next_open_leaves_by_a_gap_is_a_corner() -> None:
    rows: list[Prices] = [(100.0, 103.0, 90.0, 95.0), (96.0, 99.0, 94.0, 96.0)]
    path = path_of(series_of(rows, marks=rows), HOUR_MS)

    assert path.last[3:5].tolist() == [95.0, 96.0]


def test_the_last_close_before_a_hole_in_the_record_is_a_corner() -> None:
    rows: list[Prices] = [(100.0, 103.0, 90.0, 95.0), (95.0, 99.0, 94.0, 96.0)]
    path = path_of(series_of(rows, marks=rows, opened_at_ms=[0, 5 * HOUR_MS]), HOUR_MS)

    assert path.at_ms[3] == 3 * QUARTER_MS


def test_a_mark_that_opens_at_its_low_does_not_wait_there_until_the_last_price_has_turned() -> None:
    path = path_of(series_of([(100.0, 103.0, 99.0, 102.0)], marks=[(100.0, 104.0, 100.0, 102.0)]), HOUR_MS)

    assert path.mark[:4].tolist() == [100.0, 102.0, 104.0, 102.0]


def test_a_candle_that_opens_at_its_low_goes_straight_to_its_high() -> None:
    rows: list[Prices] = [(100.0, 103.0, 100.0, 102.0)]
    path = path_of(series_of(rows, marks=rows), HOUR_MS)

    assert path.at_ms[:2].tolist() == [0, 2 * QUARTER_MS]
    assert path.last[:2].tolist() == [100.0, 103.0]


@given(st.lists(st.tuples(*[st.floats(1.0, 1e5)] * 4), min_size=1, max_size=20))
@settings(max_examples=50, derandomize=True)
def test_every_candle_reaches_its_open_and_both_extremes_and_nothing_beyond(rows: list[Prices]) -> None:
    candles: list[Prices] = [(o, max(o, h, x, c), min(o, h, x, c), c) for o, h, x, c in rows]
    path = path_of(series_of(candles), HOUR_MS)

    assert np.all(np.diff(path.at_ms) > 0)
    for number, (opened, high, low, _) in enumerate(candles):
        begun = path.at_ms >= number * HOUR_MS
        inside = path.last[begun & (path.at_ms < (number + 1) * HOUR_MS)]
        assert inside[0] == opened
        assert low <= inside.min()
        assert inside.max() <= high
        assert {low, high} <= set(path.last[begun & (path.at_ms <= (number + 1) * HOUR_MS)])


def test_a_candle_that_closes_at_its_extreme_reaches_it_with_its_close() -> None:
    rows: list[Prices] = [(100.0, 103.0, 95.0, 95.0), (95.0, 99.0, 94.0, 96.0)]
    path = path_of(series_of(rows, marks=rows), HOUR_MS)

    assert path.at_ms[:3].tolist() == [0, QUARTER_MS, 4 * QUARTER_MS]
    assert path.last[:3].tolist() == [100.0, 103.0, 95.0]
