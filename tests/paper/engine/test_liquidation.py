"""When accounts are liquidated, in which steps, and who pays."""

from __future__ import annotations

from decimal import Decimal

import pytest

from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import (
    AutoDeleveraged,
    Bankrupt,
    Cause,
    IncomeKind,
    Liquidated,
    LiquidationStage,
    MarginType,
    PositionSide,
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

FEE_FREE = contract(taker_fee_rate=D(0), maker_fee_rate=D(0), liquidation_fee_rate=D(0))
ETH = contract("ETHUSDT", taker_fee_rate=D(0), maker_fee_rate=D(0), liquidation_fee_rate=D(0))


def leveraged(side: str = "BUY", *, cash: int = 1_000, insurance: int = 1_000_000) -> Exchange:
    """One account with 1 BTC at 10,000 on 1,000 of cash (10x), no fees; liquidation near 9,036 or 10,956."""
    exchange = open_exchange(FEE_FREE, accounts={"a": cash}, insurance=insurance)
    exchange.set_leverage("a", "BTCUSDT", 20)
    exchange.place("a", market(side, "1"))
    return exchange


def liquidations(events: tuple[object, ...]) -> list[Liquidated]:
    return [event for event in events if isinstance(event, Liquidated)]


def bankruptcies(events: tuple[object, ...]) -> list[Bankrupt]:
    return [event for event in events if isinstance(event, Bankrupt)]


def balanced(exchange: Exchange) -> bool:
    books = exchange.books()
    return books.total() == books.expected()


def test_only_the_mark_liquidates_never_the_last_price() -> None:
    exchange = leveraged()
    assert not liquidations(step(exchange, quote("9500", last=D(5_000))))
    assert liquidations(step(exchange, quote("9000", last=D(12_000))))


@pytest.mark.parametrize(("side", "deadly"), [("BUY", "9036.1"), ("SELL", "10956.2")])
def test_a_position_in_the_lowest_bracket_is_closed_whole_at_the_market(side: str, deadly: str) -> None:
    exchange = leveraged(side)
    (event,) = liquidations(step(exchange, deadly))
    assert (event.quantity, event.price, event.stage) == (D(1), D(deadly), LiquidationStage.FULL)
    assert held(exchange) == 0
    left = 1_000 - abs(D(deadly) - 10_000)
    assert exchange.account("a").wallet_balance == left, "what is left belongs to the account"


def test_a_large_position_is_first_reduced_to_the_bracket_below() -> None:
    exchange = open_exchange(FEE_FREE, accounts={"a": 20_000})
    exchange.place("a", market("BUY", "10"))
    events = step(exchange, "8035")
    (event,) = liquidations(events)
    assert event.stage is LiquidationStage.PARTIAL
    assert event.quantity == D("3.778"), "80,350 less 3.778 x 8,035 is just under the bracket floor of 50,000"
    found = position(exchange)
    assert found is not None
    assert found.quantity == D("6.222")
    account = exchange.account("a")
    assert account.margin_balance > account.maintenance_margin


def test_the_liquidation_fee_goes_to_the_fund_as_far_as_margin_reaches() -> None:
    listed = contract(taker_fee_rate=D(0), liquidation_fee_rate=D("0.001"))
    exchange = open_exchange(listed, accounts={"a": 1_000}, insurance=500)
    exchange.place("a", market("BUY", "1"))
    step(exchange, "9036")
    (fee,) = exchange.income("a", kind=IncomeKind.INSURANCE_CLEAR)
    assert fee.amount == D("-9.036")
    assert exchange.books().insurance == D("509.036")

    poor = open_exchange(listed, accounts={"a": 1_000}, insurance=500)
    poor.place("a", market("BUY", "1"))
    assert not bankruptcies(step(poor, "9005"))
    assert poor.books().insurance == 505, "only 5 was left"
    assert poor.account("a").wallet_balance == 0


def test_the_fund_pays_what_the_book_gives_less_than_the_bankruptcy_price() -> None:
    exchange = leveraged(insurance=5_000)
    (event,) = liquidations(step(exchange, quote("9030", last=D(8_700))))
    assert event.price == 9_000
    assert exchange.account("a").wallet_balance == 0
    assert exchange.books().insurance == 5_000 - 300
    assert balanced(exchange)


def test_a_mark_that_gaps_past_bankruptcy_leaves_the_account_with_nothing_and_the_fund_with_the_loss() -> (
    None
):
    exchange = leveraged("SELL", insurance=5_000)
    (event,) = liquidations(step(exchange, "12000"))
    assert event.price == 11_000
    assert exchange.account("a").margin_balance == 0
    assert exchange.books().insurance == 4_000


def with_winners(insurance: int) -> Exchange:
    """As ``leveraged``, with three shorts: ``hot`` 0.4 highly leveraged, ``warm`` 0.4, ``cold`` 5 barely leveraged."""
    exchange = open_exchange(
        FEE_FREE,
        accounts={"a": 1_000, "cold": 1_000_000, "warm": 2_000, "hot": 600},
        insurance=insurance,
    )
    exchange.set_leverage("a", "BTCUSDT", 20)
    for name, size in (("cold", "5"), ("warm", "0.4"), ("hot", "0.4")):
        exchange.place(name, market("SELL", size))
    exchange.place("a", market("BUY", "1"))
    return exchange


def test_when_the_fund_cannot_pay_winners_are_deleveraged_at_the_bankruptcy_price_in_order() -> None:
    exchange = with_winners(insurance=100)
    events = step(exchange, "8500")
    taken = [
        (e.account, e.quantity, e.price, e.counterparty_liquidated)
        for e in events
        if isinstance(e, AutoDeleveraged)
    ]
    assert taken == [
        ("hot", D("0.4"), D(9000), "a"),
        ("warm", D("0.4"), D(9000), "a"),
        ("cold", D("0.2"), D(9000), "a"),
    ]
    assert held(exchange, "hot") == 0
    assert held(exchange, "cold") == D("-4.8")
    assert exchange.account("hot").wallet_balance == 600 + D("0.4") * 1000
    assert exchange.account("a").wallet_balance == 0
    assert exchange.books().insurance == 100, "a fund that cannot pay all pays nothing"
    assert balanced(exchange)


def test_the_fund_goes_first_when_it_can() -> None:
    exchange = with_winners(insurance=500)
    assert not [e for e in step(exchange, "8500") if isinstance(e, AutoDeleveraged)]
    assert exchange.books().insurance == 0


def test_the_market_takes_what_no_account_can() -> None:
    exchange = leveraged(insurance=0)
    (event,) = liquidations(step(exchange, "8500"))
    assert event.price == 9_000
    assert exchange.account("a").margin_balance == 0
    assert balanced(exchange)


def test_forced_trades_carry_the_venues_client_ids_and_causes() -> None:
    exchange = with_winners(insurance=0)
    step(exchange, "8500")
    forced = exchange.trades("a", "BTCUSDT")[-1]
    assert forced.cause is Cause.LIQUIDATION
    order = exchange.order("a", "BTCUSDT", order_id=forced.order_id)
    assert order.client_order_id.startswith("autoclose-")
    assert exchange.order("hot", "BTCUSDT", client_order_id="adl_autoclose").executed_quantity == D("0.4")
    assert exchange.trades("hot", "BTCUSDT")[-1].cause is Cause.ADL
    assert exchange.trades("hot", "BTCUSDT")[-1].fee == 0


def test_open_orders_are_cancelled_before_a_cross_account_is_liquidated() -> None:
    exchange = leveraged()
    exchange.place("a", limit("SELL", "1", "10400"))
    exchange.place_algo("a", stop("SELL", None, "8000", close_position=True))
    step(exchange, "9000")
    assert exchange.open_orders("a") == ()
    assert exchange.open_algo_orders("a") == ()


def test_cross_positions_go_largest_maintenance_first_until_margin_suffices() -> None:
    exchange = open_exchange(
        FEE_FREE, ETH, quotes={"BTCUSDT": quote(), "ETHUSDT": quote("1000")}, accounts={"a": 2_620}
    )
    exchange.place("a", market("BUY", "1"))
    exchange.place("a", market("BUY", "40", symbol="ETHUSDT"))
    events = step(exchange, "940", symbol="ETHUSDT")
    assert not liquidations(events)
    events = step(exchange, "939", symbol="ETHUSDT")
    assert [(e.symbol, e.stage) for e in liquidations(events)] == [("ETHUSDT", LiquidationStage.FULL)]
    assert held(exchange) == 1
    assert exchange.account("a").margin_balance == 2_620 - 40 * 61


def test_profit_elsewhere_keeps_a_cross_account_alive() -> None:
    exchange = open_exchange(
        FEE_FREE, ETH, quotes={"BTCUSDT": quote(), "ETHUSDT": quote("1000")}, accounts={"a": 1_000}
    )
    exchange.place("a", market("BUY", "1"))
    exchange.place("a", market("SELL", "5", symbol="ETHUSDT"))
    exchange.advance(exchange.now_ms + 1, {"BTCUSDT": quote("8800"), "ETHUSDT": quote("900")})
    assert held(exchange) == 1


def isolated(cash: int = 10_000) -> Exchange:
    exchange = open_exchange(
        FEE_FREE, ETH, quotes={"BTCUSDT": quote(), "ETHUSDT": quote("1000")}, accounts={"a": cash}
    )
    exchange.set_margin_type("a", "BTCUSDT", MarginType.ISOLATED)
    exchange.set_leverage("a", "BTCUSDT", 10)
    exchange.place("a", market("BUY", "1"))
    return exchange


def test_an_isolated_position_dies_alone() -> None:
    exchange = isolated()
    exchange.place("a", market("BUY", "1", symbol="ETHUSDT"))
    exchange.place("a", limit("BUY", "1", "900", symbol="ETHUSDT"))
    exchange.place("a", limit("BUY", "0.1", "7500"))
    step(exchange, quote("9030", last=D(8_000)))
    assert held(exchange) == 0
    assert held(exchange, symbol="ETHUSDT") == 1
    assert [order.symbol for order in exchange.open_orders("a")] == ["ETHUSDT"]
    assert exchange.account("a").wallet_balance == 9_000, "its loss ends at its own margin"


def test_adding_margin_moves_the_liquidation_price_away() -> None:
    exchange = isolated()
    exchange.add_isolated_margin("a", "BTCUSDT", PositionSide.BOTH, D(500))
    step(exchange, "9000")
    assert held(exchange) == 1
    step(exchange, "8500")
    assert held(exchange) == 0


def test_several_cross_positions_share_a_deficit_by_notional() -> None:
    exchange = open_exchange(
        FEE_FREE,
        ETH,
        quotes={"BTCUSDT": quote(), "ETHUSDT": quote("1000")},
        accounts={"a": 1_000},
        insurance=0,
    )
    exchange.place("a", market("BUY", "1"))
    exchange.place("a", market("BUY", "8", symbol="ETHUSDT"))
    events = exchange.advance(exchange.now_ms + 1, {"BTCUSDT": quote("9000"), "ETHUSDT": quote("900")})
    assert not bankruptcies(events), "cash is rounded in the account's favour"
    prices = {e.symbol: e.price for e in liquidations(events)}
    deficit = D(800) / (9_000 + 7_200)
    assert abs(prices["BTCUSDT"] - 9_000 * (1 + deficit)) < D("1E-6")
    assert abs(prices["ETHUSDT"] - 900 * (1 + deficit)) < D("1E-6")
    assert 0 <= exchange.account("a").wallet_balance < D("1E-6")


def test_a_traders_own_close_below_zero_is_cleared_by_the_fund() -> None:
    exchange = leveraged(insurance=150)
    step(exchange, quote("9100", last=D(8_700)))
    exchange.place("a", market("SELL", "1", reduce_only=True))
    assert exchange.account("a").wallet_balance == -300
    with refused(-2018):
        exchange.withdraw("a", D(1))
    (event,) = bankruptcies(step(exchange, "9100"))
    assert (event.shortfall, event.insured) == (D(300), D(150))
    assert exchange.account("a").wallet_balance == 0
    assert exchange.income("a", kind=IncomeKind.INSURANCE_CLEAR)[-1].amount == 300
    assert balanced(exchange)


def test_a_forced_deleveraging_by_name_closes_at_mark_and_is_clipped() -> None:
    exchange = leveraged("SELL")
    step(exchange, quote("9800", last=D(9_900)))
    exchange.deleverage("a", "BTCUSDT", PositionSide.BOTH, D("0.4"))
    exchange.deleverage("a", "BTCUSDT", PositionSide.BOTH, D(9))
    assert held(exchange) == 0
    assert exchange.account("a").wallet_balance == 1_200
    with refused(-2022):
        exchange.deleverage("a", "BTCUSDT", PositionSide.BOTH, D(1))
    events = step(exchange, "9800")
    assert [e.quantity for e in events if isinstance(e, AutoDeleveraged)] == [D("0.4"), D("0.6")]


def test_deleveraging_that_pushes_a_winner_over_the_edge_liquidates_it_in_the_same_step() -> None:
    """The winner's other position has used up its margin but for the profit that deleveraging takes away."""
    exchange = open_exchange(
        FEE_FREE,
        ETH,
        quotes={"BTCUSDT": quote(), "ETHUSDT": quote("1000")},
        accounts={"winner": 1_000, "a": 1_000},
        insurance=0,
    )
    exchange.place("winner", market("SELL", "1"))
    exchange.place("winner", market("BUY", "8", symbol="ETHUSDT"))
    exchange.place("a", market("BUY", "1"))
    prices: dict[str, Decimal] = {"BTCUSDT": D(8_000), "ETHUSDT": D(640)}
    events = exchange.advance(exchange.now_ms + 1, {s: quote(p) for s, p in prices.items()})
    assert {e.account for e in liquidations(events)} == {"a", "winner"}
    assert balanced(exchange)
