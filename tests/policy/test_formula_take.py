"""Taking expressions: as slow arithmetic does, in a block as alone, unknown with the right reason, never infinite."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.book.book import Book
from riskd.measure.columns.columns import columns_of
from riskd.measure.spec import Counts, Selection, Unit
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.model.subject import Grain
from riskd.policy.expression.take import EXPR, inputs_of, spec_of, take_formula
from tests.builders import (
    BTC,
    ETH,
    NAN,
    a_position,
    a_snapshot,
    a_stop,
    a_surface,
    an_account,
    an_instrument,
    an_order,
)
from tests.measure.books import book_of
from tests.measure.comparison import a_selection
from tests.measure.random_books import ABSURD, GAPPY, SOUND, a_random_book
from tests.policy.formulas import formula, ratios, slowly

CHECKED = settings(max_examples=40, deadline=None, derandomize=True)
SEEDS = st.integers(0, 10**9)
TASTES = st.sampled_from([SOUND, GAPPY, ABSURD])
GRAINS = st.sampled_from(list(Grain))


def taken(
    snapshot: Snapshot | Book, text: str, grain: Grain, unit: Unit, selection: Selection | None = None
) -> list[float]:
    book = snapshot if isinstance(snapshot, Book) else book_of(snapshot)
    found = take_formula(book, grain, formula(text, grain, unit), selection or book.everything)
    values: list[float] = found.values.tolist()
    return values


def why(snapshot: Snapshot, text: str, grain: Grain, unit: Unit = Unit.RATIO) -> str:
    book = book_of(snapshot)
    return take_formula(book, grain, formula(text, grain, unit), book.everything).unknown[0]


@CHECKED
@given(SEEDS, TASTES, GRAINS, st.data())
def test_a_random_expression_over_a_random_book_is_what_slow_arithmetic_makes_it(
    seed: int, taste: object, grain: Grain, data: st.DataObject
) -> None:
    book = Book.of(*a_random_book(seed, taste))  # type: ignore[arg-type]  # a taste, sampled
    chosen = a_selection(book, seed) if data.draw(st.booleans()) else book.everything
    compiled = formula(data.draw(ratios(grain)), grain, Unit.RATIO)
    found = take_formula(book, grain, compiled, chosen)
    expected = slowly(book, grain, compiled, chosen)
    if grain is Grain.INSTRUMENT:  # only there does trust come from the venue's accounts
        expected = [
            None if math.isnan(v) else e for e, v in zip(expected, found.values.tolist(), strict=True)
        ]
    assert [None if math.isnan(value) else value for value in found.values.tolist()] == expected
    for value, reason in zip(found.values.tolist(), found.unknown, strict=True):
        assert math.isnan(value) == bool(reason)
        assert not math.isinf(value)


@CHECKED
@given(st.lists(st.tuples(SEEDS, TASTES), min_size=1, max_size=4), GRAINS, st.data())
def test_a_block_of_snapshots_gives_bit_for_bit_what_each_gives_alone(
    drawn: list[tuple[int, object]], grain: Grain, data: st.DataObject
) -> None:
    books = [Book.of(*a_random_book(seed, taste)) for seed, taste in drawn]  # type: ignore[arg-type]  # as above
    block = Book.stack(books)
    compiled = formula(data.draw(ratios(grain)), grain, Unit.RATIO)
    alone = [take_formula(book, grain, compiled, book.everything) for book in books]
    together = take_formula(block, grain, compiled, block.everything)
    assert np.concatenate([each.values for each in alone]).tobytes() == together.values.tobytes()
    assert [reason for each in alone for reason in each.unknown] == list(together.unknown)
    assert [subject for each in alone for subject in each.subjects] == list(together.subjects)


@CHECKED
@given(SEEDS, TASTES)
def test_every_column_of_every_grain_can_be_taken(seed: int, taste: object) -> None:
    book = Book.of(*a_random_book(seed, taste))  # type: ignore[arg-type]  # as above
    for grain in Grain:
        for name, each in columns_of(grain).items():
            with np.errstate(all="ignore"):
                found = each.function(book, grain, book.everything)
            assert len(found.values) == book.universe(grain).size, (grain, name)
            for row in np.flatnonzero(np.isnan(found.values)).tolist():
                assert found.why(row) or each.unknown_when


def test_sums_and_balances() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=10_000.0)],
        positions=[
            a_position(BTC, "0.5", mark=60_000.0, entry=60_000.0),
            a_position(ETH, "-2", mark=3_000.0, entry=3_000.0),
        ],
    )
    assert taken(snapshot, "gross", Grain.ACCOUNT, Unit.MONEY) == [36_000.0]
    assert taken(snapshot, "net", Grain.ACCOUNT, Unit.MONEY) == [24_000.0]
    assert taken(snapshot, "gross / equity", Grain.ACCOUNT, Unit.MULTIPLE) == [3.6]
    assert taken(snapshot, "gross / positions", Grain.ACCOUNT, Unit.MONEY) == [18_000.0]
    assert taken(snapshot, "gross / account_gross", Grain.ASSET, Unit.RATIO) == pytest.approx([5 / 6, 1 / 6])
    assert taken(snapshot, "min(notional, 0 USD)", Grain.POSITION, Unit.MONEY) == [0.0, -6_000.0]


def test_a_rate_alone_keeps_every_bit_and_with_a_duration_counts_its_seconds_as_hours() -> None:
    snapshot = a_snapshot(
        instruments=[an_instrument(BTC, funding_rate=0.0001, interval_hours=8.0)],
        positions=[a_position(BTC, 1)],
    )
    assert taken(snapshot, "funding_rate", Grain.POSITION, Unit.RATE) == [0.0001 / 8.0]
    assert taken(snapshot, "funding_rate * 8h", Grain.POSITION, Unit.RATIO) == pytest.approx(
        [0.0001], rel=1e-15
    )
    assert taken(snapshot, "funding_rate - 0.01%/8h", Grain.POSITION, Unit.RATE) == [0.0]
    assert taken(snapshot, "funding_interval", Grain.INSTRUMENT, Unit.DURATION)[0] == 28_800.0


def test_opening_orders_are_those_that_may_open() -> None:
    snapshot = a_snapshot(
        positions=[a_position(BTC, 1)],
        orders=[
            an_order(BTC, "BUY", 0.5, 50_000.0),
            an_order(BTC, "SELL", 0.5, 70_000.0, reduce_only=True),
            a_stop(BTC, "SELL", 1, 40_000.0),
        ],
    )
    assert taken(snapshot, "opening_orders", Grain.ACCOUNT, Unit.MONEY) == [25_000.0]
    assert taken(snapshot, "orders", Grain.ACCOUNT, Unit.COUNT) == [3.0]


def test_a_selection_narrows_sums_and_nothing_else() -> None:
    book = book_of(
        a_snapshot(
            accounts=[an_account("main", wallet=10_000.0)],
            positions=[
                a_position(BTC, "0.5", mark=60_000.0, entry=60_000.0),
                a_position(ETH, "-2", mark=3_000.0, entry=3_000.0),
            ],
        )
    )
    chosen = Selection(positions=np.array([True, False]), orders=np.zeros(0, dtype=np.bool_))
    assert taken(book, "gross / equity", Grain.ACCOUNT, Unit.MULTIPLE, chosen) == [3.0]
    assert (
        spec_of(formula("gross / equity", Grain.ACCOUNT, Unit.RATIO), Grain.ACCOUNT).counts
        is Counts.SELECTED_POSITIONS
    )
    assert spec_of(formula("equity", Grain.ACCOUNT, Unit.MONEY), Grain.ACCOUNT).counts is Counts.WHOLE_ACCOUNT


def test_the_reason_names_the_first_column_that_is_missing() -> None:
    snapshot = a_snapshot(accounts=[an_account("main", wallet=NAN)], positions=[a_position(BTC, 1, mark=NAN)])
    assert why(snapshot, "gross / equity", Grain.ACCOUNT) == f"mark price of {BTC}"
    assert why(snapshot, "equity / gross", Grain.ACCOUNT) == "equity of main"


def test_a_division_by_zero_is_unknown_and_says_by_what() -> None:
    snapshot = a_snapshot(accounts=[an_account("main", wallet=1_000.0)])
    assert why(snapshot, "equity / (gross * 2)", Grain.ACCOUNT) == "it divides by zero: (gross * 2) is 0"
    assert (
        why(snapshot, "1 / (1 / (gross / equity))", Grain.ACCOUNT)
        == "it divides by zero: (gross / equity) is 0"
    )


def test_what_is_infinite_in_between_is_not_finite_again_at_the_end() -> None:
    snapshot = a_snapshot(accounts=[an_account("main", wallet=1e200)])
    assert "beyond all range" in why(snapshot, "min(equity * equity / (1 USD * 1 USD), 500%)", Grain.ACCOUNT)


def test_an_infinite_measure_makes_an_expression_unknown() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=-5.0)], positions=[a_position(BTC, 1, entry=60_000.0)]
    )
    assert why(snapshot, "leverage * 2", Grain.ACCOUNT).startswith("leverage is infinite: exposure is held")


def test_a_read_that_is_not_ok_makes_what_needs_it_unknown() -> None:
    stale = a_surface(Surface.POSITIONS, quality=Quality.STALE, reason="400 s old")
    snapshot = a_snapshot(positions=[a_position(BTC, 1)], surfaces=[stale])
    assert why(snapshot, "gross / equity", Grain.ACCOUNT) == "positions: STALE, 400 s old"
    assert why(snapshot, "equity / wallet_balance", Grain.ACCOUNT) == ""


def test_an_instrument_is_believed_as_far_as_the_accounts_of_its_venue() -> None:
    blind = a_surface(Surface.MARKS, quality=Quality.BLIND)
    instrument = an_instrument(BTC, mark=60_000.0, index=59_000.0)
    premium = "(mark_price - index_price) / index_price"
    assert (
        why(a_snapshot(instruments=[instrument], surfaces=[blind]), premium, Grain.INSTRUMENT)
        == "marks: BLIND"
    )
    sound = a_snapshot(instruments=[instrument])
    assert taken(sound, premium, Grain.INSTRUMENT, Unit.RATIO) == [pytest.approx(1_000 / 59_000)]
    foreign = a_snapshot(instruments=[an_instrument(BTC, venue="elsewhere", mark=1.0, index=1.0)])
    assert why(foreign, premium, Grain.INSTRUMENT) == "no account at elsewhere"


def test_what_went_in_is_shown_with_its_source() -> None:
    book = book_of(
        a_snapshot(accounts=[an_account("main", wallet=10_000.0)], positions=[a_position(BTC, 1, mark=NAN)])
    )
    compiled = formula("gross / equity", Grain.ACCOUNT, Unit.RATIO)
    shown = inputs_of(book, Grain.ACCOUNT, compiled, book.everything, 0)
    assert [(each.name, each.value) for each in shown] == [
        ("gross", f"unknown (mark price of {BTC})"),
        ("equity", "10k USD"),
    ]
    assert take_formula(book, Grain.ACCOUNT, compiled, book.everything).measure == EXPR
