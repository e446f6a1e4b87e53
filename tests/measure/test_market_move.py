"""The smallest move of a market that liquidates: exact whatever the weights, also where prices have fallen to nothing."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.book.book import Book
from riskd.measure.margin.brackets import cross_equity
from riskd.measure.margin.liquidation import cross_rows
from riskd.measure.margin.market_move import Direction, Exposed, smallest_market_move
from tests.builders import BTC, ETH, SOL, a_position, a_snapshot, an_account, an_instrument
from tests.measure.books import book_of
from tests.measure.random_books import ABSURD, SOUND, a_random_book
from tests.measure.reference import Reference
from tests.measure.reference_shocks import BOTH, FALL, RISE, nearest

CHECKED = settings(max_examples=80, deadline=None, derandomize=True)
WAYS = {Direction.EITHER: BOTH, Direction.FALL: (FALL,), Direction.RISE: (RISE,)}
FREE = ((0.0, 1e-12),)  # next to no maintenance margin, so that the sums of an example are short


def moved(book: Book, weights: list[float], direction: Direction = Direction.EITHER) -> list[float]:
    exposed = Exposed(groups=cross_rows(book), equity=book.once(cross_equity), weight=np.array(weights))
    found: list[float] = smallest_market_move(book, exposed, direction).tolist()
    return found


def a_book(wallet: float, *held: tuple[str, float]) -> Book:
    """Positions worth so much, next to no margin."""
    marks = {BTC: 60_000.0, ETH: 3_000.0, SOL: 150.0}
    return book_of(
        a_snapshot(
            accounts=[an_account(wallet=wallet)],
            instruments=[an_instrument(symbol, brackets=FREE) for symbol in marks],
            positions=[a_position(symbol, worth / marks[symbol]) for symbol, worth in held],
        )
    )


def test_each_price_moves_by_its_own_weight() -> None:
    # 1,000 - s·(10,000·1 + 5,000·2) = 0
    book = a_book(1_000.0, (BTC, 10_000.0), (ETH, 5_000.0))
    assert moved(book, [1.0, 2.0]) == [pytest.approx(0.05, rel=1e-9)]
    assert moved(book, [1.0, 2.0], Direction.RISE) == [math.inf]


def test_what_has_fallen_to_nothing_loses_no_more() -> None:
    # Ether is worth nothing once the market has fallen by half: 1,000 are lost, and 1,000·s of Bitcoin.
    book = a_book(1_600.0, (BTC, 1_000.0), (ETH, 1_000.0))
    assert moved(book, [1.0, 2.0]) == [pytest.approx(0.6, rel=1e-9)]
    assert moved(a_book(2_001.0, (BTC, 1_000.0), (ETH, 1_000.0)), [1.0, 2.0]) == [math.inf]


def test_a_short_gains_no_more_from_a_coin_that_is_worth_nothing() -> None:
    # Until a fall of 25 % the short on Solana gains as fast as the long on Bitcoin loses, and nothing from there on.
    book = a_book(100.0, (BTC, 4_000.0), (SOL, -1_000.0))
    assert moved(book, [1.0, 4.0], Direction.FALL) == [pytest.approx(0.25 + 100 / 4_000, rel=1e-9)]


def test_what_a_longer_fall_would_win_back_is_lost_on_the_way() -> None:
    # Down by 800 at a fall of 20 %, where Solana ends; the short on Ether would have won it back at one of 100 %.
    book = a_book(200.0, (ETH, -1_000.0), (SOL, 1_000.0))
    assert moved(book, [1.0, 5.0], Direction.FALL) == [pytest.approx(200.0 / (5_000.0 - 1_000.0), rel=1e-9)]


def test_what_does_not_move_needs_no_weight_and_what_has_none_is_unknown() -> None:
    book = a_book(1_000.0, (BTC, 10_000.0), (ETH, 5_000.0))
    assert moved(book, [1.0, 0.0]) == [pytest.approx(0.1, rel=1e-9)]
    assert math.isnan(moved(book, [1.0, math.nan])[0])
    nothing = a_book(1_000.0, (BTC, 10_000.0), (ETH, 0.0))
    assert moved(nothing, [1.0, math.nan]) == [pytest.approx(0.1, rel=1e-9)]


def test_nothing_held_is_moved_by_nothing_and_debts_are_due_at_once() -> None:
    assert moved(a_book(0.0), []) == [math.inf]
    assert moved(a_book(-1.0), []) == [0.0]
    assert moved(a_book(0.0, (BTC, 1e-20)), [1.0]) == [0.0]


@pytest.mark.parametrize("direction", list(Direction))
@CHECKED
@given(seed=st.integers(0, 10**9))
def test_any_weights_give_what_bisection_between_the_ends_of_prices_gives(
    direction: Direction, seed: int
) -> None:
    snapshot, history = a_random_book(seed, SOUND)
    book, reference = Book.of(snapshot, history), Reference(snapshot, history)
    r = random.Random(seed)
    weights = [r.choice([0.0, 0.3, 1.0, 1.0, 1.7, 2.0, 4.5]) for _ in reference.rows]
    for account, found in enumerate(moved(book, weights, direction)):
        rows = reference.cross(account)
        mine = [weights[row] for row in rows]
        expected = nearest(reference, reference.cross_equity(account), rows, mine, WAYS[direction])
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


@CHECKED
@given(seed=st.integers(0, 10**9))
def test_absurd_sizes_give_a_number_or_none_and_never_less_than_nothing(seed: int) -> None:
    book = Book.of(*a_random_book(seed, ABSURD))
    r = random.Random(seed)
    weights = [r.choice([0.0, 1e-20, 1.0, 3.0, 1e20]) for _ in range(len(book.gross))]
    for direction in Direction:
        found = moved(book, weights, direction)
        assert all(math.isnan(move) or move >= 0.0 for move in found)
    either, fall, rise = (np.array(moved(book, weights, direction)) for direction in Direction)
    np.testing.assert_array_equal(either, np.minimum(fall, rise))
