"""Bybit and OKX: the real senders over signed HTTP to local servers that keep an exact position book."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal

from riskd.adapters.ccxt_session import Rights
from riskd.adapters.ccxt_transport import Access
from riskd.adapters.credentials import Secret, VenueKey
from riskd.adapters.senders import budget_for, make_sender, open_trading
from riskd.model.instrument import Instrument
from riskd.ports import OrderSender
from tests.contracts.conformance.bench import ACCOUNT, PRICE, Codes, Setting
from tests.fakes import bybit_server as bybit_words
from tests.fakes import okx_server as okx_words
from tests.fakes.bybit_server import BybitServer, bybit_server
from tests.fakes.clock import ManualClock
from tests.fakes.okx_server import OkxServer, okx_server
from tests.fakes.position_book import Filters, PositionBook
from tests.fakes.wire_faults import WireFault

TIMEOUT_SECONDS = 0.3


@dataclass(kw_only=True)
class Paths:
    """Where a venue takes orders and questions."""

    order: str
    stop: str
    cancel: str
    question: str


@dataclass(kw_only=True)
class BookBench:
    """A Bench over a position book. ``unit`` is how many base units one of the venue's is."""

    setting: Setting
    clock: ManualClock
    sender: OrderSender
    contract: Instrument
    codes: Codes
    server: BybitServer | OkxServer
    paths: Paths
    unit: Decimal

    def held(self) -> Decimal:
        return self.server.book.held.get(self.setting.side, Decimal(0)) * self.unit

    def resting(self) -> list[str]:
        return [order.client_id for order in self.server.book.open_orders()]

    def strike(self, fault: WireFault) -> None:
        self.server.faults.arm(self.paths.order, fault)

    def strike_stop(self, fault: WireFault) -> None:
        self.server.faults.arm(self.paths.stop, fault)

    def strike_cancel(self, fault: WireFault) -> None:
        self.server.faults.arm(self.paths.cancel, fault)

    def strike_question(self, fault: WireFault) -> None:
        self.server.faults.arm(self.paths.question, fault)

    def hold(self, seconds: float) -> None:
        assert seconds > 0, "it arrives when it is delivered"
        self.server.hold_next = True

    def hold_stop(self, seconds: float) -> None:
        self.hold(seconds)

    def deliver(self) -> None:
        self.server.deliver()

    def close_elsewhere(self, quantity: Decimal) -> None:
        book, side = self.server.book, self.setting.side
        closed = quantity / self.unit
        book.held[side] += -closed if book.held[side] > 0 else closed

    def move(self, price: Decimal) -> None:
        self.server.book.move(price)


BYBIT_CODES = Codes(
    not_reducing=frozenset({"110017"}),
    off_lot=frozenset({"10001"}),
    below_minimum=frozenset({"10001"}),
    above_maximum=frozenset({"above_maximum"}),
    price_band=frozenset({"110003"}),
    wrong_mode=frozenset({"10001"}),
    duplicate=frozenset({"110072"}),
    would_trigger=frozenset({"110092", "110093"}),
    would_take=frozenset({"EC_PostOnlyWillTakeLiquidity"}),
    key=frozenset({"10005"}),
    clock=frozenset({"10002"}),
    rate=frozenset({"10006"}),
)
OKX_CODES = Codes(
    not_reducing=frozenset({"no_position"}),
    off_lot=frozenset({"off_lot"}),
    below_minimum=frozenset({"51020"}),
    above_maximum=frozenset({"51101"}),
    price_band=frozenset({"51006"}),
    wrong_mode=frozenset({"no_position"}),
    duplicate=frozenset({"51016"}),
    would_trigger=frozenset({"51302", "51304"}),
    would_take=frozenset({"cancel:31"}),
    key=frozenset({"50113"}),
    clock=frozenset({"50102"}),
    rate=frozenset({"50011"}),
)


