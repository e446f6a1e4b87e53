"""A position supposed opened is the book that the builders make with it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from riskd.measure.book.book import Book
from riskd.measure.catalogue import select_all, take
from riskd.measure.supposed.growth import growth_of_opening
from riskd.measure.supposed.suppose_opened import LONG, SHORT, Opening, suppose_opened
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from tests.builders import BTC, ETH, NAN, SOL, a_history, a_position, a_snapshot, an_account, an_instrument
from tests.measure.books import value
from tests.measure.comparison import ALL, ref_of
from tests.measure.larger_books import opened, opening_of
from tests.measure.moved_books import random_holdings


def eth(*, side: str = LONG, leverage: float = 10.0, isolated: bool = False, stop: float = NAN) -> Opening:
    return Opening(
        account=0, instrument=1, side=side, strategy=0, leverage=leverage, isolated=isolated, stop=stop
    )


def a_book(*, hedge_mode: bool = False) -> Snapshot:
    """1 BTC at 60,000 and nothing in ETH at 3,000."""
    return a_snapshot(
        accounts=[an_account("main", wallet=20_000.0, hedge_mode=hedge_mode)],
        positions=[
            a_position(BTC, 1, liquidation_price=40_000.0, cannot_be_liquidated=True),
            a_position(SOL, 1, isolated_wallet=50.0, liquidation_price=101.0),
        ],
        instruments=[an_instrument(ETH)],
    )


@settings(max_examples=40, derandomize=True, deadline=None)
@given(seed=st.integers(0, 10**6), lots=st.integers(1, 200_000))
def test_every_measure_of_an_opened_position_is_that_of_a_fresh_book(seed: int, lots: int) -> None:
    holdings = random_holdings(seed)
    opening = opening_of(holdings, seed)
    assume(opening is not None)
    assert opening is not None
    snapshot, history = holdings.at(lambda _: 0.0)
    growth = growth_of_opening(snapshot, opening)
    quantity = growth.quantity(lots)
    strategy = snapshot.strategies[opening.strategy]
    fresh = Book.of(
        opened(holdings, growth, opening.stop, quantity, strategy=strategy).at(lambda _: 0.0)[0], history
    )
    supposed = Book.of(growth.suppose(quantity), history)
    for name, grain in ALL:
        here, there = (take(book, ref_of(name), grain, select_all(book)) for book in (supposed, fresh))
        assert list(here.subjects) == list(there.subjects), name
        assert here.values.tolist() == pytest.approx(
            there.values.tolist(), rel=1e-6, abs=1e-7, nan_ok=True
        ), name
        assert [bool(why) for why in here.unknown] == [bool(why) for why in there.unknown], name


def test_an_opened_position_in_numbers() -> None:
    # 10 ETH are 30,000: 3,000 of margin at 10x, 15 of fee at 5 bps, maintenance 0.4 %.
    after = suppose_opened(a_book(), eth(), Decimal(10))
    assert after.positions.quantity.tolist() == [1.0, 10.0, 1.0]
    assert after.positions.quantity_exact == (Decimal(1), Decimal(10), Decimal(1))
    assert after.positions.entry_price[1] == after.positions.mark_price[1] == 3_000.0
    assert after.positions.unrealized_pnl[1] == 0.0
    assert after.positions.initial_margin[1] == 3_000.0
    assert after.positions.maintenance_margin[1] == pytest.approx(120.0)
    assert after.positions.opened_at[1] == after.taken_at.timestamp()
    assert after.accounts.equity[0] == pytest.approx(20_000.0 - 15.0)
    assert after.accounts.cross_wallet_balance[0] == pytest.approx(19_950.0 - 15.0)
    assert after.accounts.initial_margin[0] == pytest.approx(6_015.0 + 3_000.0)
    assert value(after, "leverage", Grain.ACCOUNT) == pytest.approx(90_150.0 / 19_985.0)


def test_what_only_the_venue_knew_of_cross_positions_is_dropped_and_isolated_ones_keep_it() -> None:
    after = suppose_opened(a_book(), eth(), Decimal(10)).positions
    assert np.isnan(after.liquidation_price[[0, 1]]).all()
    assert after.liquidation_price[2] == 101.0
    assert after.cannot_be_liquidated.tolist() == [False, False, False]
    assert np.isnan(after.adl_rank[1])


def test_an_isolated_position_takes_its_margin_out_of_the_cross_wallet() -> None:
    after = suppose_opened(a_book(), eth(isolated=True), Decimal(10))
    assert after.positions.isolated.tolist() == [False, True, True]
    assert after.positions.isolated_wallet[1] == 3_000.0
    assert after.accounts.cross_wallet_balance[0] == pytest.approx(19_950.0 - 15.0 - 3_000.0)
    assert after.accounts.equity[0] == pytest.approx(20_000.0 - 15.0)


def test_a_short_is_negative_and_in_hedge_mode_it_has_its_own_side() -> None:
    one_way = suppose_opened(a_book(), eth(side=SHORT), Decimal(10)).positions
    assert (one_way.notional[1], one_way.position_side[1], one_way.side(1)) == (-30_000.0, "BOTH", "short")
    hedged = suppose_opened(a_book(hedge_mode=True), eth(side=SHORT), Decimal(10)).positions
    assert (hedged.notional[1], hedged.position_side[1]) == (-30_000.0, "SHORT")


def test_a_stop_for_all_of_it_rests_where_it_is_told_to() -> None:
    after = suppose_opened(a_book(), eth(side=SHORT, stop=0.05), Decimal(10))
    assert after.orders.trigger_price.tolist() == [pytest.approx(3_150.0)]
    assert (after.orders.direction.tolist(), after.orders.remaining.tolist()) == ([1.0], [10.0])
    assert after.orders.reduce_only.all()
    book = Book.of(after, a_history(after))
    coverage = take(book, ref_of("stop_coverage"), Grain.POSITION, select_all(book))
    assert coverage.values.tolist() == [0.0, 1.0, 0.0]
    assert len(suppose_opened(a_book(), eth(), Decimal(10)).orders) == 0


def test_what_is_not_known_of_the_contract_stays_unknown() -> None:
    snapshot = replace(
        a_book(),
        quotes=a_snapshot(
            positions=[a_position(BTC, 1), a_position(SOL, 1)],
            instruments=[an_instrument(ETH, brackets=())],
        ).quotes,
    )
    after = suppose_opened(snapshot, eth(leverage=NAN), Decimal(10))
    assert np.isnan(after.positions.maintenance_margin[1])
    assert np.isnan(after.positions.initial_margin[1])
    assert np.isnan(after.accounts.available_balance[0])
    assert value(after, "leverage", Grain.ACCOUNT) == pytest.approx(90_150.0 / 19_985.0)


def test_the_smallest_order_is_the_larger_of_what_quantity_and_worth_ask_for() -> None:
    snapshot = a_snapshot(instruments=[an_instrument(ETH, lot_size="0.001", notional_min="20")])
    opening = Opening(account=0, instrument=0, side=LONG, strategy=0, leverage=10.0, isolated=False)
    growth = growth_of_opening(snapshot, opening, notional_max=250_000.0)
    assert growth.smallest == 7, "seven lots of three dollars"
    assert (growth.quantity(7), growth.notional(7)) == (Decimal("0.007"), 21.0)
    assert growth.accepted == 250_000.0
    assert np.isnan(growth_of_opening(snapshot, opening).accepted)
