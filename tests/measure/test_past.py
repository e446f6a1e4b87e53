"""Drawdown, the loss of the day, order rates and holding times."""

from __future__ import annotations

import math

import pytest

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