@asynccontextmanager
async def bybit(setting: Setting) -> AsyncIterator[BookBench]:
    """Bybit: quantities in coins, orders by one endpoint."""
    clock = ManualClock()
    book = _book(setting, unit=Decimal(1), lot="0.001", minimum="0.010", maximum="100")
    async with bybit_server(book, _time_of(clock)) as server:
        key = VenueKey(name="bybit", api_key=Secret(bybit_words.KEY), secret=Secret(bybit_words.SECRET))
        contract = _contract("bybit", bybit_words.SYMBOL, book, unit=Decimal(1))
        sender = _sender("bybit", key, server.url, clock, contract)
        create = f"POST {bybit_words.CREATE}"
        paths = Paths(
            order=create, stop=create, cancel="POST /v5/order/cancel", question="GET /v5/order/realtime"
        )
        yield BookBench(
            setting=setting,
            clock=clock,
            sender=sender,
            contract=contract,
            codes=BYBIT_CODES,
            server=server,
            paths=paths,
            unit=Decimal(1),
        )
        await sender.close()


@asynccontextmanager
async def okx(setting: Setting) -> AsyncIterator[BookBench]:
    """OKX: quantities in contracts of a hundredth of a bitcoin, stops by an endpoint of their own."""
    clock, unit = ManualClock(), Decimal("0.01")
    book = _book(setting, unit=unit, lot="1", minimum="2", maximum="1000")
    async with okx_server(book, _time_of(clock)) as server:
        key = VenueKey(
            name="okx",
            api_key=Secret(okx_words.KEY),
            secret=Secret(okx_words.SECRET),
            passphrase=Secret(okx_words.PASSPHRASE),
        )
        contract = _contract("okx", okx_words.SYMBOL, book, unit=unit)
        sender = _sender("okx", key, server.url, clock, contract)
        paths = Paths(
            order=f"POST {okx_words.ORDER}",
            stop=f"POST {okx_words.ALGO_ORDER}",
            cancel="POST /api/v5/trade/cancel-order",
            question=f"GET {okx_words.ORDER}",
        )
        yield BookBench(
            setting=setting,
            clock=clock,
            sender=sender,
            contract=contract,
            codes=OKX_CODES,
            server=server,
            paths=paths,
            unit=unit,
        )
        await sender.close()


def _book(setting: Setting, *, unit: Decimal, lot: str, minimum: str, maximum: str) -> PositionBook:
    return PositionBook(
        filters=Filters(lot=Decimal(lot), minimum=Decimal(minimum), maximum=Decimal(maximum)),
        held={setting.side: setting.held / unit},
        hedged=setting.side != "BOTH",
        margin=setting.margin,
        price=PRICE,
    )


def _contract(venue: str, venue_symbol: str, book: PositionBook, *, unit: Decimal) -> Instrument:
    filters = book.filters
    return Instrument(
        venue=venue,
        symbol="BTC/USDT:USDT",
        venue_symbol=venue_symbol,
        base="BTC",
        quote="USDT",
        settle="USDT",
        contract_size=unit,
        tick_size=Decimal("0.10"),
        lot_size=filters.lot * unit,
        market_lot_size=filters.lot * unit,
        quantity_min=filters.minimum * unit,
        quantity_max=filters.maximum * unit,
        market_quantity_max=filters.maximum * unit,
        notional_min=Decimal(5),
        price_band=filters.band,
        taker_fee_rate=None,
        tradable=True,
    )


def _sender(venue: str, key: VenueKey, url: str, clock: ManualClock, contract: Instrument) -> OrderSender:
    access = Access(venue=venue, key=key, rights=Rights.TRADE, base_url=url, timeout_seconds=TIMEOUT_SECONDS)
    transport = open_trading(access, clock=clock, budget=budget_for(venue, clock=clock))
    return make_sender(
        venue, transport, account=ACCOUNT, clock=clock, listing=lambda: {contract.venue_symbol: contract}
    )


def _time_of(clock: ManualClock) -> Callable[[], int]:
    return lambda: int(clock.now().timestamp() * 1000)
