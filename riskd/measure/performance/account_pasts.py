"""A number of each account's past: short series are looked through together, long ones one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray, index
from riskd.model.arrays import BoolArray, FloatArray, floats
from riskd.model.history import EquitySeries

# Joining copies every bucket, and a look at one series takes as long as copying about a thousand of them.
_SHORT = 500


@dataclass(frozen=True, slots=True)
class Pick:
    """One number out of a window of a series.

    Attributes:
        column: The column it is picked from.
        of_one: Picks it from one window that is not empty.
        of_each: Picks it from many that are not empty; windows follow one another, and each begins at one of the places given.
    """

    column: Callable[[EquitySeries], FloatArray]
    of_one: Callable[[FloatArray], float]
    of_each: Callable[[FloatArray, IndexArray], FloatArray]


HIGHEST = Pick(
    column=lambda series: series.highest,
    of_one=lambda window: float(np.fmax.reduce(window)),
    of_each=lambda windows, begins: floats(np.fmax.reduceat(windows, begins)),
)
FIRST = Pick(
    column=lambda series: series.first,
    of_one=lambda window: float(window[0]),
    of_each=lambda windows, begins: windows[begins],
)


def all_series(book: Book) -> tuple[EquitySeries | None, ...]:
    """The series of each account. Taken through ``book.once``."""
    return tuple(chain.from_iterable(history.equity for history in book.tables.histories))


def window_of(series: EquitySeries, since: float, now: float) -> slice:
    """The buckets that began in the window. What began after now is left out: a replay does not see the future."""
    return slice(int(series.at.searchsorted(since)), int(series.at.searchsorted(now, side="right")))


def picked(book: Book, since: FloatArray, pick: Pick) -> FloatArray:
    """The number of each account, on today's capital; NaN where nothing of its window is known, or it is in doubt.

    Args:
        book: Whose past.
        since: From when on the past of each account is looked at.
        pick: What is looked for.
    """
    usable, found = book.once(_usable), np.full(len(since), np.nan)
    if not usable.series:
        return found
    short = usable.buckets.sum() <= _SHORT * len(usable.series)
    begins = since[usable.account]
    of_window = (
        _together(usable, book.once(_joined), begins, pick) if short else _one_by_one(usable, begins, pick)
    )
    found[usable.account] = of_window + usable.net_deposits
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Usable:
    """The series that today's equity can be compared with."""

    account: IndexArray
    now: FloatArray
    series: tuple[EquitySeries, ...]
    buckets: IndexArray
    net_deposits: FloatArray


def _usable(book: Book) -> _Usable:
    series = book.once(all_series)
    chosen = [code for code, one in enumerate(series) if one is not None and not one.doubt and len(one.at)]
    kept = tuple(one for code in chosen if (one := series[code]) is not None)
    return _Usable(
        account=index(chosen),
        now=book.now_of_account[index(chosen)],
        series=kept,
        buckets=index([len(one.at) for one in kept]),
        net_deposits=floats([one.net_deposits for one in kept]),
    )


def _one_by_one(usable: _Usable, since: FloatArray, pick: Pick) -> FloatArray:
    looks = zip(usable.series, since.tolist(), usable.now.tolist(), strict=True)
    windows = (pick.column(one)[window_of(one, begin, end)] for one, begin, end in looks)
    return floats([pick.of_one(window) if len(window) else np.nan for window in windows])


@dataclass(frozen=True, slots=True)
class _Joined:
    """The buckets of all usable series, one series after another.

    Attributes:
        at: When each began.
        begun: Whether it has.
        ends: Place behind the last bucket of each series.
    """

    at: FloatArray
    begun: BoolArray
    ends: IndexArray


def _joined(book: Book) -> _Joined:
    usable = book.once(_usable)
    at = np.concatenate([one.at for one in usable.series])
    return _Joined(at, at <= np.repeat(usable.now, usable.buckets), index(np.cumsum(usable.buckets)))


def _together(usable: _Usable, joined: _Joined, since: FloatArray, pick: Pick) -> FloatArray:
    inside = np.flatnonzero(joined.begun & (joined.at >= np.repeat(since, usable.buckets)))
    begin, end = inside.searchsorted(joined.ends - usable.buckets), inside.searchsorted(joined.ends)
    seen = begin < end
    found = np.full(len(seen), np.nan)
    if seen.any():
        column = np.concatenate([pick.column(one) for one in usable.series])
        found[seen] = pick.of_each(column[inside], index(begin[seen]))
    return found
