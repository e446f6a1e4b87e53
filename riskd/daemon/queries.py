"""The queries of policies: checked before the policies may judge, asked in every cycle."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from riskd.adapters.sandbox import PATIENT, Sandbox
from riskd.errors import PolicyError, Problem
from riskd.judge.answered import Ask
from riskd.measure.book import Book
from riskd.model.answer import Answer, Refusal
from riskd.policy.bundle import Bundle
from riskd.policy.rule import Mark, Query, Rule
from riskd.policy.text.problems import Code, Problems
from riskd.policy.text.scalar_place import place_in
from riskd.policy.text.yaml_text import ScalarKind, ScalarNode
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
        return runner.ask(book, _texts(rules))

    return ask


def expect_queries(texts: Sequence[tuple[str, str]], runner: QueryRunner) -> None:
    """Let a runner make ready while files are still being read, where one of them looks as if it had a query."""
    if any(_MAYBE_QUERY.search(text) for _, text in texts):
        runner.begin()


def check_queries(bundle: Bundle, texts: Sequence[tuple[str, str]], runner: QueryRunner) -> None:
    """Refuse policies of which a query may not be asked.

    Args:
        bundle: The policies.
        texts: The files that they were made of.
        runner: Knows which queries may be asked.

    Raises:
        PolicyError: With one problem for each such query, at its place in the file.
    """
    problems = query_problems(bundle, texts, runner)
    if problems:
        raise PolicyError(problems)


def query_problems(
    bundle: Bundle, texts: Sequence[tuple[str, str]], runner: QueryRunner
) -> tuple[Problem, ...]:
    """What is wrong with the queries of policies; nothing is started when there are none."""
    queries = _texts(bundle.rules)
    if not queries:
        return ()
    refused, files = runner.check(queries), dict(texts)
    problems: dict[str, Problems] = {}
    for rule in bundle.rules:
        if rule.query is not None and rule.id in refused:
            file = rule.query.mark.file
            if file not in problems:
                problems[file] = Problems(file=file, text=files.get(file, ""))
            refusal = refused[rule.id]
            place = _place(problems[file].lines, rule.query, refusal)
            problems[file].add(place, Code.QUERY, refusal.what, refusal.cure)
    return tuple(problem for found in problems.values() for problem in found.found)


def _texts(rules: Sequence[Rule]) -> dict[str, str]:
    return {rule.id: rule.query.text for rule in rules if rule.query is not None}


def _place(lines: Sequence[str], query: Query, refusal: Refusal) -> Mark:
    if refusal.offset is None or query.end is None:
        return query.mark
    node = ScalarNode(text=query.text, kind=ScalarKind.TEXT, mark=query.mark, end=query.end)
    return place_in(lines, node, len(query.text.encode()[: refusal.offset].decode(errors="ignore")))
