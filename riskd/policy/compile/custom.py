"""Compiles measures that a policy writes itself: ``expr``, arithmetic over named columns, and ``sql``, one statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from riskd.measure.columns.columns import columns_of, is_column
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Remedy, Unit
from riskd.model.subject import Grain
from riskd.policy.compile.context import Context
from riskd.policy.compile.levels import Measured
from riskd.policy.compile.queries import query_at
from riskd.policy.expression.read import FormulaError
from riskd.policy.expression.take import EXPR, spec_of
from riskd.policy.expression.units_check import Scope, formula_of
from riskd.policy.rule import Query
from riskd.policy.text.problems import Code
from riskd.policy.text.quantity import Quantity
from riskd.policy.text.scalar_place import place_in
from riskd.policy.text.spelling import choose, listed, quoted
from riskd.policy.text.yaml_text import MappingNode, ScalarNode

SQL = "sql"
"""The name of the measure of every rule that has a statement."""


def custom_measure(context: Context, node: MappingNode) -> Measured | None:
    """What the rule at ``node`` measures by ``expr`` or ``sql``; None when it is faulty.

    No plan can be made for such a measure, because nothing says how closing a position changes it.
    """
    expression, statement, per = node.scalar("expr"), node.scalar("sql"), node.scalar("per")
    if per is None or (expression is None and statement is None):
        return None
    unit, grain = Unit(node.text("unit")), Grain(per.text)
    if statement is not None:
        return _by_statement(statement, unit, grain)
    assert expression is not None
    return _by_expression(context, expression, unit, grain)


def _by_statement(statement: ScalarNode, unit: Unit, grain: Grain) -> Measured:
    query = query_at(statement)
    spec = _statement_spec(query, unit, grain)
    return Measured(ref=MeasureRef(SQL), spec=spec, grain=grain, query=query)


def _by_expression(context: Context, expression: ScalarNode, unit: Unit, grain: Grain) -> Measured | None:
    try:
        formula = formula_of(expression.text, unit, _scope(context, grain))
    except FormulaError as fault:
        place = place_in(context.problems.lines, expression, fault.at)
        code = Code.WRONG_UNIT if fault.is_unit else Code.FORMULA
        context.problems.add(place, code, fault.what, fault.cure)
        return None
    except _FaultyVariableError:
        return None
    return Measured(ref=MeasureRef(EXPR), spec=spec_of(formula, grain), grain=grain, formula=formula)


def _scope(context: Context, grain: Grain) -> Scope:
    def variable(name: str, at: int) -> Quantity:
        if name not in context.variables:
            what = f"{quoted(f'${name}')} is not defined in `vars`"
            raise FormulaError(what, choose(name, context.variables), at)
        quantity = context.variables[name]
        if quantity is None:
            raise _FaultyVariableError
        return quantity

    return Scope(
        columns={name: each.dimension for name, each in columns_of(grain, context.catalogue).items()},
        grain=grain.value,
        variable=variable,
        elsewhere=lambda name: _elsewhere(name, context.catalogue),
    )


def _elsewhere(name: str, catalogue: Mapping[str, MeasureSpec]) -> str:
    """What to say of a name that is no column of the rule's own grain; empty: nothing is known of it."""
    spec = catalogue.get(name)
    if spec is not None and not is_column(spec):
        return f"the measure {name} needs parameters, which an expression cannot give: use it as `measure`"
    grains = [grain.value for grain in Grain if name in columns_of(grain, catalogue)]
    return f"it is a column per {listed(grains)}" if grains else ""


class _FaultyVariableError(Exception):
    """A variable has a fault, which is said where it is declared."""


def _no_values(*_: object) -> NoReturn:
    raise AssertionError("the answers to a statement are given to the judge; it takes no measure")


def _statement_spec(query: Query, unit: Unit, grain: Grain) -> MeasureSpec:
    return MeasureSpec(
        name=SQL,
        unit=unit,
        grains=frozenset({grain}),
        parameters=(),
        meaning="A question of the policy's own.",
        formula=query.text,
        source=f"{query.mark.file}:{query.mark.line}",
        unknown_when="the statement fails, or gives no value for the subject",
        infinite_when="",
        remedy=Remedy.NONE,
        needs=frozenset(),
        # It sees the whole book, so that `where` can only choose subjects.
        counts=Counts.WHOLE_ACCOUNT,
        function=_no_values,
    )
