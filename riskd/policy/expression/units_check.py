"""Gives every part of an expression its dimension, and refuses what cannot be added, compared, or said in a unit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from riskd.measure.columns.dimension import (
    NUMBER,
    Dimension,
    divided,
    fits,
    in_words,
    joined,
    multiplied,
    of_unit,
    scale,
    units_of,
)
from riskd.measure.spec import Unit
from riskd.policy.expression.read import Applied, FormulaError, Joined, Literal, Name, Part, read_formula
from riskd.policy.expression.words import columns_in
from riskd.policy.formula import Binary, Call, Column, Formula, Node, Number, Operator
from riskd.policy.schema.shape import joined as listed_with
from riskd.policy.text.quantity import Quantity, plain
from riskd.policy.text.spelling import did_you_mean, meant, quoted

_WORDS_MAX = 60  # of a part in a message
_NAMED_MAX = 6  # columns in a message; docs/columns.md has them all


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What names mean.

    Attributes:
        columns: Dimension of each column of the rule's grain.
        grain: Name of the grain, for messages.
        variable: The quantity of a variable, given its name without ``$``.
        elsewhere: What to say of a name that is no column of this grain; empty: nothing is known of it.
    """

    columns: Mapping[str, Dimension]
    grain: str
    variable: Callable[[str, int], Quantity]
    elsewhere: Callable[[str], str]


