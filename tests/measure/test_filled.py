"""What would be held if the resting orders filled, worked by hand."""

from __future__ import annotations

import math

import pytest

from riskd.measure.catalogue import CATALOGUE
from riskd.measure.spec import Remedy, Selection
from riskd.model.report import Surface
from riskd.model.snapshot import OrderKind, Quality
from riskd.model.subject import Grain
from tests.builders import (
    BTC,
    ETH,
    NAN,
    SOL,
    OrderRow,
    PositionRow,
    a_position,
    a_snapshot,
    a_stop,
    a_surface,
    an_account,
    an_instrument,
    an_order,
)
from tests.measure.books import book_of, by_subject, reason, selected, value, values

FLAT = an_instrument(BTC, brackets=((0.0, 0.005),))


def leverage(*orders: OrderRow, held: float = 0.0, equity: float = 60_000.0) -> float:
    """Of an account with so much BTC at 60,000."""
    positions = [a_position(BTC, held)] if held else []
    snapshot = a_snapshot(accounts=[an_account(equity=equity)], positions=positions, orders=orders)
    return value(snapshot, "filled_leverage", Grain.ACCOUNT)


# ---- one-way mode --------------------------------------------------------------------------------------------------


def test_without_orders_it_is_the_leverage() -> None:
    assert leverage(held=2) == leverage(held=-2) == 2.0
    assert leverage() == 0.0


def test_the_worse_of_all_buys_and_all_sells_counts_never_both() -> None:
    buys = [an_order(BTC, "BUY", 1, 59_000), an_order(BTC, "BUY", 1, 58_000)]
    sell = an_order(BTC, "SELL", 3, 60_000)
    assert leverage(*buys) == 2.0
    assert leverage(*buys, sell) == 3.0
    assert leverage(*buys, sell, held=2) == 4.0


def test_an_order_against_the_position_closes_it_first() -> None:
    assert leverage(an_order(BTC, "BUY", 1, 59_000), held=-2) == 2.0
    assert leverage(an_order(BTC, "BUY", 5, 59_000), held=-2) == 3.0
    assert leverage(an_order(BTC, "SELL", 5, 60_000), held=2) == 3.0


def test_an_order_counts_at_the_mark_or_at_its_own_price_if_that_is_higher() -> None:
    assert leverage(an_order(BTC, "SELL", 1, 66_000)) == pytest.approx(1.1)
    assert leverage(an_order(BTC, "BUY", 1, 30_000)) == 1.0
    # A sell that first closes 1 of 3: 2 are opened, at the average of 63,000 and 66,000.
    sells = [an_order(BTC, "SELL", 1, 63_000), an_order(BTC, "SELL", 2, 66_000)]
    assert leverage(*sells, held=1) == pytest.approx(2 * (63_000 + 2 * 66_000) / 3 / 60_000)


def test_an_entry_behind_a_trigger_counts() -> None:
    entry = a_stop(BTC, "BUY", 2, 63_000, reduce_only=False)
    assert leverage(entry) == pytest.approx(2.1)
    trailing = an_order(BTC, "BUY", 2, kind=OrderKind.TRAILING, conditional=True)
    assert leverage(trailing) == 2.0


def test_what_can_only_close_enlarges_nothing() -> None:
    assert leverage(a_stop(BTC, "SELL", 9, 57_000), held=1) == 1.0
    assert leverage(an_order(BTC, "SELL", 9, 66_000, reduce_only=True), held=1) == 1.0
    assert leverage(a_stop(BTC, "SELL", 0, 57_000, close_position=True, reduce_only=False), held=1) == 1.0


# ---- hedge mode ----------------------------------------------------------------------------------------------------


def test_in_hedge_mode_each_side_fills_by_itself() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(equity=60_000, hedge_mode=True)],
        positions=[a_position(BTC, 1, position_side="LONG"), a_position(BTC, -1, position_side="SHORT")],
        orders=[
            an_order(BTC, "BUY", 2, 59_000, position_side="LONG"),
            an_order(BTC, "SELL", 4, 60_000, position_side="LONG"),  # closes only
            an_order(BTC, "SELL", 3, 60_000, position_side="SHORT"),
        ],
    )
    assert value(snapshot, "filled_leverage", Grain.ACCOUNT) == 3.0 + 4.0


