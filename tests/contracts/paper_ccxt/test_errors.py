"""Refusals and faults as ccxt's own classes, which is what a bot (and riskd) decides by."""

from __future__ import annotations

from typing import Any

import ccxt.async_support as ccxt
import pytest

from riskd.paper.dialect.http import Rights
from riskd.paper.faults import (
    Answer,
    ClockSkew,
    CutBody,
    Delay,
    Effect,
    EmptyList,
    Fault,
    Moment,
    OtherClientId,
    Reset,
    TruncatedBody,
    banned,
    empty_body,
    html_page,
    maintenance,
    too_many_requests,
    unknown_outcome,
)
from tests.contracts.paper_ccxt.harness import BTC, Desk, converse
from tests.support_paper import paper_venue

BUY = (BTC, "market", "buy", 0.01)


def refused(error: type[Exception], code: int, *order: Any, hedged: bool = False, **params: Any) -> None:
    async def talk(desk: Desk) -> None:
        with pytest.raises(error) as raised:
            await desk.client.create_order(*order, params=params)
        assert type(raised.value) is error
        assert f'"code":{code}' in str(raised.value)

    converse(talk, venue=paper_venue(hedge_accounts=["alpha"] if hedged else []))


def test_refused_orders_have_the_class_that_ccxt_gives_the_code() -> None:
    refused(ccxt.InsufficientFunds, -2019, BTC, "market", "buy", 100)
    refused(ccxt.InvalidOrder, -2022, *BUY, reduceOnly=True)
    refused(ccxt.InvalidOrder, -4164, BTC, "market", "buy", 0.001)
    refused(ccxt.OrderNotFillable, -5022, BTC, "limit", "buy", 0.01, 60_100, postOnly=True)
    refused(ccxt.OperationRejected, -4061, *BUY, positionSide="LONG")
    refused(ccxt.BadRequest, -4005, BTC, "market", "buy", 500)
    refused(ccxt.BadRequest, -4016, BTC, "limit", "buy", 0.01, 90_000)
    refused(ccxt.OrderImmediatelyFillable, -2021, BTC, "market", "sell", 0.01, stopLossPrice=61_000)
    refused(ccxt.BadRequest, -1106, *BUY, hedged=True, positionSide="LONG", reduceOnly=True)


def test_a_stop_sent_to_the_plain_endpoint_is_refused() -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        await client.load_markets()
        with pytest.raises(ccxt.InvalidOrder, match="-4120"):
            await client.fapiPrivatePostOrder(
                {
                    "symbol": "BTCUSDT",
                    "side": "SELL",
                    "type": "STOP_MARKET",
                    "quantity": "0.01",
                    "stopPrice": "5",
                }
            )

    converse(talk)


def test_an_open_client_id_is_refused() -> None:
    async def talk(desk: Desk) -> None:
        order = (BTC, "limit", "buy", 0.01, 59_000, {"clientOrderId": "a"})
        await desk.client.create_order(*order)
        with pytest.raises(ccxt.InvalidOrder, match="-4116"):
            await desk.client.create_order(*order)

    converse(talk)


def test_unknown_orders_are_not_found() -> None:
    async def talk(desk: Desk) -> None:
        for asked in (desk.client.fetch_order, desk.client.cancel_order):
            for params in ({}, {"trigger": True}):
                with pytest.raises(ccxt.OrderNotFound):
                    await asked("999", BTC, params)

    converse(talk)


def test_settings_that_cannot_be_made_have_their_classes() -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        await client.create_order(*BUY)
        with pytest.raises(ccxt.OperationRejected, match="-4048"):
            await client.set_margin_mode("isolated", BTC)
        with pytest.raises(ccxt.OperationRejected, match="-4068"):
            await client.set_position_mode(True)
        with pytest.raises(ccxt.OperationRejected, match="-4059"):
            await client.set_position_mode(False)
        with pytest.raises(ccxt.OperationRejected, match="-4054"):
            await client.add_margin("ETH/USDT:USDT", 10)

    converse(talk)


