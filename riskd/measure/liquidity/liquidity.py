"""How fast, and at what price, what is held could be closed: against what is traded, what is open and what rests."""

from __future__ import annotations

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.capital import INFINITE_WITHOUT_EQUITY, over_equity
from riskd.measure.book.missing import missing_equity
from riskd.measure.liquidity.closing import by_contract, by_side
from riskd.measure.liquidity.fees import FEE, stated_fees
from riskd.measure.liquidity.markets import (
    ASKS,
    BIDS,
    BOOK_WITHIN_SECONDS,
    TURNOVER_WITHIN_SECONDS,
    markets,
    missing_book,
    missing_interest,
    missing_volume,
)
from riskd.measure.liquidity.walk import paid_away_from_mid, resting_within, shown
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.model.arrays import FloatArray
from riskd.model.liquidity import LEVELS_READ
from riskd.model.report import Surface
from riskd.model.subject import Grain

_DAY_SECONDS = 86_400.0


def exit_time(book: Book, grain: Grain, ref: MeasureRef, selection: Selection) -> Values:
    """Time in which each subject could be closed at a share of the volume traded: that of its slowest contract."""
    closing = by_contract(book, grain, selection)
    traded = book.once(markets).volume[closing.instrument] / _DAY_SECONDS
    seconds = closing.worth / (ref.parameter("participation") * traded)
    return closing.largest(seconds, lambda row: missing_volume(book, int(closing.instrument[row])))


def share_of_volume(book: Book, grain: Grain, _ref: MeasureRef, selection: Selection) -> Values:
    """Gross notional of a contract over its volume of a day, the largest of each subject."""
    closing = by_contract(book, grain, selection)
    share = closing.worth / book.once(markets).volume[closing.instrument]
    return closing.largest(share, lambda row: missing_volume(book, int(closing.instrument[row])))


def share_of_open_interest(book: Book, grain: Grain, _ref: MeasureRef, selection: Selection) -> Values:
    """Quantity of a contract, long or short, over its open interest, the largest of each subject."""
    closing = by_side(book, grain, selection)
    share = closing.quantity / book.once(markets).open_interest[closing.instrument]
    return closing.largest(share, lambda row: missing_interest(book, int(closing.instrument[row])))


def share_of_depth(book: Book, grain: Grain, ref: MeasureRef, selection: Selection) -> Values:
    """Quantity of a contract over what rests near mid where a close would hit it, the largest of each subject."""
    closing = by_side(book, grain, selection)
    depth = resting_within(book.once(markets), closing, ref.parameter("within"))
    share = np.where((closing.quantity == 0.0) & (depth == 0.0), 0.0, closing.quantity / depth)
    return closing.largest(share, lambda row: missing_book(book, int(closing.instrument[row])))


def exit_cost(book: Book, grain: Grain, ref: MeasureRef, selection: Selection) -> Values:
    """Cost of closing each subject at market through the books as they stand, over equity."""
    closing, known = by_side(book, grain, selection), book.once(markets)
    stated = book.layout.once(stated_fees)[closing.instrument]
    fee = np.where(np.isnan(stated), ref.parameter("fee"), stated)
    cost = closing.worth * (paid_away_from_mid(known, closing) + fee)

    def missing(row: int) -> str:
        instrument = int(closing.instrument[row])
        name = book.tables.instruments[instrument].symbol
        if reason := missing_book(book, instrument):
            return reason
        if np.isnan(closing.worth[row]):
            return f"mark price of {name}"
        held, side = f"{closing.quantity[row]:.6g}", "bids" if closing.side[row] == BIDS else "asks"
        return (
            f"order book of {name}: its {side} show {shown(known, closing, row):.6g} of the {held} to close"
        )

    found = closing.explained(closing.subjects.total(cost), cost, missing)
    return Values(
        over_equity(found.values, book.equity_of(grain)),
        lambda subject: found.why(subject) or missing_equity(book, grain, subject),
    )


