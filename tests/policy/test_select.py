"""Which subjects a rule is about, and which rows its measure counts."""

from __future__ import annotations

import pytest

from riskd.measure.book.book import Book
from riskd.model.desk import StrategyMatch
from riskd.model.subject import Grain
from riskd.policy.rule import Match, Selector
from riskd.policy.scope.select import CARRIED, matches, selection, subjects_selected
from tests.builders import (
    BTC,
    ETH,
    a_grid,
    a_hedge,
    a_history,
    a_position,
    a_snapshot,
    a_spot,
    a_stop,
    an_account,
)

ALL = (StrategyMatch(symbols=("*",), strategy="any"),)


def book() -> Book:
    """Two accounts: `main` hedges and swings, `lab` scalps; a hedge and a grid in `main`."""
    snapshot = a_snapshot(
        accounts=[
            an_account("lab", labels=(("env", "test"),), desk="research"),
            an_account("main", labels=(("env", "prod"), ("tier", "gold")), desk="alpha", book="majors"),
        ],
        positions=[
            a_position(BTC, 1, "main", strategy="hedge"),
            a_position(ETH, 2, "main", strategy="swing-4h"),
            a_position(BTC, 3, "lab", strategy="scalp-1m"),
        ],
        orders=[
            a_stop(ETH, "SELL", 2, 1_000.0, "main", strategy="swing-4h"),
            a_stop(BTC, "SELL", 3, 1_000.0, "lab"),
        ],
        spot=[a_spot("BTC", account="main")],
        hedges=(a_hedge("carry", labels=(("hedge", "cross"),)),),
        grids=(a_grid("eth-grid", ETH, "main"),),
    )
    return Book.of(snapshot, a_history(snapshot))


def select(**tests: Match) -> Selector:
    return Selector(tuple((name.replace("labels_", "labels."), match) for name, match in tests.items()))


def chosen(selector: Selector, grain: Grain) -> list[str]:
    universe = book().universe(grain)
    picked = subjects_selected(selector, universe)
    return [str(subject) for subject, is_picked in zip(universe.subjects, picked, strict=True) if is_picked]


@pytest.mark.parametrize(
    ("match", "text", "passes"),
    [
        (Match(any_of=("scalp-*",)), "scalp-1m", True),
        (Match(any_of=("scalp-*",)), "myscalp-1m", False),
        (Match(any_of=("a", "b")), "b", True),
        (Match(any_of=("BTC/*",)), "BTC/USDT:USDT", True),
        (Match(any_of=("?TC",)), "BTC", True),
        (Match(any_of=("?TC",)), "TC", False),
        (Match(any_of=("BTC.USDT",)), "BTCxUSDT", False),
        (Match(any_of=("*",)), "anything", True),
        (Match(any_of=("*",)), "", False),
        (Match(none_of=("scalp-*",)), "swing", True),
        (Match(none_of=("scalp-*",)), "scalp-1m", False),
        (Match(none_of=("*",)), "", True),
        (Match(any_of=("Main",)), "main", False),
    ],
)
def test_a_pattern_is_the_whole_text_with_stars_and_question_marks(
    match: Match, text: str, passes: bool
) -> None:
    assert matches(match, text) is passes


def test_no_test_selects_everything() -> None:
    assert len(chosen(Selector(), Grain.POSITION)) == 3
    nothing_said = book()
    assert selection(Selector(), nothing_said) is nothing_said.everything


def test_tests_are_joined_by_and_values_by_or() -> None:
    either = select(strategy=Match(any_of=("hedge", "scalp-*")))
    assert len(chosen(either, Grain.POSITION)) == 2
    both = select(strategy=Match(any_of=("hedge", "scalp-*")), labels_env=Match(any_of=("prod",)))
    assert chosen(both, Grain.POSITION) == [f"account=main symbol={BTC} side=long"]


def test_a_missing_label_is_like_nothing() -> None:
    assert chosen(select(labels_tier=Match(any_of=("*",))), Grain.ACCOUNT) == ["account=main"]
    assert chosen(select(labels_tier=Match(none_of=("gold",))), Grain.ACCOUNT) == ["account=lab"]


def test_what_a_subject_does_not_carry_does_not_choose_it() -> None:
    by_strategy = select(strategy=Match(any_of=("nobody",)))
    assert len(chosen(by_strategy, Grain.ACCOUNT)) == 2
    assert chosen(by_strategy, Grain.HEDGE) == ["hedge=carry"]
    assert chosen(select(labels_env=Match(any_of=("nobody",))), Grain.EXCHANGE)
    assert chosen(by_strategy, Grain.POSITION) == []


def test_a_hedge_is_chosen_by_its_own_labels_where_it_has_them() -> None:
    assert chosen(select(labels_hedge=Match(any_of=("cross",))), Grain.HEDGE) == ["hedge=carry"]
    assert chosen(select(labels_hedge=Match(any_of=("spot",))), Grain.HEDGE) == []
    assert chosen(select(labels_env=Match(any_of=("prod",))), Grain.HEDGE) == ["hedge=carry"]


def test_a_selection_counts_rows_of_positions_and_of_orders() -> None:
    counted = selection(select(strategy=Match(any_of=("swing-*",))), book())
    assert counted.positions.tolist() == [False, False, True]
    assert counted.orders.sum() == 1
    by_label = selection(select(labels_env=Match(any_of=("test",))), book())
    assert (by_label.positions.sum(), by_label.orders.sum()) == (1, 1)


def test_the_table_of_what_subjects_carry_is_what_they_carry() -> None:
    full = book()
    for grain, carried in CARRIED.items():
        universe = full.universe(grain)
        labelled = {"labels"} if any(universe.labels[row] for row in range(universe.size)) else set()
        assert set(universe.attributes) | labelled == set(carried), grain


def test_no_subjects_are_no_subjects() -> None:
    empty = a_snapshot(accounts=[an_account("main")])
    held = Book.of(empty, a_history(empty))
    selector = select(strategy=Match(any_of=("*",)), labels_env=Match(any_of=("*",)))
    assert subjects_selected(selector, held.universe(Grain.POSITION)).tolist() == []
    assert subjects_selected(selector, held.universe(Grain.HEDGE)).tolist() == []
    assert selection(selector, held).positions.tolist() == []
