"""Takes an expression for every subject of a grain, as NumPy columns: no text, no units, no surprises.

Unknown goes through everything: a column that is unknown, a division by zero and whatever leaves the range of numbers
make the value unknown, never infinite, and the reason names the first of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.reasons import checked
from riskd.measure.catalogue import CATALOGUE, take
from riskd.measure.columns.column import ColumnSpec
from riskd.measure.columns.columns import column
from riskd.measure.columns.dimension import of_unit, units_of
from riskd.measure.columns.market import distrusted_instruments
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Remedy, Selection, Values
from riskd.model.arrays import FloatArray
from riskd.model.subject import Grain
from riskd.model.verdict import Measurement
from riskd.policy.expression.words import columns_in, parts_of, text_of
from riskd.policy.formula import Binary, Call, Column, Formula, Node, Number, Operator
from riskd.policy.rule import Rule
from riskd.policy.text.units import show

EXPR = "expr"
"""The name of the measure of every rule that has an expression."""

Columns = Mapping[str, FloatArray]


def take_formula(book: Book, grain: Grain, formula: Formula, selection: Selection) -> Measurement:
    """The value of an expression for every subject of a grain.

    Args:
        book: What is measured; of a stack of snapshots each gives the values that it gives alone, bit for bit.
        grain: Whose columns the expression names.
        formula: Compiled.
        selection: Rows that count in columns that are sums.

    Returns:
        Values in the base of the formula's unit, NaN exactly where ``unknown`` gives a reason; never infinite.
    """
    spec = spec_of(formula, grain)
    numbers, unknown = checked(book, spec, grain, spec.function(book, grain, MeasureRef(EXPR), selection))
    return Measurement(
        measure=EXPR,
        parameters=(),
        grain=grain,
        subjects=book.universe(grain).subjects,
        values=numbers,
        unknown=unknown,
    )


def rule_spec(rule: Rule) -> MeasureSpec | None:
    """What is known of a rule's measure, be it of the catalogue or an expression; None for a statement."""
    if rule.formula is not None:
        return spec_of(rule.formula, rule.grain)
    return CATALOGUE.get(rule.measure.name)


