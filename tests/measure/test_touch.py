"""How often liquidation would have been touched: counted, not assumed, and no more certain than the days it rests on."""

from __future__ import annotations

import math

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.book.groups import index
from riskd.measure.market_risk.touch import falls_after, rises_after, touched
from riskd.model.arrays import FloatArray, floats
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from tests.builders import BTC, ETH, NAN, a_history, a_position, a_price_history, a_snapshot, an_account
from tests.measure.books import book_of, by_subject, reason, value, values
from tests.shared_data import shared_path

HOUR = 3_600.0
DAY = 24 * HOUR
TOUCH = "touch_probability"
POSITION = Grain.POSITION


def a_long(distance: float, **changes: object) -> Snapshot:
    """One BTC at 100, which the venue liquidates so far below; the account itself could not lose it."""
    held = a_position(BTC, 1, mark=100.0, entry=100.0, liquidation_price=100.0 * (1 - distance), **changes)  # type: ignore[arg-type]  # a keyword of a_position
    return a_snapshot(accounts=[an_account(wallet=1e6)], positions=[held])


def a_short(distance: float) -> Snapshot:
    held = a_position(BTC, -1, mark=100.0, entry=100.0, liquidation_price=100.0 * (1 + distance))
    return a_snapshot(accounts=[an_account(wallet=1e6)], positions=[held])


def found(
    snapshot: Snapshot, closes: list[float], horizon: float, window: float, **extremes: list[float]
) -> float:
    given_extremes = {name: {BTC: values} for name, values in extremes.items()}
    prices = a_price_history({BTC: closes}, **given_extremes)  # type: ignore[arg-type]  # highs or lows
    book = book_of(snapshot, a_history(snapshot, prices=prices))
    return value(book, TOUCH, POSITION, horizon=horizon, window=window)


# --- worked by hand ---------------------------------------------------------------------------------------------


def test_of_the_hours_of_the_window_those_are_counted_after_which_the_low_was_far_enough_below() -> None:
    # Starts at 100, 98, 102, 100, 104 and 101, each followed for two hours.
    closes = [100.0, 98.0, 102.0, 100.0, 104.0, 101.0, 99.0, 103.0]
    lows = [90.0, 97.0, 95.0, 99.0, 100.0, 100.5, 98.5, 99.0]
    # 95/100, 95/98, 99/102, 100/100, 98.5/104, 98.5/101: falls of 5, 3.06, 2.94, 0, 5.29 and 2.48 %.
    falls = {0.06: 0, 0.0525: 1, 0.05: 2, 0.03: 3, 0.029: 4, 0.02: 5, 0.0: 6}
    for distance, count in falls.items():
        assert found(a_long(distance), closes, 2 * HOUR, 7 * HOUR, lows=lows) == pytest.approx(count / 6)


def test_a_short_counts_highs() -> None:
    closes = [100.0, 102.0, 101.0, 99.0]
    highs = [150.0, 103.0, 102.5, 101.0]
    # Starts 100, 102 and 101 followed for an hour: 3 %, 0.49 %, 0.
    assert found(a_short(0.03), closes, HOUR, 3 * HOUR, highs=highs) == pytest.approx(1 / 3)
    assert found(a_short(0.004), closes, HOUR, 3 * HOUR, highs=highs) == pytest.approx(2 / 3)
    assert found(a_short(0.031), closes, HOUR, 3 * HOUR, highs=highs) == 0.0


def test_a_month_in_which_nothing_happened_says_zero_of_697() -> None:
    closes = [100.0 + (hour % 2) for hour in range(721)]
    assert found(a_long(0.05), closes, DAY, 30 * DAY) == 0.0


def test_liquidation_that_is_due_now_is_certain_and_one_that_no_price_brings_is_impossible() -> None:
    assert found(a_long(0.0), [100.0 + hour for hour in range(50)], HOUR, 2 * DAY) == 1.0
    safe = a_snapshot(accounts=[an_account(wallet=1e9)], positions=[a_position(BTC, 1)])
    assert value(safe, TOUCH, POSITION) == 0.0  # and no price need be known for that