def test_a_side_that_nobody_holds_yet_counts() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(equity=60_000, hedge_mode=True)],
        orders=[an_order(BTC, "SELL", 3, 60_000, position_side="SHORT")],
    )
    assert value(snapshot, "filled_leverage", Grain.ACCOUNT) == 3.0


# ---- subjects ------------------------------------------------------------------------------------------------------


def test_accounts_desks_and_the_portfolio_add_up_markets_and_not_sides_of_several_accounts() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("a", desk="x", equity=60_000), an_account("b", desk="x", equity=60_000)],
        orders=[an_order(BTC, "BUY", 1, 59_000, "a"), an_order(BTC, "SELL", 2, 60_000, "b")],
    )
    assert values(snapshot, "filled_leverage", Grain.ACCOUNT) == [1.0, 2.0]
    assert values(snapshot, "filled_leverage", Grain.DESK) == [1.5]
    assert values(snapshot, "filled_leverage", Grain.PORTFOLIO) == [1.5]


def test_a_strategy_has_its_own_positions_and_its_own_orders() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(equity=60_000)],
        positions=[a_position(BTC, 1, strategy="swing")],
        orders=[
            an_order(BTC, "BUY", 2, 59_000, strategy="grid"),
            an_order(BTC, "SELL", 2, 60_000, strategy="swing"),
        ],
    )
    assert by_subject(snapshot, "filled_leverage", Grain.STRATEGY) == {
        "account=main strategy=grid": 2.0,
        "account=main strategy=swing": 1.0,
        "account=main strategy=unlabelled": 0.0,
    }


def test_a_selection_picks_positions_and_orders() -> None:
    book = book_of(
        a_snapshot(
            accounts=[an_account(equity=60_000)],
            positions=[a_position(BTC, 1), a_position(ETH, 10)],
            orders=[an_order(BTC, "BUY", 1, 59_000), an_order(ETH, "BUY", 10, 2_900)],
        )
    )
    only_btc = Selection(
        positions=book.tables.positions.instrument == 0, orders=book.tables.orders.instrument == 0
    )
    assert selected(book, "filled_leverage", Grain.ACCOUNT, only_btc).values.tolist() == [2.0]
    assert value(book, "filled_leverage", Grain.ACCOUNT) == 3.0


def test_an_asset_that_is_only_ordered_is_the_largest_there_would_be() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(equity=60_000)],
        positions=[a_position(BTC, 0.1), a_position("BTC/USDC:USDC", 0.1, mark=60_000.0)],
        orders=[an_order(SOL, "BUY", 100, 140), an_order(BTC, "BUY", 0.1, 59_000)],
    )
    # SOL: 100 · 150 = 15,000; BTC: 0.1 + 0.1 and 0.1 of the other contract: 18,000.
    assert value(snapshot, "filled_asset_share", Grain.ACCOUNT) == pytest.approx(0.3)
    only = a_snapshot(accounts=[an_account(equity=60_000)], orders=[an_order(SOL, "BUY", 400, 140)])
    assert value(only, "filled_asset_share", Grain.ACCOUNT) == 1.0
    assert value(a_snapshot(), "filled_asset_share", Grain.ACCOUNT) == 0.0


# ---- what is missing -----------------------------------------------------------------------------------------------


