"""A hypothetical book is the book that the builders make of the same facts; an account alone measures as in the whole."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from riskd.act.plan.alone import account_alone
from riskd.act.plan.prices import Costs, Prices
from riskd.act.plan.suppose import suppose
from riskd.measure.book.book import Book
from riskd.measure.catalogue import CATALOGUE, take, with_defaults
from riskd.measure.spec import MeasureRef, ParameterValue
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from tests.builders import (
    BTC,
    ETH,
    SOL,
    PositionRow,
    a_grid,
    a_hedge,
    a_history,
    a_position,
    a_price_history,
    a_snapshot,
    a_spot,
    a_stop,
    an_account,
    an_equity_series,
    an_instrument,
    an_order,
    perpetual_leg,
)

FREE = [an_instrument(BTC, taker_fee_rate="0"), an_instrument(ETH, taker_fee_rate="0.0005")]


def a_book(*positions: PositionRow, wallet: float = 100_000) -> Snapshot:
    return a_snapshot(accounts=[an_account("main", wallet=wallet)], positions=positions, instruments=FREE)


def assert_same(found: Snapshot, expected: Snapshot) -> None:
    for name in ("accounts", "positions"):
        ours, theirs = getattr(found, name), getattr(expected, name)
        for field in ours.__dataclass_fields__:
            one, other = getattr(ours, field), getattr(theirs, field)
            if isinstance(one, tuple):
                assert one == other, field
            else:
                np.testing.assert_allclose(one, other, rtol=1e-12, err_msg=field)


def test_a_part_closed_moves_its_pnl_to_the_wallet_and_pays_its_cost() -> None:
    before = a_book(a_position(BTC, -1, entry=58_000), a_position(ETH, 10, entry=2_500))
    closing = {0: Decimal("0.25"), 1: Decimal(4)}
    prices = Prices(Book.of(before, a_history(before)), Costs(slippage_rate=0.001))
    after = suppose(before, closing, prices.of(closing))
    wallet = 100_000 + 0.25 * -2_000 + 4 * 500 - 0.25 * 60_000 * 0.001 - 4 * 3_000 * 0.0015
    expected = a_book(a_position(BTC, "-0.75", entry=58_000), a_position(ETH, 6, entry=2_500), wallet=wallet)
    assert_same(after, expected)


def test_maintenance_falls_by_the_brackets_and_faster_than_the_position() -> None:
    before = a_book(a_position(BTC, 60))
    after = suppose(before, {0: Decimal(57)}, np.zeros(1))
    assert before.positions.maintenance_margin[0] > 20 * after.positions.maintenance_margin[0]
    assert_same(after, a_book(a_position(BTC, 3)))


def test_without_brackets_maintenance_falls_in_proportion() -> None:
    bare = [an_instrument(BTC, brackets=())]
    rows = [a_position(BTC, 2, maintenance_margin=900.0)]
    before = a_snapshot(
        accounts=[an_account("main", maintenance_margin=900.0)], positions=rows, instruments=bare
    )
    after = suppose(before, {0: Decimal(1)}, np.zeros(1))
    assert after.positions.maintenance_margin[0] == pytest.approx(450.0)
    assert after.accounts.maintenance_margin[0] == pytest.approx(450.0)


def test_the_venues_own_maintenance_keeps_its_proportion_to_ours() -> None:
    row = a_position(BTC, 2, maintenance_margin=960.0)  # by the brackets it would be 480
    before = a_snapshot(accounts=[an_account("main")], positions=[row], instruments=FREE)
    after = suppose(before, {0: Decimal(1)}, np.zeros(1))
    assert after.positions.maintenance_margin[0] == pytest.approx(480.0)


def test_an_isolated_position_gives_back_its_share_and_what_is_closed_whole_is_gone() -> None:
    before = a_book(a_position(BTC, 1, entry=61_000, isolated_wallet=6_000.0), a_position(ETH, 2))
    half = suppose(before, {0: Decimal("0.5")}, np.zeros(2))
    expected = a_book(
        a_position(BTC, "0.5", entry=61_000, isolated_wallet=3_000.0), a_position(ETH, 2), wallet=99_500
    )
    assert_same(half, expected)
    gone = suppose(before, {0: Decimal(1)}, np.zeros(2))
    assert_same(gone, a_book(a_position(ETH, 2), wallet=99_000))


def test_the_venues_liquidation_prices_are_dropped_where_they_are_no_longer_true() -> None:
    before = a_book(
        a_position(BTC, 1, liquidation_price=40_000.0, isolated_wallet=6_000.0),
        a_position(ETH, 2, liquidation_price=900.0),
        a_position(SOL, 2, cannot_be_liquidated=True),
    )
    after = suppose(before, {1: Decimal(1)}, np.zeros(3)).positions
    assert after.liquidation_price[0] == 40_000.0
    assert math.isnan(after.liquidation_price[1])
    assert not after.cannot_be_liquidated[2]


def test_an_unconfirmed_position_is_left_as_it_is() -> None:
    before = a_book(a_position(BTC, 1, confirmed=False), a_position(ETH, 2))
    after = suppose(before, {1: Decimal(2)}, np.zeros(2))
    assert after.positions.quantity_exact == (Decimal(1),)
    assert math.isnan(after.positions.quantity[0])


def test_a_fee_that_no_venue_states_is_reckoned_high() -> None:
    unstated = [an_instrument(BTC, taker_fee_rate=None)]
    book = a_snapshot(positions=[a_position(BTC, 1)], instruments=unstated)
    prices = Prices(Book.of(book, a_history(book)), Costs())
    assert prices.of({0: Decimal("0.5")}).tolist() == pytest.approx([0.0015 * 30_000])


def a_desk() -> Snapshot:
    """Three accounts with hedges, grids, spot, orders and isolated positions."""
    return a_snapshot(
        accounts=[an_account("alpha", wallet=20_000), an_account("main", wallet=30_000), an_account("zeta")],
        positions=[
            a_position(BTC, 0.5, "alpha", strategy="hedge"),
            a_position(BTC, -0.4, "main", strategy="hedge"),
            a_position(ETH, 6, "main", isolated_wallet=4_000.0, entry=2_900),
            a_position(SOL, 100, "main", strategy="grid"),
            a_position(ETH, -3, "zeta"),
        ],
        orders=[
            an_order(SOL, "BUY", 10, 140.0, "main", strategy="grid"),
            an_order(SOL, "SELL", 10, 160.0, "main", strategy="grid"),
            an_order(BTC, "BUY", 1, 50_000.0, "alpha"),
            a_stop(ETH, "SELL", 6, 2_800.0, "main"),
        ],
        spot=[a_spot("BTC", 0.4, account="main")],
        hedges=(a_hedge("carry", perpetual_leg(BTC, "main"), perpetual_leg(BTC, "alpha")),),
        grids=(a_grid("sol", SOL, "main"), a_grid("eth", ETH, "zeta", lower=2_000, upper=4_000)),
    )


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_measure_of_an_account_alone_is_the_measure_in_the_whole_desk(name: str) -> None:
    desk, rng = a_desk(), np.random.default_rng(1)
    series = an_equity_series([(40 * 86_400.0, 40_000.0), (3_600.0, 35_000.0), (0.0, 30_000.0)])
    history = a_history(
        desk,
        equity={"main": series},
        funding=[("alpha", BTC, "hedge", -5.0, 600.0), ("main", BTC, "hedge", -3.0, 600.0)],
        activity=[("main", "grid", 5.0), ("zeta", "swing", 5.0)],
        prices=a_price_history(
            {symbol: (1.0 + rng.random(730) / 100.0).tolist() for symbol in (BTC, ETH, SOL)}
        ),
        market=a_price_history({BTC: (1.0 + rng.random(730) / 100.0).tolist()}),
        reconciled=[(name, symbol, 0.001, 60.0) for name in ("main", "alpha") for symbol in (BTC, ETH, SOL)],
    )
    alone = Book.of(*account_alone(desk, history, 1))
    whole = Book.of(desk, history)
    given: dict[str, ParameterValue] = {
        "window": 86_400.0,
        "beyond": 0.1,
        "move": -0.2,
        "scenario": "crash-30-corr-1",
    }
    spec = CATALOGUE[name]
    ref = MeasureRef(name, tuple((p.name, given[p.name]) for p in spec.parameters if p.name in given))
    for grain in spec.grains - {Grain.DESK, Grain.PORTFOLIO, Grain.EXCHANGE, Grain.HEDGE, Grain.INSTRUMENT}:
        one = take(alone, with_defaults(ref), grain, alone.everything)
        all_ = take(whole, with_defaults(ref), grain, whole.everything)
        values = dict(zip(all_.subjects, all_.values.tolist(), strict=True))
        mine = [subject for subject in all_.subjects if subject.part("account") in {"main", ""}]
        mine = [subject for subject in mine if subject.part("grid") in {"sol", ""}]
        assert list(one.subjects) == mine
        np.testing.assert_array_equal(one.values, [values[subject] for subject in mine])


def test_an_account_alone_keeps_its_venue_and_its_own_surfaces() -> None:
    alone, _ = account_alone(a_desk(), a_history(a_desk()), 1)
    assert {state.account for state in alone.surfaces} == {"", "main"}
    assert [grid.id for grid in alone.desk.grids] == ["sol"]
    assert [hedge.id for hedge in alone.desk.hedges] == ["carry"]
    assert replace(alone.desk, hedges=(), grids=()).accounts[0].id == "main"
