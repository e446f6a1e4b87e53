"""What is held now, put through the moves of the past; which percentile and which mean is always the same."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.book.book import Book
from riskd.measure.catalogue import CATALOGUE, select_all, take
from riskd.measure.spec import MeasureRef, ParameterValue
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
from tests.measure.random_books import GAPPY, SOUND, Taste, a_random_book
from tests.measure.reference import Reference
from tests.measure.reference_filtered import filtered_shortfall, filtered_var

HOUR, DAY = 3_600.0, 86_400.0
ASKED: dict[str, ParameterValue] = {"confidence": 0.99, "horizon": HOUR, "window": 200 * HOUR}
PARAMETERS = {"confidence": 0.95, "horizon": 4 * HOUR, "window": 72 * HOUR}


def a_path(*falls: float) -> list[float]:
    """201 closes around 100 whose hourly moves are these falls, each followed by nothing."""
    moves = np.zeros(200)
    moves[: len(falls)] = [-fall for fall in falls]
    closes: list[float] = (100.0 * np.cumprod([1.0, *(1.0 + moves)])).tolist()
    return closes


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


# --- filtered ---------------------------------------------------------------------------------------------------

WARM_UP = 240


def calm_then_wild(*, calm: float, wild: float, hours: int = 440) -> list[float]:
    """Closes whose hourly moves alternate in sign: small ones at first, and large ones in the last two days."""
    steps = np.where(np.arange(hours) < hours - 48, calm, wild) * np.where(np.arange(hours) % 2, 1.0, -1.0)
    closes: list[float] = (100.0 * np.exp(np.cumsum([0.0, *steps]))).tolist()
    return closes


def test_filtered_moves_are_as_large_as_the_market_of_now() -> None:
    """For sixteen days an hour moved 0.1 %, for two days 1 %; in an hour as wild as now 0.1 % would have been more."""
    snapshot = a_snapshot(accounts=[an_account(wallet=6_000)], positions=[a_position(BTC, 0.1)])
    history = a_history(snapshot, prices=a_price_history({BTC: calm_then_wild(calm=0.001, wild=0.01)}))
    book, middle = book_of(snapshot, history), ASKED | {"confidence": 0.65}
    weights = [0.94 ** (age / 24) for age in range(440)]
    squares = [1e-4 if age < 48 else 1e-6 for age in range(440)]
    now = math.sqrt(sum(w * r for w, r in zip(weights, squares, strict=True)) / sum(weights))
    assert value(book, "var", Grain.ACCOUNT, **middle) == pytest.approx(1 - math.exp(-0.001), rel=1e-9)
    found = value(book, "var", Grain.ACCOUNT, **middle, method="filtered")
    assert found == pytest.approx(1 - math.exp(-0.001 * now / 0.001), rel=1e-9)
    assert found > 3 * value(book, "var", Grain.ACCOUNT, **middle)


def test_filtered_moves_of_a_steady_market_are_the_moves_themselves() -> None:
    snapshot = a_snapshot(accounts=[an_account(wallet=6_000)], positions=[a_position(BTC, -0.1)])
    prices = a_price_history({BTC: calm_then_wild(calm=0.01, wild=0.01)})
    book = book_of(snapshot, a_history(snapshot, prices=prices))
    for name in ("var", "expected_shortfall"):
        plain = value(book, name, Grain.ACCOUNT, **ASKED)
        assert value(book, name, Grain.ACCOUNT, **ASKED, method="filtered") == pytest.approx(plain)


def test_filtered_moves_need_ten_days_before_the_window() -> None:
    snapshot = a_snapshot(accounts=[an_account(wallet=6_000)], positions=[a_position(BTC, 0.1)])
    closes = calm_then_wild(calm=0.01, wild=0.02)

    def known(hours: int) -> str:
        prices = a_price_history({BTC: closes[-1 - hours :]})
        return reason(
            book_of(snapshot, a_history(snapshot, prices=prices)),
            "var",
            Grain.ACCOUNT,
            **ASKED,
            method="filtered",
        )

    assert known(200 + WARM_UP) == ""
    # Nine tenths of the window are enough, and nine tenths of the ten days.
    assert known(180 + 216) == ""
    assert known(179 + 216) == (
        "price history of BTC/USDT:USDT: 179 moves over 1 h that all holdings have after 10 days of prices, 180 are needed"
    )
    assert known(200).endswith(
        "0 moves over 1 h that all holdings have after 10 days of prices, 180 are needed"
    )


def test_filtered_needs_what_historical_needs() -> None:
    asked = ASKED | {"method": "filtered"}
    prices = a_price_history({BTC: calm_then_wild(calm=0.01, wild=0.02)})
    unknown = a_snapshot(positions=[a_position(BTC, 0.1, mark=NAN)])
    book = book_of(unknown, a_history(unknown, prices=prices))
    assert reason(book, "var", Grain.ACCOUNT, **asked) == "mark price of BTC/USDT:USDT"
    poor = a_snapshot(accounts=[an_account(wallet=-10)], positions=[a_position(BTC, 0.1)])
    assert value(book_of(poor, a_history(poor, prices=prices)), "var", Grain.ACCOUNT, **asked) == math.inf


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.integers(0, 10**9), st.sampled_from([SOUND, GAPPY]))
def test_filtered_values_are_those_of_the_reference(seed: int, taste: Taste) -> None:
    """Hour by hour in plain Python, on random books; the same alone and in a block of several."""
    snapshot, history = a_random_book(seed, taste)
    other = Book.of(*a_random_book(seed + 1, taste))
    book, found = Book.of(snapshot, history), Reference(snapshot, history)
    block = Book.stack([other, book])
    for name, reference in (("var", filtered_var), ("expected_shortfall", filtered_shortfall)):
        ref = MeasureRef(name, (*PARAMETERS.items(), ("method", "filtered")))
        for grain in CATALOGUE[name].grains:
            measured = take(book, ref, grain, select_all(book))
            cases = reference(found, grain, PARAMETERS, book.everything.positions.tolist())
            for case, one in zip(cases, measured.values.tolist(), strict=True):
                known = found.trusted(case.accounts, CATALOGUE[name].needs)
                expected = case.value if known and case.value is not None else math.nan
                assert one == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True), (
                    case.name,
                    measured.unknown,
                )
            together = take(block, ref, grain, select_all(block)).values
            alone = take(other, ref, grain, select_all(other)).values
            assert together.tobytes() == np.concatenate([alone, measured.values]).tobytes()
