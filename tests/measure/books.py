"""Short ways to measure a snapshot in tests."""

from __future__ import annotations

from riskd.measure.book.book import Book
from riskd.measure.catalogue import select_all, take, with_defaults
from riskd.measure.spec import MeasureRef, ParameterValue, Selection
from riskd.model.history import History
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from riskd.model.verdict import Measurement
from tests.builders import a_history


def book_of(snapshot: Snapshot, history: History | None = None) -> Book:
    """The book of a snapshot, by default with nothing in its past."""
    return Book.of(snapshot, history or a_history(snapshot))


def measured(book: Book | Snapshot, name: str, grain: Grain, **parameters: ParameterValue) -> Measurement:
    """A measure of every subject over all rows, defaults filled in."""
    book = book if isinstance(book, Book) else book_of(book)
    return selected(book, name, grain, select_all(book), **parameters)


def selected(
    book: Book, name: str, grain: Grain, selection: Selection, /, **parameters: ParameterValue
) -> Measurement:
    """A measure of every subject over selected rows."""
    return take(book, with_defaults(MeasureRef(name, tuple(parameters.items()))), grain, selection)


def values(book: Book | Snapshot, name: str, grain: Grain, **parameters: ParameterValue) -> list[float]:
    """The values alone."""
    found: list[float] = measured(book, name, grain, **parameters).values.tolist()
    return found


def value(book: Book | Snapshot, name: str, grain: Grain, **parameters: ParameterValue) -> float:
    """The value of the first subject."""
    return values(book, name, grain, **parameters)[0]


def reason(book: Book | Snapshot, name: str, grain: Grain, **parameters: ParameterValue) -> str:
    """Why the first subject is unknown; empty when it is known."""
    return measured(book, name, grain, **parameters).unknown[0]


def by_subject(
    book: Book | Snapshot, name: str, grain: Grain, **parameters: ParameterValue
) -> dict[str, float]:
    """Values by the name of their subject."""
    found = measured(book, name, grain, **parameters)
    return {str(s): v for s, v in zip(found.subjects, found.values.tolist(), strict=True)}
