"""What the price history says: how far prices move, which move together, and when too little of it is known."""

from __future__ import annotations

import math

import duckdb
import numpy as np
import pytest

from riskd.measure.past.clusters import measured
from riskd.measure.past.prices import correlations
from riskd.model.desk import Cluster
from riskd.model.history import PriceColumns
from riskd.model.subject import Grain
from tests.builders import (
    BTC,
    ETH,
    NAN,
    NOW,
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
from tests.measure.vectors import near, of
from tests.shared_data import shared_path

MONTH = 720
DAY = 86_400.0


def a_walk(*moves: float, start: float = 100.0) -> list[float]:
    """Closes that make these hourly log moves."""
    closes: list[float] = (start * np.exp(np.cumsum([0.0, *moves]))).tolist()
    return closes


def alternating(size: float, hours: int = MONTH) -> list[float]:
    return a_walk(*(size * (-1) ** hour for hour in range(hours)))


# --- volatility -------------------------------------------------------------------------------------------------


def test_moves_of_one_size_are_their_own_volatility_scaled_to_a_day() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1)])
    book = book_of(snapshot, a_history(snapshot, prices=a_price_history({BTC: alternating(0.01)})))
    assert value(book, "volatility", Grain.POSITION) == pytest.approx(0.01 * math.sqrt(24))
    assert value(book, "volatility", Grain.INSTRUMENT) == pytest.approx(0.01 * math.sqrt(24))


def test_recent_moves_weigh_more_and_half_their_weight_is_gone_in_eleven_days() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1)])

    def of_a_jump(days_ago: int) -> float:
        moves = [1e-12] * MONTH
        moves[-1 - 24 * days_ago] = 0.1
        history = a_history(snapshot, prices=a_price_history({BTC: a_walk(*moves)}))
        return value(book_of(snapshot, history), "volatility", Grain.POSITION) ** 2

    assert of_a_jump(11) / of_a_jump(0) == pytest.approx(0.94**11)
    assert of_a_jump(11) / of_a_jump(0) == pytest.approx(0.506, abs=0.001)


def test_too_short_a_history_is_unknown_and_says_how_short() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1), a_position(ETH, 1)])
    closes = alternating(0.01)
    prices = a_price_history({BTC: [NAN] * 500 + closes[500:]})
    book = book_of(snapshot, a_history(snapshot, prices=prices))
    missing = "price history of BTC/USDT:USDT: 220 of the 720 hourly moves of the window"
    assert reason(book, "volatility", Grain.POSITION) == missing
    assert value(book, "volatility", Grain.POSITION, window=9 * DAY) == pytest.approx(0.049, abs=0.001)
    without = "price history of ETH/USDT:USDT: 0 of the 720 hourly moves of the window"
    assert reason(a_snapshot(positions=[a_position(ETH, 1)]), "volatility", Grain.POSITION) == without


def test_a_tenth_of_the_hours_may_be_missing_and_no_more() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1)])

    def known_with_holes(holes: int) -> bool:
        closes = alternating(0.01)
        for hole in range(holes):
            closes[10 + 4 * hole] = NAN  # each hole takes two moves with it
        history = a_history(snapshot, prices=a_price_history({BTC: closes}))
        return not math.isnan(value(book_of(snapshot, history), "volatility", Grain.POSITION))

    assert known_with_holes(36)
    assert not known_with_holes(37)


def test_closes_after_the_moment_of_judging_are_not_seen() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1)])
    calm = alternating(0.01)
    wild = [*calm, *(5.0 * close for close in alternating(0.5, 5))]
    now = a_history(snapshot, prices=a_price_history({BTC: calm}))
    later = a_history(snapshot, prices=a_price_history({BTC: wild}, ahead_hours=6))
    assert value(book_of(snapshot, now), "volatility", Grain.POSITION) == pytest.approx(
        value(book_of(snapshot, later), "volatility", Grain.POSITION)
    )


