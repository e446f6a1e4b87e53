"""What every OrderSender promises, whatever is behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from riskd.errors import VenueUnavailable
from riskd.model.order import Direction, Intent, OrderStatus
from riskd.model.report import Surface
from riskd.ports import OrderSender
from tests.contracts.venues import ACCOUNT, Desk, Place, fake, paper_in_process, paper_over_http

places = pytest.mark.parametrize("place", [fake, paper_over_http, paper_in_process])


def at(place: Place, test: Callable[[Desk, OrderSender], Awaitable[None]]) -> None:
    """Run a test at one venue."""

    async def run() -> None:
        async with place() as desk:
            assert desk.sender is not None
            await test(desk, desk.sender)

    asyncio.run(run())


def an_intent(desk: Desk, quantity: str = "0.200", *, number: int = 1) -> Intent:
    """Sell a part of the 0.5 BTC at the market."""
    now = desk.clock.now()
    return Intent(
        client_order_id=f"{number:032x}",
        plan_id="plan-1",
        account=ACCOUNT,
        venue="binanceusdm",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        position_side="BOTH",
        direction=Direction.SELL,
        held=Decimal("0.500"),
        quantity=Decimal(quantity),
        limit_price=None,
        created_at=now,
        expires_at=now + timedelta(seconds=5),
    )


@places
def test_an_order_reduces_by_what_its_receipt_says(place: Place) -> None:
    async def test(desk: Desk, sender: OrderSender) -> None:
        intent = an_intent(desk)

        receipt = await sender.send(intent)

        assert (receipt.status, receipt.filled) == (OrderStatus.FILLED, Decimal("0.200"))
        assert receipt.client_order_id == intent.client_order_id
        assert receipt.venue_order_id
        assert receipt.average_price is not None
        assert abs(receipt.average_price / 60_000 - 1) < Decimal("0.001")
        assert desk.held("BOTH") == Decimal("0.300")

    at(place, test)


@places
def test_a_limit_inside_the_market_fills_and_one_outside_leaves_nothing_resting(place: Place) -> None:
    async def test(desk: Desk, sender: OrderSender) -> None:
        inside = await sender.send(replace(an_intent(desk), limit_price=Decimal("59700.00")))
        outside = await sender.send(replace(an_intent(desk, number=2), limit_price=Decimal("60900.00")))

        assert inside.status is OrderStatus.FILLED
        assert (outside.status, outside.filled, outside.average_price) == (
            OrderStatus.CANCELLED,
            Decimal(0),
            None,
        )
        assert desk.held("BOTH") == Decimal("0.300")

    at(place, test)


@places
def test_an_order_larger_than_what_is_still_held_closes_and_never_turns_the_position(place: Place) -> None:
    async def test(desk: Desk, sender: OrderSender) -> None:
        await sender.send(an_intent(desk, "0.400"))

        receipt = await sender.send(an_intent(desk, "0.400", number=2))

        assert receipt.filled == Decimal("0.100")
        assert desk.held("BOTH") == 0

    at(place, test)


@places
def test_an_order_on_what_is_closed_already_is_rejected_with_the_venues_code(place: Place) -> None:
    async def test(desk: Desk, sender: OrderSender) -> None:
        await sender.send(an_intent(desk, "0.500"))

        receipt = await sender.send(an_intent(desk, number=2))

        assert (receipt.status, receipt.code, receipt.filled) == (OrderStatus.REJECTED, "-2022", Decimal(0))
        assert desk.held("BOTH") == 0

    at(place, test)


@places
def test_an_expired_intent_does_not_leave(place: Place) -> None:
    async def test(desk: Desk, sender: OrderSender) -> None:
        intent = an_intent(desk)
        past = replace(intent, expires_at=intent.created_at)

        receipt = await sender.send(past)

        assert (receipt.status, receipt.code) == (OrderStatus.REJECTED, "expired")
        assert desk.held("BOTH") == Decimal("0.500")

    at(place, test)


@places
def test_a_lost_answer_is_unknown_and_the_venue_tells_afterwards(place: Place) -> None:
    async def test(desk: Desk, sender: OrderSender) -> None:
        intent = an_intent(desk)
        desk.lose_answer()

        receipt = await sender.send(intent)
        found = await sender.find(intent)

        assert receipt.status is OrderStatus.UNKNOWN
        assert found is not None
        assert (found.status, found.filled) == (OrderStatus.FILLED, Decimal("0.200"))
        assert desk.held("BOTH") == Decimal("0.300")

    at(place, test)


@places
def test_what_was_never_sent_is_not_found(place: Place) -> None:
    async def test(desk: Desk, sender: OrderSender) -> None:
        await sender.send(an_intent(desk))

        assert await sender.find(an_intent(desk, number=7)) is None

    at(place, test)


@places
def test_a_venue_that_cannot_be_asked_is_no_answer(place: Place) -> None:
    async def test(desk: Desk, sender: OrderSender) -> None:
        desk.refuse()

        receipt = await sender.send(an_intent(desk))
        with pytest.raises(VenueUnavailable):
            await sender.find(an_intent(desk))
        with pytest.raises(VenueUnavailable):
            await sender.cancel("BTCUSDT", desk.resting_id)

        assert receipt.status is OrderStatus.UNKNOWN

    at(place, test)


@places
def test_a_resting_order_is_cancelled_once_and_again(place: Place) -> None:
    async def test(desk: Desk, sender: OrderSender) -> None:
        await sender.cancel("BTCUSDT", desk.resting_id)
        await sender.cancel("BTCUSDT", desk.resting_id)

    at(place, test)


@pytest.mark.parametrize("place", [paper_over_http, paper_in_process])
def test_a_cancelled_order_rests_no_more(place: Place) -> None:
    async def test(desk: Desk, sender: OrderSender) -> None:
        await sender.cancel("BTCUSDT", desk.resting_id)

        [report] = await desk.reader.read([Surface.ORDERS])
        assert report.payload == []

    at(place, test)


@places
def test_a_sender_says_whose_it_is_and_may_be_closed_twice(place: Place) -> None:
    async def test(_desk: Desk, sender: OrderSender) -> None:
        assert sender.account == ACCOUNT
        await sender.close()
        await sender.close()

    at(place, test)
