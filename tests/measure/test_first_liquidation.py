"""Where a path liquidates: exactly where account_shock says, and where it is not solved, where walking finds it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.book.book import Book
from riskd.measure.margin.first_liquidation import first_liquidations
from riskd.measure.supposed.first_place import Resolution, first_places
from riskd.measure.supposed.suppose_prices import EVERYTHING, PricePath, of_coin
from riskd.model.arrays import BoolArray, FloatArray, IntArray, codes
from riskd.model.scenario import Scenario
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from tests.builders import BTC, ETH, NAN, a_history, a_position, a_snapshot, an_account
from tests.measure.books import value, values
from tests.measure.moved_books import random_holdings
from tests.measure.random_books import SOUND, a_random_book


def path_of(snapshot: Snapshot, scenario: Scenario = EVERYTHING) -> PricePath:
    return PricePath.of(snapshot, a_history(snapshot), scenario)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_first_liquidation_of_an_account_is_account_shock(seed: int) -> None:
    snapshot, _ = a_random_book(seed, SOUND)
    path = path_of(snapshot)
    fall = first_liquidations(path, towards=-1.0, most=0.99).of_accounts
    rise = first_liquidations(path, towards=1.0, most=3.0).of_accounts
    assert fall.tolist() == values(snapshot, "account_shock", Grain.ACCOUNT, direction="fall")
    assert rise.tolist() == values(snapshot, "account_shock", Grain.ACCOUNT, direction="rise")


@settings(max_examples=40, derandomize=True, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_at_the_first_liquidation_the_supposed_book_has_a_margin_ratio_of_one(seed: int) -> None:
    path = PricePath.of(*random_holdings(seed).at(lambda _: 0.0), EVERYTHING)
    for towards, most in ((-1.0, 0.99), (1.0, 3.0)):
        found = first_liquidations(path, towards=towards, most=most).of_accounts
        for account, share in enumerate(found.tolist()):
            if 0.0 < share < most:
                ratios = values(Book.of(*path.at(towards * share)), "margin_ratio", Grain.ACCOUNT)
                assert ratios[account] == pytest.approx(1.0, rel=1e-5)


def test_an_isolated_position_in_numbers() -> None:
    # 10 ETH short at 3,000 with 3,000 behind it: 3,000 - 30,000 s = 0.004 · 30,000 · (1 + s).
    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=20_000.0)],
        positions=[a_position(BTC, 0.1), a_position(ETH, -10, isolated_wallet=3_000.0)],
    )
    rise = first_liquidations(path_of(snapshot), towards=1.0, most=3.0)
    assert rise.of_positions[1] == pytest.approx((3_000.0 - 120.0) / 30_120.0)
    assert rise.of_positions[0] == math.inf  # a cross position is the account's
    assert rise.of_accounts[0] == math.inf
    assert first_liquidations(path_of(snapshot), towards=-1.0, most=0.99).of_positions[1] == math.inf


def test_one_coin_alone_is_asset_shock() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=9_000.0)], positions=[a_position(BTC, 0.5), a_position(ETH, 10)]
    )
    fall = first_liquidations(path_of(snapshot, of_coin("BTC")), towards=-1.0, most=0.99).of_accounts[0]
    assert fall == pytest.approx(value(snapshot, "asset_shock", Grain.ASSET, direction="fall"))


def test_prices_that_move_both_ways_are_walked() -> None:
    # Long 1 BTC and short 20 ETH, 60,000 each: while one falls by s and the other rises by s, 2 s · 60,000 is lost.
    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=12_000.0)], positions=[a_position(BTC, 1), a_position(ETH, -20)]
    )
    apart = Scenario(name="apart", title="Apart", others=0.0, moves=(("BTC", -1.0), ("ETH", 1.0)))
    found = first_liquidations(path_of(snapshot, apart), towards=1.0, most=1.5).of_accounts[0]
    assert found == pytest.approx((12_000.0 - 480.0) / 120_000.0, abs=1e-7)  # maintenance 0.4 % of 120,000


@settings(max_examples=10, derandomize=True, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_walking_finds_what_is_solved(seed: int) -> None:
    snapshot, _ = a_random_book(seed, SOUND)
    solved = first_liquidations(path_of(snapshot), towards=-1.0, most=0.99)
    # A coin nobody holds that rises makes the same path one that is not solved.
    mixed = Scenario(name="mixed", title="Mixed", others=1.0, moves=(("SOL", 1.0),))
    walked = first_liquidations(path_of(snapshot, mixed), towards=-1.0, most=0.99)
    assert walked.of_accounts == pytest.approx(solved.of_accounts, abs=1e-6)


def test_what_is_not_known_is_not_said_to_be_safe() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1, mark=NAN)])
    assert math.isnan(first_liquidations(path_of(snapshot), towards=-1.0, most=0.99).of_accounts[0])


def test_first_places_finds_the_first_of_several_and_what_happens_there() -> None:
    def look(places: FloatArray, wanted: BoolArray) -> IntArray:
        one = np.where((places > 0.31) & (places < 0.5), 1, 0)
        two = np.where(places > 0.77, -1, 0)
        return codes(np.where(wanted, np.stack([one, two, 0 * one, one + 1], axis=1), 0))

    found = first_places(look, np.linspace(0.0, 1.0, 11), 4, Resolution(absolute=1e-4))
    assert found.place[:2] == pytest.approx([0.31, 0.77], abs=1e-4)
    assert found.place[0] > 0.31
    assert found.place[2:].tolist() == [math.inf, 0.0]
    assert found.what.tolist() == [1, -1, 0, 1]
