"""What the last cycle knows of the market of one contract, for the guard."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from riskd.act.guard import MarketFacts
from riskd.model.liquidity import Levels
from riskd.observe.facts import BookFact, QuoteFact
from riskd.observe.known import Known


def market_facts(known: Known, venue: str, symbol: str, held: Decimal, *, collar_rate: float) -> MarketFacts:
    """The market of one contract, as the watch last saw it.

    Args:
        known: What observing remembers.
        venue: Venue id.
        symbol: Unified symbol.
        held: Signed; a long is closed by taking bids.
        collar_rate: How far from mark an order may go, fraction.
    """
    memory = known.venue(venue)
    quote = (memory.quotes.value or {}).get(symbol)
    heard = memory.order_books.get(symbol)
    book = None if heard is None or heard.failure else heard.value
    return MarketFacts(
        spread_rate=_spread(book),
        divergence_rate=_divergence(quote),
        depth_notional=_depth(book, quote, held, collar_rate),
        book_readable=heard is not None and heard.value is not None,
        index_readable=quote is not None and quote.index_price is not None,
    )


def _spread(book: BookFact | None) -> float:
    if book is None or not len(book.bids.price) or not len(book.asks.price):
        return math.nan
    bid, ask = float(book.bids.price[0]), float(book.asks.price[0])
    return 2 * (ask - bid) / (ask + bid)


def _divergence(quote: QuoteFact | None) -> float:
    if quote is None or not quote.index_price:
        return math.nan
    return float(abs(quote.mark_price - quote.index_price) / quote.index_price)


def _depth(book: BookFact | None, quote: QuoteFact | None, held: Decimal, collar_rate: float) -> float:
    """Notional that rests within the collar on the side that closes the position."""
    if book is None or quote is None:
        return math.nan
    mark = float(quote.mark_price)
    if held > 0:
        return _notional(book.bids, book.bids.price >= mark * (1 - collar_rate))
    return _notional(book.asks, book.asks.price <= mark * (1 + collar_rate))


def _notional(side: Levels, within: npt.NDArray[np.bool_]) -> float:
    return float((side.price * side.quantity)[within].sum())
