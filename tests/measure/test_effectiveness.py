"""How well a hedge would have worked, and how far it is from the ratio that works best."""

from __future__ import annotations

import math

import duckdb
import numpy as np
import pytest

from riskd.measure.strategy.effectiveness import minimum_variance_ratio, variance_taken_away
from riskd.model.arrays import FloatArray
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from tests.builders import (
    BTC,
    ETH,
    NAN,
    SOL,
    a_hedge,
    a_history,
    a_position,
    a_price_history,
    a_snapshot,
    a_spot,
    an_account,
    perpetual_leg,
    spot_leg,
)
from tests.measure.books import book_of, by_subject, reason, value
from tests.measure.test_prices import DAY, recorded
from tests.shared_data import shared_path

HEDGE = Grain.HEDGE
EFFECT, GAP = "hedge_effectiveness", "hedge_ratio_gap"
WEEK = 7 * DAY
HOURS = 168


def drawn(seed: int) -> tuple[FloatArray, FloatArray]:
    """Hourly moves of two coins, the second moving with the first and on its own."""
    one, own = np.random.default_rng(seed).standard_normal((2, HOURS)) / 100.0
    return one, 0.8 * one + 0.6 * own


def closes_of(moves: FloatArray) -> list[float]:
    found: list[float] = (100.0 * np.cumprod(np.append(1.0, 1.0 + moves))).tolist()
    return found


def crossed(hedged: float, hedging: float) -> Snapshot:
    """So much worth of ETH, hedged with so much worth of BTC."""
    return a_snapshot(
        accounts=[an_account(wallet=1e6)],
        positions=[
            *([a_position(ETH, hedged / 100.0, mark=100.0)] if hedged else []),
            *([a_position(BTC, hedging / 100.0, mark=100.0)] if hedging else []),
        ],
        hedges=(a_hedge("cross", perpetual_leg(ETH), perpetual_leg(BTC)),),
    )


def measured(snapshot: Snapshot, moves: dict[str, FloatArray], name: str) -> float:
    prices = a_price_history({symbol: closes_of(one) for symbol, one in moves.items()})
    return value(book_of(snapshot, a_history(snapshot, prices=prices)), name, HEDGE, window=WEEK)


# --- by hand ----------------------------------------------------------------------------------------------------


def test_four_hours_by_hand() -> None:
    unhedged, hedging = np.array([3.0, -1.0, -3.0, 1.0]), np.array([-2.0, 1.0, 2.0, -1.0])
    # Σ 20 of what is not hedged; hedged 1, 0, -1, 0: Σ 2. h* of the hedging leg: -14 / 10.
    assert variance_taken_away(unhedged, unhedged + hedging) == pytest.approx(0.9)
    assert minimum_variance_ratio(unhedged, hedging) == pytest.approx(-1.4)
    assert math.isnan(variance_taken_away(np.ones(4), hedging))
    assert math.isnan(minimum_variance_ratio(hedging, np.ones(4)))


def test_at_the_minimum_variance_ratio_effectiveness_is_r_squared_and_elsewhere_less_by_the_gap() -> None:
    hedged, hedging = drawn(3)
    best = minimum_variance_ratio(hedged, hedging)
    squared = np.corrcoef(hedged, hedging)[0, 1] ** 2
    spread = float((hedging.std() / hedged.std()) ** 2)
    moves = {ETH: hedged, BTC: hedging}
    assert measured(crossed(1_000.0, -1_000.0 * best), moves, EFFECT) == pytest.approx(squared)
    assert measured(crossed(1_000.0, -1_000.0 * best), moves, GAP) == pytest.approx(0.0, abs=1e-12)
    for held in (0.2, 1.0, 1.7):
        snapshot = crossed(1_000.0, -1_000.0 * held)
        gap = measured(snapshot, moves, GAP)
        assert gap == pytest.approx(held - best)
        assert measured(snapshot, moves, EFFECT) == pytest.approx(squared - gap**2 * spread)


