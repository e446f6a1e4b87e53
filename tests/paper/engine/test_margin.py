"""Margin of positions and orders, and what it lets an account do."""

from __future__ import annotations

from itertools import pairwise

import pytest

from riskd.paper.engine.margin import bracket_for, maintenance_margin, notional_cap
from riskd.paper.engine.types import PositionSide
from tests.paper.engine.builders import (
    D,
    brackets,
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

FEE_FREE = contract(taker_fee_rate=D(0), maker_fee_rate=D(0))

# Source: Binance FAQ b3c689c1f50a44cabb3a84e663b81d93, "How to Calculate Liquidation Price of USDS-M Futures".
FAQ_BTC = {"notional": "3500032.45776", "rate": "0.025", "amount": "16300", "maintenance": "71200.811444"}
FAQ_ETH = {"notional": "4918775.08122", "rate": "0.1", "amount": "135365", "maintenance": "356512.508122"}


@pytest.mark.parametrize("faq", [FAQ_BTC, FAQ_ETH])
def test_maintenance_is_rate_times_notional_less_amount(faq: dict[str, str]) -> None:
    table = brackets((("0", "1E+9", faq["rate"], faq["amount"], 20),))
    assert maintenance_margin(table, D(faq["notional"])) == D(faq["maintenance"])


def test_a_notional_at_a_cap_is_still_in_that_bracket_and_maintenance_is_continuous() -> None:
    table = brackets()
    assert bracket_for(table, D(50_000)) is table[0]
    assert bracket_for(table, D("50000.01")) is table[1]
    for lower, upper in pairwise(table):
        edge = upper.notional_floor
        assert (
            edge * lower.maintenance_margin_rate - lower.maintenance_amount
            == edge * upper.maintenance_margin_rate - upper.maintenance_amount
        )


def test_the_largest_position_follows_from_the_leverage() -> None:
    assert [notional_cap(brackets(), leverage) for leverage in (125, 100, 51, 50, 21, 20)] == [
        50_000,
        600_000,
        600_000,
        3_000_000,
        3_000_000,
        1_000_000_000,
    ]


def test_initial_margin_is_notional_at_mark_over_leverage() -> None:
    exchange = open_exchange(FEE_FREE)
    exchange.set_leverage("a", "BTCUSDT", 10)
    exchange.place("a", market("BUY", "2"))
    step(exchange, "11000")
    found = position(exchange)
    assert found is not None
    assert found.initial_margin == 2200
    assert found.unrealized_pnl == 2000
    assert found.entry_price == 10_000
    account = exchange.account("a")
    assert account.available_balance == 100_000 + 2000 - 2200
    assert account.withdrawable_balance == 100_000 - 2200


def test_an_order_that_needs_more_margin_than_available_is_refused() -> None:
    exchange = open_exchange(FEE_FREE, accounts={"a": 1_000})
    exchange.set_leverage("a", "BTCUSDT", 10)
    with refused(-2019):
        exchange.place("a", market("BUY", "1.001"))
    exchange.place("a", market("BUY", "1"))
    assert exchange.account("a").available_balance == 0


def test_a_limit_order_holds_margin_at_its_price_until_it_is_cancelled() -> None:
    exchange = open_exchange(accounts={"a": 1_000})
    exchange.set_leverage("a", "BTCUSDT", 10)
    order = exchange.place("a", limit("BUY", "1", "9600"))
    assert exchange.account("a").open_order_initial_margin == 960
    with refused(-2019):
        exchange.place("a", limit("BUY", "0.1", "9600"))
    exchange.cancel("a", "BTCUSDT", order_id=order.order_id)
    assert exchange.account("a").available_balance == 1_000


def test_orders_on_both_sides_hold_the_margin_of_the_larger_one() -> None:
    exchange = open_exchange()
    exchange.set_leverage("a", "BTCUSDT", 10)
    exchange.place("a", limit("BUY", "1", "9800"))
    exchange.place("a", limit("SELL", "1", "10200"))
    assert exchange.account("a").open_order_initial_margin == 1020


def test_an_order_against_the_position_holds_margin_only_for_what_it_would_flip() -> None:
    exchange = open_exchange(FEE_FREE)
    exchange.set_leverage("a", "BTCUSDT", 10)
    exchange.place("a", market("BUY", "1"))
    exchange.place("a", limit("SELL", "1", "10200"))
    assert exchange.account("a").open_order_initial_margin == 0
    exchange.place("a", limit("SELL", "1", "10200"))
    assert exchange.account("a").open_order_initial_margin == D(400) / 10


def test_conditional_and_reduce_only_orders_hold_no_margin() -> None:
    exchange = open_exchange(FEE_FREE)
    exchange.place("a", market("BUY", "1"))
    exchange.place("a", limit("SELL", "1", "10200", reduce_only=True))
    exchange.place_algo("a", stop("SELL", "5", "9000"))
    assert exchange.account("a").open_order_initial_margin == 0


def test_hedge_mode_holds_margin_for_both_sides() -> None:
    exchange = open_exchange(FEE_FREE, hedge_mode=True)
    exchange.set_leverage("a", "BTCUSDT", 10)
    exchange.place("a", market("BUY", "1", position_side=PositionSide.LONG))
    exchange.place("a", market("SELL", "2", position_side=PositionSide.SHORT))
    exchange.place("a", limit("BUY", "1", "9000", position_side=PositionSide.LONG))
    exchange.place("a", limit("SELL", "1", "10500", position_side=PositionSide.LONG))
    account = exchange.account("a")
    assert account.position_initial_margin == 3000
    assert account.open_order_initial_margin == 900


def test_a_position_with_its_orders_may_not_outgrow_the_bracket_of_its_leverage() -> None:
    exchange = open_exchange(FEE_FREE)
    exchange.set_leverage("a", "BTCUSDT", 125)
    exchange.place("a", market("BUY", "4"))
    with refused(-2027):
        exchange.place("a", limit("BUY", "1.1", "9900"))
    exchange.place("a", limit("BUY", "1", "9900"))
    with refused(-2027):
        exchange.place("a", market("BUY", "0.1"))


def test_an_order_that_opens_at_a_loss_against_mark_needs_margin_for_it() -> None:
    apart = {"BTCUSDT": quote("10000", last=D("10400"))}
    exchange = open_exchange(FEE_FREE, quotes=apart, accounts={"a": 1_400})
    exchange.set_leverage("a", "BTCUSDT", 10)
    with refused(-2019):
        exchange.place("a", market("BUY", "1"))
    exchange.deposit("a", D(40))
    exchange.place("a", market("BUY", "1"))
    assert held(exchange) == 1


def test_reducing_needs_no_margin_even_when_none_is_left() -> None:
    exchange = open_exchange(FEE_FREE, accounts={"a": 1_000})
    exchange.set_leverage("a", "BTCUSDT", 10)
    exchange.place("a", market("BUY", "1"))
    step(exchange, "9500")
    assert exchange.account("a").available_balance == 0
    exchange.place("a", market("SELL", "0.4"))
    assert held(exchange) == D("0.6")


def test_a_resting_order_whose_margin_is_gone_expires_instead_of_filling() -> None:
    exchange = open_exchange(
        FEE_FREE,
        contract("ETHUSDT", taker_fee_rate=D(0)),
        quotes={"BTCUSDT": quote(), "ETHUSDT": quote("1000")},
        accounts={"a": 2_000},
    )
    for symbol in ("BTCUSDT", "ETHUSDT"):
        exchange.set_leverage("a", symbol, 10)
    exchange.place("a", market("BUY", "10", symbol="ETHUSDT"))
    order = exchange.place("a", limit("BUY", "1", "9900"))
    step(exchange, "950", symbol="ETHUSDT")
    step(exchange, "9800")
    assert exchange.order("a", "BTCUSDT", order_id=order.order_id).status == "EXPIRED"
    assert held(exchange) == 0
