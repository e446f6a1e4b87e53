"""What is held now, put through the moves of the past; which percentile and which mean is always the same."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.value_at_risk import tail
from riskd.model.subject import Grain
from tests.builders import (
    BTC,
    ETH,
    NAN,
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
from tests.measure.vectors import near, of

HOUR, DAY = 3_600.0, 86_400.0
ASKED = {"confidence": 0.99, "horizon": HOUR, "window": 200 * HOUR}


def a_path(*falls: float) -> list[float]:
    """201 closes around 100 whose hourly moves are these falls, each followed by nothing."""
    moves = np.zeros(200)
    moves[: len(falls)] = [-fall for fall in falls]
    closes: list[float] = (100.0 * np.cumprod([1.0, *(1.0 + moves)])).tolist()
    return closes


@pytest.mark.shared
def test_published_losses_give_the_published_percentile_and_the_named_mean() -> None:
    for vector in of("var_es"):
        i, expected = vector["inputs"], vector["expected"]
        losses = np.array([*i["losses"], *(-1.0 for _ in range(i["n"] - len(i["losses"])))])
        found = tail(losses, i["conf"])
        near(found.value_at_risk, expected["var"], vector)
        near(found.expected_shortfall, expected["es_incl_var"], vector)
        without_var = (found.expected_shortfall * 5 - found.value_at_risk) / 4
        near(without_var, expected["es_excl_var"], vector)


def test_the_second_worst_of_two_hundred_moves_is_the_value_at_risk() -> None:
    snapshot = a_snapshot(accounts=[an_account(wallet=12_000)], positions=[a_position(BTC, 0.1)])  # 6,000
    book = book_of(snapshot, a_history(snapshot, prices=a_price_history({BTC: a_path(0.1, 0.05, 0.03)})))
    assert value(book, "var", Grain.ACCOUNT, **ASKED) == pytest.approx(0.05 * 6_000 / 12_000)
    assert value(book, "expected_shortfall", Grain.ACCOUNT, **ASKED) == pytest.approx(0.075 * 0.5)
    assert value(book, "var", Grain.PORTFOLIO, **ASKED) == pytest.approx(0.025)


def test_a_short_book_loses_when_prices_rise_and_a_gain_is_no_loss() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("long", wallet=6_000), an_account("short", wallet=6_000)],
        positions=[a_position(BTC, 0.1, "long"), a_position(BTC, -0.1, "short")],
    )
    book = book_of(snapshot, a_history(snapshot, prices=a_price_history({BTC: a_path(-0.1, -0.05)})))
    assert by_subject(book, "var", Grain.ACCOUNT, **ASKED) == {
        "account=long": 0.0,
        "account=short": pytest.approx(0.05),
    }
    assert value(book, "var", Grain.PORTFOLIO, **ASKED) == 0.0


def test_moves_over_a_day_overlap_and_lie_within_the_window() -> None:
    snapshot = a_snapshot(accounts=[an_account(wallet=6_000)], positions=[a_position(BTC, 0.1)])
    book = book_of(snapshot, a_history(snapshot, prices=a_price_history({BTC: a_path(*([0.0] * 50), 0.1)})))
    # One fall lies in 24 of the 177 daily moves: far more than one in a hundred.
    assert value(book, "var", Grain.ACCOUNT, **(ASKED | {"horizon": DAY})) == pytest.approx(0.1)
    assert value(book, "var", Grain.ACCOUNT, **(ASKED | {"confidence": 0.85, "horizon": DAY})) == 0.0


def test_spot_that_a_hedge_names_offsets_its_perpetual() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=6_000)],
        positions=[a_position(BTC, -0.1)],
        spot=[a_spot("BTC", 0.1, 60_000)],
        hedges=(a_hedge("carry", spot_leg("BTC"), perpetual_leg(BTC)),),
    )
    book = book_of(snapshot, a_history(snapshot, prices=a_price_history({BTC: a_path(-0.1, -0.05)})))
    assert value(book, "var", Grain.ACCOUNT, **ASKED) == pytest.approx(0.0)


def test_a_past_that_is_too_short_is_unknown_and_says_of_what() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 0.1), a_position(ETH, 1)])
    prices = a_price_history({BTC: a_path(0.1), ETH: [NAN] * 60 + a_path(0.1)[60:]})
    book = book_of(snapshot, a_history(snapshot, prices=prices))
    assert reason(book, "var", Grain.ACCOUNT, **ASKED) == (
        "price history of ETH/USDT:USDT: 140 moves over 1 h that all holdings have, 180 are needed"
    )
    few = ASKED | {"window": 60 * HOUR}
    assert "60 moves over 1 h that all holdings have, 100 are needed" in reason(
        book, "var", Grain.ACCOUNT, **few
    )
    assert reason(snapshot, "var", Grain.PORTFOLIO, **ASKED).startswith("price history of BTC/USDT:USDT: 0")


def test_what_is_held_must_be_valued_and_backed() -> None:
    prices = a_price_history({BTC: a_path(0.1, 0.05), ETH: a_path(0.1)})
    unknown = a_snapshot(positions=[a_position(BTC, 0.1, mark=NAN), a_position(ETH, 1)])
    book = book_of(unknown, a_history(unknown, prices=prices))
    assert reason(book, "var", Grain.ACCOUNT, **ASKED) == "mark price of BTC/USDT:USDT"
    poor = a_snapshot(accounts=[an_account(wallet=-10)], positions=[a_position(BTC, 0.1)])
    assert value(book_of(poor, a_history(poor, prices=prices)), "var", Grain.ACCOUNT, **ASKED) == math.inf
    blind = a_snapshot(accounts=[an_account(wallet=NAN)], positions=[a_position(BTC, 0.1)])
    blind_book = book_of(blind, a_history(blind, prices=prices))
    assert reason(blind_book, "expected_shortfall", Grain.ACCOUNT, **ASKED) == "equity of main"


def test_an_empty_account_risks_nothing_whatever_the_past() -> None:
    assert value(a_snapshot(accounts=[an_account()]), "var", Grain.ACCOUNT) == 0.0


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400),
    st.sampled_from([0.5, 0.9, 0.95, 0.975, 0.99, 0.999]),
)
def test_the_shortfall_is_never_below_the_value_at_risk(losses: list[float], confidence: float) -> None:
    found = tail(np.array(losses), confidence)
    assert found.expected_shortfall >= found.value_at_risk - 1e-6
    assert found.value_at_risk in losses
    beyond = sum(loss > found.value_at_risk for loss in losses)
    assert beyond <= (1 - confidence) * len(losses) + 1e-9


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.floats(0.5, 0.99))
def test_more_confidence_never_means_less_loss(seed: int, confidence: float) -> None:
    losses = np.random.default_rng(seed).standard_normal(300)
    assert tail(losses, confidence).value_at_risk <= tail(losses, confidence + 0.009).value_at_risk
