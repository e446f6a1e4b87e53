"""What a position gave back, and how long it has been losing."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from riskd.measure.book.book import Book
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from tests.builders import BTC, NAN, NOW, a_history, a_position, a_price_history, a_snapshot
from tests.measure.books import book_of, reason, value

POSITION = Grain.POSITION
HOUR = 3_600.0
BACK, LOSING = "give_back", "time_in_loss"
# NOW is a full hour; prices end there.


def held(
    mark: float, hours: float, *, entry: float = 100.0, quantity: float = 1.0, **changes: object
) -> Snapshot:
    """A position that was opened so many hours ago."""
    row = a_position(BTC, quantity, mark=mark, entry=entry, opened_age_seconds=hours * HOUR, **changes)  # type: ignore[arg-type]  # a keyword of a_position
    return a_snapshot(positions=[row])


def book(snapshot: Snapshot, closes: list[float], **extremes: list[float]) -> Book:
    tables = {name: {BTC: values} for name, values in extremes.items()}
    prices = a_price_history({BTC: closes}, **tables)  # type: ignore[arg-type]  # highs or lows
    return book_of(snapshot, a_history(snapshot, prices=prices))


# --- give_back --------------------------------------------------------------------------------------------------


def test_half_of_the_best_gain_is_half_given_back() -> None:
    # Opened 3.5 hours ago: the hour of opening closes 3 hours ago at 104, the best since is 110, now it is 105.
    closes, highs = [100.0, 104.0, 106.0, 107.0, 105.0], [130.0, 120.0, 108.0, 110.0, 107.0]
    assert value(book(held(105.0, 3.5), closes, highs=highs), BACK, POSITION) == pytest.approx(0.5)


def test_of_the_hour_of_opening_only_the_close_counts() -> None:
    closes, highs = [100.0, 112.0, 106.0], [130.0, 120.0, 108.0]
    assert value(book(held(106.0, 1.5), closes, highs=highs), BACK, POSITION) == pytest.approx(0.5)


def test_opened_at_a_full_hour_the_next_one_is_the_hour_of_opening() -> None:
    closes, highs = [150.0, 112.0, 106.0], [150.0, 120.0, 108.0]
    assert value(book(held(106.0, 2.0), closes, highs=highs), BACK, POSITION) == pytest.approx(0.5)


def test_a_gain_that_became_a_loss_is_more_than_all_of_it() -> None:
    closes = [100.0, 110.0, 98.0]
    assert value(book(held(95.0, 1.5), closes), BACK, POSITION) == pytest.approx(1.5)


def test_a_short_gains_downwards() -> None:
    closes, lows = [100.0, 92.0, 96.0], [50.0, 85.0, 90.0]
    assert value(book(held(96.0, 1.5, quantity=-2.0), closes, lows=lows), BACK, POSITION) == pytest.approx(
        0.6
    )
    assert value(book(held(108.0, 1.5, quantity=-2.0), closes, lows=lows), BACK, POSITION) == pytest.approx(
        1.8
    )


def test_the_mark_of_now_may_be_the_best() -> None:
    assert value(book(held(120.0, 1.5), [100.0, 110.0, 105.0]), BACK, POSITION) == 0.0


def test_what_was_never_above_costs_was_nothing_to_give_back() -> None:
    closes = [100.0, 100.9, 100.2]
    losing = book(held(97.0, 1.5), closes)
    assert value(losing, BACK, POSITION) == 0.0
    assert value(losing, BACK, POSITION, gain_min=0.005) == pytest.approx(3.9 / 0.9)
    assert value(book(held(97.0, 1.5), [100.0, 101.0, 100.0]), BACK, POSITION) == 0.0  # not above 1 %


def test_gains_are_counted_against_the_entry_of_today() -> None:
    closes = [100.0, 110.0, 104.0]
    assert value(book(held(104.0, 1.5, entry=102.0), closes), BACK, POSITION) == pytest.approx(6 / 8)


def test_a_position_older_than_its_prices_is_unknown() -> None:
    told = "price history of BTC/USDT:USDT: it begins after the position was opened"
    assert reason(book(held(105.0, 10.0), [100.0] * 5), BACK, POSITION) == told
    assert reason(held(105.0, 10.0), BACK, POSITION) == told
    assert (
        reason(book(held(105.0, NAN), [100.0] * 5), BACK, POSITION)
        == "time at which BTC/USDT:USDT was opened"
    )
    assert reason(book(held(105.0, 3.5, confirmed=False), [100.0] * 5), BACK, POSITION).startswith(
        "position BTC"
    )
    without_entry = book(held(105.0, 3.5, entry=NAN, initial_margin=1.0), [100.0] * 5)
    assert reason(without_entry, BACK, POSITION) == "entry price of BTC/USDT:USDT"


def test_a_tenth_of_the_hours_may_be_missing() -> None:
    def told_with(holes: int) -> str:
        closes = [110.0] * 25
        closes[5 : 5 + holes] = [NAN] * holes
        return reason(book(held(105.0, 20.5), [100.0, *closes]), BACK, POSITION)

    assert told_with(2) == ""
    assert told_with(3) == "price history of BTC/USDT:USDT: 18 of the 21 hours since it was opened"


def test_the_newest_hour_may_be_about_to_be_read() -> None:
    closes = [100.0, 110.0, 108.0, NAN]
    assert value(book(held(105.0, 2.5), closes), BACK, POSITION) == pytest.approx(0.5)
    assert "1 of the 2 hours since" in reason(
        book(held(105.0, 2.5), [100.0, 110.0, NAN, NAN]), BACK, POSITION
    )


def test_what_was_opened_within_the_hour_needs_no_past() -> None:
    snapshot = a_snapshot(
        positions=[a_position(BTC, 1, mark=110.0, entry=100.0, opened_age_seconds=60.0)],
        taken_at=NOW + timedelta(minutes=30),
    )
    assert value(snapshot, BACK, POSITION) == 0.0
    assert value(snapshot, LOSING, POSITION) == 0.0


# --- time_in_loss -----------------------------------------------------------------------------------------------


def test_time_in_loss_begins_at_the_last_close_that_was_none() -> None:
    closes = [100.0, 99.0, 101.0, 100.0, 99.0, 98.0, 99.5]  # at entry three hours ago
    assert value(book(held(99.0, 5.5), closes), LOSING, POSITION) == 3 * HOUR
    assert value(book(held(100.5, 5.5), closes), LOSING, POSITION) == 0.0
    assert value(book(held(100.0, 5.5), closes), LOSING, POSITION) == 0.0  # even is no loss


def test_a_position_that_never_won_has_been_losing_since_it_was_opened() -> None:
    closes = [105.0, 105.0, 99.0, 98.0, 99.5]
    assert value(book(held(99.0, 2.25), closes), LOSING, POSITION) == 2.25 * HOUR
    assert value(book(held(99.0, 3.25), closes), LOSING, POSITION) == 3 * HOUR  # 105 closed its first hour


def test_a_short_loses_upwards() -> None:
    closes = [100.0, 101.0, 99.0, 102.0, 103.0]
    assert value(book(held(104.0, 4.5, quantity=-1.0), closes), LOSING, POSITION) == 2 * HOUR


def test_wicks_do_not_break_it() -> None:
    closes = [100.0, 99.0, 99.0, 99.0]
    wicked = book(held(98.0, 3.5), closes, highs=[200.0] * 4)
    assert value(wicked, LOSING, POSITION) == 3 * HOUR


def test_a_loss_that_reaches_back_beyond_the_prices_is_unknown() -> None:
    begins = "price history of BTC/USDT:USDT: it begins after the position was opened"
    told = f"{begins}, which has been losing at every close since"
    assert reason(book(held(99.0, 30.0), [98.0] * 10), LOSING, POSITION) == told
    assert value(book(held(99.0, 30.0), [98.0] * 8 + [100.0, 98.0]), LOSING, POSITION) == HOUR
    assert value(book(held(101.0, 30.0), [98.0] * 10), LOSING, POSITION) == 0.0
    assert value(book(held(101.0, NAN), [98.0] * 10), LOSING, POSITION) == 0.0
    assert (
        reason(book(held(99.0, NAN), [98.0] * 10), LOSING, POSITION)
        == "time at which BTC/USDT:USDT was opened"
    )


def test_holes_count_as_losing_as_long_as_they_are_few() -> None:
    closes = [101.0, *([99.0] * 20)]
    closes[8:10] = [NAN, NAN]
    assert value(book(held(99.0, 30.0), closes), LOSING, POSITION) == 20 * HOUR
    closes[10] = NAN
    told = reason(book(held(99.0, 30.0), closes), LOSING, POSITION)
    assert told == "price history of BTC/USDT:USDT: 17 of the 20 hours since it last was not losing"


def test_time_runs_on_within_the_hour() -> None:
    snapshot = a_snapshot(
        positions=[a_position(BTC, 1, mark=99.0, entry=100.0, opened_age_seconds=5 * HOUR)],
        taken_at=NOW + timedelta(minutes=15),
    )
    prices = a_price_history({BTC: [100.0, 99.0, 100.5, 99.0]})
    history = a_history(snapshot, prices=prices)
    assert value(book_of(snapshot, history), LOSING, POSITION) == 1.25 * HOUR
    assert math.isfinite(value(book_of(snapshot, history), LOSING, POSITION))
