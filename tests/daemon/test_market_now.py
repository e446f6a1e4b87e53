"""The market of a contract at the moment of an order, and what the guard is told of it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from riskd.act.clamp import Touch
from riskd.daemon.market_facts import market_facts
from riskd.daemon.market_now import MarketReader
from riskd.errors import VenueUnavailable
from riskd.model.arrays import floats
from riskd.model.liquidity import Levels
from riskd.model.report import JsonValue, Report, Surface
from riskd.observe.facts import BookFact, QuoteFact
from riskd.observe.known import Heard, Known, VenueMemory
from tests.daemon.test_unblock import STEP
from tests.observe.world import BTC, Watch, World, report, reports


class Venue:
    """Answers with one payload a surface."""

    venue, account = "binanceusdm", "main"

    def __init__(self, payload: JsonValue, *, failure: str = "", complete: bool = True) -> None:
        self.payload, self.failure, self.complete = payload, failure, complete
        watch = Watch()
        watch.see(reports(World().answers()))
        self.listing = watch.known.venue("binanceusdm").instruments.value or {}

    async def read(self, wanted: Sequence[Surface], *, symbols: Sequence[str] = ()) -> tuple[Report, ...]:
        [surface] = wanted
        made = replace(report(surface, self.payload), failure=self.failure, complete=self.complete)
        return (made,)

    async def close(self) -> None:
        return None

    def market(self) -> MarketReader:
        return MarketReader(self, lambda: self.listing)


def book(bids: list[JsonValue], asks: list[JsonValue]) -> JsonValue:
    return {
        "BTCUSDT": {"lastUpdateId": 1, "E": 1772452800000, "T": 1772452800000, "bids": bids, "asks": asks}
    }


def touch(venue: Venue) -> Touch | None:
    return asyncio.run(venue.market().touch(STEP))


def test_the_best_prices_are_exactly_what_the_venue_wrote() -> None:
    venue = Venue(book([["59999.90", "1"], ["59999.80", "2"]], [["60000.10", "1"]]))
    assert touch(venue) == Touch(bid=Decimal("59999.9"), ask=Decimal("60000.1"))


@pytest.mark.parametrize(
    "venue",
    [
        Venue(book([], [["60000.10", "1"]])),
        Venue(book([["60000.20", "1"]], [["60000.10", "1"]])),
        Venue({}),
        Venue("<html>"),
        Venue(None, failure="timeout"),
        Venue(book([["1", "1"]], [["2", "1"]]), complete=False),
    ],
    ids=["one side", "crossed", "empty", "rubbish", "failed", "incomplete"],
)
def test_a_book_that_is_not_sound_gives_no_price_to_wait_at(venue: Venue) -> None:
    assert touch(venue) is None


def test_terms_are_those_of_the_newest_answer() -> None:
    payload = World().answers()[Surface.INSTRUMENTS]
    assert asyncio.run(Venue(payload).market().terms(STEP)).symbol == BTC


@pytest.mark.parametrize("venue", [Venue(None, failure="timeout"), Venue("rubbish"), Venue({"symbols": []})])
def test_terms_that_cannot_be_read_are_no_terms(venue: Venue) -> None:
    with pytest.raises(VenueUnavailable):
        asyncio.run(venue.market().terms(STEP))


# -- what the guard is told ------------------------------------------------------------------------------------------

BOOK = BookFact(
    bids=Levels(price=floats([99.9, 99.0, 90.0]), quantity=floats([1.0, 2.0, 50.0])),
    asks=Levels(price=floats([100.1, 101.0]), quantity=floats([3.0, 4.0])),
    told_ms=1,
)
QUOTE = QuoteFact(
    mark_price=Decimal(100), index_price=Decimal(98), funding_rate=None, next_funding_ms=None, quoted_ms=1
)


def known(book: Heard[BookFact] | None, quote: QuoteFact | None) -> Known:
    return Known(
        venues={
            "v": VenueMemory(
                quotes=Heard(value={} if quote is None else {BTC: quote}),
                order_books={} if book is None else {BTC: book},
            )
        }
    )


def test_spread_divergence_and_the_depth_that_an_order_would_take() -> None:
    long = market_facts(known(Heard(value=BOOK), QUOTE), "v", BTC, Decimal(1), collar_rate=0.01)
    short = market_facts(known(Heard(value=BOOK), QUOTE), "v", BTC, Decimal(-1), collar_rate=0.01)
    assert long.spread_rate == pytest.approx(0.002)
    assert long.divergence_rate == pytest.approx(2 / 98)
    assert long.depth_notional == pytest.approx(99.9 + 2 * 99.0)
    assert short.depth_notional == pytest.approx(3 * 100.1 + 4 * 101.0)
    assert (long.book_readable, long.index_readable) == (True, True)


def test_what_nobody_reads_is_unknown_and_not_readable() -> None:
    facts = market_facts(known(None, None), "v", BTC, Decimal(1), collar_rate=0.01)
    assert math.isnan(facts.spread_rate)
    assert math.isnan(facts.divergence_rate)
    assert math.isnan(facts.depth_notional)
    assert (facts.book_readable, facts.index_readable) == (False, False)


def test_a_book_that_was_read_once_and_fails_now_is_unknown_and_readable() -> None:
    facts = market_facts(
        known(Heard(value=BOOK, failure="timeout"), QUOTE), "v", BTC, Decimal(1), collar_rate=0.01
    )
    assert math.isnan(facts.spread_rate)
    assert facts.book_readable
