"""Plain orders through the dialect."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from riskd.paper.venue import Venue
from tests.support_paper import START_MS, StillMarket, ask, key_of, paper_venue

ALPHA = key_of("alpha")
PATH = "/fapi/v1/order"
DAY_MS = 86_400_000

MARKET: dict[str, Any] = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.5"}
LIMIT: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.5",
    "price": "59000.0",
}


def place(venue: Venue, order: dict[str, Any], **more: Any) -> Any:
    status, row = ask(venue, "POST", PATH, key=ALPHA, **{"newOrderRespType": "RESULT", **order, **more})
    assert status == 200, row
    return row


def refusal(venue: Venue, order: dict[str, Any], **more: Any) -> tuple[int, int]:
    status, row = ask(venue, "POST", PATH, key=ALPHA, **{**order, **more})
    return status, row["code"]


def test_a_market_order_is_answered_with_what_it_filled() -> None:
    row = place(paper_venue(), MARKET, newClientOrderId="mine-1")
    assert row == {
        "orderId": row["orderId"],
        "symbol": "BTCUSDT",
        "status": "FILLED",
        "clientOrderId": "mine-1",
        "price": "0.00",
        "avgPrice": "60000.80000",
        "origQty": "0.500",
        "executedQty": "0.500",
        "cumQty": "0.500",
        "cumQuote": row["cumQuote"],
        "timeInForce": "GTC",
        "type": "MARKET",
        "reduceOnly": False,
        "closePosition": False,
        "side": "BUY",
        "positionSide": "BOTH",
        "stopPrice": "0.00",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": "MARKET",
        "priceMatch": "NONE",
        "selfTradePreventionMode": "NONE",
        "goodTillDate": 0,
        "updateTime": START_MS,
    } | {"avgPrice": row["avgPrice"]}
    assert Decimal("60000.5") < Decimal(row["avgPrice"]) < Decimal(60006)


def test_an_acknowledgement_says_only_that_the_order_was_taken() -> None:
    venue = paper_venue()
    status, row = ask(venue, "POST", PATH, key=ALPHA, **MARKET)
    assert (status, row["status"], row["executedQty"], row["avgPrice"]) == (200, "NEW", "0.000", "0.00000")
    _, found = ask(venue, "GET", PATH, key=ALPHA, symbol="BTCUSDT", orderId=row["orderId"])
    assert (found["status"], found["executedQty"]) == ("FILLED", "0.500")


def test_a_limit_order_rests_and_is_found_by_either_id() -> None:
    venue = paper_venue()
    placed = place(venue, LIMIT, newClientOrderId="mine-1")
    assert placed["status"] == "NEW"
    for identity in ({"orderId": placed["orderId"]}, {"origClientOrderId": "mine-1"}):
        for path in (PATH, "/fapi/v1/openOrder"):
            _, found = ask(venue, "GET", path, key=ALPHA, symbol="BTCUSDT", **identity)
            assert (found["orderId"], found["price"], found["time"]) == (
                placed["orderId"],
                "59000.00",
                START_MS,
            )


def test_open_orders_of_one_symbol_or_of_all() -> None:
    venue = paper_venue()
    place(venue, LIMIT)
    place(venue, LIMIT, symbol="ETHUSDT", price="2900", quantity="1")
    choices: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["BTCUSDT", "ETHUSDT"]),
        ({"symbol": "ETHUSDT"}, ["ETHUSDT"]),
    ]
    for asked, symbols in choices:
        _, rows = ask(venue, "GET", "/fapi/v1/openOrders", key=ALPHA, **asked)
        assert [row["symbol"] for row in rows] == symbols


def test_a_cancelled_order_is_told_once_and_is_unknown_to_a_second_cancel() -> None:
    venue = paper_venue()
    placed = place(venue, LIMIT)
    status, row = ask(venue, "DELETE", PATH, key=ALPHA, symbol="BTCUSDT", orderId=placed["orderId"])
    assert (status, row["status"]) == (200, "CANCELED")
    status, row = ask(venue, "DELETE", PATH, key=ALPHA, symbol="BTCUSDT", orderId=placed["orderId"])
    assert (status, row["code"]) == (400, -2011)
    status, row = ask(
        venue, "GET", "/fapi/v1/openOrder", key=ALPHA, symbol="BTCUSDT", orderId=placed["orderId"]
    )
    assert (status, row["code"]) == (400, -2013)


def test_an_immediate_or_cancel_order_expires_where_the_book_ends() -> None:
    row = place(paper_venue(), LIMIT, timeInForce="IOC")
    assert (row["status"], row["executedQty"]) == ("EXPIRED", "0.000")


def test_a_post_only_order_that_would_take_is_refused() -> None:
    assert refusal(paper_venue(), LIMIT, timeInForce="GTX", price="60100.0") == (400, -5022)


def test_cancel_all_takes_one_symbols_orders() -> None:
    venue = paper_venue()
    place(venue, LIMIT)
    place(venue, LIMIT, symbol="ETHUSDT", price="2900", quantity="1")
    status, row = ask(venue, "DELETE", "/fapi/v1/allOpenOrders", key=ALPHA, symbol="BTCUSDT")
    assert (status, row) == (200, {"code": 200, "msg": "The operation of cancel all open order is done."})
    _, rows = ask(venue, "GET", "/fapi/v1/openOrders", key=ALPHA)
    assert [row["symbol"] for row in rows] == ["ETHUSDT"]


def test_all_orders_are_listed_oldest_first_within_seven_days() -> None:
    venue = paper_venue(market=StillMarket(step_ms=DAY_MS))
    ids = []
    for day in range(9):
        venue.advance_to(START_MS + day * DAY_MS)
        ids.append(place(venue, MARKET, quantity="0.002")["orderId"])

    def listed(**asked: Any) -> list[int]:
        status, rows = ask(venue, "GET", "/fapi/v1/allOrders", key=ALPHA, symbol="BTCUSDT", **asked)
        assert status == 200, rows
        return [row["orderId"] for row in rows]

    assert listed() == ids[1:]
    assert listed(limit=2) == ids[-2:]
    assert listed(startTime=START_MS, limit=2) == ids[:2]
    assert listed(orderId=ids[3]) == ids[3:]
    assert listed(endTime=START_MS + DAY_MS) == ids[:2]


def test_a_window_above_seven_days_is_refused() -> None:
    asked: dict[str, Any] = {"symbol": "BTCUSDT", "startTime": 0, "endTime": 7 * DAY_MS + 1}
    status, row = ask(paper_venue(), "GET", "/fapi/v1/allOrders", key=ALPHA, **asked)
    assert (status, row["code"]) == (400, -4165)


@pytest.mark.parametrize(
    "kind", ["STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"]
)
def test_conditional_types_are_sent_to_the_other_endpoint(kind: str) -> None:
    assert refusal(paper_venue(), MARKET, type=kind, stopPrice="50000") == (400, -4120)


def test_reduce_only_is_refused_in_hedge_mode_whatever_it_says() -> None:
    venue = paper_venue(hedge_accounts=["alpha"])
    for value in ("true", "false"):
        assert refusal(venue, MARKET, positionSide="LONG", reduceOnly=value) == (400, -1106)


@pytest.mark.parametrize(
    ("order", "changed", "code"),
    [
        (MARKET, {"symbol": "DOGEUSDT"}, -1121),
        (MARKET, {"symbol": ""}, -1102),
        (MARKET, {"side": ""}, -1102),
        (MARKET, {"side": "LONG"}, -1117),
        (MARKET, {"type": "ICEBERG"}, -1116),
        (MARKET, {"quantity": ""}, -1102),
        (MARKET, {"quantity": "-1"}, -1100),
        (MARKET, {"quantity": "1e3"}, -1100),
        (MARKET, {"quantity": "0"}, -4003),
        (MARKET, {"quantity": "0.0005"}, -1111),
        (MARKET, {"quantity": "121"}, -4005),
        (MARKET, {"quantity": "0.001"}, -4164),
        (MARKET, {"price": "60000"}, -1106),
        (MARKET, {"timeInForce": "GTC"}, -1106),
        (MARKET, {"stopPrice": "60000"}, -1106),
        (MARKET, {"closePosition": "true"}, -4136),
        (MARKET, {"positionSide": "UP"}, -4060),
        (MARKET, {"positionSide": "LONG"}, -4061),
        (MARKET, {"reduceOnly": "true"}, -2022),
        (MARKET, {"reduceOnly": "maybe"}, -1130),
        (MARKET, {"newClientOrderId": "x" * 37}, -4015),
        (MARKET, {"newClientOrderId": "no spaces"}, -4015),
        (MARKET, {"newOrderRespType": "FULL"}, -1136),
        (MARKET, {"quantity": "100"}, -2019),
        (LIMIT, {"price": ""}, -1102),
        (LIMIT, {"timeInForce": ""}, -1102),
        (LIMIT, {"timeInForce": "DAY"}, -1115),
        (LIMIT, {"timeInForce": "GTD"}, -1130),
        (LIMIT, {"priceMatch": "OPPONENT"}, -1130),
        (LIMIT, {"price": "59000.05"}, -4014),
        (LIMIT, {"price": "99999999999999999999"}, -4016),
    ],
)
def test_orders_that_cannot_be_taken_are_refused_as_binance_does(
    order: dict[str, Any], changed: dict[str, Any], code: int
) -> None:
    venue = paper_venue()
    assert refusal(venue, order, **changed) == (400, code)
    assert ask(venue, "GET", "/fapi/v1/openOrders", key=ALPHA) == (200, [])
    assert ask(venue, "GET", "/fapi/v3/positionRisk", key=ALPHA) == (200, [])


def test_a_client_id_is_refused_while_its_order_is_open_and_free_afterwards() -> None:
    venue = paper_venue()
    place(venue, LIMIT, newClientOrderId="mine-1")
    assert refusal(venue, LIMIT, newClientOrderId="mine-1") == (400, -4116)
    ask(venue, "DELETE", PATH, key=ALPHA, symbol="BTCUSDT", origClientOrderId="mine-1")
    place(venue, LIMIT, newClientOrderId="mine-1")


def test_an_order_is_not_asked_for_without_an_id() -> None:
    for method in ("GET", "DELETE"):
        status, row = ask(paper_venue(), method, PATH, key=ALPHA, symbol="BTCUSDT")
        assert (status, row["code"]) == (400, -1102)
        assert "'origClientOrderId' or 'orderId'" in row["msg"]


def test_accounts_do_not_see_each_others_orders() -> None:
    venue = paper_venue(deposits={"alpha": "1000", "beta": "1000"})
    placed = place(venue, LIMIT, quantity="0.002")
    status, row = ask(venue, "GET", PATH, key=key_of("beta"), symbol="BTCUSDT", orderId=placed["orderId"])
    assert (status, row["code"]) == (400, -2013)
    status, row = ask(venue, "DELETE", PATH, key=key_of("beta"), symbol="BTCUSDT", orderId=placed["orderId"])
    assert (status, row["code"]) == (400, -2011)


def test_a_batch_answers_each_order_for_itself() -> None:
    venue = paper_venue()
    orders = [
        LIMIT | {"newClientOrderId": "a"},
        LIMIT | {"quantity": "0.0001"},
        LIMIT | {"symbol": "ETHUSDT", "price": "2900", "reduceOnly": False, "quantity": 0.5},
    ]
    status, rows = ask(venue, "POST", "/fapi/v1/batchOrders", key=ALPHA, batchOrders=json.dumps(orders))
    assert status == 200
    assert [row.get("code") for row in rows] == [None, -1111, None]
    assert (rows[0]["clientOrderId"], rows[2]["origQty"]) == ("a", "0.500")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("", -1102),
        ("[", -1130),
        ("{}", -1130),
        ("[1]", -1130),
        ("[]", -4082),
        (json.dumps([LIMIT] * 6), -4082),
        ("[" * 30_000, -1130),
    ],
)
def test_a_batch_that_cannot_be_read_is_refused_whole(sent: str, code: int) -> None:
    status, row = ask(paper_venue(), "POST", "/fapi/v1/batchOrders", key=ALPHA, batchOrders=sent)
    assert (status, row["code"]) == (400, code)


@pytest.mark.parametrize("name", ["orderIdList", "orderidlist"])
def test_several_orders_are_cancelled_by_id(name: str) -> None:
    venue = paper_venue()
    ids = [place(venue, LIMIT)["orderId"] for _ in range(2)]
    asked: dict[str, Any] = {"symbol": "BTCUSDT", name: json.dumps([*ids, 999])}
    status, rows = ask(venue, "DELETE", "/fapi/v1/batchOrders", key=ALPHA, **asked)
    assert (status, [row.get("status", row.get("code")) for row in rows]) == (
        200,
        ["CANCELED", "CANCELED", -2011],
    )


def test_several_orders_are_cancelled_by_client_id() -> None:
    venue = paper_venue()
    place(venue, LIMIT, newClientOrderId="a")
    asked: dict[str, Any] = {"symbol": "BTCUSDT", "origClientOrderIdList": '["a"]'}
    status, rows = ask(venue, "DELETE", "/fapi/v1/batchOrders", key=ALPHA, **asked)
    assert (status, [row["status"] for row in rows]) == (200, ["CANCELED"])


@pytest.mark.parametrize(("sent", "code"), [("", -1102), ("7", -1130), ("[1,2,3,4,5,6,7,8,9,10,11]", -4032)])
def test_a_list_of_ids_that_cannot_be_read_is_refused(sent: str, code: int) -> None:
    asked: dict[str, Any] = {"symbol": "BTCUSDT", "orderIdList": sent}
    status, row = ask(paper_venue(), "DELETE", "/fapi/v1/batchOrders", key=ALPHA, **asked)
    assert (status, row["code"]) == (400, code)
