"""Bars built from seen prices, and the signals read out of them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from riskd.paper.market.presets import demo
from riskd.paper.strategies.bars import Bar, Bars, past_bars
from riskd.paper.strategies.signals import Breakout, breakout_of, crossed_back, stop_distance


def _bars(closes: list[float]) -> list[Bar]:
    return [Bar(high=close + 1.0, low=close - 1.0, close=close) for close in closes]


WAVES = [100.0 + (i % 5) * 0.2 for i in range(50)]


def test_a_bar_is_finished_by_the_first_price_of_the_next() -> None:
    bars = Bars(60_000)

    seen = [bars.see(at, price) for at, price in ((0, 10.0), (20_000, 12.0), (59_999, 9.0), (60_000, 11.0))]

    assert seen == [False, False, False, True]
    assert bars.finished == (Bar(high=12.0, low=9.0, close=9.0),)


def test_the_past_is_loaded_up_to_the_start_and_no_further() -> None:
    market = demo(seed=7)
    bars = past_bars(market, ["BTCUSDT"], 60_000)["BTCUSDT"]

    assert len(bars.finished) == 120
    last_minute_ms = market.started_at_ms - 60_000
    assert bars.finished[-1].close == pytest.approx(
        float(market.quotes(last_minute_ms - 5_000)["BTCUSDT"].last)
    )
    assert bars.see(market.started_at_ms, 22_000.0)


def test_a_close_above_the_band_with_rising_momentum_is_a_breakout_up() -> None:
    assert breakout_of(_bars([*WAVES, 101.5, 104.0])) is Breakout.UP


def test_a_close_below_the_band_with_falling_momentum_is_a_breakout_down() -> None:
    assert breakout_of(_bars([*WAVES, 99.0, 96.0])) is Breakout.DOWN


def test_waves_are_no_breakout() -> None:
    assert breakout_of(_bars(WAVES)) is Breakout.NONE


@pytest.mark.parametrize("count", [0, 1, 20, 33])
def test_too_few_bars_are_no_breakout(count: int) -> None:
    assert breakout_of(_bars([100.0] * max(count - 1, 0) + [150.0] * min(count, 1))) is Breakout.NONE


def test_a_long_has_crossed_back_below_its_mean_and_a_short_above() -> None:
    fallen, risen = _bars([*WAVES, 90.0]), _bars([*WAVES, 110.0])

    assert crossed_back(fallen, direction=1)
    assert not crossed_back(fallen, direction=-1)
    assert crossed_back(risen, direction=-1)


def test_a_stop_lies_two_true_ranges_away() -> None:
    assert stop_distance(_bars([100.0] * 20), atr_multiple=2.0) == Decimal("0.04")


def test_without_enough_bars_there_is_no_stop_distance() -> None:
    assert stop_distance(_bars([100.0] * 3), atr_multiple=2.0) is None
