"""Prints a rule's expression as SQL over the recorded ledger, so that an auditor can take every value again.

The SQL answers ``(snapshot_id, parts of the subject, value)`` for every subject that the rule covers in every recorded
snapshot, NULL where the value is unknown. It agrees with ``take_formula`` to rounding: sums may be added in another
order. Only an intermediate result beyond 1e308, which no book holds, is treated differently: NumPy calls it unknown at
once, SQL when it reaches the end.
"""

from __future__ import annotations

from collections.abc import Sequence

from riskd.measure.columns.columns import column
from riskd.model.report import Surface
from riskd.model.subject import Grain
from riskd.policy.expression.sql_columns import Place, SqlColumn, sql_column
from riskd.policy.expression.sql_subjects import ORDERS, PROFILES, SUBJECTS, NotRecordedError, Subjects
from riskd.policy.expression.sql_where import needs_profiles, tests_of
from riskd.policy.expression.words import columns_in
from riskd.policy.formula import Binary, Call, Column, Formula, Node, Number, Operator
from riskd.policy.rule import Rule
from riskd.policy.scope.select import CARRIED

__all__ = ["NotRecordedError", "formula_sql"]


def formula_sql(rule: Rule) -> str:
    """One SELECT that takes the expression of a rule over every recorded snapshot.

    Args:
        rule: With a formula.

    Raises:
        NotRecordedError: The ledger does not keep what the expression, or the rule's selector, goes by; says what.
    """
    formula, subjects = rule.formula, SUBJECTS.get(rule.grain)
    assert formula is not None, f"{rule.id} has no expression"
    if subjects is None:
        raise NotRecordedError(f"the ledger does not keep which {rule.grain.value}s there were")
    names = columns_in(formula.tree)
    columns = _with_inputs(rule.grain, names)
    needs = frozenset(surface for name in names for surface in column(rule.grain, name).needs)
    parts = [
        *([PROFILES] if subjects.needs_profiles or needs_profiles(rule.where) else []),
        _trusted(needs),
        _members(rule, subjects),
        *_sums(rule, subjects, columns),
        _columns(subjects, columns),
    ]
    head = "\n   ".join(_head(rule, formula, subjects))
    return "\n".join([f"/* {head} */", "with", ",\n".join(parts), _answer(subjects, formula.tree)])


def expression(node: Node) -> str:
    """The arithmetic alone, over columns that have the names of the expression's own."""
    match node:
        case Column(name):
            return name
        case Number(value):
            text = repr(value)
            return text if "e" in text else f"{text}e0"  # a literal without exponent would be a decimal
        case Binary(Operator.DIVIDE, left, right):
            return f"({expression(left)} / nullif({expression(right)}, 0))"
        case Binary(operator, left, right):
            return f"({expression(left)} {operator} {expression(right)})"
        case Call("negate", (only,)):
            return f"(-{expression(only)})"
        case Call("abs", (only,)):
            return f"abs({expression(only)})"
        case Call(function, arguments):
            # least() and greatest() pass over NULL; here one unknown argument makes the result unknown.
            order = {"min": "ASC", "max": "DESC"}[function]
            listed = ", ".join(expression(argument) for argument in arguments)
            return f"list_sort([{listed}], '{order}', 'NULLS FIRST')[1]"


def _head(rule: Rule, formula: Formula, subjects: Subjects) -> list[str]:
    title = rule.title.replace("*/", "* /").replace("/*", "/ *")
    return [
        f"{rule.id}: {title}",
        f"expr: {formula.text}",
        f"One row for each {rule.grain.value} of each recorded snapshot; value: {formula.unit.value}, NULL unknown.",
        *subjects.notes,
    ]


def _with_inputs(grain: Grain, names: Sequence[str]) -> dict[str, SqlColumn]:
    """The columns that an expression names, after the columns that those are made of."""
    found: dict[str, SqlColumn] = {}
    for name in names:
        printed = sql_column(grain, name)
        found.update({each: sql_column(grain, each) for each in printed.inputs})
        found[name] = printed
    return found


