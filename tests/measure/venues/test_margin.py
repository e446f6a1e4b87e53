"""Value, gain, margin and ratios by kind of contract: published numbers in our own words."""

from __future__ import annotations

import math

import pytest

from riskd.measure.venues import (
    MODELS,
    Holding,
    MarginMode,
    Position,
    flat,
    from_venue_ratio,
    initial_margin,
    inverse,
    linear,
    maintenance_margin,
    margin_ratio,
    pnl,
    required_margin,
    scheduled_margin,
    value,
    venue_ratio,
    whole,
)
from riskd.measure.venues.bitmex import SATOSHI, XBTUSD
from riskd.measure.venues.deribit import BTC_INITIAL, BTC_MAINTENANCE, SOL_INITIAL, SOL_MAINTENANCE
from riskd.measure.venues.hyperliquid import BTC_MAINTENANCE as HYPERLIQUID_BTC
from riskd.measure.venues.hyperliquid import by_leverage
from riskd.measure.venues.schedule import Schedule, Tier, discontinuities, marginal


@pytest.mark.parametrize(
    ("dollars", "entry", "mark", "expected"),
    [
        (100_000.0, 10_000.0, 10_500.0, 0.476190476),  # BitMEX inverse futures guide
        (60_000.0, 600.0, 500.0, -20.0),
        (-16_000.0, 8_000.0, 10_000.0, -0.4),
        (-16_000.0, 8_000.0, 5_000.0, 1.2),
    ],
)
def test_inverse_gains_are_in_coin(dollars: float, entry: float, mark: float, expected: float) -> None:
    assert pnl(inverse(dollars, entry), mark) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("mark", [1_000.0, 5_000.0, 8_000.0, 10_000.0, 1e6])
def test_a_coin_with_an_inverse_short_of_its_worth_keeps_its_dollars(mark: float) -> None:
    coin = 2.0 + pnl(inverse(-16_000.0, 8_000.0), mark)
    assert coin * mark == pytest.approx(16_000.0)


def test_whole_satoshi_reconcile_a_wallet_and_exact_values_do_not() -> None:
    rounded = Position(contract=XBTUSD, contracts=885.0, entry=7_299.0)
    gross = round(pnl(rounded, 6_635.5) / SATOSHI)
    assert gross == -1_211_565
    assert gross + 3_334 + 783 - 709 == -1_208_157
    exact = round(pnl(inverse(885.0, 7_299.0), 6_635.5) / SATOSHI)
    assert exact - gross == -838, "what the thread could not explain"


def test_linear_value_and_initial_margin_are_at_mark_at_binance() -> None:
    ada = linear(30.0, 0.385)
    assert value(ada, 0.4104759) == pytest.approx(12.314277)
    assert initial_margin(ada, 0.4104759, 20.0) == pytest.approx(0.61571385)


@pytest.mark.parametrize(
    ("schedule", "size", "price", "expected"),
    [
        (BTC_INITIAL, 25.0, 100_000.0, 53_125.0),
        (BTC_MAINTENANCE, 25.0, 100_000.0, 28_125.0),
        (BTC_INITIAL, 350.0, 100_000.0, 1_312_500.0),
        (SOL_INITIAL, 6_000.0, 200.0, 84_000.0),
        (SOL_MAINTENANCE, 25.0, 200.0, 100.625),
    ],
)
def test_deribit_margin_grows_with_size(
    schedule: Schedule, size: float, price: float, expected: float
) -> None:
    assert scheduled_margin(linear(-size, price), price, schedule) == pytest.approx(expected)


def test_hyperliquid_maintenance_is_half_of_initial_margin_on_each_slice() -> None:
    assert HYPERLIQUID_BTC.required(100e6, 0.0) == pytest.approx(100e6 / 40 / 2)
    assert HYPERLIQUID_BTC.required(200e6, 0.0) == pytest.approx(150e6 / 80 + 50e6 / 40)
    assert by_leverage(((0.0, 20.0),)).required(1.0, 0.0) == pytest.approx(0.025)


