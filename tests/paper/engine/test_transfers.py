"""Deposits, withdrawals, isolated margin, spot."""

from __future__ import annotations

import pytest

from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import IncomeKind, MarginType, PositionSide
from tests.paper.engine.builders import D, contract, market, open_exchange, position, quote, refused, step

BOTH = PositionSide.BOTH
FEE_FREE = contract(taker_fee_rate=D(0))


def test_deposits_and_withdrawals_are_transfers_in_the_income_ledger() -> None:
    exchange = open_exchange(accounts={"a": 100})
    exchange.withdraw("a", D("30.5"))
    rows = exchange.income("a", kind=IncomeKind.TRANSFER)
    assert [row.amount for row in rows] == [D(100), D("-30.5")]
    assert exchange.books().net_deposits == D("69.5")


def test_more_than_is_free_cannot_be_withdrawn_and_unrealized_profit_is_not_free() -> None:
    exchange = open_exchange(FEE_FREE, accounts={"a": 2_000})
    exchange.set_leverage("a", "BTCUSDT", 10)
    exchange.place("a", market("BUY", "1"))
    step(exchange, "15000")
    with refused(-2018):
        exchange.withdraw("a", D("500.01"))
    exchange.withdraw("a", D(500))
    assert exchange.account("a").available_balance == 5_000


@pytest.mark.parametrize(("amount", "code"), [("0", -4003), ("-1", -4003), ("0.000000001", -1111)])
def test_an_impossible_amount_is_refused(amount: str, code: int) -> None:
    exchange = open_exchange()
    with refused(code):
        exchange.deposit("a", D(amount))
    with refused(code):
        exchange.withdraw("a", D(amount))


def isolated() -> Exchange:
    exchange = open_exchange(FEE_FREE, accounts={"a": 3_000})
    exchange.set_margin_type("a", "BTCUSDT", MarginType.ISOLATED)
    exchange.set_leverage("a", "BTCUSDT", 10)
    exchange.place("a", market("BUY", "1"))
    return exchange


def test_opening_isolated_sets_the_initial_margin_aside() -> None:
    exchange = isolated()
    account = exchange.account("a")
    assert account.cross_wallet_balance == 2_000
    assert account.wallet_balance == 3_000
    assert account.available_balance == 2_000


def test_a_partial_close_releases_margin_in_proportion_with_the_profit() -> None:
    exchange = isolated()
    step(exchange, "9600")
    exchange.place("a", market("SELL", "0.5"))
    found = position(exchange)
    assert found is not None
    assert found.isolated_wallet == 500
    assert exchange.account("a").cross_wallet_balance == 2_000 + 500 - 200


def test_closing_an_isolated_position_returns_what_is_left() -> None:
    exchange = isolated()
    step(exchange, "9600")
    exchange.place("a", market("SELL", "1"))
    assert exchange.account("a").cross_wallet_balance == 2_600


def test_a_flip_sets_aside_what_the_loss_has_left_and_the_cross_wallet_does_not_go_below_zero() -> None:
    exchange = isolated()
    exchange.withdraw("a", D(2_000))
    step(exchange, "9500")
    exchange.place("a", market("SELL", "2"))
    found = position(exchange)
    assert found is not None
    assert (found.quantity, found.isolated_wallet) == (D(-1), D(500))
    assert exchange.account("a").cross_wallet_balance == 0


def test_isolated_margin_moves_in_and_out_within_bounds() -> None:
    exchange = isolated()
    with refused(-4050):
        exchange.add_isolated_margin("a", "BTCUSDT", BOTH, D("2000.01"))
    exchange.add_isolated_margin("a", "BTCUSDT", BOTH, D(300))
    with refused(-4051):
        exchange.add_isolated_margin("a", "BTCUSDT", BOTH, D("-300.01"))
    exchange.add_isolated_margin("a", "BTCUSDT", BOTH, D(-300))
    found = position(exchange)
    assert found is not None
    assert found.isolated_wallet == 1_000
    with refused(-4054):
        exchange.add_isolated_margin("a", "BTCUSDT", PositionSide.LONG, D(1))


def test_spot_is_bought_and_sold_at_index_with_a_fee() -> None:
    exchange = open_exchange(quotes={"BTCUSDT": quote("10000", index=D(10_050), last=D(9_990))})
    exchange.trade_spot("a", "BTC", D(2))
    assert exchange.spot_balances("a") == {"BTC": D(2)}
    assert exchange.account("a").wallet_balance == 100_000 - D("20100") * D("1.001")
    exchange.trade_spot("a", "BTC", D(-2))
    assert exchange.spot_balances("a") == {}
    assert exchange.account("a").wallet_balance == 100_000 - D("40.2")


def test_spot_never_margins_the_perpetuals() -> None:
    exchange = open_exchange(accounts={"a": 10_000})
    exchange.trade_spot("a", "BTC", D("0.9"))
    assert exchange.account("a").margin_balance == 10_000 - D(9_000) * D("1.001")


@pytest.mark.parametrize(
    ("asset", "quantity", "code"), [("DOGE", "1", -1121), ("BTC", "10", -2010), ("BTC", "-1", -2010)]
)
def test_spot_that_cannot_be_had_or_given_is_refused(asset: str, quantity: str, code: int) -> None:
    exchange = open_exchange()
    with refused(code):
        exchange.trade_spot("a", asset, D(quantity))


def test_a_cash_and_carry_hedge_keeps_its_value_when_the_price_moves() -> None:
    exchange = open_exchange(FEE_FREE)
    exchange.trade_spot("a", "BTC", D(1))
    exchange.place("a", market("SELL", "1"))
    worth = []
    for price in ("10000", "14000", "6000"):
        step(exchange, price)
        worth.append(exchange.account("a").margin_balance + D(price))
    assert worth == [99_990] * 3


def test_income_is_filtered_by_time_symbol_and_kind() -> None:
    exchange = open_exchange()
    opened_ms = exchange.now_ms
    exchange.place("a", market("BUY", "1"))
    step(exchange, "11000")
    exchange.place("a", market("SELL", "1"))
    assert len(exchange.income("a", symbol="BTCUSDT")) == 3
    assert [r.amount for r in exchange.income("a", kind=IncomeKind.REALIZED_PNL)] == [D(1000)]
    assert {r.kind for r in exchange.income("a", until_ms=opened_ms)} == {
        IncomeKind.TRANSFER,
        IncomeKind.COMMISSION,
    }
    assert len(exchange.income("a", since_ms=opened_ms + 1)) == 2
    assert len(exchange.trades("a", "BTCUSDT", since_ms=opened_ms + 1)) == 1
