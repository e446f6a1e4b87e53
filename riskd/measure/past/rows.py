"""Rows of the history that fall into a window before each snapshot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups, IndexArray, index
from riskd.model.arrays import BoolArray, FloatArray, IntArray
from riskd.model.history import History

D = TypeVar("D", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Rows of the window, of all snapshots of a book in order.

    Attributes:
        account: Account of each row.
        at: Seconds since the epoch.
        places: For each snapshot, the rows of its history that were taken.
        known_since: For each account, from when on nothing is missing; NaN: never read.
    """

    account: IndexArray
    at: FloatArray
    places: tuple[IndexArray, ...]
    known_since: FloatArray

    def column(self, columns: tuple[npt.NDArray[D], ...]) -> npt.NDArray[D]:
        """A further column of the rows, given whole for each snapshot."""
        return np.concatenate([values[rows] for values, rows in zip(columns, self.places, strict=True)])

    def texts(self, columns: tuple[tuple[str, ...], ...]) -> list[str]:
        """A further column of texts of the rows, given whole for each snapshot."""
        pairs = zip(columns, self.places, strict=True)
        return [texts[row] for texts, rows in pairs for row in rows.tolist()]


def past_orders(book: Book, window: float) -> Past:
    """Orders placed in the last ``window`` seconds."""

    def rows(history: History) -> _Rows:
        placed = history.activity
        return _Rows(placed.account, placed.placed_at, placed.complete_since)

    return _past(book, window, rows)


def past_funding(book: Book, window: float) -> Past:
    """Funding of the last ``window`` seconds."""

    def rows(history: History) -> _Rows:
        settled = history.funding
        return _Rows(settled.account, settled.at, settled.complete_since)

    return _past(book, window, rows)


def past_bookings(book: Book, window: float) -> Past:
    """Bookings of the last ``window`` seconds."""

    def rows(history: History) -> _Rows:
        booked = history.bookings
        return _Rows(booked.account[booked.line], booked.at, booked.complete_since)

    return _past(book, window, rows)


def too_short(known_since: float, needed_since: float, what: str, account: str) -> str:
    """Says that a history does not reach back far enough."""
    if np.isnan(known_since):
        return f"{what} of {account}: never read"
    reaches, begins = (datetime.fromtimestamp(at, UTC).isoformat() for at in (known_since, needed_since))
    return f"{what} of {account}: complete since {reaches} only, needed since {begins}"


def strategy_subjects(book: Book, past: Past, texts: list[str]) -> IndexArray:
    """The (account, strategy) subject of each row by its strategy's name; -1 for one that is not a subject."""
    known = strategy_numbers(book)
    return index([known.get(key, -1) for key in zip(past.account.tolist(), texts, strict=True)])


def strategy_numbers(book: Book) -> Mapping[tuple[int, str], int]:
    """The (account, strategy) subjects by their account and name."""
    account, names = book.layout.strategy_groups
    keys = zip(account.tolist(), names.codes.tolist(), strict=True)
    return {(owner, names.names[name]): number for number, (owner, name) in enumerate(keys)}


def last_run(groups: Groups, flagged: BoolArray) -> tuple[FloatArray, IndexArray]:
    """For each group how many of its last rows are flagged, and the row before them; -1: there is none.

    Args:
        groups: Groups of rows; those of a group stand together, in the order that counts.
        flagged: By row.
    """
    number = np.arange(len(flagged), dtype=np.float64)
    first, last = groups.lowest(number), groups.highest(number)
    before = groups.highest(np.where(flagged, -np.inf, number))
    run = np.where(np.isfinite(last), last - np.maximum(before, first - 1.0), 0.0)
    return run, index(np.where(np.isfinite(before), before, -1.0))


def joined(targets: IndexArray, sources: IndexArray) -> tuple[IndexArray, IndexArray]:
    """All (target row, source row) pairs with equal keys, in order of the source rows."""
    order = np.argsort(targets, kind="stable")
    ranked = targets[order]
    first = np.searchsorted(ranked, sources, side="left")
    count = np.searchsorted(ranked, sources, side="right") - first
    source = np.repeat(np.arange(len(sources), dtype=np.intp), count)
    within = np.arange(len(source), dtype=np.intp) - np.repeat(np.cumsum(count) - count, count)
    return index(order[first[source] + within]), source


@dataclass(frozen=True, slots=True)
class _Rows:
    """Account and moment of each row of a table of the history; for each account from when on nothing is missing."""

    account: IntArray
    at: FloatArray
    complete_since: FloatArray


def _past(book: Book, window: float, rows_of: Callable[[History], _Rows]) -> Past:
    accounts, moments, places, known = [], [], [], []
    starts = book.tables.account_starts()
    parts = zip(book.tables.now.tolist(), starts, book.tables.histories, strict=True)
    for now, start, history in parts:
        rows = rows_of(history)
        inside = index(np.flatnonzero((rows.at > now - window) & (rows.at <= now)))
        accounts.append(index(rows.account)[inside] + start)
        moments.append(rows.at[inside])
        places.append(inside)
        # A table that nobody keeps knows of no account.
        nobody = np.full(len(history.equity), np.nan)
        known.append(rows.complete_since if len(rows.complete_since) else nobody)
    return Past(
        account=np.concatenate(accounts),
        at=np.concatenate(moments),
        places=tuple(places),
        known_since=np.concatenate(known),
    )
