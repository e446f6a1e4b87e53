"""Stops and orders that wait, through the real adapters at the paper venue: placed, found, triggered, taken away, refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from riskd.adapters.binance_sender import BinanceSender
from riskd.adapters.ccxt_session import Rights
from riskd.adapters.ccxt_transport import Access, open_transport
from riskd.adapters.request_budget import RequestBudget
from riskd.errors import VenueUnavailable
from riskd.model.order import Direction, Execution, Intent, OrderList, OrderStatus
from riskd.paper.dialect.http import Rights as PaperRights
from riskd.paper.faults import Answer, Effect, Fault, Moment, OtherClientId, Reset, TruncatedBody
from riskd.paper.transport import InProcessTransport, allow_to_write
from riskd.paper.venue import Venue
from riskd.ports import VenueTransport
from tests.contracts.test_order_sender import an_intent
from tests.contracts.venues import ACCOUNT, paper_desk, placed, venue_key
from tests.fakes.clock import ManualClock
from tests.support_paper import StillMarket, key_of, paper_server, paper_venue

_ALGO = "/fapi/v1/algoOrder"


@dataclass(frozen=True, kw_only=True)
class Scene:
    """An account that holds 0.5 BTC long at 60,000, and a sender for it."""

    venue: Venue
    market: StillMarket
    clock: ManualClock
    sender: BinanceSender
    plain: Intent

    @property
    def held(self) -> Decimal:
        return sum((position.quantity for position in self.venue.exchange.positions(ACCOUNT)), Decimal(0))

    @property
    def stops(self) -> list[Decimal]:
        return [order.quantity for order in self.venue.exchange.open_algo_orders(ACCOUNT)]

    @property
    def resting(self) -> list[str]:
        return [order.client_order_id for order in self.venue.exchange.open_orders(ACCOUNT)]

    def stop(self, trigger: str = "57000.0", quantity: str = "0.200") -> Intent:
        return replace(
            self.plain, quantity=Decimal(quantity), execution=Execution.STOP, trigger_price=Decimal(trigger)
        )

    def waiting(self, limit: str, quantity: str = "0.200") -> Intent:
        return replace(
            self.plain, quantity=Decimal(quantity), execution=Execution.POST_ONLY, limit_price=Decimal(limit)
        )

    def move(self, price: str) -> None:
        self.clock.advance(2.0)
        now_ms = int(self.clock.now().timestamp() * 1000)
        self.market.move("BTCUSDT", price, at_ms=now_ms)
        self.venue.advance_to(now_ms)

    def fault(self, effect: Effect, path: str, method: str = "POST") -> None:
        self.venue.faults.add([Fault(effect=effect, method=method, path=path, count=1)])


Place = Callable[[bool], AbstractAsyncContextManager[Scene]]


@asynccontextmanager
async def over_http(hedged: bool) -> AsyncIterator[Scene]:
    venue, market, clock = _account(hedged)
    async with paper_server(venue, time_ms=lambda: int(clock.now().timestamp() * 1000)) as server:
        access = Access(
            venue="binanceusdm",
            key=venue_key(PaperRights.TRADE),
            rights=Rights.TRADE,
            base_url=server.url,
            timeout_seconds=0.5,
        )
        scene = _scene(
            venue, market, clock, open_transport(access, clock=clock, budget=RequestBudget(clock)), hedged
        )
        try:
            yield scene
        finally:
            await scene.sender.close()


@asynccontextmanager
async def in_process(hedged: bool) -> AsyncIterator[Scene]:
    venue, market, clock = _account(hedged)
    transport = InProcessTransport(venue, clock, key=key_of(ACCOUNT), may_write=allow_to_write)
    yield _scene(venue, market, clock, transport, hedged)


def _account(hedged: bool) -> tuple[Venue, StillMarket, ManualClock]:
    market = StillMarket()
    venue = paper_venue(hedge_accounts=[ACCOUNT] if hedged else [], market=market)
    side = {"positionSide": "LONG"} if hedged else {}
    placed(venue, "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.5", **side)
    return venue, market, ManualClock(datetime.fromtimestamp(venue.now_ms / 1000, UTC))


def _scene(
    venue: Venue, market: StillMarket, clock: ManualClock, transport: VenueTransport, hedged: bool
) -> Scene:
    desk = paper_desk(venue, clock, "", market=transport, reading=transport, trading=transport)
    plain = replace(an_intent(desk), position_side="LONG" if hedged else "BOTH")
    sender = BinanceSender(transport, account=ACCOUNT, clock=clock)
    return Scene(venue=venue, market=market, clock=clock, sender=sender, plain=plain)


def at(place: Place, test: Callable[[Scene], Awaitable[None]], *, hedged: bool = False) -> None:
    async def run() -> None:
        async with place(hedged) as scene:
            await test(scene)

    asyncio.run(run())


places = pytest.mark.parametrize("place", [over_http, in_process])
modes = pytest.mark.parametrize("hedged", [False, True], ids=["one-way", "hedge"])


@places
@modes
def test_a_stop_rests_behind_the_mark_price_and_is_found(place: Place, hedged: bool) -> None:
    async def test(scene: Scene) -> None:
        receipt = await scene.sender.send(scene.stop())
        found = await scene.sender.find(scene.stop())

        assert (receipt.status, receipt.detail) == (OrderStatus.RESTING, "")
        assert found is not None
        assert (found.status, found.venue_order_id) == (OrderStatus.RESTING, receipt.venue_order_id)
        [order] = scene.venue.exchange.open_algo_orders(ACCOUNT)
        assert (order.working_type.value, order.close_position) == ("MARK_PRICE", False)
        assert order.reduce_only is not hedged
        assert order.position_side.value == ("LONG" if hedged else "BOTH")

    at(place, test, hedged=hedged)


@places
@modes
def test_a_stop_that_triggers_closes_and_is_found_as_the_order_that_it_became(
    place: Place, hedged: bool
) -> None:
    async def test(scene: Scene) -> None:
        await scene.sender.send(scene.stop("59000.0"))
        scene.move("58900")

        found = await scene.sender.find(scene.stop("59000.0"))

        assert found is not None
        assert (found.status, found.filled) == (OrderStatus.FILLED, Decimal("0.200"))
        assert (scene.held, scene.stops) == (Decimal("0.300"), [])

    at(place, test, hedged=hedged)


@places
def test_a_stop_that_would_trigger_at_once_is_refused(place: Place) -> None:
    async def test(scene: Scene) -> None:
        receipt = await scene.sender.send(scene.stop("60000.0"))

        assert (receipt.status, receipt.code) == (OrderStatus.REJECTED, "-2021")
        assert await scene.sender.find(scene.stop("60000.0")) is None
        assert (scene.held, scene.stops) == (Decimal("0.500"), [])

    at(place, test)


@places
def test_a_stop_is_cancelled_in_its_own_list_once_and_again(place: Place) -> None:
    async def test(scene: Scene) -> None:
        receipt = await scene.sender.send(scene.stop())
        for _ in range(2):
            await scene.sender.cancel("BTCUSDT", receipt.venue_order_id, OrderList.CONDITIONAL)

        found = await scene.sender.find(scene.stop())

        assert scene.stops == []
        assert found is not None
        assert (found.status, found.filled) == (OrderStatus.CANCELLED, Decimal(0))

    at(place, test)


@places
def test_a_stop_that_was_never_sent_is_not_found(place: Place) -> None:
    async def test(scene: Scene) -> None:
        assert await scene.sender.find(scene.stop()) is None

    at(place, test)


LOST: dict[str, Effect] = {
    "reset": Reset(moment=Moment.AFTER),
    "truncated": TruncatedBody(keep=40),
    "html": Answer(status=200, body="<html>", content_type="text/html", moment=Moment.AFTER),
    "502": Answer(status=502, body="<html>", moment=Moment.AFTER),
    "503": Answer(status=503, body='{"code":-1007,"msg":"Timeout"}', moment=Moment.AFTER),
}


@pytest.mark.parametrize("name", LOST)
def test_a_stop_whose_answer_is_lost_is_unknown_and_then_found_resting(name: str) -> None:
    async def test(scene: Scene) -> None:
        scene.fault(LOST[name], _ALGO)

        receipt = await scene.sender.send(scene.stop())
        found = await scene.sender.find(scene.stop())

        assert receipt.status is OrderStatus.UNKNOWN
        assert found is not None
        assert found.status is OrderStatus.RESTING
        assert scene.stops == [Decimal("0.200")]

    at(over_http, test)


def test_an_answer_about_another_stop_proves_nothing() -> None:
    async def test(scene: Scene) -> None:
        await scene.sender.send(scene.stop())
        other = replace(scene.stop(), client_order_id="e" * 32)
        lied = replace(scene.stop("56000.0"), client_order_id=scene.plain.client_order_id)

        assert await scene.sender.find(other) is None
        with pytest.raises(VenueUnavailable, match="our id, but"):
            await scene.sender.find(lied)

    at(over_http, test)


@places
@modes
def test_an_order_that_waits_rests_until_it_is_taken(place: Place, hedged: bool) -> None:
    async def test(scene: Scene) -> None:
        meant = scene.waiting("60100.0")
        receipt = await scene.sender.send(meant)
        assert (receipt.status, receipt.filled) == (OrderStatus.ACKNOWLEDGED, Decimal(0))
        scene.move("60500")

        found = await scene.sender.find(meant)

        assert found is not None
        assert (found.status, found.filled) == (OrderStatus.FILLED, Decimal("0.200"))
        assert found.average_price == Decimal("60100.0")
        assert scene.held == Decimal("0.300")

    at(place, test, hedged=hedged)


@places
def test_an_order_that_waits_is_taken_away_and_says_so(place: Place) -> None:
    async def test(scene: Scene) -> None:
        meant = scene.waiting("60100.0")
        receipt = await scene.sender.send(meant)
        await scene.sender.cancel("BTCUSDT", receipt.venue_order_id)

        found = await scene.sender.find(meant)

        assert found is not None
        assert (found.status, found.filled) == (OrderStatus.CANCELLED, Decimal(0))
        assert scene.resting == []

    at(place, test)


@places
def test_an_order_that_would_take_is_refused_and_nothing_of_it_is_known(place: Place) -> None:
    async def test(scene: Scene) -> None:
        meant = scene.waiting("59000.0")

        receipt = await scene.sender.send(meant)

        assert (receipt.status, receipt.code) == (OrderStatus.REJECTED, "-5022")
        assert await scene.sender.find(meant) is None
        assert scene.held == Decimal("0.500")

    at(place, test)


def test_an_order_that_waits_under_somebody_elses_id_is_unknown() -> None:
    async def test(scene: Scene) -> None:
        scene.fault(OtherClientId(), "/fapi/v1/order")
        receipt = await scene.sender.send(scene.waiting("60100.0"))

        assert receipt.status is OrderStatus.UNKNOWN
        assert len(scene.resting) == 1

    at(over_http, test)


@pytest.mark.parametrize(
    ("price", "code"), [("56000.0", "-4024"), ("60000.05", "-4014")], ids=["outside the band", "off the tick"]
)
def test_prices_that_the_venue_does_not_take_are_refused_with_its_code(price: str, code: str) -> None:
    async def test(scene: Scene) -> None:
        receipt = await scene.sender.send(replace(scene.plain, limit_price=Decimal(price)))

        assert (receipt.status, receipt.code) == (OrderStatus.REJECTED, code)
        assert scene.held == Decimal("0.500")

    at(over_http, test)


def test_a_waiting_take_profit_of_our_own_making_blocks_a_close_until_it_is_gone() -> None:
    async def test(scene: Scene) -> None:
        resting = await scene.sender.send(scene.waiting("60100.0", "0.400"))
        close = replace(scene.plain, client_order_id="c" * 32)

        blocked = await scene.sender.send(close)
        await scene.sender.cancel("BTCUSDT", resting.venue_order_id)
        free = await scene.sender.send(replace(close, client_order_id="d" * 32))

        assert (blocked.status, blocked.code) == (OrderStatus.REJECTED, "-2022")
        assert free.status is OrderStatus.FILLED

    at(over_http, test)


def test_every_order_of_a_sender_closes() -> None:
    async def test(scene: Scene) -> None:
        for order in (scene.plain, scene.stop(), scene.waiting("60100.0")):
            with pytest.raises(ValueError, match="does not reduce"):
                replace(order, direction=Direction.BUY)

    at(in_process, test)
