"""`riskd sql`: answers in three forms, friendly refusals, and a daemon that goes on writing meanwhile."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from riskd.adapters.duckdb_ledger import DuckdbLedger
from riskd.adapters.package_files import storage_directory
from tests.adapters.ledger_files import open_ledger
from tests.builders import NOW
from tests.cli.conftest import Riskd
from tests.cli.running import Ran, modules_after, run_process
from tests.cli.small_files import write_config
from tests.fakes.journal import MemoryJournal
from tests.record.builder import a_cycle, every_kind

ENDLESS = "select count(*) from range(1000000) a, range(1000000) b where (a.range * b.range) % 7 = 3"


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckdbLedger]:
    """A daemon's ledger, open for writing all the while."""
    ledger = open_ledger(tmp_path_factory.mktemp("state"))
    journal = MemoryJournal()
    for kind, body in every_kind():
        journal.append(kind, NOW, body)
    ledger.commit(a_cycle(1), journal.entries())
    ledger.commit(a_cycle(2))
    yield ledger
    ledger.close()


@pytest.fixture
def state(writer: DuckdbLedger) -> Path:
    return writer.path.parent


def test_a_question_is_answered_while_the_daemon_holds_the_ledger(riskd: Riskd, state: Path) -> None:
    ran = riskd("sql", "--state", state, "select snapshot_id, taken_at from snapshots order by 1")
    assert ran.code == 0
    assert ran.out == (
        "snapshot_id  taken_at\n"
        "          1  2026-03-02 12:00:10Z\n"
        "          2  2026-03-02 12:00:20Z\n"
    )  # fmt: skip
    assert ran.err == "2 rows; newest snapshot 2, 2026-03-02 12:00:20Z\n"


def test_programs_get_rows_and_nothing_else(riskd: Riskd, state: Path) -> None:
    query = "select taken_at, 1.50::decimal(9,2) as exact, -0.5::decimal(9,2) as loss, 'nan'::double as n from snapshots"
    as_json = riskd("sql", "--state", state, f"{query} limit 1", "--json")
    as_csv = riskd("sql", "--state", state, f"{query} limit 1", "--csv")
    row = {"taken_at": "2026-03-02 12:00:10Z", "exact": "1.50", "loss": "-0.50", "n": None}
    assert (as_json.json(), as_json.err) == ([row], "")
    assert list(csv.DictReader(io.StringIO(as_csv.out))) == [{**row, "n": ""}]
    assert as_csv.err == ""


def test_the_question_may_come_from_standard_input(state: Path, tmp_path: Path) -> None:
    question = "-- how many?\nselect count(*) as n from snapshots"
    ran = run_process("sql", "--state", state, "-", "--csv", directory=tmp_path, typed=question)
    assert (ran.code, ran.out, ran.err) == (0, "n\n2\n", "")


def test_a_limit_is_said(riskd: Riskd, state: Path) -> None:
    ran = riskd("sql", "--state", state, "from range(10)", "--limit", "3", "--csv")
    assert ran.out == "range\n0\n1\n2\n"
    assert ran.err == "only the first 3 rows; --limit shows more\n"


def test_the_ledger_is_found_by_the_configuration(riskd: Riskd, state: Path, tmp_path: Path) -> None:
    config = write_config(tmp_path, ("mode: observe", f"mode: observe\nstate: {state}"))
    assert riskd("sql", "--config", config, "select 1 as one", "--csv").out == "one\n1\n"


def test_text_of_a_venue_is_harmless(riskd: Riskd, state: Path) -> None:
    hostile = "chr(27) || '[2Jowned' || chr(8238)"
    for form in ((), ("--csv",), ("--json",)):
        ran = riskd("sql", "--state", state, f"select {hostile} as text", *form)
        assert ran.code == 0
        assert "[2Jowned" in ran.out
        assert not set(ran.out) & set("\x1b\u202e")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        pytest.param("drop table snapshots", "expected exactly one SELECT, found DROP", id="not a select"),
        pytest.param("select 1; delete from snapshots", "found SELECT, DELETE", id="two statements"),
        pytest.param("select takn_at from snapshots", 'Candidate bindings: "taken_at"', id="unknown column"),
        pytest.param("from snapshot", 'Did you mean "snapshots', id="unknown table"),
        pytest.param("selct 1", "syntax error", id="no SQL"),
        pytest.param("select * from read_csv('/etc/passwd')", "disabled", id="a file"),
        pytest.param("select chr(27)::integer", "\N{REPLACEMENT CHARACTER}", id="hostile text in the error"),
    ],
)
def test_a_refusal_says_why_and_is_wrong_use(riskd: Riskd, state: Path, query: str, words: str) -> None:
    ran = riskd("sql", "--state", state, query)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("refused: ")
    assert words in ran.err
    assert "Stack Trace" not in ran.err
    assert "\x1b" not in ran.err


