"""Queries in their process: answered, bounded, and unable to harm the cycle whatever becomes of the process."""

from __future__ import annotations

import math
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from riskd.adapters.sandbox import Limits, Sandbox
from riskd.adapters.system_clock import SystemClock
from riskd.measure.book.book import Book
from riskd.model.answer import Answer
from tests.adapters import hostile_sql
from tests.adapters.hostile_sql import HOSTILE
from tests.builders import BTC, ETH, NAN, a_history, a_position, a_snapshot, an_account

EQUITY = "select account as subject, equity as value from exposure.accounts"
LEVERAGE = """select a.account as subject, sum(gross) / max(equity) as value
from exposure.accounts a left join exposure.positions p using (account) group by a.account"""
# 400 positions to the power of 4, one after the other: minutes, in little memory.
BOMB = f"""select 'x' as subject, count(*) as value from {", ".join(f"exposure.positions {name}" for name in "abcd")}
where {" + ".join(f"{name}.gross" for name in "abcd")} < 0"""
ROOMY = Limits(query_seconds=5.0, cycle_seconds=20.0)
_MODULES = "tests.adapters."


def book_of(*accounts: tuple[str, float]) -> Book:
    rows = [an_account(name, wallet=wallet) for name, wallet in accounts]
    held = [a_position(symbol, 0.1, name) for name, _ in accounts for symbol in (BTC, ETH)]
    snapshot = a_snapshot(accounts=rows, positions=held)
    return Book.of(snapshot, a_history(snapshot))


BOOK = book_of(("main", 50_000.0), ("other", 10_000.0))
LARGE = book_of(*((f"a{number:03d}", 1000.0) for number in range(200)))


@pytest.fixture
def runner() -> Iterator[Callable[..., Sandbox]]:
    """Makes runners whose processes are gone after the test."""
    made: list[Sandbox] = []

    def make(limits: Limits = ROOMY, child: str = "") -> Sandbox:
        sandbox = Sandbox(limits, module=_MODULES + child) if child else Sandbox(limits)
        made.append(sandbox)
        return sandbox

    yield make
    for sandbox in made:
        sandbox.close()


def ask(sandbox: Sandbox, sql: str, book: Book = BOOK) -> Answer:
    return sandbox.ask(book, {"rule": sql})["rule"]


PASSING = ("starting", "lost", "rests")
# Without the guard a bomb may leave the engine broken, and the next statement, however harmless, ends its process.
PASSING_UNGUARDED = (*PASSING, "took the query process down")


def until_answered(
    sandbox: Sandbox, sql: str, book: Book = BOOK, *, passing: tuple[str, ...] = PASSING
) -> Answer:
    """Cycles until a query is answered: a process that was just started may need a while on a busy machine."""
    answer = Answer(failure="never asked")
    for number in range(200):
        answer = ask(sandbox, f"{sql} -- {number}", book)
        if not answer.failure:
            break
        assert any(word in answer.failure for word in passing), answer
    return answer


# ---- answers -------------------------------------------------------------------------------------------------------


def test_a_query_is_asked_of_the_snapshot_that_it_is_given(runner: Callable[..., Sandbox]) -> None:
    sandbox = runner()

    assert dict(ask(sandbox, EQUITY).rows) == {"main": 50_000.0, "other": 10_000.0}
    assert dict(ask(sandbox, EQUITY, book_of(("third", 5.0))).rows) == {"third": 5.0}


def test_an_answer_says_what_was_read(runner: Callable[..., Sandbox]) -> None:
    assert ask(runner(), EQUITY).reads == {("accounts", name) for name in ("account", "equity")}


def test_an_unknown_number_makes_a_sum_unknown_and_is_never_left_out(
    runner: Callable[..., Sandbox],
) -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1.0), a_position(ETH, 1.0, mark=NAN)])
    sql = "select account as subject, sum(gross) as value from exposure.positions group by account"

    ((subject, value),) = ask(runner(), sql, Book.of(snapshot, a_history(snapshot))).rows

    assert subject == "main"
    assert value is not None
    assert math.isnan(value)


def test_the_same_snapshot_gives_the_same_values_to_the_last_bit(runner: Callable[..., Sandbox]) -> None:
    sandbox, another = runner(), runner()

    answers = [ask(sandbox, LEVERAGE, LARGE), ask(sandbox, LEVERAGE, LARGE), ask(another, LEVERAGE, LARGE)]

    assert len(answers[0].rows) == 200
    assert {answer.rows for answer in answers} == {answers[0].rows}


