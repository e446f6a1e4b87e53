"""The same account at three venues: a fake, the paper venue over real HTTP and in-process, and recorded answers.

In each, account ``alpha`` holds 0.5 BTC long, one order and one stop rest, and the order is number ``resting_id``.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from riskd.adapters.binance_reader import BinanceReader
from riskd.adapters.binance_sender import BinanceSender
from riskd.adapters.ccxt_session import Rights
from riskd.adapters.ccxt_transport import Access, open_transport
from riskd.adapters.credentials import Secret, VenueKey
from riskd.adapters.request_budget import RequestBudget
from riskd.errors import VenueUnavailable
from riskd.model.report import JsonValue, Surface
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.paper.dialect.http import Rights as PaperRights
from riskd.paper.faults import Answer, EmptyList, Fault, Moment, Reset
from riskd.paper.transport import InProcessTransport, allow_to_write
from riskd.paper.venue import Venue
from riskd.ports import Clock, OrderSender, VenueReader, VenueTransport
from tests.fakes.clock import ManualClock
from tests.fakes.venue import FakeReader, FakeSender, FakeVenue
from tests.observe.rows import a_stop, an_order
from tests.observe.world import Held, World
from tests.support_paper import ask, key_of, paper_server, paper_venue

ACCOUNT = "alpha"

PATHS: Mapping[Surface, str] = {
    Surface.INSTRUMENTS: "/fapi/v1/exchangeInfo",
    Surface.MARKS: "/fapi/v1/premiumIndex",
    Surface.FUNDING_INTERVALS: "/fapi/v1/fundingInfo",
    Surface.SERVER_TIME: "/fapi/v1/time",
    Surface.BRACKETS: "/fapi/v1/leverageBracket",
    Surface.BALANCES: "/fapi/v3/account",
    Surface.POSITIONS: "/fapi/v3/positionRisk",
    Surface.ORDERS: "/fapi/v1/openOrders",
    Surface.CONDITIONAL_ORDERS: "/fapi/v1/openAlgoOrders",
    Surface.SYMBOL_SETTINGS: "/fapi/v1/symbolConfig",
    Surface.POSITION_MODE: "/fapi/v1/positionSide/dual",
    Surface.SPOT_BALANCES: "/api/v3/account",
    Surface.INCOME: "/fapi/v1/income",
    Surface.TRADES: "/fapi/v1/userTrades",
}


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One venue, ready to be asked.

    Attributes:
        held: What the account holds now, by position side, from the venue's own books.
        spoil: The next answer about a surface is a failure.
        empty: The next answer about a surface is an empty list.
        lose_answer: The next order is booked and its answer lost.
        refuse: Every request from now on finds nobody.
    """

    clock: Clock
    market: VenueReader
    reader: VenueReader
    sender: OrderSender | None
    held: Callable[[str], Decimal]
    spoil: Callable[[Surface], None]
    empty: Callable[[Surface], None]
    lose_answer: Callable[[], None]
    refuse: Callable[[], None]
    resting_id: str


Place = Callable[[], AbstractAsyncContextManager[Desk]]


@asynccontextmanager
async def fake() -> AsyncIterator[Desk]:
    """Ports implemented by hand."""
    clock = ManualClock()
    venue = FakeVenue(
        clock=clock, answers=a_world().answers(), held={"BOTH": Decimal("0.5")}, resting={"4001"}
    )

    def spoil(surface: Surface) -> None:
        venue.broken[surface] = "http:503"

    def empty(surface: Surface) -> None:
        venue.answers[surface] = []

    yield Desk(
        clock=clock,
        market=FakeReader(venue, account=""),
        reader=FakeReader(venue, account=ACCOUNT),
        sender=FakeSender(venue, account=ACCOUNT),
        held=lambda side: venue.held.get(side, Decimal(0)),
        spoil=spoil,
        empty=empty,
        lose_answer=lambda: setattr(venue, "lose_answer", True),
        refuse=lambda: setattr(venue, "down", True),
        resting_id="4001",
    )


@asynccontextmanager
async def recorded() -> AsyncIterator[Desk]:
    """The real reader over texts that were written down. Nothing can be ordered from a recording."""
    clock = ManualClock()
    texts = {PATHS[surface]: json.dumps(payload) for surface, payload in a_world().answers().items()}
    texts[PATHS[Surface.TRADES]] = "[]"
    transport = Recording(texts)
    yield Desk(
        clock=clock,
        market=BinanceReader(transport, account="", clock=clock),
        reader=BinanceReader(transport, account=ACCOUNT, clock=clock),
        sender=None,
        held=lambda _: Decimal(0),
        spoil=lambda surface: texts.update({PATHS[surface]: "<html>maintenance</html>"}),
        empty=lambda surface: texts.update({PATHS[surface]: "[]"}),
        lose_answer=lambda: None,
        refuse=lambda: None,
        resting_id="4001",
    )


