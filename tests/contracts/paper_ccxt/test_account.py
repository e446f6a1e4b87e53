"""What the unmodified ccxt client makes of an account: balances, positions, settings, history."""

from __future__ import annotations

from decimal import Decimal

import ccxt.async_support as ccxt
import pytest

from riskd.paper.dialect.http import Rights
from tests.contracts.paper_ccxt.harness import BTC, ETH, Desk, converse
from tests.support_paper import START_MS, StillMarket, paper_venue

HOUR_MS = 3_600_000


@pytest.mark.parametrize("newer", [True, False])
def test_balance_is_equity(newer: bool) -> None:
    async def talk(desk: Desk) -> None:
        await desk.client.create_order(BTC, "market", "buy", 0.5)
        balance = await desk.client.fetch_balance({} if newer else {"useV2": True})
        account = desk.venue.exchange.account("alpha")
        assert balance["USDT"]["total"] == pytest.approx(float(account.margin_balance))
        assert balance["USDT"]["used"] == pytest.approx(1_500)

    converse(talk)


def test_positions_carry_what_the_venue_knows() -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        assert await client.fetch_positions() == []
        await client.create_order(BTC, "market", "buy", 0.5)
        await client.create_order(ETH, "market", "sell", 3)
        positions = {row["symbol"]: row for row in await client.fetch_positions()}
        btc, eth = positions[BTC], positions[ETH]
        assert (btc["side"], btc["contracts"], btc["notional"], btc["markPrice"]) == (
            "long",
            0.5,
            30_000,
            60_000,
        )
        assert (eth["side"], eth["contracts"], eth["marginMode"], eth["hedged"]) == (
            "short",
            3,
            "cross",
            False,
        )
        assert btc["maintenanceMargin"] == pytest.approx(120)
        assert btc["unrealizedPnl"] == pytest.approx(float(btc["info"]["unRealizedProfit"]))

    converse(talk)


def test_the_older_position_list_tells_the_leverage_too() -> None:
    async def talk(desk: Desk) -> None:
        await desk.client.set_leverage(10, BTC)
        await desk.client.create_order(BTC, "market", "buy", 0.5)
        (position,) = await desk.client.fetch_positions(params={"useV2": True})
        assert (position["leverage"], position["marginMode"]) == (10, "cross")

    converse(talk)


def test_both_sides_of_a_hedge_are_two_positions() -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        await client.set_position_mode(True)
        await client.create_order(BTC, "market", "buy", 0.5, params={"hedged": True})
        await client.create_order(BTC, "market", "sell", 0.2, params={"hedged": True})
        assert (await client.fetch_position_mode())["hedged"] is True
        sides = {row["side"]: row["contracts"] for row in await client.fetch_positions()}
        assert sides == {"long": 0.5, "short": 0.2}
        await client.create_order(BTC, "market", "sell", 0.5, params={"hedged": True, "reduceOnly": True})
        assert [row["side"] for row in await client.fetch_positions()] == ["short"]

    converse(talk)


def test_leverage_and_margin_mode_are_set_and_read() -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        await client.set_leverage(7, BTC)
        await client.set_margin_mode("isolated", BTC)
        with pytest.raises(ccxt.MarginModeAlreadySet):
            await client.set_margin_mode("isolated", BTC)
        leverages = await client.fetch_leverages()
        modes = await client.fetch_margin_modes()
        assert (leverages[BTC]["longLeverage"], leverages[ETH]["longLeverage"]) == (7, 20)
        assert (modes[BTC]["marginMode"], modes[ETH]["marginMode"]) == ("isolated", "cross")
        assert (await client.fetch_margin_mode(BTC))["marginMode"] == "isolated"

    converse(talk)


def test_margin_is_added_to_and_taken_from_an_isolated_position() -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        await client.set_margin_mode("isolated", BTC)
        await client.create_order(BTC, "market", "buy", 0.5)
        (before,) = await client.fetch_positions()
        added = await client.add_margin(BTC, 100)
        await client.reduce_margin(BTC, 40)
        (after,) = await client.fetch_positions()
        assert (added["status"], added["type"]) == ("ok", "add")
        assert after["marginMode"] == "isolated"
        gained = Decimal(after["info"]["isolatedWallet"]) - Decimal(before["info"]["isolatedWallet"])
        assert gained == 60
        assert after["liquidationPrice"] < before["liquidationPrice"]

    converse(talk)


def test_funding_is_paid_and_listed() -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        await client.create_order(BTC, "market", "buy", 0.5)
        await desk.wait(5 * HOUR_MS)
        (paid,) = await client.fetch_funding_history(BTC)
        assert (paid["amount"], paid["timestamp"]) == (-3.0, START_MS + 4 * HOUR_MS)
        ledger = await client.fetch_ledger("USDT")
        assert {row["type"] for row in ledger} == {"transfer", "commission", "fee"}

    converse(talk, venue=paper_venue(market=StillMarket(step_ms=60_000)))


def test_trades_are_listed_with_their_fees() -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        order = await client.create_order(BTC, "market", "buy", 0.5)
        (trade,) = await client.fetch_my_trades(BTC)
        (same,) = await client.fetch_my_trades(BTC, params={"orderId": order["id"]})
        assert trade["id"] == same["id"]
        assert (trade["order"], trade["amount"], trade["side"], trade["takerOrMaker"]) == (
            order["id"],
            0.5,
            "buy",
            "taker",
        )
        assert trade["fee"]["currency"] == "USDT"
        assert trade["fee"]["cost"] == pytest.approx(trade["cost"] * 0.0005)

    converse(talk)


def test_fees_and_adl_rank_are_read() -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        await client.create_order(BTC, "market", "buy", 0.5)
        fee = await client.fetch_trading_fee(BTC)
        (rank,) = await client.fetch_positions_adl_rank()
        assert (fee["maker"], fee["taker"]) == (0.0002, 0.0005)
        assert rank["symbol"] == BTC
        assert 0 <= rank["rank"] <= 4

    converse(talk)


def test_spot_balances_come_through_the_same_client() -> None:
    venue = paper_venue()
    venue.exchange.trade_spot("alpha", "BTC", Decimal("0.25"))

    async def talk(desk: Desk) -> None:
        balance = await desk.client.fetch_balance({"type": "spot", "subType": "spot"})
        assert balance["BTC"] == {"free": 0.25, "used": 0.0, "total": 0.25}

    converse(talk, venue=venue)


def test_a_reading_key_reads_everything() -> None:
    async def talk(desk: Desk) -> None:
        client = desk.client
        await client.load_markets()
        assert (await client.fetch_balance())["USDT"]["total"] == 100_000
        assert await client.fetch_positions() == []
        assert await client.fetch_open_orders() == []
        assert await client.fetch_open_orders(params={"trigger": True}) == []
        assert len(await client.fetch_leverages()) == 2

    converse(talk, rights=Rights.READ)
