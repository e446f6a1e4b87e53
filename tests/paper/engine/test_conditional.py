"""Conditional orders: when they trigger, what they become, what becomes of them."""

from __future__ import annotations

import pytest

from riskd.paper.engine.types import (
    AlgoStatus,
    OrderRequest,
    OrderStatus,
    OrderType,
    PositionSide,
    WorkingType,
)
from tests.paper.engine.builders import (
    D,
    contract,
    held,
    limit,
    market,
    open_exchange,
    quote,
    refused,
    step,
    stop,
)


def take_profit(side: str, quantity: str | None, trigger: str, **changes: object) -> OrderRequest:
    return stop(side, quantity, trigger, type=OrderType.TAKE_PROFIT_MARKET, **changes)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (limit("BUY", "1", "9000"), -1102),
        (stop("SELL", "1", "9000", symbol="NOPE"), -1121),
        (stop("SELL", "1", "9000", position_side=PositionSide.LONG), -4061),
        (stop("SELL", None, "9000"), -1102),
        (stop("SELL", "1", "9000.05"), -4014),
        (stop("SELL", "1", "9000", trigger_price=None), -1102),
        (stop("SELL", "1", "9000", price=D(8_900)), -1106),
        (stop("SELL", "1", "9000", close_position=True), -1106),
        (stop("SELL", None, "9000", close_position=True, reduce_only=True), -1106),
        (stop("SELL", "0.001", "1000"), -4164),
    ],
)
def test_a_conditional_order_that_breaks_a_rule_is_refused(request_: OrderRequest, code: int) -> None:
    exchange = open_exchange()
    with refused(code):
        exchange.place_algo("a", request_)
    assert exchange.open_algo_orders("a") == ()


@pytest.mark.parametrize(
    "request_",
    [
        stop("SELL", "1", "10000"),
        stop("BUY", "1", "10000"),
        take_profit("SELL", "1", "10000"),
        take_profit("BUY", "1", "10000"),
        stop("SELL", "1", "9500", working_type=WorkingType.CONTRACT_PRICE),
    ],
)
def test_a_trigger_that_has_been_passed_is_refused_by_its_own_working_price(request_: OrderRequest) -> None:
    exchange = open_exchange(quotes={"BTCUSDT": quote("10000", last=D(9_400))})
    with refused(-2021):
        exchange.place_algo("a", request_)


@pytest.mark.parametrize(
    ("request_", "before", "after"),
    [
        (stop("SELL", "1", "9900"), "9900.1", "9900"),
        (stop("BUY", "1", "10100"), "10099.9", "10100"),
        (take_profit("SELL", "1", "10100"), "10099.9", "10100"),
        (take_profit("BUY", "1", "9900"), "9900.1", "9900"),
    ],
)
def test_each_kind_triggers_at_its_price_and_not_before(
    request_: OrderRequest, before: str, after: str
) -> None:
    exchange = open_exchange()
    algo = exchange.place_algo("a", request_)
    step(exchange, before)
    assert held(exchange) == 0
    step(exchange, after)
    assert abs(held(exchange)) == 1
    assert exchange.algo_order("a", algo_id=algo.order_id).algo_status is AlgoStatus.FINISHED


def test_mark_and_contract_price_trigger_apart() -> None:
    exchange = open_exchange()
    exchange.place("a", market("BUY", "2"))
    exchange.place_algo("a", stop("SELL", "1", "9800", client_order_id="mark"))
    exchange.place_algo(
        "a", stop("SELL", "1", "9800", client_order_id="last", working_type=WorkingType.CONTRACT_PRICE)
    )
    step(exchange, quote("9900", last=D(9_700)))
    assert [order.client_order_id for order in exchange.open_algo_orders("a")] == ["mark"]
    assert held(exchange) == 1


def test_a_triggered_order_names_the_market_order_it_became() -> None:
    exchange = open_exchange()
    exchange.place("a", market("BUY", "2"))
    algo = exchange.place_algo("a", stop("SELL", "1", "9800", client_order_id="sl-1", reduce_only=True))
    assert exchange.open_orders("a") == ()
    step(exchange, "9700")
    ended = exchange.algo_order("a", client_order_id="sl-1")
    assert ended.working_order_id is not None
    working = exchange.order("a", "BTCUSDT", order_id=ended.working_order_id)
    assert (working.type, working.status, working.client_order_id) == (
        OrderType.MARKET,
        OrderStatus.FILLED,
        "sl-1",
    )
    assert ended.order_id == algo.order_id
    assert exchange.trades("a", "BTCUSDT")[-1].price == 9700, "it fills at the market, not at the trigger"


