"""Hedges: how much of the exposure is hedged, and whether the legs have come apart."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.capital import over_equity
from riskd.measure.book.groups import Groups, coded, lookup
from riskd.measure.book.missing import FirstUnknown, account_name, missing_equity
from riskd.measure.past.prices import Closes, correlations, moves_in_common, no_tie, relative_moves
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.model.arrays import FloatArray
from riskd.model.report import Surface
from riskd.model.subject import Grain


def hedge_ratio(book: Book, grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """What hedges, over what is hedged, over the wanted ratio."""
    legs, units = book.layout.legs, book.once(leg_units)
    groups = Groups(legs.hedge, book.universe(grain).size)
    hedged = groups.total(units, legs.primary)
    hedging = -groups.total(units, ~legs.primary)
    wanted = np.array([float(hedge.ratio) for hedge in book.tables.hedges])
    orphan = np.where(np.isnan(hedging), np.nan, np.where(hedging == 0.0, 1.0, np.inf))
    unknown_leg = FirstUnknown(groups, units)
    return Values(
        np.where(hedged == 0.0, orphan, hedging / hedged / wanted),
        lambda hedge: missing_leg(book, unknown_leg(hedge)),
    )


def basis(book: Book, grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Widest relative distance of a perpetual leg's mark from its index."""
    legs, size = book.layout.legs, book.universe(grain).size
    mark = np.append(book.tables.quotes.mark_price, np.nan)[legs.instrument]
    reference = np.append(book.tables.quotes.index_price, np.nan)[legs.instrument]
    apart = np.where(legs.perpetual, np.abs(mark - reference) / reference, -np.inf)
    groups = Groups(legs.hedge, size)
    widest = groups.highest(apart)
    unknown_leg = FirstUnknown(groups, apart)

    def why(hedge: int) -> str:
        leg = unknown_leg(hedge)
        return f"mark or index price of {legs.legs[leg].name}" if leg >= 0 else "no leg is a perpetual"

    return Values(np.where(np.isneginf(widest), np.nan, widest), why)


