"""Runners of queries without a process: one that has no answers, and one that asks a real database in this process."""

from __future__ import annotations

import json
from collections.abc import Mapping

from riskd.adapters.sandbox_database import SandboxDatabase
from riskd.adapters.sandbox_guard import Refused
from riskd.adapters.sandbox_message import arrays
from riskd.measure.book.book import Book
from riskd.measure.relations.relation import filled
from riskd.measure.relations.relations import RELATIONS
from riskd.model.answer import Answer, Refusal

_SECONDS = 5.0
_ROWS = 20_000


class NoQueries:
    """For policies that have none."""

    def begin(self) -> None:
        raise AssertionError("this test has no runner of queries")

    def check(self, queries: Mapping[str, str]) -> dict[str, Refusal]:
        assert not queries, "this test has no runner of queries"
        return {}

    def ask(self, book: Book, queries: Mapping[str, str]) -> dict[str, Answer]:
        return dict.fromkeys(queries, Answer(failure="this test has no runner of queries"))

    def close(self) -> None:
        pass


class QueriesInProcess:
    """The same database, loaded in the same way, without the process that bounds it: for simulations of virtual time."""

    def __init__(self) -> None:
        self._database: SandboxDatabase | None = None

    def begin(self) -> None:
        self._opened()

    def check(self, queries: Mapping[str, str]) -> dict[str, Refusal]:
        refused = {}
        for rule, sql in queries.items():
            try:
                self._opened().check(sql, seconds=_SECONDS)
            except Refused as error:
                refused[rule] = error.refusal
        return refused

    def ask(self, book: Book, queries: Mapping[str, str]) -> dict[str, Answer]:
        database, answers = self._opened(), {}
        for relation in RELATIONS.values():
            columns = filled(book, relation, [column.name for column in relation.columns]).columns
            database.load(relation.name, arrays((column.name, cells) for column, cells in columns))
        for rule, sql in queries.items():
            reads = database.check(sql, seconds=_SECONDS)
            rows = database.run(sql, row_limit=_ROWS, seconds=_SECONDS)
            answers[rule] = Answer(rows=tuple(rows), reads=reads)
        return answers

    def close(self) -> None:
        self._database = None

    def _opened(self) -> SandboxDatabase:
        if self._database is None:
            self._database = SandboxDatabase(typed_schema())
        return self._database


def typed_schema() -> dict[str, list[tuple[str, str]]]:
    """The schema as the process gets it."""
    return {
        relation.name: [(column.name, column.type.value) for column in relation.columns]
        for relation in RELATIONS.values()
    }


def cells_of(array: str) -> list[object]:
    """A column as it goes over the pipe, read back."""
    cells: list[object] = json.loads(array)
    return cells