def test_no_hedge_takes_nothing_away_and_a_second_bet_adds() -> None:
    moves = dict(zip((ETH, BTC), drawn(5), strict=True))
    assert measured(crossed(1_000.0, 0.0), moves, EFFECT) == pytest.approx(0.0)
    assert measured(crossed(1_000.0, 1_000.0), moves, EFFECT) < -1.0
    best = minimum_variance_ratio(moves[ETH], moves[BTC])
    assert measured(crossed(1_000.0, 0.0), moves, GAP) == pytest.approx(-best)


def test_sizes_do_not_matter_but_their_ratio_does() -> None:
    moves = dict(zip((ETH, BTC), drawn(5), strict=True))
    small, large = crossed(1e-20, -1e-20), crossed(1e20, -1e20)
    for name in (EFFECT, GAP):
        assert measured(small, moves, name) == pytest.approx(measured(large, moves, name))


def test_a_coin_on_spot_is_hedged_whole_by_as_much_of_its_perpetual() -> None:
    moves = {BTC: drawn(7)[0]}
    for short, effect in ((1.0, 1.0), (0.9, 0.99), (0.0, 0.0), (2.0, 0.0)):
        snapshot = a_snapshot(
            accounts=[an_account(wallet=1e6)],
            positions=[a_position(BTC, -short, mark=100.0)] if short else [],
            spot=[a_spot("BTC", 1.0, 100.0)],
            hedges=(a_hedge("carry", spot_leg("BTC"), perpetual_leg(BTC)),),
        )
        assert measured(snapshot, moves, EFFECT) == pytest.approx(effect)
        assert measured(snapshot, moves, GAP) == pytest.approx(short - 1.0)


def test_several_hedging_legs_are_one_hedge_in_the_proportion_in_which_they_are_held() -> None:
    hedged, first = drawn(9)
    second = drawn(10)[1]
    moves = {ETH: hedged, BTC: first, SOL: second}
    snapshot = a_snapshot(
        accounts=[an_account(wallet=1e6)],
        positions=[
            a_position(ETH, 10, mark=100.0),
            a_position(BTC, -6, mark=100.0),
            a_position(SOL, -2, mark=100.0),
        ],
        hedges=(a_hedge("both", perpetual_leg(ETH), perpetual_leg(BTC), perpetual_leg(SOL)),),
    )
    joint = 0.75 * first + 0.25 * second
    assert measured(snapshot, moves, GAP) == pytest.approx(0.8 - minimum_variance_ratio(hedged, joint))
    total = 1_000 * hedged - 600 * first - 200 * second
    assert measured(snapshot, moves, EFFECT) == pytest.approx(1 - total.var() / (1_000 * hedged).var())


# --- nothing held, orphans, unknown -----------------------------------------------------------------------------


def test_where_nothing_is_held_nothing_is_amiss() -> None:
    moves = dict(zip((ETH, BTC), drawn(5), strict=True))
    assert measured(crossed(0.0, 0.0), moves, EFFECT) == 1.0
    assert measured(crossed(0.0, 0.0), moves, GAP) == 0.0
    assert value(crossed(0.0, 0.0), EFFECT, HEDGE) == 1.0  # and needs no past


def test_an_orphan_hedges_nothing() -> None:
    snapshot = crossed(0.0, -1_000.0)
    assert reason(snapshot, EFFECT, HEDGE) == "nothing is hedged: ETH/USDT:USDT is not held"
    assert value(snapshot, GAP, HEDGE) == math.inf


def test_legs_that_hedge_and_cancel_out_have_no_ratio() -> None:
    for shorts in ((), (a_position(BTC, -1, mark=100.0), a_position(SOL, 1, mark=100.0))):
        snapshot = a_snapshot(
            accounts=[an_account(wallet=1e6)],
            positions=[a_position(ETH, 10, mark=100.0), *shorts],
            hedges=(a_hedge("both", perpetual_leg(ETH), perpetual_leg(BTC), perpetual_leg(SOL)),),
        )
        assert "there is no ratio to compare" in reason(snapshot, GAP, HEDGE)


