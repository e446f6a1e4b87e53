"""Reduce-only: refused when it cannot reduce, and enforced again at every fill (failure stories F3 and F5)."""

from __future__ import annotations

from riskd.paper.engine.types import OrderStatus, PositionSide, TimeInForce
from tests.paper.engine.builders import D, held, limit, market, open_exchange, refused, step


def test_it_needs_an_opposite_position() -> None:
    exchange = open_exchange()
    exchange.place("a", market("BUY", "1"))
    with refused(-2022):
        exchange.place("a", market("BUY", "1", reduce_only=True))
    exchange.place("a", market("SELL", "1", reduce_only=True))
    assert held(exchange) == 0


def test_more_than_the_position_is_clipped_at_the_fill_when_nothing_rests() -> None:
    exchange = open_exchange()
    exchange.place("a", market("BUY", "1"))
    order = exchange.place("a", market("SELL", "3", reduce_only=True))
    assert (order.status, order.executed_quantity) == (OrderStatus.EXPIRED, D(1))
    assert held(exchange) == 0


def test_a_resting_take_profit_makes_the_emergency_close_be_refused_until_it_is_cancelled() -> None:
    exchange = open_exchange()
    exchange.place("a", market("BUY", "2"))
    exchange.place("a", limit("SELL", "1.5", "10400", reduce_only=True))
    with refused(-2022):
        exchange.place("a", market("SELL", "2", reduce_only=True))
    exchange.place("a", market("SELL", "0.5", reduce_only=True))
    exchange.cancel_all("a", "BTCUSDT")
    exchange.place("a", market("SELL", "1.5", reduce_only=True))
    assert held(exchange) == 0


def test_resting_orders_of_the_other_side_claim_nothing() -> None:
    exchange = open_exchange()
    exchange.place("a", market("BUY", "2"))
    exchange.place("a", limit("SELL", "2", "10400"))
    exchange.place("a", limit("BUY", "2", "9600"))
    exchange.place("a", market("SELL", "2", reduce_only=True))
    assert held(exchange) == 0


def test_a_resting_order_keeps_its_old_size_but_its_fill_is_clipped_to_what_is_left() -> None:
    exchange = open_exchange()
    exchange.place("a", market("BUY", "2"))
    order = exchange.place("a", limit("SELL", "2", "10400", reduce_only=True))
    exchange.place("a", market("SELL", "1.5"))
    assert exchange.open_orders("a") == (order,)
    step(exchange, "10500")
    ended = exchange.order("a", "BTCUSDT", order_id=order.order_id)
    assert ended.executed_quantity == D("0.5")
    assert ended.status is OrderStatus.EXPIRED
    assert held(exchange) == 0


def test_resting_orders_expire_with_the_position_they_could_only_reduce() -> None:
    exchange = open_exchange()
    exchange.place("a", market("BUY", "1"))
    order = exchange.place("a", limit("SELL", "1", "10400", reduce_only=True))
    exchange.place("a", market("SELL", "1"))
    assert exchange.order("a", "BTCUSDT", order_id=order.order_id).status is OrderStatus.EXPIRED
    step(exchange, "10500")
    assert held(exchange) == 0


def test_they_expire_too_when_the_position_flips() -> None:
    exchange = open_exchange()
    exchange.place("a", market("BUY", "1"))
    exchange.place("a", limit("SELL", "1", "10400", reduce_only=True))
    exchange.place("a", market("SELL", "3"))
    assert exchange.open_orders("a") == ()


def test_min_notional_does_not_bind_a_reducing_order() -> None:
    exchange = open_exchange()
    exchange.place("a", market("BUY", "0.001"))
    step(exchange, "4000")
    with refused(-4164):
        exchange.place("a", market("SELL", "0.001"))
    exchange.place("a", market("SELL", "0.001", reduce_only=True))
    assert held(exchange) == 0


def test_hedge_mode_refuses_to_close_more_than_is_held() -> None:
    exchange = open_exchange(hedge_mode=True)
    with refused(-2022):
        exchange.place("a", market("SELL", "1", position_side=PositionSide.LONG))
    exchange.place("a", market("BUY", "1", position_side=PositionSide.LONG))
    with refused(-2022):
        exchange.place("a", market("SELL", "1.1", position_side=PositionSide.LONG))
    exchange.place("a", limit("SELL", "0.6", "10400", position_side=PositionSide.LONG))
    with refused(-2022):
        exchange.place("a", market("SELL", "0.5", position_side=PositionSide.LONG))
    exchange.place("a", market("SELL", "0.4", position_side=PositionSide.LONG))
    assert held(exchange) == D("0.6")


def test_a_closing_fok_order_counts_only_what_it_can_close() -> None:
    exchange = open_exchange()
    exchange.place("a", market("BUY", "1"))
    order = exchange.place("a", limit("SELL", "2", "9900", reduce_only=True, time_in_force=TimeInForce.FOK))
    assert order.executed_quantity == 1
    assert held(exchange) == 0
