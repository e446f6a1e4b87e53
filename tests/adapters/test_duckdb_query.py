"""SQL for people: works beside the writer, and can do nothing but read."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from riskd.adapters.duckdb_ledger import LEDGER_NAME, DuckdbLedger
from riskd.adapters.duckdb_query import Result, run_query
from riskd.adapters.duckdb_query_child import answer_of, open_for_people
from riskd.adapters.package_files import storage_directory
from riskd.errors import LedgerError, QueryRefused
from tests.adapters.ledger_files import everything, open_ledger
from tests.builders import NOW
from tests.fakes.journal import MemoryJournal
from tests.record.builder import a_cycle, every_kind


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def writer(directory: Path) -> Iterator[DuckdbLedger]:
    """A daemon's ledger, open all the while, with two cycles and every kind of journal entry."""
    ledger = open_ledger(directory)
    journal = MemoryJournal()
    for kind, body in every_kind():
        journal.append(kind, NOW, body)
    ledger.commit(a_cycle(1, values=(math.inf, math.nan)), journal.entries())
    ledger.checkpoint()
    ledger.commit(a_cycle(2))  # in the log only
    yield ledger
    ledger.close()


@pytest.fixture
def ledger(writer: DuckdbLedger) -> Path:
    return writer.path


def ask(ledger: Path, sql: str, row_limit: int = 100) -> Result:
    return run_query(ledger, sql, row_limit=row_limit, timeout_seconds=20)


def test_a_query_sees_the_file_and_the_log_while_the_writer_holds_them(ledger: Path) -> None:
    result = ask(ledger, "select snapshot_id, taken_at, policy_hash, duration_ms from snapshots order by 1")

    assert [column.name for column in result.columns] == [
        "snapshot_id",
        "taken_at",
        "policy_hash",
        "duration_ms",
    ]
    assert [column.type for column in result.columns] == ["BIGINT", "TIMESTAMP", "VARCHAR", "DOUBLE"]
    assert result.rows == (
        (1, "2026-03-02 12:00:10", "p" * 64, 125.0),
        (2, "2026-03-02 12:00:20", "p" * 64, 125.0),
    )
    assert (result.snapshot_id, result.taken_at) == (2, "2026-03-02 12:00:20")
    assert not result.truncated


def test_the_views_are_there(ledger: Path) -> None:
    assert ask(ledger, "select account, leverage_gross from exposure_by_account").rows == (("main", 1.0),)
    assert ask(ledger, "from open_alerts select rule, level").rows == (("test/leverage", "breach"),)


def test_unknown_is_none_and_infinity_is_infinite(ledger: Path) -> None:
    rows = ask(ledger, "select value from verdicts where snapshot_id = 1").rows

    assert rows == ((math.inf,), (None,))


def test_values_that_json_does_not_know_come_as_text(ledger: Path) -> None:
    result = ask(
        ledger,
        """select 1.50::decimal(9, 2), date '2026-01-02', '\\xAB'::blob, [1, 2], {'a': 1}, interval 1 hour,
                  170141183460469231731687303715884105727::hugeint, true, ''""",
    )

    assert result.rows == (
        ("1.50", "2026-01-02", "ab", "[1, 2]", '{"a": 1}', "1:00:00", 2**127 - 1, True, ""),
    )


def test_parameters_are_values_and_never_sql(ledger: Path) -> None:
    sql = "select $x as x, count(*) from positions where symbol = $x"

    result = run_query(ledger, sql, parameters={"x": "' or 1=1; drop table positions; --"})

    assert result.rows == (("' or 1=1; drop table positions; --", 0),)


def test_more_rows_than_asked_for_are_cut_and_it_is_said(ledger: Path) -> None:
    result = ask(ledger, "from range(3000)", row_limit=1500)

    assert len(result.rows) == 1500
    assert result.truncated
    assert not ask(ledger, "from range(1500)", row_limit=1500).truncated


@pytest.mark.parametrize(
    "sql",
    [
        "with w as (select 1 as x) select x from w",
        "values (1)",
        "(select 1)",
        "select 1 -- ; drop table positions",
        "/* a comment */ select 1;",
        "describe positions",
        "summarize positions",
        "select account, sum(notional_usd) over (partition by account) from positions",
        "select * from positions asof join marks on positions.symbol = marks.symbol and positions.taken_at >= marks.taken_at",
    ],
)
def test_honest_queries_run(sql: str, ledger: Path) -> None:
    assert ask(ledger, sql).rows