def test_several_queries_are_answered_each_by_itself(runner: Callable[..., Sandbox]) -> None:
    queries = {"a": EQUITY, "b": "drop table exposure.accounts", "c": LEVERAGE, "d": "select 1 / 0"}

    answers = runner().ask(BOOK, queries)

    assert list(answers["a"].rows) == [("main", 50_000.0), ("other", 10_000.0)]
    assert answers["b"].failure == "its query is refused: this is not a SELECT"
    assert not answers["c"].failure
    assert "the columns are" in answers["d"].failure


def test_a_query_that_fails_on_what_it_finds_says_so(runner: Callable[..., Sandbox]) -> None:
    sql = "select account as subject, cast(account as double) as value from exposure.accounts"

    assert "Could not convert string 'main' to DOUBLE" in ask(runner(), sql).failure


def test_names_cannot_become_sql(runner: Callable[..., Sandbox]) -> None:
    names = ("'; drop table exposure.accounts; --", 'a"b\\c\n', "ünï\u2028", "$1 ?", "NaN")
    book = book_of(*((name, 1000.0) for name in names))

    assert {subject for subject, _ in ask(runner(), EQUITY, book).rows} == set(names)


def test_too_many_rows_are_no_answer(runner: Callable[..., Sandbox]) -> None:
    limits = Limits(query_seconds=5.0, cycle_seconds=20.0, rows=199)

    assert ask(runner(limits), EQUITY, LARGE).failure == "the query gave more than 199 rows"


def test_checking_refuses_and_names_only_what_is_wrong(runner: Callable[..., Sandbox]) -> None:
    refused = runner().check({"good": EQUITY, "bad": "from 'file.csv'", "worse": "selekt"})

    assert refused.keys() == {"bad", "worse"}
    assert refused["worse"].offset == 0


def test_without_queries_no_process_is_started(runner: Callable[..., Sandbox]) -> None:
    sandbox = runner()

    assert sandbox.check({}) == {}
    assert sandbox.ask(BOOK, {}) == {}
    assert sandbox.pid is None


def test_a_closed_runner_leaves_no_process_and_may_be_asked_again(runner: Callable[..., Sandbox]) -> None:
    sandbox = runner()
    assert not ask(sandbox, EQUITY).failure
    pid = sandbox.pid
    assert pid is not None

    sandbox.close()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not ask(sandbox, EQUITY).failure


# ---- whatever becomes of the process -------------------------------------------------------------------------------


def test_a_killed_process_costs_one_cycle(runner: Callable[..., Sandbox]) -> None:
    sandbox = runner()
    assert not ask(sandbox, EQUITY).failure
    assert sandbox.pid is not None
    os.kill(sandbox.pid, signal.SIGKILL)

    lost = ask(sandbox, EQUITY)

    assert "the snapshot could not be handed to the query process" in lost.failure
    assert dict(until_answered(sandbox, EQUITY).rows) == {"main": 50_000.0, "other": 10_000.0}


def test_a_query_that_takes_too_long_is_interrupted_and_left_alone_for_a_while(
    runner: Callable[..., Sandbox],
) -> None:
    sandbox = runner(Limits(query_seconds=0.3, cycle_seconds=20.0))
    assert sandbox.check({"r": BOMB}) == {}
    pid = sandbox.pid

    first, second = ask(sandbox, BOMB, LARGE), ask(sandbox, BOMB, LARGE)

    assert first.failure == "its query did not finish within 0.3 s"
    assert second.failure.startswith("its query did not finish within 0.3 s; it is asked again in ")
    assert sandbox.pid == pid  # interrupting was enough


def test_other_queries_are_asked_beside_one_that_takes_too_long(runner: Callable[..., Sandbox]) -> None:
    sandbox = runner(Limits(query_seconds=1.0, cycle_seconds=20.0))

    answers = sandbox.ask(LARGE, {"bomb": BOMB, "good": EQUITY})

    assert "did not finish" in answers["bomb"].failure
    assert len(answers["good"].rows) == 200


def test_a_cycle_waits_no_longer_than_it_may(runner: Callable[..., Sandbox]) -> None:
    sandbox = runner(Limits(query_seconds=0.4, cycle_seconds=0.8))
    bombs = {f"r{number}": f"{BOMB} -- {number}" for number in range(10)}
    assert sandbox.check(bombs) == {}
    clock = SystemClock()

    began = clock.monotonic()
    answers = sandbox.ask(LARGE, bombs)
    elapsed = clock.monotonic() - began

    assert all(answer.failure for answer in answers.values())
    assert "no time was left for its query in this cycle" in {answer.failure for answer in answers.values()}
    assert elapsed < 0.8 + 0.5 + 2.0  # the last for a busy machine


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("hang", "took the query process down: no answer in time"),
        ("die", "took the query process down: signal 9 ended it"),
        ("leave", "took the query process down: it ended with exit code 3"),
        ("babble", "took the query process down: its answer is not JSON"),
        ("list", "took the query process down: its answer has an unknown form"),
        ("forge", "took the query process down: its answer has an unknown form"),
        ("flood", "took the query process down: it said more than 16 MiB"),
        ("die check", "took the query process down: signal 9 ended it"),
    ],
)
def test_a_process_that_misbehaves_is_replaced(sql: str, said: str, runner: Callable[..., Sandbox]) -> None:
    sandbox = runner(Limits(query_seconds=0.5, cycle_seconds=20.0), "misbehaving_child")

    answers = sandbox.ask(BOOK, {"good": "well", "bad": sql, "after": "too"})

    assert said in answers["bad"].failure
    assert until_answered(sandbox, "well").rows == (("main", 1.5),)


