"""Placing, filling, resting, cancelling; the venue's filters and their codes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from riskd.paper.engine.order_checks import OPEN_ORDERS_MAX
from riskd.paper.engine.types import (
    OrderRequest,
    OrderStatus,
    PositionSide,
    Quote,
    TimeInForce,
)
from tests.paper.engine.builders import (
    D,
    contract,
    held,
    limit,
    market,
    open_exchange,
    position,
    quote,
    refused,
    step,
    stop,
)

THIN = quote(spread_rate=D("0.0002"), depth_usd=D(100_000))  # bid 9,999, ask 10,001


def thin(price: str = "10000") -> Quote:
    return quote(price, spread_rate=D("0.0002"), depth_usd=D(100_000))


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (market("BUY", "1", symbol="NOPEUSDT"), -1121),
        (market("BUY", "1", position_side=PositionSide.LONG), -4061),
        (stop("SELL", "1", "9000"), -4120),
        (market("BUY", "0"), -4003),
        (market("BUY", "-1"), -4003),
        (market("BUY", "0.0001"), -1111),
        (limit("BUY", "1000.001", "10000"), -4005),
        (market("BUY", "500.001"), -4005),
        (limit("BUY", "1", "10000.05"), -4014),
        (limit("BUY", "1", "-10"), -4001),
        (limit("BUY", "0.001", "4000"), -4164),
        (limit("BUY", "1", "10500.1"), -4016),
        (limit("SELL", "1", "9499.9"), -4024),
        (limit("BUY", "1", "10000", time_in_force=TimeInForce.GTX), -5022),
        (limit("SELL", "1", "10000", time_in_force=TimeInForce.GTX), -5022),
        (market("BUY", "1", price=D(10_000)), -1106),
        (market("SELL", "1", reduce_only=True), -2022),
        (market("BUY", "1", close_position=True), -1106),
    ],
)
def test_an_order_that_breaks_a_rule_is_refused_with_the_venues_code(
    request_: OrderRequest, code: int
) -> None:
    exchange = open_exchange(accounts={"a": 10_000_000})
    with refused(code):
        exchange.place("a", request_)
    assert exchange.open_orders("a") == ()
    assert held(exchange) == 0


def test_a_quantity_under_the_minimum_is_refused() -> None:
    exchange = open_exchange(contract(quantity_min=D("0.01")))
    with refused(-4004):
        exchange.place("a", market("BUY", "0.005"))


@pytest.mark.parametrize(
    "request_",
    [replace(limit("BUY", "1", "9000"), quantity=None), replace(limit("BUY", "1", "9000"), price=None)],
)
def test_a_missing_parameter_is_refused(request_: OrderRequest) -> None:
    exchange = open_exchange()
    with refused(-1102):
        exchange.place("a", request_)


def test_a_market_order_is_refused_when_the_book_has_left_the_price_band_around_mark() -> None:
    exchange = open_exchange()
    exchange.place("a", market("BUY", "1"))
    step(exchange, quote("10000", last=D(9_400)))
    with refused(-4131):
        exchange.place("a", market("SELL", "1", reduce_only=True))
    exchange.place("a", market("BUY", "1"))
    assert held(exchange) == 2


def test_a_market_order_takes_only_to_the_band_and_the_rest_expires() -> None:
    exchange = open_exchange(quotes={"BTCUSDT": thin()}, accounts={"a": 10_000_000})
    order = exchange.place("a", market("BUY", "200"))
    assert order.status is OrderStatus.EXPIRED
    reach = (D("10500") / D("10001") - 1) / D("0.01") * 100_000 / D("10001")
    assert reach - D("0.001") < order.executed_quantity <= reach
    assert held(exchange) == order.executed_quantity


def test_a_taker_pays_spread_impact_and_fee() -> None:
    exchange = open_exchange(quotes={"BTCUSDT": thin()})
    order = exchange.place("a", market("BUY", "1"))
    expected = D(10_001) * (1 + D(10_001) / 100_000 * D("0.01") / 2)
    (trade,) = exchange.trades("a", "BTCUSDT")
    assert order.status is OrderStatus.FILLED
    assert order.cumulative_quote == trade.quote == expected.quantize(D("1E-8"))
    assert trade.fee == (trade.quote * D("0.0005")).quantize(D("1E-8"))
    assert not trade.maker
    assert exchange.account("a").wallet_balance == 100_000 - trade.fee


def test_a_marketable_limit_order_takes_to_its_limit_and_rests() -> None:
    exchange = open_exchange(quotes={"BTCUSDT": thin()})
    order = exchange.place("a", limit("BUY", "3", "10011"))
    assert order.status is OrderStatus.PARTIALLY_FILLED
    assert 0 < order.executed_quantity < 3
    assert exchange.open_orders("a") == (order,)


def test_ioc_takes_what_it_can_and_expires() -> None:
    exchange = open_exchange(quotes={"BTCUSDT": thin()})
    order = exchange.place("a", limit("BUY", "3", "10011", time_in_force=TimeInForce.IOC))
    assert order.status is OrderStatus.EXPIRED
    assert 0 < order.executed_quantity < 3
    assert exchange.open_orders("a") == ()


@pytest.mark.parametrize(("quantity", "status"), [("3", OrderStatus.EXPIRED), ("0.5", OrderStatus.FILLED)])
def test_fok_fills_whole_or_not_at_all(quantity: str, status: OrderStatus) -> None:
    exchange = open_exchange(quotes={"BTCUSDT": thin()})
    order = exchange.place("a", limit("BUY", quantity, "10011", time_in_force=TimeInForce.FOK))
    assert order.status is status
    assert held(exchange) == (D(quantity) if status is OrderStatus.FILLED else 0)


def test_a_resting_order_fills_as_maker_at_its_own_price_when_the_market_trades_through() -> None:
    exchange = open_exchange()
    order = exchange.place("a", limit("BUY", "2", "9900", time_in_force=TimeInForce.GTX))
    step(exchange, "9900")
    assert held(exchange) == 0, "a touch fills nothing"
    step(exchange, "9890")
    (trade,) = exchange.trades("a", "BTCUSDT")
    assert (trade.price, trade.quantity, trade.maker) == (D(9900), D(2), True)
    assert trade.fee == D("3.96")
    assert exchange.order("a", "BTCUSDT", order_id=order.order_id).status is OrderStatus.FILLED


def test_a_resting_order_fills_in_parts_when_the_book_is_thin() -> None:
    exchange = open_exchange(quotes={"BTCUSDT": thin()})
    exchange.place("a", limit("SELL", "3", "10100"))
    step(exchange, thin("10120"))
    after_one = held(exchange)
    assert -3 < after_one < 0
    step(exchange, thin("10120"))
    assert held(exchange) < after_one


def test_cancelling_ends_an_order_once() -> None:
    exchange = open_exchange()
    order = exchange.place("a", limit("BUY", "1", "9900", client_order_id="mine"))
    assert exchange.cancel("a", "BTCUSDT", client_order_id="mine").status is OrderStatus.CANCELED
    with refused(-2011):
        exchange.cancel("a", "BTCUSDT", order_id=order.order_id)
    step(exchange, "9800")
    assert held(exchange) == 0


def test_cancel_all_takes_one_symbols_ordinary_orders_and_leaves_conditional_ones() -> None:
    exchange = open_exchange(contract(), contract("ETHUSDT"))
    for symbol in ("BTCUSDT", "ETHUSDT"):
        exchange.place("a", limit("BUY", "1", "9900", symbol=symbol))
        exchange.place_algo("a", stop("SELL", "1", "9000", symbol=symbol))
    assert exchange.cancel_all("a", "BTCUSDT") == 1
    assert [order.symbol for order in exchange.open_orders("a")] == ["ETHUSDT"]
    assert len(exchange.open_algo_orders("a")) == 2
    assert exchange.cancel_all_algo("a", "BTCUSDT") == 1


def test_a_client_id_is_unique_among_open_orders_only() -> None:
    exchange = open_exchange()
    first = exchange.place("a", limit("BUY", "1", "9900", client_order_id="again"))
    with refused(-4116):
        exchange.place("a", market("BUY", "1", client_order_id="again"))
    step(exchange, "9890")
    second = exchange.place("a", market("SELL", "1", client_order_id="again"))
    assert exchange.order("a", "BTCUSDT", client_order_id="again") == second
    assert exchange.order("a", "BTCUSDT", order_id=first.order_id).client_order_id == "again"


def test_an_order_nobody_placed_does_not_exist() -> None:
    exchange = open_exchange()
    with refused(-2013):
        exchange.order("a", "BTCUSDT", client_order_id="nobody")
    with refused(-2013):
        exchange.algo_order("a", algo_id=7)


def test_open_orders_are_bounded() -> None:
    exchange = open_exchange(accounts={"a": 10_000_000})
    for _ in range(OPEN_ORDERS_MAX):
        exchange.place("a", limit("BUY", "0.001", "9900"))
    with refused(-2025):
        exchange.place("a", limit("BUY", "0.001", "9900"))


def test_a_flip_realizes_the_old_side_and_opens_the_new_one() -> None:
    exchange = open_exchange(contract(taker_fee_rate=D(0)))
    exchange.place("a", market("BUY", "1"))
    step(exchange, "11000")
    exchange.place("a", market("SELL", "3"))
    found = position(exchange)
    assert found is not None
    assert (found.quantity, found.entry_price) == (D(-2), D(11_000))
    assert exchange.trades("a", "BTCUSDT")[-1].realized_pnl == 1000
    assert exchange.account("a").wallet_balance == 101_000


def test_hedge_mode_holds_both_sides_apart() -> None:
    exchange = open_exchange(hedge_mode=True)
    exchange.place("a", market("BUY", "2", position_side=PositionSide.LONG))
    exchange.place("a", market("SELL", "1", position_side=PositionSide.SHORT))
    with refused(-4061):
        exchange.place("a", market("BUY", "1"))
    quantities = {p.position_side: p.quantity for p in exchange.positions("a")}
    assert quantities == {PositionSide.LONG: D(2), PositionSide.SHORT: D(-1)}


def test_events_of_orders_placed_between_steps_come_with_the_next_advance() -> None:
    exchange = open_exchange()
    exchange.place("a", market("BUY", "1"))
    assert [type(event).__name__ for event in step(exchange, "10000")] == ["Filled"]
    assert step(exchange, "10000") == ()


def test_time_cannot_go_back() -> None:
    exchange = open_exchange()
    with pytest.raises(ValueError, match="time cannot go back"):
        exchange.advance(exchange.now_ms - 1, {})


@pytest.mark.parametrize("change", [{"mark": D(0)}, {"depth_usd": D(0)}, {"spread_rate": D(-1)}])
def test_a_quote_that_no_market_can_have_is_refused(change: dict[str, Decimal]) -> None:
    exchange = open_exchange()
    with pytest.raises(ValueError, match="expected positive prices"):
        step(exchange, quote(**change))


def test_an_account_that_is_not_open_is_named() -> None:
    with pytest.raises(ValueError, match=r"no account 'z'; open are \['a'\]"):
        open_exchange().account("z")


def test_all_orders_of_a_symbol_are_kept_open_and_ended_apart_from_conditional_ones() -> None:
    exchange = open_exchange(contract(), contract("ETHUSDT"))
    resting = exchange.place("a", limit("BUY", "1", "9900"))
    filled = exchange.place("a", market("BUY", "1"))
    exchange.place("a", market("BUY", "1", symbol="ETHUSDT"))
    algo = exchange.place_algo("a", stop("SELL", "1", "9000"))
    cancelled = exchange.cancel_algo("a", algo_id=algo.order_id)
    assert exchange.orders("a", "BTCUSDT") == (resting, filled)
    assert exchange.algo_orders("a", "BTCUSDT") == (cancelled,)
