"""A book supposed at other prices is the book that the builders make anew at those prices, for every measure."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from riskd.measure.book.book import Book
from riskd.measure.catalogue import select_all, take
from riskd.measure.supposed.suppose_prices import EVERYTHING, PricePath, coins_of, of_coin
from riskd.model.arrays import codes, floats
from riskd.model.collateral import CollateralColumns
from riskd.model.scenario import Scenario
from riskd.model.snapshot import SEVERAL_ASSETS, Snapshot
from riskd.model.subject import Grain
from tests.builders import (
    BTC,
    ETH,
    NAN,
    a_history,
    a_position,
    a_snapshot,
    a_spot,
    an_account,
    an_instrument,
)
from tests.measure.books import reason, value
from tests.measure.comparison import ALL, ref_of
from tests.measure.moved_books import random_holdings

LUNA = Scenario(name="luna", title="Terra fails", others=-0.6, moves=(("BTC", -0.3), ("SOL", 0.2)))


def moved(snapshot: Snapshot, share: float, scenario: Scenario = EVERYTHING) -> Snapshot:
    return PricePath.of(snapshot, a_history(snapshot), scenario).at(share)[0]


def all_values(book: Book) -> dict[str, list[float]]:
    return {
        f"{name} per {grain}": take(book, ref_of(name), grain, select_all(book)).values.tolist()
        for name, grain in ALL
    }


@pytest.mark.parametrize(
    "scenario", [EVERYTHING, of_coin("BTC"), of_coin("ETH"), LUNA], ids=lambda each: each.name
)
@settings(max_examples=25, derandomize=True, deadline=None)
@given(seed=st.integers(0, 10**6), share=st.floats(-0.95, 1.5))
@example(seed=1, share=-0.5)
def test_every_measure_of_a_supposed_book_is_that_of_a_fresh_one(
    scenario: Scenario, seed: int, share: float
) -> None:
    holdings = random_holdings(seed)
    path = PricePath.of(*holdings.at(lambda _: 0.0), scenario)
    supposed = Book.of(*path.at(share))
    fresh = Book.of(*holdings.at(lambda coin: max(scenario.moves_of([coin])[0] * share, -1.0)))
    expected = all_values(fresh)
    for name, values in all_values(supposed).items():
        assert values == pytest.approx(expected[name], rel=1e-6, abs=1e-7, nan_ok=True), name


@settings(max_examples=25, derandomize=True, deadline=None)
@given(seed=st.integers(0, 10**6), share=st.floats(-0.95, 1.5))
def test_the_venues_own_figures_are_what_it_would_state(seed: int, share: float) -> None:
    holdings = random_holdings(seed)
    supposed, history = PricePath.of(*holdings.at(lambda _: 0.0), EVERYTHING).at(share)
    fresh, past = holdings.at(lambda _: share)
    for column in ("mark_price", "notional", "unrealized_pnl", "initial_margin", "maintenance_margin"):
        here, there = getattr(supposed.positions, column), getattr(fresh.positions, column)
        assert np.allclose(here, there, rtol=1e-9, atol=1e-6), column
    for column in (
        "equity",
        "wallet_balance",
        "cross_wallet_balance",
        "maintenance_margin",
        "initial_margin",
    ):
        here, there = getattr(supposed.accounts, column), getattr(fresh.accounts, column)
        assert np.allclose(here, there, rtol=1e-9, atol=1e-6), column
    assert np.allclose(history.collateral.balance, past.collateral.balance, rtol=1e-9, atol=1e-6)
    assert np.allclose(history.liquidity.paid, past.liquidity.paid, rtol=1e-9)


def test_a_fall_by_a_tenth_in_numbers() -> None:
    # 2 BTC long, bought at 58,000, now 60,000: 4,000 gained. At 54,000 the position has lost 8,000.
    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=20_000.0)], positions=[a_position(BTC, 2, entry=58_000.0)]
    )
    after = moved(snapshot, -0.1)
    assert after.positions.mark_price.tolist() == [54_000.0]
    assert after.positions.notional.tolist() == [108_000.0]
    assert after.positions.unrealized_pnl.tolist() == [-8_000.0]
    assert after.accounts.equity.tolist() == [12_000.0]
    assert after.positions.initial_margin.tolist() == [10_800.0]
    assert after.positions.maintenance_margin[0] == pytest.approx(432.0)  # 0.4 % of 108,000
    assert after.accounts.available_balance[0] == pytest.approx(12_000.0 - 10_800.0)
    assert value(after, "leverage", Grain.ACCOUNT) == pytest.approx(9.0)
    assert value(after, "margin_ratio", Grain.ACCOUNT) == pytest.approx(0.036)


def test_maintenance_keeps_the_proportion_in_which_the_venue_states_it() -> None:
    # Ours is 0.4 % of 120,000 = 480, the venue says 600; at 132,000 ours is 528, and the venue's 660.
    snapshot = a_snapshot(positions=[a_position(BTC, 2, maintenance_margin=600.0)])
    after = moved(snapshot, 0.1)
    assert after.positions.maintenance_margin[0] == pytest.approx(660.0)
    assert after.accounts.maintenance_margin[0] == pytest.approx(660.0)


def test_without_brackets_a_fall_needs_no_more_in_proportion_and_a_rise_is_unknown() -> None:
    snapshot = a_snapshot(
        positions=[a_position(BTC, 2, maintenance_margin=600.0)],
        instruments=[an_instrument(BTC, brackets=())],
    )
    assert moved(snapshot, -0.5).positions.maintenance_margin[0] == pytest.approx(300.0)
    after = moved(snapshot, 0.5)
    assert math.isnan(after.positions.maintenance_margin[0])
    assert math.isnan(value(after, "margin_ratio", Grain.ACCOUNT))


def test_what_only_the_venue_knows_after_a_move_is_dropped_and_ours_is_used() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=20_000.0)],
        positions=[
            a_position(BTC, 2, liquidation_price=51_000.0, adl_rank=2.0),
            a_position(ETH, 10, liquidation_price=2_800.0, isolated_wallet=2_000.0, adl_rank=3.0),
        ],
    )
    after = moved(snapshot, -0.05, of_coin("BTC"))
    # An isolated position stands by itself: its price is as true as it was. The queue of a coin that stands still, too.
    assert np.array_equal(after.positions.liquidation_price, [NAN, 2_800.0], equal_nan=True)
    assert np.array_equal(after.positions.adl_rank, [NAN, 3.0], equal_nan=True)
    assert value(after, "liquidation_distance", Grain.POSITION) > 0.0
    assert "ADL rank" in reason(after, "adl_rank", Grain.POSITION)


def test_coins_at_par_stay_and_a_thousand_of_a_coin_are_that_coin() -> None:
    snapshot = a_snapshot(
        positions=[a_position("1000PEPE/USDT:USDT", 10), a_position("USDC/USDT:USDT", 10)], spot=[a_spot()]
    )
    assert coins_of(snapshot) == {"PEPE", "USDC", "BTC"}
    assert moved(snapshot, -0.3).positions.mark_price.tolist() == pytest.approx([70.0, 100.0])
    assert moved(snapshot, -0.3, of_coin("PEPE")).positions.mark_price.tolist() == pytest.approx(
        [70.0, 100.0]
    )
    assert moved(snapshot, -0.3, of_coin("PEPE")).spot.price.tolist() == [60_000.0]


def test_no_price_falls_below_zero() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1)])
    assert moved(snapshot, 2.0, LUNA).positions.mark_price[0] == pytest.approx(24_000.0)
    assert moved(snapshot, 5.0, LUNA).positions.mark_price.tolist() == [0.0]


def test_a_position_that_is_not_known_leaves_equity_unknown_where_it_moves() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main"), an_account("other")],
        positions=[a_position(BTC, 1, confirmed=False), a_position(ETH, 1, account="other")],
    )
    equity = moved(snapshot, -0.1).accounts.equity
    assert math.isnan(equity[0])
    assert equity[1] == pytest.approx(99_700.0)
    assert moved(snapshot, -0.1, of_coin("ETH")).accounts.equity[0] == 100_000.0


def test_an_account_backed_by_coins_nobody_read_has_an_unknown_equity_and_not_a_stale_one() -> None:
    snapshot = a_snapshot(positions=[a_position(ETH, 1)])
    several = replace(snapshot, accounts=replace(snapshot.accounts, basis=(SEVERAL_ASSETS,)))
    assert math.isnan(moved(several, -0.1).accounts.equity[0])
    held = CollateralColumns(account=codes([0]), asset=("BTC",), balance=floats([1.0]))
    history = replace(a_history(several), collateral=held)
    unpriced, _ = PricePath.of(several, history, EVERYTHING).at(-0.1)
    assert math.isnan(unpriced.accounts.equity[0])
    assert "equity" in reason(unpriced, "leverage", Grain.ACCOUNT)
    still, _ = PricePath.of(several, history, of_coin("ETH")).at(-0.1)
    assert still.accounts.equity[0] == pytest.approx(99_700.0)


def test_free_margin_is_never_below_zero_and_unknown_where_the_lack_was_not_told() -> None:
    snapshot = a_snapshot(accounts=[an_account("main", available=500.0)], positions=[a_position(BTC, 1)])
    assert moved(snapshot, -0.2).accounts.available_balance.tolist() == [0.0]
    poor = a_snapshot(accounts=[an_account("main", available=0.0)], positions=[a_position(BTC, 1)])
    assert math.isnan(moved(poor, 0.2).accounts.available_balance[0])


def test_orders_and_the_past_are_as_they_were() -> None:
    snapshot, history = random_holdings(7).at(lambda _: 0.0)
    after, past = PricePath.of(snapshot, history, EVERYTHING).at(-0.3)
    assert after.orders is snapshot.orders
    assert past.prices is history.prices
    assert past.equity is history.equity
    assert after.instruments is snapshot.instruments
