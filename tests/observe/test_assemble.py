"""A sound world becomes a snapshot that says the same in columns."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from riskd.model.desk import (
    AccountProfile,
    Desk,
    GridDefinition,
    HedgeDefinition,
    HedgeLeg,
    LegKind,
    StrategyMatch,
)
from riskd.model.report import Surface
from riskd.model.snapshot import OrderKind, Provenance, Quality
from tests.fakes.clock import NOON
from tests.observe.rows import VENUE, a_fill, a_stop, an_order
from tests.observe.world import (
    ACCOUNT,
    BTC,
    ETH,
    Held,
    Watch,
    World,
    not_ok,
    quality,
    reason,
    report,
    reports,
)


def test_a_sound_world_is_ok_on_every_surface() -> None:
    snapshot = Watch().see(reports(World().answers()))

    assert not_ok(snapshot) == {}


def test_positions_say_what_the_venue_says() -> None:
    positions = Watch().see(reports(World().answers())).positions

    assert positions.quantity_exact == (Decimal("0.500"), Decimal("-10.000"))
    assert positions.quantity.tolist() == [0.5, -10.0]
    assert positions.notional.tolist() == [30_000.0, -30_000.0]
    assert positions.unrealized_pnl.tolist() == [1_000.0, 1_000.0]
    assert positions.maintenance_margin.tolist() == [120.0, 120.0]
    assert positions.leverage_setting.tolist() == [20.0, 20.0]
    assert positions.cannot_be_liquidated.tolist() == [True, True]
    assert np.isnan(positions.liquidation_price).all()
    assert [positions.side(row) for row in range(2)] == ["long", "short"]
    assert positions.confirmed.all()


def test_rows_stand_in_the_order_of_the_snapshots_own_codes() -> None:
    world = World(held=tuple(reversed(World().held)))

    snapshot = Watch().see(reports(world.answers()))

    assert [instrument.symbol for instrument in snapshot.instruments] == [BTC, ETH]
    assert snapshot.positions.instrument.tolist() == [0, 1]


def test_the_account_says_what_the_venue_says() -> None:
    accounts = Watch().see(reports(World().answers())).accounts

    assert accounts.equity.tolist() == [102_000.0]
    assert accounts.wallet_balance.tolist() == [100_000.0]
    assert accounts.maintenance_margin.tolist() == [240.0]
    assert accounts.hedge_mode.tolist() == [False]


def test_a_contract_that_is_not_listed_with_an_interval_settles_every_eight_hours() -> None:
    quotes = Watch().see(reports(World().answers())).quotes

    assert quotes.funding_interval_hours.tolist() == [8.0, 4.0]
    assert quotes.funding_rate.tolist() == [0.0001, 0.0001]
    assert quotes.next_funding_at.tolist() == [NOON.replace(hour=16).timestamp()] * 2


def test_brackets_are_rectangular_with_unused_cells_beyond_reach() -> None:
    answers = World().answers()
    table = answers[Surface.BRACKETS]
    assert isinstance(table, list)
    assert isinstance(table[1], dict)
    table[1]["brackets"] = [
        {
            "initialLeverage": 50,
            "notionalCap": 800000,
            "notionalFloor": 0,
            "maintMarginRatio": 0.01,
            "cum": 0.0,
        }
    ]

    quotes = Watch().see(reports(answers)).quotes

    assert quotes.bracket_floor.tolist() == [[0.0, 300_000.0], [0.0, float("inf")]]
    assert quotes.bracket_rate[0].tolist() == [0.004, 0.005]
    assert np.isnan(quotes.bracket_rate[1, 1])


def test_a_contract_that_is_asked_for_is_shown_though_nobody_holds_it() -> None:
    answers = World(held=(Held(symbol="BTCUSDT", quantity="0.500", entry="58000"),)).answers()
    plain = Watch().see(reports(answers))
    asked = Watch(asked=frozenset({ETH, "NOSUCH/USDT:USDT"})).see(reports(answers))

    assert [each.symbol for each in plain.instruments] == [BTC]
    assert [each.symbol for each in asked.instruments] == [BTC, ETH], "what no venue lists is left out"
    assert asked.quotes.mark_price.tolist() == [60_000.0, 3_000.0]
    assert np.isfinite(asked.quotes.bracket_rate).all()
    assert not_ok(asked) == {}
    assert np.array_equal(asked.positions.notional, plain.positions.notional)


def test_both_lists_of_orders_stand_together() -> None:
    world = World(orders=[an_order()], conditional_orders=[a_stop()])

    orders = Watch().see(reports(world.answers())).orders

    assert orders.kind == (OrderKind.LIMIT, OrderKind.STOP)
    assert orders.conditional.tolist() == [False, True]
    assert orders.direction.tolist() == [-1.0, -1.0]
    assert orders.remaining.tolist()[0] == 0.15
    assert np.isnan(orders.remaining[1])
    assert orders.remaining_exact == (Decimal("0.150"), Decimal(0))
    assert orders.trigger_price.tolist()[1] == 57_000.0
    assert np.isnan(orders.price[1])
    assert orders.close_position.tolist() == [False, True]


def test_one_order_list_failing_leaves_the_other_ok() -> None:
    answers = World(orders=[an_order()]).answers()
    del answers[Surface.CONDITIONAL_ORDERS]

    snapshot = Watch().see(reports(answers), [report(Surface.CONDITIONAL_ORDERS, None, failure="timeout")])

    assert quality(snapshot, Surface.ORDERS) is Quality.OK
    assert quality(snapshot, Surface.CONDITIONAL_ORDERS) is Quality.BLIND
    assert len(snapshot.orders) == 1


def test_hedge_mode_holds_both_sides_of_a_contract_apart() -> None:
    world = World(
        hedge_mode=True,
        held=[
            Held(symbol="BTCUSDT", side="SHORT", quantity="-0.100", entry="61000"),
            Held(symbol="BTCUSDT", side="LONG", quantity="0.500", entry="58000"),
        ],
    )

    snapshot = Watch().see(reports(world.answers()))

    assert not_ok(snapshot) == {}
    assert snapshot.positions.position_side == ("LONG", "SHORT")
    assert snapshot.accounts.hedge_mode.tolist() == [True]


def test_an_isolated_position_keeps_its_own_wallet() -> None:
    world = World(held=[Held(symbol="BTCUSDT", quantity="0.500", entry="58000", isolated_wallet="1500")])

    positions = Watch().see(reports(world.answers())).positions

    assert positions.isolated.tolist() == [True]
    assert positions.isolated_wallet.tolist() == [1500.0]


def test_the_first_matching_line_names_the_strategy() -> None:
    profile = AccountProfile(
        id=ACCOUNT,
        venue=VENUE,
        strategies=(
            StrategyMatch(symbols=("BTC/*",), client_id_prefix="hd-", strategy="hedge"),
            StrategyMatch(symbols=("BTC/*",), strategy="swing"),
        ),
    )
    swing = Watch(desk=Desk(accounts=(profile,)))
    hedged = Watch(desk=Desk(accounts=(profile,)))

    plain = swing.see(reports(World().answers()))
    named = hedged.see(reports(World(orders=[an_order(clientOrderId="hd-1")]).answers()))

    assert [plain.strategies[code] for code in plain.positions.strategy] == ["swing", "unlabelled"]
    assert [named.strategies[code] for code in named.positions.strategy] == ["hedge", "unlabelled"]
    assert [named.strategies[code] for code in named.orders.strategy] == ["hedge"]


def test_a_strategy_stays_when_the_order_that_named_it_has_filled() -> None:
    profile = AccountProfile(
        id=ACCOUNT,
        venue=VENUE,
        strategies=(StrategyMatch(symbols=("*",), client_id_prefix="hd-", strategy="hedge"),),
    )
    watch = Watch(desk=Desk(accounts=(profile,)))
    watch.see(reports(World(orders=[an_order(clientOrderId="hd-1")]).answers()))
    later = NOON + timedelta(seconds=10)

    snapshot = watch.see(reports(World(at=later).answers(), at=later))

    assert [snapshot.strategies[code] for code in snapshot.positions.strategy] == ["hedge", "unlabelled"]


def test_fills_of_a_known_order_name_the_strategy_and_tell_when_the_position_was_opened() -> None:
    profile = AccountProfile(
        id=ACCOUNT,
        venue=VENUE,
        strategies=(StrategyMatch(symbols=("*",), client_id_prefix="hd-", strategy="hedge"),),
    )
    watch = Watch(desk=Desk(accounts=(profile,)))
    watch.see(
        reports(World(held=[], orders=[an_order(clientOrderId="hd-1", orderId=9002, side="BUY")]).answers())
    )
    opened = NOON + timedelta(seconds=5)
    later = NOON + timedelta(seconds=10)
    world = World(
        at=later,
        held=[Held(symbol="BTCUSDT", quantity="0.500", entry="58000", changed_at=opened)],
        trades={
            "BTCUSDT": [
                a_fill(1, "SELL", "0.300", at=NOON - timedelta(days=1)),
                a_fill(2, "BUY", "0.500", at=opened),
            ]
        },
    )

    snapshot = watch.see(reports(world.answers(), at=later))

    assert [snapshot.strategies[code] for code in snapshot.positions.strategy] == ["hedge"]
    assert snapshot.positions.opened_at.tolist() == [opened.timestamp()]


def test_a_position_that_appears_is_as_old_as_riskd_saw_it_and_one_found_at_the_start_is_of_unknown_age() -> (
    None
):
    watch = Watch()
    first = World(held=World().held[:1])
    later = NOON + timedelta(seconds=10)

    before = watch.see(reports(first.answers()))
    after = watch.see(reports(World(at=later).answers(), at=later))

    assert np.isnan(before.positions.opened_at[0])
    assert np.isnan(after.positions.opened_at[0])
    assert after.positions.opened_at[1] == later.timestamp()


def test_spot_legs_are_priced_by_the_index_of_the_coins_perpetual() -> None:
    hedge = HedgeDefinition(
        id="carry",
        legs=(
            HedgeLeg(account=ACCOUNT, kind=LegKind.SPOT, name="ETH"),
            HedgeLeg(account=ACCOUNT, kind=LegKind.PERPETUAL, name=ETH),
        ),
    )
    watch = Watch(desk=replace(Watch().desk, hedges=(hedge,)))

    snapshot = watch.see(reports(World(spot={"ETH": "10.00000000", "BNB": "1.0"}).answers()))

    assert snapshot.spot.asset == ("ETH",)
    assert snapshot.spot.quantity.tolist() == [10.0]
    assert snapshot.spot.price.tolist() == [3000.0]
    assert quality(snapshot, Surface.SPOT_BALANCES) is Quality.OK


def test_a_hedge_or_grid_on_an_unlisted_contract_is_said() -> None:
    grid = GridDefinition(id="g", account=ACCOUNT, symbol="MOON/USDT:USDT")
    snapshot = Watch(desk=replace(Watch().desk, grids=(grid,))).see(reports(World().answers()))

    assert quality(snapshot, Surface.INSTRUMENTS) is Quality.PARTIAL
    assert "MOON/USDT:USDT" in reason(snapshot, Surface.INSTRUMENTS)


def test_every_column_says_where_it_comes_from() -> None:
    provenance = {column: source for _, column, source in Watch().see(reports(World().answers())).provenance}

    assert provenance["positions.quantity"] is Provenance.REPORTED
    assert provenance["positions.notional"] is Provenance.DERIVED
    assert provenance["positions.liquidation_price"] is Provenance.MISSING
    assert provenance["accounts.equity"] is Provenance.REPORTED


def test_a_desk_that_was_never_read_is_blind_everywhere_and_knows_nothing() -> None:
    snapshot = Watch().see(now=NOON)

    assert {state.quality for state in snapshot.surfaces} == {Quality.BLIND}
    assert np.isnan(snapshot.accounts.equity).all()
    assert len(snapshot.positions) == 0


def test_reports_may_come_in_any_order() -> None:
    news = reports(World(orders=[an_order()]).answers())

    forwards, backwards = Watch().see(news), Watch().see(list(reversed(news)))

    assert forwards.positions.quantity.tolist() == backwards.positions.quantity.tolist()
    assert not_ok(backwards) == {}


def test_a_report_of_an_unknown_venue_is_a_fault_of_ours() -> None:
    foreign = replace(report(Surface.POSITIONS, []), venue="mtgox")

    with pytest.raises(ValueError, match="mtgox"):
        Watch().see([foreign])
