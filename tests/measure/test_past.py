"""Drawdown, the loss of the day, order rates and holding times."""

from __future__ import annotations

import math

import pytest

from riskd.measure.book.book import Book
from riskd.model.history import EquitySeries
from riskd.model.subject import Grain
from tests.builders import (
    BTC,
    NAN,
    a_history,
    a_position,
    a_snapshot,
    an_account,
    an_equity_series,
)
from tests.measure.books import book_of, by_subject, reason, value

HOUR, DAY = 3_600.0, 86_400.0


def with_equity(equity: float, series: EquitySeries | None, **more: float) -> tuple[float, str]:
    """Drawdown over 30 days and its reason."""
    snapshot = a_snapshot(accounts=[an_account(equity=equity)])
    history = a_history(snapshot, equity={} if series is None else {"main": series})
    book = book_of(snapshot, history)
    window = more.get("window", 30 * DAY)
    return (
        value(book, "drawdown", Grain.ACCOUNT, window=window),
        reason(book, "drawdown", Grain.ACCOUNT, window=window),
    )


def test_drawdown_is_the_fall_from_the_peak_of_the_window() -> None:
    series = an_equity_series([(40 * DAY, 2_000), (10 * DAY, 1_250), (DAY, 1_100)])
    assert with_equity(1_000, series)[0] == pytest.approx(0.2)
    assert with_equity(1_000, series, window=5 * DAY)[0] == pytest.approx(1 - 1_000 / 1_100)
    assert with_equity(1_300, series)[0] == 0.0


def test_a_withdrawal_is_no_drawdown_and_a_deposit_hides_none() -> None:
    """Story F36: 1,000 became 1,200, then 500 was taken out: nothing is lost."""
    withdrawn = an_equity_series([(DAY, 1_200)], net_deposits=-500.0)
    assert with_equity(700, withdrawn)[0] == 0.0
    deposited = an_equity_series([(DAY, 1_000)], net_deposits=1_000.0)
    assert with_equity(1_800, deposited)[0] == pytest.approx(0.1)


def test_a_replay_does_not_see_the_future() -> None:
    series = an_equity_series([(DAY, 1_000), (-HOUR, 9_000)])
    assert with_equity(1_000, series)[0] == 0.0


def test_a_gap_in_a_bucket_does_not_poison_the_peak() -> None:
    series = an_equity_series([(3 * DAY, 1_250), (2 * DAY, NAN), (DAY, 1_000)])
    assert with_equity(1_000, series)[0] == pytest.approx(0.2)


def test_negative_equity_is_a_drawdown_above_one() -> None:
    assert with_equity(-250, an_equity_series([(DAY, 1_000)]))[0] == pytest.approx(1.25)


def test_drawdown_names_what_is_missing() -> None:
    assert with_equity(1_000, None)[1] == "equity history of main: nothing recorded in the window"
    old = an_equity_series([(31 * DAY, 1_000)])
    assert with_equity(1_000, old)[1] == "equity history of main: nothing recorded in the window"
    assert with_equity(NAN, old)[1] == "equity of main"
    taken_out = an_equity_series([(DAY, 100)], net_deposits=-500)
    assert "is not positive" in with_equity(-10, taken_out)[1]


def loss(equity: float, series: EquitySeries | None) -> tuple[float, str]:
    snapshot = a_snapshot(accounts=[an_account(equity=equity)])
    history = a_history(snapshot, equity={} if series is None else {"main": series})
    book = book_of(snapshot, history)
    return value(book, "loss_today", Grain.ACCOUNT), reason(book, "loss_today", Grain.ACCOUNT)


def test_loss_today_starts_from_the_first_equity_since_the_day_began() -> None:
    series = an_equity_series([(13 * HOUR, 2_000), (12 * HOUR, 1_000), (HOUR, 800)])
    assert loss(970, series)[0] == pytest.approx(0.03)
    assert loss(1_200, series)[0] == 0.0


