"""Equity in buckets of a minute, as it would have been without the deposits and withdrawals since."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence

from riskd.model.arrays import FloatArray, floats

BUCKET_SECONDS = 60.0


class Buckets:
    """First and highest adjusted equity of every minute in which there was an observation, oldest first."""

    def __init__(self) -> None:
        self._at, self._highest, self._first = array("d"), array("d"), array("d")

    def __len__(self) -> int:
        return len(self._at)

    @property
    def columns(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Beginnings, highest and first."""
        return floats(self._at), floats(self._highest), floats(self._first)

    def add(self, at: float, adjusted: float) -> None:
        """One observation, not older than the last."""
        start = at - at % BUCKET_SECONDS
        if self._at and self._at[-1] == start:
            self._highest[-1] = max(self._highest[-1], adjusted)
            return
        self._at.append(start)
        self._highest.append(adjusted)
        self._first.append(adjusted)

    def span(self, at: float) -> tuple[float, float]:
        """The minute in which a moment lies."""
        start = at - at % BUCKET_SECONDS
        return start, start + BUCKET_SECONDS

    def restate(self, at: float, amount: float, inside: Sequence[float]) -> None:
        """Take an amount that came at a moment out of everything since.

        Args:
            at: The moment.
            amount: What came, + in, - out.
            inside: The adjusted observations of the minute in which the moment lies, some from before it and some from
                after; that bucket is made anew from them. Without any it cannot be, and is dropped: a minute that mixes the
                two would show a peak that never was.
        """
        start, _ = self.span(at)
        later = bisect_right(self._at, start)
        for row in range(later, len(self._at)):
            self._highest[row] -= amount
            self._first[row] -= amount
        if later == 0 or self._at[later - 1] != start:
            return
        if inside:
            self._first[later - 1], self._highest[later - 1] = inside[0], max(inside)
        else:
            self._drop(later - 1, later)

    def forget_before(self, at: float) -> None:
        """Drop what began before a moment."""
        if self._at and self._at[0] < at:
            self._drop(0, bisect_right(self._at, at))

    def _drop(self, first: int, end: int) -> None:
        for column in (self._at, self._highest, self._first):
            del column[first:end]