def test_close_position_closes_whatever_is_there() -> None:
    exchange = open_exchange()
    exchange.place("a", market("BUY", "1"))
    exchange.place_algo("a", stop("SELL", None, "9800", close_position=True))
    exchange.place("a", market("BUY", "2"))
    step(exchange, "9700")
    assert held(exchange) == 0


def test_a_closing_order_that_finds_nothing_expires_and_opens_nothing() -> None:
    exchange = open_exchange()
    exchange.place("a", market("BUY", "1"))
    full = exchange.place_algo("a", stop("SELL", None, "9800", close_position=True))
    part = exchange.place_algo("a", stop("SELL", "1", "9800", reduce_only=True))
    exchange.place("a", market("SELL", "1"))
    step(exchange, "9700")
    assert held(exchange) == 0
    for order in (full, part):
        assert exchange.algo_order("a", algo_id=order.order_id).algo_status is AlgoStatus.EXPIRED


def test_a_second_close_position_order_in_the_same_direction_is_refused() -> None:
    exchange = open_exchange()
    exchange.place_algo("a", stop("SELL", None, "9800", close_position=True))
    exchange.place_algo("a", take_profit("SELL", None, "11000", close_position=True))
    with refused(-4130):
        exchange.place_algo("a", stop("SELL", None, "9700", close_position=True))


def test_close_position_on_the_opening_side_of_a_hedge_is_refused() -> None:
    exchange = open_exchange(hedge_mode=True)
    with refused(-2022):
        exchange.place_algo(
            "a", stop("SELL", None, "9800", close_position=True, position_side=PositionSide.SHORT)
        )


def test_two_stops_cannot_close_more_than_is_held() -> None:
    exchange = open_exchange()
    exchange.place("a", market("BUY", "1"))
    for _ in range(2):
        exchange.place_algo("a", stop("SELL", "1", "9800", reduce_only=True))
    step(exchange, "9700")
    assert held(exchange) == 0


def test_a_stop_triggers_although_a_resting_take_profit_claims_the_position() -> None:
    exchange = open_exchange()
    exchange.place("a", market("BUY", "1"))
    exchange.place("a", limit("SELL", "1", "10400", reduce_only=True))
    exchange.place_algo("a", stop("SELL", "1", "9800", reduce_only=True))
    step(exchange, "9700")
    assert held(exchange) == 0
    assert exchange.open_orders("a") == ()


def test_a_triggered_order_without_margin_is_rejected() -> None:
    exchange = open_exchange(accounts={"a": 100})
    algo = exchange.place_algo("a", stop("BUY", "1", "10100"))
    step(exchange, "10200")
    assert exchange.algo_order("a", algo_id=algo.order_id).algo_status is AlgoStatus.REJECTED
    assert held(exchange) == 0


def test_a_stop_fails_when_the_book_has_left_the_price_band() -> None:
    exchange = open_exchange()
    exchange.place("a", market("BUY", "1"))
    algo = exchange.place_algo("a", stop("SELL", None, "9800", close_position=True))
    step(exchange, quote("9800", last=D(9_000)))
    assert exchange.algo_order("a", algo_id=algo.order_id).algo_status is AlgoStatus.REJECTED
    assert held(exchange) == 1


def test_client_ids_of_conditional_orders_are_their_own_list() -> None:
    exchange = open_exchange()
    exchange.place("a", limit("BUY", "1", "9000", client_order_id="x"))
    exchange.place_algo("a", stop("SELL", "1", "9000", client_order_id="x"))
    with refused(-4116):
        exchange.place_algo("a", stop("SELL", "1", "8900", client_order_id="x"))
    assert exchange.cancel_algo("a", client_order_id="x").algo_status is AlgoStatus.CANCELED
    assert [order.client_order_id for order in exchange.open_orders("a")] == ["x"]
    with refused(-2011):
        exchange.cancel_algo("a", client_order_id="x")


def test_conditional_orders_are_listed_by_symbol() -> None:
    exchange = open_exchange(contract(), contract("ETHUSDT"))
    exchange.place_algo("a", stop("SELL", "1", "9000", symbol="ETHUSDT"))
    assert exchange.open_algo_orders("a", "BTCUSDT") == ()
    assert len(exchange.open_algo_orders("a", "ETHUSDT")) == 1
