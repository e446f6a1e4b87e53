"""The statements of ``sql:`` rules, and what refuses them: a guard from outside, as policies know no database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from riskd.model.answer import Refusal
from riskd.policy.compile.context import Context
from riskd.policy.rule import Mark, Query
from riskd.policy.text.problems import Code
from riskd.policy.text.scalar_place import place_in
from riskd.policy.text.yaml_text import MappingNode, ScalarNode

Refuse: TypeAlias = Callable[[Mapping[str, str]], Mapping[str, Refusal]]
"""Takes the texts of queries by any names; gives those that may not be asked by the same names, and why."""


def refuse_none(_: Mapping[str, str]) -> Mapping[str, Refusal]:
    """Takes every query as it is."""
    return {}


def query_at(statement: ScalarNode) -> Query:
    """The query that a scalar is."""
    return Query(text=statement.text.strip(), mark=statement.mark)


def note_refused(context: Context, root: MappingNode, refuse: Refuse) -> None:
    """Note each query of a policy that may not be asked.

    A query means what it means whatever else its rule says, so those of faulty rules are looked at, too.

    Args:
        context: Of the file, with every other fault that it has.
        root: The policy.
        refuse: Not called when there is no query.
    """
    statements = {_name(statement.mark): statement for statement in _statements(context, root)}
    if not statements or context.problems.is_full:
        return
    refused = refuse({name: query_at(statement).text for name, statement in statements.items()})
    for name, statement in statements.items():
        if name in refused:
            refusal = refused[name]
            place = _place(context.problems.lines, statement, refusal)
            context.problems.add(place, Code.QUERY, refusal.what, refusal.cure)


def _statements(context: Context, root: MappingNode) -> tuple[ScalarNode, ...]:
    """The statement of each rule that has one of the right shape."""
    rules = (rule for rule in root.items("rules") if isinstance(rule, MappingNode))
    found = (rule.scalar("sql") for rule in rules)
    return tuple(statement for statement in found if statement is not None and context.is_sound(statement))


def _name(mark: Mark) -> str:
    """Rules with faults may have no id, or one that belongs to another, but no two have the same place."""
    return f"{mark.file}:{mark.line}:{mark.column}"


def _place(lines: Sequence[str], statement: ScalarNode, refusal: Refusal) -> Mark:
    if refusal.offset is None:
        return statement.mark
    text = query_at(statement).text
    before = text.encode()[: refusal.offset].decode(errors="ignore")
    return place_in(lines, replace(statement, text=text), len(before))