def test_a_reading_key_may_not_trade() -> None:
    async def talk(desk: Desk) -> None:
        with pytest.raises(ccxt.AuthenticationError, match="-2015"):
            await desk.client.create_order(*BUY)

    assert converse(talk, rights=Rights.READ).exchange.positions("alpha") == ()


def test_wrong_credentials_are_an_authentication_error() -> None:
    async def talk(desk: Desk) -> None:
        desk.client.options["fetchCurrencies"] = False
        desk.client.secret = "another"
        with pytest.raises(ccxt.AuthenticationError, match="-1022"):
            await desk.client.fetch_positions()
        desk.client.apiKey = "nobody"
        with pytest.raises(ccxt.AuthenticationError, match="-2015"):
            await desk.client.fetch_positions()

    converse(talk)


def test_a_clock_that_is_wrong_is_an_invalid_nonce() -> None:
    async def talk(desk: Desk) -> None:
        desk.client.options["timeDifference"] += 20_000
        with pytest.raises(ccxt.InvalidNonce, match="-1021"):
            await desk.client.fetch_positions()

    converse(talk, fetchCurrencies=False)


# (fault on the order, whether the order was booked, what ccxt raises): measured with ccxt 4.5.90.
WIRE = [
    (Reset(moment=Moment.BEFORE), False, ccxt.ExchangeNotAvailable),
    (Reset(moment=Moment.AFTER), True, ccxt.ExchangeNotAvailable),
    (Delay(delay_ms=2_000), True, ccxt.RequestTimeout),
    (CutBody(keep=30), True, ccxt.ExchangeError),
    (Answer(status=502, body="<html></html>", moment=Moment.AFTER), True, ccxt.ExchangeNotAvailable),
    (Answer(status=504, body="", moment=Moment.AFTER), True, ccxt.RequestTimeout),
    (unknown_outcome(), True, ccxt.RequestTimeout),
    (Answer(status=403, body="<html></html>"), False, ccxt.ExchangeNotAvailable),
    (too_many_requests(), False, ccxt.DDoSProtection),
    (banned(), False, ccxt.DDoSProtection),
    (maintenance(), False, ccxt.BadRequest),
    (ClockSkew(skew_ms=60_000), False, ccxt.InvalidNonce),
]


@pytest.mark.parametrize(("effect", "booked", "error"), WIRE)
def test_faults_of_an_order_have_the_class_that_was_measured(
    effect: Effect, booked: bool, error: type[Exception]
) -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        await client.load_markets()
        client.timeout = 700 if isinstance(effect, Delay) else 10_000
        desk.venue.faults.add([Fault(effect=effect, method="POST", path="/fapi/v1/order")])
        with pytest.raises(error):
            await client.create_order(*BUY, params={"clientOrderId": "mine"})
        client.timeout = 10_000
        if booked:
            found = await client.fetch_order("", BTC, {"origClientOrderId": "mine"})
            assert found["status"] == "closed"
        else:
            with pytest.raises(ccxt.OrderNotFound):
                await client.fetch_order("", BTC, {"origClientOrderId": "mine"})

    converse(talk)


@pytest.mark.parametrize(
    ("effect", "client_order_id"),
    [
        (html_page(), None),
        (empty_body(), None),
        (TruncatedBody(keep=30), None),
        (OtherClientId(), "not-yours"),
    ],
)
def test_some_faults_of_an_order_look_like_success_to_ccxt(
    effect: Effect, client_order_id: str | None
) -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        await client.load_markets()
        desk.venue.faults.add([Fault(effect=effect, method="POST", path="/fapi/v1/order")])
        order = await client.create_order(*BUY, params={"clientOrderId": "mine"})
        assert order["clientOrderId"] == client_order_id

    assert converse(talk).exchange.positions("alpha")


@pytest.mark.parametrize("effect", [EmptyList(), html_page(), empty_body()])
def test_rubbish_instead_of_positions_looks_flat_to_ccxt(effect: Effect) -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        await client.create_order(*BUY)
        desk.venue.faults.add([Fault(effect=effect, path="*positionRisk")])
        assert await client.fetch_positions() == []
        assert len(await client.fetch_positions()) == 1

    converse(talk)
