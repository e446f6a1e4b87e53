"""Losses in a row, fees against gains, realised losses, and the settlements that a position paid."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from riskd.measure.book.book import Book
from riskd.model.history import History
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.model.subject import Grain
from tests.builder_bookings import BookingRow, a_close, with_bookings
from tests.builders import (
    BTC,
    ETH,
    NAN,
    NOW,
    a_history,
    a_position,
    a_snapshot,
    a_stop,
    a_surface,
    an_account,
)
from tests.measure.books import book_of, by_subject, reason, value

DAY, HOUR, MINUTE = 86_400.0, 3_600.0, 60.0


def booked(*rows: BookingRow, snapshot: Snapshot | None = None, days: float = 365.0) -> Book:
    """A book of 10,000 with these bookings."""
    found = snapshot or a_snapshot(accounts=[an_account(equity=10_000)])
    return book_of(found, with_bookings(a_history(found), found, *rows, complete_days=days))


def streak(*rows: BookingRow, **parameters: float) -> float:
    return value(booked(*rows), "losing_streak", Grain.ACCOUNT, **parameters)


# ---- losing streak -------------------------------------------------------------------------------------------------


def test_losses_count_back_to_the_last_close_that_was_none() -> None:
    rows = [a_close(-5, 4 * HOUR), a_close(9, 3 * HOUR), a_close(-1, 2 * HOUR), a_close(-2, HOUR)]
    assert streak(*rows) == 2.0
    assert streak(*rows, a_close(3, 1.0)) == 0.0
    assert streak() == 0.0


def test_a_market_order_that_fills_in_pieces_is_one_close() -> None:
    pieces = [a_close(-1.0, HOUR - 0.01 * number) for number in range(40)]
    assert streak(*pieces) == 1.0
    slow = [a_close(-1.0, HOUR - 4.0 * number) for number in range(10)]
    assert streak(*slow) == 1.0
    assert streak(*slow, together=3.0) == 10.0


def test_the_pieces_of_a_close_are_judged_together() -> None:
    assert streak(a_close(-3, HOUR), a_close(5, HOUR - 1)) == 0.0
    assert streak(a_close(-3, HOUR), a_close(2, HOUR - 1)) == 1.0


def test_closes_of_two_contracts_at_once_are_two() -> None:
    assert streak(a_close(-3, HOUR), a_close(-3, HOUR, symbol=ETH)) == 2.0
    assert streak(a_close(-3, HOUR, symbol=ETH), a_close(3, HOUR - 1)) == 0.0


def test_a_gain_smaller_than_its_fee_is_a_loss() -> None:
    assert streak(a_close(1.0, HOUR, fee=1.5)) == 1.0
    assert streak(a_close(1.5, HOUR, fee=1.5)) == 0.0


def test_opening_fills_and_funding_are_no_closes() -> None:
    opening, settled = BookingRow(age_seconds=1.0, fee=2.0), BookingRow(age_seconds=2.0, funding=-4.0)
    assert streak(a_close(-1, HOUR), opening, settled) == 1.0


def test_strategies_have_streaks_of_their_own() -> None:
    book = booked(
        a_close(-1, HOUR),
        a_close(5, HOUR / 2, symbol=ETH, strategy="hedge"),
        a_close(-1, MINUTE),
        snapshot=a_snapshot(positions=[a_position(BTC, 1), a_position(ETH, 1, strategy="hedge")]),
    )
    assert by_subject(book, "losing_streak", Grain.STRATEGY) == {
        "account=main strategy=hedge": 0.0,
        "account=main strategy=swing": 2.0,
        "account=main strategy=unlabelled": 0.0,
    }
    assert value(book, "losing_streak", Grain.ACCOUNT) == 1.0


def test_closes_outside_the_window_and_in_the_future_do_not_count() -> None:
    rows = [a_close(-1, 30 * HOUR), a_close(-1, 2 * HOUR), a_close(9, -MINUTE)]
    assert streak(*rows) == 1.0
    assert streak(*rows, window=2 * DAY) == 2.0


def test_a_short_history_is_enough_when_a_gain_is_in_it() -> None:
    gain, loss = a_close(4, 3 * HOUR), a_close(-1, HOUR)
    assert value(booked(gain, loss, days=0.2), "losing_streak", Grain.ACCOUNT) == 1.0
    short = booked(loss, days=0.2)
    assert reason(short, "losing_streak", Grain.ACCOUNT).startswith("bookings of main: complete since")
    # The gain lies before the moment from which on nothing is missing: other losses may lie between.
    assert math.isnan(value(booked(gain, loss, days=0.1), "losing_streak", Grain.ACCOUNT))


def test_a_close_of_unknown_worth_makes_unknown_what_rests_on_it() -> None:
    dark, loss, gain = a_close(NAN, HOUR), a_close(-1, MINUTE), a_close(2, MINUTE)
    assert reason(booked(dark, loss), "losing_streak", Grain.ACCOUNT) == (
        "result or fee of BTC/USDT:USDT, booked in a coin without a price"
    )
    assert value(booked(dark, gain), "losing_streak", Grain.ACCOUNT) == 0.0


def test_what_nobody_keeps_is_unknown() -> None:
    assert reason(book_of(a_snapshot()), "losing_streak", Grain.ACCOUNT) == "bookings of main: never read"
    assert reason(booked(days=NAN), "fee_burn", Grain.ACCOUNT, window=DAY) == "bookings of main: never read"
    blind = a_surface(Surface.INCOME, quality=Quality.STALE)
    snapshot = a_snapshot(surfaces=[blind])
    assert reason(booked(snapshot=snapshot), "losing_streak", Grain.ACCOUNT) == "income: STALE"


# ---- fees ----------------------------------------------------------------------------------------------------------


def burn(*rows: BookingRow, least: float = 1.0) -> float:
    return value(booked(*rows), "fee_burn", Grain.ACCOUNT, window=DAY, least=least)


def test_fees_are_held_against_the_gains_alone() -> None:
    rows = [a_close(100, HOUR, fee=6), a_close(-80, MINUTE, fee=6), BookingRow(age_seconds=HOUR, fee=18)]
    assert burn(*rows) == pytest.approx(0.3)
    assert burn(*rows, a_close(50, 1.0)) == pytest.approx(0.2)


def test_fees_without_a_gain_are_infinite_and_nothing_paid_is_nothing() -> None:
    assert burn(a_close(-80, MINUTE, fee=6)) == math.inf
    assert burn(a_close(-80, MINUTE)) == 0.0
    assert burn(a_close(-80, MINUTE, fee=-2)) == 0.0  # a maker who is paid for it
    assert burn(a_close(10, MINUTE, fee=-2)) == pytest.approx(-0.2)


def test_a_few_closes_say_nothing_yet() -> None:
    first = [BookingRow(age_seconds=HOUR, fee=18), a_close(-1, MINUTE, fee=1)]
    assert burn(*first, least=10.0) == 0.0
    many = [a_close(1, HOUR + 60 * number, fee=1) for number in range(10)]
    assert burn(*many, least=10.0) == pytest.approx(1.0)
    assert burn(*many[1:], least=10.0) == 0.0


def test_fees_over_equity() -> None:
    rows = [a_close(100, HOUR, fee=6), BookingRow(age_seconds=2 * DAY, fee=50)]
    assert value(booked(*rows), "fees_paid", Grain.ACCOUNT, window=DAY) == pytest.approx(0.0006)
    broke = a_snapshot(accounts=[an_account(equity=0.0)])
    assert value(booked(*rows, snapshot=broke), "fees_paid", Grain.ACCOUNT, window=DAY) == math.inf
    rebate = a_close(1, HOUR, fee=-6)
    assert value(booked(rebate, snapshot=broke), "fees_paid", Grain.ACCOUNT, window=DAY) == 0.0


# ---- realised losses -----------------------------------------------------------------------------------------------


def test_what_was_lost_counts_with_fees_and_funding() -> None:
    rows = [a_close(-100, HOUR, fee=10), a_close(40, MINUTE), BookingRow(age_seconds=HOUR, funding=-30)]
    assert value(booked(*rows), "realized_loss", Grain.ACCOUNT, window=DAY) == pytest.approx(0.01)
    assert value(booked(*rows, a_close(500, 1.0)), "realized_loss", Grain.ACCOUNT, window=DAY) == 0.0


def test_the_monthly_brake_adds_what_is_still_at_risk() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(equity=100_000)],
        positions=[a_position(BTC, 1)],
        orders=[a_stop(BTC, "SELL", 1, 57_000)],
    )
    book = booked(a_close(-2_000, 20 * DAY), snapshot=snapshot)
    heat = value(book, "open_risk", Grain.ACCOUNT)
    assert heat == pytest.approx((3_000 + 57_000 * 0.0015) / 100_000)
    assert value(book, "loss_and_heat", Grain.ACCOUNT) == pytest.approx(0.02 + heat)
    gained = booked(a_close(9_000, 20 * DAY), snapshot=snapshot)
    assert value(gained, "loss_and_heat", Grain.ACCOUNT) == heat


def test_loss_and_heat_names_the_half_that_is_unknown() -> None:
    dark = a_snapshot(positions=[a_position(BTC, 1, mark=NAN)])
    assert reason(booked(snapshot=dark), "loss_and_heat", Grain.ACCOUNT) == "mark price of BTC/USDT:USDT"
    assert reason(booked(snapshot=dark, days=1.0), "loss_and_heat", Grain.ACCOUNT).startswith(
        "bookings of main"
    )
    poor = a_snapshot(accounts=[an_account(equity=NAN)])
    assert reason(booked(snapshot=poor), "loss_and_heat", Grain.ACCOUNT) == "equity of main"


def test_lines_of_several_accounts_stay_apart() -> None:
    snapshot = a_snapshot(accounts=[an_account("a", equity=1_000), an_account("b", equity=1_000)])
    book = booked(
        a_close(-10, HOUR, account="a"),
        a_close(-20, HOUR, account="b"),
        a_close(-30, HOUR, account="b", symbol=ETH),
        snapshot=snapshot,
    )
    assert by_subject(book, "realized_loss", Grain.ACCOUNT, window=DAY) == {
        "account=a": pytest.approx(0.01),
        "account=b": pytest.approx(0.05),
    }


# ---- settlements that a position paid ------------------------------------------------------------------------------

# NOW is noon: settlements of eight hours lie 4, 12 and 20 hours back.
LAST = 4 * HOUR


def flips(
    *amounts: float, opened: float = 30 * DAY, days: float = 365.0, jitter: float = 0.0
) -> tuple[float, str]:
    """Settlements of eight hours, the newest last."""
    snapshot = a_snapshot(positions=[a_position(BTC, 1, opened_age_seconds=opened)])
    count = len(amounts)
    rows = [
        ("main", BTC, "swing", amount, LAST + 8 * HOUR * (count - 1 - number) - jitter)
        for number, amount in enumerate(amounts)
    ]
    book = book_of(snapshot, a_history(snapshot, funding=rows, complete_days=days))
    name = "funding_flip"
    return value(book, name, Grain.POSITION), reason(book, name, Grain.POSITION)


def test_noon_is_where_the_settlements_are_counted_from() -> None:
    assert (NOW.hour, NOW.minute) == (12, 0)


def test_paid_settlements_count_back_to_the_last_received() -> None:
    assert flips(5, 5, -1, -2) == (2.0, "")
    assert flips(5, -1, 4) == (0.0, "")
    assert flips(-1, -1, -1) == (3.0, "")
    assert flips(-1, 0.0, -1) == (1.0, "")
    assert flips() == (0.0, "")


def test_settlements_before_the_position_was_opened_are_not_its_own() -> None:
    assert flips(-1, -1, -1, opened=13 * HOUR) == (2.0, "")
    assert flips(-1, -1, -1, opened=HOUR) == (0.0, "")


def test_jitter_and_two_bookings_of_an_hour_are_one_settlement() -> None:
    assert flips(5, -1, -2, jitter=0.047) == (2.0, "")
    snapshot = a_snapshot(positions=[a_position(BTC, 1, opened_age_seconds=30 * DAY)])
    rows = [
        ("main", BTC, "swing", 3.0, LAST - 1.0),
        ("main", BTC, "swing", -5.0, LAST),
        ("main", BTC, "swing", -5.0, LAST + 8 * HOUR + 2.0),
    ]
    book = book_of(snapshot, a_history(snapshot, funding=rows))
    assert value(book, "funding_flip", Grain.POSITION) == 2.0


def test_a_history_that_is_too_short_is_enough_once_something_was_received() -> None:
    assert flips(5, -1, -1, days=1.0) == (2.0, "")
    lost = flips(-1, -1, days=1.0)
    assert math.isnan(lost[0])
    assert lost[1].startswith("funding history of main: complete since")
    # What was received lies before the history is complete.
    assert math.isnan(flips(5, -1, days=0.4)[0])


def test_a_position_opened_at_an_unknown_time_counts_within_the_window() -> None:
    assert flips(-1, -1, opened=NAN) == (2.0, "")
    snapshot = a_snapshot(positions=[a_position(BTC, 1, opened_age_seconds=NAN)])
    rows = [("main", BTC, "swing", -1.0, LAST + 8 * HOUR * number) for number in range(6)]
    history: History = a_history(snapshot, funding=rows)
    assert value(book_of(snapshot, history), "funding_flip", Grain.POSITION, window=DAY) == 3.0


def test_funding_of_another_contract_or_account_does_not_count() -> None:
    snapshot = a_snapshot(accounts=[an_account("main"), an_account("other")], positions=[a_position(BTC, 1)])
    rows = [("main", ETH, "swing", -1.0, 60.0), ("other", BTC, "swing", -1.0, 60.0)]
    book = book_of(snapshot, a_history(snapshot, funding=rows))
    assert value(book, "funding_flip", Grain.POSITION) == 0.0


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 6), st.integers(0, 3)), max_size=8),
)
def test_how_finely_a_close_was_filled_changes_nothing(closes: list[tuple[int, int, int]]) -> None:
    """Each close is (result, pieces, fee of a piece)."""
    whole, pieces = list[BookingRow](), list[BookingRow]()
    for number, (result, count, fee) in enumerate(closes):
        age = HOUR + 60.0 * number
        whole.append(a_close(result, age, fee=count * fee))
        pieces += [a_close(result / count, age - 0.5 * piece, fee=fee) for piece in range(count)]
    random.Random(len(pieces)).shuffle(pieces)
    expected = next(
        (n for n, (result, count, fee) in enumerate(closes) if result - count * fee >= 0), len(closes)
    )
    # Sixths of a whole number may miss zero by a hair: such a close says nothing here.
    assume(all(result != count * fee for result, count, fee in closes))
    for rows in (whole, pieces):
        assert value(booked(*rows), "losing_streak", Grain.ACCOUNT) == expected
    for name in ("fees_paid", "realized_loss"):
        one, other = (value(booked(*rows), name, Grain.ACCOUNT, window=DAY) for rows in (whole, pieces))
        assert one == pytest.approx(other)