def test_loss_today_does_not_count_money_moved() -> None:
    series = an_equity_series([(12 * HOUR, 1_000)], net_deposits=-400)
    assert loss(600, series)[0] == 0.0
    assert loss(570, series)[0] == pytest.approx(0.05)


def test_a_day_of_which_nothing_is_recorded_is_unknown() -> None:
    yesterday = an_equity_series([(13 * HOUR, 1_000)])
    assert loss(1_000, yesterday)[1] == "equity history of main: nothing recorded since the trading day began"
    assert loss(NAN, yesterday)[1] == "equity of main"
    emptied = an_equity_series([(HOUR, 100)], net_deposits=-100)
    assert "at the start of the day" in loss(0, emptied)[1]


def test_each_account_has_its_own_series_and_day() -> None:
    snapshot = a_snapshot(accounts=[an_account(n, equity=900) for n in "abc"])
    history = a_history(
        snapshot,
        equity={
            "a": an_equity_series([(2 * DAY, 5_000), (DAY, 1_000)]),
            "c": an_equity_series([(DAY / 2, 1_200)]),
        },
    )
    found = by_subject(book_of(snapshot, history), "drawdown", Grain.ACCOUNT, window=1.5 * DAY)
    assert found["account=a"] == pytest.approx(0.1)
    assert math.isnan(found["account=b"])
    assert found["account=c"] == pytest.approx(0.25)


def of_two(*series: EquitySeries | None, equity: tuple[float, float] = (900.0, 500.0)) -> Book:
    """Two accounts of a desk, and one of another."""
    snapshot = a_snapshot(
        accounts=[
            an_account("a", equity=equity[0], desk="alpha"),
            an_account("b", equity=equity[1], desk="alpha"),
            an_account("c", equity=100.0, desk="beta"),
        ]
    )
    own = an_equity_series([(10 * HOUR, 200.0), (HOUR, 100.0), (60.0, 100.0)])
    given = {name: one for name, one in zip("abc", (*series, own), strict=True) if one is not None}
    return book_of(snapshot, a_history(snapshot, equity=given))


def test_a_desk_falls_from_a_moment_that_was_not_from_the_best_of_each_account() -> None:
    """One account was best yesterday, the other today: together they never stood higher than 1,500."""
    book = of_two(
        an_equity_series([(10 * HOUR, 1_000), (HOUR, 800), (60.0, 900)]),
        an_equity_series([(10 * HOUR, 500), (HOUR, 600), (60.0, 500)]),
    )
    found = by_subject(book, "drawdown", Grain.DESK, window=DAY)
    assert found == {"desk=alpha": pytest.approx(1 - 1_400 / 1_500), "desk=beta": pytest.approx(0.5)}
    assert value(book, "drawdown", Grain.PORTFOLIO, window=DAY) == pytest.approx(1 - 1_500 / 1_700)
    assert by_subject(book, "loss_today", Grain.DESK)["desk=alpha"] == pytest.approx(1 - 1_400 / 1_500)
    assert value(book, "loss_today", Grain.PORTFOLIO) == pytest.approx(1 - 1_500 / 1_700)


def test_a_minute_in_which_one_account_was_not_seen_is_no_moment_of_the_desk() -> None:
    book = of_two(
        an_equity_series([(10 * HOUR, 5_000), (HOUR, 1_000), (60.0, 900)]),
        an_equity_series([(HOUR, 600), (1_800.0, 9_000), (60.0, 500)]),
    )
    assert by_subject(book, "drawdown", Grain.DESK, window=DAY)["desk=alpha"] == pytest.approx(
        1 - 1_400 / 1_600
    )


