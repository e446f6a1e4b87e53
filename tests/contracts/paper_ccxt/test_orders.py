"""Orders by the unmodified ccxt client: every kind, from creation to history."""

from __future__ import annotations

import pytest

from tests.contracts.paper_ccxt.harness import BTC, ETH, Desk, converse
from tests.support_paper import START_MS, StillMarket, paper_venue

TRIGGER = {"trigger": True}


def test_a_market_order_fills() -> None:
    async def talk(desk: Desk) -> None:
        order = await desk.client.create_order(BTC, "market", "buy", 0.5, params={"clientOrderId": "mine-1"})
        assert (order["status"], order["filled"], order["remaining"]) == ("closed", 0.5, 0)
        assert order["clientOrderId"] == "mine-1"
        assert 60_000.5 < order["average"] < 60_010
        assert order["cost"] == pytest.approx(order["average"] * 0.5)

    converse(talk)


def test_a_limit_order_rests_is_found_and_is_cancelled() -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        order = await client.create_order(BTC, "limit", "buy", 0.5, 59_000, {"clientOrderId": "mine-1"})
        assert (order["status"], order["price"], order["timeInForce"]) == ("open", 59_000, "GTC")
        for found in (
            await client.fetch_order(order["id"], BTC),
            await client.fetch_order("", BTC, {"origClientOrderId": "mine-1"}),
            await client.fetch_open_order(order["id"], BTC),
            *await client.fetch_open_orders(BTC),
            *await client.fetch_open_orders(),
        ):
            assert found["id"] == order["id"]
        cancelled = await client.cancel_order(order["id"], BTC)
        assert cancelled["status"] == "canceled"
        assert await client.fetch_open_orders(BTC) == []
        assert (await client.fetch_order(order["id"], BTC))["status"] == "canceled"

    converse(talk)


def test_time_in_force_reaches_the_venue() -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        taken = await client.create_order(BTC, "limit", "buy", 0.5, 60_100, {"timeInForce": "IOC"})
        missed = await client.create_order(BTC, "limit", "buy", 0.5, 59_000, {"timeInForce": "IOC"})
        resting = await client.create_order(BTC, "limit", "buy", 0.5, 59_000, {"postOnly": True})
        whole = await client.create_order(BTC, "limit", "buy", 0.5, 60_100, {"timeInForce": "FOK"})
        assert (taken["status"], taken["filled"]) == ("closed", 0.5)
        assert (missed["status"], missed["filled"]) == ("expired", 0)
        assert (resting["status"], resting["postOnly"]) == ("open", True)
        assert (whole["status"], whole["filled"]) == ("closed", 0.5)

    converse(talk)


def test_reduce_only_closes_and_never_flips() -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        await client.create_order(BTC, "market", "buy", 0.5)
        order = await client.create_order(BTC, "market", "sell", 2, params={"reduceOnly": True})
        assert (order["reduceOnly"], order["filled"]) == (True, 0.5)
        assert await client.fetch_positions() == []

    converse(talk)


def test_stops_and_take_profits_live_in_the_conditional_list() -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        await client.create_order(BTC, "market", "buy", 0.5)
        reduce = {"reduceOnly": True}
        stop = await client.create_order(
            BTC, "market", "sell", 0.5, params={**reduce, "stopLossPrice": 55_000, "clientOrderId": "stop-1"}
        )
        profit = await client.create_order(
            BTC, "market", "sell", 0.5, params={**reduce, "takeProfitPrice": 70_000}
        )
        assert (stop["type"], stop["triggerPrice"], stop["status"]) == ("market", 55_000, "open")
        assert profit["takeProfitPrice"] == 70_000
        assert await client.fetch_open_orders(BTC) == []
        listed = await client.fetch_open_orders(BTC, params=TRIGGER)
        assert {order["id"] for order in listed} == {stop["id"], profit["id"]}
        assert (await client.fetch_order(stop["id"], BTC, TRIGGER))["clientOrderId"] == "stop-1"
        await client.cancel_order(stop["id"], BTC, TRIGGER)
        await client.cancel_all_orders(BTC, TRIGGER)
        assert await client.fetch_open_orders(params=TRIGGER) == []

    converse(talk)