def test_the_short_side_of_a_pair_that_is_long_on_the_whole_dies_by_a_fall() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=6.0, hedge_mode=True)],
        positions=[
            a_position(BTC, 2, mark=100.0, entry=100.0, position_side="LONG"),
            a_position(BTC, -1, mark=100.0, entry=100.0, position_side="SHORT"),
        ],
    )
    lows = [100.0, 100.0, 95.3, 100.0, 95.1, 100.0, 100.0, 100.0, 100.0]
    prices = a_price_history({BTC: [100.0] * 9}, lows={BTC: lows}, highs={BTC: [150.0] * 9})
    book = book_of(snapshot, a_history(snapshot, prices=prices))
    # 6 - 100·s = 0.4 % of 300·(1 - s): a fall of 4.858 % liquidates, and no rise does.
    distances = values(book, "liquidation_distance", POSITION)
    assert distances == pytest.approx([0.048583, 0.048583], abs=1e-6)
    assert values(book, TOUCH, POSITION, horizon=HOUR, window=8 * HOUR) == [1 / 8, 1 / 8]


# --- what is not known ------------------------------------------------------------------------------------------


def test_too_short_a_history_is_unknown_and_says_how_short() -> None:
    snapshot = a_long(0.1)
    closes = [100.0] * 721
    book = book_of(snapshot, a_history(snapshot, prices=a_price_history({BTC: closes[:500]})))
    assert (
        reason(book, TOUCH, POSITION, window=30 * DAY)
        == "price history of BTC/USDT:USDT: 499 of the 720 hourly moves of the window"
    )
    assert value(book, TOUCH, POSITION, window=20 * DAY) == 0.0
    assert reason(snapshot, TOUCH, POSITION).startswith("price history of BTC/USDT:USDT: 0 of")


def test_a_month_of_prices_is_too_little_unless_it_is_asked_for() -> None:
    snapshot = a_long(0.1)
    book = book_of(snapshot, a_history(snapshot, prices=a_price_history({BTC: [100.0] * 721})))
    told = reason(book, TOUCH, POSITION)
    assert told == "price history of BTC/USDT:USDT: 720 of the 6000 hourly moves of the window"


def test_closes_without_lows_follow_nothing() -> None:
    snapshot = a_long(0.1)
    prices = a_price_history({BTC: [100.0] * 721}, lows={BTC: [NAN] * 721})
    book = book_of(snapshot, a_history(snapshot, prices=prices))
    followed = "0 of the 697 hours of the window can be followed for 24 h"
    assert reason(book, TOUCH, POSITION, window=30 * DAY) == f"price history of BTC/USDT:USDT: {followed}"


def test_a_horizon_as_long_as_the_window_leaves_nothing_to_count() -> None:
    snapshot = a_long(0.1)
    book = book_of(snapshot, a_history(snapshot, prices=a_price_history({BTC: [100.0] * 721})))
    told = reason(book, TOUCH, POSITION, horizon=31 * DAY, window=30 * DAY)
    assert told == "no hour of a window of 720 h can be followed for 744 h"
    assert value(book, TOUCH, POSITION, horizon=30 * DAY, window=30 * DAY) == 0.0  # one start is left


def test_an_unknown_distance_is_unknown_for_its_own_reason() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, NAN)])
    assert "quantity of BTC" in reason(snapshot, TOUCH, POSITION)


def test_a_hole_spoils_the_starts_before_it_unless_the_distance_was_reached_all_the_same() -> None:
    lows = [100.0] * 101
    lows[50] = NAN
    closes = [100.0] * 101
    near = floats([lows])
    one = touched(falls_after(floats([closes]), near, 4), index([0]), np.array([0.1]), 97)
    assert (one.share.tolist(), one.told.tolist()) == ([0.0], [93])
    near[0, 49] = 89.0
    other = touched(falls_after(floats([closes]), near, 4), index([0]), np.array([0.1]), 97)
    # The starts at 45 to 48 see the fall at 49; 46 to 48 see it beside the hole, 49 sees only the hole.
    assert other.told.tolist() == [96]
    assert other.share.tolist() == pytest.approx([4 / 96])


