"""The named columns as a page for people; ``docs/columns.md`` is this text and a test keeps it so."""

from __future__ import annotations

from collections.abc import Iterable

from riskd.measure.catalogue import CATALOGUE
from riskd.measure.columns.column import ColumnSpec
from riskd.measure.columns.columns import COLUMNS, columns_of
from riskd.measure.columns.dimension import in_words
from riskd.measure.spec import Counts
from riskd.model.subject import Grain
from riskd.policy.expression.sql_columns import PRINTED

_HEAD = """# Columns

What an `expr:` may name, by kind of subject ([the policy language](policy-language.md#your-own-arithmetic-expr)). This page
is generated from the code (`riskd.policy.expression.columns_page.columns_page`).

Notation: `q` signed base quantity, `M` mark price, `q·M` notional. A column marked Σ is a sum over the selected positions or
orders: `where` narrows it. Every other one is the same whatever is selected. A column is unknown, too, while one of the reads
that it needs is not OK. *ledger*: whether the recorded ledger keeps it, so that an expression over it can be printed as SQL.
"""


def columns_page() -> str:
    """The whole page, Markdown."""
    grains = [grain for grain in Grain if columns_of(grain)]
    return "\n".join([_HEAD, *(_section(grain) for grain in grains)])


def column_lines(each: ColumnSpec) -> tuple[tuple[str, str], ...]:
    """What there is to say of one column of one grain, as (name, text) pairs for any surface."""
    return (
        ("is", in_words(each.dimension)),
        ("formula", each.source),
        ("unknown when", each.unknown_when),
        ("a selection", "narrows the sum" if each.counts is Counts.SELECTED_POSITIONS else "changes nothing"),
        ("needs", _needs(each)),
        ("in the ledger", _kept(each.grain, each.name)),
    )


def column_names(grain: Grain) -> tuple[str, ...]:
    """The columns of a grain that are no measures, in their order."""
    return tuple(COLUMNS[grain])


def _section(grain: Grain) -> str:
    own = COLUMNS[grain].values()
    measures = [name for name in columns_of(grain) if name not in COLUMNS[grain]]
    return "\n".join([f"## per {grain.value}", "", *_table(own), *_measures(grain, measures), ""])


def _table(columns: Iterable[ColumnSpec]) -> list[str]:
    rows = [_row(each) for each in columns]
    if not rows:
        return []
    head = "| column | is | meaning | formula | unknown when | needs | ledger |"
    return [head, "|---|---|---|---|---|---|---|", *rows, ""]


def _row(each: ColumnSpec) -> str:
    counted = " Σ" if each.counts is Counts.SELECTED_POSITIONS else ""
    cells = (
        f"`{each.name}`{counted}",
        in_words(each.dimension),
        each.meaning,
        each.source,
        each.unknown_when,
        _needs(each),
        _kept(each.grain, each.name),
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _needs(each: ColumnSpec) -> str:
    return ", ".join(sorted(surface.value for surface in each.needs))


def _measures(grain: Grain, names: list[str]) -> list[str]:
    """The measures among the columns, each with a link to its own entry."""
    if not names:
        return []
    listed = ", ".join(
        f"[`{name}`](measures.md#{name}) ({CATALOGUE[name].unit.value}{_in_ledger(grain, name)})"
        for name in names
    )
    return [f"And these measures, without parameters; infinite is unknown here: {listed}."]


def _in_ledger(grain: Grain, name: str) -> str:
    return ", ledger" if (grain, name) in PRINTED else ""


def _kept(grain: Grain, name: str) -> str:
    return "yes" if (grain, name) in PRINTED else "no"
