"""What the catalogue says of a measure: its unit, its subjects, its formula, and what makes it unknown."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.report import Surface
from riskd.model.subject import Grain

if TYPE_CHECKING:
    from riskd.measure.book.book import Book


class Unit(StrEnum):
    """The unit of a measured value, and of the limits it may be compared with."""

    MULTIPLE = "multiple"  # 3x -> 3.0
    RATIO = "ratio"  # 2% -> 0.02; 40bps -> 0.004
    RATE = "rate"  # 0.01%/8h -> 0.0000125 per hour
    DURATION = "duration"  # 30s -> 30.0 seconds
    COUNT = "count"  # 3 -> 3.0
    FREQUENCY = "frequency"  # 30/1m -> 0.5 per second
    SIGMA = "sigma"  # 4sigma -> 4.0
    MONEY = "money"  # 250k USD -> 250000.0


class Remedy(StrEnum):
    """What could bring the measure back: nothing that riskd can do, or one kind of action."""

    NONE = "none"
    REDUCE = "reduce"
    CANCEL = "cancel"
    PLACE_STOP = "place_stop"


class Counts(StrEnum):
    """What a rule's selection does to the sum inside a measure."""

    SELECTED_POSITIONS = (
        "selected_positions"  # only selected rows are summed (leverage of the hedge strategy)
    )
    WHOLE_ACCOUNT = "whole_account"  # selection only picks subjects (margin ratio is the account's)


ParameterValue = float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a measure, such as ``window``.

    Attributes:
        unit: Unit of its value; None for a word.
        default: In the unit's base, or the word; None: must be given.
        words: What it may be, where it is a word, such as the name of a scenario.
        defined_in: Key of the configuration under which a desk defines further words; empty: there are no others.
        low: It is above this, in the unit's base.
        high: Largest value, in the unit's base.
    """

    name: str
    unit: Unit | None
    meaning: str
    default: ParameterValue | None = None
    words: tuple[str, ...] = ()
    defined_in: str = ""
    low: float = 0.0
    high: float = math.inf


@dataclass(frozen=True, slots=True)
class MeasureRef:
    """A measure as a rule names it: ``{drawdown: {window: 30d}}``. Numbers are in base units, words as written."""

    name: str
    parameters: tuple[tuple[str, ParameterValue], ...] = ()

    def given(self) -> str:
        """The parameters in one line, ``window=86400``; empty when there are none."""
        return ", ".join(
            f"{name}={value}" if isinstance(value, str) else f"{name}={value:.12g}"
            for name, value in self.parameters
        )

    def parameter(self, name: str) -> float:
        """The number given for a parameter that the catalogue declares.

        Raises:
            KeyError: The compiled policy did not fill it in: a bug.
            TypeError: It is a word: a bug.
        """
        value = dict(self.parameters)[name]
        if isinstance(value, str):
            raise TypeError(f"{self.name}: {name} is the word {value!r}, not a number")
        return value

    def word(self, name: str) -> str:
        """The word given for a parameter that the catalogue declares.

        Raises:
            KeyError: The compiled policy did not fill it in: a bug.
            TypeError: It is a number: a bug.
        """
        value = dict(self.parameters)[name]
        if not isinstance(value, str):
            raise TypeError(f"{self.name}: {name} is the number {value!r}, not a word")
        return value


def _no_more_is_known(_: int) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which rows a rule counts.

    Attributes:
        positions: True for each position row that the rule's scope and ``where`` select.
        orders: The same for resting orders.
    """

    positions: BoolArray
    orders: BoolArray


@dataclass(frozen=True, slots=True)
class Values:
    """Result of a measure function: one value for each subject of the grain, in the universe's order.

    Attributes:
        values: NaN unknown.
        why: Names the missing input of a row that is NaN; an empty answer is explained by the catalogue's
            ``unknown_when``. Asked only for rows that are NaN.
    """

    values: FloatArray
    why: Callable[[int], str] = _no_more_is_known


MeasureFunction = Callable[["Book", Grain, MeasureRef, Selection], Values]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureSpec:
    """One entry of the catalogue.

    Attributes:
        grains: Subjects it can be taken for.
        meaning: One line for people.
        formula: In the field's notation.
        source: Where the formula comes from, and the vectors that pin it.
        unknown_when: What makes it unknown.
        infinite_when: What makes it +inf; empty: it never is, and an infinite result counts as unknown.
        needs: Surfaces of an account (or of its venue) that must be OK for its subjects; otherwise unknown.
        counts: Whether selection restricts the sum or only the subjects.
        function: Takes the values.
        reads: Surfaces that are read, or whose rows are kept, only while a rule in force uses the measure.
        low: No value is below it, whatever the book holds.
        high: No finite value is above it.
    """

    name: str
    unit: Unit
    grains: frozenset[Grain]
    parameters: tuple[Parameter, ...]
    meaning: str
    formula: str
    source: str
    unknown_when: str
    infinite_when: str
    remedy: Remedy
    needs: frozenset[Surface]
    counts: Counts
    function: MeasureFunction
    reads: frozenset[Surface] = frozenset()
    low: float = -math.inf
    high: float = math.inf
