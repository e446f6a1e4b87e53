"""What `riskd explain` says of expressions: the columns that they are made of, and themselves as SQL."""

from __future__ import annotations

from pathlib import Path

import click

from riskd.cli.chosen_policies import chosen_policies
from riskd.cli.explain_rules import Asked, rule_named
from riskd.measure.columns.columns import COLUMNS
from riskd.measure.relations.document import relation_lines
from riskd.measure.relations.relations import RELATIONS
from riskd.policy.expression.columns_page import column_lines
from riskd.policy.expression.sql import NotRecordedError, formula_sql


def column_asked(name: str) -> tuple[Asked, ...]:
    """A column of every kind of subject that has it; nothing when none has."""
    found = (columns[name] for columns in COLUMNS.values() if name in columns)
    return tuple(
        Asked(head=f"{name} per {each.grain.value}: {each.meaning}", lines=column_lines(each))
        for each in found
    )


def table_asked(name: str) -> tuple[Asked, ...]:
    """A table that a query may read, by its whole name such as ``exposure.positions``; nothing for another name."""
    relation = {f"exposure.{each.name}": each for each in RELATIONS.values()}.get(name)
    if relation is None:
        return ()
    return (Asked(head=f"{name}: {relation.meaning}", lines=relation_lines(relation)),)


def rule_as_sql(topic: str | None, config: Path | None, files: tuple[str, ...]) -> str:
    """The expression of a rule as one SELECT over the recorded ledger.

    Raises:
        click.UsageError: There is no such rule, it has no expression, or the ledger does not keep what it goes by.
        PolicyError: A policy is not valid.
    """
    if topic is None:
        raise click.UsageError("--sql prints the expression of one rule: name it")
    rule = rule_named(topic, chosen_policies(files, config).bundle)
    if rule.query is not None:
        raise click.UsageError(f"{rule.id} is SQL already, over the snapshot at hand and not over the ledger")
    if rule.formula is None:
        cure = "its recorded values are in the table verdicts"
        raise click.UsageError(
            f"{rule.id} has no `expr`: {rule.measure.name} is a measure of the catalogue; {cure}"
        )
    try:
        return formula_sql(rule)
    except NotRecordedError as refusal:
        raise click.UsageError(f"{rule.id} cannot be printed: {refusal}") from refusal
