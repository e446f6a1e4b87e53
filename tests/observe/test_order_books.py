"""Order books, turnover and collateral: what is sound counts, contract by contract; anything else is said, and not used."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from riskd.model.liquidity import LEVELS_READ
from riskd.model.report import JsonValue, Surface
from riskd.observe.facts import BookFact
from riskd.observe.known import Heard, VenueMemory
from tests.fakes.clock import NOON
from tests.observe.rows import VENUE, Row, ms
from tests.observe.world import BTC, Watch, World, report, reports

ETH = "ETH/USDT:USDT"

# The example of Binance's Order Book page, with prices that a book can have, and that of Open Interest.
BOOK: Row = {
    "lastUpdateId": 1027024,
    "E": ms(NOON),
    "T": ms(NOON) - 13,
    "bids": [["59999.50", "0.500"], ["59990.00", "2.000"]],
    "asks": [["60000.50", "1.250"], ["60010.00", "12.000"]],
}
TICKER: Row = {
    "symbol": "BTCUSDT",
    "volume": "8913.30000000",
    "quoteVolume": "15000000000.30000000",
    "openTime": ms(NOON - timedelta(days=1)),
    "closeTime": ms(NOON),
}
INTEREST: Row = {"openInterest": "10659.509", "symbol": "BTCUSDT", "time": 1589437530011}
TURNOVER: Row = {"ticker": TICKER, "open_interest": INTEREST}

BAD_BOOKS: list[tuple[Row, str]] = [
    (BOOK | {"bids": []}, "it has 0 bids"),
    (BOOK | {"asks": None}, "asks is None, no list"),
    (BOOK | {"asks": [["60000.50", "1"]] * (LEVELS_READ + 1)}, "it has 501 asks"),
    (BOOK | {"bids": [["60001", "1"]]}, "it is crossed"),
    (BOOK | {"bids": [["59990", "1"], ["59995", "1"]]}, "its bids do not fall"),
    (BOOK | {"asks": [["60010", "1"], ["60010", "1"]]}, "its asks do not rise"),
    (BOOK | {"asks": [["60010", "0"]]}, "quantity is '0'"),
    (BOOK | {"asks": [["60010", "1", "2"]]}, "expected a price and a quantity"),
    (BOOK | {"asks": ["60010"]}, "expected a price and a quantity"),
    (BOOK | {"asks": [["NaN", "1"]]}, "price is 'NaN', not a number"),
    (BOOK | {"asks": [["1e10", "1"]]}, "outside"),
    (BOOK | {"E": "soon"}, "E is 'soon'"),
]
BAD_TURNOVERS: list[tuple[Row, str]] = [
    (TURNOVER | {"ticker": TICKER | {"symbol": "ETHUSDT"}}, "ticker is about 'ETHUSDT'"),
    (TURNOVER | {"open_interest": INTEREST | {"symbol": "ETHUSDT"}}, "open_interest is about 'ETHUSDT'"),
    (TURNOVER | {"ticker": TICKER | {"quoteVolume": "-1"}}, "quoteVolume is '-1', outside"),
    (TURNOVER | {"open_interest": {"symbol": "BTCUSDT"}}, "openInterest is missing"),
    (TURNOVER | {"ticker": TICKER | {"openTime": ms(NOON - timedelta(days=7))}}, "that of 168.0 hours"),
    (TURNOVER | {"ticker": TICKER | {"openTime": ms(NOON) + 1}}, "not of a day"),
    ({"ticker": TICKER}, "expected an object, found None"),
]


def seen(
    watch: Watch, surface: Surface, payload: JsonValue, *, minutes: int = 0, failure: str = ""
) -> VenueMemory:
    """What is known of the venue after one more answer."""
    at = NOON + timedelta(minutes=minutes)
    watch.see(reports(World(at=at).answers(), at=at), [report(surface, payload, at=at, failure=failure)])
    return watch.known.venue(VENUE)


def book_after(watch: Watch, payload: JsonValue, *, minutes: int = 0) -> Heard[BookFact]:
    return seen(watch, Surface.ORDER_BOOKS, {"BTCUSDT": payload}, minutes=minutes).order_books[BTC]


def told(minutes: int, **changes: JsonValue) -> Row:
    """The book as it is told so many minutes later."""
    return BOOK | {"E": ms(NOON + timedelta(minutes=minutes))} | changes


def test_a_sound_book_is_read_level_by_level() -> None:
    book = book_after(Watch(), BOOK)
    assert book.failure == ""
    assert book.value is not None
    assert book.value.bids.price.tolist() == [59_999.5, 59_990.0]
    assert book.value.asks.quantity.tolist() == [1.25, 12.0]
    assert book.value.told_ms == ms(NOON)


@pytest.mark.parametrize(("payload", "reason"), BAD_BOOKS, ids=[reason for _, reason in BAD_BOOKS])
def test_a_book_with_anything_wrong_is_rubbish_and_says_what(payload: Row, reason: str) -> None:
    watch = Watch()
    book_after(watch, BOOK)
    book = book_after(watch, payload, minutes=1)
    assert book.rubbish
    assert reason in book.failure


def test_each_contract_is_heard_by_itself() -> None:
    watch = Watch()
    both: Row = {"BTCUSDT": BOOK, "ETHUSDT": BOOK | {"bids": []}, "GONEUSDT": BOOK}
    known = seen(watch, Surface.ORDER_BOOKS, both).order_books
    assert set(known) == {BTC, ETH}
    assert (known[BTC].failure, known[ETH].rubbish) == ("", True)
    later = seen(watch, Surface.ORDER_BOOKS, {"ETHUSDT": told(1)}, minutes=1).order_books
    assert later[BTC] is known[BTC]
    assert later[ETH].value is not None


def test_a_read_that_failed_keeps_what_was_known_and_says_why_it_ages() -> None:
    watch = Watch()
    before = book_after(watch, BOOK)
    after = seen(watch, Surface.ORDER_BOOKS, None, minutes=1, failure="timeout").order_books[BTC]
    assert after.value is before.value
    assert (after.failure, after.rubbish) == ("timeout", False)
    nonsense = seen(watch, Surface.ORDER_BOOKS, [], minutes=2).order_books[BTC]
    assert nonsense.failure == "guard:not_an_object"


def test_a_book_told_before_is_a_replay() -> None:
    watch = Watch()
    book_after(watch, told(1), minutes=1)
    replayed = book_after(watch, BOOK, minutes=2)
    assert replayed.failure == "replayed: 60000 ms older than the last answer"
    assert not replayed.rubbish


def test_a_book_that_is_cut_off_is_believed_when_it_is_told_twice() -> None:
    watch = Watch()
    asks: list[JsonValue] = [[str(60_001 + number), "1"] for number in range(100)]
    book_after(watch, told(0, asks=asks))
    cut = book_after(watch, told(1, asks=asks[:3]), minutes=1)
    assert cut.failure == "implausible: the order book is cut off: 3 asks, 100 before"
    assert cut.rubbish
    again = book_after(watch, told(2, asks=asks[:3]), minutes=2)
    assert again.failure == ""
    assert again.value is not None
    assert len(again.value.asks.price) == 3


def test_volume_and_open_interest_are_read_together() -> None:
    heard = seen(Watch(), Surface.TURNOVER, {"BTCUSDT": TURNOVER}).turnover[BTC]
    assert heard.value is not None
    assert heard.value.quote_volume == Decimal("15000000000.3")
    assert heard.value.open_interest == Decimal("10659.509")
    assert heard.value.told_ms == ms(NOON)


@pytest.mark.parametrize(("payload", "reason"), BAD_TURNOVERS, ids=[reason for _, reason in BAD_TURNOVERS])
def test_turnover_with_anything_wrong_is_rubbish_and_says_what(payload: Row, reason: str) -> None:
    heard = seen(Watch(), Surface.TURNOVER, {"BTCUSDT": payload}).turnover[BTC]
    assert heard.rubbish
    assert reason in heard.failure


def test_what_is_read_on_demand_is_no_surface_of_the_snapshot() -> None:
    watch = Watch()
    snapshot = watch.see(reports(World().answers()), [report(Surface.ORDER_BOOKS, [])])
    assert snapshot.state("", Surface.ORDER_BOOKS) is None
