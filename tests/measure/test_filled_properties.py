"""What must hold of resting orders whatever the book: they never make it smaller, and each one counts for something or nothing."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.act.plan.alone import rows_kept
from riskd.measure.book.book import Book
from riskd.measure.catalogue import select_all, take
from riskd.measure.exposure.resting import may_open
from riskd.measure.margin.liquidation import own_liquidation
from riskd.measure.spec import MeasureRef
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.history import History
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from tests.measure.random_books import SOUND, a_random_book

CHECKED = settings(max_examples=60, deadline=None, derandomize=True)
SEEDS = st.integers(0, 10**9)


def taken(book: Book, name: str, grain: Grain) -> FloatArray:
    return take(book, MeasureRef(name), grain, select_all(book)).values


def keeping(snapshot: Snapshot, history: History, kept: BoolArray) -> Book:
    return Book.of(replace(snapshot, orders=rows_kept(snapshot.orders, kept)), history)


@CHECKED
@given(SEEDS)
def test_orders_never_make_a_book_smaller_and_cancelling_never_makes_it_larger(seed: int) -> None:
    snapshot, history = a_random_book(seed, SOUND)
    book = Book.of(snapshot, history)
    filled = taken(book, "filled_leverage", Grain.ACCOUNT)
    assert (filled >= taken(book, "leverage", Grain.ACCOUNT) * (1 - 1e-12)).all()
    if len(snapshot.orders):
        kept = np.ones(len(snapshot.orders), dtype=np.bool_)
        kept[random.Random(seed).randrange(len(kept))] = False
        without = keeping(snapshot, history, kept)
        for name in ("filled_leverage", "filled_asset_share"):
            fewer, all_of_them = taken(without, name, Grain.ACCOUNT), taken(book, name, Grain.ACCOUNT)
            assert (fewer <= all_of_them * (1 + 1e-12)).all()


@CHECKED
@given(SEEDS)
def test_without_opening_orders_leverage_and_our_own_distance_are_what_they_are(seed: int) -> None:
    snapshot, history = a_random_book(seed, SOUND)
    book = keeping(snapshot, history, ~may_open(Book.of(snapshot, history)))
    assert taken(book, "filled_leverage", Grain.ACCOUNT) == pytest.approx(
        taken(book, "leverage", Grain.ACCOUNT)
    )
    own = own_liquidation(book)
    assert taken(book, "filled_liquidation_distance", Grain.POSITION) == pytest.approx(
        np.minimum(own.fall, own.rise)
    )


@CHECKED
@given(SEEDS)
def test_orders_never_take_a_cross_position_away_from_liquidation(seed: int) -> None:
    snapshot, history = a_random_book(seed, SOUND)
    book = Book.of(snapshot, history)
    own = own_liquidation(book)
    cross = ~snapshot.positions.isolated
    filled = taken(book, "filled_liquidation_distance", Grain.POSITION)
    assert (filled[cross] <= np.minimum(own.fall, own.rise)[cross] * (1 + 1e-9)).all()
