"""The worked book of a page of the guide: the one that the policy on the page writes down in its test."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from riskd.judge.rehearse_book import book_of
from riskd.measure.book.book import Book
from riskd.measure.catalogue import CATALOGUE, select_all, take, with_defaults
from riskd.measure.spec import MeasureRef, ParameterValue
from riskd.model.subject import Grain
from riskd.policy.book_rows import BookRows
from riskd.policy.bundle import Policy, SnapshotTest
from riskd.policy.load import load

GUIDE = Path(__file__).resolve().parent.parent
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of the guide.

    Attributes:
        name: Of its file, without ending.
        text: As it stands.
    """

    name: str
    text: str

    def fences(self, language: str) -> list[str]:
        """The blocks of a language."""
        return [body for found, body in _FENCE.findall(self.text) if found == language]

    def section(self, heading: str) -> str:
        """What stands under a heading, without its fences."""
        _, _, rest = self.text.partition(f"\n## {heading}\n")
        return _FENCE.sub("", rest.partition("\n## ")[0])

    def policy(self) -> Policy:
        """The policy on the page."""
        (text,) = self.fences("yaml")
        return _loaded(f"{self.name}.md", text)

    def rows(self, moment: int = 0) -> BookRows:
        """The worked book as it is written down, at one of its moments."""
        return self._test().moments[moment].book

    def books(self) -> tuple[Book, ...]:
        """The worked book at each of its moments, ready to be measured."""
        found = self._test()
        start = datetime.fromisoformat(found.start)
        return tuple(
            book_of(
                moment.book,
                started_at=start,
                at=start + timedelta(seconds=moment.at_seconds),
                number=number,
            )
            for number, moment in enumerate(found.moments, 1)
        )

    def at_prices(self, symbol: str, prices: Iterable[float]) -> Iterator[Book]:
        """The worked book of the first moment, with one mark after the other."""
        rows = self.rows()
        start = datetime.fromisoformat(self._test().start)
        for price in prices:
            moved = tuple(
                replace(row, mark=price) if row.symbol == symbol else row for row in rows.instruments
            )
            yield book_of(replace(rows, instruments=moved), started_at=start, at=start, number=1)

    def _test(self) -> SnapshotTest:
        found = self.policy().tests[0]
        assert isinstance(found, SnapshotTest), "the worked book stands in the first test of the page"
        return found


@cache
def _loaded(file: str, text: str) -> Policy:
    (policy,) = load([(file, text)]).policies
    return policy


@cache
def page(name: str) -> Page:
    """A page by the name of its file."""
    return Page(name=name, text=(GUIDE / f"{name}.md").read_text(encoding="utf-8"))


def measured(book: Book, name: str, grain: Grain, part: str = "", **parameters: ParameterValue) -> float:
    """A measure of the one subject of which something is called ``part``; of the only one where nothing is given.

    Raises:
        ValueError: No subject is meant, or several are.
    """
    spec = CATALOGUE[name]
    found = take(
        book, with_defaults(MeasureRef(spec.name, tuple(parameters.items()))), grain, select_all(book)
    )
    meant = [
        value
        for subject, value in zip(found.subjects, found.values.tolist(), strict=True)
        if not part or part in re.split("[=, ]", str(subject))
    ]
    if len(meant) != 1:
        raise ValueError(f"{name} of {part or 'the only one'}: {len(meant)} of {[*map(str, found.subjects)]}")
    return float(meant[0])