def test_it_names_what_is_missing() -> None:
    dark = an_instrument(ETH, mark=NAN)
    order = an_order(ETH, "BUY", 1, 2_900)
    unpriced = a_snapshot(instruments=[dark], orders=[order])
    for name in ("filled_leverage", "filled_asset_share"):
        assert reason(unpriced, name, Grain.ACCOUNT) == "mark price of ETH/USDT:USDT"
        gone = a_snapshot(positions=[a_position(BTC, 1, confirmed=False)])
        assert reason(gone, name, Grain.ACCOUNT).endswith("absent from the newest answer, not proven closed")
        poor = a_snapshot(accounts=[an_account(equity=NAN)], orders=[an_order(BTC, "BUY", 1, 1)])
        assert reason(poor, name, Grain.ACCOUNT) == "equity of main"
    only_closing = a_snapshot(instruments=[dark], orders=[an_order(ETH, "SELL", 1, 2_900, reduce_only=True)])
    assert value(only_closing, "filled_leverage", Grain.ACCOUNT) == 0.0


def test_a_list_of_orders_that_was_not_read_makes_it_unknown() -> None:
    blind = a_surface(Surface.CONDITIONAL_ORDERS, quality=Quality.BLIND)
    snapshot = a_snapshot(positions=[a_position(BTC, 1)], surfaces=[blind])
    assert reason(snapshot, "filled_leverage", Grain.ACCOUNT) == "conditional_orders: BLIND"


def test_orders_without_equity_are_infinite_leverage() -> None:
    assert leverage(an_order(BTC, "BUY", 1, 59_000), equity=0.0) == math.inf
    assert leverage(equity=-1.0) == 0.0


def test_cancelling_is_what_helps() -> None:
    names = ("filled_leverage", "filled_asset_share", "filled_liquidation_distance")
    assert {CATALOGUE[name].remedy for name in names} == {Remedy.CANCEL}


# ---- liquidation on the way ----------------------------------------------------------------------------------------


def room(*orders: OrderRow, position: PositionRow | None = None, wallet: float = 20_000.0) -> float:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=wallet, hedge_mode=False)],
        instruments=[FLAT],
        positions=[position or a_position(BTC, 1)],
        orders=orders,
    )
    return value(snapshot, "filled_liquidation_distance", Grain.POSITION)


def test_without_orders_liquidation_is_where_it_was() -> None:
    # 20,000 + (L - 60,000) = 0.005·L
    price = 40_000 / 0.995
    assert room() == pytest.approx(1 - price / 60_000, rel=1e-12)


def test_a_buy_below_brings_liquidation_nearer() -> None:
    # 1 from 60,000 and 1 from 54,000: 20,000 + (L - 60,000) + (L - 54,000) = 2·0.005·L
    price = 94_000 / 1.99
    assert room(an_order(BTC, "BUY", 1, 54_000)) == pytest.approx(1 - price / 60_000, rel=1e-12)


def test_a_buy_beyond_liquidation_never_fills() -> None:
    assert room(an_order(BTC, "BUY", 5, 35_000)) == room()


def test_an_order_that_ends_the_account_when_it_fills_is_liquidation_there() -> None:
    # 20 more from 45,000: 5,000 are left of the wallet, and 21·45,000·0.5 % = 4,725 are needed. 30 more need 6,975.
    assert room(an_order(BTC, "BUY", 30, 45_000)) == pytest.approx(0.25, rel=1e-12)
    price = (60_000 + 20 * 45_000 - 20_000) / (21 * 0.995)
    assert room(an_order(BTC, "BUY", 20, 45_000)) == pytest.approx(1 - price / 60_000, rel=1e-12)


def test_a_ladder_is_filled_rung_by_rung() -> None:
    rungs = [an_order(BTC, "BUY", 0.5, price) for price in (40_000, 57_000, 54_000, 51_000)]
    paid = 60_000 + 0.5 * (57_000 + 54_000 + 51_000)
    price = (paid - 20_000) / (2.5 * 0.995)
    assert price > 40_000
    assert room(*rungs) == pytest.approx(1 - price / 60_000, rel=1e-12)


def test_an_entry_above_mark_fills_first() -> None:
    # A stop entry at 63,000 costs 3,000 on the way back to mark.
    entry = a_stop(BTC, "BUY", 1, 63_000, reduce_only=False)
    price = (60_000 + 63_000 - 20_000) / 1.99
    assert room(entry) == pytest.approx(1 - price / 60_000, rel=1e-12)


