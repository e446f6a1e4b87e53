"""What the ledger holds: its tables and views, and the meaning of their columns, as `riskd sql --tables` lists them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from riskd.adapters.duckdb_query import run_query
from riskd.adapters.package_files import storage_directory
from riskd.adapters.question_files import read_questions
from riskd.record.question import Question

_COLUMNS = """
select column_.table_name, table_.comment, column_.column_name, column_.data_type, column_.comment
from duckdb_columns() as column_
left join duckdb_tables() as table_ using (database_oid, table_oid)
where not column_.internal
order by column_.table_name, column_.column_index
"""


@dataclass(frozen=True, slots=True)
class ColumnMeaning:
    """One column, with what it means and in which unit."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A table or a view.

    Attributes:
        kind: ``table`` or ``view``.
    """

    name: str
    kind: str
    purpose: str
    columns: tuple[ColumnMeaning, ...]


def described(ledger: Path) -> tuple[Relation, ...]:
    """Every table, then every view, by name.

    Raises:
        LedgerError: There is no ledger, or it cannot be read.
    """
    views = {view.name: view for view in read_questions(storage_directory() / "views")}
    found: dict[str, list[tuple[str, ColumnMeaning]]] = {}
    for table, purpose, column, type_, meaning in run_query(ledger, _COLUMNS).rows:
        column_meaning = ColumnMeaning(str(column), str(type_), str(meaning or ""))
        found.setdefault(str(table), []).append((str(purpose or ""), column_meaning))
    relations = [_relation(name, columns, views.get(name)) for name, columns in found.items()]
    return tuple(sorted(relations, key=lambda relation: (relation.kind, relation.name)))


def write_described(relations: Sequence[Relation], stream: TextIO) -> None:
    """Write relations for people: one after the other, each with its columns under it."""
    stream.write("\n\n".join("\n".join(_lines(relation)) for relation in relations) + "\n")


def _relation(name: str, columns: list[tuple[str, ColumnMeaning]], view: Question | None) -> Relation:
    if view is None:
        own = tuple(column for _, column in columns)
        return Relation(name=name, kind="table", purpose=columns[0][0], columns=own)
    told = dict(view.columns)
    meant = tuple(ColumnMeaning(column.name, column.type, told.get(column.name, "")) for _, column in columns)
    return Relation(name=name, kind="view", purpose=view.purpose, columns=meant)


def _lines(relation: Relation) -> Iterator[str]:
    yield f"{relation.name} ({relation.kind}): {relation.purpose}"
    names = max(len(column.name) for column in relation.columns)
    types = max(len(column.type) for column in relation.columns)
    for column in relation.columns:
        yield f"  {column.name:{names}}  {column.type:{types}}  {column.meaning}".rstrip()