def _trusted(needs: frozenset[Surface]) -> str:
    listed = ", ".join(f"'{surface.value}'" for surface in sorted(needs))
    if not needs:
        return "trusted as (select snapshot_id, account, venue, true as is_trusted from account_snapshots)"
    return f"""trusted as (  -- whether everything needed was read of each account, and is OK
    select
        a.snapshot_id, a.account, a.venue,
        count(distinct s.surface) filter (s.quality = 'OK') = {len(needs)} as is_trusted
    from account_snapshots a
    left join surfaces s on s.snapshot_id = a.snapshot_id and s.surface in ({listed})
        and (s.account = a.account or (s.account = '' and s.venue = a.venue))
    group by a.snapshot_id, a.account, a.venue
)"""  # noqa: S608  # names of our own; texts of policies are quoted


def _members(rule: Rule, subjects: Subjects) -> str:
    """The accounts of each subject (or its one row), as far as the rule covers it."""
    where = _where(rule, "m", CARRIED[rule.grain])
    return f"members as (\n    select m.*\n    from ({subjects.members}) m{where}\n)"  # noqa: S608  # names of our own; texts of policies are quoted


def _where(rule: Rule, alias: str, carried: Sequence[str] | None) -> str:
    tests = tests_of(rule.where, alias, carried=carried)
    if not tests:
        return ""
    on = f"pr.snapshot_id = {alias}.snapshot_id and pr.account = {alias}.account"
    profiles = f"\n        left join profiles pr on {on}" if any("pr." in test for test in tests) else ""
    return f"{profiles}\n        where {' and '.join(tests)}"


def _sums(rule: Rule, subjects: Subjects, columns: dict[str, SqlColumn]) -> list[str]:
    """What is summed over positions and over orders: apart, so that neither multiplies the other."""
    found = []
    for place, table, on in (
        (Place.HELD, "positions", subjects.held_on),
        (Place.RESTING, ORDERS, subjects.resting_on),
    ):
        summed = [f"{each.sql} as {name}" for name, each in columns.items() if each.place is place]
        if not summed:
            continue
        assert on is not None, f"{rule.grain} has no sums over {place.value} rows"
        keys = _keys("m", subjects)
        found.append(
            f"{place.value} as (\n    select\n        {_lines([', '.join(keys), *summed])}\n    from members m\n"  # noqa: S608  # names of our own; texts of policies are quoted
            f"    left join (\n        select x.*\n        from {table} x{_where(rule, 'x', None)}\n"
            f"    ) x on x.snapshot_id = m.snapshot_id and {on}\n    group by {', '.join(keys)}\n)"
        )
    return found


def _columns(subjects: Subjects, columns: dict[str, SqlColumn]) -> str:
    """One row a subject, with every column under its own name."""
    keys = ", ".join(_keys("m", subjects))
    own = [
        f"{_own(each.sql, subjects)} as {name}" for name, each in columns.items() if each.place is Place.OWN
    ]
    made = [f"{each.sql} as {name}" for name, each in columns.items() if each.place is Place.MADE]
    using = ", ".join(("snapshot_id", *subjects.keys))
    sums = [
        f"\n    left join {place.value} using ({using})"
        for place in (Place.HELD, Place.RESTING)
        if any(each.place is place for each in columns.values())
    ]
    stated = _lines([keys, "bool_and(coalesce(t.is_trusted, false)) as is_trusted", *own])
    return (
        f"stated as (\n    select\n        {stated}\n    from members m\n    {subjects.trusted_on}\n"
        f"    group by {keys}\n),\n"
        f"columns as (\n    select\n        {_lines(['*', *made])}\n    from stated{''.join(sums)}\n)"
    )


def _own(sql: str, subjects: Subjects) -> str:
    """A number of each member: of the only one, or the sum of all, unknown when one is."""
    if subjects.is_sum:
        return f"case when count(*) = count({sql}) then sum({sql}) end"
    return f"any_value({sql})"


def _answer(subjects: Subjects, tree: Node) -> str:
    keys = ", ".join(("snapshot_id", *subjects.keys))
    return (
        f"select {keys}, case when is_trusted and isfinite(value) then value end as value\n"  # noqa: S608  # names of our own; texts of policies are quoted
        f"from (select *, {expression(tree)} as value from columns)\norder by {keys}"
    )


def _keys(alias: str, subjects: Subjects) -> list[str]:
    return [f"{alias}.{key}" for key in ("snapshot_id", *subjects.keys)]


def _lines(columns: Sequence[str]) -> str:
    return ",\n        ".join(columns)
