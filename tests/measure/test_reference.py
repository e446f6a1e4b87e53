"""Every measure equals its plain-Python reference on random books."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.book.book import Book
from riskd.measure.catalogue import CATALOGUE, select_all, take
from tests.measure.comparison import ALL, ILL_CONDITIONED, a_selection, differences, ref_of
from tests.measure.random_books import ABSURD, GAPPY, SOUND, Taste, a_random_book
from tests.measure.reference_measures import MEASURES

SEEDS = st.integers(0, 10**9)
CHECKED = settings(max_examples=40, deadline=None, derandomize=True)


def test_every_measure_has_a_reference() -> None:
    assert set(MEASURES) == set(CATALOGUE)


@CHECKED
@given(SEEDS)
def test_a_sound_book_measures_as_the_reference(seed: int) -> None:
    snapshot, history = a_random_book(seed, SOUND)
    book = Book.of(snapshot, history)
    assert differences(snapshot, history, book, select_all(book)) == []


@CHECKED
@given(SEEDS)
def test_a_book_with_gaps_measures_as_the_reference(seed: int) -> None:
    snapshot, history = a_random_book(seed, GAPPY)
    book = Book.of(snapshot, history)
    assert differences(snapshot, history, book, select_all(book)) == []


@CHECKED
@given(SEEDS)
def test_a_selection_measures_as_the_reference(seed: int) -> None:
    snapshot, history = a_random_book(seed, GAPPY)
    book = Book.of(snapshot, history)
    assert differences(snapshot, history, book, a_selection(book, seed)) == []


@CHECKED
@given(SEEDS)
def test_dust_and_absurd_sizes_measure_as_the_reference(seed: int) -> None:
    snapshot, history = a_random_book(seed, ABSURD)
    book = Book.of(snapshot, history)
    assert (
        differences(snapshot, history, book, select_all(book), without=ILL_CONDITIONED, relative=1e-7) == []
    )


@pytest.mark.parametrize("taste", [SOUND, GAPPY, ABSURD])
@CHECKED
@given(seed=SEEDS)
def test_unknown_has_a_reason_and_infinity_is_documented(taste: Taste, seed: int) -> None:
    book = Book.of(*a_random_book(seed, taste))
    for name, grain in ALL:
        measured = take(book, ref_of(name), grain, select_all(book))
        for value, why in zip(measured.values.tolist(), measured.unknown, strict=True):
            assert math.isnan(value) == bool(why)
            assert value != -math.inf
            assert math.isfinite(value) or why or CATALOGUE[name].infinite_when
            assert not math.isfinite(value) or CATALOGUE[name].low <= value <= CATALOGUE[name].high


@CHECKED
@given(st.lists(st.tuples(SEEDS, st.sampled_from([SOUND, GAPPY, ABSURD])), min_size=1, max_size=5))
def test_a_block_of_snapshots_measures_bit_for_bit_as_each_alone(
    drawn: list[tuple[int, Taste]],
) -> None:
    books = [Book.of(*a_random_book(seed, taste)) for seed, taste in drawn]
    block = Book.stack(books)
    for name, grain in ALL:
        alone = [take(book, ref_of(name), grain, select_all(book)) for book in books]
        together = take(block, ref_of(name), grain, select_all(block))
        joined = np.concatenate([measured.values for measured in alone])
        assert joined.tobytes() == together.values.tobytes(), name
        assert [s for measured in alone for s in measured.subjects] == list(together.subjects)
        assert [why for measured in alone for why in measured.unknown] == list(together.unknown)
