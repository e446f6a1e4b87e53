"""Runners for the queries of policies: made ready while files are read, asked in every cycle."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from riskd.adapters.sandbox import PATIENT, Sandbox
from riskd.judge.answered import Ask
from riskd.measure.book.book import Book
from riskd.model.answer import Answer
from riskd.policy.rule import Rule
from riskd.ports import QueryRunner

_MAYBE_QUERY = re.compile(r"^[\s-]*sql:", re.MULTILINE)


@contextmanager
def patient_queries() -> Iterator[QueryRunner]:
    """A runner for a command that looks once; its process is started only when there is something to ask."""
    runner = Sandbox(PATIENT)
    try:
        yield runner
    finally:
        runner.close()


def asking(runner: QueryRunner) -> Ask:
    """Asks rules' queries of a runner."""

    def ask(book: Book, rules: Sequence[Rule]) -> Mapping[str, Answer]:
        texts = {rule.id: rule.query.text for rule in rules if rule.query is not None}
        return runner.ask(book, texts)

    return ask


def expect_queries(texts: Sequence[tuple[str, str]], runner: QueryRunner) -> None:
    """Let a runner make ready while files are still being read, where one of them looks as if it had a query."""
    if any(_MAYBE_QUERY.search(text) for _, text in texts):
        runner.begin()
