"""The book: thinner and wider when the price has moved."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.model.arrays import floats
from riskd.paper.market.depth import Liquidity, depth_usd, liquidity_of_volume, spread_rate, stress

BOOK = Liquidity(calm_depth_usd=1e6, calm_spread_rate=0.0002)
HOUR_MS = 3_600_000


def test_a_market_that_stands_still_has_its_calm_book() -> None:
    still = stress(np.full(10, 100.0), window_points=4, window_ms=HOUR_MS)

    assert depth_usd(BOOK, still).tolist() == [1e6] * 10
    assert spread_rate(BOOK, still).tolist() == [0.0002] * 10


def test_a_range_of_one_percent_in_an_hour_halves_the_book() -> None:
    moved = stress(floats([100.0, 100.0, 101.0]), window_points=2, window_ms=HOUR_MS)

    assert moved.tolist() == pytest.approx([0.0, 0.0, 1.0])
    assert depth_usd(BOOK, moved)[-1] == pytest.approx(5e5)


def test_the_window_looks_back_only() -> None:
    price = floats([100.0, 100.0, 80.0, 80.0, 80.0, 80.0])
    moved = stress(price, window_points=2, window_ms=HOUR_MS)

    assert (moved > 0.0).tolist() == [False, False, True, True, False, False]


def test_the_worst_hour_of_xrp_on_record_leaves_one_percent_of_the_book() -> None:
    moved = stress(floats([2.5491, 1.1792]), window_points=1, window_ms=HOUR_MS)

    assert depth_usd(BOOK, moved)[-1] / 1e6 == pytest.approx(0.0085, abs=0.0005)
    assert spread_rate(BOOK, moved)[-1] == pytest.approx(0.0234, abs=0.0005)


@given(st.lists(st.floats(0.0, 1e4), min_size=2, max_size=50))
@settings(max_examples=50, derandomize=True)
def test_more_stress_never_deepens_the_book_nor_narrows_the_spread(levels: list[float]) -> None:
    stressed = np.sort(floats(levels))

    assert np.all(np.diff(depth_usd(BOOK, stressed)) <= 0.0)
    assert np.all(np.diff(spread_rate(BOOK, stressed)) >= 0.0)
    assert np.all(depth_usd(BOOK, stressed) > 0.0)
    assert np.all(spread_rate(BOOK, stressed) <= 0.05)


def test_depth_is_a_share_of_the_median_hour() -> None:
    assert liquidity_of_volume(floats([1e9, 3e9, 2e9])).calm_depth_usd == pytest.approx(1e8)


def test_unrecorded_volume_gives_the_smallest_book() -> None:
    assert liquidity_of_volume(floats([None, None])).calm_depth_usd == 10_000.0
