"""Rows of the history that fall into a window before each snapshot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from riskd.measure.book import Book
from riskd.measure.groups import IndexArray, index
from riskd.model.arrays import FloatArray
from riskd.model.history import ActivityColumns, History, IncomeColumns


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

    def column(self, columns: tuple[FloatArray, ...]) -> FloatArray:
        """A further column of the rows, given whole for each snapshot."""
        return np.concatenate([values[rows] for values, rows in zip(columns, self.places, strict=True)])

    def texts(self, columns: tuple[tuple[str, ...], ...]) -> list[str]:
        """A further column of texts of the rows, given whole for each snapshot."""
        pairs = zip(columns, self.places, strict=True)
        return [texts[row] for texts, rows in pairs for row in rows.tolist()]


def past_orders(book: Book, window: float) -> Past:
    """Orders placed in the last ``window`` seconds."""
    return _past(book, window, lambda history: (history.activity, history.activity.placed_at))


def past_funding(book: Book, window: float) -> Past:
    """Funding of the last ``window`` seconds."""
    return _past(book, window, lambda history: (history.funding, history.funding.at))


def too_short(known_since: float, needed_since: float, what: str, account: str) -> str:
    """Says that a history does not reach back far enough."""
    if np.isnan(known_since):
        return f"{what} of {account}: never read"
    reaches, begins = (datetime.fromtimestamp(at, UTC).isoformat() for at in (known_since, needed_since))
    return f"{what} of {account}: complete since {reaches} only, needed since {begins}"


def strategy_subjects(book: Book, past: Past, texts: list[str]) -> IndexArray:
    """The (account, strategy) subject of each row by its strategy's name; -1 for one that is not a subject."""
    account, names = book.layout.strategy_groups
    keys = zip(account.tolist(), names.codes.tolist(), strict=True)
    known = {(owner, names.names[name]): number for number, (owner, name) in enumerate(keys)}
    return index([known.get(key, -1) for key in zip(past.account.tolist(), texts, strict=True)])


def joined(targets: IndexArray, sources: IndexArray) -> tuple[IndexArray, IndexArray]:
    """All (target row, source row) pairs with equal keys, in order of the source rows."""
    order = np.argsort(targets, kind="stable")
    ranked = targets[order]
    first = np.searchsorted(ranked, sources, side="left")
    count = np.searchsorted(ranked, sources, side="right") - first
    source = np.repeat(np.arange(len(sources), dtype=np.intp), count)
    within = np.arange(len(source), dtype=np.intp) - np.repeat(np.cumsum(count) - count, count)
    return index(order[first[source] + within]), source


def _past(
    book: Book,
    window: float,
    columns: Callable[[History], tuple[IncomeColumns | ActivityColumns, FloatArray]],
) -> Past:
    accounts, moments, places, known = [], [], [], []
    starts = book.tables.account_starts()
    for now, start, history in zip(book.tables.now.tolist(), starts, book.tables.histories, strict=True):
        rows, at = columns(history)
        inside = index(np.flatnonzero((at > now - window) & (at <= now)))
        accounts.append(index(rows.account)[inside] + start)
        moments.append(at[inside])
        places.append(inside)
        known.append(rows.complete_since)
    return Past(
        account=np.concatenate(accounts),
        at=np.concatenate(moments),
        places=tuple(places),
        known_since=np.concatenate(known),
    )