def test_sells_that_turn_a_long_round_are_met_on_the_way_up() -> None:
    # At 66,000 the long is closed with 6,000 won and 2 are short: 26,000 - 2·(L - 66,000) = 2·0.005·L
    price = (26_000 + 132_000) / 2.01
    assert price / 60_000 - 1 < room()
    assert room(an_order(BTC, "SELL", 3, 66_000)) == pytest.approx(price / 60_000 - 1, rel=1e-12)


def test_what_closes_does_not_matter() -> None:
    stop, target = a_stop(BTC, "SELL", 1, 57_000), an_order(BTC, "SELL", 1, 66_000, reduce_only=True)
    assert room(stop, target) == room()


def test_an_isolated_position_gains_margin_with_each_fill() -> None:
    held = a_position(BTC, 1, isolated_wallet=6_000.0, leverage=10.0)
    alone = 1 - (54_000 / 0.995) / 60_000
    assert room(position=held) == pytest.approx(alone, rel=1e-12)
    # 1 more at 57,000 brings 5,700: 11,700 + 2·L - 117,000 = 0.01·L
    price = (117_000 - 11_700) / 1.99
    assert room(an_order(BTC, "BUY", 1, 57_000), position=held) == pytest.approx(
        1 - price / 60_000, rel=1e-12
    )


def test_an_isolated_position_that_is_turned_round_has_a_margin_of_its_own() -> None:
    held = a_position(BTC, 1, isolated_wallet=30_000.0, leverage=10.0)
    # 2 short from 66,000 with 13,200: 13,200 - 2·(L - 66,000) = 0.01·L
    price = (13_200 + 132_000) / 2.01
    assert room(an_order(BTC, "SELL", 3, 66_000), position=held) == pytest.approx(price / 60_000 - 1)


def test_a_short_meets_sells_on_its_way_up() -> None:
    short = a_position(BTC, -1)
    price = (20_000 + 60_000 + 66_000) / 2.01
    assert room(an_order(BTC, "SELL", 1, 66_000), position=short) == pytest.approx(price / 60_000 - 1)
    assert room(an_order(BTC, "BUY", 1, 54_000), position=short) == room(position=short)


def test_in_hedge_mode_a_side_that_is_not_held_yet_fills_into_the_cross_margin() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=20_000, hedge_mode=True)],
        instruments=[FLAT],
        positions=[a_position(BTC, -1, position_side="SHORT")],
        orders=[an_order(BTC, "BUY", 3, 54_000, position_side="LONG")],
    )
    # On the way down the short wins 6,000, then 3 long lose: 20,000 + (60,000 - L) + 3·(L - 54,000) = 0.02·L
    price = (162_000 - 80_000) / (2 - 0.02)
    assert value(snapshot, "filled_liquidation_distance", Grain.POSITION) == pytest.approx(1 - price / 60_000)


def test_it_says_what_keeps_it_unknown() -> None:
    trailing = an_order(BTC, "BUY", 1, kind=OrderKind.TRAILING, order_id="77")
    snapshot = a_snapshot(positions=[a_position(BTC, 1)], orders=[trailing])
    name = "filled_liquidation_distance"
    assert reason(snapshot, name, Grain.POSITION) == "price or quantity of order 77 of BTC/USDT:USDT"
    bare = a_snapshot(instruments=[an_instrument(BTC, brackets=())], positions=[a_position(BTC, 1)])
    assert reason(bare, name, Grain.POSITION) == "leverage brackets of BTC/USDT:USDT"
    unset = a_snapshot(
        positions=[a_position(BTC, 1, isolated_wallet=6_000.0, leverage=NAN)],
        orders=[an_order(BTC, "BUY", 1, 57_000)],
    )
    assert reason(unset, name, Grain.POSITION) == "leverage setting of BTC/USDT:USDT"


def test_what_nothing_liquidates_stays_infinite() -> None:
    assert room(wallet=1e9) == math.inf
