"""The builders that every test leans on give consistent values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from riskd.model.report import Surface
from riskd.model.snapshot import Quality
from tests.builder_columns import maintenance
from tests.builders import (
    BRACKETS,
    BTC,
    ETH,
    NAN,
    a_grid,
    a_hedge,
    a_position,
    a_snapshot,
    a_surface,
    amounts,
    an_account,
    an_order,
)


def test_what_is_not_said_follows_from_what_is() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=10_000)],
        positions=[a_position(BTC, 0.5, entry=58_000), a_position(ETH, -2, isolated_wallet=500.0)],
    )
    positions, accounts = snapshot.positions, snapshot.accounts
    assert positions.notional.tolist() == [30_000.0, -6_000.0]
    assert positions.unrealized_pnl.tolist() == [1_000.0, 0.0]
    assert accounts.equity.tolist() == [11_000.0]
    assert accounts.cross_wallet_balance.tolist() == [9_500.0]
    assert accounts.maintenance_margin[0] == pytest.approx(36_000 * 0.004)


def test_rows_come_in_canonical_order_and_what_they_name_is_added() -> None:
    snapshot = a_snapshot(
        positions=[a_position(ETH, 1, "b"), a_position(ETH, 1, "a"), a_position(BTC, 1, "b")],
        orders=[an_order("SOL/USDT:USDT", "BUY", 1, 140, "c")],
        hedges=(a_hedge(),),
        grids=(a_grid(),),
    )
    assert [profile.id for profile in snapshot.desk.accounts] == ["a", "b", "c", "main"]
    symbols = [snapshot.instruments[code].symbol for code in snapshot.positions.instrument]
    assert symbols == [ETH, BTC, ETH]
    assert snapshot.positions.account.tolist() == [0, 1, 1]


def test_every_surface_is_ok_unless_a_test_says_otherwise() -> None:
    bad = a_surface(Surface.ORDERS, quality=Quality.BLIND, age_seconds=None)
    snapshot = a_snapshot(surfaces=[bad])
    assert snapshot.state("main", Surface.ORDERS) == bad
    others = [state for state in snapshot.surfaces if state != bad]
    assert len(others) == len(Surface) - 1
    assert all(state.quality is Quality.OK for state in others)


def test_maintenance_of_the_builders_is_continuous() -> None:
    for (floor, rate), amount in zip(BRACKETS[1:], amounts(BRACKETS)[1:], strict=True):
        below = maintenance(math.nextafter(floor, 0.0), BRACKETS)
        assert rate * floor - amount == pytest.approx(below)
    assert math.isnan(maintenance(1.0, ()))


def test_a_position_that_may_be_gone_keeps_its_exact_quantity_but_not_its_value() -> None:
    positions = a_snapshot(positions=[a_position(BTC, "0.25", confirmed=False)]).positions
    assert str(positions.quantity_exact[0]) == "0.25"
    assert np.isnan([positions.quantity[0], positions.notional[0]]).all()
    assert positions.side(0) == "long"


def test_unknown_is_nan_and_not_derived() -> None:
    snapshot = a_snapshot(accounts=[an_account(equity=NAN, wallet=5.0)])
    assert np.isnan(snapshot.accounts.equity[0])
    assert snapshot.accounts.wallet_balance[0] == 5.0
