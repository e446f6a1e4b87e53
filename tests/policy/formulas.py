"""Expressions for tests: compiled from text, drawn at random, and computed slowly, one subject at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from riskd.measure.book.book import Book
from riskd.measure.columns.columns import columns_of
from riskd.measure.columns.dimension import MONEY, PRICE, Dimension, of_unit
from riskd.measure.spec import Selection, Unit
from riskd.model.subject import Grain
from riskd.policy.formula import Binary, Call, Column, Formula, Node, Number, Operator
from riskd.policy.load import load
from riskd.policy.rule import Rule

Known = float | None


def rule_of(text: str, grain: Grain, unit: Unit, where: str = "") -> Rule:
    """The rule of a policy that holds one expression."""
    limits = {
        Unit.RATIO: "60%",
        Unit.MULTIPLE: "2x",
        Unit.MONEY: "5k USD",
        Unit.RATE: "0.01%/8h",
        Unit.DURATION: "5s",
        Unit.COUNT: "1",
        Unit.FREQUENCY: "2/1m",
        Unit.SIGMA: "3sigma",
    }
    lines = [
        'riskd: policy/v1\nname: desk\ntitle: A desk\nowner: us\nversion: "1"\nmode: observe\nrules:',
        f"  - id: own\n    title: Own arithmetic\n    expr: '{text}'\n    unit: {unit.value}\n    per: {grain.value}",
        f"    max: {limits[unit]}",
        *([f"    where: {where}"] if where else []),
    ]
    (policy,) = load([("desk.yaml", "\n".join(lines) + "\n")]).policies
    return policy.rules[0]


def formula(text: str, grain: Grain, unit: Unit) -> Formula:
    """A compiled expression."""
    found = rule_of(text, grain, unit).formula
    assert found is not None
    return found


# ---- at random -----------------------------------------------------------------------------------------------------


def ratios(grain: Grain, names: Sequence[str] | None = None) -> st.SearchStrategy[str]:
    """Texts whose value is a ratio, over the columns of a grain, or over ``names`` of them."""
    columns = {
        name: each.dimension for name, each in columns_of(grain).items() if names is None or name in names
    }
    money, prices = _of(columns, MONEY), _of(columns, PRICE)
    plain = _of(columns, of_unit(Unit.RATIO))
    literals = st.sampled_from(["5%", "150%", "40bps"])
    leaves = st.one_of(
        *([_over(st.sampled_from(money), st.sampled_from(money))] if money else []),
        *([_over(st.sampled_from(prices), st.sampled_from(prices))] if prices else []),
        *([st.sampled_from(plain)] if plain else []),
    )
    amounts = st.recursive(
        st.sampled_from(money or ["1 USD"]), lambda inner: _extended(inner, "250 USD"), max_leaves=6
    )
    whole = st.one_of(leaves, _over(amounts, amounts)) if money else leaves
    return st.recursive(
        whole, lambda inner: st.one_of(_extended(inner, "5%"), _scaled(inner, literals)), max_leaves=4
    )


def _of(columns: Mapping[str, Dimension], dimension: Dimension) -> list[str]:
    return [name for name, own in columns.items() if own == dimension]


def _over(left: st.SearchStrategy[str], right: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda a, b: f"({a}) / ({b})", left, right)


def _scaled(inner: st.SearchStrategy[str], factor: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda a, b: f"({a}) * {b}", inner, factor)


def _extended(inner: st.SearchStrategy[str], literal: str) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds(lambda a, b, sign: f"({a} {sign} {b})", inner, inner, st.sampled_from("+-")),
        st.builds(lambda a, b, name: f"{name}({a}, {b})", inner, inner, st.sampled_from(["min", "max"])),
        st.builds(lambda a: f"abs({a} - {literal})", inner),
        st.builds(lambda a: f"-{a} / 2", inner),
    )


# ---- slowly --------------------------------------------------------------------------------------------------------


def slowly(book: Book, grain: Grain, formula: Formula, selection: Selection) -> list[Known]:
    """The value of every subject by plain arithmetic over one number at a time; None unknown."""
    columns = {name: _numbers(book, grain, name, selection) for name in names_in(formula.tree)}
    trusted = book.trusted(needs_of(grain, formula), grain)
    return [
        None
        if trusted is not None and not trusted[row]
        else compute(formula.tree, {n: c[row] for n, c in columns.items()})
        for row in range(book.universe(grain).size)
    ]


def needs_of(grain: Grain, formula: Formula) -> frozenset:  # type: ignore[type-arg]  # of surfaces
    """Everything that any of the columns needs."""
    return frozenset().union(*(columns_of(grain)[name].needs for name in names_in(formula.tree)))


def names_in(node: Node) -> set[str]:
    """The columns of a tree."""
    match node:
        case Column(name):
            return {name}
        case Number():
            return set()
        case Binary(_, left, right):
            return names_in(left) | names_in(right)
        case Call(_, arguments):
            return set().union(*(names_in(each) for each in arguments))


def compute(node: Node, columns: Mapping[str, Known]) -> Known:
    """One value."""
    match node:
        case Column(name):
            return columns[name]
        case Number(value):
            return value
        case Binary(operator, left, right):
            return _finite(_joined(operator, compute(left, columns), compute(right, columns)))
        case Call(function, arguments):
            values = [compute(each, columns) for each in arguments]
            known = [value for value in values if value is not None]
            if len(known) < len(values):
                return None
            return {
                "negate": lambda: -known[0],
                "abs": lambda: abs(known[0]),
                "min": lambda: min(known),
                "max": lambda: max(known),
            }[function]()


def _joined(operator: Operator, left: Known, right: Known) -> Known:
    if left is None or right is None or (operator is Operator.DIVIDE and right == 0):
        return None
    match operator:
        case Operator.ADD:
            return left + right
        case Operator.SUBTRACT:
            return left - right
        case Operator.MULTIPLY:
            return left * right
        case Operator.DIVIDE:
            return left / right


def _finite(value: Known) -> Known:
    return value if value is not None and math.isfinite(value) else None


def _numbers(book: Book, grain: Grain, name: str, selection: Selection) -> list[Known]:
    taken = columns_of(grain)[name].function(book, grain, selection).values.tolist()
    return [value if math.isfinite(value) else None for value in taken]
