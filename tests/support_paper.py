"""A small paper venue for tests: two contracts with fixed quotes, an account or two, signed requests, a real server.

venue = paper_venue(deposits={"alpha": "100000"})
status, answer = ask(venue, "POST", "/fapi/v1/order", key=key_of("alpha"), symbol="BTCUSDT", side="BUY", ...)

async with paper_server(venue) as server, paper_client(server, "alpha") as client:
    await client.fetch_positions()
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any
from urllib.parse import urlencode

import aiohttp
import yarl

from riskd.adapters.system_clock import SystemClock
from riskd.paper.dialect.auth import KEY_HEADER, sign
from riskd.paper.dialect.http import ApiKey, HttpRequest, HttpResponse, Rights
from riskd.paper.dialect.limits import BINANCE_LIMITS, LimitRules
from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import Bracket, Contract, DatedBrackets, Quote
from riskd.paper.faults import Fault, FaultPlan
from riskd.paper.server import PaperServer
from riskd.paper.strategies.actor import Actor
from riskd.paper.venue import Outcome, Venue

START_MS = 1_772_452_800_000  # 2026-03-02 12:00 UTC, four hours before both contracts settle funding
STEP_MS = 1_000
INSURANCE = Decimal(1_000_000)


def brackets() -> tuple[DatedBrackets, ...]:
    """Three brackets whose maintenance margin is continuous over the floors."""
    return (
        DatedBrackets(
            valid_from_ms=1_569_398_400_000,
            brackets=(
                Bracket(
                    notional_floor=Decimal(0),
                    notional_cap=Decimal(300_000),
                    maintenance_margin_rate=Decimal("0.004"),
                    maintenance_amount=Decimal(0),
                    leverage_max=125,
                ),
                Bracket(
                    notional_floor=Decimal(300_000),
                    notional_cap=Decimal(3_000_000),
                    maintenance_margin_rate=Decimal("0.01"),
                    maintenance_amount=Decimal(1_800),
                    leverage_max=50,
                ),
                Bracket(
                    notional_floor=Decimal(3_000_000),
                    notional_cap=Decimal(100_000_000),
                    maintenance_margin_rate=Decimal("0.025"),
                    maintenance_amount=Decimal(46_800),
                    leverage_max=20,
                ),
            ),
        ),
    )


BTC = Contract(
    symbol="BTCUSDT",
    base="BTC",
    tick_size=Decimal("0.10"),
    lot_size=Decimal("0.001"),
    market_lot_size=Decimal("0.001"),
    quantity_min=Decimal("0.001"),
    quantity_max=Decimal(1000),
    market_quantity_max=Decimal(120),
    notional_min=Decimal(100),
    price_band=Decimal("0.05"),
    maker_fee_rate=Decimal("0.0002"),
    taker_fee_rate=Decimal("0.0005"),
    liquidation_fee_rate=Decimal("0.0125"),
    funding_interval_hours=8,
    funding_cap=Decimal("0.003"),
    bracket_tables=brackets(),
)
ETH = replace(
    BTC,
    symbol="ETHUSDT",
    base="ETH",
    tick_size=Decimal("0.01"),
    quantity_max=Decimal(10_000),
    market_quantity_max=Decimal(2_000),
    notional_min=Decimal(20),
    funding_interval_hours=4,
)

QUOTES: Mapping[str, Quote] = {
    "BTCUSDT": Quote(
        mark=Decimal(60_000),
        index=Decimal(59_990),
        last=Decimal(60_000),
        spread_rate=Decimal("0.0000166666666666666666666667"),
        depth_usd=Decimal(50_000_000),
        funding_rate=Decimal("0.0001"),
    ),
    "ETHUSDT": Quote(
        mark=Decimal(3_000),
        index=Decimal("2999.5"),
        last=Decimal(3_000),
        spread_rate=Decimal("0.0000066666666666666666666667"),
        depth_usd=Decimal(30_000_000),
        funding_rate=Decimal("-0.00005"),
    ),
}


class StillMarket:
    """A market that stands still until a test moves it; a move holds from its moment on."""

    def __init__(self, *, start_ms: int = START_MS, step_ms: int = STEP_MS) -> None:
        self.name = "still"
        self.contracts: tuple[Contract, ...] = (BTC, ETH)
        self.known_from_ms = start_ms
        self.started_at_ms = start_ms
        self.ends_at_ms = start_ms + 365 * 86_400_000
        self.step_ms = step_ms
        self._moves: list[tuple[int, Mapping[str, Quote]]] = [(start_ms, QUOTES)]

    def quotes(self, at_ms: int) -> Mapping[str, Quote]:
        return next((q for from_ms, q in reversed(self._moves) if from_ms <= at_ms), self._moves[0][1])

    def move(self, symbol: str, price: str, *, at_ms: int) -> None:
        """From a moment on mark, index and last are ``price``."""
        latest = self._moves[-1][1]
        value = Decimal(price)
        moved = replace(latest[symbol], mark=value, index=value, last=value)
        self._moves.append((at_ms, {**latest, symbol: moved}))


def key_of(account: str, rights: Rights = Rights.TRADE) -> ApiKey:
    """The key of an account of ``paper_venue``; the read-only one has another name."""
    suffix = "" if rights is Rights.TRADE else "-read"
    return ApiKey(
        account=account, key=f"{account}{suffix}-key", secret=f"{account}{suffix}-secret", rights=rights
    )


def paper_venue(
    *,
    deposits: Mapping[str, str] | None = None,
    hedge_accounts: Iterable[str] = (),
    market: StillMarket | None = None,
    faults: Iterable[Fault] = (),
    actors: Iterable[Actor] = (),
    limits: LimitRules = BINANCE_LIMITS,
) -> Venue:
    """A venue at the market's start; every account has a trading and a read-only key. Default: alpha with 100,000."""
    market = market or StillMarket()
    start_ms = market.started_at_ms
    exchange = Exchange(
        market.contracts, now_ms=start_ms, quotes=market.quotes(start_ms), insurance_fund=INSURANCE
    )
    deposits = {"alpha": "100000"} if deposits is None else deposits
    hedged = set(hedge_accounts)
    for account, amount in deposits.items():
        exchange.open_account(account, hedge_mode=account in hedged)
        exchange.deposit(account, Decimal(amount))
    plan = FaultPlan(Random(7))
    plan.add(faults)
    keys = [key_of(account, rights) for account in deposits for rights in Rights]
    return Venue(exchange, market, keys, faults=plan, actors=tuple(actors), limits=limits)


