"""Conditional orders through the dialect."""

from __future__ import annotations

from typing import Any

import pytest

from riskd.paper.venue import Venue
from tests.support_paper import START_MS, StillMarket, ask, key_of, paper_venue

ALPHA = key_of("alpha")
PATH = "/fapi/v1/algoOrder"
STOP: dict[str, Any] = {
    "algoType": "CONDITIONAL",
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "STOP_MARKET",
    "quantity": "0.5",
    "triggerPrice": "55000",
    "reduceOnly": "true",
}


def place(venue: Venue, **changed: Any) -> Any:
    status, row = ask(venue, "POST", PATH, key=ALPHA, **{**STOP, **changed})
    assert status == 200, row
    return row


def held(market: StillMarket | None = None) -> Venue:
    """A venue on which alpha is long half a bitcoin."""
    venue = paper_venue(market=market)
    asked: dict[str, Any] = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.5"}
    status, _ = ask(venue, "POST", "/fapi/v1/order", key=ALPHA, **asked)
    assert status == 200
    return venue


def test_a_stop_is_answered_with_every_field_that_binance_gives() -> None:
    row = place(held(), clientAlgoId="stop-1")
    assert row == {
        "algoId": row["algoId"],
        "clientAlgoId": "stop-1",
        "algoType": "CONDITIONAL",
        "orderType": "STOP_MARKET",
        "symbol": "BTCUSDT",
        "side": "SELL",
        "positionSide": "BOTH",
        "timeInForce": "GTC",
        "quantity": "0.500",
        "algoStatus": "NEW",
        "actualOrderId": "",
        "actualPrice": "0.00000",
        "triggerPrice": "55000.00",
        "price": "0.00",
        "icebergQuantity": None,
        "selfTradePreventionMode": "NONE",
        "workingType": "CONTRACT_PRICE",
        "priceMatch": "NONE",
        "closePosition": False,
        "priceProtect": False,
        "reduceOnly": True,
        "createTime": START_MS,
        "updateTime": START_MS,
        "triggerTime": 0,
        "goodTillDate": 0,
    }


def test_stops_live_in_a_list_of_their_own() -> None:
    venue = held()
    place(venue)
    assert ask(venue, "GET", "/fapi/v1/openOrders", key=ALPHA) == (200, [])
    choices: list[dict[str, Any]] = [{}, {"symbol": "BTCUSDT"}]
    for asked in choices:
        _, rows = ask(venue, "GET", "/fapi/v1/openAlgoOrders", key=ALPHA, **asked)
        assert [row["orderType"] for row in rows] == ["STOP_MARKET"]
    ask(venue, "DELETE", "/fapi/v1/allOpenOrders", key=ALPHA, symbol="BTCUSDT")
    _, rows = ask(venue, "GET", "/fapi/v1/openAlgoOrders", key=ALPHA)
    assert len(rows) == 1


def test_a_triggered_stop_names_the_order_it_became() -> None:
    market = StillMarket()
    venue = held(market)
    stop = place(venue)
    market.move("BTCUSDT", "54000", at_ms=START_MS + 5_000)
    venue.advance_to(START_MS + 10_000)
    _, row = ask(venue, "GET", PATH, key=ALPHA, algoId=stop["algoId"])
    assert (row["algoStatus"], row["triggerTime"]) == ("FINISHED", START_MS + 5_000)
    assert 53_000 < float(row["actualPrice"]) < 54_000
    _, order = ask(venue, "GET", "/fapi/v1/order", key=ALPHA, symbol="BTCUSDT", orderId=row["actualOrderId"])
    assert (order["status"], order["executedQty"], order["reduceOnly"]) == ("FILLED", "0.500", True)
    assert ask(venue, "GET", "/fapi/v3/positionRisk", key=ALPHA) == (200, [])


def test_close_position_needs_no_quantity() -> None:
    venue = held()
    row = place(venue, quantity="", reduceOnly="", closePosition="true")
    assert (row["closePosition"], row["quantity"]) == (True, "0.000")


def test_a_stop_is_found_and_cancelled_by_either_id() -> None:
    venue = held()
    for identity in ("algoId", "clientAlgoId"):
        stop = place(venue, clientAlgoId="stop-1")
        asked: dict[str, Any] = {identity: stop[identity]}
        _, found = ask(venue, "GET", PATH, key=ALPHA, **asked)
        assert found["algoId"] == stop["algoId"]
        status, cancelled = ask(venue, "DELETE", PATH, key=ALPHA, **asked)
        assert status == 200
        assert cancelled == {
            "algoId": stop["algoId"],
            "clientAlgoId": "stop-1",
            "code": "200",
            "msg": "success",
        }
        _, found = ask(venue, "GET", PATH, key=ALPHA, algoId=stop["algoId"])
        assert found["algoStatus"] == "CANCELED"


def test_all_stops_of_a_symbol_are_cancelled_and_remembered() -> None:
    venue = held()
    ids = [place(venue, triggerPrice=price)["algoId"] for price in ("55000", "54000")]
    status, row = ask(venue, "DELETE", "/fapi/v1/algoOpenOrders", key=ALPHA, symbol="BTCUSDT")
    assert (status, row["code"]) == (200, 200)
    assert ask(venue, "GET", "/fapi/v1/openAlgoOrders", key=ALPHA) == (200, [])
    _, rows = ask(venue, "GET", "/fapi/v1/allAlgoOrders", key=ALPHA, symbol="BTCUSDT")
    assert [(row["algoId"], row["algoStatus"]) for row in rows] == [(i, "CANCELED") for i in ids]
    _, rows = ask(venue, "GET", "/fapi/v1/allAlgoOrders", key=ALPHA, symbol="BTCUSDT", algoId=ids[1])
    assert [row["algoId"] for row in rows] == [ids[1]]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"algoType": ""}, -1102),
        ({"algoType": "TWAP"}, -1130),
        ({"type": "STOP"}, -1130),
        ({"type": "TRAILING_STOP_MARKET"}, -1130),
        ({"type": "MARKET"}, -1116),
        ({"triggerPrice": ""}, -1102),
        ({"triggerPrice": "55000.05"}, -4014),
        ({"triggerPrice": "61000"}, -2021),
        ({"quantity": ""}, -1102),
        ({"price": "55000"}, -1106),
        ({"closePosition": "true"}, -4137),
        ({"closePosition": "true", "quantity": ""}, -1106),
        ({"workingType": "LAST"}, -4031),
        ({"priceProtect": "true"}, -1130),
        ({"clientAlgoId": "ä"}, -4015),
        ({"positionSide": "LONG"}, -4061),
        ({"symbol": "DOGEUSDT"}, -1121),
    ],
)
def test_stops_that_cannot_be_taken_are_refused(changed: dict[str, Any], code: int) -> None:
    venue = held()
    status, row = ask(venue, "POST", PATH, key=ALPHA, **{**STOP, **changed})
    assert (status, row["code"]) == (400, code)
    assert ask(venue, "GET", "/fapi/v1/openAlgoOrders", key=ALPHA) == (200, [])


@pytest.mark.parametrize(("method", "code"), [("GET", -2013), ("DELETE", -2011)])
def test_an_unknown_stop_is_said_to_be_unknown(method: str, code: int) -> None:
    status, row = ask(paper_venue(), method, PATH, key=ALPHA, algoId=7)
    assert (status, row["code"]) == (400, code)
    status, row = ask(paper_venue(), method, PATH, key=ALPHA)
    assert (status, row["code"]) == (400, -1102)