def test_a_stop_that_closes_the_position_is_triggered_by_the_market() -> None:
    market = StillMarket()
    market.move("BTCUSDT", "54000", at_ms=START_MS + 60_000)

    async def talk(desk: Desk) -> None:
        client = desk.client
        await client.create_order(BTC, "market", "buy", 0.5)
        params = {"stopLossPrice": 55_000, "closePosition": True, "workingType": "MARK_PRICE"}
        stop = await client.create_order(BTC, "market", "sell", 0, params=params)
        await desk.wait(120_000)
        assert await client.fetch_positions() == []
        triggered = await client.fetch_order(stop["id"], BTC, TRIGGER)
        assert triggered["info"]["algoStatus"] == "FINISHED"
        working = await client.fetch_order(triggered["info"]["actualOrderId"], BTC)
        assert (working["status"], working["filled"]) == ("closed", 0.5)

    converse(talk, venue=paper_venue(market=market))


def test_several_orders_at_once_are_created_and_cancelled() -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        rows = [
            {"symbol": BTC, "type": "limit", "side": "buy", "amount": 0.01, "price": 59_000},
            {"symbol": ETH, "type": "limit", "side": "sell", "amount": 1, "price": 3_100},
            {"symbol": ETH, "type": "limit", "side": "sell", "amount": 0.001, "price": 3_100},
        ]
        created = await client.create_orders(rows)
        ids = {order["symbol"]: order["id"] for order in created if order["status"] == "open"}
        assert set(ids) == {BTC, ETH}
        assert sum(order["status"] == "rejected" for order in created) == 1
        cancelled = await client.cancel_orders([ids[BTC], "999"], BTC)
        assert [order["status"] for order in cancelled] == ["canceled"]  # ccxt leaves the refused one out
        by_name = await client.create_order(BTC, "limit", "buy", 0.01, 59_000, {"clientOrderId": "a"})
        (gone,) = await client.cancel_orders([], BTC, {"clientOrderIds": ["a"]})
        assert gone["id"] == by_name["id"]
        await client.cancel_all_orders(ETH)
        assert await client.fetch_open_orders() == []

    converse(talk)


def test_history_lists_open_closed_and_cancelled_orders() -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        filled = await client.create_order(BTC, "market", "buy", 0.5)
        resting = await client.create_order(BTC, "limit", "buy", 0.5, 59_000)
        gone = await client.create_order(BTC, "limit", "buy", 0.5, 58_000)
        await client.cancel_order(gone["id"], BTC)
        stop = await client.create_order(BTC, "market", "sell", 0.5, params={"stopLossPrice": 55_000})
        statuses = {order["id"]: order["status"] for order in await client.fetch_orders(BTC)}
        assert statuses == {filled["id"]: "closed", resting["id"]: "open", gone["id"]: "canceled"}
        assert [order["id"] for order in await client.fetch_closed_orders(BTC)] == [filled["id"]]
        assert [order["id"] for order in await client.fetch_orders(BTC, params=TRIGGER)] == [stop["id"]]

    converse(talk)


def test_a_liquidation_is_told_by_the_venue() -> None:
    market = StillMarket()
    market.move("BTCUSDT", "56000", at_ms=START_MS + 60_000)

    async def talk(desk: Desk) -> None:
        client = desk.client
        await client.create_order(BTC, "market", "buy", 1)
        await desk.wait(120_000)
        assert await client.fetch_positions() == []
        liquidations = await client.fetch_my_liquidations(BTC)
        assert liquidations
        assert {row["symbol"] for row in liquidations} == {BTC}

    converse(talk, venue=paper_venue(deposits={"alpha": "4000"}, market=market))
