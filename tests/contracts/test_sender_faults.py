"""Faults on the way to the paper venue, over real HTTP: what is booked is found, what is not booked is not.

Source: measured with ccxt 4.5.90, which calls half of these otherwise (docs/decisions/0003).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from riskd.adapters.binance_sender import BinanceSender
from riskd.adapters.ccxt_session import Rights
from riskd.adapters.ccxt_transport import Access, open_transport
from riskd.adapters.request_budget import RequestBudget
from riskd.model.order import Direction, Intent, OrderStatus
from riskd.paper.dialect.http import Rights as PaperRights
from riskd.paper.faults import (
    Answer,
    ClockSkew,
    CutBody,
    Delay,
    Effect,
    Fault,
    MissingField,
    Moment,
    OtherClientId,
    Reset,
    TruncatedBody,
)
from riskd.paper.venue import Venue
from tests.contracts.test_order_sender import an_intent
from tests.contracts.venues import ACCOUNT, paper_desk, placed, venue_key
from tests.fakes.clock import ManualClock
from tests.support_paper import paper_server, paper_venue

Talk = Callable[[Venue, BinanceSender, Intent], Awaitable[None]]


def with_sender(talk: Talk, *, hedged: bool = False) -> None:
    """Run ``talk`` with a sender of an account that holds 0.5 BTC long."""

    async def run() -> None:
        venue = paper_venue(hedge_accounts=[ACCOUNT] if hedged else [])
        side = {"positionSide": "LONG"} if hedged else {}
        placed(venue, "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.5", **side)
        clock = ManualClock(datetime.fromtimestamp(venue.now_ms / 1000, UTC))
        async with paper_server(venue, time_ms=lambda: int(clock.now().timestamp() * 1000)) as server:
            access = Access(
                venue="binanceusdm",
                key=venue_key(PaperRights.TRADE),
                rights=Rights.TRADE,
                base_url=server.url,
                timeout_seconds=0.5,
            )
            transport = open_transport(access, clock=clock, budget=RequestBudget(clock))
            sender = BinanceSender(transport, account=ACCOUNT, clock=clock)
            desk = paper_desk(venue, clock, "", market=transport, reading=transport, trading=transport)
            try:
                await talk(venue, sender, an_intent(desk))
            finally:
                await sender.close()

    asyncio.run(run())


def held(venue: Venue) -> Decimal:
    return sum((position.quantity for position in venue.exchange.positions(ACCOUNT)), Decimal(0))


BOOKED: dict[str, Effect] = {
    "reset after booking": Reset(moment=Moment.AFTER),
    "hang after booking": Delay(delay_ms=60_000),
    "body truncated": TruncatedBody(keep=40),
    "connection cut in the body": CutBody(keep=40),
    "HTML after booking": Answer(status=200, body="<html>", content_type="text/html", moment=Moment.AFTER),
    "empty after booking": Answer(status=200, body="", moment=Moment.AFTER),
    "without an order id": MissingField(name="orderId"),
    "somebody else's order": OtherClientId(),
    "500 after booking": Answer(status=500, body="oops", moment=Moment.AFTER),
    "502 after booking": Answer(status=502, body="<html>", moment=Moment.AFTER),
    "503 unknown": Answer(status=503, body='{"code":-1007,"msg":"Timeout"}', moment=Moment.AFTER),
}
NOT_BOOKED: dict[str, tuple[Effect, OrderStatus]] = {
    "reset before booking": (Reset(moment=Moment.BEFORE), OrderStatus.UNKNOWN),
    "firewall": (Answer(status=403, body="<html>WAF</html>"), OrderStatus.UNKNOWN),
    "key refused": (Answer(status=401, body='{"code":-2015,"msg":"Invalid API-key"}'), OrderStatus.REJECTED),
    "time stamp outside the window": (ClockSkew(skew_ms=60_000), OrderStatus.REJECTED),
}


@pytest.mark.parametrize("name", BOOKED)
def test_an_order_that_was_booked_is_unknown_and_then_found(name: str) -> None:
    async def talk(venue: Venue, sender: BinanceSender, intent: Intent) -> None:
        venue.faults.add([Fault(effect=BOOKED[name], method="POST", path="/fapi/v1/order")])

        receipt = await sender.send(intent)
        found = await sender.find(intent)

        assert receipt.status is OrderStatus.UNKNOWN
        assert found is not None
        assert (found.status, found.filled) == (OrderStatus.FILLED, Decimal("0.200"))
        assert held(venue) == Decimal("0.300")

    with_sender(talk)


@pytest.mark.parametrize("name", NOT_BOOKED)
def test_an_order_that_was_not_booked_is_not_found(name: str) -> None:
    effect, status = NOT_BOOKED[name]

    async def talk(venue: Venue, sender: BinanceSender, intent: Intent) -> None:
        venue.faults.add([Fault(effect=effect, method="POST", path="/fapi/v1/order")])

        receipt = await sender.send(intent)
        found = await sender.find(intent)

        assert receipt.status is status
        assert found is None
        assert held(venue) == Decimal("0.500")

    with_sender(talk)


def test_in_hedge_mode_the_side_alone_reduces() -> None:
    async def talk(venue: Venue, sender: BinanceSender, intent: Intent) -> None:
        receipt = await sender.send(replace(intent, position_side="LONG"))
        wrong = await sender.send(
            replace(intent, client_order_id="f" * 32)
        )  # BOTH: the mode was changed meanwhile

        assert (receipt.status, receipt.detail) == (OrderStatus.FILLED, "")
        assert (wrong.status, wrong.code) == (OrderStatus.REJECTED, "-1106")
        assert held(venue) == Decimal("0.300")

    with_sender(talk, hedged=True)


def test_an_intent_cannot_even_be_written_down_that_would_open() -> None:
    async def talk(_venue: Venue, _sender: BinanceSender, intent: Intent) -> None:
        with pytest.raises(ValueError, match="does not reduce"):
            replace(intent, direction=Direction.BUY)

    with_sender(talk)
