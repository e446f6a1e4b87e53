from __future__ import annotations

import pytest

from riskd.paper.engine.types import MarginType
from tests.paper.engine.builders import (
    D,
    contract,
    limit,
    market,
    open_exchange,
    position,
    quote,
    refused,
    stop,
)

FEE_FREE = contract(taker_fee_rate=D(0))


def test_a_new_account_has_twenty_times_and_cross() -> None:
    assert open_exchange().settings("a", "BTCUSDT") == (20, MarginType.CROSSED)


@pytest.mark.parametrize("leverage", [0, -1, 126])
def test_leverage_outside_the_contracts_range_is_refused(leverage: int) -> None:
    exchange = open_exchange()
    with refused(-4028):
        exchange.set_leverage("a", "BTCUSDT", leverage)


def test_leverage_above_what_the_positions_bracket_allows_is_refused() -> None:
    exchange = open_exchange()
    exchange.place("a", market("BUY", "6"))
    with refused(-2027):
        exchange.set_leverage("a", "BTCUSDT", 101)
    exchange.set_leverage("a", "BTCUSDT", 100)


def test_lower_leverage_needs_the_margin_for_it() -> None:
    exchange = open_exchange(FEE_FREE, accounts={"a": 1_000})
    exchange.place("a", market("BUY", "1"))
    with refused(-2028):
        exchange.set_leverage("a", "BTCUSDT", 9)
    assert exchange.settings("a", "BTCUSDT")[0] == 20
    exchange.set_leverage("a", "BTCUSDT", 10)
    found = position(exchange)
    assert found is not None
    assert (found.leverage, found.initial_margin) == (10, D(1_000))


def test_leverage_of_an_open_isolated_position_can_only_rise() -> None:
    exchange = open_exchange()
    exchange.set_margin_type("a", "BTCUSDT", MarginType.ISOLATED)
    exchange.place("a", market("BUY", "1"))
    with refused(-4161):
        exchange.set_leverage("a", "BTCUSDT", 10)
    exchange.set_leverage("a", "BTCUSDT", 30)


def test_margin_type_changes_only_without_orders_and_positions() -> None:
    exchange = open_exchange()
    with refused(-4046):
        exchange.set_margin_type("a", "BTCUSDT", MarginType.CROSSED)
    exchange.place("a", limit("BUY", "1", "9900"))
    with refused(-4047):
        exchange.set_margin_type("a", "BTCUSDT", MarginType.ISOLATED)
    exchange.cancel_all("a", "BTCUSDT")
    exchange.place("a", market("BUY", "1"))
    with refused(-4048):
        exchange.set_margin_type("a", "BTCUSDT", MarginType.ISOLATED)
    exchange.place("a", market("SELL", "1"))
    exchange.set_margin_type("a", "BTCUSDT", MarginType.ISOLATED)
    assert exchange.settings("a", "BTCUSDT")[1] is MarginType.ISOLATED


def test_position_mode_changes_only_without_orders_and_positions() -> None:
    exchange = open_exchange()
    with refused(-4059):
        exchange.set_position_mode("a", hedge_mode=False)
    exchange.place_algo("a", stop("SELL", "1", "9000"))
    with refused(-4067):
        exchange.set_position_mode("a", hedge_mode=True)
    exchange.cancel_all_algo("a", "BTCUSDT")
    exchange.place("a", market("BUY", "1"))
    with refused(-4068):
        exchange.set_position_mode("a", hedge_mode=True)
    exchange.place("a", market("SELL", "1"))
    exchange.set_position_mode("a", hedge_mode=True)
    assert exchange.account("a").hedge_mode


def test_an_account_opens_once() -> None:
    exchange = open_exchange()
    with pytest.raises(ValueError, match="already open"):
        exchange.open_account("a")


@pytest.mark.parametrize("fund", ["-1", "0.000000001"])
def test_an_insurance_fund_that_cannot_be_conserved_is_refused(fund: str) -> None:
    with pytest.raises(ValueError, match="insurance fund"):
        open_exchange(insurance=fund)


def test_a_venue_needs_a_quote_for_every_contract() -> None:
    with pytest.raises(ValueError, match="no quote for ETHUSDT"):
        open_exchange(contract(), contract("ETHUSDT"), quotes={"BTCUSDT": quote()})
