"""Funding: who pays, of which notional, and how much of a stated rate at each settlement."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.venues import (
    MODELS,
    capped,
    funding_payment,
    hourly_rate,
    inverse,
    linear,
    margin_cap,
    premium,
    rate_from_premium,
    settled_rate,
)

RATE = st.floats(-0.01, 0.01)


def test_hyperliquid_pays_an_eighth_each_hour_on_the_oracle_notional() -> None:
    rule = MODELS["hyperliquid"].funding
    over = premium(impact_bid=10_100.0, impact_ask=10_110.0, index=10_000.0)
    rate = rate_from_premium(rule, over)
    assert (over, rate) == pytest.approx((0.01, 0.0095))
    assert funding_payment(linear(10.0, 9_000.0), settled_rate(rule, rate), 10_000.0) == pytest.approx(
        -118.75
    )


@pytest.mark.parametrize(("over", "rate"), [(0.001, 0.00075), (0.0002, 0.0), (0.0, 0.0), (-0.001, -0.00075)])
def test_deribit_pays_nothing_within_its_damper(over: float, rate: float) -> None:
    assert rate_from_premium(MODELS["deribit"].funding, over) == pytest.approx(rate, abs=1e-12)


@pytest.mark.parametrize(
    ("initial", "maintenance", "cap"), [(0.05, 0.03, 0.12), (0.1, 0.05, 0.3), (0.2, 0.1, 0.6)]
)
def test_dydx_bounds_funding_by_its_margin_rates(initial: float, maintenance: float, cap: float) -> None:
    found = margin_cap(MODELS["dydx"].funding, initial_rate=initial, maintenance_rate=maintenance)
    assert found == pytest.approx(cap)
    assert capped(1.0, found) == pytest.approx(cap)
    assert capped(-1.0, found) == pytest.approx(-cap)
    assert math.isinf(
        margin_cap(MODELS["bitmex"].funding, initial_rate=initial, maintenance_rate=maintenance)
    )


@pytest.mark.parametrize(
    ("rate", "mark", "satoshi"),
    [(-0.000771, 7_263.6, 9_394), (-0.000061, 6_894.6, 783), (0.000053, 6_615.7, -709)],
)
def test_a_long_receives_a_negative_rate_and_pays_a_positive_one(
    rate: float, mark: float, satoshi: int
) -> None:
    assert funding_payment(inverse(885.0, 7_299.0), rate, mark) * 1e8 == pytest.approx(satoshi, abs=0.6)


@pytest.mark.parametrize(
    ("dollars", "rate", "mark", "paid"),
    [
        (10_000.0, 0.00025, 5_000.0, 0.0005),  # KuCoin, funding fee
        (15_000.0, 0.0025, 750.0, 0.05),  # BitMEX, perpetual contracts guide
    ],
)
def test_funding_of_an_inverse_long_is_of_its_value_at_mark(
    dollars: float, rate: float, mark: float, paid: float
) -> None:
    assert funding_payment(inverse(dollars, 4_000.0), rate, mark) == pytest.approx(-paid)


def test_kucoin_bounds_funding_by_three_quarters_of_its_margin_rates() -> None:
    cap = margin_cap(MODELS["kucoin"].funding, initial_rate=0.01, maintenance_rate=0.005)
    assert cap == pytest.approx(0.00375)


@settings(max_examples=50, derandomize=True)
@given(RATE, st.floats(0.1, 100.0), st.floats(1.0, 1e5), st.booleans())
def test_what_longs_pay_shorts_receive(rate: float, size: float, price: float, is_inverse: bool) -> None:
    kind = inverse if is_inverse else linear
    paid = funding_payment(kind(size, price), rate, price)
    assert paid == -funding_payment(kind(-size, price), rate, price)
    assert paid * rate <= 0.0


def test_a_stated_rate_is_worth_the_same_an_hour_whatever_the_interval() -> None:
    assert hourly_rate(0.0008, 8.0) == pytest.approx(hourly_rate(0.0004, 4.0))
    rule = MODELS["binance_usdm"].funding
    assert settled_rate(rule, 0.0008) == 0.0008
    assert settled_rate(rule, 0.0008, interval_hours=4.0) == pytest.approx(0.0004)


def test_the_book_around_the_index_has_no_premium() -> None:
    assert premium(impact_bid=99.0, impact_ask=101.0, index=100.0) == 0.0
    assert premium(impact_bid=97.0, impact_ask=98.0, index=100.0) == pytest.approx(-0.02)


@pytest.mark.parametrize("name", ["binance_usdm", "deribit", "okx"])
def test_an_unknown_premium_has_an_unknown_rate(name: str) -> None:
    assert math.isnan(rate_from_premium(MODELS[name].funding, math.nan))
    assert math.isnan(capped(math.nan, 0.01))
