"""Income and trades through the dialect."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from riskd.paper.engine.types import PositionSide
from riskd.paper.venue import Venue
from tests.support_paper import START_MS, StillMarket, ask, key_of, paper_venue

ALPHA = key_of("alpha")
DAY_MS = 86_400_000


def trade(venue: Venue, side: str, quantity: str = "0.01") -> Any:
    asked: dict[str, Any] = {"symbol": "BTCUSDT", "side": side, "type": "MARKET", "quantity": quantity}
    status, order = ask(venue, "POST", "/fapi/v1/order", key=ALPHA, newOrderRespType="RESULT", **asked)
    assert status == 200, order
    return order


def rows(venue: Venue, path: str, **asked: Any) -> list[Any]:
    status, found = ask(venue, "GET", path, key=ALPHA, **asked)
    assert status == 200, found
    return list(found)


def test_income_tells_every_change_of_the_wallet() -> None:
    venue = paper_venue()
    trade(venue, "BUY")
    trade(venue, "SELL")
    found = rows(venue, "/fapi/v1/income")
    assert [row["incomeType"] for row in found] == ["TRANSFER", "COMMISSION", "REALIZED_PNL", "COMMISSION"]
    assert found[0] == {
        "symbol": "",
        "incomeType": "TRANSFER",
        "income": "100000.00000000",
        "asset": "USDT",
        "info": "TRANSFER",
        "time": START_MS,
        "tranId": found[0]["tranId"],
        "tradeId": "",
    }
    assert (found[1]["info"], found[1]["tradeId"] != "") == ("COMMISSION", True)
    balance = rows(venue, "/fapi/v3/balance")[0]["balance"]
    assert sum(Decimal(row["income"]) for row in found) == Decimal(balance)


def test_income_is_chosen_by_kind_symbol_and_window() -> None:
    venue = paper_venue(market=StillMarket(step_ms=DAY_MS))
    trade(venue, "BUY")
    venue.advance_to(START_MS + 10 * DAY_MS)
    trade(venue, "SELL")
    assert len(rows(venue, "/fapi/v1/income", incomeType="COMMISSION")) == 1
    assert len(rows(venue, "/fapi/v1/income", incomeType="COMMISSION", startTime=START_MS)) == 2
    assert len(rows(venue, "/fapi/v1/income", incomeType="COMMISSION", endTime=START_MS)) == 1
    assert rows(venue, "/fapi/v1/income", symbol="ETHUSDT", startTime=START_MS) == []


def test_income_comes_in_pages() -> None:
    venue = paper_venue()
    for _ in range(4):
        trade(venue, "BUY", "0.002")
    every = [row["tranId"] for row in rows(venue, "/fapi/v1/income", startTime=START_MS)]
    pages = [
        [row["tranId"] for row in rows(venue, "/fapi/v1/income", startTime=START_MS, limit=2, page=page)]
        for page in (1, 2, 3, 4)
    ]
    assert pages == [every[:2], every[2:4], every[4:], []]
    assert [row["tranId"] for row in rows(venue, "/fapi/v1/income", limit=2)] == every[-2:]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"incomeType": "LUCK"}, -1130),
        ({"limit": 1001}, -1130),
        ({"startTime": 2, "endTime": 1}, -1023),
        ({"symbol": "DOGEUSDT"}, -1121),
        ({"page": "one"}, -1100),
    ],
)
def test_income_requests_that_cannot_be_read_are_refused(asked: dict[str, Any], code: int) -> None:
    status, row = ask(paper_venue(), "GET", "/fapi/v1/income", key=ALPHA, **asked)
    assert (status, row["code"]) == (400, code)


def test_a_trade_tells_its_order_price_fee_and_result() -> None:
    venue = paper_venue()
    bought, sold = trade(venue, "BUY"), trade(venue, "SELL")
    found = rows(venue, "/fapi/v1/userTrades", symbol="BTCUSDT")
    assert [row["orderId"] for row in found] == [bought["orderId"], sold["orderId"]]
    assert (found[0]["buyer"], found[0]["maker"], found[0]["side"]) == (True, False, "BUY")
    assert found[0]["commissionAsset"] == "USDT"
    assert Decimal(found[0]["commission"]) == round(Decimal(found[0]["quoteQty"]) * Decimal("0.0005"), 8)
    earned = Decimal(found[1]["quoteQty"]) - Decimal(found[0]["quoteQty"])
    assert Decimal(found[1]["realizedPnl"]) == earned < 0


def test_trades_are_chosen_by_order_id_from_id_and_limit() -> None:
    venue = paper_venue()
    orders = [trade(venue, "BUY", "0.002") for _ in range(3)]
    ids = [row["id"] for row in rows(venue, "/fapi/v1/userTrades", symbol="BTCUSDT")]

    def chosen(**asked: Any) -> list[int]:
        return [row["id"] for row in rows(venue, "/fapi/v1/userTrades", symbol="BTCUSDT", **asked)]

    assert chosen(orderId=orders[1]["orderId"]) == [ids[1]]
    assert chosen(fromId=ids[1]) == ids[1:]
    assert chosen(limit=1) == [ids[2]]
    assert chosen(startTime=START_MS, limit=1) == [ids[0]]


def test_trades_are_asked_for_by_id_or_by_time() -> None:
    asked: dict[str, Any] = {"symbol": "BTCUSDT", "fromId": 1, "startTime": START_MS}
    status, row = ask(paper_venue(), "GET", "/fapi/v1/userTrades", key=ALPHA, **asked)
    assert (status, row["code"]) == (400, -1106)


def test_forced_closes_are_told_apart_from_the_traders_own() -> None:
    venue = paper_venue()
    trade(venue, "BUY", "1")
    venue.exchange.deleverage("alpha", "BTCUSDT", PositionSide.BOTH, Decimal("0.4"))
    assert [row["clientOrderId"] for row in rows(venue, "/fapi/v1/forceOrders")] == ["adl_autoclose"]
    assert len(rows(venue, "/fapi/v1/forceOrders", autoCloseType="ADL", symbol="BTCUSDT")) == 1
    assert rows(venue, "/fapi/v1/forceOrders", autoCloseType="LIQUIDATION") == []
    assert rows(venue, "/fapi/v1/forceOrders", symbol="ETHUSDT") == []


def test_a_liquidated_account_finds_the_order_that_closed_it() -> None:
    market = StillMarket()
    venue = paper_venue(deposits={"alpha": "4000"}, market=market)
    trade(venue, "BUY", "1")
    market.move("BTCUSDT", "56000", at_ms=START_MS + 5_000)
    venue.advance_to(START_MS + 10_000)
    found = rows(venue, "/fapi/v1/forceOrders", autoCloseType="LIQUIDATION")
    assert len(found) >= 1
    assert all(row["clientOrderId"].startswith("autoclose-") for row in found)
    assert ask(venue, "GET", "/fapi/v3/positionRisk", key=ALPHA) == (200, [])
