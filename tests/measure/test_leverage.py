"""Leverage: what is held for each unit of capital."""

from __future__ import annotations

import math

import numpy as np
import pytest

from riskd.measure.catalogue import select_all
from riskd.measure.spec import Selection
from riskd.model.subject import Grain
from tests.builders import BTC, ETH, NAN, a_position, a_snapshot, an_account
from tests.measure.books import book_of, by_subject, measured, reason, selected, value, values


def test_leverage_is_gross_notional_over_equity() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=30_000)], positions=[a_position(BTC, 1), a_position(ETH, -10)]
    )
    assert value(snapshot, "leverage", Grain.ACCOUNT) == pytest.approx(90_000 / 30_000)


def test_both_sides_of_hedge_mode_count() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=60_000, hedge_mode=True)],
        positions=[a_position(BTC, 1, position_side="LONG"), a_position(BTC, -1, position_side="SHORT")],
    )
    assert value(snapshot, "leverage", Grain.ACCOUNT) == 2.0


@pytest.mark.parametrize("equity", [0.0, -1.0, -1e6])
def test_leverage_is_infinite_when_something_is_held_without_equity(equity: float) -> None:
    snapshot = a_snapshot(accounts=[an_account(equity=equity)], positions=[a_position()])
    assert value(snapshot, "leverage", Grain.ACCOUNT) == math.inf


@pytest.mark.parametrize("equity", [100_000.0, 0.0, -5.0])
def test_leverage_of_nothing_is_zero(equity: float) -> None:
    assert value(a_snapshot(accounts=[an_account(equity=equity)]), "leverage", Grain.ACCOUNT) == 0.0


def test_missing_equity_is_unknown_not_zero() -> None:
    snapshot = a_snapshot(accounts=[an_account(equity=NAN)])
    assert math.isnan(value(snapshot, "leverage", Grain.ACCOUNT))
    assert reason(snapshot, "leverage", Grain.ACCOUNT) == "equity of main"


def test_a_missing_mark_price_is_named() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC), a_position(ETH, mark=NAN)])
    assert reason(snapshot, "leverage", Grain.ACCOUNT) == "mark price of ETH/USDT:USDT"


def test_a_position_that_may_be_gone_makes_leverage_unknown_not_smaller() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC), a_position(ETH, confirmed=False)])
    assert reason(snapshot, "leverage", Grain.ACCOUNT) == (
        "position ETH/USDT:USDT long: absent from the newest answer, not proven closed"
    )


def test_one_unknown_account_makes_the_portfolio_unknown_and_is_named() -> None:
    snapshot = a_snapshot(accounts=[an_account("a"), an_account("b", equity=NAN)])
    assert reason(snapshot, "leverage", Grain.PORTFOLIO) == "equity of b"
    assert values(snapshot, "leverage", Grain.ACCOUNT)[0] == 0.0


def test_desks_and_the_portfolio_sum_their_accounts_and_no_desk_is_none() -> None:
    snapshot = a_snapshot(
        accounts=[
            an_account("a", wallet=60_000, desk="alpha"),
            an_account("b", wallet=30_000, desk="alpha"),
            an_account("c", wallet=10_000),
        ],
        positions=[a_position(BTC, 1, "a"), a_position(BTC, 1, "b"), a_position(BTC, 1, "c")],
    )
    assert by_subject(snapshot, "leverage", Grain.DESK) == {"desk=alpha": pytest.approx(120 / 90)}
    assert values(snapshot, "leverage", Grain.PORTFOLIO) == [pytest.approx(1.8)]


def test_a_selection_restricts_what_is_summed_but_not_the_equity() -> None:
    book = book_of(
        a_snapshot(accounts=[an_account(wallet=30_000)], positions=[a_position(BTC, 1), a_position(ETH, -10)])
    )
    only_eth = Selection(positions=np.array([False, True]), orders=select_all(book).orders)
    assert selected(book, "leverage", Grain.ACCOUNT, only_eth).values[0] == 1.0


def test_what_is_not_selected_may_be_unknown() -> None:
    book = book_of(
        a_snapshot(
            accounts=[an_account(wallet=30_000, equity=30_000)],
            positions=[a_position(BTC, 1, mark=NAN), a_position(ETH, 10)],
        )
    )
    only_eth = Selection(positions=np.array([False, True]), orders=select_all(book).orders)
    assert selected(book, "leverage", Grain.ACCOUNT, only_eth).values[0] == 1.0


def test_strategies_are_those_declared_and_those_seen() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=60_000)], positions=[a_position(BTC, 1, strategy="hedge")]
    )
    assert by_subject(snapshot, "leverage", Grain.STRATEGY) == {
        "account=main strategy=hedge": 1.0,
        "account=main strategy=unlabelled": 0.0,
    }


def test_leverage_of_a_cross_position_is_notional_over_its_initial_margin() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, -1, leverage=20)])
    assert value(snapshot, "position_leverage", Grain.POSITION) == 20.0


def test_the_leverage_setting_stands_in_for_a_missing_initial_margin() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1, leverage=20, initial_margin=NAN)])
    assert value(snapshot, "position_leverage", Grain.POSITION) == 20.0
    neither = a_snapshot(positions=[a_position(BTC, 1, leverage=NAN, initial_margin=NAN)])
    assert reason(neither, "position_leverage", Grain.POSITION) == (
        "initial margin and leverage setting of BTC/USDT:USDT"
    )


def test_leverage_of_an_isolated_position_grows_as_it_loses() -> None:
    fresh = a_snapshot(positions=[a_position(BTC, 1, isolated_wallet=6_000.0)])
    losing = a_snapshot(positions=[a_position(BTC, 1, entry=63_000, isolated_wallet=6_000.0)])
    lost = a_snapshot(positions=[a_position(BTC, 1, entry=66_000, isolated_wallet=6_000.0)])
    found = [value(book, "position_leverage", Grain.POSITION) for book in (fresh, losing, lost)]
    assert found == [10.0, 20.0, math.inf]


def test_an_empty_book_has_no_positions_to_measure() -> None:
    measurement = measured(a_snapshot(), "position_leverage", Grain.POSITION)
    assert len(measurement.subjects) == len(measurement.values) == len(measurement.unknown) == 0