def test_answers_that_were_there_before_are_kept(runner: Callable[..., Sandbox]) -> None:
    sandbox = runner(ROOMY, "misbehaving_child")

    answers = sandbox.ask(BOOK, {"good": "well", "bad": "die", "after": "too"})

    assert answers["good"].rows == (("main", 1.5),)
    assert answers["after"].failure == "another query took the query process down; the next cycle asks again"


def test_a_process_that_keeps_dying_is_started_less_and_less_often(runner: Callable[..., Sandbox]) -> None:
    sandbox = runner(ROOMY, "no_such_child")

    failures = [ask(sandbox, EQUITY).failure for _ in range(4)]

    assert "did not start: it ended with exit code 1" in failures[0]
    assert "in a row; it rests for" in failures[-1]
    assert "could not be checked" in sandbox.check({"r": EQUITY})["r"].what


# ---- what it cannot do ---------------------------------------------------------------------------------------------


def of_process(pid: int | None, name: str) -> str:
    place = Path(f"/proc/{pid}/{name}")
    if not place.exists():
        pytest.skip("this system has no /proc")
    return place.read_bytes().decode()


def test_the_process_has_given_up_what_it_does_not_need(runner: Callable[..., Sandbox]) -> None:
    os.environ["RISKD_TEST_SECRET"] = "canary"
    secret, other = os.pipe()
    os.set_inheritable(secret, True)
    try:
        sandbox = runner()
        assert not ask(sandbox, EQUITY).failure
        limits = of_process(sandbox.pid, "limits")
        names = {entry.split("=")[0] for entry in of_process(sandbox.pid, "environ").split("\0") if entry}
        descriptors = {path.name for path in Path(f"/proc/{sandbox.pid}/fd").iterdir()}
    finally:
        del os.environ["RISKD_TEST_SECRET"]
        os.close(secret)
        os.close(other)

    rows = {line[:26].strip(): line[26:].split()[:2] for line in limits.splitlines()}
    assert rows["Max address space"] == [str(512 * 2**20)] * 2
    assert rows["Max open files"] == ["0", "0"]
    assert rows["Max file size"] == ["0", "0"]
    assert rows["Max core file size"] == ["0", "0"]
    assert names == {"PYTHONPATH", "TZ"}
    assert descriptors == {"0", "1", "2"}


MUST_FAIL = [*hostile_sql.FILES, *hostile_sql.NETWORK, *hostile_sql.CHANGES, *hostile_sql.SETTINGS[:10]]
# These the engine alone lets through. They touch nothing but the connection of the sandbox itself.
HARMLESS = {
    "select * from duckdb_temporary_files()",
    "select * from duckdb_secrets()",
    "pragma database_list",
    "pragma enable_profiling",
    "use memory",
    "set search_path = 'information_schema'",
    "set variable x = 1",
    "prepare p as select 1",
    "deallocate p",
    "commit",
    "rollback",
    "vacuum",
}


def test_without_the_guard_the_database_itself_refuses_or_the_process_bounds(
    runner: Callable[..., Sandbox],
) -> None:
    traces = [Path("/tmp/riskd-hostile" + end) for end in ("", ".csv", ".parquet", ".duckdb")]
    limits = Limits(query_seconds=0.2, cycle_seconds=10.0)
    sandbox = runner(limits, "unguarded_child")
    assert not until_answered(sandbox, EQUITY).failure
    let_through = []
    for sql in HOSTILE:
        answer = ask(sandbox, sql)
        if sandbox.pid is None:  # several in a row took the process with them, and it rests
            sandbox = runner(limits, "unguarded_child")
        elif not answer.failure:
            let_through.append(sql)
            assert all("root:" not in str(subject) for subject, _ in answer.rows)

    assert not set(let_through) & (set(MUST_FAIL) - HARMLESS)
    assert not any(trace.exists() for trace in traces)
    answer = until_answered(sandbox, EQUITY, passing=PASSING_UNGUARDED)
    assert dict(answer.rows) == {"main": 50_000.0, "other": 10_000.0}