PRICE = st.one_of(st.just(NAN), st.floats(50.0, 200.0))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(PRICE, PRICE), min_size=1, max_size=40),
    st.integers(1, 12),
    st.lists(st.floats(0.0, 1.5), min_size=1, max_size=4),
    st.booleans(),
)
def test_counting_all_at_once_counts_as_one_by_one(
    rows: list[tuple[float, float]], hours: int, distances: list[float], is_long: bool
) -> None:
    closes, extremes = (floats([list(column)]) for column in zip(*rows, strict=True))
    reached = (falls_after if is_long else rises_after)(closes, extremes, hours)
    found = touched(reached, index([0] * len(distances)), np.array(distances), 0)
    for place, distance in enumerate(distances):
        told, count = one_by_one(closes[0], extremes[0], hours, distance, -1.0 if is_long else 1.0)
        assert found.told[place] == told
        share = count / told if told else NAN
        assert found.share[place] == pytest.approx(share, nan_ok=True)


def one_by_one(
    closes: FloatArray, extremes: FloatArray, hours: int, distance: float, sign: float
) -> tuple[int, int]:
    told = count = 0
    for start in range(len(closes) - hours):
        after = [
            sign * (extreme / closes[start] - 1.0) for extreme in extremes[start + 1 : start + 1 + hours]
        ]
        if math.isnan(closes[start]):
            continue
        is_touched = max([0.0, *(move for move in after if not math.isnan(move))]) >= distance
        if is_touched or not any(math.isnan(move) for move in after):
            told, count = told + 1, count + is_touched
    return told, count


# --- recorded markets -------------------------------------------------------------------------------------------


def recorded_btc() -> tuple[FloatArray, FloatArray, FloatArray]:
    path = shared_path("data/binance_usdm_1h_BTCUSDT_full.parquet")
    columns = "mark_high, mark_low, mark_close"
    found = duckdb.execute(
        f"select {columns} from '{path}' where mark_low is not null order by ts"
    ).fetchnumpy()
    high, low, close = (np.asarray(found[name], dtype=np.float64)[None] for name in columns.split(", "))
    return high, low, close


@pytest.mark.shared
def test_btc_of_2020_to_2026_was_touched_as_often_as_published() -> None:
    """Truth: 56,084 hours of the mark; liquidation 1/leverage less 0.5 % of maintenance away."""
    high, low, close = recorded_btc()
    published = {
        (10, 1): "2.1",
        (10, 7): "17.5",
        (10, 30): "44.6",
        (5, 30): "17.7",
        (3, 30): "5.3",
        (2, 30): "1.3",
        (20, 30): "70.2",
    }
    for (leverage, days), percent in published.items():
        reached = falls_after(close, low, 24 * days)
        starts = reached.whole.shape[1]
        share = touched(reached, index([0]), np.array([1 / leverage - 0.005]), starts).share[0]
        assert f"{100 * share:.1f}" == percent, (leverage, days)
    reached = rises_after(close, high, 24 * 30)
    share = touched(reached, index([0]), np.array([1 / 5 - 0.005]), reached.whole.shape[1]).share[0]
    assert f"{100 * share:.1f}" == "27.8"  # shorts die more often


@pytest.mark.shared
def test_zero_of_thirty_days_is_no_promise() -> None:
    """The rule of three at work: half of all months said 0 of a tenfold long, and it died the next day after 1.4 % of them."""
    _, low, close = recorded_btc()
    died = falls_after(close, low, 24).whole[0] >= 1 / 10 - 0.005
    count = np.cumsum(np.append(0, died))
    for days, said_zero in ((30, 0.52), (250, 0.0)):
        starts = 24 * days - 23
        none = count[starts:] == count[:-starts]
        assert none.mean() == pytest.approx(said_zero, abs=0.005)
        if said_zero:
            tomorrow = died[
                starts + 23 :
            ]  # the first start that the window does not know, a day after its last
            assert tomorrow[none[: len(tomorrow)]].mean() == pytest.approx(0.0135, abs=0.0005)


def test_positions_of_one_account_stand_apart() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=1e6)],
        positions=[
            a_position(BTC, 1, mark=100.0, entry=100.0, liquidation_price=97.0),
            a_position(ETH, -1, mark=100.0, entry=100.0, liquidation_price=105.0),
        ],
    )
    swing = [100.0, 96.0] * 25
    prices = a_price_history({BTC: swing, ETH: swing})
    book = book_of(snapshot, a_history(snapshot, prices=prices))
    shares = by_subject(book, TOUCH, POSITION, horizon=HOUR, window=2 * DAY)
    assert shares["account=main symbol=BTC/USDT:USDT side=long"] == pytest.approx(0.5)
    assert shares["account=main symbol=ETH/USDT:USDT side=short"] == 0.0
