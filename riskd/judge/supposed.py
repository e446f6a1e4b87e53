"""The rules over books as they would be: what each says of each subject at every place along a way.

The books along a way hold the same accounts, positions and orders, only at other prices or in other sizes, so that every rule
covers the same subjects in each of them. Many are judged as one block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from riskd.judge.evaluate import evaluate
from riskd.judge.reading import UNKNOWN, Reading
from riskd.measure.book.book import Book
from riskd.model.arrays import FloatArray, IntArray
from riskd.model.history import History
from riskd.model.snapshot import Snapshot
from riskd.policy.rule import Rule
from riskd.policy.waiver import Waiver

Suppose = Callable[[float], tuple[Snapshot, History]]
"""The book at a place along a way."""

# Rows that are judged as one block: few enough to stay in memory, many enough that a block's overhead does not count.
_ROWS = 250_000


@dataclass(frozen=True, slots=True)
class Scanned:
    """One rule along a way: one row a place, one column a subject that the rule covers.

    Attributes:
        values: In the measure's unit; NaN unknown.
        levels: 0 (ok) to 3 (critical); -1 unknown.
    """

    values: FloatArray
    levels: IntArray


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way from the book as it is, which lies at place 0, and how the books along it are judged.

    Attributes:
        suppose: The book at a place.
        rules: That judge it.
        now: The moment of judging.
        waivers: All that there are.
    """

    suppose: Suppose
    rules: tuple[Rule, ...]
    now: datetime
    waivers: tuple[Waiver, ...] = ()

    @cached_property
    def start(self) -> tuple[Reading, ...]:
        """Every rule at the beginning."""
        return self._readings(self.rules, [0.0])

    def scan(self, places: FloatArray, numbers: Sequence[int]) -> tuple[Scanned, ...]:
        """Some of the rules, by their numbers, at some places.

        Queries of rules are asked of the ledger and so of no supposed book: such a rule is unknown.
        """
        rules = [self.rules[number] for number in numbers]
        widths = [len(self.start[number]) for number in numbers]
        parts: list[list[Scanned]] = [[] for _ in rules]
        for block in self._blocks(places):
            readings = self._readings(rules, block)
            for part, reading, width in zip(parts, readings, widths, strict=True):
                part.append(_by_place(reading, len(block), width))
        return tuple(
            Scanned(
                np.concatenate([scanned.values for scanned in part]),
                np.concatenate([scanned.levels for scanned in part]),
            )
            for part in parts
        )

    def reading(self, number: int, place: float) -> Reading:
        """One rule at one place."""
        (reading,) = self._readings([self.rules[number]], [place])
        return reading

    def _readings(self, rules: Sequence[Rule], places: Sequence[float]) -> tuple[Reading, ...]:
        books = [Book.of(*self.suppose(place)) for place in places]
        book = books[0] if len(books) == 1 else Book.stack(books)
        return evaluate(rules, book, now=self.now, waivers=self.waivers)

    def _blocks(self, places: FloatArray) -> Iterator[list[float]]:
        snapshot, history = self.suppose(0.0)
        rows = len(snapshot.positions) + len(snapshot.orders) + len(history.liquidity.price) + 1
        step = max(_ROWS // rows, 1)
        for begin in range(0, len(places), step):
            yield places[begin : begin + step].tolist()


def _by_place(reading: Reading, places: int, width: int) -> Scanned:
    """The columns of a block as rows of places. Rules select by names and labels, which are the same at all of them."""
    if (
        reading.judged_at is None
    ):  # it could not be evaluated, and its columns are of whatever subjects there are
        nothing = np.full((places, width), UNKNOWN, dtype=np.int32)
        return Scanned(np.full((places, width), np.nan), nothing)
    parts = reading.universe.part[reading.rows]
    assert np.array_equal(parts, np.repeat(np.arange(places), width)), f"{reading.rule.id}: other subjects"
    return Scanned(reading.values.reshape(places, width), reading.levels.reshape(places, width))