def test_room_is_counted_in_days_of_ordinary_moves() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=10_000)], positions=[a_position(BTC, 0.5), a_position(ETH, -1)]
    )
    prices = a_price_history({BTC: alternating(0.01), ETH: alternating(0.04)})
    book = book_of(snapshot, a_history(snapshot, prices=prices))
    room = by_subject(book, "liquidation_distance", Grain.POSITION)
    found = by_subject(book, "liquidation_distance_vol", Grain.POSITION)
    for name, daily in (("BTC", 0.01), ("ETH", 0.04)):
        subject = next(each for each in room if name in each)
        assert found[subject] == pytest.approx(room[subject] / (daily * math.sqrt(24)))


def test_a_position_that_nothing_liquidates_is_infinitely_far_and_a_price_that_stands_still_is_unknown() -> (
    None
):
    safe = a_snapshot(accounts=[an_account(wallet=1e9)], positions=[a_position(BTC, 0.1)])
    history = a_history(safe, prices=a_price_history({BTC: alternating(0.01)}))
    assert value(book_of(safe, history), "liquidation_distance_vol", Grain.POSITION) == math.inf
    held = a_snapshot(accounts=[an_account(wallet=10_000)], positions=[a_position(BTC, 0.5)])
    still = book_of(held, a_history(held, prices=a_price_history({BTC: [100.0] * 721})))
    assert "has not moved" in reason(still, "liquidation_distance_vol", Grain.POSITION)


# --- correlation ------------------------------------------------------------------------------------------------


def test_the_correlation_of_a_hedge_is_that_of_its_worst_leg() -> None:
    rng = np.random.default_rng(3)
    one, own = rng.standard_normal((2, 168)) / 100.0
    moves = {BTC: one, ETH: 0.9 * one + math.sqrt(0.19) * own, SOL: -one}
    prices = a_price_history({symbol: a_walk(*steps) for symbol, steps in moves.items()})
    cross = a_hedge("cross", perpetual_leg(ETH), perpetual_leg(BTC))
    both = a_hedge("both", perpetual_leg(ETH), perpetual_leg(BTC), perpetual_leg(SOL))
    snapshot = a_snapshot(hedges=(cross, both))
    book = book_of(snapshot, a_history(snapshot, prices=prices))
    expected = np.corrcoef(moves[ETH], moves[BTC])[0, 1]
    found = by_subject(book, "correlation", Grain.HEDGE, window=7 * DAY)
    assert found == {"hedge=cross": pytest.approx(expected), "hedge=both": pytest.approx(-expected)}


def test_legs_in_one_coin_are_tied_by_definition_and_a_coin_on_spot_follows_its_perpetual() -> None:
    carry = a_hedge("carry", spot_leg("BTC"), perpetual_leg(BTC))
    other = a_hedge("other", spot_leg("BTC"), perpetual_leg(ETH))
    snapshot = a_snapshot(spot=[a_spot("BTC", 1)], hedges=(carry, other))
    prices = a_price_history({BTC: alternating(0.01, 168), ETH: alternating(0.02, 168)})
    book = book_of(snapshot, a_history(snapshot, prices=prices))
    assert by_subject(book, "correlation", Grain.HEDGE, window=7 * DAY) == {
        "hedge=carry": 1.0,
        "hedge=other": pytest.approx(1.0),
    }


def test_a_leg_without_enough_past_makes_the_hedge_unknown() -> None:
    snapshot = a_snapshot(hedges=(a_hedge("cross", perpetual_leg(ETH), perpetual_leg(BTC)),))
    closes = alternating(0.01, 168)
    prices = a_price_history({BTC: closes, ETH: [NAN] * 20 + closes[20:]})
    book = book_of(snapshot, a_history(snapshot, prices=prices))
    assert reason(book, "correlation", Grain.HEDGE, window=7 * DAY) == (
        "price history of ETH/USDT:USDT and BTC/USDT:USDT: 148 hourly moves that both have, 152 are needed"
    )
    assert value(book, "correlation", Grain.HEDGE, window=6 * DAY) == pytest.approx(1.0)
    assert "24 are needed" in reason(book, "correlation", Grain.HEDGE, window=3_600.0)


def test_a_price_that_stands_still_correlates_with_nothing() -> None:
    snapshot = a_snapshot(hedges=(a_hedge("cross", perpetual_leg(ETH), perpetual_leg(BTC)),))
    prices = a_price_history({BTC: alternating(0.01, 168), ETH: [50.0] * 169})
    book = book_of(snapshot, a_history(snapshot, prices=prices))
    assert "has not moved" in reason(book, "correlation", Grain.HEDGE, window=7 * DAY)


