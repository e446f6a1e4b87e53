"""A position supposed larger is the book that the builders make of the larger position."""

from __future__ import annotations

import ast
import math
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import riskd.act
from riskd.measure.book.book import Book
from riskd.measure.catalogue import select_all, take
from riskd.measure.supposed.charged import notional_affordable
from riskd.measure.supposed.suppose_more import suppose_more
from riskd.model.subject import Grain
from tests.builders import BTC, ETH, a_history, a_position, a_snapshot, a_stop, an_account, an_instrument
from tests.measure.books import value
from tests.measure.comparison import ALL, ref_of
from tests.measure.larger_books import larger, row_of
from tests.measure.moved_books import random_holdings

LOT = Decimal("0.001")


@settings(max_examples=40, derandomize=True, deadline=None)
@given(seed=st.integers(0, 10**6), lots=st.integers(1, 100_000))
def test_every_measure_of_a_larger_position_is_that_of_a_fresh_book(seed: int, lots: int) -> None:
    holdings = random_holdings(seed)
    assume(holdings.positions)
    row = seed % len(holdings.positions)
    snapshot, history = holdings.at(lambda _: 0.0)
    supposed = Book.of(suppose_more(snapshot, row_of(snapshot, holdings, row), lots * LOT), history)
    fresh = Book.of(larger(holdings, row, lots).at(lambda _: 0.0)[0], history)
    for name, grain in ALL:
        here, there = (take(book, ref_of(name), grain, select_all(book)).values for book in (supposed, fresh))
        assert here.tolist() == pytest.approx(there.tolist(), rel=1e-6, abs=1e-7, nan_ok=True), name


def test_twice_a_position_in_numbers() -> None:
    # 1 BTC at 60,000, 10x; one more needs 6,000 of margin and costs 30 at 5 bps.
    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=20_000.0)],
        positions=[a_position(BTC, 1, entry=57_000.0, liquidation_price=40_000.0)],
        orders=[a_stop(BTC, "SELL", 1, 55_000.0)],
    )
    after = suppose_more(snapshot, 0, Decimal(1))
    assert after.positions.quantity.tolist() == [2.0]
    assert after.positions.quantity_exact == (Decimal(2),)
    assert after.positions.entry_price.tolist() == [58_500.0]
    assert after.positions.unrealized_pnl.tolist() == [3_000.0]
    assert after.positions.initial_margin.tolist() == [12_000.0]
    assert after.positions.maintenance_margin[0] == pytest.approx(480.0)
    assert np.isnan(after.positions.liquidation_price[0])
    assert after.accounts.equity[0] == pytest.approx(22_970.0)
    assert after.accounts.available_balance[0] == pytest.approx(23_000.0 - 6_000.0 - 6_000.0 - 30.0)
    assert after.orders.remaining.tolist() == [2.0]
    assert value(after, "stop_coverage", Grain.POSITION) == 1.0


def test_free_margin_pays_for_the_margin_and_the_fee() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main", available=6_030.0)], positions=[a_position(BTC, 1), a_position(ETH, 1)]
    )
    assert notional_affordable(snapshot, 0, 0, 10.0) == pytest.approx(60_000.0)
    assert math.isnan(notional_affordable(snapshot, 0, 0, math.nan))
    unknown = a_snapshot(accounts=[an_account("main", available=math.nan)], positions=[a_position(BTC, 1)])
    assert math.isnan(notional_affordable(unknown, 0, 0, 10.0))


def test_a_short_grows_short_and_the_accounts_of_others_stay() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main"), an_account("other")],
        positions=[a_position(ETH, -10), a_position(ETH, 10, account="other")],
        instruments=[an_instrument(ETH, taker_fee_rate=None)],
    )
    after = suppose_more(snapshot, 0, Decimal(1))
    assert after.positions.quantity.tolist() == pytest.approx([-11.0, 10.0])
    assert after.accounts.equity.tolist() == pytest.approx([99_998.5, 100_000.0])
    assert value(after, "leverage", Grain.ACCOUNT) == pytest.approx(33_000.0 / 99_998.5)


def test_no_more_is_the_same_book_apart_from_the_venues_prices() -> None:
    snapshot = random_holdings(5).at(lambda _: 0.0)[0]
    before, after = (
        Book.of(each, a_history(snapshot)) for each in (snapshot, suppose_more(snapshot, 0, Decimal(0)))
    )
    for name, grain in ALL:
        here, there = (take(book, ref_of(name), grain, select_all(book)).values for book in (before, after))
        assert np.array_equal(here, there, equal_nan=True), name


LARGER = {
    "riskd.measure.supposed.suppose_more",
    "riskd.measure.supposed.suppose_opened",
    "riskd.measure.supposed.growth",
    "riskd.judge.larger",
}


def test_nothing_that_makes_orders_knows_of_larger_positions() -> None:
    root = Path(riskd.act.__file__).parents[1]
    makers = [
        *root.glob("act/**/*.py"),
        *root.glob("execution*.py"),
        *root.glob("execution/**/*.py"),
        root / "cycle.py",
        *root.glob("adapters/*.py"),
    ]
    assert any("execution" in str(file) for file in makers)
    for file in makers:
        names = {
            node.module
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom) and node.module
        }
        assert not names & LARGER, file
