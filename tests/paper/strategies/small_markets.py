"""Markets drawn by hand, and the loop that runs bots over a market, for tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import Event
from riskd.paper.market.contracts import built_in
from riskd.paper.market.track import FundingStep, Market, Track, TrackMarket
from riskd.paper.strategies.actor import Actor

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
START_MS = 1_760_054_400_000  # 2025-10-10 00:00 UTC

Step = Callable[[Exchange, int], None]


def drawn(
    prices: Mapping[str, Sequence[float]], *, corner_ms: int = MINUTE_MS, past_corners: int = 0
) -> TrackMarket:
    """A market through prices at equal distances, with a deep book, last = mark = index and no funding.

    ``past_corners`` of each list lie before the start.
    """
    count = len(next(iter(prices.values())))
    known_from_ms = START_MS - past_corners * corner_ms
    at_ms = [known_from_ms + corner_ms * i for i in range(count)]
    tracks = tuple(
        Track(
            contract=built_in(symbol),
            at_ms=at_ms,
            last=path,
            mark=path,
            index=path,
            spread_rate=[0.00002] * count,
            depth_usd=[1e9] * count,
            funding=(FundingStep(from_ms=0, rate=0.0),),
        )
        for symbol, path in prices.items()
    )
    return TrackMarket(
        name="drawn",
        tracks=tracks,
        known_from_ms=known_from_ms,
        started_at_ms=START_MS,
        ends_at_ms=at_ms[-1],
        step_ms=MINUTE_MS,
    )


def venue_of(market: Market) -> Exchange:
    """An exchange at the market's start."""
    return Exchange(
        market.contracts,
        now_ms=market.started_at_ms,
        quotes=market.quotes(market.started_at_ms),
        insurance_fund=Decimal(1_000_000),
    )


def opened(market: Market, actor: Actor, deposit: int) -> Exchange:
    """A venue with the actor's account funded, and its first step taken."""
    exchange = venue_of(market)
    exchange.open_account(actor.account)
    exchange.deposit(actor.account, Decimal(deposit))
    actor.on_step(exchange, market.started_at_ms)
    return exchange


def run(
    exchange: Exchange, market: Market, act: Step, *, until_ms: int | None = None, step_ms: int | None = None
) -> tuple[Event, ...]:
    """Advance to ``until_ms`` (the market's end), letting ``act`` act after each step; all events in order."""
    events: list[Event] = []
    step = step_ms or market.step_ms
    ends = market.ends_at_ms if until_ms is None else until_ms
    for at_ms in range(exchange.now_ms + step, ends + 1, step):
        events.extend(exchange.advance(at_ms, market.quotes(at_ms)))
        act(exchange, at_ms)
    return tuple(events)


def held(exchange: Exchange, account: str, symbol: str) -> Decimal:
    """Signed quantity held."""
    return sum((one.quantity for one in exchange.positions(account) if one.symbol == symbol), Decimal(0))