def correlation(book: Book, grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Lowest correlation of what is hedged with any leg that hedges it."""
    window = ref.parameter("window")
    legs, size = book.layout.legs, book.universe(grain).size
    primary = primary_rows(book)[legs.hedge]
    tied = np.array(
        [
            math.inf if legs.primary[leg] else _correlation_of_legs(book, leg, int(primary[leg]), window)
            for leg in range(len(legs.legs))
        ]
    )
    groups = Groups(legs.hedge, size)
    unknown_leg = FirstUnknown(groups, tied)

    def why(hedge: int) -> str:
        leg = unknown_leg(hedge)
        return _missing_tie(book, leg, int(primary[leg]), window)

    return Values(groups.lowest(tied), why)


def _correlation_of_legs(book: Book, leg: int, other: int, window: float) -> float:
    """Correlation of the hourly log moves of two legs; 1 for one asset, whose legs only the basis keeps apart."""
    legs = book.layout.legs
    if legs.asset[leg] == legs.asset[other]:
        return 1.0
    closes = book.price_windows.closes(part_of_leg(book, leg), window)
    return float(correlations(_log_moves(book, (leg, other), closes), moves_in_common(closes))[0, 1])


def _log_moves(book: Book, legs: Sequence[int], closes: Closes) -> FloatArray:
    rows = [price_row_of_leg(book, leg) for leg in legs]
    return np.log1p(relative_moves(closes.of_rows(rows)))


def part_of_leg(book: Book, leg: int) -> int:
    """Snapshot that a leg belongs to."""
    return int(book.tables.hedge_part[book.layout.legs.hedge[leg]])


def price_row_of_leg(book: Book, leg: int) -> int:
    """Row of the price history that a leg follows: of its contract, or of its coin's perpetual; -1 when there is none."""
    legs, tables = book.layout.legs, book.tables
    if legs.account[leg] < 0:
        return -1
    windows, part = book.price_windows, part_of_leg(book, leg)
    if not legs.perpetual[leg]:
        return windows.row_of_coin(part, tables.profiles[legs.account[leg]].venue, legs.asset[leg])
    first = int(np.searchsorted(tables.instrument_part, part))
    return int(windows.rows(part)[legs.instrument[leg] - first]) if legs.instrument[leg] >= 0 else -1


def _missing_tie(book: Book, leg: int, other: int, window: float) -> str:
    closes = book.price_windows.closes(part_of_leg(book, leg), window)
    names = [book.layout.legs.legs[row].name for row in (other, leg)]
    return no_tie(names, _log_moves(book, (leg, other), closes), moves_in_common(closes))


def delta_of_hedges(book: Book) -> Values:
    """Signed worth of all legs over the equity of the accounts that hold them."""
    legs, size = book.layout.legs, book.universe(Grain.HEDGE).size
    worth = book.once(leg_worth)
    groups = Groups(legs.hedge, size)
    unknown_leg = FirstUnknown(groups, worth)

    def why(hedge: int) -> str:
        leg = unknown_leg(hedge)
        return missing_leg(book, leg) if leg >= 0 else missing_equity(book, Grain.HEDGE, hedge)

    return Values(over_equity(groups.total(worth), book.equity_of(Grain.HEDGE)), why)


def leg_quantity(book: Book) -> FloatArray:
    """Base units that each leg holds, signed: both sides of a symbol together; 0 where nothing is held."""
    legs = book.layout.legs
    markets = book.layout.market_keys(legs.account, legs.instrument)
    # A market may be a leg of several hedges: its positions are summed once, under the first leg that names it.
    first = lookup(markets, book.layout.position_markets)
    held = Groups(np.where(first < 0, len(markets), first), len(markets)).total(
        book.tables.positions.quantity
    )
    perpetual = np.where(markets < 0, np.nan, held[lookup(markets, markets)])
    return np.where(legs.perpetual, perpetual, np.append(book.tables.spot.quantity, np.nan)[legs.spot])


def leg_units(book: Book) -> FloatArray:
    """Signed quantity of each leg in units of the first leg's coin: another coin counts by its price."""
    legs, quantity, price = book.layout.legs, book.once(leg_quantity), book.once(leg_price)
    asset, first = coded(legs.asset).codes, primary_rows(book)[legs.hedge]
    relative = np.where(asset == asset[first], 1.0, price / price[first])
    return np.where(quantity == 0.0, 0.0, quantity * relative)


def leg_worth(book: Book) -> FloatArray:
    """Signed worth of each leg in quote currency."""
    quantity = book.once(leg_quantity)
    return np.where(quantity == 0.0, 0.0, quantity * book.once(leg_price))


def leg_price(book: Book) -> FloatArray:
    """Price of each leg: mark of a perpetual, index of a coin."""
    legs = book.layout.legs
    mark = np.append(book.tables.quotes.mark_price, np.nan)[legs.instrument]
    return np.where(legs.perpetual, mark, np.append(book.tables.spot.price, np.nan)[legs.spot])


def primary_rows(book: Book) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Row of the first leg of each hedge."""
    return np.flatnonzero(book.layout.legs.primary)


def missing_leg(book: Book, leg: int) -> str:
    """Names what of a leg is unknown."""
    legs = book.layout.legs
    name, owner = legs.legs[leg].name, legs.legs[leg].account
    if legs.account[leg] < 0:
        return f"account {owner} of leg {name} is not configured"
    owner = account_name(book, int(legs.account[leg]))
    if np.isnan(book.once(leg_quantity)[leg]):
        return f"quantity of {name} in {owner}"
    return f"price of {name}, or of what it hedges"


SPECS = (
    MeasureSpec(
        name="hedge_ratio",
        unit=Unit.RATIO,
        grains=frozenset({Grain.HEDGE}),
        parameters=(),
        meaning="How much of the exposure is hedged, as a share of what is wanted: 100 % is as wanted.",
        formula=(
            "-Σ q·r of the hedging legs / q of the first leg / wanted ratio; r = 1 for the same asset, else the price "
            "ratio. Nothing held at all: 1. Negative: the 'hedge' adds to the exposure."
        ),
        source="Hull, Options, Futures and Other Derivatives (the wanted ratio is ρ·σs/σf there), pinned in test_vectors.py.",
        unknown_when="A leg's quantity, or (for legs in different assets) a price, is unknown.",
        infinite_when="the hedged leg is gone while a hedging leg is still held: an orphan",
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS, Surface.SPOT_BALANCES}),
        counts=Counts.WHOLE_ACCOUNT,
        function=hedge_ratio,
    ),
    MeasureSpec(
        name="basis",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.HEDGE}),
        parameters=(),
        meaning="How far the perpetual has come away from what it follows.",
        formula="max over perpetual legs of |mark - index| / index.",
        source="Usual blow-out limit of carry desks: 0.5 %.",
        unknown_when="Mark or index price of a perpetual leg is unknown, or the hedge has no perpetual leg.",
        infinite_when="",
        remedy=Remedy.NONE,
        needs=frozenset({Surface.MARKS}),
        counts=Counts.WHOLE_ACCOUNT,
        function=basis,
    ),
    MeasureSpec(
        name="correlation",
        unit=Unit.RATIO,
        low=-1.0,
        high=1.0,
        grains=frozenset({Grain.HEDGE}),
        parameters=(
            Parameter(
                name="window", unit=Unit.DURATION, meaning="How far back the legs' prices are compared."
            ),
        ),
        meaning="How far the legs of the hedge move together: 100 % always, 0 % not at all.",
        formula=(
            "Pearson correlation of hourly log moves of the first leg and each hedging leg, hours that both have; the lowest. "
            "Legs in one asset: 1, what parts them is the basis. A coin on spot follows its perpetual."
        ),
        source="Usual practice of cross-hedging desks: at least 80 % over 30 days and 70 % over 7.",
        unknown_when="Fewer than 90 % of the window's hours (and fewer than 24) have a close of both legs, or a price stood still.",
        infinite_when="",
        remedy=Remedy.NONE,
        needs=frozenset(),
        counts=Counts.WHOLE_ACCOUNT,
        function=correlation,
        reads=frozenset({Surface.CANDLES}),
    ),
)