@lru_cache(maxsize=512)
def spec_of(formula: Formula, grain: Grain) -> MeasureSpec:
    """What the catalogue would say of an expression if it were a measure of one grain.

    A selection restricts it when it restricts any of its columns; it needs what all of its columns need together.
    """
    named = [column(grain, name) for name in columns_in(formula.tree)]
    is_sum = any(each.counts is Counts.SELECTED_POSITIONS for each in named)
    return MeasureSpec(
        name=EXPR,
        unit=formula.unit,
        grains=frozenset({grain}),
        parameters=(),
        meaning="Arithmetic of the policy's own.",
        formula=formula.text,
        source="; ".join(f"{each.name}: {each.source}" for each in named),
        unknown_when="a column is unknown, it divides by zero, or a number is beyond all range",
        infinite_when="",
        remedy=Remedy.NONE,
        needs=frozenset(surface for each in named for surface in each.needs),
        reads=frozenset(surface for each in named for surface in each.reads),
        counts=Counts.SELECTED_POSITIONS if is_sum else Counts.WHOLE_ACCOUNT,
        function=lambda book, own_grain, _, selection: _values(book, own_grain, formula, selection),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A column as it went into one value.

    Attributes:
        value: For people: ``10k USD``; ``unknown`` and why, where it is.
    """

    name: str
    value: str
    source: str


def inputs_of(
    book: Book, grain: Grain, formula: Formula, selection: Selection, subject: int
) -> tuple[Input, ...]:
    """What went into the value of one subject, in the order of the text."""
    return tuple(
        Input(name=name, value=_shown(column(grain, name), taken, subject), source=column(grain, name).source)
        for name, taken in columns_taken(book, grain, formula, selection).items()
    )


def take_rule(book: Book, rule: Rule, selection: Selection) -> Measurement:
    """The measure of a rule, of the catalogue or its own arithmetic, over selected rows.

    Raises:
        KeyError: The rule has a statement, which is asked elsewhere.
    """
    if rule.formula is not None:
        return take_formula(book, rule.grain, rule.formula, selection)
    return take(book, rule.measure, rule.grain, selection)


def columns_taken(book: Book, grain: Grain, formula: Formula, selection: Selection) -> Mapping[str, Values]:
    """The columns that an expression names, in the order of its text; for people who want to see what went in."""
    with np.errstate(all="ignore"):
        return {
            name: column(grain, name).function(book, grain, selection) for name in columns_in(formula.tree)
        }


def _shown(spec: ColumnSpec, taken: Values, subject: int) -> str:
    value = float(taken.values[subject])
    if math.isnan(value):
        return f"unknown ({taken.why(subject) or spec.unknown_when})"
    unit = next((each for each in units_of(spec.dimension) if of_unit(each) == spec.dimension), None)
    return f"{value:.10g}" if unit is None else show(value, unit)


def _values(book: Book, grain: Grain, formula: Formula, selection: Selection) -> Values:
    taken = columns_taken(book, grain, formula, selection)
    columns = {name: _finite(each.values) for name, each in taken.items()}
    with np.errstate(all="ignore"):
        values = _value(formula.tree, columns)

    def why(subject: int) -> str:
        for name, each in taken.items():
            if np.isnan(columns[name][subject]):
                return each.why(subject) or f"{name}: {column(grain, name).unknown_when}"
        return _fault(formula.tree, {name: held[subject : subject + 1] for name, held in columns.items()})

    if grain is Grain.INSTRUMENT:
        return _believed(book, formula, Values(values, why))
    return Values(values, why)


def _believed(book: Book, formula: Formula, taken: Values) -> Values:
    """Instruments hang on no account, so that ``checked`` trusts them all; here the accounts of their venue answer."""
    complaints = distrusted_instruments(book, spec_of(formula, Grain.INSTRUMENT).needs)
    refused = np.array([text != "" for text in complaints], dtype=np.bool_)
    return Values(np.where(refused, np.nan, taken.values), lambda row: complaints[row] or taken.why(row))


# ---- arithmetic ----------------------------------------------------------------------------------------------------

_JOINS: Mapping[Operator, Callable[[FloatArray, FloatArray], FloatArray]] = {
    Operator.ADD: np.add,
    Operator.SUBTRACT: np.subtract,
    Operator.MULTIPLY: np.multiply,
    Operator.DIVIDE: np.divide,
}


def _value(node: Node, columns: Columns) -> FloatArray:
    match node:
        case Column(name):
            return columns[name]
        case Number(value):
            return np.array([value])
        case Binary(operator, left, right):
            return _finite(_JOINS[operator](_value(left, columns), _value(right, columns)))
        case Call(function, arguments):
            return _applied(function, [_value(argument, columns) for argument in arguments])


def _applied(function: str, values: list[FloatArray]) -> FloatArray:
    match function:
        case "negate":
            return -values[0]
        case "abs":
            return np.abs(values[0])
        case "min":
            return reduce(np.minimum, values)  # NaN when any is
        case "max":
            return reduce(np.maximum, values)
        case _:
            raise AssertionError(f"{function} is no function of the language")


def _finite(values: FloatArray) -> FloatArray:
    """A quotient by zero and a number out of range are unknown before anything is made of them."""
    return values if np.isfinite(values).all() else np.where(np.isfinite(values), values, np.nan)


def _fault(node: Node, columns: Columns) -> str:
    """Why an expression of known columns has no value: its first part that has none."""
    for part in parts_of(node):
        if said := _fault(part, columns):
            return said
    with np.errstate(all="ignore"):
        if np.isfinite(_value(node, columns)).all():
            return ""
        if isinstance(node, Binary) and node.operator is Operator.DIVIDE:
            divisor = _value(node.right, columns)
            if (divisor == 0.0).all():
                return f"it divides by zero: {text_of(node.right)} is 0"
    return f"{text_of(node)} is beyond all range"
