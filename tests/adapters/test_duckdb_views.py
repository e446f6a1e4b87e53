"""Views and audit questions: each has a manual that is true, and gives the right answer about a day written by hand."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from riskd.adapters.duckdb_ledger import LEDGER_NAME
from riskd.adapters.duckdb_query_child import answer_of, one_select, open_for_people
from riskd.adapters.package_files import storage_directory
from riskd.adapters.question_files import audits, read_questions, run_audit
from riskd.errors import QueryRefused
from riskd.model.alert import EventKind
from riskd.model.flow import IncomeKind
from riskd.model.journal import EntryKind
from riskd.record.bodies import (
    PolicyText,
    daemon_body,
    delivery_body,
    event_body,
    intent_body,
    message_body,
    policy_body,
    receipt_body,
)
from riskd.record.plan_text import plan_body
from riskd.record.question import Question
from tests.adapters.ledger_files import open_ledger
from tests.builders import BTC, NOW, a_position, a_snapshot, an_account
from tests.fakes.journal import MemoryJournal
from tests.record.builder import (
    POLICY_HASH,
    Step,
    a_cycle,
    a_message,
    a_plan,
    a_receipt,
    a_state,
    an_event,
    an_income,
    an_intent,
)

VIEWS = read_questions(storage_directory() / "views")
AUDITS = audits()
Rows = list[list[Any]]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six cycles, ten seconds apart but for a pause of two minutes, and what was said and done in between."""
    directory = tmp_path_factory.mktemp("state")
    ledger, journal = open_ledger(directory), MemoryJournal()
    for kind, body in story():
        journal.append(kind, NOW, body)
    ledger.catch_up(journal)
    # BTC position: breach, breach, unknown, unknown, ok, unknown; ETH position: always fine.
    for number, value in enumerate([6.0, 7.0, math.nan, math.nan, 2.0, math.nan], start=1):
        taken_at = NOW + timedelta(seconds=10 * number + (120 if number > 2 else 0))
        ledger.commit(a_cycle(number, taken_at=taken_at, values=(value, 1.0), incomes=incomes()))
    ledger.close()
    return directory


def story() -> list[Step]:
    """Policy, alert, message, plan, order."""
    return [
        (EntryKind.START, daemon_body("riskd started")),
        (EntryKind.POLICY, policy_body(POLICY_HASH, [PolicyText(file="p.yaml", text="rules: []\n")])),
        (EntryKind.EVENT, event_body(an_event(EventKind.PENDING, version=1), a_state(1, "pending"))),
        (EntryKind.EVENT, event_body(an_event(EventKind.FIRED, version=2), a_state(2, "firing"))),
        (EntryKind.MESSAGE, message_body(a_message("m1"))),
        (EntryKind.MESSAGE, message_body(a_message("m2", thread="m1"))),
        (EntryKind.DELIVERY, delivery_body(channel="slack", key="m1", thread="m1", reference="1700.1")),
        (EntryKind.PLAN, plan_body(a_plan())),
        (EntryKind.INTENT, intent_body(an_intent("a" * 32))),
        (EntryKind.RECEIPT, receipt_body(a_receipt("a" * 32))),
        (EntryKind.INTENT, intent_body(an_intent("b" * 32, limit_price=None))),
    ]


def incomes() -> list[tuple[str, Any]]:
    """Three settlements, the same in every cycle."""
    return [
        ("main", an_income("1", IncomeKind.FUNDING, "-1.10000001")),
        ("main", replace(an_income("2", IncomeKind.FUNDING, "0.3"), at=NOW + timedelta(hours=8))),
        ("other", an_income("1", IncomeKind.FUNDING, "-5")),
    ]


