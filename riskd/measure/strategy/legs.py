"""What may break a hedge leg by leg: prices do not move it as a whole, and they move each of its legs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.capital import over_equity
from riskd.measure.book.groups import Groups, IndexArray, lookup
from riskd.measure.book.missing import FirstUnknown, missing_equity, missing_value, symbol
from riskd.measure.margin.liquidation import missing_own, nearest_distance
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Remedy, Selection, Unit, Values
from riskd.model.arrays import FloatArray
from riskd.model.report import Surface
from riskd.model.subject import Grain


def leg_liquidation_distance(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """The nearest liquidation of any perpetual leg."""
    distance = book.once(nearest_distance)
    nearest = _by_leg(book, distance, Groups.lowest)
    found = _hedges(book).lowest(np.where(book.layout.legs.perpetual, nearest, np.inf))
    return Values(
        found,
        _reason(book, nearest, distance, lambda row: missing_value(book, row) or missing_own(book, row)),
    )


def leg_adl_rank(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """The highest auto-deleveraging rank of any perpetual leg."""
    rank = book.tables.positions.adl_rank
    highest = _by_leg(book, rank, Groups.highest)
    found = _hedges(book).highest(np.where(book.layout.legs.perpetual, highest, 0.0))
    return Values(
        np.maximum(found, 0.0),  # of a leg that holds nothing it is -inf
        _reason(book, highest, rank, lambda row: f"ADL rank of {symbol(book, row)}"),
    )


def leg_margin_imbalance(book: Book, grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Highest leverage of the accounts that hold the perpetual legs over the lowest."""
    legs, gross = book.layout.legs, book.layout.accounts.total(book.gross)
    leverage = np.append(over_equity(gross, book.equity), np.nan)[legs.account]
    at_work = legs.perpetual & (leverage != 0.0)
    groups, size = _hedges(book), book.universe(grain).size
    highest = groups.highest(np.where(at_work, leverage, -np.inf))
    lowest = groups.lowest(np.where(at_work, leverage, np.inf))
    apart = np.where(np.isposinf(highest), np.inf, highest / lowest)
    width = book.layout.account_count + 1
    pairs = np.unique(legs.hedge[at_work] * width + legs.account[at_work] + 1)
    several = np.bincount(pairs // width, minlength=size) > 1
    unknown = np.isnan(highest)
    unknown_row = FirstUnknown(book.layout.accounts, book.gross)

    def why(hedge: int) -> str:
        for leg in np.flatnonzero((legs.hedge == hedge) & at_work & np.isnan(leverage)).tolist():
            account = int(legs.account[leg])
            if account >= 0 and (row := unknown_row(account)) >= 0:
                return missing_value(book, row)
            return _unplaced(book, leg) or missing_equity(book, Grain.ACCOUNT, account)
        return ""

    return Values(np.where(unknown, np.nan, np.where(several, apart, 1.0)), why)


def _hedges(book: Book) -> Groups:
    return Groups(book.layout.legs.hedge, book.universe(Grain.HEDGE).size)


def _leg_of_positions(book: Book) -> tuple[Groups, IndexArray]:
    """The first leg that names the market of each position, and for each leg the first one in its market."""
    legs = book.layout.legs
    markets = book.layout.market_keys(legs.account, legs.instrument)
    first = lookup(markets, book.layout.position_markets)
    return Groups(np.where(first < 0, len(markets), first), len(markets)), lookup(markets, markets)


def _by_leg(book: Book, values: FloatArray, joined: Callable[[Groups, FloatArray], FloatArray]) -> FloatArray:
    """For each leg, what ``joined`` makes of the values of its positions; NaN for one that is in no market."""
    positions, first = _leg_of_positions(book)
    legs = book.layout.legs
    placed = (legs.account >= 0) & (legs.instrument >= 0)
    return np.where(placed, joined(positions, values)[first], np.nan)


def _reason(
    book: Book, by_leg: FloatArray, by_row: FloatArray, missing: Callable[[int], str]
) -> Callable[[int], str]:
    """Names the first leg of a hedge of which something is unknown."""
    legs = book.layout.legs
    unknown_leg = FirstUnknown(_hedges(book), by_leg, legs.perpetual)

    def why(hedge: int) -> str:
        leg = unknown_leg(hedge)
        if unplaced := _unplaced(book, leg):
            return unplaced
        positions, first = _leg_of_positions(book)
        return missing(FirstUnknown(positions, by_row)(int(first[leg])))

    return why


def _unplaced(book: Book, leg: int) -> str:
    """Says that a leg is in no market of the snapshot; empty when it is in one."""
    legs = book.layout.legs
    name, owner = legs.legs[leg].name, legs.legs[leg].account
    if legs.account[leg] < 0:
        return f"account {owner} of leg {name} is not configured"
    return f"{name} of {owner} is not in the snapshot" if legs.instrument[leg] < 0 else ""


_NEEDS = frozenset({Surface.POSITIONS, Surface.BALANCES})
SPECS = (
    MeasureSpec(
        name="leg_liquidation_distance",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.HEDGE}),
        parameters=(),
        meaning="How far the price of any perpetual leg may move before that leg is liquidated and the hedge is none.",
        formula="min over the positions of the perpetual legs of liquidation_distance; a leg that holds nothing has none.",
        source="Delta-neutral is not margin-neutral: each leg keeps at least 20 % on carry desks.",
        unknown_when="liquidation_distance of a leg is unknown, or its account or contract is not in the snapshot.",
        infinite_when="no move liquidates a leg, or no leg is a perpetual that is held",
        remedy=Remedy.NONE,
        needs=_NEEDS,
        counts=Counts.WHOLE_ACCOUNT,
        function=leg_liquidation_distance,
    ),
    MeasureSpec(
        name="leg_adl_rank",
        unit=Unit.COUNT,
        low=0.0,
        high=4.0,
        grains=frozenset({Grain.HEDGE}),
        parameters=(),
        meaning="Highest place of any leg in the venue's auto-deleveraging queue: 4 goes first, and the winning leg is in front.",
        formula="max over the positions of the perpetual legs of adl_rank; 0 where nothing is held.",
        source=(
            "Venues deleverage profit, not leverage, and so the winning leg of a hedge: on 2025-10-10 three of four users whom "
            "Hyperliquid deleveraged had a leverage below 1x."
        ),
        unknown_when="The venue states no rank of a leg that is held, or a leg is not in the snapshot.",
        infinite_when="",
        remedy=Remedy.NONE,
        needs=frozenset({Surface.POSITIONS}),
        counts=Counts.WHOLE_ACCOUNT,
        function=leg_adl_rank,
    ),
    MeasureSpec(
        name="leg_margin_imbalance",
        unit=Unit.MULTIPLE,
        low=1.0,
        grains=frozenset({Grain.HEDGE}),
        parameters=(),
        meaning="How unevenly margin lies behind the legs: 2x means that one account works with twice the leverage of another.",
        formula=(
            "max / min of Σ|q·M| / E over the accounts of the perpetual legs, those that hold nothing left out. 1 where "
            "fewer than two are left: legs in one account share its margin."
        ),
        source="Usual practice of desks with legs at several venues: at most 2:1, else move money to the thinner one.",
        unknown_when="Equity of such an account, or the quantity or mark of one of its positions, is unknown.",
        infinite_when="one of them holds exposure with equity of zero or less",
        remedy=Remedy.NONE,
        needs=_NEEDS,
        counts=Counts.WHOLE_ACCOUNT,
        function=leg_margin_imbalance,
    ),
)
