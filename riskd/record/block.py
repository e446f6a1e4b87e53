"""Rows of one ledger table as columns, ready to be written at once.

Numbers are NumPy columns. Text is dictionary-coded: an int32 code for each row into the block's vocabulary, 0 for
NULL. That is how snapshots hold their names anyway, and it is the fastest way into DuckDB (docs/ledger.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from riskd.model.arrays import FloatArray, IntArray

# float64 (NaN: NULL), int64, bool, or datetime64[us] (NaT: NULL).
NumberColumn: TypeAlias = npt.NDArray[Any]
StampArray: TypeAlias = npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Rows of one table.

    Attributes:
        table: Name of the table.
        numbers: ``(column, values)``.
        texts: ``(column, codes)``: 1 is the first word of the vocabulary, 0 is NULL.
        vocabulary: Every distinct text of the block; without lone surrogates, which UTF-8 cannot carry.
    """

    table: str
    numbers: tuple[tuple[str, NumberColumn], ...]
    texts: tuple[tuple[str, IntArray], ...]
    vocabulary: tuple[str, ...]

    def __len__(self) -> int:
        columns = self.numbers or self.texts
        return len(columns[0][1]) if columns else 0

    def words(self, column: str) -> tuple[str | None, ...]:
        """The texts of one column.

        Raises:
            KeyError: No such text column.
        """
        named = (None, *self.vocabulary)
        return tuple(named[code] for code in dict(self.texts)[column])


class Vocabulary:
    """Gives each distinct text a code, counted from 1."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    @property
    def words(self) -> tuple[str, ...]:
        """The texts in order of their codes."""
        return tuple(self._codes)

    def code(self, text: str | None) -> int:
        """The code of ``text``; 0 for None."""
        if text is None:
            return 0
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode("utf-8")
        return self._codes.setdefault(text, len(self._codes) + 1)

    def codes(self, texts: Iterable[str | None]) -> IntArray:
        """The codes of a column of texts."""
        return np.array([self.code(text) for text in texts], dtype=np.int32)

    def spread(self, names: Sequence[str | None], rows: npt.NDArray[np.integer[Any]]) -> IntArray:
        """The codes of ``names[row]`` for each of ``rows``."""
        if not len(rows):
            return np.empty(0, dtype=np.int32)
        spread: IntArray = self.codes(names)[rows]
        return spread

    def repeat(self, text: str, rows: int) -> IntArray:
        """The code of one text, ``rows`` times."""
        return np.full(rows, self.code(text), dtype=np.int32)


def block(
    table: str, vocabulary: Vocabulary, numbers: Mapping[str, NumberColumn], texts: Mapping[str, IntArray]
) -> Block:
    """A block of equally long columns.

    Raises:
        ValueError: Columns differ in length.
    """
    lengths = {name: len(column) for name, column in (*numbers.items(), *texts.items())}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"expected columns of one length for {table}, was {lengths}")
    return Block(
        table=table, numbers=tuple(numbers.items()), texts=tuple(texts.items()), vocabulary=vocabulary.words
    )


def stamp(at: datetime | None) -> np.datetime64:
    """UTC microseconds; NaT for None."""
    return np.datetime64("NaT", "us") if at is None else np.datetime64(_naive(at), "us")


def stamps(times: Iterable[datetime | None]) -> StampArray:
    """A column of UTC microseconds."""
    return np.array([stamp(at) for at in times], dtype="datetime64[us]")


def stamps_of_seconds(seconds: FloatArray) -> StampArray:
    """A column of UTC microseconds from seconds since the epoch; NaN becomes NaT."""
    known = np.isfinite(seconds)
    microseconds = np.rint(np.where(known, seconds, 0.0) * 1e6).astype(np.int64)
    column = microseconds.astype("datetime64[us]")
    column[~known] = np.datetime64("NaT", "us")
    return column


def repeat_stamp(at: datetime, rows: int) -> StampArray:
    """One time, ``rows`` times."""
    return np.full(rows, stamp(at), dtype="datetime64[us]")


def whole(values: Iterable[int]) -> npt.NDArray[np.int64]:
    """A column of whole numbers; none may be missing."""
    return np.array(list(values), dtype=np.int64)


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)