def public_request(method: str, path: str, /, **parameters: object) -> HttpRequest:
    """A request without a key."""
    return HttpRequest(method=method, path=path, query=urlencode({k: str(v) for k, v in parameters.items()}))


def signed_request(
    key: ApiKey, method: str, path: str, /, *, now_ms: int = START_MS, **parameters: object
) -> HttpRequest:
    """A request as clients sign it: in the query of a GET or DELETE, in the body otherwise."""
    sent = {name: str(value) for name, value in parameters.items()} | {"timestamp": str(now_ms)}
    payload = urlencode(sent)
    payload = f"{payload}&signature={sign(key.secret, payload)}"
    in_query = method in ("GET", "DELETE")
    return HttpRequest(
        method=method,
        path=path,
        query=payload if in_query else "",
        body="" if in_query else payload,
        headers={KEY_HEADER: key.key},
    )


def ask(
    venue: Venue,
    method: str,
    path: str,
    /,
    *,
    key: ApiKey | None = None,
    now_ms: int | None = None,
    **parameters: object,
) -> tuple[int, Any]:
    """Send one request at a moment (default: the venue's present) and read the JSON of the answer."""
    response = answer(venue, method, path, key=key, now_ms=now_ms, **parameters)
    return response.status, json.loads(response.body)


def answer(
    venue: Venue,
    method: str,
    path: str,
    /,
    *,
    key: ApiKey | None = None,
    now_ms: int | None = None,
    **parameters: object,
) -> HttpResponse:
    """Send one request and take the whole answer; fails when a fault withholds it."""
    at_ms = venue.now_ms if now_ms is None else now_ms
    request = (
        public_request(method, path, **parameters)
        if key is None
        else signed_request(key, method, path, now_ms=at_ms, **parameters)
    )
    venue.advance_to(at_ms)
    delivery = venue.handle(request, now_ms=at_ms)
    assert isinstance(delivery, Outcome)
    assert delivery.response is not None
    return delivery.response


class RunningTime:
    """Real time since the start of the venue, which a test can make jump."""

    def __init__(self, start_ms: int) -> None:
        self._clock = SystemClock()
        self._origin = self._clock.monotonic()
        self._start_ms = start_ms

    def __call__(self) -> int:
        return self._start_ms + int((self._clock.monotonic() - self._origin) * 1000)

    def jump(self, ms: int) -> None:
        self._start_ms += ms


@asynccontextmanager
async def paper_server(
    venue: Venue, *, time_ms: Callable[[], int] | None = None
) -> AsyncIterator[PaperServer]:
    """A real server on a free port of this machine, in the running event loop."""
    server = PaperServer(
        venue, time_ms=time_ms or RunningTime(venue.now_ms), clock=SystemClock(), tick_seconds=0.1
    )
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


class Reroute:
    """What ccxt takes for its HTTP session: the same requests, sent to another host.

    ccxt keeps the official addresses, by which it chooses its table of errors.
    """

    def __init__(self, base: str) -> None:
        self._base = base
        self._session = aiohttp.ClientSession()

    @property
    def headers(self) -> Any:
        return self._session.headers

    def get(self, url: object, **options: Any) -> Any:
        return self._send("GET", url, options)

    def post(self, url: object, **options: Any) -> Any:
        return self._send("POST", url, options)

    def put(self, url: object, **options: Any) -> Any:
        return self._send("PUT", url, options)

    def delete(self, url: object, **options: Any) -> Any:
        return self._send("DELETE", url, options)

    async def close(self) -> None:
        await self._session.close()

    def _send(self, method: str, url: object, options: dict[str, Any]) -> Any:
        asked = yarl.URL(str(url), encoded=True)
        target = yarl.URL(self._base + str(asked.relative()), encoded=True)
        kept = {name: value for name, value in options.items() if name not in ("proxy", "ssl")}
        return self._session.request(method, target, **kept)


@asynccontextmanager
async def paper_client(
    server: PaperServer, account: str, rights: Rights = Rights.TRADE, **options: Any
) -> AsyncIterator[Any]:
    """The unmodified ccxt ``binanceusdm`` client of one account; only its session is another."""
    import ccxt.async_support as ccxt  # takes a second, so only those who need it pay

    key = key_of(account, rights)
    session = Reroute(server.url)
    client = ccxt.binanceusdm(
        {
            "apiKey": key.key,
            "secret": key.secret,
            "session": session,
            "enableRateLimit": False,
            "options": {"fetchOpenOrders": {"warnWithoutSymbol": False}, **options},
        }
    )
    client.own_session = False
    try:
        await client.load_time_difference()
        yield client
    finally:
        await client.close()
        await session.close()