def test_too_little_past_names_the_legs() -> None:
    snapshot = crossed(1_000.0, -500.0)
    one, other = (closes_of(moves) for moves in drawn(5))
    prices = a_price_history({ETH: one, BTC: [NAN] * 20 + other[20:]})
    book = book_of(snapshot, a_history(snapshot, prices=prices))
    for name in (EFFECT, GAP):
        assert reason(book, name, HEDGE, window=WEEK) == (
            "price history of ETH/USDT:USDT and BTC/USDT:USDT: 148 hourly moves that both have, 152 are needed"
        )
    alone = crossed(1_000.0, 0.0)
    assert reason(alone, EFFECT, HEDGE) == "price history of ETH/USDT:USDT: 0 hourly moves, 648 are needed"


def test_a_price_that_stands_still_is_unknown() -> None:
    snapshot, still = crossed(1_000.0, -500.0), np.zeros(HOURS)
    for frozen, name in ((ETH, EFFECT), (BTC, GAP)):
        moves = {ETH: drawn(5)[0], BTC: drawn(5)[1], frozen: still}
        prices = a_price_history({symbol: closes_of(one) for symbol, one in moves.items()})
        book = book_of(snapshot, a_history(snapshot, prices=prices))
        assert reason(book, name, HEDGE, window=WEEK) == f"the price of {frozen} has not moved in the window"


def test_an_unknown_quantity_is_named() -> None:
    snapshot = a_snapshot(
        positions=[a_position(ETH, 1, confirmed=False), a_position(BTC, -1)],
        hedges=(a_hedge("cross", perpetual_leg(ETH), perpetual_leg(BTC)),),
    )
    for name in (EFFECT, GAP):
        assert reason(snapshot, name, HEDGE) == "quantity of ETH/USDT:USDT in main"


# --- recorded markets -------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_btc_hedged_with_eth_by_the_day_is_as_published() -> None:
    """Published: h* 0.65 0.57 0.66 0.78 0.65 0.45, R² 0.72 0.59 0.80 0.68 0.63 0.67 in 2020 to 2025."""
    btc, eth = (shared_path(f"data/binance_usdm_1h_{coin}USDT_full.parquet") for coin in ("BTC", "ETH"))
    rows = duckdb.execute(
        f"""select year(b.ts at time zone 'utc'), b.close, e.close from '{btc}' b join '{eth}' e using (ts)
        where hour(b.ts at time zone 'utc') = 23 order by ts"""
    ).fetchall()
    year, *closes = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
    hedged, hedging = (close[1:] / close[:-1] - 1.0 for close in closes)
    ratios, effects = [], []
    for each in range(2020, 2026):
        days = year[1:] == each
        ratio = minimum_variance_ratio(hedged[days], hedging[days])
        ratios.append(round(ratio, 2))
        effects.append(round(variance_taken_away(hedged[days], (hedged - ratio * hedging)[days]), 2))
    assert ratios == [0.65, 0.57, 0.66, 0.78, 0.65, 0.45]
    assert effects == [0.72, 0.59, 0.80, 0.68, 0.63, 0.67]


@pytest.mark.shared
def test_btc_hedged_with_eth_by_the_hour_of_a_month_is_of_that_order() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=1e6)],
        positions=[a_position(BTC, 1, mark=100.0), a_position(ETH, -1, mark=100.0)],
        hedges=(a_hedge("cross", perpetual_leg(BTC), perpetual_leg(ETH)),),
    )
    for until in ("2022-06-19 00:00:00+00", "2023-09-01 00:00:00+00", "2025-10-12 00:00:00+00"):
        prices = recorded(until, "BTC", "ETH")
        found = by_subject(book_of(snapshot, a_history(snapshot, prices=prices)), GAP, HEDGE)
        best = 1.0 - found["hedge=cross"]
        assert 0.4 < best < 1.0
        at_best = a_snapshot(
            accounts=[an_account(wallet=1e6)],
            positions=[a_position(BTC, 1, mark=100.0), a_position(ETH, -best, mark=100.0)],
            hedges=snapshot.desk.hedges,
        )
        effect = value(book_of(at_best, a_history(at_best, prices=prices)), EFFECT, HEDGE)
        assert 0.55 < effect < 0.9
