"""Stops counted in what prices ordinarily do."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest

from riskd.measure.trade.stop_room import true_ranges
from riskd.model.history import PriceColumns
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from tests.builders import BTC, NAN, NOW, a_history, a_position, a_price_history, a_snapshot, a_stop
from tests.measure.books import book_of, reason, value
from tests.measure.test_prices import DAY, MONTH, alternating

POSITION = Grain.POSITION
ATR, VOL = "stop_distance_atr", "stop_distance_vol"
MIDNIGHT_AGO = NOW.hour  # whole hours since midnight at NOW


def stopped(trigger: float, quantity: float = 1.0) -> Snapshot:
    """A position at 100 with a stop."""
    stop = a_stop(BTC, "SELL" if quantity > 0 else "BUY", abs(quantity), trigger)
    return a_snapshot(positions=[a_position(BTC, quantity, mark=100.0, entry=100.0)], orders=[stop])


def days(*candles: tuple[float, float, float]) -> PriceColumns:
    """Whole days (UTC) before NOW, each ``(high, low, close)``; every hour closes at its day's close."""
    high: list[float] = []
    low: list[float] = []
    close: list[float] = []
    for top, bottom, last in candles:
        hour = len(high) + 7  # the extremes fall into some hour of the day
        high += [last] * 24
        low += [last] * 24
        close += [last] * 24
        high[hour], low[hour + 1] = top, bottom
    since = [candles[-1][2]] * MIDNIGHT_AGO
    tables = ([*close, *since], [*high, *since], [*low, *since])
    closes, highs, lows = ({BTC: table} for table in tables)
    return a_price_history(closes, highs=highs, lows=lows)


def measured(snapshot: Snapshot, prices: PriceColumns, name: str, **window: float) -> float:
    return value(book_of(snapshot, a_history(snapshot, prices=prices)), name, POSITION, **window)


# --- average true range -----------------------------------------------------------------------------------------


def test_the_true_range_has_the_gap_to_the_day_before() -> None:
    high, low, before = (
        np.array([110.0, 110.0, 110.0]),
        np.array([104.0] * 3),
        np.array([105.0, 100.0, 112.0]),
    )
    assert true_ranges(high, low, before).tolist() == [6.0, 10.0, 8.0]


def test_a_stop_is_counted_in_the_mean_range_of_whole_days() -> None:
    # Ranges of 6 (within the day), 7 (a gap up from 99 to 103..106) and 11 (a gap down from 104 to 101..93): mean 8.
    prices = days((101, 99, 100), (103, 97, 99), (106, 103, 104), (101, 93, 100))
    assert measured(stopped(88.0), prices, ATR, window=3 * DAY) == pytest.approx(12.0 / 8.0)
    assert measured(stopped(104.0, -1.0), prices, ATR, window=3 * DAY) == pytest.approx(4.0 / 8.0)
    assert measured(stopped(92.0), prices, ATR, window=DAY) == pytest.approx(8.0 / 11.0)


def test_today_does_not_count_before_it_is_over() -> None:
    prices = days((101, 99, 100), (103, 97, 100))
    wild = np.array(prices.high)
    wild[0, -MIDNIGHT_AGO:] = 500.0
    running = PriceColumns(
        venue=prices.venue, symbol=prices.symbol, asset=prices.asset, at=prices.at,
        high=wild, low=prices.low, close=prices.close,
    )  # fmt: skip
    assert MIDNIGHT_AGO > 0
    assert measured(stopped(94.0), running, ATR, window=DAY) == pytest.approx(1.0)


def test_one_day_of_fourteen_may_be_missing_and_no_more() -> None:
    candles = [(102.0, 98.0, 100.0)] * 15
    snapshot = stopped(96.0)
    for holes, is_known in ((1, True), (2, False)):
        prices = days(*candles)
        prices.low[0, [30 + 48 * hole for hole in range(holes)]] = NAN
        book = book_of(snapshot, a_history(snapshot, prices=prices))
        assert (not math.isnan(value(book, ATR, POSITION))) is is_known
        assert ("too few of the last 14 whole days (UTC)" in reason(book, ATR, POSITION)) is not is_known


def test_the_close_before_the_first_day_is_needed() -> None:
    snapshot = stopped(96.0)
    book = book_of(snapshot, a_history(snapshot, prices=days((102, 98, 100), (102, 98, 100))))
    assert value(book, ATR, POSITION, window=DAY) == pytest.approx(1.0)
    assert "too few of the last 2 whole days" in reason(book, ATR, POSITION, window=2 * DAY)


def test_a_history_that_ended_yesterday_lacks_a_day() -> None:
    snapshot = stopped(96.0)
    candles = [(102.0, 98.0, 100.0)] * 3
    old = a_price_history(
        {BTC: [100.0] * 72}, taken_at=NOW.replace(hour=0) - timedelta(hours=2), highs={BTC: [102.0] * 72}
    )
    assert "too few" in reason(
        book_of(snapshot, a_history(snapshot, prices=old)), ATR, POSITION, window=2 * DAY
    )
    assert measured(snapshot, days(*candles), ATR, window=2 * DAY) == pytest.approx(1.0)


# --- standard deviations ----------------------------------------------------------------------------------------


def test_a_stop_is_counted_in_days_of_ordinary_moves() -> None:
    prices = a_price_history({BTC: alternating(0.01)})
    assert measured(stopped(90.0), prices, VOL) == pytest.approx(0.1 / (0.01 * math.sqrt(24)))


# --- both -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [ATR, VOL])
def test_no_stop_is_infinitely_far_away_whatever_is_known_of_prices(name: str) -> None:
    naked = a_snapshot(positions=[a_position(BTC, 1)])
    assert value(naked, name, POSITION) == math.inf
    assert measured(naked, a_price_history({BTC: alternating(0.01)}), name) == math.inf


@pytest.mark.parametrize("name", [ATR, VOL])
def test_a_price_that_stood_still_counts_nothing(name: str) -> None:
    snapshot = stopped(90.0)
    still = a_history(snapshot, prices=a_price_history({BTC: [100.0] * (MONTH + 1)}))
    assert reason(book_of(snapshot, still), name, POSITION) == (
        "the price of BTC/USDT:USDT has not moved in the window"
    )


@pytest.mark.parametrize("name", [ATR, VOL])
def test_a_stop_that_cannot_be_read_is_unknown_for_that_reason(name: str) -> None:
    snapshot = stopped(NAN)
    history = a_history(snapshot, prices=a_price_history({BTC: alternating(0.01)}))
    assert "trigger price or quantity of a stop" in reason(book_of(snapshot, history), name, POSITION)
