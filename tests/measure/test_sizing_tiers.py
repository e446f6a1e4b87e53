"""Margin tables as people copy them."""

from __future__ import annotations

import math

import pytest

from riskd.measure.sizing.tiers import MarginTier, MarginTiers, SizedBy, one_rate
from riskd.measure.venues import MODELS, inverse, linear

TWO = MarginTiers(
    tiers=(
        MarginTier(floor=0.0, rate=0.01, leverage_max=50.0),
        MarginTier(floor=1_000.0, rate=0.02, leverage_max=20.0),
    )
)


def test_each_rate_holds_for_its_own_slice_where_the_venue_says_so() -> None:
    schedule = TWO.schedule(MODELS["binance_usdm"], linear(20.0, 100.0), 90.0)
    assert schedule.required(2_000.0, 20.0) == pytest.approx(0.01 * 1_000 + 0.02 * 1_000)


def test_one_rate_holds_for_the_whole_where_the_venue_says_so() -> None:
    schedule = TWO.schedule(MODELS["bitget"], linear(20.0, 100.0), 90.0)
    assert schedule.required(2_000.0, 20.0) == pytest.approx(0.02 * 2_000)


@pytest.mark.parametrize(("side", "worst", "rate"), [(1.0, 80.0, 0.01), (-1.0, 120.0, 0.02)])
def test_a_short_that_grows_into_the_next_tier_before_its_stop_pays_that_rate(
    side: float, worst: float, rate: float
) -> None:
    schedule = TWO.schedule(MODELS["bitget"], linear(side * 9.0, 100.0), worst)
    assert schedule.required(900.0, 9.0) == pytest.approx(rate * 900)


def test_an_inverse_long_grows_in_coin_when_price_falls() -> None:
    tiers = MarginTiers(tiers=(MarginTier(floor=0.0, rate=0.01), MarginTier(floor=1.1, rate=0.02)))
    schedule = tiers.schedule(MODELS["okx"], inverse(100.0, 100.0), 80.0)
    assert schedule.required(1.0, 1.0) == pytest.approx(0.02)


def test_tiers_by_contracts_do_not_follow_the_price() -> None:
    tiers = MarginTiers(
        tiers=(MarginTier(floor=0.0, rate=0.01), MarginTier(floor=15.0, rate=0.02)),
        sized_by=SizedBy.CONTRACTS,
    )
    schedule = tiers.schedule(MODELS["okx"], linear(14.0, 100.0), 200.0)
    assert schedule.required(1_400.0, 14.0) == pytest.approx(14.0)


def test_the_highest_leverage_is_that_of_the_size_at_entry_and_unknown_where_the_table_is_silent() -> None:
    assert TWO.leverage_max(linear(5.0, 100.0)) == 50.0
    assert TWO.leverage_max(linear(-15.0, 100.0)) == 20.0
    assert math.isnan(one_rate(0.01).leverage_max(linear(5.0, 100.0)))


@pytest.mark.parametrize(
    ("venue", "tiers", "words"),
    [
        ("dydx", TWO, "dYdX v4 has no tiers .*, found 2"),
        ("deribit", TWO, "Deribit has no tiers"),
        ("binance_usdm", MarginTiers(tiers=TWO.tiers, sized_by=SizedBy.CONTRACTS), "found contracts"),
        ("binance_usdm", MarginTiers(tiers=TWO.tiers, rate_per_unit=1e-5), "adds nothing to the rate"),
    ],
)
def test_a_table_that_a_venue_cannot_have_is_refused(venue: str, tiers: MarginTiers, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tiers.schedule(MODELS[venue], linear(1.0, 100.0), 90.0)


def test_margin_that_grows_with_size() -> None:
    tiers = MarginTiers(tiers=(MarginTier(floor=0.0, rate=0.01),), rate_per_unit=5e-5)
    schedule = tiers.schedule(MODELS["deribit"], linear(100.0, 50_000.0), 49_000.0)
    assert schedule.rate_at(5e6, 100.0) == pytest.approx(0.015)
