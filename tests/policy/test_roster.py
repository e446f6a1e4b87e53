"""What the configuration alone shows agrees with what a book shows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.book.book import Book
from riskd.model.desk import UNLABELLED, Desk, StrategyMatch
from riskd.model.subject import Grain
from riskd.policy.rule import Match, Selector
from riskd.policy.scope.roster import (
    Cover,
    coverage,
    held_position,
    known_texts,
    roster,
    strategies_for,
    strategies_of,
)
from riskd.policy.scope.select import subjects_selected
from tests.builders import BTC, ETH, a_grid, a_hedge, a_history, a_position, a_snapshot, a_spot, an_account

LINES = (
    StrategyMatch(symbols=("BTC/*",), strategy="carry"),
    StrategyMatch(symbols=("*",), strategy="swing"),
)
SNAPSHOT = a_snapshot(
    accounts=[
        an_account("lab", labels=(("env", "test"),), desk="research", strategies=LINES),
        an_account("main", labels=(("env", "prod"),), desk="alpha", book="majors", strategies=LINES),
    ],
    positions=[
        a_position(BTC, 1, "main", strategy="carry"),
        a_position(ETH, 2, "main", strategy="swing"),
        a_position(BTC, 3, "lab", strategy="carry"),
    ],
    spot=[a_spot("BTC", 1)],
    hedges=(a_hedge(labels=(("kind", "cross"),)),),
    grids=(a_grid(),),
)
DESK: Desk = SNAPSHOT.desk
BOOK = Book.of(SNAPSHOT, a_history(SNAPSHOT))
WORDS = ["main", "lab", "m*", "alpha", "prod", "test", "carry", "sw*", "BTC*", "cross", "none", "*"]
NAMES = [
    "account",
    "venue",
    "desk",
    "book",
    "strategy",
    "symbol",
    "asset",
    "hedge",
    "grid",
    "labels.env",
    "labels.kind",
]
MATCHES = st.builds(
    Match,
    any_of=st.lists(st.sampled_from(WORDS), max_size=2).map(tuple),
    none_of=st.lists(st.sampled_from(WORDS), max_size=1).map(tuple),
)
SELECTORS = st.lists(st.tuples(st.sampled_from(NAMES), MATCHES), max_size=3).map(
    lambda tests: Selector(tuple(tests))
)


@pytest.mark.parametrize(
    "grain", [Grain.ACCOUNT, Grain.HEDGE, Grain.GRID, Grain.EXCHANGE, Grain.DESK, Grain.PORTFOLIO]
)
@settings(max_examples=100, deadline=None, derandomize=True)
@given(selector=SELECTORS)
def test_what_the_configuration_decides_alone_is_decided_as_by_the_book(
    grain: Grain, selector: Selector
) -> None:
    universe = BOOK.universe(grain)
    selected = dict(
        zip(map(str, universe.subjects), subjects_selected(selector, universe).tolist(), strict=True)
    )
    entries = {str(entry): coverage(selector, entry) for entry in roster(DESK) if entry.grain is grain}
    assert entries == {name: Cover.YES if picked else Cover.NO for name, picked in selected.items()}


@settings(max_examples=100, deadline=None, derandomize=True)
@given(selector=SELECTORS)
def test_a_position_that_was_seen_is_covered_as_by_the_book(selector: Selector) -> None:
    universe = BOOK.universe(Grain.POSITION)
    for subject, picked in zip(
        universe.subjects, subjects_selected(selector, universe).tolist(), strict=True
    ):
        strategy = "swing" if subject.part("symbol") == ETH else "carry"
        entry = held_position(
            DESK, subject.part("account"), subject.part("symbol"), subject.part("side"), strategy
        )
        assert entry is not None
        assert str(entry) == str(subject)
        assert coverage(selector, entry) is (Cover.YES if picked else Cover.NO)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(selector=SELECTORS)
def test_a_group_of_positions_is_never_ruled_out_wrongly(selector: Selector) -> None:
    universe = BOOK.universe(Grain.POSITION)
    groups = {
        str(entry): coverage(selector, entry) for entry in roster(DESK) if entry.grain is Grain.POSITION
    }
    for subject, picked in zip(
        universe.subjects, subjects_selected(selector, universe).tolist(), strict=True
    ):
        strategy = "swing" if subject.part("symbol") == ETH else "carry"
        cover = groups[f"account={subject.part('account')} strategy={strategy}"]
        assert cover is not (Cover.NO if picked else Cover.YES)


def test_a_symbol_is_left_open_until_a_venue_is_read() -> None:
    (entry, *_) = [each for each in roster(DESK) if each.grain is Grain.POSITION]
    assert coverage(Selector((("symbol", Match(any_of=("BTC/*",))),)), entry) is Cover.PARTLY


def test_accounts_come_first() -> None:
    assert [str(entry) for entry in roster(DESK)][:2] == ["account=lab", "account=main"]


def test_strategies_end_where_a_line_takes_everything() -> None:
    account = an_account("a", strategies=(*LINES, StrategyMatch(symbols=("*",), strategy="never")))
    assert strategies_of(account.profile) == ("carry", "swing")
    some = an_account("b", strategies=LINES[:1])
    assert strategies_of(some.profile) == ("carry", UNLABELLED)


def test_a_client_id_prefix_leaves_the_strategy_of_a_symbol_open() -> None:
    bot = StrategyMatch(symbols=("BTC/*",), strategy="bot", client_id_prefix="x-")
    account = an_account("a", strategies=(bot, *LINES))
    assert strategies_for(account.profile, "BTC/USDT:USDT") == ("bot", "carry")
    assert strategies_for(account.profile, "ETH/USDT:USDT") == ("swing",)
    assert strategies_for(an_account("b").profile, "ETH/USDT:USDT") == (UNLABELLED,)


def test_the_words_of_a_desk_are_known_by_attribute() -> None:
    known = known_texts(DESK)
    assert known["account"] == {"lab", "main"}
    assert known["strategy"] == {"carry", "swing"}
    assert known["labels.env"] == {"prod", "test"}
    assert known["labels.kind"] == {"cross"}
    assert "symbol" not in known
