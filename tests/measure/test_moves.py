"""Moves of the past as they were and as they would be today; nothing that came later touches an earlier hour."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.past.moves import (
    WARM_UP_HOURS,
    Method,
    filtered_moves,
    hourly_variance,
    losses_of,
    moves_by,
)
from riskd.measure.past.prices import relative_moves
from riskd.model.arrays import FloatArray

CHECKED = settings(max_examples=60, deadline=None, derandomize=True)
SEEDS = st.integers(0, 10**6)
DECAY = 0.94 ** (1 / 24)


def random_closes(seed: int, hours: int = 400, contracts: int = 2) -> FloatArray:
    rng = np.random.default_rng(seed)
    wildness = np.exp(np.cumsum(0.05 * rng.standard_normal((contracts, hours)), axis=1))
    found: FloatArray = 100.0 * np.exp(
        np.cumsum(0.01 * wildness * rng.standard_normal((contracts, hours)), axis=1)
    )
    return found


def test_a_published_return_of_minus_two_is_minus_four_when_volatility_has_doubled() -> None:
    """The usual exercise on volatility-weighted simulation: -2 % · 20 % / 10 %. Ours scales logarithms."""
    calm, wild = [0.01, -0.01] * 150, [0.02, -0.02] * 3000
    steps = [*calm, math.log(0.98), *wild]
    closes = np.exp(np.cumsum([0.0, *steps]))[None, :]
    scaled = filtered_moves(closes)[0, len(calm)]
    assert math.log1p(scaled) == pytest.approx(2 * math.log(0.98), rel=1e-6)
    assert scaled == pytest.approx(-0.04, abs=5e-4)


def test_the_variance_is_that_of_riskmetrics_started_from_the_first_move() -> None:
    """Recursion v = λ·v + (1 - λ)·r², divided by the weight 1 - λⁿ that has come together."""
    closes = random_closes(1, contracts=1)
    found, recursion = hourly_variance(closes)[0], 0.0
    moves = np.diff(np.log(closes[0]))
    for number, move in enumerate(moves, start=1):
        recursion = DECAY * recursion + (1 - DECAY) * move * move
        if number >= WARM_UP_HOURS:
            assert found[number] == pytest.approx(recursion / (1 - DECAY**number), rel=1e-9)


def test_no_move_counts_before_nine_tenths_of_ten_days_are_known() -> None:
    closes = random_closes(2, contracts=1)
    assert np.flatnonzero(np.isfinite(hourly_variance(closes)[0]))[0] == 216
    assert np.flatnonzero(np.isfinite(filtered_moves(closes, 24)[0]))[0] == 216
    closes[0, 100:110] = np.nan
    # Ten closes that are missing take eleven moves away.
    assert np.flatnonzero(np.isfinite(hourly_variance(closes)[0]))[0] == 227


@CHECKED
@given(SEEDS, st.integers(1, 48))
def test_what_came_later_changes_the_scale_of_now_and_nothing_else(seed: int, horizon: int) -> None:
    closes, shorter = random_closes(seed), random_closes(seed)[:, :-60]
    longer = hourly_variance(closes)[:, : shorter.shape[1]]
    assert longer.tobytes() == hourly_variance(shorter).tobytes()
    before = filtered_moves(shorter, horizon)
    after = filtered_moves(closes, horizon)[:, : before.shape[1]]
    now, then = hourly_variance(closes)[:, -1:], hourly_variance(shorter)[:, -1:]
    np.testing.assert_allclose(np.log1p(after) / np.sqrt(now), np.log1p(before) / np.sqrt(then), rtol=1e-9)


@CHECKED
@given(SEEDS, st.floats(1e-6, 1e6))
def test_the_unit_of_the_price_does_not_matter_and_no_price_falls_below_zero(seed: int, unit: float) -> None:
    closes = random_closes(seed)
    found = filtered_moves(closes, 24)
    np.testing.assert_allclose(found, filtered_moves(closes * unit, 24), rtol=1e-6, atol=1e-12)
    assert np.nanmin(found) > -1.0


@CHECKED
@given(SEEDS)
def test_each_contract_is_scaled_by_its_own_volatility(seed: int) -> None:
    closes = random_closes(seed, contracts=3)
    together = filtered_moves(closes, 24)
    alone = np.vstack([filtered_moves(row[None, :], 24) for row in closes])
    assert together.tobytes() == alone.tobytes()


def test_what_stands_still_has_moves_of_nothing_and_a_start_out_of_a_standstill_has_no_scale() -> None:
    still = np.full((1, 300), 7.0)
    assert filtered_moves(still)[0, 216:].tolist() == [0.0] * 83
    still[0, -1] = 8.0
    found = filtered_moves(still)[0, 216:]
    assert found[:-1].tolist() == [0.0] * 82
    assert math.isnan(found[-1])


def test_a_missing_close_takes_away_the_moves_that_begin_or_end_there() -> None:
    closes = random_closes(3, contracts=1)
    closes[0, 300] = np.nan
    found = filtered_moves(closes, 24)[0, 216:]
    assert (np.flatnonzero(np.isnan(found)) + 216).tolist() == [276, 300]


@pytest.mark.parametrize("method", list(Method))
def test_too_little_history_gives_no_moves_and_no_error(method: Method) -> None:
    for hours in (0, 1, 5, 24, 25):
        found = moves_by(method, np.full((2, hours), 100.0), window_closes=hours, horizon_hours=24)
        assert found.shape == (2, max(0, hours - 24))


def test_only_moves_that_begin_in_the_window_count() -> None:
    closes = random_closes(4)
    plain = moves_by(Method.HISTORICAL, closes[:, -100:], window_closes=100, horizon_hours=24)
    assert plain.tobytes() == relative_moves(closes, 24)[:, -76:].tobytes()
    filtered = moves_by(Method.FILTERED, closes, window_closes=100, horizon_hours=24)
    assert filtered.tobytes() == filtered_moves(closes, 24)[:, -76:].tobytes()
    assert moves_by(Method.FILTERED, closes, window_closes=24, horizon_hours=24).shape == (2, 0)
    assert [method.warm_up_hours for method in Method] == [0, 240]


def test_losses_are_those_of_moves_that_all_holdings_have() -> None:
    moves = np.array([[0.1, -0.1, np.nan], [0.2, 0.0, 0.3]])
    assert losses_of([100.0, -50.0], moves).tolist() == pytest.approx([-10 + 10, 10])
    assert losses_of([], np.zeros((0, 2))).tolist() == [0.0, 0.0]
