"""What a query's answer means: it gives numbers and nothing else; everything doubtful is unknown."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.judge.answered import answered, asked
from riskd.judge.evaluate import evaluate
from riskd.measure.book.book import Book
from riskd.measure.spec import Unit
from riskd.model.answer import Answer
from riskd.model.report import Surface
from riskd.model.snapshot import Quality
from riskd.model.subject import Grain
from riskd.model.verdict import Level
from riskd.policy.rule import Query, Rule
from tests.builders import (
    BTC,
    ETH,
    NOW,
    a_hedge,
    a_history,
    a_position,
    a_snapshot,
    a_surface,
    an_account,
    perpetual_leg,
)
from tests.builders_rules import A_MARK, a_rule, at_most
from tests.fakes.queries import QueriesInProcess
from tests.measure.books import book_of, measured
from tests.measure.random_books import GAPPY, SOUND, a_random_book

EQUITY_READ = frozenset({("accounts", "equity")})
POSITIONS_READ = frozenset({("positions", "gross")})
BOOK = book_of(a_snapshot(accounts=[an_account("a"), an_account("b")]))


def values(answer: Answer | None, book: Book = BOOK, grain: Grain = Grain.ACCOUNT) -> list[float]:
    found: list[float] = answered(book, grain, answer).values.tolist()
    return found


def reasons(answer: Answer | None, book: Book = BOOK, grain: Grain = Grain.ACCOUNT) -> list[str]:
    return list(answered(book, grain, answer).unknown)


def test_each_subject_has_the_value_of_its_row_whatever_the_order() -> None:
    assert values(Answer(rows=(("b", 2.0), ("a", 1.0)))) == [1.0, 2.0]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ((("a", 1.0),), "the query gave no row for it"),
        ((("a", 1.0), ("b", None)), "the query gave no value for it"),
        ((("a", 1.0), ("b", math.nan)), "the query gave no value for it"),
        ((("a", 1.0), ("b", math.inf)), "the result is infinite: an input is absurd"),
        ((("a", 1.0), ("b", -math.inf)), "the result is infinite: an input is absurd"),
        (
            (("a", 1.0), ("c", 1.0), (None, 1.0)),
            "the query gave no row for it, and 2 for what is no subject, such as 'c'",
        ),
    ],
)
def test_a_subject_without_a_finite_value_is_unknown(
    rows: tuple[tuple[str | None, float | None], ...], why: str
) -> None:
    answer = Answer(rows=rows)

    assert values(answer)[0] == 1.0
    assert math.isnan(values(answer)[1])
    assert reasons(answer) == ["", why]


def test_two_rows_for_one_subject_make_the_whole_rule_unknown() -> None:
    answer = Answer(rows=(("a", 1.0), ("b", 1.0), ("b", 1.0)))

    assert np.isnan(values(answer)).all()
    assert reasons(answer) == ["the query gave 2 rows for 'b'"] * 2


def test_rows_of_strangers_are_not_judged_and_do_no_harm() -> None:
    assert values(Answer(rows=(("a", 1.0), ("b", 2.0), ("c", 9.0), ("c", 9.0), (None, 9.0)))) == [1.0, 2.0]


def test_no_answer_and_a_failure_make_the_whole_rule_unknown() -> None:
    assert reasons(None) == ["its query was not asked"] * 2
    assert reasons(Answer(rows=(("a", 1.0),), failure="it did not finish")) == ["it did not finish"] * 2


def test_the_last_digits_of_a_sum_do_not_count() -> None:
    assert values(Answer(rows=(("a", 0.1 + 0.2), ("b", 0.3)))) == [0.3, 0.3]


def test_a_subject_that_hangs_on_an_account_that_cannot_be_seen_is_unknown() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("a"), an_account("b")],
        hedges=(
            a_hedge("across", perpetual_leg(BTC, "a"), perpetual_leg(BTC, "b")),
            a_hedge("within", perpetual_leg(BTC, "b"), perpetual_leg(ETH, "b")),
        ),
        surfaces=[a_surface(Surface.POSITIONS, "a", quality=Quality.STALE, reason="40 s old")],
    )
    book = book_of(snapshot)

    of_accounts = Answer(rows=(("a", 1.0), ("b", 1.0)), reads=POSITIONS_READ)
    of_hedges = Answer(rows=(("across", 1.0), ("within", 1.0)), reads=POSITIONS_READ)
    of_portfolio = Answer(rows=(("portfolio", 1.0),), reads=POSITIONS_READ)
    of_equity = Answer(rows=(("a", 1.0), ("b", 1.0)), reads=EQUITY_READ)
    assert reasons(of_accounts, book) == ["positions: STALE, 40 s old", ""]
    assert reasons(of_hedges, book, Grain.HEDGE) == ["positions: STALE, 40 s old, in a", ""]
    assert reasons(of_portfolio, book, Grain.PORTFOLIO) == ["positions: STALE, 40 s old, in a"]
    assert reasons(of_equity, book) == ["", ""]


def test_instruments_tell_no_accounts_so_that_one_in_doubt_makes_all_of_them_unknown() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("a"), an_account("b")],
        positions=[a_position(BTC, 1.0, "b")],
        surfaces=[a_surface(Surface.POSITIONS, "a", quality=Quality.BLIND)],
    )
    book = book_of(snapshot)
    rows = tuple((str(subject), 1.0) for subject in book.universe(Grain.INSTRUMENT).subjects)

    assert reasons(Answer(rows=rows, reads=POSITIONS_READ), book, Grain.INSTRUMENT) == [
        "positions: BLIND, in a"
    ]


# ---- through the judge ---------------------------------------------------------------------------------------------


def a_query_rule(sql: str, grain: Grain = Grain.ACCOUNT, id: str = "desk/own") -> Rule:
    return a_rule(
        at_most(warn=2, breach=3),
        id=id,
        measure="sql",
        unit=Unit.MULTIPLE,
        grain=grain,
        query=Query(text=sql, mark=A_MARK),
    )


def test_a_rule_is_judged_by_its_own_query_and_no_other() -> None:
    rules = [a_query_rule("one", id="desk/one"), a_query_rule("two", id="desk/two")]
    answers = {
        "desk/one": Answer(rows=(("a", 1.0), ("b", 2.5))),
        "desk/two": Answer(rows=(("a", 3.5), ("b", None))),
    }

    one, two = evaluate(rules, BOOK, now=NOW, answers=answers)

    assert one.levels.tolist() == [Level.OK, Level.WARN]
    assert two.levels.tolist() == [Level.BREACH, -1]
    assert two.unknown == ("", "the query gave no value for it")


def test_without_answers_rules_with_queries_are_unknown_and_others_are_not() -> None:
    own, other = evaluate([a_query_rule("one"), a_rule(at_most(warn=2, breach=3))], BOOK, now=NOW)

    assert own.levels.tolist() == [-1, -1]
    assert other.levels.tolist() == [0, 0]


def test_nobody_is_asked_when_no_rule_has_a_query() -> None:
    def ask(_book: Book, _rules: object) -> dict[str, Answer]:
        raise AssertionError("asked")

    assert asked(ask, BOOK, [a_rule(at_most(warn=2))]) == {}


# ---- against the catalogue -----------------------------------------------------------------------------------------

LEVERAGE = """select a.account as subject, coalesce(sum(gross), 0) / max(equity) as value
from exposure.accounts a left join exposure.positions p using (account) group by a.account"""
MARGIN = "select account as subject, maintenance_margin / equity as value from exposure.accounts"
SHARE = """select s.subject, coalesce(sum(p.gross), 0) / max(a.equity) as value
from exposure.subjects s join exposure.accounts a using (account)
left join exposure.positions p on p.account = s.account and p.strategy = s.name
where s.grain = 'strategy' group by s.subject"""
QUERIES = QueriesInProcess()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(1, 10**6), taste=st.sampled_from([SOUND, GAPPY]))
def test_sql_agrees_with_the_measure_and_is_never_known_where_the_measure_is_not(
    seed: int, taste: object
) -> None:
    snapshot, history = a_random_book(seed, taste)  # type: ignore[arg-type]  # one of the two tastes
    book = Book.of(snapshot, history)
    answers = QUERIES.ask(book, {"leverage": LEVERAGE, "share": SHARE})
    for name, measure, grain in (
        ("leverage", "leverage", Grain.ACCOUNT),
        ("share", "share_of_equity", Grain.STRATEGY),
    ):
        mine, theirs = answered(book, grain, answers[name]), measured(book, measure, grain)
        for subject, value, expected in zip(mine.subjects, mine.values, theirs.values, strict=True):
            if np.isinf(expected):  # no equity: the measure knows what that means, this query does not
                continue
            assert not (np.isnan(expected) and np.isfinite(value)), (subject, value)
            if np.isfinite(value):
                assert math.isclose(value, expected, rel_tol=1e-11), subject


def test_an_answer_is_the_same_each_time() -> None:
    snapshot, history = a_random_book(7, SOUND)
    one, two = (
        answered(
            Book.of(snapshot, history),
            Grain.ACCOUNT,
            QUERIES.ask(Book.of(snapshot, history), {"r": LEVERAGE})["r"],
        )
        for _ in range(2)
    )

    assert one.values.tobytes() == two.values.tobytes()


def test_the_history_is_not_needed() -> None:
    snapshot = a_snapshot(positions=[a_position()])

    assert QUERIES.ask(Book.of(snapshot, a_history(snapshot)), {"r": MARGIN})["r"].rows
