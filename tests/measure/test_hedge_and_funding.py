"""Hedges, and what holding costs."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from riskd.model.desk import StrategyMatch
from riskd.model.subject import Grain
from tests.builders import (
    BTC,
    ETH,
    NAN,
    SOL,
    a_grid,
    a_hedge,
    a_history,
    a_position,
    a_snapshot,
    a_spot,
    an_account,
    an_instrument,
    perpetual_leg,
    spot_leg,
)
from tests.measure.books import book_of, by_subject, reason, value, values

DAY = 86_400.0


def carry(perpetual: float, spot: float, *, ratio: str = "1", price: float = 60_000.0) -> float:
    snapshot = a_snapshot(
        positions=[a_position(BTC, perpetual)] if perpetual else [],
        spot=[a_spot("BTC", spot, price)],
        hedges=(a_hedge(ratio=ratio),),
    )
    return value(snapshot, "hedge_ratio", Grain.HEDGE)


def test_a_hedge_ratio_is_the_hedge_over_what_is_hedged() -> None:
    assert carry(-1.0, 1.0) == 1.0
    assert carry(-0.94, 1.0) == pytest.approx(0.94)
    assert carry(0.0, 1.0) == 0.0


def test_a_hedge_ratio_of_one_asset_does_not_move_with_the_basis() -> None:
    assert carry(-1.0, 1.0, price=58_000.0) == 1.0
    assert carry(-1.0, 1.0, price=NAN) == 1.0


def test_the_ratio_is_a_share_of_what_is_wanted() -> None:
    assert carry(-0.5, 1.0, ratio="0.5") == 1.0


def test_a_hedge_on_the_same_side_is_negative() -> None:
    assert carry(0.5, 1.0) == -0.5


def test_an_orphan_leg_is_infinite_and_an_empty_hedge_is_as_wanted() -> None:
    assert carry(-1.0, 0.0) == math.inf
    assert carry(0.0, 0.0) == 1.0


def test_legs_in_different_assets_compare_by_worth() -> None:
    snapshot = a_snapshot(
        positions=[a_position(BTC, 1), a_position(ETH, -18)],
        hedges=(a_hedge("cross", perpetual_leg(BTC), perpetual_leg(ETH)),),
    )
    assert value(snapshot, "hedge_ratio", Grain.HEDGE) == pytest.approx(0.9)


def test_both_sides_of_hedge_mode_are_one_leg() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(hedge_mode=True)],
        positions=[
            a_position(BTC, 0.5, position_side="LONG"),
            a_position(BTC, -1.5, position_side="SHORT"),
        ],
        spot=[a_spot("BTC", 1.0)],
        hedges=(a_hedge(),),
    )
    assert value(snapshot, "hedge_ratio", Grain.HEDGE) == 1.0


def test_an_unknown_leg_is_named() -> None:
    snapshot = a_snapshot(
        positions=[a_position(BTC, -1, confirmed=False)], spot=[a_spot()], hedges=(a_hedge(),)
    )
    assert reason(snapshot, "hedge_ratio", Grain.HEDGE) == "quantity of BTC/USDT:USDT in main"
    nowhere = a_snapshot(
        accounts=[an_account()], spot=[a_spot()], hedges=(a_hedge("h", spot_leg("BTC"), spot_leg("DOGE")),)
    )
    assert reason(nowhere, "hedge_ratio", Grain.HEDGE) == "quantity of DOGE in main"


def test_basis_is_the_widest_gap_of_a_perpetual_leg() -> None:
    snapshot = a_snapshot(
        accounts=[an_account()],
        instruments=[
            an_instrument(BTC, mark=60_000, index=60_300),
            an_instrument(ETH, mark=3_030, index=3_000),
        ],
        hedges=(a_hedge("cross", perpetual_leg(BTC), perpetual_leg(ETH)),),
    )
    assert value(snapshot, "basis", Grain.HEDGE) == pytest.approx(0.01)


def test_basis_needs_an_index_and_a_perpetual() -> None:
    dark = a_snapshot(
        accounts=[an_account()], instruments=[an_instrument(BTC, index=NAN)], hedges=(a_hedge(),)
    )
    assert reason(dark, "basis", Grain.HEDGE) == "mark or index price of BTC/USDT:USDT"
    coins = a_snapshot(accounts=[an_account()], hedges=(a_hedge("h", spot_leg("BTC"), spot_leg("BTC")),))
    assert reason(coins, "basis", Grain.HEDGE) == "no leg is a perpetual"


def test_funding_is_paid_by_longs_and_received_by_shorts_when_the_rate_is_positive() -> None:
    snapshot = a_snapshot(
        instruments=[an_instrument(BTC, funding_rate=0.0008), an_instrument(ETH, funding_rate=-0.0004)],
        positions=[a_position(BTC, 1), a_position(ETH, 1), a_position(SOL, -1)],
    )
    assert values(snapshot, "funding_rate", Grain.POSITION) == [0.0001, -0.00005, -0.0001 / 8]


def test_rates_of_unequal_intervals_become_comparable() -> None:
    snapshot = a_snapshot(
        instruments=[
            an_instrument(BTC, funding_rate=0.0008, interval_hours=8),
            an_instrument(ETH, funding_rate=0.0001, interval_hours=1),
        ],
        positions=[a_position(BTC, 1), a_position(ETH, 1)],
    )
    assert values(snapshot, "funding_rate", Grain.POSITION) == [0.0001, 0.0001]


def test_an_unknown_rate_is_named() -> None:
    snapshot = a_snapshot(instruments=[an_instrument(BTC, interval_hours=NAN)], positions=[a_position()])
    assert reason(snapshot, "funding_rate", Grain.POSITION) == "funding rate or interval of BTC/USDT:USDT"


def test_funding_cost_is_what_was_paid_in_the_window_over_equity() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=10_000, strategies=(StrategyMatch(symbols=("*",), strategy="swing"),))],
        positions=[a_position(BTC, 1, opened_age_seconds=9 * DAY)],
        spot=[a_spot()],
        hedges=(a_hedge(),),
    )
    history = a_history(
        snapshot,
        funding=[
            ("main", BTC, "swing", -30.0, 2.5 * DAY),
            ("main", BTC, "swing", 5.0, 0.5 * DAY),
            ("main", ETH, "other", -100.0, 0.5 * DAY),
            ("main", BTC, "swing", -1_000.0, 4 * DAY),
            ("main", BTC, "swing", -9_999.0, -60.0),
        ],
    )
    book = book_of(snapshot, history)
    assert value(book, "funding_cost", Grain.ACCOUNT, window=3 * DAY) == pytest.approx(0.0125)
    assert value(book, "funding_cost", Grain.POSITION, window=3 * DAY) == pytest.approx(0.0025)
    assert value(book, "funding_cost", Grain.HEDGE, window=3 * DAY) == pytest.approx(0.0025)
    assert by_subject(book, "funding_cost", Grain.STRATEGY, window=3 * DAY) == {
        "account=main strategy=swing": pytest.approx(0.0025),
        "account=main strategy=unlabelled": 0.0,
    }


def test_a_position_answers_only_for_funding_since_it_was_opened() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1, opened_age_seconds=3_600.0)])
    history = a_history(
        snapshot,
        funding=[("main", BTC, "swing", -50.0, 7_200.0), ("main", BTC, "swing", -10.0, 1_800.0)],
        complete_days=0.5,
    )
    book = book_of(snapshot, history)
    assert value(book, "funding_cost", Grain.POSITION, window=10 * DAY) == pytest.approx(0.0001)
    assert math.isnan(value(book, "funding_cost", Grain.ACCOUNT, window=10 * DAY))


def test_a_history_that_is_too_short_is_unknown_and_says_from_when_it_is_complete() -> None:
    snapshot = a_snapshot(accounts=[an_account()])
    short = book_of(snapshot, a_history(snapshot, complete_days=1.0))
    assert reason(short, "funding_cost", Grain.ACCOUNT, window=3 * DAY) == (
        "funding history of main: complete since 2026-03-01T12:00:00+00:00 only, "
        "needed since 2026-02-27T12:00:00+00:00"
    )
    assert value(short, "funding_cost", Grain.ACCOUNT, window=DAY) == 0.0
    never = book_of(snapshot, a_history(snapshot, complete_days=NAN))
    assert reason(never, "funding_cost", Grain.ACCOUNT, window=DAY) == "funding history of main: never read"


def test_a_hedge_is_known_while_the_history_of_all_its_accounts_covers_the_window() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("a"), an_account("b")],
        hedges=(a_hedge("h", perpetual_leg(BTC, "a"), perpetual_leg(BTC, "b")),),
    )
    book = book_of(snapshot, a_history(snapshot, complete_days=1.0))
    assert value(book, "funding_cost", Grain.HEDGE, window=DAY) == 0.0
    assert reason(book, "funding_cost", Grain.HEDGE, window=2 * DAY).startswith("funding history of a")


def test_a_leg_in_an_account_that_is_not_configured_makes_its_hedge_unknown() -> None:
    snapshot = a_snapshot(accounts=[an_account("a")], instruments=[an_instrument(BTC)])
    nowhere = a_hedge("h", perpetual_leg(BTC, "a"), perpetual_leg(BTC, "gone"))
    desk = replace(snapshot.desk, hedges=(nowhere,))
    book = book_of(replace(snapshot, desk=desk), a_history(snapshot))
    assert reason(book, "hedge_ratio", Grain.HEDGE) == "account gone of leg BTC/USDT:USDT is not configured"
    assert math.isnan(value(book, "funding_cost", Grain.HEDGE, window=DAY))
    assert math.isnan(value(book, "net_delta", Grain.HEDGE))


def test_a_grid_in_an_account_that_is_not_configured_is_unknown() -> None:
    snapshot = a_snapshot(accounts=[an_account("a")], instruments=[an_instrument(BTC)])
    desk = replace(snapshot.desk, grids=(a_grid("g", BTC, "gone"),))
    book = book_of(replace(snapshot, desk=desk), a_history(snapshot))
    expected = "BTC/USDT:USDT in account gone is not in the snapshot"
    for name in (
        "grid_worst_leverage",
        "grid_worst_loss",
        "grid_worst_liquidation_distance",
        "grid_breakout",
    ):
        assert reason(book, name, Grain.GRID) == expected