def test_holes_leave_the_correlation_of_what_both_have() -> None:
    rng = np.random.default_rng(5)
    moves = rng.standard_normal((2, 200)) / 50.0 + 0.3
    holed = moves.copy()
    holed[0, 20:60], holed[1, 90:100] = np.nan, np.nan
    both = np.isfinite(holed).all(axis=0)
    expected = np.corrcoef(moves[0, both], moves[1, both])[0, 1]
    found = correlations(holed, 100)
    assert found[0, 1] == pytest.approx(expected, rel=1e-12)
    assert np.isnan(correlations(holed, 151)[0, 1])


def test_rows_without_holes_correlate_as_beside_one_that_has_some() -> None:
    moves = np.random.default_rng(6).standard_normal((4, 300)) / 50.0 + 0.1
    moves[1] = 0.7 * moves[0] + 0.3 * moves[1]
    holed = np.vstack([moves, np.where(np.arange(300) % 7 == 0, np.nan, moves[0])])
    found = correlations(moves, 100)
    np.testing.assert_allclose(found, np.corrcoef(moves), rtol=1e-12)
    np.testing.assert_allclose(correlations(holed, 100)[:4, :4], found, rtol=1e-12)
    with np.errstate(invalid="ignore"):  # as when a measure is taken
        assert np.isnan(correlations(np.vstack([moves, np.zeros(300)]), 100)[4]).all()


# --- clusters ---------------------------------------------------------------------------------------------------


def tied(shares: dict[str, tuple[int, float]]) -> dict[str, list[float]]:
    """Closes of coins that share so much of one of several drivers."""
    rng = np.random.default_rng(11)
    drivers = rng.standard_normal((3, MONTH)) / 100.0
    own = rng.standard_normal((len(shares), MONTH)) / 100.0
    return {
        f"{coin}/USDT:USDT": a_walk(*(share * drivers[driver] + math.sqrt(1 - share**2) * own[row]))
        for row, (coin, (driver, share)) in enumerate(sorted(shares.items()))
    }


def test_coins_that_are_tied_through_a_third_are_one_cluster_named_after_the_first() -> None:
    moves = np.zeros((4, MONTH))
    rng = np.random.default_rng(2)
    a, c, d = rng.standard_normal((3, MONTH))
    moves[0], moves[1], moves[2], moves[3] = 0.15 * a + 1.15 * c, a + c, 1.15 * a + 0.15 * c, d
    names, known = measured(["ZEC", "LINK", "DOT", "XMR"], moves, MONTH)
    assert names == {"DOT": "DOT", "LINK": "DOT", "ZEC": "DOT", "XMR": "XMR"}
    assert known == {"DOT", "LINK", "ZEC", "XMR"}


def test_measured_clusters_are_judged_by_account() -> None:
    closes = tied({"BTC": (0, 0.95), "ETH": (0, 0.95), "SOL": (1, 0.95)})
    snapshot = a_snapshot(
        accounts=[an_account("a", wallet=50_000), an_account("b")],
        positions=[
            a_position(BTC, 0.5, "a"),
            a_position(ETH, -10, "a"),
            a_position(SOL, 200, "a"),
            a_position(ETH, 1, "b"),
        ],
    )
    book = book_of(snapshot, a_history(snapshot, prices=a_price_history(closes)))
    share = by_subject(book, "share_of_gross", Grain.CLUSTER)
    assert share == {
        "account=a cluster=BTC": pytest.approx(60 / 90),
        "account=a cluster=SOL": pytest.approx(30 / 90),
        "account=b cluster=BTC": pytest.approx(1.0),
    }
    assert by_subject(book, "share_of_equity", Grain.CLUSTER)["account=a cluster=BTC"] == pytest.approx(1.2)
    assert by_subject(book, "net_delta", Grain.CLUSTER)["account=a cluster=BTC"] == pytest.approx(0.0)
    bets = by_subject(book, "independent_bets", Grain.ACCOUNT)
    assert bets == {"account=a": pytest.approx(1 / ((2 / 3) ** 2 + (1 / 3) ** 2)), "account=b": 1.0}
    assert value(book, "independent_bets", Grain.PORTFOLIO) == pytest.approx(
        1 / ((63 / 93) ** 2 + (30 / 93) ** 2)
    )


