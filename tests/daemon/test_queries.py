"""Policies with queries: refused with their place while they cannot be asked, asked in every cycle when they can."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from riskd.adapters.sandbox import PATIENT, Sandbox
from riskd.cycle import judge
from riskd.daemon.policies import PolicySource, load_policies
from riskd.daemon.policy_files import load_policy_files
from riskd.daemon.queries import asking, patient_queries
from riskd.errors import PolicyError, Problem
from riskd.measure.book.book import Book
from riskd.model.answer import Answer
from riskd.model.verdict import Level
from riskd.policy.load import load
from tests.builders import BTC, NOW, a_history, a_position, a_snapshot, an_account
from tests.fakes.queries import NoQueries, QueriesInProcess

GOOD = """riskd: policy/v1
name: own
title: A question of our own
owner: us
version: "1"
mode: observe
rules:
  - id: gross
    title: Gross over equity
    why: A test.
    unit: multiple
    per: account
    sql: |
      select a.account as subject, sum(p.gross) / max(a.equity) as value
      from exposure.accounts a
      left join exposure.positions p using (account)
      group by a.account
    max: {warn: 2x, breach: 3x}
tests:
  - name: the query is asked of rows
    rule: gross
    accounts: [{id: main, equity: 10k USD}]
    positions: [{symbol: "BTC/USDT:USDT", side: long, notional: 35k USD, mark: 60k USD}]
    expect: [{is: breach, value: 3.5x}]
"""
PLAIN = GOOD[: GOOD.index("    unit:")] + "    measure: leverage\n    per: account\n    max: 5x\n"


@pytest.fixture
def queries() -> Iterator[Sandbox]:
    sandbox = Sandbox(PATIENT)
    yield sandbox
    sandbox.close()


def problems(text: str) -> tuple[Problem, ...]:
    """What a text is refused for, which must be something."""
    with pytest.raises(PolicyError) as refusal:
        load([("own.yaml", text)], refuse=QueriesInProcess().check)
    return refusal.value.problems


def test_good_queries_are_no_problem() -> None:
    (rule,) = load([("own.yaml", GOOD)], refuse=QueriesInProcess().check).rules
    assert rule.query is not None


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "what"),
    [
        ("p.gross", "p.grosz", 14, 40, "there is no column 'grosz'"),
        ("exposure.positions p", "positions p", 16, 17, "a query cannot see 'positions'"),
        ("group by a.account", "group by a.account limit 3", 13, 10, "LIMIT without ORDER BY"),
        ("sum(p.gross)", "sum(p.symbol)", 14, 36, "sum(VARCHAR)"),
        ("as value", "as val", 13, 10, "the columns are subject, val"),
        ("group by", "grop by", 17, 7, 'syntax error at or near "grop"'),
    ],
)
def test_a_query_that_cannot_be_asked_is_a_problem_at_its_place(
    old: str, new: str, line: int, column: int, what: str
) -> None:
    (problem,) = problems(GOOD.replace(old, new, 1))

    assert (problem.line, problem.column, problem.code) == (line, column, "P241"), str(problem)
    assert what in problem.what
    assert problem.source_line


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        ("sql: select account as subject, random() as value from exposure.accounts", 13, 37),
        ('sql: "select account as subject, random() as value from exposure.accounts"', 13, 38),
        ("sql: >\n      select account as subject,\n      random() as value from exposure.accounts", 15, 7),
        (
            "sql: |-\n\n      select account as subject,\n        random() as value from exposure.accounts",
            16,
            9,
        ),
    ],
)
def test_the_place_is_right_however_the_text_is_written(written: str, line: int, column: int) -> None:
    begin, end = GOOD.index("sql: |"), GOOD.index("    max:")
    text = GOOD[:begin] + written + "\n" + GOOD[end : GOOD.index("tests:")]

    (problem,) = problems(text)

    assert (problem.line, problem.column) == (line, column), str(problem)


def test_policies_with_a_refused_query_do_not_load(tmp_path: Path, queries: Sandbox) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(GOOD.replace("exposure.positions", "'file.csv'"), encoding="utf-8")

    with pytest.raises(PolicyError, match=r"own.yaml:16:17: error\[P241\]: a query cannot see 'file.csv'"):
        load_policies([str(file)], queries)


@pytest.mark.parametrize("load_files", [load_policies, load_policy_files])
def test_a_refused_query_is_told_with_every_other_fault_and_a_missing_file(
    load_files: Callable[[Sequence[str], Sandbox], object], tmp_path: Path, queries: Sandbox
) -> None:
    own, plain, gone = (tmp_path / name for name in ("own.yaml", "plain.yaml", "gone.yaml"))
    own.write_text(
        GOOD.replace("p.gross", "p.grosz", 1).replace("owner: us", "owner: ''").replace("35k USD", "35k"),
        encoding="utf-8",
    )
    plain.write_text(PLAIN.replace("name: own", "name: plain").replace("5x", "5%"), encoding="utf-8")

    with pytest.raises(PolicyError) as refusal:
        load_files([str(own), str(gone), str(plain)], queries)

    assert [(each.file, each.line, each.code) for each in refusal.value.problems] == [
        (str(gone), 1, "P000"),
        (str(own), 4, "P105"),
        (str(own), 14, "P241"),
        (str(own), 23, "P106"),
        (str(plain), 13, "P201"),
    ]


def test_the_daemon_loads_policies_whose_queries_and_tests_are_good(tmp_path: Path, queries: Sandbox) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(GOOD, encoding="utf-8")
    source = PolicySource(names=(str(file),), desk=a_snapshot().desk, queries=queries)

    assert source.read(NOW).bundle.rules[0].id == "own/gross"

    file.write_text(GOOD.replace("35k USD", "36k USD"), encoding="utf-8")
    with pytest.raises(PolicyError, match=r"expected the value 3\.5x, found 3\.6x"):
        source.read(NOW)


def test_policies_without_queries_start_no_process(tmp_path: Path) -> None:
    file = tmp_path / "plain.yaml"
    file.write_text(PLAIN, encoding="utf-8")
    sandbox = Sandbox()

    load_policies([str(file)], sandbox)

    assert sandbox.pid is None
    assert load_policies([str(file)], NoQueries()).bundle.rules
    with patient_queries() as queries:
        assert isinstance(queries, Sandbox)
        assert load_policy_files([str(file)], queries).rules
        assert queries.pid is None


def test_a_query_fires_and_holds_its_alert_while_its_process_is_gone(queries: Sandbox) -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=20_000)], positions=[a_position(BTC, 1.0, mark=60_000.0, entry=60_000.0)]
    )
    book = Book.of(snapshot, a_history(snapshot))
    bundle = load([("own.yaml", GOOD.replace("warn: 2x, breach: 3x", "warn: 2x, breach: 2.5x"))])

    fired = judge(bundle, snapshot, book, {}, now=NOW, ask=asking(queries))
    down = judge(
        bundle,
        snapshot,
        book,
        fired.advance.states,
        now=NOW + timedelta(seconds=10),
        ask=lambda _, rules: {rule.id: Answer(failure="the query process was lost") for rule in rules},
    )

    (state,) = down.advance.states.values()
    assert fired.readings[0].values.tolist() == [3.0]
    assert fired.readings[0].levels.tolist() == [Level.BREACH]
    assert math.isnan(down.readings[0].values[0])
    assert down.readings[0].unknown == ("the query process was lost",)
    assert state.level is Level.BREACH
    assert not down.advance.events
