"""A position supposed larger is the book that the builders make of the larger position."""

from __future__ import annotations

import ast
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import riskd.act
from riskd.measure.book.book import Book
from riskd.measure.catalogue import select_all, take
from riskd.measure.supposed.suppose_more import notional_affordable, suppose_more
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from tests.builders import BTC, ETH, a_history, a_position, a_snapshot, a_stop, an_account, an_instrument
from tests.measure.books import value
from tests.measure.comparison import ALL, ref_of
from tests.measure.moved_books import MARKS, Holdings, random_holdings

FEE = 0.0005


def larger(holdings: Holdings, row: int, notional: float) -> Holdings:
    """The holdings with more of one position: bought at mark, fee paid, its reduce-only orders grown."""
    held = holdings.positions[row]
    mark, quantity = MARKS[held.symbol], float(held.quantity)
    more = math.copysign(notional / mark, quantity)
    growth = 1.0 + more / quantity
    assert held.entry is not None
    margin = held.isolated_wallet
    grown = replace(
        held,
        quantity=quantity + more,
        entry=(held.entry * quantity + mark * more) / (quantity + more),
        isolated_wallet=None if margin is None else margin + notional / held.leverage,
    )
    orders = [
        replace(order, quantity=float(order.quantity) * growth)
        if order.reduce_only
        and (order.account, order.symbol, order.position_side)
        == (held.account, held.symbol, held.position_side)
        else order
        for order in holdings.orders
    ]
    accounts = [
        replace(account, wallet=account.wallet - FEE * notional)
        if account.profile.id == held.account
        else account
        for account in holdings.accounts
    ]
    positions = [grown if place == row else each for place, each in enumerate(holdings.positions)]
    return replace(holdings, accounts=tuple(accounts), positions=tuple(positions), orders=tuple(orders))


def row_of(snapshot: Snapshot, holdings: Holdings, row: int) -> int:
    """Where a position of the holdings stands in the snapshot, whose rows are sorted."""
    held, positions = holdings.positions[row], snapshot.positions
    for place in range(len(positions)):
        account = snapshot.desk.accounts[positions.account[place]].id
        symbol = snapshot.instruments[positions.instrument[place]].symbol
        if (account, symbol, positions.position_side[place]) == (
            held.account,
            held.symbol,
            held.position_side,
        ):
            return place
    raise AssertionError(held)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(seed=st.integers(0, 10**6), notional=st.floats(10.0, 1e6))
def test_every_measure_of_a_larger_position_is_that_of_a_fresh_book(seed: int, notional: float) -> None:
    holdings = random_holdings(seed)
    assume(holdings.positions)
    row = seed % len(holdings.positions)
    snapshot, history = holdings.at(lambda _: 0.0)
    supposed = Book.of(suppose_more(snapshot, row_of(snapshot, holdings, row), notional), history)
    fresh = Book.of(larger(holdings, row, notional).at(lambda _: 0.0)[0], history)
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
    after = suppose_more(snapshot, 0, 60_000.0)
    assert after.positions.quantity.tolist() == [2.0]
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
    assert notional_affordable(snapshot, 0) == pytest.approx(60_000.0)
    unknown = a_snapshot(accounts=[an_account("main", available=math.nan)], positions=[a_position(BTC, 1)])
    assert math.isnan(notional_affordable(unknown, 0))


def test_a_short_grows_short_and_the_accounts_of_others_stay() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main"), an_account("other")],
        positions=[a_position(ETH, -10), a_position(ETH, 10, account="other")],
        instruments=[an_instrument(ETH, taker_fee_rate=None)],
    )
    after = suppose_more(snapshot, 0, 3_000.0)
    assert after.positions.quantity.tolist() == pytest.approx([-11.0, 10.0])
    assert after.accounts.equity.tolist() == pytest.approx([99_998.5, 100_000.0])
    assert value(after, "leverage", Grain.ACCOUNT) == pytest.approx(33_000.0 / 99_998.5)


def test_no_more_is_the_same_book_apart_from_the_venues_prices() -> None:
    snapshot = random_holdings(5).at(lambda _: 0.0)[0]
    before, after = (
        Book.of(each, a_history(snapshot)) for each in (snapshot, suppose_more(snapshot, 0, 0.0))
    )
    for name, grain in ALL:
        here, there = (take(book, ref_of(name), grain, select_all(book)).values for book in (before, after))
        assert np.array_equal(here, there, equal_nan=True), name


def test_nothing_that_makes_orders_knows_of_larger_positions() -> None:
    root = Path(riskd.act.__file__).parents[1]
    makers = [
        *root.glob("act/**/*.py"),
        root / "execution.py",
        root / "cycle.py",
        *root.glob("adapters/*.py"),
    ]
    for file in makers:
        names = {
            node.module
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom) and node.module
        }
        assert not names & {"riskd.measure.supposed.suppose_more", "riskd.judge.headroom"}, file
