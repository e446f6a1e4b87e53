"""Bookings of a window as the measures read them: whose they are, whether all are there, and which belong together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups, IndexArray, index
from riskd.measure.book.missing import FirstUnknown, account_name
from riskd.measure.past.rows import past_bookings, strategy_numbers, too_short
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.history import BookingColumns
from riskd.model.subject import Grain

CLOSE_TOGETHER_SECONDS = 5.0
"""A market order fills within milliseconds, in as many pieces as the book is deep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """Fills and settlements of the subjects of a grain, one row each.

    Attributes:
        groups: Subject of each row.
        line: Account and contract of each row, one number for both.
        at: Seconds since the epoch.
        realized: Profit + or loss - of what a fill closed, before its fee; NaN unknown.
        fee: Paid +.
        funding: Received +.
        closes: True for a fill that closed something.
        since: For each subject, where the window begins.
        known_since: For each subject, from when on nothing is missing; NaN: never read.
    """

    book: Book
    grain: Grain
    groups: Groups
    line: IndexArray
    at: FloatArray
    realized: FloatArray
    fee: FloatArray
    funding: FloatArray
    closes: BoolArray
    since: FloatArray
    known_since: FloatArray

    @property
    def net(self) -> FloatArray:
        """What each row brought."""
        return self.realized - self.fee + self.funding

    @property
    def is_whole(self) -> BoolArray:
        """True for each subject of whose window nothing is missing."""
        whole: BoolArray = self.known_since <= self.since
        return whole

    def missing(self, subject: int) -> str:
        """Names what is not known of the bookings of a subject; empty when all is."""
        if not self.is_whole[subject]:
            account = int(self.book.universe(self.grain).account[subject])
            name = account_name(self.book, account)
            return too_short(float(self.known_since[subject]), float(self.since[subject]), "bookings", name)
        row = FirstUnknown(self.groups, self.net)(subject)
        return self.unpriced(row) if row >= 0 else ""

    def unpriced(self, row: int) -> str:
        """Says that a row was booked in a coin whose price is not known."""
        symbols = [symbol for table in _tables(self.book) for symbol in table.symbol]
        return f"result or fee of {symbols[int(self.line[row])]}, booked in a coin without a price"


def booked(book: Book, grain: Grain, window: float) -> Booked:
    """The bookings of the last ``window`` seconds, per account or per strategy."""
    past, tables, universe = past_bookings(book, window), _tables(book), book.universe(grain)
    starts = np.cumsum([0, *(len(table.account) for table in tables)])[:-1].tolist()
    line = index(past.column(tuple(t.line + start for t, start in zip(tables, starts, strict=True))))
    subject = _subjects_of_lines(book, grain)[line]
    return Booked(
        book=book,
        grain=grain,
        groups=Groups(index(np.where(subject < 0, universe.size, subject)), universe.size),
        line=line,
        at=past.at,
        realized=past.column(tuple(table.realized for table in tables)),
        fee=past.column(tuple(table.fee for table in tables)),
        funding=past.column(tuple(table.funding for table in tables)),
        closes=past.column(tuple(table.closes for table in tables)),
        since=book.tables.now[universe.part] - window,
        known_since=past.known_since[universe.account],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Closes:
    """Closes of positions, in part or in whole, one row each; those of a subject stand together, oldest first.

    Attributes:
        groups: Subject of each.
        result: Profit + or loss -, its own fees taken off; NaN unknown.
        first: Row of its first fill.
    """

    groups: Groups
    result: FloatArray
    first: IndexArray


def closes_of(rows: Booked, together: float) -> Closes:
    """Fills that closed something, those of one contract that follow each other within ``together`` seconds as one.

    What lies before the moment from which on nothing is missing is left out.
    """
    subject = rows.groups.of
    chosen = np.flatnonzero(rows.closes & (rows.at >= rows.groups.named(rows.known_since)))
    fill = chosen[np.lexsort((rows.at[chosen], rows.line[chosen], subject[chosen]))]
    line, at = rows.line[fill], rows.at[fill]
    begins = np.ones(len(fill), dtype=np.bool_)
    begins[1:] = (
        (line[1:] != line[:-1]) | (subject[fill][1:] != subject[fill][:-1]) | (np.diff(at) > together)
    )
    first = np.flatnonzero(begins)
    pieces = Groups(index(np.cumsum(begins) - 1), len(first))
    result = pieces.total((rows.realized - rows.fee)[fill])
    ended = pieces.highest(at)
    order = np.lexsort((line[first], ended, subject[fill][first]))
    return Closes(
        groups=Groups(subject[fill][first][order], rows.groups.size),
        result=result[order],
        first=fill[first[order]],
    )


def _tables(book: Book) -> list[BookingColumns]:
    return [history.bookings for history in book.tables.histories]


def _subjects_of_lines(book: Book, grain: Grain) -> IndexArray:
    """Subject of each line of all snapshots; -1 for a strategy that nobody declared."""
    starts, tables = book.tables.account_starts(), _tables(book)
    account = np.concatenate([index(t.account) + start for t, start in zip(tables, starts, strict=True)])
    if grain is Grain.ACCOUNT:
        return account
    names = [name for table in tables for name in table.strategy]
    known = strategy_numbers(book)
    return index([known.get(key, -1) for key in zip(account.tolist(), names, strict=True)])
