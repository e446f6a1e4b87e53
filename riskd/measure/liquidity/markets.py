"""What is known of the market of each instrument: its volume, its open interest, its order book, and how old they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray, index
from riskd.measure.book.tables import Tables
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.liquidity import LiquidityColumns

# In a crash a book loses nine tenths of its depth within minutes; a day's volume hardly changes in half an hour.
BOOK_WITHIN_SECONDS = 300.0
TURNOVER_WITHIN_SECONDS = 1800.0
# A wall clock that was set back makes what was read look as if it came from the future.
AHEAD_SECONDS_MAX = 1.0

BIDS, ASKS = 0, 1
"""Sides of a book: a close of a long sells into the bids, that of a short buys from the asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Markets:
    """One row for each instrument of the book; the levels of all order books in one row after another.

    Attributes:
        volume: Of the last 24 hours, quote currency; NaN: not known, too old, or none.
        open_interest: Base units; likewise.
        begin: First level of each side, ``(instruments, 2)``.
        end: Level after the last one; equal to ``begin`` where no book is known or it is too old.
        price: Of each level, best first on each side.
        filled: Base units of a level and of all before it on its side.
        paid: Quote currency for them.
        row: Row of each instrument in ``columns``, taken one after another; -1: in none.
        columns: Where all of this comes from.
    """

    volume: FloatArray
    open_interest: FloatArray
    begin: IndexArray
    end: IndexArray
    price: FloatArray
    filled: FloatArray
    paid: FloatArray
    row: IndexArray
    columns: tuple[LiquidityColumns, ...]

    def best(self, side: int) -> FloatArray:
        """Best price on one side of the book of each instrument; NaN where no book is known."""
        begin, known = self.begin[:, side], self.end[:, side] > self.begin[:, side]
        return np.where(known, np.append(self.price, np.nan)[begin], np.nan)

    @property
    def mid(self) -> FloatArray:
        """Middle between the best bid and the best ask of each instrument."""
        return (self.best(BIDS) + self.best(ASKS)) / 2.0

    def origin(self, instrument: int) -> tuple[LiquidityColumns, int] | None:
        """The columns that an instrument is in, and its row there; None when it is in none."""
        row = int(self.row[instrument])
        if row < 0:
            return None
        for columns in self.columns:
            if row < len(columns.symbol):
                return columns, row
            row -= len(columns.symbol)
        raise AssertionError(f"instrument {instrument} has row {row} beyond all columns")


def markets(book: Book) -> Markets:
    """The markets of all instruments of a book. Taken through ``book.once``."""
    tables = book.tables
    columns = tuple({id(history.liquidity): history.liquidity for history in tables.histories}.values())
    rows = _rows(tables, columns)
    now = tables.now[tables.instrument_part]

    def column(of: Callable[[LiquidityColumns], FloatArray]) -> FloatArray:
        return np.concatenate([*map(of, columns), [np.nan]])[rows]

    volume, interest = column(lambda part: part.quote_volume), column(lambda part: part.open_interest)
    is_current = is_young(now - column(lambda part: part.turnover_at), TURNOVER_WITHIN_SECONDS)
    is_book = is_young(now - column(lambda part: part.book_at), BOOK_WITHIN_SECONDS)
    begin, end = (ends[rows] for ends in _ends(columns))
    return Markets(
        volume=np.where(is_current & (volume > 0.0), volume, np.nan),
        open_interest=np.where(is_current & (interest > 0.0), interest, np.nan),
        begin=begin,
        end=np.where(is_book[:, None], end, begin),
        price=_in_a_row([part.price for part in columns]),
        filled=_in_a_row([part.filled for part in columns]),
        paid=_in_a_row([part.paid for part in columns]),
        row=rows,
        columns=columns,
    )


def is_young(age: FloatArray, within_seconds: float) -> BoolArray:
    """Whether what is of such an age counts; an unknown age does not."""
    young: BoolArray = (age <= within_seconds) & (age >= -AHEAD_SECONDS_MAX)
    return young


def missing_volume(book: Book, instrument: int) -> str:
    """Names what keeps the volume of an instrument from being known."""
    return _missing_turnover(book, instrument, "24 h volume")


def missing_interest(book: Book, instrument: int) -> str:
    """Names what keeps the open interest of an instrument from being known."""
    return _missing_turnover(book, instrument, "open interest")


def missing_book(book: Book, instrument: int) -> str:
    """Names what keeps the order book of an instrument from being known; empty when it is known."""
    origin = book.once(markets).origin(instrument)
    what = f"order book of {book.tables.instruments[instrument].symbol}"
    if origin is None:
        return f"{what}: never read"
    columns, row = origin
    age = _now(book, instrument) - float(columns.book_at[row])
    return complaint(what, age, BOOK_WITHIN_SECONDS, columns.book_trouble[row])


def complaint(what: str, age: float, within_seconds: float, trouble: str) -> str:
    """Why something of such an age does not count, and the trouble behind it; empty when it counts."""
    behind = f"; the newest attempt failed: {trouble}" if trouble else ""
    if np.isnan(age):
        return f"{what}: never read{behind}"
    if age < -AHEAD_SECONDS_MAX:
        return f"{what}: {-age:.0f} s ahead, the clock was set back"
    return (
        f"{what}: {age:.0f} s old, {within_seconds:.0f} s are allowed{behind}" if age > within_seconds else ""
    )


def _missing_turnover(book: Book, instrument: int, name: str) -> str:
    origin = book.once(markets).origin(instrument)
    what = f"{name} of {book.tables.instruments[instrument].symbol}"
    if origin is None:
        return f"{what}: never read"
    columns, row = origin
    age = _now(book, instrument) - float(columns.turnover_at[row])
    late = complaint(what, age, TURNOVER_WITHIN_SECONDS, columns.turnover_trouble[row])
    return late or f"{what}: none, or the venue counts anew"


def _now(book: Book, instrument: int) -> float:
    return float(book.tables.now[book.tables.instrument_part[instrument]])


def _rows(tables: Tables, columns: Sequence[LiquidityColumns]) -> IndexArray:
    """Row of each instrument; snapshots that share their instruments and their history share the look-up."""
    start, starts = 0, {}
    for part in columns:
        starts[id(part)] = start
        start += len(part.symbol)
    places = {
        id(part): {
            key: row for row, key in enumerate(zip(part.venue, part.symbol, strict=True), starts[id(part)])
        }
        for part in columns
    }
    found: dict[tuple[int, int], IndexArray] = {}
    rows = []
    for snapshot, history in zip(tables.snapshots, tables.histories, strict=True):
        key = (id(snapshot.instruments), id(history.liquidity))
        if key not in found:
            known = places[id(history.liquidity)]
            found[key] = index([known.get((row.venue, row.symbol), -1) for row in snapshot.instruments])
        rows.append(found[key])
    return np.concatenate(rows)


def _ends(columns: Sequence[LiquidityColumns]) -> tuple[IndexArray, IndexArray]:
    """First level and level after the last of each side of each row; none for a last row, which -1 stands for."""
    begins, ends, before = [], [], 0
    for part in columns:
        edges = index(part.begins) + before
        begins.append(edges[:-1].reshape(-1, 2))
        ends.append(edges[1:].reshape(-1, 2))
        before += len(part.price)
    nothing = np.zeros((1, 2), dtype=np.intp)
    return np.concatenate([*begins, nothing]), np.concatenate([*ends, nothing])


def _in_a_row(columns: Sequence[FloatArray]) -> FloatArray:
    return columns[0] if len(columns) == 1 else np.concatenate(columns)