@asynccontextmanager
async def paper_over_http() -> AsyncIterator[Desk]:
    """The real adapters against the paper venue on a socket, through ccxt."""
    venue, resting_id = a_paper_venue()
    clock = ManualClock(datetime.fromtimestamp(venue.now_ms / 1000, UTC))
    async with paper_server(venue, time_ms=lambda: int(clock.now().timestamp() * 1000)) as server:
        budget = RequestBudget(clock)

        def transport(rights: Rights, key: VenueKey | None) -> VenueTransport:
            access = Access(venue="binanceusdm", key=key, rights=rights, base_url=server.url)
            return open_transport(access, clock=clock, budget=budget)

        market = transport(Rights.READ, None)
        reading = transport(Rights.READ, venue_key(PaperRights.READ))
        trading = transport(Rights.TRADE, venue_key(PaperRights.TRADE))
        try:
            yield paper_desk(venue, clock, resting_id, market=market, reading=reading, trading=trading)
        finally:
            for opened in (market, reading, trading):
                await opened.close()


@asynccontextmanager
async def paper_in_process() -> AsyncIterator[Desk]:
    """The real adapters against the paper venue without a socket."""
    venue, resting_id = a_paper_venue()
    clock = ManualClock(datetime.fromtimestamp(venue.now_ms / 1000, UTC))
    yield paper_desk(
        venue,
        clock,
        resting_id,
        market=InProcessTransport(venue, clock),
        reading=InProcessTransport(venue, clock, key=key_of(ACCOUNT, PaperRights.READ)),
        trading=InProcessTransport(venue, clock, key=key_of(ACCOUNT), may_write=allow_to_write),
    )


class Recording:
    """A VenueTransport that answers each path with the same text."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self.asked: list[VenueCall] = []

    async def call(self, call: VenueCall) -> VenueAnswer:
        self.asked.append(call)
        if call.method != "GET":
            raise VenueUnavailable(f"{call}: a recording takes no orders", reason="unsent:read_only")
        return VenueAnswer(status=200, headers=(), text=self._texts[call.path])

    async def close(self) -> None:
        return None


def a_world() -> World:
    """The account as it was written down."""
    return World(
        held=[Held(symbol="BTCUSDT", quantity="0.500", entry="60000")],
        orders=[an_order()],
        conditional_orders=[a_stop()],
    )


def a_paper_venue() -> tuple[Venue, str]:
    """The account at the paper venue, and the number of its resting order."""
    venue = paper_venue()
    order: dict[str, Any] = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.5"}
    placed(venue, "/fapi/v1/order", **order)
    resting = placed(
        venue,
        "/fapi/v1/order",
        symbol="BTCUSDT",
        side="BUY",
        type="LIMIT",
        timeInForce="GTC",
        quantity="0.1",
        price="58000",
    )
    placed(
        venue, "/fapi/v1/algoOrder", algoType="CONDITIONAL", symbol="BTCUSDT", side="SELL", type="STOP_MARKET",
        triggerPrice="57000", closePosition="true",
    )  # fmt: skip
    return venue, str(resting["orderId"])


def placed(venue: Venue, path: str, **parameters: Any) -> dict[str, JsonValue]:
    """Place an order of somebody else's."""
    status, answer = ask(venue, "POST", path, key=key_of(ACCOUNT), **parameters)
    assert status == 200, answer
    assert isinstance(answer, dict)
    return answer


def venue_key(rights: PaperRights) -> VenueKey:
    """A key of the paper venue, as a credential file would hold it."""
    key = key_of(ACCOUNT, rights)
    return VenueKey(name=ACCOUNT, api_key=Secret(key.key), secret=Secret(key.secret))


def paper_desk(
    venue: Venue,
    clock: Clock,
    resting_id: str,
    *,
    market: VenueTransport,
    reading: VenueTransport,
    trading: VenueTransport,
) -> Desk:
    """The real adapters over three ways to the paper venue."""

    def arm(
        effect: Answer | Reset | EmptyList, path: str, *, method: str = "GET", count: int | None = 1
    ) -> None:
        venue.faults.add([Fault(effect=effect, path=path, method=method, count=count)])

    def held(side: str) -> Decimal:
        positions = venue.exchange.positions(ACCOUNT)
        return sum((p.quantity for p in positions if p.position_side.value == side), Decimal(0))

    return Desk(
        clock=clock,
        market=BinanceReader(market, account="", clock=clock),
        reader=BinanceReader(reading, account=ACCOUNT, clock=clock),
        sender=BinanceSender(trading, account=ACCOUNT, clock=clock),
        held=held,
        spoil=lambda surface: arm(Answer(status=503, body='{"code": -1001, "msg": "down"}'), PATHS[surface]),
        empty=lambda surface: arm(EmptyList(), PATHS[surface]),
        lose_answer=lambda: arm(Reset(moment=Moment.AFTER), "/fapi/v1/order", method="POST"),
        refuse=lambda: arm(Reset(moment=Moment.BEFORE), "*", method="*", count=None),
        resting_id=resting_id,
    )
