"""Which results can be believed, and the reason for each that cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.spec import MeasureSpec, Values
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.subject import Grain


def checked(book: Book, spec: MeasureSpec, grain: Grain, values: Values) -> tuple[FloatArray, Sequence[str]]:
    """The values, NaN where they cannot be believed, and for each subject why; empty where it is known.

    A value is refused when a surface that the measure needs is not OK for an account the subject hangs on, when it is
    NaN, and when it is infinite without the catalogue saying that it may be. -inf never means anything.
    """
    numbers, trusted = values.values, book.trusted(spec.needs, grain)
    if trusted is None and _all_sound(spec, numbers):
        return numbers, Reasons(len(numbers))
    absurd = np.isneginf(numbers) if spec.infinite_when else np.isinf(numbers)
    refused = np.isnan(numbers) | absurd
    if trusted is not None:
        refused |= ~trusted
    words = _Words(book, spec, grain, values, trusted)
    return np.where(refused, np.nan, numbers), Reasons(len(numbers), refused, words)


def _all_sound(spec: MeasureSpec, numbers: FloatArray) -> bool:
    """True where no value is NaN, -inf, or infinite when it may not be. One look at the healthy book: the usual case."""
    if spec.infinite_when:
        return bool(numbers.min(initial=0.0) > -np.inf)  # NaN is the least of all, and greater than nothing
    return bool(np.isfinite(numbers).all())


class _Words:
    """Puts the reason of a refused subject into words."""

    __slots__ = ("_book", "_grain", "_spec", "_trusted", "_values")

    def __init__(
        self, book: Book, spec: MeasureSpec, grain: Grain, values: Values, trusted: BoolArray | None
    ) -> None:
        self._book, self._spec, self._grain, self._values = book, spec, grain, values
        self._trusted = trusted

    def of(self, subject: int) -> str:
        if self._trusted is not None and not self._trusted[subject]:
            return self._complaint(subject)
        if np.isinf(self._values.values[subject]):
            return "the result is infinite: an input is absurd"
        return self._values.why(subject) or self._spec.unknown_when

    def _complaint(self, subject: int) -> str:
        """Which surface cannot be believed; of which account, where a subject hangs on several."""
        trust, needs = self._book.trust, self._spec.needs
        universe = self._book.universe(self._grain)
        if universe.depends is None:
            account = int(universe.account[subject])
            return trust.complaint(account, needs) if account >= 0 else "its account is not configured"
        for account in universe.depends[1][universe.depends[0] == subject].tolist():
            if complaint := trust.complaint(account, needs):
                return f"{complaint}, in {self._book.tables.profiles[account].id}"
        raise AssertionError(f"subject {subject} of {self._grain} is distrusted without a reason")


class Reasons(Sequence[str]):
    """The reason of each subject, put into words when looked at: a blind venue has thousands that nobody reads."""

    __slots__ = ("_refused", "_size", "_words")

    def __init__(self, size: int, refused: BoolArray | None = None, words: _Words | None = None) -> None:
        self._size, self._refused, self._words = size, refused, words

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[str, ...]: ...

    def __getitem__(self, place: int | slice) -> str | tuple[str, ...]:
        if isinstance(place, slice):
            return tuple(self[row] for row in range(*place.indices(self._size)))
        row = int(place)
        if not -self._size <= row < self._size:
            raise IndexError(f"subject {row} of {self._size}")
        if self._refused is None or self._words is None or not self._refused[row]:
            return ""
        return self._words.of(row % self._size)
