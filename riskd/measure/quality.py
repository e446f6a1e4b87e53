"""What riskd knows about its own knowledge, and what the venue says about the queue."""

from __future__ import annotations

import math

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.missing import account_name, symbol
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Remedy, Selection, Unit, Values
from riskd.model.arrays import FloatArray
from riskd.model.desk import UNLABELLED
from riskd.model.report import Surface
from riskd.model.subject import Grain

# What must be fresh before anything about an account can be believed.
_VITAL = (
    Surface.POSITIONS,
    Surface.BALANCES,
    Surface.ORDERS,
    Surface.CONDITIONAL_ORDERS,
    Surface.MARKS,
)


def data_age(book: Book, grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Age of the oldest vital surface; of an instrument, of its quote."""
    if grain is Grain.INSTRUMENT:
        return _age_of_quotes(book)
    ages = _ages(book)
    oldest = ages.max(axis=1)
    if grain is Grain.ACCOUNT:
        return Values(oldest, lambda account: _never_seen(ages, account))
    venues = book.account_groups(grain)
    blind = {int(venues.of[row]): int(row) for row in np.flatnonzero(np.isnan(oldest))[::-1]}

    def why(venue: int) -> str:
        account = blind[venue]
        return f"{_never_seen(ages, account)} in {account_name(book, account)}"

    return Values(venues.highest(oldest), why)


def unlabelled(book: Book, grain: Grain, _ref: MeasureRef, selection: Selection) -> Values:
    """Number of selected open positions that no strategy claims."""
    names = np.array([name == UNLABELLED for name in book.tables.strategies], dtype=np.bool_)
    nobody = names[book.tables.positions.strategy] & selection.positions
    return Values(book.position_groups(grain).count(nobody))


def adl_rank(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """The venue's auto-deleveraging rank."""
    return Values(book.tables.positions.adl_rank, lambda row: f"ADL rank of {symbol(book, row)}")


def clock_skew(book: Book, grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """How far each venue's clock is from ours."""
    universe = book.universe(grain)
    names = universe.attributes["venue"]
    offsets = [dict(snapshot.clock_offsets) for snapshot in book.tables.snapshots]
    found = [
        offsets[part].get(venue, math.nan) for part, venue in zip(universe.part.tolist(), names, strict=True)
    ]
    return Values(np.abs(np.array(found, dtype=np.float64)), lambda row: f"time of {names[row]}")


def _ages(book: Book) -> FloatArray:
    """Age of each vital surface of each account, NaN if never seen. Never negative: clocks may step back."""
    seen = book.trust.observed_at(_VITAL)
    return np.maximum(book.now_of_account[:, None] - seen, 0.0)


def _age_of_quotes(book: Book) -> Values:
    """Age of each quote by the venue's own clock, and at least that of the read that brought it."""
    tables = book.tables
    now = tables.now[tables.instrument_part]
    reads = book.trust.observed_at((Surface.MARKS,))[:, 0].tolist()
    venues = zip(tables.account_part.tolist(), (profile.venue for profile in tables.profiles), strict=True)
    read_at = dict(zip(venues, reads, strict=True))
    owners = zip(tables.instrument_part.tolist(), (row.venue for row in tables.instruments), strict=True)
    read = np.array([read_at.get(owner, np.nan) for owner in owners])
    age = np.maximum(np.maximum(now - tables.quotes.quoted_at, now - read), 0.0)
    return Values(age, lambda row: f"time of the mark price of {tables.instruments[row].symbol}")


def _never_seen(ages: FloatArray, account: int) -> str:
    surface = _VITAL[int(np.flatnonzero(np.isnan(ages[account]))[0])]
    return f"{surface}: never read"


SPECS = (
    MeasureSpec(
        name="data_age",
        unit=Unit.DURATION,
        low=0.0,
        grains=frozenset({Grain.ACCOUNT, Grain.EXCHANGE, Grain.INSTRUMENT}),
        parameters=(),
        meaning="Age of what riskd knows: of the oldest surface that everything else rests on.",
        formula=(
            "now - time of asking for the oldest of positions, balances, orders, conditional orders and marks; of a "
            "venue the oldest of its accounts; of an instrument, of its quote, by the venue's clock and by ours."
        ),
        source="Age counts from the request: the venue may have computed its answer at any moment since.",
        unknown_when="One of these surfaces has never been read.",
        infinite_when="",
        remedy=Remedy.NONE,
        needs=frozenset(),
        counts=Counts.WHOLE_ACCOUNT,
        function=data_age,
    ),
    MeasureSpec(
        name="unlabelled",
        unit=Unit.COUNT,
        low=0.0,
        grains=frozenset({Grain.ACCOUNT}),
        parameters=(),
        meaning="Open positions that no strategy of the account claims.",
        formula="number of open positions whose strategy is 'unlabelled'.",
        source="Own definition: what no line of the configuration matches is 'unlabelled'.",
        unknown_when="The positions could not be read.",
        infinite_when="",
        remedy=Remedy.NONE,
        needs=frozenset({Surface.POSITIONS}),
        counts=Counts.SELECTED_POSITIONS,
        function=unlabelled,
    ),
    MeasureSpec(
        name="adl_rank",
        unit=Unit.COUNT,
        low=0.0,
        high=4.0,
        grains=frozenset({Grain.POSITION}),
        parameters=(),
        meaning="Place in the venue's auto-deleveraging queue: 0 last, 4 first. Low leverage is no protection.",
        formula="as the venue states it.",
        source="Binance ADL quantile. On 2025-10-10 the median leverage of auto-deleveraged accounts was 0.2x.",
        unknown_when="The venue states none.",
        infinite_when="",
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS}),
        counts=Counts.SELECTED_POSITIONS,
        function=adl_rank,
    ),
    MeasureSpec(
        name="clock_skew",
        unit=Unit.DURATION,
        low=0.0,
        grains=frozenset({Grain.EXCHANGE}),
        parameters=(),
        meaning="How far the venue's clock and ours are apart: beyond a second orders are refused, and ages mean nothing.",
        formula="|venue's time - middle of our request for it|.",
        source="Binance refuses a signed request that is 1 s ahead of its clock, or older than its recvWindow.",
        unknown_when="The venue's time was not read in the last 15 minutes.",
        infinite_when="",
        remedy=Remedy.NONE,
        needs=frozenset(),
        counts=Counts.WHOLE_ACCOUNT,
        function=clock_skew,
    ),
)
