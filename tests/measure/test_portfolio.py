"""What all positions together put at risk, given how their prices move together."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest

from riskd.model.history import PriceColumns
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
    a_stop,
    an_account,
    an_instrument,
    perpetual_leg,
    spot_leg,
)
from tests.measure.books import book_of, by_subject, reason, value
from tests.measure.test_prices import DAY, a_walk, alternating

ACCOUNT = Grain.ACCOUNT
HEAT, VOLATILITY = "correlated_risk", "portfolio_volatility"
WEEK, HOURS = 7 * DAY, 168


# No fee is stated, so that a stop costs its distance and no more.
CONTRACTS = [an_instrument(symbol, mark=100.0, taker_fee_rate=None) for symbol in (BTC, ETH, SOL)]


def at_risk(**amounts: float) -> Snapshot:
    """Positions at 100 with a stop at 1 % that puts so much at risk; equity 10,000. Negative: short."""
    sides = {f"{coin}/USDT:USDT": amount for coin, amount in amounts.items()}
    return a_snapshot(
        accounts=[an_account(wallet=10_000)],
        instruments=CONTRACTS,
        positions=[a_position(symbol, amount, mark=100.0, entry=100.0) for symbol, amount in sides.items()],
        orders=[
            a_stop(symbol, "SELL" if amount > 0 else "BUY", abs(amount), 99.0 if amount > 0 else 101.0)
            for symbol, amount in sides.items()
        ],
    )


def tied(correlation: float) -> PriceColumns:
    """Moves of BTC and ETH whose correlation is exactly so, and of SOL that go with neither."""
    drawn = np.random.default_rng(1).standard_normal((HOURS, 3))
    one, two, three = np.linalg.qr(drawn - drawn.mean(axis=0))[
        0
    ].T  # without mean, at right angles, all of length 1
    other = correlation * one + math.sqrt(1 - correlation**2) * two
    moves = {BTC: one, ETH: other, SOL: three}
    return a_price_history({symbol: a_walk(*(0.1 * steps)) for symbol, steps in moves.items()})


def heat(snapshot: Snapshot, prices: PriceColumns) -> float:
    book = book_of(snapshot, a_history(snapshot, prices=prices))
    return value(book, HEAT, ACCOUNT, window=WEEK, fee=0.0, slippage=0.0)


# --- correlated_risk --------------------------------------------------------------------------------------------


def test_two_risks_join_by_their_correlation() -> None:
    # 300 and 400 of 10,000: √(300² + 400² + 2·0.6·300·400) = √394,000; the other way round √106,000.
    assert heat(at_risk(BTC=300.0, ETH=400.0), tied(0.6)) == pytest.approx(math.sqrt(394_000) / 10_000)
    assert heat(at_risk(BTC=300.0, ETH=-400.0), tied(0.6)) == pytest.approx(math.sqrt(106_000) / 10_000)
    assert heat(at_risk(BTC=300.0, ETH=400.0), tied(0.0)) == pytest.approx(0.05)


def test_three_risks_by_hand() -> None:
    # SOL goes with neither: √(394,000 + 1,200²).
    three = at_risk(BTC=300.0, ETH=400.0, SOL=-1_200.0)
    assert heat(three, tied(0.6)) == pytest.approx(math.sqrt(394_000 + 1_440_000) / 10_000)


def test_it_is_open_risk_when_all_go_together_and_never_more() -> None:
    snapshot = at_risk(BTC=300.0, ETH=400.0)
    book = book_of(snapshot, a_history(snapshot, prices=tied(0.999999)))
    whole = value(book, "open_risk", ACCOUNT, fee=0.0, slippage=0.0)
    assert whole == pytest.approx(0.07)
    assert heat(snapshot, tied(0.999999)) == pytest.approx(whole, rel=1e-6)
    assert heat(snapshot, tied(0.3)) < whole


def test_within_a_coin_risks_add_and_opposite_ones_cancel_without_any_past() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("a", wallet=5_000), an_account("b", wallet=5_000)],
        instruments=CONTRACTS,
        positions=[a_position(BTC, 300, "a", mark=100.0), a_position(BTC, -100, "b", mark=100.0)],
        orders=[a_stop(BTC, "SELL", 300, 99.0, "a"), a_stop(BTC, "BUY", 100, 101.0, "b")],
    )
    book = book_of(snapshot)
    assert value(book, HEAT, Grain.PORTFOLIO, fee=0.0, slippage=0.0) == pytest.approx(0.02)
    assert by_subject(book, HEAT, ACCOUNT, fee=0.0, slippage=0.0) == {
        "account=a": pytest.approx(0.06),
        "account=b": pytest.approx(0.02),
    }


def test_a_pair_without_a_past_is_unknown_and_named_never_uncorrelated() -> None:
    snapshot = at_risk(BTC=300.0, ETH=400.0)
    prices = a_price_history({BTC: alternating(0.01, HOURS), ETH: [NAN] * 20 + alternating(0.02, HOURS)[20:]})
    book = book_of(snapshot, a_history(snapshot, prices=prices))
    told = "price history of BTC and ETH: 148 hourly moves that both have, 152 are needed"
    assert reason(book, HEAT, ACCOUNT, window=WEEK) == told
    assert reason(snapshot, HEAT, ACCOUNT).startswith("price history of BTC and ETH: 0 hourly moves")
    still = a_price_history({BTC: alternating(0.01, HOURS), ETH: [50.0] * (HOURS + 1)})
    book = book_of(snapshot, a_history(snapshot, prices=still))
    assert reason(book, HEAT, ACCOUNT, window=WEEK) == "the price of BTC and ETH has not moved in the window"


def test_a_position_without_a_risk_needs_no_past() -> None:
    snapshot = at_risk(BTC=300.0, ETH=400.0)
    stops = [
        a_stop(BTC, "SELL", 300, 99.0),
        a_stop(ETH, "SELL", 400, 100.0),
    ]  # a stop at the mark costs nothing
    flat = a_snapshot(
        accounts=[an_account(wallet=10_000)],
        instruments=CONTRACTS,
        positions=[a_position(symbol, size, mark=100.0) for symbol, size in ((BTC, 300), (ETH, 400))],
        orders=stops,
    )
    assert value(flat, HEAT, ACCOUNT, fee=0.0, slippage=0.0) == pytest.approx(0.03)
    assert math.isnan(value(snapshot, HEAT, ACCOUNT))
    assert value(a_snapshot(), HEAT, ACCOUNT) == 0.0


def test_without_equity_any_risk_is_infinite_and_an_unknown_risk_says_what_it_lacks() -> None:
    poor = a_snapshot(
        accounts=[an_account(wallet=-50.0)],
        positions=[a_position(BTC, 1, mark=100.0, entry=100.0, isolated_wallet=20.0)],
        orders=[a_stop(BTC, "SELL", 1, 99.0)],
    )
    assert value(poor, HEAT, ACCOUNT) == math.inf
    blind = a_snapshot(positions=[a_position(BTC, 1, confirmed=False)])
    assert reason(blind, HEAT, ACCOUNT).startswith("position BTC/USDT:USDT long: absent")


# --- portfolio_volatility ---------------------------------------------------------------------------------------


def volatility(snapshot: Snapshot, moves: Mapping[str, np.ndarray]) -> float:
    closes = {
        symbol: (100.0 * np.cumprod(np.append(1.0, 1.0 + one))).tolist() for symbol, one in moves.items()
    }
    book = book_of(snapshot, a_history(snapshot, prices=a_price_history(closes)))
    return value(book, VOLATILITY, ACCOUNT, window=WEEK)


def holding(**worth: float) -> Snapshot:
    positions = [a_position(f"{coin}/USDT:USDT", each / 100.0, mark=100.0) for coin, each in worth.items()]
    return a_snapshot(accounts=[an_account(wallet=10_000)], positions=positions)


SWING = 0.01 * (-1.0) ** np.arange(HOURS)


def test_it_is_leverage_times_volatility() -> None:
    assert volatility(holding(BTC=25_000.0), {BTC: SWING}) == pytest.approx(2.5 * 0.01 * math.sqrt(24))
    assert volatility(holding(BTC=-25_000.0), {BTC: SWING}) == pytest.approx(2.5 * 0.01 * math.sqrt(24))


def test_what_moves_together_adds_and_what_is_hedged_is_still() -> None:
    moves = {BTC: SWING, ETH: 2 * SWING}
    day = math.sqrt(24)
    assert volatility(holding(BTC=10_000.0, ETH=10_000.0), moves) == pytest.approx(0.03 * day)
    assert volatility(holding(BTC=20_000.0, ETH=-10_000.0), moves) == pytest.approx(0.0, abs=1e-12)
    apart = {BTC: SWING, ETH: 0.01 * (-1.0) ** (np.arange(HOURS) // 2)}
    assert volatility(holding(BTC=10_000.0, ETH=10_000.0), apart) == pytest.approx(
        0.01 * math.sqrt(2) * day, rel=0.01
    )


def test_recent_hours_weigh_more() -> None:
    quiet = np.full(HOURS, 1e-12)
    old, young = quiet.copy(), quiet.copy()
    old[-1 - 24 * 5], young[-1] = 0.1, 0.1
    snapshot = holding(BTC=10_000.0)
    squares = [volatility(snapshot, {BTC: moves}) ** 2 for moves in (old, young)]
    assert squares[0] / squares[1] == pytest.approx(0.94**5)


def test_spot_that_a_hedge_names_counts() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=10_000)],
        positions=[a_position(BTC, -100, mark=100.0)],
        spot=[a_spot("BTC", 100.0, 100.0)],
        hedges=(a_hedge("carry", spot_leg("BTC"), perpetual_leg(BTC)),),
    )
    assert volatility(snapshot, {BTC: SWING}) == pytest.approx(0.0, abs=1e-12)


def test_nothing_held_is_still_and_a_holding_without_a_past_is_named() -> None:
    assert value(a_snapshot(), VOLATILITY, ACCOUNT) == 0.0
    snapshot = holding(BTC=10_000.0, SOL=1.0)
    closes = {BTC: alternating(0.01, HOURS), SOL: [NAN] * 50 + alternating(0.01, HOURS)[50:]}
    book = book_of(snapshot, a_history(snapshot, prices=a_price_history(closes)))
    assert reason(book, VOLATILITY, ACCOUNT, window=WEEK) == (
        "price history of SOL/USDT:USDT: 118 hourly moves that all holdings have, 152 are needed"
    )
    blind = a_snapshot(positions=[a_position(BTC, 1, confirmed=False)])
    assert reason(blind, VOLATILITY, ACCOUNT).startswith("position BTC/USDT:USDT long: absent")


def test_without_equity_what_moves_is_infinite() -> None:
    snapshot = a_snapshot(accounts=[an_account(wallet=-5.0)], positions=[a_position(BTC, 1, mark=100.0)])
    assert volatility(snapshot, {BTC: SWING}) == math.inf


def test_a_year_of_the_limits_that_funds_keep() -> None:
    """A BTC book of 0.3x at 50 % a year is at 15 % a year: 0.79 % a day."""
    hourly = 0.5 / math.sqrt(365 * 24)
    found = volatility(holding(BTC=3_000.0), {BTC: hourly / 0.01 * SWING})
    assert found == pytest.approx(0.15 / math.sqrt(365))
    assert round(100 * found, 2) == 0.79