@pytest.fixture(scope="module")
def people(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    private = tmp_path_factory.mktemp("private")
    with open_for_people(directory / LEDGER_NAME, storage_directory() / "views", private) as connection:
        yield connection


def rows(people: duckdb.DuckDBPyConnection, sql: str, **parameters: str) -> Rows:
    found: Rows = answer_of(people, sql, parameters, 1000)["rows"]
    return found


def answers(people: duckdb.DuckDBPyConnection, name: str, **parameters: str) -> Rows:
    """The answer to an audit question."""
    question = next(question for question in AUDITS if question.name == name)
    defaults = {parameter.name: parameter.default for parameter in question.parameters}
    return rows(people, question.sql, **{**defaults, **parameters})


@pytest.mark.parametrize("question", [*VIEWS, *AUDITS], ids=lambda question: question.name)
def test_a_manual_names_exactly_the_columns_and_parameters_there_are(
    question: Question, people: duckdb.DuckDBPyConnection
) -> None:
    defaults = {parameter.name: parameter.default for parameter in question.parameters}

    answer = answer_of(people, question.sql, defaults, 1000)

    assert [name for name, _ in answer["columns"]] == [name for name, _ in question.columns]
    assert one_select(question.sql).named_parameters == set(defaults)
    assert re.search(r"[.?]$", question.purpose)


def test_the_five_views_and_the_audits_are_there() -> None:
    assert [view.name for view in VIEWS] == [
        "exposure_by_account",
        "open_alerts",
        "orders_explained",
        "time_in_breach",
        "unknown_spells",
    ]
    assert len(AUDITS) >= 8


def test_exposure_is_that_of_the_last_cycle(people: duckdb.DuckDBPyConnection) -> None:
    assert rows(people, "select account, taken_at, positions from exposure_by_account") == [
        ["main", "2026-03-02 12:03:00", 2]
    ]


def test_an_open_alert_shows_its_newest_state_once(people: duckdb.DuckDBPyConnection) -> None:
    sql = "select rule, condition, level, last_change, value, limit_value from open_alerts"

    assert rows(people, sql) == [["test/leverage", "firing", "breach", "fired", 6.0, 5.0]]


def test_an_order_leads_back_to_its_plan_alert_and_policy(people: duckdb.DuckDBPyConnection) -> None:
    sql = """select quantity_exact, limit_price_exact, status, filled_exact, plan_id, target, rule, alert_value,
                    alert_limit, policy_hash, client_order_id from orders_explained"""

    assert rows(people, sql) == [
        [
            "0.200",
            "59950.0",
            "filled",
            "0.200",
            "plan-1",
            4.5,
            "test/leverage",
            6.0,
            5.0,
            POLICY_HASH,
            "a" * 32,
        ],
        ["0.200", "", "intended", None, "plan-1", 4.5, "test/leverage", 6.0, 5.0, POLICY_HASH, "b" * 32],
    ]
    ((said, because),) = [row[4:6] for row in answers(people, "why_order", order="a*")]
    assert said == "SELL 0.200 of 0.500 held, limit 59950.0"
    assert because.startswith(
        "test/leverage of account=main symbol=BTC/USDT:USDT side=long: deleverage at 6.0, limit 5.0"
    )
    assert answers(people, "why_order", account="nobody") == []


def test_time_in_breach_counts_a_minute_at_most_for_a_pause(people: duckdb.DuckDBPyConnection) -> None:
    sql = "select subject, cycles, breach_seconds, critical_seconds, first_at, last_at from time_in_breach"

    assert rows(people, sql) == [
        [
            "account=main symbol=BTC/USDT:USDT side=long",
            2,
            70.0,
            0.0,
            "2026-03-02 12:00:10",
            "2026-03-02 12:00:20",
        ]
    ]


def test_unknown_spells_are_runs_without_a_break(people: duckdb.DuckDBPyConnection) -> None:
    assert rows(people, "select began_at, ended_at, cycles, unknown_reason from unknown_spells") == [
        ["2026-03-02 12:02:30", "2026-03-02 12:02:40", 2, "equity"],
        ["2026-03-02 12:03:00", "2026-03-02 12:03:00", 1, "equity"],
    ]


def test_a_pause_is_found_with_what_was_said_meanwhile(people: duckdb.DuckDBPyConnection) -> None:
    assert [row[:3] for row in answers(people, "missed_cycles")] == [
        ["2026-03-02 12:00:20", "2026-03-02 12:02:30", 130.0]
    ]
    assert answers(people, "missed_cycles", seconds="131") == []


def test_funding_is_summed_exactly_and_once(people: duckdb.DuckDBPyConnection) -> None:
    assert [row[:4] for row in answers(people, "funding_paid")] == [
        ["other", BTC, 1, "-5.00000000"],
        ["main", BTC, 2, "-0.80000001"],
    ]
    assert [
        row[2:4] for row in answers(people, "funding_paid", account="main", since="2026-03-02 13:00")
    ] == [[1, "0.30000000"]]
    assert Decimal("-1.10000001") + Decimal("0.3") == Decimal("-0.80000001")


def test_a_message_that_reached_nobody_comes_first(people: duckdb.DuckDBPyConnection) -> None:
    assert [(row[1], row[4], row[6]) for row in answers(people, "message_delays")] == [
        ("m2", None, None),
        ("m1", "slack", 0.0),
    ]


def test_policies_are_listed_with_the_cycles_judged_under_them(people: duckdb.DuckDBPyConnection) -> None:
    assert answers(people, "policy_changes") == [["2026-03-02 12:00:00", POLICY_HASH, "p.yaml", 10, "", 6]]


def test_numbers_that_add_up_leave_nothing_to_report_and_others_are_named(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    honest = a_snapshot(id=1, positions=[a_position(BTC, 1), a_position(BTC, 2, account="b")])
    crooked = a_snapshot(id=2, accounts=[an_account("main")], positions=[a_position(BTC, 1)])
    crooked.positions.notional[0] += 1.0
    ledger.commit(a_cycle(1, snapshot=honest, values=()))
    ledger.commit(a_cycle(2, snapshot=crooked, values=()))
    ledger.close()
    private = tmp_path / "private"
    private.mkdir()

    with open_for_people(tmp_path / LEDGER_NAME, storage_directory() / "views", private) as connection:
        said = answers(connection, "arithmetic")

    assert said == [[2, "main", f"notional_usd = quantity * mark_price of {BTC}", 60_001.0, 60_000.0]]


def test_a_question_is_asked_through_the_child_with_its_defaults(directory: Path) -> None:
    question = next(question for question in AUDITS if question.name == "worst_hour")

    result = run_audit(directory / LEDGER_NAME, question, {"account": "ma*"})

    assert [column.name for column in result.columns] == [name for name, _ in question.columns]
    assert result.rows[0][:3] == ("main", "2026-03-02 12:00:00", 1.0)
    with pytest.raises(QueryRefused, match="audit worst_hour has no parameter acount; it has account, since"):
        run_audit(directory / LEDGER_NAME, question, {"acount": "main"})
