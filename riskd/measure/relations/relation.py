"""What a table of the schema ``exposure`` is: the snapshot as a policy's own SQL sees it.

A number that is unknown is NaN there, so that sums over it are unknown too. NULL means that there is no such number: the
limit price of a market order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray, index
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.report import Surface

Cells: TypeAlias = FloatArray | Sequence[str | float | bool | None]


class CellType(StrEnum):
    """The type of a column, as SQL names it."""

    TEXT = "VARCHAR"
    NUMBER = "DOUBLE"
    FLAG = "BOOLEAN"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationColumn:
    """A column of a table.

    Attributes:
        meaning: With its unit and sign; says when it is NULL.
        cells: One a row.
    """

    name: str
    type: CellType
    meaning: str
    cells: Callable[[Book], Cells]


def text(name: str, meaning: str, cells: Callable[[Book], Cells]) -> RelationColumn:
    """A column of words."""
    return RelationColumn(name=name, type=CellType.TEXT, meaning=meaning, cells=cells)


def number(name: str, meaning: str, cells: Callable[[Book], Cells]) -> RelationColumn:
    """A column of numbers."""
    return RelationColumn(name=name, type=CellType.NUMBER, meaning=meaning, cells=cells)


def flag(name: str, meaning: str, cells: Callable[[Book], Cells]) -> RelationColumn:
    """A column of yes and no."""
    return RelationColumn(name=name, type=CellType.FLAG, meaning=meaning, cells=cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A table.

    Attributes:
        meaning: What one row is.
        needs: Surfaces of an account that must be OK for what the table says of it.
        owner: Account code of each row; None where rows do not belong to one account.
        holders: ``(row, account)`` pairs of the accounts that a row matters to; None: its owner alone.
        always_known: What is known even of an account whose rows cannot be seen: it then has one row with these columns,
            numbers NaN and the rest NULL, so that no sum over it comes out too small. Empty: every row is always there.
    """

    name: str
    meaning: str
    columns: tuple[RelationColumn, ...]
    needs: frozenset[Surface] = frozenset()
    owner: Callable[[Book], IndexArray] | None = None
    holders: Callable[[Book], tuple[IndexArray, IndexArray]] | None = None
    always_known: tuple[tuple[str, Callable[[Book, int], str]], ...] = ()

    def column(self, name: str) -> RelationColumn:
        """One of its columns.

        Raises:
            KeyError: It has none of that name.
        """
        return {column.name: column for column in self.columns}[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """Some columns of a table, filled in from one snapshot."""

    name: str
    columns: tuple[tuple[RelationColumn, Cells], ...]


def filled(book: Book, relation: Relation, names: Iterable[str]) -> Filled:
    """The named columns of a table, in the table's order.

    Numbers of an account of which a needed surface is not OK are NaN, whatever was last seen.
    """
    wanted = set(names)
    blind = ~book.trust.all_ok(relation.needs)
    unseen = np.flatnonzero(blind) if relation.always_known else np.zeros(0, dtype=np.intp)
    known = dict(relation.always_known)
    columns = []
    for column in relation.columns:
        if column.name not in wanted:
            continue
        cells = column.cells(book)
        if column.type is CellType.NUMBER:
            cells = _blanked(book, relation, cells, blind)
        if len(unseen):
            cells = [*listed(cells), *_unseen(book, column, known.get(column.name), unseen)]
        columns.append((column, cells))
    return Filled(name=relation.name, columns=tuple(columns))


def listed(cells: Cells) -> list[str | float | bool | None]:
    """Cells as plain values."""
    return cells.tolist() if isinstance(cells, np.ndarray) else list(cells)


def unknown_rows(book: Book, column: RelationColumn) -> IndexArray:
    """Rows in which a number is unknown; NULL is not."""
    if column.type is not CellType.NUMBER:
        return np.zeros(0, dtype=np.intp)
    cells = column.cells(book)
    if isinstance(cells, np.ndarray):
        return index(np.flatnonzero(np.isnan(cells)))
    return index([row for row, cell in enumerate(cells) if cell is not None and cell != cell])


def _blanked(book: Book, relation: Relation, cells: Cells, blind: BoolArray) -> Cells:
    if relation.owner is None or not blind.any():
        return cells
    distrusted = np.append(blind, False)[relation.owner(book)]
    if isinstance(cells, np.ndarray):
        return np.where(distrusted, np.nan, cells)
    return [np.nan if hidden else cell for hidden, cell in zip(distrusted.tolist(), cells, strict=True)]


def _unseen(
    book: Book, column: RelationColumn, known: Callable[[Book, int], str] | None, accounts: IndexArray
) -> list[str | float | bool | None]:
    if known is not None:
        return [known(book, account) for account in accounts.tolist()]
    return [np.nan if column.type is CellType.NUMBER else None] * len(accounts)