def test_rates_on_slices_need_less_than_one_rate_on_the_whole() -> None:
    tiers = [(0.0, 0.004), (1_000_000.0, 0.005)]
    assert whole(tiers, 1_200_000.0).required(1_200_000.0, 0.0) == pytest.approx(6_000.0)
    assert marginal(tiers).required(1_200_000.0, 0.0) == pytest.approx(5_000.0)


def test_a_deduction_that_leaves_a_jump_is_named() -> None:
    broken = Schedule(tiers=(Tier(floor=0.0, rate=0.004), Tier(floor=50_000.0, rate=0.005, amount=40.0)))
    assert discontinuities(broken) == ("tier 2 from 50000 at 0.005: deduction 40, expected 50",)
    assert discontinuities(marginal([(0.0, 0.004), (50_000.0, 0.005)])) == ()


def test_okx_ratio_needs_its_fee_and_falls() -> None:
    model = MODELS["okx"]
    holding = Holding(position=linear(0.15, 1_597.74), mark=1_584.33, maintenance=flat(0.008))
    equity = 0.15 * (1_584.33 - 1_438.7380360728976 * (1.0 - 0.0085))
    needed = required_margin(model, holding, MarginMode.CROSS)
    assert maintenance_margin(model, holding) == pytest.approx(1.901196)
    assert venue_ratio(model.ratio, equity, needed) == pytest.approx(11.719278420807477, rel=1e-6)
    assert from_venue_ratio(model.ratio, 11.719278420807477) == pytest.approx(margin_ratio(equity, needed))


def test_bitget_ratio_holds_the_taker_fee() -> None:
    model = MODELS["bitget"]
    holding = Holding(position=linear(0.01, 25_000.0), mark=25_100.0, maintenance=flat(0.004))
    equity = 9.669505009337334 + pnl(holding.position, 25_100.0)
    needed = required_margin(model, holding, MarginMode.ISOLATED)
    assert venue_ratio(model.ratio, equity, needed) == pytest.approx(0.1082149545822005, rel=1e-12)


def test_kucoin_risk_rate_of_a_cross_account_is_at_mark_with_fees() -> None:
    model = MODELS["kucoin_cross"]
    btc = Holding(position=linear(0.1, 60_000.0), mark=62_000.0, maintenance=flat(0.005))
    eth_ordered = Holding(position=linear(-10.0, 3_000.0), mark=3_000.0, maintenance=flat(0.008))
    needed = sum(required_margin(model, holding, MarginMode.CROSS) for holding in (btc, eth_ordered))
    assert needed == pytest.approx(31.0 + 240.0 + 3.72 + 18.0)
    # The open order is counted as if it were filled, its opening fee taken off the margin.
    assert venue_ratio(model.ratio, 5_000.0 - 18.0, needed) == pytest.approx(0.0588, abs=5e-5)


@pytest.mark.parametrize(
    ("equity", "required", "expected"),
    [(0.0, 1.0, math.inf), (-5.0, 1.0, math.inf), (0.0, 0.0, 0.0), (-5.0, 0.0, 0.0), (4.0, 1.0, 0.25)],
)
def test_no_ratio_is_ever_negative(equity: float, required: float, expected: float) -> None:
    assert margin_ratio(equity, required) == expected


@pytest.mark.parametrize("name", ["binance_usdm", "okx"])
def test_an_unknown_equity_or_requirement_is_unknown_in_every_direction(name: str) -> None:
    rule = MODELS[name].ratio
    for equity, required in ((math.nan, 1.0), (1.0, math.nan)):
        assert math.isnan(venue_ratio(rule, equity, required))
        assert math.isnan(margin_ratio(equity, required))
    assert math.isnan(from_venue_ratio(rule, math.nan))