HOSTILE = [
    # no statement, or more than one
    "",
    ";",
    "-- nothing",
    "select 1; select 2",
    "select 1; drop table positions",
    # writing
    "drop table positions",
    "delete from positions",
    "update positions set quantity = 0",
    "insert into positions select * from positions",
    "create table t (x int)",
    "create or replace temp view positions as select 1",
    "truncate positions",
    "alter table positions add column x int",
    "merge into positions using marks on true when matched then delete",
    "with gone as (delete from positions returning *) select * from gone",
    "explain analyze delete from positions",
    "prepare p as delete from positions",
    "call checkpoint()",
    "vacuum",
    "begin transaction",
    "commit; drop table positions",
    "pivot positions on symbol using count(*)",
    # the file system and the network
    "copy positions to 'out.csv'",
    "copy (select 1) to '/tmp/riskd-attack.parquet'",
    "export database 'out'",
    "attach 'other.duckdb'",
    "attach '/etc/passwd' as p",
    "select * from read_text('/etc/passwd')",
    "select * from read_blob('/proc/self/environ')",
    "select * from read_csv('/etc/passwd')",
    "select * from read_json('/etc/hostname')",
    "select * from read_parquet('http://127.0.0.1/x.parquet')",
    "from '/etc/passwd'",
    "select * from glob('/*')",
    "select * from 'https://example.org/x.csv'",
    "select * from query('delete from positions')",
    "select * from duckdb_secrets()",
    "select getenv('HOME')",
    # the configuration
    "set enable_external_access = true",
    "reset enable_external_access",
    "set memory_limit = '100GB'",
    "pragma enable_profiling",
    "install httpfs",
    "load httpfs",
    "use system",
    # this process
    "select * from request",
    "select * from sys",
    "select * from __builtins__",
]


@pytest.fixture(scope="module")
def locked_in(writer: DuckdbLedger, tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """What the child works with, without the cost of a child for each attack. The copy is made by another process."""
    copied = tmp_path_factory.mktemp("copied")
    subprocess.run(["cp", "-r", f"{writer.path.parent}/.", copied], check=True)
    private = tmp_path_factory.mktemp("private")
    return open_for_people(copied / LEDGER_NAME, storage_directory() / "views", private)


@pytest.mark.parametrize("sql", HOSTILE)
def test_hostile_statements_are_refused(sql: str, locked_in: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises((QueryRefused, duckdb.Error)):
        answer_of(locked_in, sql, {}, 10)

    assert answer_of(locked_in, "select count(*) from positions", {}, 10)["rows"] == [[4]]


@pytest.mark.parametrize(
    "sql",
    [
        "set memory_limit = '100GB'",
        "set enable_external_access = true",
        "insert into positions select * from positions",
        "drop table positions",
        "copy positions to 'out.csv'",
        "attach 'other.duckdb'",
    ],
)
def test_the_engine_refuses_even_what_is_not_looked_at(
    sql: str, locked_in: duckdb.DuckDBPyConnection
) -> None:
    with pytest.raises(duckdb.Error):
        locked_in.execute(sql)


@pytest.mark.parametrize("sql", HOSTILE[::9])
def test_hostile_statements_are_refused_from_end_to_end(sql: str, ledger: Path) -> None:
    with pytest.raises(QueryRefused):
        ask(ledger, sql)


def test_what_is_left_to_an_attacker_changes_nothing(writer: DuckdbLedger, directory: Path) -> None:
    before = everything(writer)
    for sql in ("select * from checkpoint()", "select current_setting('temp_directory')"):
        ask(writer.path, sql)  # harmless on a copy

    assert everything(writer) == before
    assert {path.name for path in directory.iterdir()} == {LEDGER_NAME, f"{LEDGER_NAME}.wal"}


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select length(repeat('x', 4000000000))", "Out of Memory|memory"),
        ("select repeat('x', 50000000)", "larger than 32 MiB"),
        ("selekt 1", "syntax error"),
        ("select nothing from positions", "nothing"),
        ("select now()", r"now\(\)::timestamp"),
        ("select '" + "x" * 100_000 + "'", "at most 100000 are allowed"),
        ("select $x", "x"),
    ],
)
def test_a_refusal_says_why(sql: str, said: str, ledger: Path) -> None:
    with pytest.raises(QueryRefused, match=said):
        ask(ledger, sql)


def test_a_query_without_end_is_killed(ledger: Path) -> None:
    with pytest.raises(QueryRefused, match=r"did not finish within 0\.2 s and was killed"):
        run_query(ledger, "select count(*) from range(10000000) a, range(10000000) b", timeout_seconds=0.2)


def test_where_there_is_no_ledger_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be copied: No such file"):
        ask(tmp_path / LEDGER_NAME, "select 1")


def test_a_file_that_is_no_ledger_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / LEDGER_NAME).write_text(json.dumps({"not": "a database"}))

    with pytest.raises(LedgerError, match="no good copy"):
        ask(tmp_path / LEDGER_NAME, "select 1")


def test_the_newest_row_of_each_is_not_left_to_an_optimizer_that_loses_rows(ledger: Path) -> None:
    setting = ask(ledger, "select current_setting('disabled_optimizers')")

    assert setting.rows == (("top_n_window_elimination",),)


def test_a_failure_of_the_engine_is_told_without_its_stack(ledger: Path) -> None:
    with pytest.raises(QueryRefused) as refused:
        ask(
            ledger,
            "select error('it broke' || chr(10) || chr(10) || 'Stack Trace:' || chr(10) || '0 duckdb::f')",
        )

    assert "it broke" in str(refused.value)
    assert "Stack" not in str(refused.value)