def test_named_clusters_need_no_prices_and_what_is_not_named_stands_alone() -> None:
    majors = (Cluster(name="majors", assets=("BTC", "ETH")),)
    snapshot = a_snapshot(
        positions=[a_position(BTC, 0.5), a_position(ETH, 10), a_position(SOL, 400)], clusters=majors
    )
    assert by_subject(snapshot, "share_of_gross", Grain.CLUSTER) == {
        "account=main cluster=SOL": pytest.approx(0.5),
        "account=main cluster=majors": pytest.approx(0.5),
    }
    assert value(snapshot, "independent_bets", Grain.ACCOUNT) == pytest.approx(2.0)


def test_a_coin_without_a_past_is_a_cluster_of_its_own_and_the_number_of_bets_is_unknown() -> None:
    closes = tied({"BTC": (0, 0.95), "ETH": (0, 0.95)})
    snapshot = a_snapshot(positions=[a_position(BTC, 0.5), a_position(ETH, 10), a_position(SOL, 400)])
    book = book_of(snapshot, a_history(snapshot, prices=a_price_history(closes)))
    assert set(by_subject(book, "share_of_gross", Grain.CLUSTER)) == {
        "account=main cluster=BTC",
        "account=main cluster=SOL",
    }
    assert reason(book, "independent_bets", Grain.ACCOUNT).startswith("price history of SOL/USDT:USDT: 0 of")


def test_an_empty_book_has_no_bets_to_be_too_few() -> None:
    assert value(a_snapshot(), "independent_bets", Grain.ACCOUNT) == math.inf


@pytest.mark.shared
def test_published_effective_numbers() -> None:
    for vector in of("hhi"):
        shares = vector["inputs"]["shares"]
        coins = [f"C{number}" for number in range(len(shares))]
        snapshot = a_snapshot(
            positions=[
                a_position(f"{coin}/USDT:USDT", share, mark=1.0, entry=1.0)
                for coin, share in zip(coins, shares, strict=True)
            ],
            clusters=(),
        )
        near(value(snapshot, "independent_bets", Grain.ACCOUNT), vector["expected"]["effective_n"], vector)


# --- recorded markets -------------------------------------------------------------------------------------------


def recorded(until: str, *names: str) -> PriceColumns:
    """The month of mark closes before a moment, brought to NOW."""
    closes = {}
    for name in names:
        path = shared_path(f"data/binance_usdm_1h_{name}USDT_full.parquet")
        rows = duckdb.execute(
            f"select mark_close from '{path}' where ts < ?::timestamptz order by ts desc limit 721", [until]
        ).fetchall()
        closes[f"{name}/USDT:USDT"] = [NAN if close is None else close for (close,) in reversed(rows)]
    return a_price_history(closes, taken_at=NOW)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("until", "lowest", "highest", "tie"),
    [
        ("2020-03-14 00:00:00+00", 0.09, 0.20, 0.85),  # two days after the fall of half
        ("2022-06-19 00:00:00+00", 0.04, 0.08, 0.80),
        ("2023-09-01 00:00:00+00", 0.008, 0.025, 0.75),  # the quietest summer
        ("2025-10-12 00:00:00+00", 0.015, 0.05, 0.75),
    ],
)
def test_recorded_months_are_as_wild_as_they_were(
    until: str, lowest: float, highest: float, tie: float
) -> None:
    snapshot = a_snapshot(
        positions=[a_position(BTC, 1), a_position(ETH, 20)],
        hedges=(a_hedge("cross", perpetual_leg(ETH), perpetual_leg(BTC)),),
    )
    book = book_of(snapshot, a_history(snapshot, prices=recorded(until, "BTC", "ETH")))
    daily = by_subject(book, "volatility", Grain.POSITION)
    assert lowest < daily["account=main symbol=BTC/USDT:USDT side=long"] < highest
    assert tie < value(book, "correlation", Grain.HEDGE, window=30 * DAY) < 0.99
    assert value(book, "independent_bets", Grain.ACCOUNT) == pytest.approx(1.0)