def test_money_moved_between_accounts_of_a_desk_is_nothing_to_the_desk() -> None:
    book = of_two(
        an_equity_series([(HOUR, 1_000), (60.0, 1_000)], net_deposits=-400.0),
        an_equity_series([(HOUR, 500), (60.0, 500)], net_deposits=400.0),
        equity=(600.0, 900.0),
    )
    assert by_subject(book, "drawdown", Grain.DESK, window=DAY)["desk=alpha"] == 0.0
    assert by_subject(book, "loss_today", Grain.DESK)["desk=alpha"] == 0.0


def test_a_desk_of_which_one_account_is_not_known_is_unknown_and_names_it() -> None:
    known = an_equity_series([(HOUR, 1_000), (60.0, 900)])
    assert reason(of_two(known, None), "drawdown", Grain.DESK, window=DAY) == (
        "equity history of b: nothing recorded in the window"
    )
    blind = of_two(known, known, equity=(900.0, NAN))
    assert reason(blind, "drawdown", Grain.DESK, window=DAY) == "equity of b"
    doubtful = of_two(known, an_equity_series([(60.0, 500)], doubt="cash moved by +1.00"))
    assert reason(doubtful, "loss_today", Grain.DESK) == "equity of b: cash moved by +1.00"
    assert reason(doubtful, "drawdown", Grain.PORTFOLIO, window=DAY) == "equity of b: cash moved by +1.00"
    apart = of_two(known, an_equity_series([(7_200.0, 500)]))
    assert reason(apart, "drawdown", Grain.DESK, window=DAY) == (
        "equity history of a, b: never recorded in the same minute in the window"
    )
    emptied = of_two(
        an_equity_series([(60.0, 100)], net_deposits=-600.0),
        an_equity_series([(60.0, 100)]),
        equity=(-500.0, 100.0),
    )
    assert reason(emptied, "drawdown", Grain.DESK, window=DAY) == (
        "the highest equity of desk=alpha, on today's capital, is not positive"
    )


def test_cash_that_nobody_can_tell_makes_an_account_unknown() -> None:
    """Story F36: between the balance that shows a transfer and the history that tells it."""
    series = an_equity_series([(HOUR, 1_000)], doubt="cash moved by -600.00")
    assert with_equity(400, series)[1] == "equity of main: cash moved by -600.00"
    assert loss(400, series)[1] == "equity of main: cash moved by -600.00"


def test_order_rate_counts_the_orders_of_the_window() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1, strategy="scalp")])
    history = a_history(
        snapshot,
        activity=[
            ("main", "scalp", 1.0),
            ("main", "scalp", 9.0),
            ("main", "scalp", 10.0),
            ("main", "scalp", 11.0),
            ("main", "gone", 2.0),
            ("main", "scalp", -5.0),
        ],
    )
    book = book_of(snapshot, history)
    assert value(book, "order_rate", Grain.ACCOUNT, window=10.0) == pytest.approx(0.3)
    assert by_subject(book, "order_rate", Grain.STRATEGY, window=10.0) == {
        "account=main strategy=scalp": pytest.approx(0.2),
        "account=main strategy=unlabelled": 0.0,
    }


def test_orders_that_nobody_watched_are_unknown() -> None:
    snapshot = a_snapshot(accounts=[an_account()])
    book = book_of(snapshot, a_history(snapshot, complete_days=10.0 / DAY))
    assert value(book, "order_rate", Grain.ACCOUNT, window=10.0) == 0.0
    assert reason(book, "order_rate", Grain.ACCOUNT, window=60.0).startswith("orders of main: complete since")


def test_holding_time_is_the_age_of_the_position_and_never_negative() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1, opened_age_seconds=90.0)])
    assert value(snapshot, "holding_time", Grain.POSITION) == 90.0
    ahead = a_snapshot(positions=[a_position(BTC, 1, opened_age_seconds=-3.0)])
    assert value(ahead, "holding_time", Grain.POSITION) == 0.0
    unknown = a_snapshot(positions=[a_position(BTC, 1, opened_age_seconds=NAN)])
    assert reason(unknown, "holding_time", Grain.POSITION) == "time at which BTC/USDT:USDT was opened"
