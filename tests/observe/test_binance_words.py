"""Binance's own example answers, word for word, become what Binance says they mean.

Source: the response examples of developers.binance.com, USDS-margined futures.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from riskd.model.report import Surface
from riskd.model.snapshot import OrderKind
from riskd.observe.facts import PositionKey
from riskd.observe.fields import PLAUSIBLE, Bounds, Plausibility
from riskd.observe.json_text import Rubbish
from riskd.observe.normalise import dialect_of
from tests.fakes.clock import NOON
from tests.observe.rows import VENUE, Row, a_fill, a_stop, an_order, exchange_info, listing
from tests.observe.world import World

BINANCE = dialect_of(VENUE)


LISTING = listing("BTC", "ETH", "ADA", "COMP")

LONG: Row = {
    "symbol": "ADAUSDT",
    "positionSide": "LONG",
    "positionAmt": "30",
    "entryPrice": "0.385",
    "breakEvenPrice": "0.385077",
    "markPrice": "0.41047590",
    "unRealizedProfit": "0.76427700",
    "liquidationPrice": "0",
    "isolatedMargin": "0",
    "notional": "12.31427700",
    "marginAsset": "USDT",
    "isolatedWallet": "0",
    "initialMargin": "0.61571385",
    "maintMargin": "0.08004280",
    "positionInitialMargin": "0.61571385",
    "openOrderInitialMargin": "0",
    "adl": 2,
    "bidNotional": "0",
    "askNotional": "0",
    "updateTime": 1720736417660,
}
SHORT: Row = LONG | {
    "symbol": "COMPUSDT",
    "positionSide": "SHORT",
    "positionAmt": "-1.000",
    "entryPrice": "70.92841",
    "markPrice": "49.72023376",
    "unRealizedProfit": "21.20817624",
    "liquidationPrice": "2260.56757210",
    "notional": "-49.72023376",
    "initialMargin": "2.48601168",
    "maintMargin": "0.49720233",
    "positionInitialMargin": "2.48601168",
    "updateTime": 1708943511656,
}


def test_positions_in_hedge_mode() -> None:
    read = BINANCE.positions([LONG, SHORT], LISTING, PLAUSIBLE)

    assert read.faults == ()
    long, short = read.value.rows
    assert long.key == PositionKey("ADA/USDT:USDT", "LONG")
    assert (long.quantity, long.entry_price, long.mark_price) == (
        Decimal(30),
        Decimal("0.385"),
        Decimal("0.41047590"),
    )
    assert long.liquidation_price == 0
    assert short.quantity == Decimal("-1.000")
    assert short.liquidation_price == Decimal("2260.56757210")
    assert (short.adl_rank, short.isolated_wallet) == (Decimal(2), Decimal(0))
    assert short.leverage is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"positionSide": "SHORT"}, "contradicts positionAmt"),
        ({"positionAmt": "300"}, "notional 12.31427700 is not 300"),
        ({"markPrice": "4.1047590"}, "is not 30 x mark"),
        ({"entryPrice": "3.85"}, "PnL 0.76427700 is not"),
        ({"unRealizedProfit": "7.6427700"}, "PnL 7.6427700 is not"),
        ({"symbol": "MOONUSDT"}, "not a perpetual"),
        ({"updateTime": 1720736417660123}, "updateTime is 1720736417660123, outside"),
        ({"positionAmt": "0"}, "nothing is held, yet"),
    ],
)
def test_a_position_that_contradicts_itself_is_refused(change: Row, says: str) -> None:
    read = BINANCE.positions([LONG | change], LISTING, PLAUSIBLE)

    assert read.value.rows == ()
    assert says in read.faults[0].reason


def test_a_field_that_can_be_done_without_is_unknown_and_told() -> None:
    read = BINANCE.positions(
        [LONG | {"liquidationPrice": "-5", "adl": 7, "maintMargin": "0"}], LISTING, PLAUSIBLE
    )

    fact = read.value.rows[0]
    assert (fact.liquidation_price, fact.adl_rank, fact.maintenance_margin) == (None, None, None)
    assert len(read.faults) == 3


def test_a_row_that_is_there_twice_counts_once_and_two_that_differ_do_not_count() -> None:
    same = BINANCE.positions([LONG, LONG], LISTING, PLAUSIBLE)
    other = BINANCE.positions([LONG, LONG | {"adl": 3}], LISTING, PLAUSIBLE)

    assert len(same.value.rows) == 1
    assert same.faults[0].reason.endswith("is there twice")
    assert other.value.rows == ()
    assert other.value.unreadable == {PositionKey("ADA/USDT:USDT", "LONG")}


def test_what_is_plausible_can_be_narrowed() -> None:
    small = Plausibility(quantity=Bounds(Decimal(-10), Decimal(10)))

    assert BINANCE.positions([LONG], LISTING, small).value.rows == ()


def test_the_account_in_multi_assets_mode_is_counted_in_dollars() -> None:
    row: Any = World(held=[]).answers()[Surface.BALANCES]
    row["assets"].append({**row["assets"][0], "asset": "BTC", "walletBalance": "0.5", "marginBalance": "0.5"})
    row["totalWalletBalance"] = row["totalMarginBalance"] = "126724.69206000"

    read = BINANCE.balances(row, LISTING, PLAUSIBLE)

    assert read.faults == ()
    assert read.value.equity == Decimal("126724.69206000")


def test_the_trailing_stop_of_the_documentation_is_no_stop_with_a_price() -> None:
    row = an_order(type="TRAILING_STOP_MARKET", origType="TRAILING_STOP_MARKET", price="0", stopPrice="9300")

    order = BINANCE.orders([row], LISTING, PLAUSIBLE).value[0]

    assert (order.kind, order.price, order.trigger_price) == (OrderKind.TRAILING, None, None)


def test_an_old_stop_in_the_ordinary_list_is_still_a_stop() -> None:
    row = an_order(
        type="STOP_MARKET",
        origType="STOP_MARKET",
        price="0",
        stopPrice="57000",
        origQty="0.5",
        executedQty="0",
    )

    order = BINANCE.orders([row], LISTING, PLAUSIBLE).value[0]

    assert (order.kind, order.trigger_price, order.remaining) == (
        OrderKind.STOP,
        Decimal(57000),
        Decimal("0.5"),
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"executedQty": "0.200"}, "remains of it"),
        ({"status": "FILLED"}, "status is 'FILLED'"),
        ({"price": "0"}, "without a price"),
        ({"origType": "SUPER_STOP"}, "origType is 'SUPER_STOP'"),
        ({"side": "HOLD"}, "side is 'HOLD'"),
        ({"closePosition": "false"}, "expected true or false"),
    ],
)
def test_an_order_that_cannot_rest_like_that_is_refused(change: Row, says: str) -> None:
    read = BINANCE.orders([an_order() | change], LISTING, PLAUSIBLE)

    assert read.value == ()
    assert says in read.faults[0].reason


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"triggerPrice": "0"}, "without a trigger price"),
        ({"algoStatus": "TRIGGERED"}, "algoStatus is 'TRIGGERED'"),
        ({"closePosition": False, "quantity": "0.000"}, "quantity is '0.000'"),
    ],
)
def test_a_conditional_order_that_cannot_wait_like_that_is_refused(change: Row, says: str) -> None:
    read = BINANCE.conditional_orders([a_stop() | change], LISTING, PLAUSIBLE)

    assert read.value == ()
    assert says in read.faults[0].reason


def test_fills_carry_their_sign() -> None:
    row: Row = {
        "buyer": False, "commission": "-0.07819010", "commissionAsset": "USDT", "id": 698759, "maker": False,
        "orderId": 25851813, "price": "7819.01", "qty": "0.002", "quoteQty": "15.63802", "realizedPnl": "-0.91539999",
        "side": "SELL", "positionSide": "SHORT", "symbol": "BTCUSDT", "time": 1569514978020,
    }  # fmt: skip

    read = BINANCE.trades({"BTCUSDT": [row], "ETHUSDT": []}, LISTING, PLAUSIBLE)

    assert read.faults == ()
    fill = read.value["BTC/USDT:USDT"][0]
    assert fill.signed_quantity == Decimal("-0.002")
    assert (fill.order_id, fill.realized_pnl) == ("25851813", Decimal("-0.91539999"))
    assert read.value["ETH/USDT:USDT"] == ()


def test_fills_of_another_contract_are_not_taken_for_those_asked_for() -> None:
    read = BINANCE.trades({"ETHUSDT": [a_fill(1, "BUY", "1", at=NOON, symbol="BTCUSDT")]}, LISTING, PLAUSIBLE)

    assert read.value == {"ETH/USDT:USDT": ()}
    assert "another contract" in read.faults[0].reason


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ([(10, 20, "0.01", 0)], "begins at 10"),
        ([(0, 100, "0.01", 0), (200, 300, "0.02", 1)], "gap between 100 and 200"),
        ([(0, 50_000, "0.01", 0), (50_000, 90_000, "0.02", 100)], "jumps at 50000"),
        ([(0, 50_000, "0.02", 0), (50_000, 90_000, "0.01", 0)], "jumps at 50000"),
        ([(0, 0, "0.02", 0)], "at or below its floor"),
        ([], "brackets are missing"),
    ],
)
def test_brackets_that_cannot_be_are_refused(table: list[tuple[int, int, str, int]], says: str) -> None:
    rows: list[Any] = [
        {
            "bracket": number,
            "initialLeverage": 20,
            "notionalFloor": floor,
            "notionalCap": cap,
            "maintMarginRatio": rate,
            "cum": cum,
        }
        for number, (floor, cap, rate, cum) in enumerate(table)
    ]

    read = BINANCE.brackets([{"symbol": "ETHUSDT", "brackets": rows}], LISTING, PLAUSIBLE)

    assert read.value == {}
    assert says in read.faults[0].reason


def test_instruments_carry_their_filters_and_delivery_contracts_are_left_alone() -> None:
    read = BINANCE.instruments(exchange_info(), PLAUSIBLE)

    assert read.faults == ()
    assert set(read.value) == {"BTCUSDT", "ETHUSDT"}
    btc = read.value["BTCUSDT"]
    assert (btc.symbol, btc.tick_size, btc.lot_size) == ("BTC/USDT:USDT", Decimal("0.10"), Decimal("0.001"))
    assert (btc.notional_min, btc.price_band, btc.market_quantity_max) == (
        Decimal(100),
        Decimal("0.0500"),
        Decimal(120),
    )
    assert btc.tradable


@pytest.mark.parametrize("payload", [None, [], {}, {"symbols": []}, {"symbols": None}, "x"])
def test_an_exchange_without_contracts_is_rubbish(payload: Any) -> None:
    with pytest.raises(Rubbish):
        BINANCE.instruments(payload, PLAUSIBLE)


@pytest.mark.parametrize("payload", [None, {}, "x", 7])
def test_what_is_no_list_is_rubbish_where_a_list_is_due(payload: Any) -> None:
    for reader in (
        BINANCE.positions,
        BINANCE.orders,
        BINANCE.conditional_orders,
        BINANCE.quotes,
        BINANCE.brackets,
    ):
        with pytest.raises(Rubbish):
            reader(payload, LISTING, PLAUSIBLE)
