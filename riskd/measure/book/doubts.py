"""Which accounts a query's answer cannot be trusted for: something that it reads of them is not known."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray
from riskd.measure.relations.relation import Relation, unknown_rows
from riskd.measure.relations.relations import RELATIONS
from riskd.model.answer import Read


def doubts(book: Book, reads: Iterable[Read]) -> dict[int, str]:
    """For each account code, the first thing that is unknown of what a query reads; an account without doubt is absent.

    A sum would be unknown by itself, because an unknown number is NaN; a smallest value, a count or a comparison would
    not, and rows that could not be read are not there at all. So SQL is not left to decide what missing data means.
    """
    found: dict[int, str] = {}
    wanted: dict[str, set[str]] = {}
    for table, name in reads:
        wanted.setdefault(table, set()).add(name)
    for table in sorted(wanted):
        relation = RELATIONS[table]
        for account in np.flatnonzero(~book.trust.all_ok(relation.needs)).tolist():
            found.setdefault(account, book.trust.complaint(account, relation.needs))
        for column in relation.columns:
            if column.name in wanted[table]:
                for account in _accounts(book, relation, unknown_rows(book, column)):
                    words = (
                        f"{column.name.replace('_', ' ')} of {_row_name(relation)} of {_name(book, account)}"
                    )
                    found.setdefault(account, words)
    return found


def _accounts(book: Book, relation: Relation, rows: IndexArray) -> list[int]:
    """The accounts that some rows matter to."""
    if len(rows) == 0:
        return []
    if relation.holders is not None:
        row, account = relation.holders(book)
        return sorted(set(account[np.isin(row, rows)].tolist()))
    if relation.owner is None:
        return []
    return sorted({account for account in relation.owner(book)[rows].tolist() if account >= 0})


def _row_name(relation: Relation) -> str:
    """``positions`` -> ``a position``."""
    name = relation.name.removesuffix("s").replace("_", " ")
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _name(book: Book, account: int) -> str:
    return book.tables.profiles[account].id
