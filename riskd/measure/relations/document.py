"""The tables that SQL in a policy may read, as a page for people; ``docs/exposure.md`` is this text, and a test keeps it so."""

from __future__ import annotations

from riskd.measure.relations.relation import CellType, Relation
from riskd.measure.relations.relations import RELATIONS

_TYPES = {CellType.TEXT: "text", CellType.NUMBER: "number", CellType.FLAG: "yes or no"}
_HEAD = """\
# Exposure

What a `sql:` may read, as `exposure.<table>` ([the policy language](policy-language.md#your-own-sql-sql)). This page is
generated from the code (`riskd.measure.relations.document.exposure_page`).

A number that is unknown is NaN, so that sums over it are unknown too; NULL means that there is no such number. Times are
seconds since the epoch, in UTC. Money is in the settlement currency, counted at par with the US dollar. `subject` is what a
query answers with for the kind of subject that the table is about; `exposure.subjects` has it for every kind.

A subject is unknown while a read that one of the tables needs is not OK for an account that the subject hangs on, or a number
that the query names is unknown there. Where rows of an account cannot be seen, the table has one more row for it, with its
account and venue and unknown numbers, so that no sum over several accounts comes out too small.
"""


def exposure_page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(_section(relation) for relation in RELATIONS.values())])


def relation_lines(relation: Relation) -> tuple[tuple[str, str], ...]:
    """What there is to say of one table, as (name, text) pairs for any surface."""
    columns = ((column.name, f"{_TYPES[column.type]}: {column.meaning}") for column in relation.columns)
    return (*columns, ("(needs)", _needs(relation)))


def _needs(relation: Relation) -> str:
    return ", ".join(sorted(surface.value for surface in relation.needs)) or "nothing"


def _section(relation: Relation) -> str:
    rows = [f"| `{column.name}` | {_TYPES[column.type]} | {column.meaning} |" for column in relation.columns]
    head = [f"## exposure.{relation.name}", "", f"{relation.meaning} Needs: {_needs(relation)}.", ""]
    return "\n".join([*head, "| column | is | meaning |", "|---|---|---|", *rows, ""])
