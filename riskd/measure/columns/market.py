"""Columns about instruments, hedges and grids."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups
from riskd.measure.book.missing import FirstUnknown
from riskd.measure.columns.column import ColumnSpec
from riskd.measure.columns.dimension import MONEY, PRICE, QUANTITY, Dimension, of_unit
from riskd.measure.spec import Counts, Selection, Unit, Values
from riskd.measure.strategy.gridstate import GridState, grid_state
from riskd.measure.strategy.hedge import leg_price, leg_quantity
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.report import Surface
from riskd.model.snapshot import InstrumentColumns
from riskd.model.subject import Grain

_SECONDS_AN_HOUR = 3_600.0
_MARKS = frozenset({Surface.MARKS})
_FUNDING = frozenset({Surface.MARKS, Surface.FUNDING_INTERVALS})
_LEGS = frozenset({Surface.POSITIONS, Surface.MARKS, Surface.SPOT_BALANCES})
_GRID = frozenset({Surface.POSITIONS, Surface.ORDERS, Surface.MARKS})


def distrusted_instruments(book: Book, needs: frozenset[Surface]) -> Sequence[str]:
    """For each instrument, which surface of an account of its venue is not OK; empty where all of them are.

    An instrument hangs on no account, but what is known of it came through the accounts of its venue.
    """
    tables = book.tables
    ok = book.trust.all_ok(needs)
    complaints: dict[tuple[int, str], str] = {}
    for account, (part, profile) in enumerate(
        zip(tables.account_part.tolist(), tables.profiles, strict=True)
    ):
        said = "" if ok[account] else book.trust.complaint(account, needs)
        complaints[part, profile.venue] = complaints.get((part, profile.venue), "") or said
    return [
        complaints.get((part, row.venue), f"no account at {row.venue}")
        for part, row in zip(tables.instrument_part.tolist(), tables.instruments, strict=True)
    ]


# ---- instruments ---------------------------------------------------------------------------------------------------


def _of_instrument(
    name: str,
    dimension: Dimension,
    meaning: str,
    source: str,
    needs: frozenset[Surface],
    read: Callable[[InstrumentColumns], FloatArray],
) -> ColumnSpec:
    def function(book: Book, _grain: Grain, _selection: Selection) -> Values:
        instruments = book.tables.instruments
        return Values(
            read(book.tables.quotes), lambda row: f"{name.replace('_', ' ')} of {instruments[row].symbol}"
        )

    return ColumnSpec(
        name=name,
        grain=Grain.INSTRUMENT,
        dimension=dimension,
        meaning=meaning,
        source=source,
        unknown_when="the venue states none",
        needs=needs,
        counts=Counts.WHOLE_ACCOUNT,
        function=function,
    )


_STATED = "as the venue states it"
INSTRUMENT_COLUMNS = (
    _of_instrument("mark_price", PRICE, "mark price", _STATED, _MARKS, lambda quotes: quotes.mark_price),
    _of_instrument("index_price", PRICE, "index price", _STATED, _MARKS, lambda quotes: quotes.index_price),
    _of_instrument(
        "last_price", PRICE, "price of the last trade", _STATED, _MARKS, lambda quotes: quotes.last_price
    ),
    _of_instrument(
        "funding_rate",
        of_unit(Unit.RATE),
        "funding that longs pay (+) or receive (-)",
        "f / τ; τ: the venue's interval",
        _FUNDING,
        lambda quotes: quotes.funding_rate / quotes.funding_interval_hours,
    ),
    _of_instrument(
        "funding_interval",
        of_unit(Unit.DURATION),
        "time between settlements",
        _STATED,
        _FUNDING,
        lambda quotes: quotes.funding_interval_hours * _SECONDS_AN_HOUR,
    ),
)


# ---- hedges --------------------------------------------------------------------------------------------------------


def _of_hedge(name: str, meaning: str, source: str, counted: Callable[[Book], BoolArray]) -> ColumnSpec:
    def function(book: Book, grain: Grain, _selection: Selection) -> Values:
        legs = book.layout.legs
        quantity = book.once(leg_quantity)
        worth = np.where(quantity == 0.0, 0.0, quantity * book.once(leg_price))
        groups, chosen = Groups(legs.hedge, book.universe(grain).size), counted(book)
        unknown_leg = FirstUnknown(groups, worth, chosen)

        def why(hedge: int) -> str:
            leg = legs.legs[unknown_leg(hedge)]
            return f"quantity or price of {leg.name} in {leg.account}"

        return Values(groups.total(worth, chosen), why)

    return ColumnSpec(
        name=name,
        grain=Grain.HEDGE,
        dimension=MONEY,
        meaning=meaning,
        source=source,
        unknown_when="quantity or price of such a leg is unknown",
        needs=_LEGS,
        counts=Counts.WHOLE_ACCOUNT,
        function=function,
    )


HEDGE_COLUMNS = (
    _of_hedge(
        "hedged",
        "worth of the first leg, signed",
        "q·M, or spot·index",
        lambda book: book.layout.legs.primary,
    ),
    _of_hedge(
        "hedging", "worth of the other legs, signed", "Σ q·M, or spot·index", lambda b: ~b.layout.legs.primary
    ),
)


# ---- grids ---------------------------------------------------------------------------------------------------------


def _of_grid(
    name: str,
    dimension: Dimension,
    meaning: str,
    source: str,
    unknown_when: str,
    read: Callable[[Book, GridState], FloatArray],
) -> ColumnSpec:
    def function(book: Book, _grain: Grain, _selection: Selection) -> Values:
        grids = book.tables.grids
        values = read(book, book.once(grid_state))
        return Values(values, lambda row: f"{name.replace('_', ' ')} of grid {grids[row].id}: {unknown_when}")

    return ColumnSpec(
        name=name,
        grain=Grain.GRID,
        dimension=dimension,
        meaning=meaning,
        source=source,
        unknown_when=unknown_when,
        needs=_GRID,
        counts=Counts.WHOLE_ACCOUNT,
        function=function,
    )


def _held(values: Callable[[Book], FloatArray]) -> Callable[[Book, GridState], FloatArray]:
    def read(book: Book, state: GridState) -> FloatArray:
        known = (state.account >= 0) & (state.instrument >= 0)
        return np.where(known, state.positions.total(values(book))[state.first], np.nan)

    return read


_UNHELD = "its account or symbol is not there, or a quantity or mark is unknown"
GRID_COLUMNS = (
    _of_grid(
        "mark_price", PRICE, "mark price", _STATED, "the venue states none", lambda _, state: state.mark
    ),
    _of_grid(
        "lower",
        PRICE,
        "lower bound",
        "as configured, else the lowest resting limit price",
        "nothing is configured and nothing rests",
        lambda _, state: state.lower,
    ),
    _of_grid(
        "upper",
        PRICE,
        "upper bound",
        "as configured, else the highest resting limit price",
        "nothing is configured and nothing rests",
        lambda _, state: state.upper,
    ),
    _of_grid(
        "quantity",
        QUANTITY,
        "base units held, signed",
        "Σ q of its symbol",
        _UNHELD,
        _held(lambda book: book.tables.positions.quantity),
    ),
    _of_grid(
        "net",
        MONEY,
        "worth held, signed",
        "Σ q·M of its symbol",
        _UNHELD,
        _held(lambda b: b.tables.positions.notional),
    ),
    _of_grid(
        "gross", MONEY, "worth held, without sign", "Σ|q·M| of its symbol", _UNHELD, _held(lambda b: b.gross)
    ),
)
