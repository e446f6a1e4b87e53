from __future__ import annotations

from riskd.paper.engine.types import FundingPaid, IncomeKind, MarginType, Quote
from tests.paper.engine.builders import (
    HOUR_MS,
    START_MS,
    D,
    contract,
    market,
    open_exchange,
    position,
    quote,
    step,
)

SETTLEMENT_MS = START_MS + 7 * HOUR_MS


def priced(rate: str, price: str = "10000") -> Quote:
    return quote(price, funding_rate=D(rate))


def amounts(exchange_events: tuple[object, ...]) -> list[tuple[str, str]]:
    return [(e.account, str(e.amount.normalize())) for e in exchange_events if isinstance(e, FundingPaid)]


def test_longs_pay_shorts_when_the_rate_is_positive_on_notional_at_mark() -> None:
    exchange = open_exchange(
        quotes={"BTCUSDT": priced("0.0001")}, accounts={"long": 100_000, "short": 100_000}
    )
    exchange.place("long", market("BUY", "2"))
    exchange.place("short", market("SELL", "3"))
    step(exchange, priced("0.0001", "11000"))
    events = exchange.advance(SETTLEMENT_MS, {})
    assert amounts(events) == [("long", "-2.2"), ("short", "3.3")]


def test_the_side_turns_with_the_sign_of_the_rate() -> None:
    exchange = open_exchange(quotes={"BTCUSDT": priced("-0.0005")})
    exchange.place("a", market("BUY", "1"))
    assert amounts(exchange.advance(SETTLEMENT_MS, {})) == [("a", "5")]


def test_it_settles_at_the_multiple_of_the_interval_with_the_rate_that_stood_before() -> None:
    exchange = open_exchange(quotes={"BTCUSDT": priced("0.0001")})
    exchange.place("a", market("BUY", "1"))
    assert exchange.next_funding_ms("BTCUSDT") == SETTLEMENT_MS
    assert amounts(exchange.advance(SETTLEMENT_MS - 1, {})) == []
    assert amounts(exchange.advance(SETTLEMENT_MS, {"BTCUSDT": priced("0.0020", "5000")})) == [("a", "-1")]
    assert exchange.next_funding_ms("BTCUSDT") == SETTLEMENT_MS + 8 * HOUR_MS
    assert amounts(exchange.advance(SETTLEMENT_MS, {})) == []


def test_settlements_missed_in_a_big_step_are_all_paid_in_order() -> None:
    contracts = (contract(), contract("ETHUSDT", funding_interval_hours=4))
    exchange = open_exchange(
        *contracts, quotes={"BTCUSDT": priced("0.0001"), "ETHUSDT": priced("0.0002", "1000")}
    )
    exchange.place("a", market("BUY", "1"))
    exchange.place("a", market("SELL", "1", symbol="ETHUSDT"))
    events = exchange.advance(SETTLEMENT_MS + 8 * HOUR_MS, {})
    paid = [((e.at_ms - SETTLEMENT_MS) // HOUR_MS, e.symbol) for e in events if isinstance(e, FundingPaid)]
    assert paid == [
        (-4, "ETHUSDT"),
        (0, "BTCUSDT"),
        (0, "ETHUSDT"),
        (4, "ETHUSDT"),
        (8, "BTCUSDT"),
        (8, "ETHUSDT"),
    ]
    rows = exchange.income("a", kind=IncomeKind.FUNDING_FEE, symbol="BTCUSDT")
    assert [(row.at_ms, row.amount) for row in rows] == [
        (SETTLEMENT_MS, D(-1)),
        (SETTLEMENT_MS + 8 * HOUR_MS, D(-1)),
    ]


def test_the_rate_is_capped_both_ways() -> None:
    for rate, expected in (("0.01", "-30"), ("-0.01", "30")):
        exchange = open_exchange(quotes={"BTCUSDT": priced(rate)})
        exchange.place("a", market("BUY", "1"))
        assert amounts(exchange.advance(SETTLEMENT_MS, {})) == [("a", expected.replace("30", "3E+1"))]


def test_an_isolated_position_pays_from_its_own_wallet() -> None:
    exchange = open_exchange(contract(taker_fee_rate=D(0)), quotes={"BTCUSDT": priced("0.001")})
    exchange.set_margin_type("a", "BTCUSDT", MarginType.ISOLATED)
    exchange.set_leverage("a", "BTCUSDT", 10)
    exchange.place("a", market("BUY", "1"))
    before = position(exchange)
    exchange.advance(SETTLEMENT_MS, {})
    after = position(exchange)
    assert before is not None
    assert after is not None
    assert (before.isolated_wallet, after.isolated_wallet) == (D(1000), D(990))
    assert after.liquidation_price > before.liquidation_price
    assert exchange.account("a").cross_wallet_balance == 99_000


def test_who_holds_nothing_pays_nothing() -> None:
    exchange = open_exchange(quotes={"BTCUSDT": priced("0.001")})
    assert exchange.advance(SETTLEMENT_MS + 80 * HOUR_MS, {}) == ()
