"""Markets and collateral at the paper venue, read by the real reader: what is told is what can be traded, and faults show."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from riskd.adapters.binance_reader import BinanceReader
from riskd.model.liquidity import LEVELS_READ
from riskd.model.report import Surface
from riskd.observe.absorb import absorb
from riskd.observe.fields import PLAUSIBLE
from riskd.observe.known import Known, VenueMemory
from riskd.paper.faults import (
    Answer,
    Effect,
    EmptyList,
    Fault,
    MissingField,
    NotANumber,
    Replay,
    TruncatedList,
)
from riskd.paper.transport import InProcessTransport
from riskd.paper.venue import Venue
from riskd.ports import VenueReader
from tests.contracts.venues import Place, paper_in_process, paper_over_http
from tests.fakes.clock import ManualClock
from tests.support_paper import QUOTES, START_MS, StillMarket, paper_venue

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
ASIDE = (Surface.TURNOVER, Surface.ORDER_BOOKS, Surface.ASSET_INDEX)


async def after_reading(reader: VenueReader, known: Known) -> Known:
    """What is known once both contracts have been read."""
    for surface in (Surface.INSTRUMENTS, *ASIDE):
        known = absorb(await reader.read([surface], symbols=[BTC, ETH]), known, plausible=PLAUSIBLE)
    return known


@pytest.mark.parametrize("place", [paper_over_http, paper_in_process])
def test_what_the_venue_tells_of_its_markets_is_sound(place: Place) -> None:
    async def story() -> VenueMemory:
        async with place() as desk:
            return (await after_reading(desk.market, Known())).venue("binanceusdm")

    known = asyncio.run(story())
    assert set(known.turnover) == set(known.order_books) == {BTC, ETH}
    assert {heard.failure for heard in known.turnover.values()} == {""}
    assert {heard.failure for heard in known.order_books.values()} == {""}
    book, quote = known.order_books[BTC].value, QUOTES["BTCUSDT"]
    assert book is not None
    assert len(book.bids.price) == len(book.asks.price) == LEVELS_READ
    within = book.bids.price >= float(quote.bid) * 0.99
    worth = float((book.bids.price * book.bids.quantity)[within].sum())
    assert worth == pytest.approx(float(quote.depth_usd), rel=0.02), (
        "depth is the notional that moves the price by 1 %"
    )
    index = known.asset_index.value
    assert index is not None
    assert (known.asset_index.faults, set(index)) == ((), {"USDT", "BTC", "ETH"})


class Watched:
    """A market reader at a venue of its own, which trades by the minute."""

    def __init__(self) -> None:
        self.venue: Venue = paper_venue(market=StillMarket(step_ms=60_000))
        self.clock = ManualClock(datetime.fromtimestamp(START_MS / 1000, UTC))
        self.reader = BinanceReader(InProcessTransport(self.venue, self.clock), account="", clock=self.clock)
        self.known = Known()

    def minute(self, *, path: str = "", effect: Effect | None = None) -> VenueMemory:
        """A minute passes, and everything is read; one path may go wrong."""
        self.clock.advance(60.0)
        self.venue.advance_to(round(self.clock.now().timestamp() * 1000))
        if effect is not None:
            self.venue.faults.add([Fault(effect=effect, path=path, count=2)])
        self.known = asyncio.run(after_reading(self.reader, self.known))
        return self.known.venue("binanceusdm")


DOWN = Answer(status=503, body='{"code": -1001, "msg": "down"}')


@pytest.mark.parametrize(
    ("effect", "failure"),
    [
        (EmptyList(), "it has 0 bids"),
        (TruncatedList(keep=5), "the order book is cut off: 5 bids"),
        (MissingField(name="asks"), "asks is missing"),
        (NotANumber(name="E"), "E is 'NaN'"),
        (Answer(status=200, body="<html>maintenance</html>"), "guard:html"),
        (DOWN, "http:503:-1001"),
        (Replay(age_ms=120_000), "replayed: 60000 ms"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_a_book_that_is_not_sound_is_never_taken_for_one(effect: Effect, failure: str) -> None:
    watched = Watched()
    watched.minute()
    sound = watched.minute().order_books[BTC].value
    heard = watched.minute(path="*/depth", effect=effect).order_books[BTC]
    assert failure in heard.failure
    assert heard.value is sound
    assert watched.minute().order_books[BTC].failure == ""


@pytest.mark.parametrize(
    ("path", "effect", "failure"),
    [
        ("*/openInterest", MissingField(name="openInterest"), "openInterest is missing"),
        ("*/openInterest", Answer(status=200, body="{}"), "guard:empty_object"),
        ("*/ticker/24hr", NotANumber(name="quoteVolume"), "quoteVolume is 'NaN'"),
        ("*/ticker/24hr", Answer(status=200, body='{"symbol": "ETHUSDT"}'), "ticker is about 'ETHUSDT'"),
    ],
)
def test_turnover_that_is_not_sound_is_never_taken_for_it(path: str, effect: Effect, failure: str) -> None:
    watched = Watched()
    sound = watched.minute().turnover[BTC].value
    heard = watched.minute(path=path, effect=effect).turnover[BTC]
    assert failure in heard.failure
    assert heard.value is sound


@pytest.mark.parametrize(
    ("effect", "failure"),
    [
        (EmptyList(), "guard:no_asset_index"),
        (MissingField(name="bidRate"), "guard:no_asset_index"),
        (DOWN, "http:503:-1001"),
        (Replay(age_ms=120_000), "replayed: 60000 ms"),
    ],
)
def test_collateral_that_is_not_sound_is_never_taken_for_it(effect: Effect, failure: str) -> None:
    watched = Watched()
    watched.minute()
    sound = watched.minute().asset_index.value
    heard = watched.minute(path="*/assetIndex", effect=effect).asset_index
    assert failure in heard.failure
    assert heard.value is sound


def test_an_answer_that_is_told_again_ages_by_the_venues_own_time() -> None:
    """A cache in between that repeats the last answer tells no older one; what it tells has its own age."""
    watched = Watched()
    sound = watched.minute().order_books[BTC].value
    heard = watched.minute(path="*/depth", effect=Replay(age_ms=60_000)).order_books[BTC]
    assert sound is not None
    assert heard.value is not None
    assert (heard.failure, heard.value.told_ms) == ("", sound.told_ms)
