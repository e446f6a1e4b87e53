"""What the venue tells everybody."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from riskd.paper.engine.types import Side
from tests.support_paper import BTC, ETH, QUOTES, START_MS, StillMarket, ask, key_of, paper_venue

HOUR_MS = 3_600_000
ALPHA = key_of("alpha")


def test_time_and_ping_answer_without_a_key() -> None:
    venue = paper_venue()
    assert ask(venue, "GET", "/fapi/v1/ping") == (200, {})
    assert ask(venue, "GET", "/fapi/v1/time", now_ms=START_MS + 250) == (200, {"serverTime": START_MS + 250})


def test_exchange_info_states_steps_minimums_and_order_types() -> None:
    _, info = ask(paper_venue(), "GET", "/fapi/v1/exchangeInfo")
    btc = info["symbols"][0]
    filters = {row["filterType"]: row for row in btc["filters"]}
    assert [row["symbol"] for row in info["symbols"]] == ["BTCUSDT", "ETHUSDT"]
    assert btc["contractType"] == "PERPETUAL"
    assert (btc["pricePrecision"], btc["quantityPrecision"]) == (2, 3)
    assert filters["PRICE_FILTER"]["tickSize"] == "0.10"
    assert (
        filters["LOT_SIZE"] | {"minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"}
        == filters["LOT_SIZE"]
    )
    assert filters["MARKET_LOT_SIZE"]["maxQty"] == "120"
    assert filters["MIN_NOTIONAL"]["notional"] == "100"
    assert (filters["PERCENT_PRICE"]["multiplierUp"], filters["PERCENT_PRICE"]["multiplierDown"]) == (
        "1.05",
        "0.95",
    )
    assert btc["orderTypes"] == ["LIMIT", "MARKET", "STOP_MARKET", "TAKE_PROFIT_MARKET"]
    assert {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2400} in info[
        "rateLimits"
    ]


def test_premium_index_of_one_symbol_is_an_object_and_of_all_a_list() -> None:
    venue = paper_venue()
    _, one = ask(venue, "GET", "/fapi/v1/premiumIndex", symbol="BTCUSDT")
    _, every = ask(venue, "GET", "/fapi/v1/premiumIndex")
    assert every[0] == one
    assert one == {
        "symbol": "BTCUSDT",
        "markPrice": "60000.00000000",
        "indexPrice": "59990.00000000",
        "estimatedSettlePrice": "59990.00000000",
        "lastFundingRate": "0.00010000",
        "interestRate": "0.00010000",
        "nextFundingTime": START_MS + 4 * HOUR_MS,
        "time": START_MS,
    }


def test_funding_terms_differ_by_contract() -> None:
    _, rows = ask(paper_venue(), "GET", "/fapi/v1/fundingInfo")
    assert [(row["symbol"], row["fundingIntervalHours"]) for row in rows] == [("BTCUSDT", 8), ("ETHUSDT", 4)]
    assert (rows[0]["adjustedFundingRateCap"], rows[0]["adjustedFundingRateFloor"]) == (
        "0.00300000",
        "-0.00300000",
    )


def test_funding_history_lists_what_was_settled() -> None:
    venue = paper_venue(market=StillMarket(step_ms=HOUR_MS))
    venue.advance_to(START_MS + 9 * HOUR_MS)
    _, rows = ask(venue, "GET", "/fapi/v1/fundingRate", symbol="ETHUSDT")
    assert [(row["fundingTime"] - START_MS) // HOUR_MS for row in rows] == [4, 8]
    assert rows[0] == {
        "symbol": "ETHUSDT",
        "fundingRate": "-0.00005000",
        "fundingTime": START_MS + 4 * HOUR_MS,
        "markPrice": "3000.00000000",
    }
    _, newest = ask(venue, "GET", "/fapi/v1/fundingRate", symbol="ETHUSDT", limit=1)
    _, oldest = ask(venue, "GET", "/fapi/v1/fundingRate", symbol="ETHUSDT", limit=1, startTime=START_MS)
    assert (newest, oldest) == ([rows[1]], [rows[0]])


def test_settled_funding_is_what_accounts_paid() -> None:
    venue = paper_venue(market=StillMarket(step_ms=HOUR_MS))
    ask(venue, "POST", "/fapi/v1/order", key=ALPHA, symbol="BTCUSDT", side="BUY", type="MARKET", quantity=1)
    venue.advance_to(START_MS + 5 * HOUR_MS)
    _, rates = ask(venue, "GET", "/fapi/v1/fundingRate", symbol="BTCUSDT")
    _, paid = ask(venue, "GET", "/fapi/v1/income", key=ALPHA, incomeType="FUNDING_FEE")
    expected = -Decimal(rates[0]["markPrice"]) * Decimal(rates[0]["fundingRate"])
    assert [Decimal(row["income"]) for row in paid] == [expected]


@pytest.mark.parametrize("path", ["/fapi/v1/ticker/price", "/fapi/v2/ticker/price"])
def test_last_price_lies_on_the_tick(path: str) -> None:
    _, row = ask(paper_venue(), "GET", path, symbol="BTCUSDT")
    assert row == {"symbol": "BTCUSDT", "price": "60000.00", "time": START_MS}


def test_best_bid_and_ask_enclose_the_last_price() -> None:
    _, row = ask(paper_venue(), "GET", "/fapi/v1/ticker/bookTicker", symbol="BTCUSDT")
    assert (row["bidPrice"], row["askPrice"]) == ("59999.50", "60000.50")
    assert Decimal(row["bidQty"]) > 0


def test_the_day_ticker_tells_the_change_since_the_day_began() -> None:
    market = StillMarket(step_ms=60_000)
    market.move("BTCUSDT", "63000", at_ms=START_MS + HOUR_MS)
    market.move("BTCUSDT", "57000", at_ms=START_MS + 2 * HOUR_MS)
    venue = paper_venue(market=market)
    venue.advance_to(START_MS + 3 * HOUR_MS)
    _, row = ask(venue, "GET", "/fapi/v1/ticker/24hr", symbol="BTCUSDT")
    assert (row["openPrice"], row["highPrice"], row["lowPrice"], row["lastPrice"]) == (
        "60000.00",
        "63000.00",
        "57000.00",
        "57000.00",
    )
    assert (row["priceChange"], row["priceChangePercent"]) == ("-3000.00", "-5.000")
    assert Decimal(row["quoteVolume"]) > 0


@pytest.mark.parametrize("limit", [5, 10, 20, 50, 100, 500, 1000])
def test_depth_has_as_many_levels_as_asked_for_in_order(limit: int) -> None:
    _, book = ask(paper_venue(), "GET", "/fapi/v1/depth", symbol="BTCUSDT", limit=limit)
    bids = [Decimal(price) for price, _ in book["bids"]]
    asks = [Decimal(price) for price, _ in book["asks"]]
    assert len(bids) == len(asks) == limit
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] < asks[0]
    assert all(price % BTC.tick_size == 0 for price in bids + asks)


def test_taking_what_depth_shows_costs_no_more_than_it_shows() -> None:
    venue = paper_venue(deposits={"alpha": "100000000"})
    _, book = ask(venue, "GET", "/fapi/v1/depth", symbol="ETHUSDT", limit=5)
    size = sum((Decimal(quantity) for _, quantity in book["asks"]), Decimal(0))
    shown = sum((Decimal(price) * Decimal(quantity) for price, quantity in book["asks"]), Decimal(0))
    _, order = ask(
        venue,
        "POST",
        "/fapi/v1/order",
        key=ALPHA,
        symbol="ETHUSDT",
        side=Side.BUY.value,
        type="MARKET",
        quantity=size.quantize(ETH.market_lot_size),
        newOrderRespType="RESULT",
    )
    assert Decimal(order["executedQty"]) == size
    assert shown * Decimal("0.9999") < Decimal(order["cumQuote"]) <= shown


def test_a_depth_limit_outside_the_list_is_refused() -> None:
    status, refused = ask(paper_venue(), "GET", "/fapi/v1/depth", symbol="BTCUSDT", limit=7)
    assert (status, refused) == (400, {"code": -4021, "msg": "7 is not valid depth limit"})


def test_candles_have_twelve_columns_of_binance() -> None:
    venue = paper_venue()
    venue.advance_to(START_MS + 90_000)
    _, rows = ask(venue, "GET", "/fapi/v1/klines", symbol="BTCUSDT", interval="1m")
    assert len(rows) == 2
    assert [len(row) for row in rows] == [12, 12]
    assert rows[0][:5] == [START_MS, "60000.00", "60000.00", "60000.00", "60000.00"]
    assert rows[0][6] == START_MS + 59_999


def test_minutes_without_a_step_are_shown_flat_and_without_volume() -> None:
    venue = paper_venue(market=StillMarket(step_ms=3 * 60_000))
    venue.advance_to(START_MS + 6 * 60_000)
    _, rows = ask(venue, "GET", "/fapi/v1/klines", symbol="BTCUSDT", interval="1m")
    assert [(row[0] - START_MS) // 60_000 for row in rows] == list(range(7))
    assert [row[5] == "0.000" for row in rows] == [True, True, True, False, True, True, False]


def test_a_window_and_a_limit_choose_the_candles() -> None:
    venue = paper_venue(market=StillMarket(step_ms=60_000))
    venue.advance_to(START_MS + 9 * 60_000)

    def minutes(**asked: Any) -> list[int]:
        _, rows = ask(venue, "GET", "/fapi/v1/klines", symbol="BTCUSDT", interval="1m", **asked)
        return [(row[0] - START_MS) // 60_000 for row in rows]

    assert minutes(limit=2) == [8, 9]
    assert minutes(startTime=START_MS + 60_000, limit=3) == [1, 2, 3]
    assert minutes(endTime=START_MS + 4 * 60_000, limit=2) == [3, 4]


def test_mark_and_index_candles_answer_too() -> None:
    venue = paper_venue()
    _, mark = ask(venue, "GET", "/fapi/v1/markPriceKlines", symbol="BTCUSDT", interval="1h")
    _, index = ask(venue, "GET", "/fapi/v1/indexPriceKlines", pair="BTCUSDT", interval="1h")
    assert (mark[0][4], index[0][4]) == (f"{QUOTES['BTCUSDT'].mark:.2f}", f"{QUOTES['BTCUSDT'].index:.2f}")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"symbol": "BTCUSDT"}, -1102),
        ({"symbol": "BTCUSDT", "interval": "7m"}, -1120),
        ({"symbol": "BTCUSDT", "interval": "1m", "limit": 1501}, -1130),
        ({"symbol": "BTCUSDT", "interval": "1m", "startTime": 2, "endTime": 1}, -1023),
        ({"symbol": "DOGEUSDT", "interval": "1m"}, -1121),
    ],
)
def test_candle_requests_that_cannot_be_read_are_refused(asked: dict[str, Any], code: int) -> None:
    status, refused = ask(paper_venue(), "GET", "/fapi/v1/klines", **asked)
    assert (status, refused["code"]) == (400, code)


def test_brackets_are_bare_numbers() -> None:
    _, rows = ask(paper_venue(), "GET", "/fapi/v1/leverageBracket", key=ALPHA, symbol="BTCUSDT")
    assert rows[0]["brackets"][1] == {
        "bracket": 2,
        "initialLeverage": 50,
        "notionalCap": 3_000_000,
        "notionalFloor": 300_000,
        "maintMarginRatio": 0.01,
        "cum": 1_800.0,
    }


def test_a_steps_path_does_not_depend_on_who_asks_when() -> None:
    quiet, asked = paper_venue(), paper_venue()
    quiet.advance_to(START_MS + 60_000)
    for ms in range(137, 60_001, 137):
        ask(asked, "GET", "/fapi/v1/time", now_ms=START_MS + ms)
    asked.advance_to(START_MS + 60_000)
    path = "/fapi/v1/klines"
    assert ask(quiet, "GET", path, symbol="BTCUSDT", interval="1m") == ask(
        asked, "GET", path, symbol="BTCUSDT", interval="1m"
    )
