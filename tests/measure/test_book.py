"""Subjects, attributes and groups of a book."""

from __future__ import annotations

import numpy as np
import pytest

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups, coded, compact, index, lookup
from riskd.measure.past.rows import joined
from riskd.model.desk import StrategyMatch
from riskd.model.subject import Grain, Subject, position_subject
from tests.builders import (
    BTC,
    ETH,
    SOL,
    a_grid,
    a_hedge,
    a_position,
    a_snapshot,
    a_spot,
    an_account,
    an_order,
    perpetual_leg,
)
from tests.measure.books import book_of


def a_desk() -> Book:
    return book_of(
        a_snapshot(
            accounts=[
                an_account("a", venue="one", desk="alpha", book="majors", labels=(("env", "prod"),)),
                an_account(
                    "b",
                    venue="two",
                    strategies=(StrategyMatch(symbols=("*",), strategy="scalp"),),
                    hedge_mode=True,
                ),
            ],
            positions=[
                a_position(ETH, -1, "a", strategy="grid"),
                a_position(BTC, 1, "a", strategy="hedge"),
                a_position(BTC, 1, "b", position_side="LONG"),
                a_position(BTC, -2, "b", position_side="SHORT"),
            ],
            orders=[an_order(SOL, "BUY", 1, 100, "a", strategy="swing")],
            spot=[a_spot("BTC", account="a")],
            hedges=(
                a_hedge(
                    "carry", perpetual_leg(BTC, "a"), perpetual_leg(ETH, "a"), labels=(("hedge", "cross"),)
                ),
            ),
            grids=(a_grid("g", ETH, "a"),),
        )
    )


def test_both_sides_of_hedge_mode_are_subjects_of_their_own() -> None:
    subjects = a_desk().universe(Grain.POSITION).subjects
    assert list(subjects[2:]) == [position_subject("b", BTC, "long"), position_subject("b", BTC, "short")]
    assert subjects[-1] == subjects[3]
    with pytest.raises(IndexError):
        subjects[4]


def test_positions_carry_every_attribute_that_a_selector_may_ask() -> None:
    attributes = a_desk().position_attributes()
    assert dict(attributes) == {
        "account": ("a", "a", "b", "b"),
        "venue": ("one", "one", "two", "two"),
        "desk": ("alpha", "alpha", "", ""),
        "book": ("majors", "majors", "", ""),
        "symbol": (BTC, ETH, BTC, BTC),
        "asset": ("BTC", "ETH", "BTC", "BTC"),
        "strategy": ("hedge", "grid", "swing", "swing"),
        "hedge": ("carry", "carry", "", ""),
        "grid": ("", "g", "", ""),
    }
    assert attributes.coded("asset").names[attributes.coded("asset").codes[1]] == "ETH"
    with pytest.raises(KeyError):
        attributes.coded("cluster")


def test_orders_carry_the_same_attributes() -> None:
    attributes = a_desk().order_attributes()
    assert attributes["strategy"] == ("swing",)
    assert attributes["symbol"] == (SOL,)


def test_strategies_are_declared_or_seen_on_a_position_or_an_order() -> None:
    universe = a_desk().universe(Grain.STRATEGY)
    assert [str(subject) for subject in universe.subjects] == [
        "account=a strategy=grid",
        "account=a strategy=hedge",
        "account=a strategy=swing",
        "account=a strategy=unlabelled",
        "account=b strategy=scalp",
        "account=b strategy=swing",
        "account=b strategy=unlabelled",
    ]
    assert universe.account.tolist() == [0, 0, 0, 0, 1, 1, 1]


def test_labels_are_those_of_the_account_or_of_the_hedge() -> None:
    book = a_desk()
    assert list(book.universe(Grain.ACCOUNT).labels) == [(("env", "prod"),), ()]
    assert list(book.universe(Grain.HEDGE).labels) == [(("hedge", "cross"),)]
    assert list(book.universe(Grain.PORTFOLIO).labels) == [()]


def test_groups_of_venues_desks_and_the_portfolio_name_what_they_depend_on() -> None:
    book = a_desk()
    assert list(book.universe(Grain.EXCHANGE).subjects) == [
        Subject(Grain.EXCHANGE, (("venue", "one"),)),
        Subject(Grain.EXCHANGE, (("venue", "two"),)),
    ]
    assert list(book.universe(Grain.DESK).subjects) == [Subject(Grain.DESK, (("desk", "alpha"),))]
    depends = book.universe(Grain.PORTFOLIO).depends
    assert depends is not None
    assert depends[1].tolist() == [0, 1]


def test_positions_know_their_subject_at_each_grain() -> None:
    book = a_desk()
    assert book.position_groups(Grain.EXCHANGE).of.tolist() == [0, 0, 1, 1]
    assert book.position_groups(Grain.INSTRUMENT).size == len(book.tables.instruments)
    # Account b has no desk: its rows lie outside.
    assert book.position_groups(Grain.DESK).of.tolist() == [0, 0, 1, 1]
    assert book.position_groups(Grain.DESK).size == 1
    with pytest.raises(KeyError):
        book.position_groups(Grain.HEDGE)


def test_a_stacked_book_keeps_snapshots_apart() -> None:
    block = Book.stack([a_desk(), book_of(a_snapshot(accounts=[])), a_desk()])
    assert block.universe(Grain.PORTFOLIO).part.tolist() == [0, 1, 2]
    assert block.universe(Grain.EXCHANGE).part.tolist() == [0, 0, 2, 2]
    assert block.universe(Grain.POSITION).part.tolist() == [0] * 4 + [2] * 4


def test_what_is_not_counted_adds_nothing_not_even_its_nan() -> None:
    groups = Groups(index([0, 0, 1, 2]), 2)
    values = np.array([1.0, np.nan, 3.0, 100.0])
    counted = np.array([True, False, True, True])
    assert groups.total(values, counted).tolist() == [1.0, 3.0]
    assert np.isnan(groups.total(values)[0])
    assert groups.highest(np.array([1.0, 4.0, 3.0, 9.0])).tolist() == [4.0, 3.0]
    assert groups.lowest(np.array([1.0, 4.0, 3.0, 9.0])).tolist() == [1.0, 3.0]
    assert groups.named(np.array([7.0, 8.0]))[:3].tolist() == [7.0, 7.0, 8.0]
    assert Groups(index([]), 2).total(np.zeros(0)).tolist() == [0.0, 0.0]


def test_codes_are_in_order_of_name_and_groups_in_order_of_key() -> None:
    assert coded(["b", "a", "b"]).names == ("a", "b")
    assert coded(["b", "a", "b"]).texts() == ("b", "a", "b")
    groups, keys = compact(index([7, 3, 7]), 9)
    assert (groups.of.tolist(), keys.tolist()) == ([1, 0, 1], [3, 7])


def test_lookup_finds_the_first_of_equal_keys() -> None:
    assert lookup(index([5, 3, 5]), index([5, 4, 3])).tolist() == [0, -1, 1]
    assert lookup(index([]), index([1])).tolist() == [-1]


def test_joining_pairs_every_equal_key_in_order_of_the_sources() -> None:
    targets, sources = joined(index([9, 4, 9]), index([4, 9, 1]))
    assert list(zip(targets.tolist(), sources.tolist(), strict=True)) == [(1, 0), (0, 1), (2, 1)]
