"""Open interest and what assets count for as collateral."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support_paper import BTC, QUOTES, START_MS, StillMarket, ask, key_of, paper_venue

HOUR_MS = 3_600_000
DOCUMENTED = {
    *("symbol", "time", "index", "bidBuffer", "askBuffer", "bidRate", "askRate"),
    *("autoExchangeBidBuffer", "autoExchangeAskBuffer", "autoExchangeBidRate", "autoExchangeAskRate"),
}


def test_open_interest_is_half_a_days_volume_in_coins() -> None:
    venue = paper_venue(market=StillMarket(step_ms=HOUR_MS))
    venue.advance_to(START_MS + 6 * HOUR_MS)
    _, ticker = ask(venue, "GET", "/fapi/v1/ticker/24hr", symbol="BTCUSDT")
    status, row = ask(venue, "GET", "/fapi/v1/openInterest", symbol="BTCUSDT")
    assert (status, set(row), row["symbol"]) == (200, {"openInterest", "symbol", "time"}, "BTCUSDT")
    expected = Decimal(ticker["quoteVolume"]) / 2 / QUOTES["BTCUSDT"].mark
    assert abs(Decimal(row["openInterest"]) - expected) <= BTC.lot_size


def test_nobody_holds_more_than_is_open() -> None:
    venue = paper_venue(deposits={"alpha": "1000000", "beta": "1000000"})
    for account, side, quantity in (("alpha", "BUY", "3"), ("beta", "SELL", "2")):
        key, path = key_of(account), "/fapi/v1/order"
        ask(venue, "POST", path, key=key, symbol="BTCUSDT", side=side, type="MARKET", quantity=quantity)
    _, row = ask(venue, "GET", "/fapi/v1/openInterest", symbol="BTCUSDT")
    assert Decimal(row["openInterest"]) == 3


def test_open_interest_wants_a_contract_that_is_listed() -> None:
    assert ask(paper_venue(), "GET", "/fapi/v1/openInterest")[1]["code"] == -1102
    assert ask(paper_venue(), "GET", "/fapi/v1/openInterest", symbol="NOPE")[1]["code"] == -1121


def test_assets_are_listed_by_their_pair_with_the_dollar_and_the_dollar_is_one() -> None:
    _, rows = ask(paper_venue(), "GET", "/fapi/v1/assetIndex")
    assert [row["symbol"] for row in rows] == ["USDTUSD", "BTCUSD", "ETHUSD"]
    assert all(set(row) == DOCUMENTED for row in rows)
    assert (rows[0]["index"], rows[0]["bidRate"], rows[0]["time"]) == ("1.00000000", "0.99990000", START_MS)
    assert Decimal(rows[1]["index"]) == QUOTES["BTCUSDT"].index
    assert Decimal(rows[1]["bidRate"]) == QUOTES["BTCUSDT"].index * Decimal("0.95")
    assert Decimal(rows[1]["askRate"]) == QUOTES["BTCUSDT"].index * Decimal("1.05")


def test_one_asset_is_an_object_and_an_unknown_one_is_refused() -> None:
    venue = paper_venue()
    _, rows = ask(venue, "GET", "/fapi/v1/assetIndex")
    assert ask(venue, "GET", "/fapi/v1/assetIndex", symbol="BTCUSD") == (200, rows[1])
    assert ask(venue, "GET", "/fapi/v1/assetIndex", symbol="BTCUSDT")[1]["code"] == -1121


@pytest.mark.parametrize("path", ["/fapi/v1/openInterest", "/fapi/v1/assetIndex"])
def test_the_same_venue_gives_the_same_answer_without_a_key(path: str) -> None:
    one, other = paper_venue(), paper_venue()
    assert ask(one, "GET", path, symbol="BTCUSDT") == ask(other, "GET", path, symbol="BTCUSDT")