def test_without_a_ledger_it_is_a_failure_with_its_cure(riskd: Riskd, tmp_path: Path) -> None:
    ran = riskd("sql", "--state", tmp_path, "select 1")
    assert (ran.code, ran.out) == (3, "")
    assert f"{tmp_path / 'hot.duckdb'}: no ledger there yet; `riskd run` makes it" in ran.err


def test_a_file_that_is_no_ledger_is_a_failure(riskd: Riskd, tmp_path: Path) -> None:
    (tmp_path / "hot.duckdb").write_bytes(b"not a database" * 1000)
    ran = riskd("sql", "--state", tmp_path, "select 1")
    assert (ran.code, ran.out) == (3, "")
    assert "hot.duckdb" in ran.err


@pytest.mark.parametrize("arguments", [(), ("select 1", "--tables"), ("select 1", "--csv", "--json")])
def test_options_that_contradict_each_other_are_wrong_use(
    riskd: Riskd, state: Path, arguments: tuple[str, ...]
) -> None:
    ran = riskd("sql", "--state", state, *arguments)
    assert ran.code == 2
    assert "Error: expected " in ran.err


def test_every_table_and_view_is_listed_with_what_its_columns_mean(riskd: Riskd, state: Path) -> None:
    rows = riskd("sql", "--state", state, "--tables", "--json").json()
    views = {row["relation"] for row in rows if row["kind"] == "view"}
    assert views == {path.stem for path in (storage_directory() / "views").glob("*.sql")}
    assert {"snapshots", "positions", "verdicts"} <= {
        row["relation"] for row in rows if row["kind"] == "table"
    }
    assert [row for row in rows if not row["meaning"] or not row["type"]] == []


def test_the_list_for_people_names_the_purpose_first(riskd: Riskd, state: Path) -> None:
    shown = riskd("sql", "--state", state, "--tables").out
    assert "\nsnapshots (table): One row a cycle: the moment at which the whole book was judged.\n" in shown
    assert "\nopen_alerts (view): Every alert that is pending, firing, clearing or unknown now" in shown
    assert "\n  taken_at         TIMESTAMP  The moment of judging, UTC.\n" in shown


def test_every_shipped_view_answers(riskd: Riskd, state: Path) -> None:
    for path in sorted((storage_directory() / "views").glob("*.sql")):
        ran = riskd("sql", "--state", state, f"from {path.stem}", "--json")
        assert (path.stem, ran.code, ran.err) == (path.stem, 0, "")


def has_child(process: subprocess.Popen[str]) -> bool:
    return bool(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text())


def interrupted(state: Path, directory: Path) -> Ran:
    """A question that would take for ever, and Ctrl-C as a terminal sends it: to the whole group."""
    process = subprocess.Popen(
        [sys.executable, "-m", "riskd.cli.main", "sql", "--state", str(state), ENDLESS],
        cwd=directory,
        env={**os.environ, "TMPDIR": str(directory)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not has_child(process):
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    return Ran(code=process.returncode, out=out, err=err)


def test_ctrl_c_cancels_and_leaves_nothing_behind(state: Path, tmp_path: Path) -> None:
    ran = interrupted(state, tmp_path)
    assert (ran.code, ran.out, ran.err.strip()) == (130, "", "stopped")
    assert list(tmp_path.iterdir()) == []


def test_the_engine_runs_in_a_process_of_its_own(state: Path, tmp_path: Path) -> None:
    modules = modules_after("sql", "--state", str(state), "select 1", directory=tmp_path)
    assert not modules & {"ccxt", "duckdb", "slack_sdk", "rich"}