def spread(book: Book, grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Best ask less best bid, over mid."""
    instrument = book.layout.position_instrument
    apart = book.once(_spreads)
    if grain is Grain.INSTRUMENT:
        return Values(apart, lambda row: missing_book(book, row))
    return Values(apart[instrument], lambda row: missing_book(book, int(instrument[row])))


def _spreads(book: Book) -> FloatArray:
    known = book.once(markets)
    return (known.best(ASKS) - known.best(BIDS)) / known.mid


_HOLDERS = frozenset(
    {Grain.POSITION, Grain.ASSET, Grain.STRATEGY, Grain.ACCOUNT, Grain.DESK, Grain.PORTFOLIO}
)
_HELD = frozenset({Surface.POSITIONS})
_LARGEST = "of several contracts the largest; what accounts hold of one contract counts together."
_NOT_READ = (
    f"was not read in the last {TURNOVER_WITHIN_SECONDS / 60:.0f} minutes, or is 0: the venue counts anew."
)
_NO_BOOK = (
    f"the order book was not read in the last {BOOK_WITHIN_SECONDS / 60:.0f} minutes, or is not sorted and uncrossed with "
    "something on both sides"
)

SPECS = (
    MeasureSpec(
        name="exit_time",
        unit=Unit.DURATION,
        grains=_HOLDERS,
        parameters=(
            Parameter(
                name="participation",
                unit=Unit.RATIO,
                meaning="Share of the volume traded that we may be.",
                default=0.1,
                high=1.0,
            ),
        ),
        meaning="Time it takes to close what is held without being more than a share of the volume traded.",
        formula=f"Σ|q·M| / (participation · quote volume of 24 h / 86400 s); {_LARGEST}",
        source="Usual practice: 10 % participation, out within 15 minutes. Volume: Binance USD-M ticker/24hr.",
        unknown_when=f"A counted quantity or mark is unknown, or the volume of its contract {_NOT_READ}",
        infinite_when="",
        remedy=Remedy.REDUCE,
        needs=_HELD,
        counts=Counts.SELECTED_POSITIONS,
        function=exit_time,
        reads=frozenset({Surface.TURNOVER}),
        low=0.0,
    ),
    MeasureSpec(
        name="share_of_volume",
        unit=Unit.RATIO,
        grains=_HOLDERS,
        parameters=(),
        meaning="Gross notional as a share of what is traded of the contract in a day.",
        formula=f"Σ|q·M| / quote volume of 24 h; {_LARGEST}",
        source="Usual practice: at most 1 % of a day's volume. Volume: Binance USD-M ticker/24hr.",
        unknown_when=f"A counted quantity or mark is unknown, or the volume of its contract {_NOT_READ}",
        infinite_when="",
        remedy=Remedy.REDUCE,
        needs=_HELD,
        counts=Counts.SELECTED_POSITIONS,
        function=share_of_volume,
        reads=frozenset({Surface.TURNOVER}),
        low=0.0,
    ),
    MeasureSpec(
        name="share_of_open_interest",
        unit=Unit.RATIO,
        grains=_HOLDERS,
        parameters=(),
        meaning="Quantity held as a share of all that is open in the contract: how much of the market we are.",
        formula=f"max(Σ long |q|, Σ short |q|) / open interest, which counts each contract once; {_LARGEST}",
        source="Usual practice: at most 2-5 % of open interest. Open interest: Binance USD-M openInterest, base units.",
        unknown_when=f"A counted quantity is unknown, or the open interest of its contract {_NOT_READ}",
        infinite_when="",
        remedy=Remedy.REDUCE,
        needs=_HELD,
        counts=Counts.SELECTED_POSITIONS,
        function=share_of_open_interest,
        reads=frozenset({Surface.TURNOVER}),
        low=0.0,
    ),
    MeasureSpec(
        name="share_of_depth",
        unit=Unit.RATIO,
        grains=_HOLDERS,
        parameters=(
            Parameter(
                name="within",
                unit=Unit.RATIO,
                meaning="Distance from mid up to which resting orders count.",
                default=0.01,
                high=1.0,
            ),
        ),
        meaning="Quantity held as a share of what rests near mid on the side of the book that a close would hit.",
        formula=(
            f"Σ|q| of a side / Σ resting quantity with |price - mid| <= within·mid: bids for longs, asks for shorts. The {LEVELS_READ} best "
            "levels are read; where they end before the distance does, there is more than is counted and the share is "
            f"overstated; {_LARGEST}"
        ),
        source="Own definition. Order book: Binance USD-M depth, without retail price improvement orders.",
        unknown_when=f"A counted quantity is unknown, or {_NO_BOOK}.",
        infinite_when="nothing rests within the distance on that side",
        remedy=Remedy.REDUCE,
        needs=_HELD,
        counts=Counts.SELECTED_POSITIONS,
        function=share_of_depth,
        reads=frozenset({Surface.ORDER_BOOKS}),
        low=0.0,
    ),
    MeasureSpec(
        name="exit_cost",
        unit=Unit.RATIO,
        grains=_HOLDERS,
        parameters=(FEE,),
        meaning="Cost of closing everything at market now, as a share of equity: half the spread, the depth used up, and fees.",
        formula=(
            "Σ |q·M| · (|mean price through the book - mid| / mid + taker fee) / E; one order for each contract and side, for what "
            "all accounts of the subject hold of it."
        ),
        source="Implementation shortfall against mid (Perold 1988), without the market's answer to the order.",
        unknown_when=(
            f"Equity, a counted quantity or its mark is unknown; {_NO_BOOK}; or the {LEVELS_READ} levels that are read do not hold the "
            "quantity: the rest has no price."
        ),
        infinite_when=INFINITE_WITHOUT_EQUITY,
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS, Surface.BALANCES}),
        counts=Counts.SELECTED_POSITIONS,
        function=exit_cost,
        reads=frozenset({Surface.ORDER_BOOKS}),
        low=0.0,
    ),
    MeasureSpec(
        name="spread",
        unit=Unit.RATIO,
        grains=frozenset({Grain.POSITION, Grain.INSTRUMENT}),
        parameters=(),
        meaning="Distance between best bid and best ask: what it costs to be in a hurry.",
        formula="(ask - bid) / mid.",
        source="Usual practice: nothing is scalped above 20 basis points. Order book: Binance USD-M depth.",
        unknown_when=f"{_NO_BOOK[0].upper()}{_NO_BOOK[1:]}.",
        infinite_when="",
        remedy=Remedy.NONE,
        needs=frozenset(),
        counts=Counts.WHOLE_ACCOUNT,
        function=spread,
        reads=frozenset({Surface.ORDER_BOOKS}),
        low=0.0,
        high=2.0,
    ),
)
