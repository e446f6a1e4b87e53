"""The grid: bounds, sizes, turnover, and what it does not put back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import OrderRequest, OrderType, PositionSide, Side
from riskd.paper.strategies.grid import Grid, GridParameters
from tests.paper.strategies.small_markets import MINUTE_MS, START_MS, drawn, held, opened, run

MISSION = GridParameters(symbol="BTCUSDT", lower=Decimal(20_000), upper=Decimal(24_000))
DEPOSIT = 60_000


def _laid(*prices: float) -> tuple[Grid, Exchange]:
    actor = Grid("grid", MISSION)
    return actor, opened(drawn({"BTCUSDT": list(prices)}), actor, DEPOSIT)


def _worst_notional(exchange: Exchange) -> Decimal:
    """Cost of what is held and of every buy that rests."""
    holding = sum((one.quantity * one.entry_price for one in exchange.positions("grid")), Decimal(0))
    resting = sum(
        (one.remaining * (one.price or 0) for one in exchange.open_orders("grid") if one.side is Side.BUY),
        Decimal(0),
    )
    return holding + resting


def test_the_grid_rests_one_order_a_cell_between_its_bounds() -> None:
    _, exchange = _laid(22_050.0, 22_050.0)

    orders = exchange.open_orders("grid", "BTCUSDT")
    assert len(orders) == 20
    assert [one.price for one in orders if one.side is Side.BUY] == [20_000 + 200 * i for i in range(11)]
    assert [one.price for one in orders if one.side is Side.SELL] == [22_400 + 200 * i for i in range(9)]


def test_what_it_may_come_to_hold_costs_its_share_of_three_times_the_deposit() -> None:
    _, exchange = _laid(22_050.0, 22_050.0)

    assert float(_worst_notional(exchange)) == pytest.approx(0.85 * 3 * DEPOSIT, rel=0.005)


def test_falling_out_of_the_range_fills_every_cell_and_nothing_more() -> None:
    market = drawn({"BTCUSDT": [22_050.0, 21_000.0, 19_500.0, 19_000.0]})
    actor = Grid("grid", MISSION)
    exchange = opened(market, actor, DEPOSIT)
    quantity = exchange.open_orders("grid")[0].quantity

    run(exchange, market, actor.on_step, step_ms=1_000)

    assert held(exchange, "grid", "BTCUSDT") == 20 * quantity
    assert [one.side for one in exchange.open_orders("grid")] == [Side.SELL] * 20


def test_full_at_its_lower_bound_it_is_at_three_times_its_equity() -> None:
    market = drawn({"BTCUSDT": [22_050.0, 21_000.0, 19_990.0, 19_990.0]})
    actor = Grid("grid", MISSION)
    exchange = opened(market, actor, DEPOSIT)

    run(exchange, market, actor.on_step, step_ms=1_000)

    notional = held(exchange, "grid", "BTCUSDT") * 19_990
    assert 2.8 < float(notional / exchange.account("grid").margin_balance) <= 3.0


def test_a_round_trip_through_a_cell_earns_its_width() -> None:
    market = drawn({"BTCUSDT": [22_050.0, 21_990.0, 22_210.0, 22_210.0]})
    actor = Grid("grid", MISSION)
    exchange = opened(market, actor, DEPOSIT)
    before = held(exchange, "grid", "BTCUSDT")

    run(exchange, market, actor.on_step, step_ms=1_000)

    bought, sold = exchange.trades("grid", "BTCUSDT")[-2:]
    assert [bought.price, sold.price, bought.quantity - sold.quantity] == [22_000, 22_200, 0]
    assert held(exchange, "grid", "BTCUSDT") == before
    assert 22_000 in {one.price for one in exchange.open_orders("grid") if one.side is Side.BUY}


def test_a_cancelled_order_is_not_put_back() -> None:
    market = drawn({"BTCUSDT": [22_050.0] * 5})
    actor = Grid("grid", MISSION)
    exchange = opened(market, actor, DEPOSIT)

    for order in exchange.open_orders("grid"):
        if order.side is Side.BUY:
            exchange.cancel("grid", "BTCUSDT", order_id=order.order_id)
    run(exchange, market, actor.on_step)

    assert {one.side for one in exchange.open_orders("grid")} == {Side.SELL}


def test_inventory_that_others_closed_is_given_up_with_its_sells_and_not_bought_again() -> None:
    market = drawn({"BTCUSDT": [22_050.0] * 5})
    actor = Grid("grid", MISSION)
    exchange = opened(market, actor, DEPOSIT)
    quantity = exchange.open_orders("grid")[0].quantity

    request = OrderRequest(
        symbol="BTCUSDT", side=Side.SELL, type=OrderType.MARKET, quantity=quantity * 3, reduce_only=True
    )
    exchange.place("grid", request)
    run(exchange, market, actor.on_step)

    sells = [one.price for one in exchange.open_orders("grid") if one.side is Side.SELL]
    assert held(exchange, "grid", "BTCUSDT") == 6 * quantity
    assert sells == [22_400 + 200 * i for i in range(6)]
    assert len(exchange.trades("grid", "BTCUSDT")) == 2


def test_a_deleveraged_grid_never_sells_itself_short() -> None:
    market = drawn({"BTCUSDT": [22_050.0, 22_050.0, 25_000.0, 25_000.0]})
    actor = Grid("grid", MISSION)
    exchange = opened(market, actor, DEPOSIT)

    exchange.deleverage("grid", "BTCUSDT", PositionSide.BOTH, Decimal(1))
    run(exchange, market, actor.on_step, step_ms=1_000)

    assert held(exchange, "grid", "BTCUSDT") >= 0


@given(st.lists(st.floats(18_000.0, 26_000.0), min_size=2, max_size=12))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_no_path_takes_the_grid_over_its_bounds_or_its_budget(prices: list[float]) -> None:
    market = drawn({"BTCUSDT": [22_000.0, *prices]})
    actor = Grid("grid", MISSION)
    exchange = opened(market, actor, DEPOSIT)
    quantity = exchange.open_orders("grid")[0].quantity

    def check(exchange: Exchange, now_ms: int) -> None:
        actor.on_step(exchange, now_ms)
        orders = exchange.open_orders("grid")
        buys = sum(one.remaining for one in orders if one.side is Side.BUY)
        assert all(one.price is not None and MISSION.lower <= one.price <= MISSION.upper for one in orders)
        assert 0 <= held(exchange, "grid", "BTCUSDT") + buys <= 20 * quantity

    run(exchange, market, check, step_ms=10_000)
    assert actor.hand.refusals == []


# --- what riskd may tell it ------------------------------------------------------------------------------------------


AVERAGING = replace(MISSION, averages_down_after=2)
FALLING = [22_050.0, 21_990.0, 21_790.0, 21_790.0]


class Gate:
    """Says whether the account is paused."""

    def __init__(self) -> None:
        self.is_shut = False

    def __call__(self, account: str, symbol: str) -> bool:
        assert (account, symbol) == ("grid", "BTCUSDT")
        return self.is_shut


def _buys(exchange: Exchange) -> list[Decimal]:
    orders = exchange.open_orders("grid")
    return sorted(one.price for one in orders if one.side is Side.BUY and one.price is not None)


def test_after_two_buys_in_a_row_the_lowest_cells_are_laid_once_more_and_only_once() -> None:
    market = drawn({"BTCUSDT": [*FALLING, 21_590.0, 21_390.0, 21_390.0]})
    actor = Grid("grid", AVERAGING)
    exchange = opened(market, actor, DEPOSIT)
    run(exchange, market, actor.on_step)
    assert _buys(exchange)[:7] == [20_000, 20_000, 20_200, 20_200, 20_400, 20_400, 20_600]


def test_a_sale_in_between_begins_the_count_anew() -> None:
    market = drawn({"BTCUSDT": [22_050.0, 21_990.0, 22_210.0, 21_990.0, 21_990.0]})
    actor = Grid("grid", AVERAGING)
    exchange = opened(market, actor, DEPOSIT)
    run(exchange, market, actor.on_step)
    assert len(_buys(exchange)) == len(set(_buys(exchange)))


def test_a_paused_grid_buys_nothing_new_sells_on_and_takes_up_its_buys_afterwards() -> None:
    market = drawn({"BTCUSDT": [22_050.0, 21_990.0, 22_210.0, 22_210.0, 22_210.0]})
    gate = Gate()
    actor = Grid("grid", MISSION, paused=gate)
    exchange = opened(market, actor, DEPOSIT)
    before = held(exchange, "grid", "BTCUSDT")
    run(exchange, market, actor.on_step, until_ms=START_MS + MINUTE_MS)
    gate.is_shut = True
    run(exchange, market, actor.on_step, until_ms=START_MS + 3 * MINUTE_MS)
    assert held(exchange, "grid", "BTCUSDT") == before  # what it had bought at 22,000 it sold at 22,200
    assert 22_000 not in _buys(exchange)
    gate.is_shut = False
    run(exchange, market, actor.on_step, until_ms=START_MS + 4 * MINUTE_MS)
    assert 22_000 in _buys(exchange)


def test_a_paused_grid_does_not_average_down() -> None:
    market = drawn({"BTCUSDT": FALLING})
    gate = Gate()
    gate.is_shut = True
    actor = Grid("grid", AVERAGING, paused=gate)
    exchange = opened(market, actor, DEPOSIT)
    run(exchange, market, actor.on_step)
    assert _buys(exchange) == []
