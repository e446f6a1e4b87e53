"""Liquidation and bankruptcy prices: published ones, and what happens at the edges."""

from __future__ import annotations

import math

import pytest

from riskd.measure.venues import (
    MODELS,
    Backing,
    Holding,
    MarginMode,
    bankruptcy_price,
    cross,
    flat,
    inverse,
    isolated,
    linear,
    linear_in_size,
    liquidation_price,
    marginal,
)
from tests.measure.venues.pinned import PINNED, Pinned
from tests.measure.venues.reference import Leg, bisected, room

USDM = MODELS["binance_usdm"]


@pytest.mark.parametrize("pinned", PINNED, ids=lambda pinned: pinned.source)
def test_published_prices_are_met(pinned: Pinned) -> None:
    model = MODELS[pinned.model]
    holding = Holding(position=pinned.position, mark=pinned.position.entry, maintenance=pinned.maintenance)
    mode = MarginMode.CROSS if pinned.is_cross else MarginMode.ISOLATED
    backing = Backing(
        mode=mode, cash=pinned.cash, others_pnl=pinned.others[0], others_required=pinned.others[1]
    )
    if pinned.liquidation is not None:
        found = liquidation_price(model, [holding], backing, fee_rate=pinned.fee_rate, tick=pinned.tick)
        assert found == pytest.approx(pinned.liquidation, abs=pinned.within)
    if pinned.bankruptcy is not None:
        found = bankruptcy_price(model, holding, backing, fee_rate=pinned.fee_rate, tick=pinned.tick)
        assert found == pytest.approx(pinned.bankruptcy, abs=pinned.within)


def test_every_venue_with_a_published_price_is_pinned() -> None:
    # Of Deribit margins are published, of KuCoin's cross account a ratio; the live measures hold them apart.
    assert set(MODELS) - {pinned.model for pinned in PINNED} == {"deribit", "kucoin_cross"}


def test_two_cross_positions_price_each_other() -> None:
    btc = Holding(position=linear(109.488, 32_481.98), mark=31_967.27, maintenance=flat(0.025, 16_300.0))
    eth = Holding(position=linear(3_683.979, 1_456.84), mark=1_335.18, maintenance=flat(0.1, 135_365.0))
    wallet = 1_535_443.01
    assert liquidation_price(USDM, [eth], cross(USDM, wallet, [btc])) == pytest.approx(1_153.26, abs=0.01)
    assert liquidation_price(USDM, [btc], cross(USDM, wallet, [eth])) == pytest.approx(26_316.89, abs=0.01)


def test_a_price_on_the_way_through_lower_tiers_is_exact() -> None:
    steps = [(0.0, 0.004), (50_000.0, 0.005), (250_000.0, 0.01), (1_000_000.0, 0.025)]
    holding = Holding(position=linear(40.0, 30_000.0), mark=30_000.0, maintenance=marginal(steps))
    above = room([Leg("linear", 40.0, 30_000.0, steps)], 900_000.0, 0.0)
    found = liquidation_price(USDM, [holding], isolated(900_000.0))
    assert found is not None
    assert found * 40.0 < 1_000_000.0, "two tiers below that of today"
    assert found == pytest.approx(bisected(above, 30_000.0, 1.0), rel=1e-12)


def test_margin_that_grows_with_size_in_coin_is_a_parabola_and_still_exact() -> None:
    holding = Holding(
        position=inverse(10e6, 50_000.0), mark=50_000.0, maintenance=linear_in_size(0.01, 0.00005)
    )
    above = room([Leg("inverse", 10e6, 50_000.0, [(0.0, 0.01)], per_unit=0.00005)], 20.0, 0.0)
    found = liquidation_price(MODELS["deribit"], [holding], isolated(20.0))
    assert found == pytest.approx(bisected(above, 50_000.0, 1.0), rel=1e-12)
    level = flat(0.01 + 0.00005 * 200.0)
    ignored = liquidation_price(
        MODELS["deribit"],
        [Holding(position=holding.position, mark=50_000.0, maintenance=level)],
        isolated(20.0),
    )
    assert found != pytest.approx(ignored, rel=1e-6), (
        "the rate of today is not that of the day of liquidation"
    )


def test_a_fully_paid_long_is_never_liquidated_by_a_price() -> None:
    holding = Holding(position=linear(1.0, 100.0), mark=100.0, maintenance=flat(0.01))
    assert liquidation_price(USDM, [holding], isolated(101.0)) is None


def test_a_coin_short_of_what_the_wallet_holds_is_never_liquidated() -> None:
    holding = Holding(position=inverse(-8_000.0, 8_000.0), mark=8_000.0, maintenance=flat(0.005))
    assert liquidation_price(MODELS["binance_coinm"], [holding], isolated(1.01)) is None


def test_an_overdue_liquidation_has_its_price_beyond_the_mark() -> None:
    holding = Holding(position=linear(1.0, 100.0), mark=80.0, maintenance=flat(0.01))
    found = liquidation_price(USDM, [holding], isolated(10.0))
    assert found == pytest.approx(90.0 / 0.99)


@pytest.mark.parametrize("unknown", ["mark", "cash", "rate", "entry", "size"])
def test_an_unknown_input_makes_the_price_unknown(unknown: str) -> None:
    of = {"mark": 100.0, "cash": 10.0, "rate": 0.01, "entry": 100.0, "size": 1.0} | {unknown: math.nan}
    holding = Holding(position=linear(of["size"], of["entry"]), mark=of["mark"], maintenance=flat(of["rate"]))
    found = liquidation_price(USDM, [holding], isolated(of["cash"]))
    assert found is not None
    assert math.isnan(found)


@pytest.mark.parametrize("size", [1e-20, 1.0, 1e20])
def test_absurd_sizes_have_the_same_price(size: float) -> None:
    holding = Holding(position=linear(size, 100.0), mark=100.0, maintenance=flat(0.01))
    assert liquidation_price(USDM, [holding], isolated(10.0 * size)) == pytest.approx(90.0 / 0.99, rel=1e-9)


def test_nothing_held_is_never_liquidated() -> None:
    holding = Holding(position=linear(0.0, 100.0), mark=100.0, maintenance=flat(0.01))
    assert liquidation_price(USDM, [holding], isolated(10.0)) is None


def test_a_price_on_the_grid_is_not_moved_by_rounding() -> None:
    holding = Holding(position=linear(1.0, 20_000.0), mark=20_000.0, maintenance=flat(0.005))
    for tick in (0.1, 0.5, 1.0, 100.0):
        found = liquidation_price(MODELS["bybit_linear"], [holding], isolated(400.0), tick=tick)
        assert found == pytest.approx(19_700.0, abs=1e-9)