def formula_of(text: str, unit: Unit, scope: Scope) -> Formula:
    """The checked expression that ``text`` is.

    Args:
        text: Of the rule's ``expr``.
        unit: Of the rule's ``unit``, in which the value is said.
        scope: What names mean.

    Raises:
        FormulaError: It cannot be read, names something unknown, or its units do not fit.
    """
    part = read_formula(text)
    found = _typed(part, scope)
    if not columns_in(found.node):
        raise FormulaError(
            "the expression names no column, so it measures nothing", _some_of(scope.columns), 0
        )
    if not fits(found.dimension, unit):
        raise _cannot_be_said(found.dimension, unit)
    if unit is Unit.RATIO and found.dimension == NUMBER:
        _check_bare(part)
    tree = _rescaled(found.node, scale(found.dimension, of_unit(unit)))
    return Formula(text=" ".join(text.split()), tree=tree, unit=unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Typed:
    """A checked part.

    Attributes:
        bare: The text of a number without a unit; empty for everything else.
    """

    node: Node
    dimension: Dimension
    words: str
    bare: str = ""


def _typed(part: Part, scope: Scope) -> _Typed:
    match part:
        case Literal():
            return _number(part)
        case Name(text=text, at=at):
            return _variable(text, at, scope) if text.startswith("$") else _column(text, at, scope)
        case Joined():
            return _binary(part, _typed(part.left, scope), _typed(part.right, scope))
        case Applied():
            return _applied(part, [_typed(argument, scope) for argument in part.arguments])


def _check_bare(part: Part) -> None:
    """Refuses a bare number that is added to a ratio, or compared with it, where the ratio is one of two plain numbers.

    Nothing in ``net / equity + 0.05`` has a unit, so that only the rule's own says that 5% is meant.
    """
    parts = _held_together(part)
    bare = next((each for each in parts if isinstance(each, Literal) and each.quantity is None), None)
    if bare is not None and len(parts) > 1 and bare.value:
        what = f"{bare.text} has no unit, but the rule says unit: {Unit.RATIO.value}"
        raise FormulaError(what, _with_unit(bare.text, of_unit(Unit.RATIO)), bare.at, is_unit=True)
    for each in parts if len(parts) > 1 else ():
        _check_bare(each)


def _held_together(part: Part) -> tuple[Part, ...]:
    """The parts of a sum, a difference, or of the least or greatest of several; the part itself when it is none.

    Of ``1 - x`` only ``x``: what is left of the whole is the one number that nobody takes for a percentage.
    """
    if isinstance(part, Joined) and part.operator is Operator.SUBTRACT and _is_whole(part.left):
        return _held_together(part.right)
    if isinstance(part, Joined) and part.operator in (Operator.ADD, Operator.SUBTRACT):
        return part.left, part.right
    if isinstance(part, Applied):
        return _held_together(part.arguments[0]) if len(part.arguments) == 1 else part.arguments
    return (part,)


def _is_whole(part: Part) -> bool:
    return isinstance(part, Literal) and part.quantity is None and part.value == 1.0


def _number(literal: Literal) -> _Typed:
    quantity = literal.quantity
    if quantity is None:
        return _Typed(
            node=Number(literal.value, None), dimension=NUMBER, words=literal.text, bare=literal.text
        )
    return _quantity(quantity, literal.text)


def _quantity(quantity: Quantity, words: str) -> _Typed:
    if quantity.unit is Unit.COUNT:
        return _Typed(node=Number(quantity.value, None), dimension=NUMBER, words=words, bare=quantity.text)
    node = Number(quantity.value, quantity.unit)
    return _Typed(node=node, dimension=of_unit(quantity.unit), words=words)


def _variable(text: str, at: int, scope: Scope) -> _Typed:
    return _quantity(scope.variable(text.removeprefix("$"), at), text)


def _column(name: str, at: int, scope: Scope) -> _Typed:
    dimension = scope.columns.get(name)
    if dimension is None:
        near = meant(name, scope.columns)
        cure = scope.elsewhere(name) or (did_you_mean(near) if near else _some_of(scope.columns))
        raise FormulaError(f"there is no column {quoted(name)} per {scope.grain}", cure, at)
    return _Typed(node=Column(name), dimension=dimension, words=name)


def _some_of(columns: Mapping[str, Dimension]) -> str:
    return f"there are {', '.join(list(columns)[:_NAMED_MAX])} and others" if columns else "there is none"


def _binary(part: Joined, left: _Typed, right: _Typed) -> _Typed:
    words = f"({left.words} {part.operator} {right.words})"
    if part.operator is Operator.MULTIPLY:
        dimension = multiplied(left.dimension, right.dimension)
    elif part.operator is Operator.DIVIDE:
        dimension = divided(left.dimension, right.dimension)
    else:
        verb = "add" if part.operator is Operator.ADD else "subtract"
        dimension, right = _same(left, right, verb, part.at)
    return _Typed(
        node=Binary(part.operator, left.node, right.node),
        dimension=dimension,
        words=words if len(words) <= _WORDS_MAX else "this part",
        bare=words if left.bare and right.bare else "",
    )


def _applied(part: Applied, arguments: list[_Typed]) -> _Typed:
    first, *others = arguments
    if part.function == "negate":
        bare = f"-{first.bare}" if first.bare else ""
        return _Typed(
            node=Call("negate", (first.node,)), dimension=first.dimension, words=f"-{first.words}", bare=bare
        )
    dimension, nodes = first.dimension, [first.node]
    for other in others:
        held = _Typed(node=first.node, dimension=dimension, words=first.words, bare=first.bare)
        dimension, same = _same(held, other, "compare", part.at)
        nodes.append(same.node)
    return _Typed(node=Call(part.function, tuple(nodes)), dimension=dimension, words=f"{part.function}(...)")


def _same(left: _Typed, right: _Typed, verb: str, at: int) -> tuple[Dimension, _Typed]:
    """The dimension of two parts that are held against each other, and the right one scaled as the left."""
    for number, other in ((left, right), (right, left)):
        if (
            number.bare
            and not other.bare
            and other.dimension != NUMBER
            and other.dimension.kind is not Unit.COUNT
        ):
            what = f"{number.bare} has no unit, but {other.words} is {in_words(other.dimension)}"
            raise FormulaError(what, _with_unit(number.bare, other.dimension), at, is_unit=True)
    dimension = joined(left.dimension, right.dimension)
    if dimension is None:
        what = f"cannot {verb} {left.words}, {in_words(left.dimension)}, and {right.words}, {in_words(right.dimension)}"
        raise FormulaError(what, _apart(left, right), at, is_unit=True)
    factor = scale(right.dimension, dimension)
    node = _rescaled(right.node, factor)
    return dimension, _Typed(node=node, dimension=dimension, words=right.words)


def _rescaled(node: Node, factor: float) -> Node:
    return node if factor == 1.0 else Binary(Operator.MULTIPLY, node, Number(factor, None))


_NUMERAL = re.compile(r"-?[0-9.]+")
_SUFFIXES: Mapping[Unit, str] = {
    Unit.SIGMA: "sigma",
    Unit.MONEY: " USD",
    Unit.DURATION: "s",
    Unit.RATE: "%/8h",
    Unit.MULTIPLE: "x",
}


def _with_unit(bare: str, dimension: Dimension) -> str:
    """A cure for a bare number beside a part that has a dimension."""
    if not _NUMERAL.fullmatch(bare):
        return "give its numbers a unit"
    if dimension == of_unit(Unit.RATIO):
        percent = plain(Decimal(bare) * 100)
        return (
            f"write {percent}%" if Decimal(bare) < 1 else f"write {percent}% or {bare}%, whichever you mean"
        )
    suffix = next((letters for unit, letters in _SUFFIXES.items() if fits(dimension, unit)), None)
    return f"write {bare}{suffix}" if suffix else "a bare number is a factor: multiply or divide by it"


def _apart(left: _Typed, right: _Typed) -> str:
    if left.dimension.powers == right.dimension.powers:
        return "divide each by a quantity of its own unit first, such as 1x or 100%"
    return "both must have one unit"


def _cannot_be_said(found: Dimension, unit: Unit) -> FormulaError:
    what = f"the expression gives {in_words(found)}, but the rule says unit: {unit.value}"
    units = [each.value for each in units_of(found)]
    cure = (
        f"write unit: {listed_with(units, 'or')}"
        if units
        else "no rule can limit that: divide by something of the same kind, to get a ratio"
    )
    return FormulaError(what, cure, 0, is_unit=True)
