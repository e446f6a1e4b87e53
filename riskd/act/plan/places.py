"""Where each subject stands in a book, looked up by its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from riskd.measure.book.book import Book
from riskd.model.subject import Grain, Subject


@dataclass(frozen=True, slots=True)
class PlacesOf:
    """The row of every subject of one grain. Taken through ``book.once``: a value, so that it is worked out once."""

    grain: Grain

    def __call__(self, book: Book) -> Mapping[Subject, int]:
        """Rows by subject."""
        return {subject: row for row, subject in enumerate(book.universe(self.grain).subjects)}


def place_of(book: Book, grain: Grain, subject: Subject) -> int | None:
    """The row of a subject in the universe of its grain; None when the book has none of that name."""
    return book.once(PlacesOf(grain)).get(subject)
