"""What an account reads about itself, and how it changes its settings."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from riskd.paper.dialect.http import Rights
from riskd.paper.venue import Venue
from tests.shared_data import shared_path
from tests.support_paper import ask, key_of, paper_venue

ALPHA = key_of("alpha")


def buy(venue: Venue, symbol: str = "BTCUSDT", quantity: str = "1", **more: Any) -> Any:
    status, order = ask(
        venue,
        "POST",
        "/fapi/v1/order",
        key=ALPHA,
        symbol=symbol,
        side="BUY",
        type="MARKET",
        quantity=quantity,
        newOrderRespType="RESULT",
        **more,
    )
    assert status == 200, order
    return order


def rest(venue: Venue, side: str, price: str, quantity: str, **more: Any) -> Any:
    status, order = ask(
        venue,
        "POST",
        "/fapi/v1/order",
        key=ALPHA,
        symbol="BTCUSDT",
        side=side,
        type="LIMIT",
        timeInForce="GTC",
        price=price,
        quantity=quantity,
        **more,
    )
    assert status == 200, order
    return order


def read(venue: Venue, path: str, **asked: Any) -> Any:
    status, value = ask(venue, "GET", path, key=ALPHA, **asked)
    assert status == 200, value
    return value


def test_an_account_without_positions_shows_its_balance_and_no_rows() -> None:
    account = read(paper_venue(), "/fapi/v3/account")
    assert account["totalWalletBalance"] == account["availableBalance"] == "100000.00000000"
    assert account["assets"][0]["asset"] == "USDT"
    assert account["assets"][0]["updateTime"] > 0
    assert account["positions"] == []


def test_the_newer_position_list_leaves_empty_slots_out_and_the_older_one_does_not() -> None:
    venue = paper_venue()
    buy(venue)
    assert [row["symbol"] for row in read(venue, "/fapi/v3/positionRisk")] == ["BTCUSDT"]
    assert [row["symbol"] for row in read(venue, "/fapi/v2/positionRisk")] == ["BTCUSDT", "ETHUSDT"]
    assert [row["symbol"] for row in read(venue, "/fapi/v2/account")["positions"]] == ["BTCUSDT", "ETHUSDT"]


def test_a_position_row_agrees_with_itself() -> None:
    venue = paper_venue()
    buy(venue, quantity="0.5")
    row = read(venue, "/fapi/v3/positionRisk")[0]
    amount, entry, mark = (Decimal(row[name]) for name in ("positionAmt", "entryPrice", "markPrice"))
    assert row["positionAmt"] == "0.500"
    assert Decimal(row["notional"]) == amount * mark
    assert abs(Decimal(row["unRealizedProfit"]) - amount * (mark - entry)) < Decimal("1E-7")
    assert Decimal(row["initialMargin"]) == amount * mark / 20
    assert Decimal(row["maintMargin"]) == amount * mark * Decimal("0.004")
    assert row["isolatedMargin"] == row["isolatedWallet"] == "0"


def test_a_resting_order_alone_gives_a_row_without_amount() -> None:
    venue = paper_venue()
    rest(venue, "BUY", "59000.0", "0.1")
    row = read(venue, "/fapi/v3/positionRisk")[0]
    assert (row["positionAmt"], row["bidNotional"], row["askNotional"]) == ("0.000", "5900.00000000", "0")
    assert row["openOrderInitialMargin"] == "295.00000000"


def test_rows_add_up_to_the_account() -> None:
    venue = paper_venue()
    buy(venue, quantity="0.4")
    buy(venue, "ETHUSDT", "3")
    for side, price, quantity in (
        ("BUY", "59000.0", "0.2"),
        ("SELL", "61000.0", "1.5"),
        ("SELL", "62000.0", "0.3"),
    ):
        rest(venue, side, price, quantity)
    account, rows = read(venue, "/fapi/v3/account"), read(venue, "/fapi/v3/positionRisk")
    for total, field in (
        ("totalPositionInitialMargin", "positionInitialMargin"),
        ("totalOpenOrderInitialMargin", "openOrderInitialMargin"),
        ("totalInitialMargin", "initialMargin"),
        ("totalMaintMargin", "maintMargin"),
        ("totalUnrealizedProfit", "unRealizedProfit"),
    ):
        assert abs(Decimal(account[total]) - sum(Decimal(row[field]) for row in rows)) < Decimal("1E-7"), (
            total
        )
    assert Decimal(account["totalOpenOrderInitialMargin"]) > 0
    wallet, pnl = Decimal(account["totalWalletBalance"]), Decimal(account["totalUnrealizedProfit"])
    assert Decimal(account["totalMarginBalance"]) == wallet + pnl


def test_rows_of_both_hedge_sides_add_up_to_the_account_too() -> None:
    venue = paper_venue(hedge_accounts=["alpha"])
    buy(venue, quantity="0.4", positionSide="LONG")
    rest(venue, "BUY", "59000.0", "0.2", positionSide="LONG")
    rest(venue, "SELL", "61000.0", "0.2", positionSide="LONG")
    rest(venue, "SELL", "62000.0", "0.3", positionSide="SHORT")
    account, rows = read(venue, "/fapi/v3/account"), read(venue, "/fapi/v3/positionRisk")
    assert [row["positionSide"] for row in rows] == ["LONG", "SHORT"]
    added = sum(Decimal(row["openOrderInitialMargin"]) for row in rows)
    assert Decimal(account["totalOpenOrderInitialMargin"]) == added == Decimal(1520)


def test_isolated_margin_is_the_wallet_and_the_result() -> None:
    venue = paper_venue()
    ask(venue, "POST", "/fapi/v1/marginType", key=ALPHA, symbol="BTCUSDT", marginType="ISOLATED")
    buy(venue)
    row = read(venue, "/fapi/v3/positionRisk")[0]
    wallet, pnl = Decimal(row["isolatedWallet"]), Decimal(row["unRealizedProfit"])
    assert wallet > 0
    assert Decimal(row["isolatedMargin"]) == wallet + pnl
    assert read(venue, "/fapi/v2/positionRisk", symbol="BTCUSDT")[0]["marginType"] == "isolated"


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_balance_tells_wallet_and_what_is_free(version: str) -> None:
    venue = paper_venue()
    buy(venue)
    row = read(venue, f"/fapi/{version}/balance")[0]
    account = read(venue, "/fapi/v3/account")
    assert row["balance"] == account["totalWalletBalance"]
    assert row["availableBalance"] == account["availableBalance"]


def test_leverage_is_set_and_told() -> None:
    venue = paper_venue()
    status, answer = ask(venue, "POST", "/fapi/v1/leverage", key=ALPHA, symbol="BTCUSDT", leverage=25)
    assert (status, answer) == (200, {"leverage": 25, "maxNotionalValue": "3000000", "symbol": "BTCUSDT"})
    assert read(venue, "/fapi/v1/symbolConfig", symbol="BTCUSDT") == [
        {
            "symbol": "BTCUSDT",
            "marginType": "CROSSED",
            "isAutoAddMargin": "false",
            "leverage": 25,
            "maxNotionalValue": "3000000",
        }
    ]


def test_how_contracts_are_set_up_is_told_of_those_that_nobody_holds_too() -> None:
    venue = paper_venue()
    assert read(venue, "/fapi/v3/positionRisk") == [], "no rows of what is not in use"
    told = {
        row["symbol"]: (row["leverage"], row["marginType"]) for row in read(venue, "/fapi/v1/symbolConfig")
    }
    assert told == {"BTCUSDT": (20, "CROSSED"), "ETHUSDT": (20, "CROSSED")}


def test_position_mode_is_set_and_told() -> None:
    venue = paper_venue()
    assert read(venue, "/fapi/v1/positionSide/dual") == {"dualSidePosition": False}
    path = "/fapi/v1/positionSide/dual"
    assert ask(venue, "POST", path, key=ALPHA, dualSidePosition="true") == (
        200,
        {"code": 200, "msg": "success"},
    )
    assert read(venue, path) == {"dualSidePosition": True}
    assert read(venue, "/fapi/v1/accountConfig")["dualSidePosition"] is True


def test_margin_of_an_isolated_position_is_added_and_taken() -> None:
    venue = paper_venue()
    ask(venue, "POST", "/fapi/v1/marginType", key=ALPHA, symbol="BTCUSDT", marginType="ISOLATED")
    buy(venue)
    before = Decimal(read(venue, "/fapi/v3/positionRisk")[0]["isolatedWallet"])
    path = "/fapi/v1/positionMargin"
    status, answer = ask(venue, "POST", path, key=ALPHA, symbol="BTCUSDT", amount="100.5", type=1)
    assert (status, answer["amount"], answer["type"]) == (200, 100.5, 1)
    status, _ = ask(venue, "POST", path, key=ALPHA, symbol="BTCUSDT", amount="50", type=2)
    assert status == 200
    after = Decimal(read(venue, "/fapi/v3/positionRisk")[0]["isolatedWallet"])
    assert after - before == Decimal("50.5")


@pytest.mark.parametrize(
    ("path", "asked", "code"),
    [
        ("/fapi/v1/leverage", {"symbol": "BTCUSDT"}, -1102),
        ("/fapi/v1/leverage", {"symbol": "BTCUSDT", "leverage": 0}, -4028),
        ("/fapi/v1/leverage", {"symbol": "BTCUSDT", "leverage": 126}, -4028),
        ("/fapi/v1/leverage", {"symbol": "BTCUSDT", "leverage": "ten"}, -1100),
        ("/fapi/v1/marginType", {"symbol": "BTCUSDT", "marginType": "CROSSED"}, -4046),
        ("/fapi/v1/marginType", {"symbol": "BTCUSDT", "marginType": "cross"}, -1130),
        ("/fapi/v1/marginType", {"symbol": "BTCUSDT"}, -1102),
        ("/fapi/v1/positionSide/dual", {"dualSidePosition": "false"}, -4059),
        ("/fapi/v1/positionSide/dual", {"dualSidePosition": "yes"}, -1130),
        ("/fapi/v1/positionSide/dual", {}, -1102),
        ("/fapi/v1/positionMargin", {"symbol": "BTCUSDT", "amount": "1", "type": 3}, -1130),
        ("/fapi/v1/positionMargin", {"symbol": "BTCUSDT", "amount": "0", "type": 1}, -4055),
        ("/fapi/v1/positionMargin", {"symbol": "BTCUSDT", "amount": "1", "type": 1}, -4054),
        (
            "/fapi/v1/positionMargin",
            {"symbol": "BTCUSDT", "amount": "1", "type": 1, "positionSide": "UP"},
            -4060,
        ),
    ],
)
def test_settings_that_cannot_be_made_are_refused(path: str, asked: dict[str, Any], code: int) -> None:
    status, refused = ask(paper_venue(), "POST", path, key=ALPHA, **asked)
    assert (status, refused["code"]) == (400, code)


def test_commission_rates_are_the_contracts() -> None:
    row = read(paper_venue(), "/fapi/v1/commissionRate", symbol="BTCUSDT")
    assert (row["makerCommissionRate"], row["takerCommissionRate"]) == ("0.0002", "0.0005")


def test_adl_quantiles_name_the_slots_of_the_mode() -> None:
    one_way, hedged = paper_venue(), paper_venue(hedge_accounts=["alpha"])
    buy(one_way)
    buy(hedged, positionSide="LONG")
    assert set(read(one_way, "/fapi/v1/adlQuantile")[0]["adlQuantile"]) == {"LONG", "SHORT", "BOTH"}
    assert set(read(hedged, "/fapi/v1/adlQuantile")[0]["adlQuantile"]) == {"LONG", "SHORT", "HEDGE"}


def test_spot_balances_are_read_through_the_same_server() -> None:
    venue = paper_venue()
    venue.exchange.trade_spot("alpha", "BTC", Decimal("0.25"))
    account = read(venue, "/api/v3/account")
    assert account["balances"] == [{"asset": "BTC", "free": "0.25000000", "locked": "0.00000000"}]


def test_a_key_can_ask_what_it_may_do() -> None:
    venue = paper_venue()
    path = "/sapi/v1/account/apiRestrictions"
    _, trading = ask(venue, "GET", path, key=ALPHA)
    _, reading = ask(venue, "GET", path, key=key_of("alpha", Rights.READ))
    assert (trading["enableFutures"], reading["enableFutures"]) == (True, False)
    assert trading["enableWithdrawals"] is False


@pytest.mark.shared
@pytest.mark.parametrize(
    ("number", "path"),
    [(0, "/fapi/v3/positionRisk"), (1, "/fapi/v2/positionRisk")],
)
def test_position_rows_have_every_field_of_a_recorded_one(number: int, path: str) -> None:
    recorded = recorded_answer("fetch_positions", number)[0]
    venue = paper_venue()
    buy(venue)
    row = read(venue, path)[0]
    assert set(recorded) <= set(row)
    if number == 0:
        assert set(row) == set(recorded)


@pytest.mark.shared
def test_account_and_balance_have_every_field_of_a_recorded_one() -> None:
    venue = paper_venue()
    buy(venue)
    account, balance = recorded_answer("fetch_balance", 3), recorded_answer("fetch_balance", 4)
    older = read(venue, "/fapi/v2/account")
    assert set(account) <= set(older)
    assert set(account["assets"][0]) <= set(older["assets"][0])
    assert set(account["positions"][0]) <= set(older["positions"][0])
    assert set(balance[0]) <= set(read(venue, "/fapi/v2/balance")[0])


def recorded_answer(method: str, number: int) -> Any:
    fixtures = json.loads(shared_path("fixtures/venue_payloads.json").read_text())["fixtures"]
    wanted = f"#{number}"
    return next(
        row["http"]
        for row in fixtures
        if (row["exchange"], row["method"]) == ("binanceusdm", method) and row["source"].endswith(wanted)
    )
