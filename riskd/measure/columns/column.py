"""What a named column is: a number that an expression may name for every subject of one grain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from riskd.measure.book.book import Book
from riskd.measure.columns.dimension import Dimension
from riskd.measure.spec import Counts, Selection, Values
from riskd.model.report import Surface
from riskd.model.subject import Grain

ColumnFunction = Callable[[Book, Grain, Selection], Values]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSpec:
    """One column of one grain.

    Attributes:
        meaning: One line for people.
        source: Its formula, or where the number comes from.
        unknown_when: What makes it unknown.
        needs: Surfaces that must be OK, as for a measure.
        reads: Surfaces that it looks at and that nobody reads otherwise, as for a measure.
        counts: Whether a rule's selection restricts the sum.
        function: Takes the values; never infinite.
    """

    name: str
    grain: Grain
    dimension: Dimension
    meaning: str
    source: str
    unknown_when: str
    needs: frozenset[Surface]
    counts: Counts
    function: ColumnFunction
    reads: frozenset[Surface] = frozenset()
