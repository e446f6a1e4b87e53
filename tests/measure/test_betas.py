"""Betas: how far a coin follows Bitcoin, when that is not known, and what is reckoned with them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import duckdb
import numpy as np
import pytest

from riskd.measure.book.book import Book
from riskd.measure.past.betas import BETA_MAX, betas_of, slopes
from riskd.model.history import NO_PRICES, PriceColumns
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from riskd.policy.load import load
from tests.builders import (
    BTC,
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
from tests.shared_data import shared_path

MONTH = 720
DAY = 86_400.0
RNG = np.random.default_rng(7)
MARKET: list[float] = (0.01 * RNG.standard_normal(MONTH)).tolist()
NOISE: list[float] = (0.005 * RNG.standard_normal(MONTH)).tolist()


def closes(moves: Sequence[float], start: float = 100.0) -> list[float]:
    """Closes that make these hourly log moves."""
    found: list[float] = (start * np.exp(np.cumsum([0.0, *moves]))).tolist()
    return found


def following(beta: float, moves: Sequence[float] = MARKET) -> list[float]:
    """Closes of a coin that follows the market exactly."""
    return closes([beta * move for move in moves])


def a_book(snapshot: Snapshot, market: Sequence[float] | None = None, **coins: Sequence[float]) -> Book:
    """A book whose prices went so, by coin; Bitcoin's too, whoever holds it."""
    prices = a_price_history({f"{coin}/USDT:USDT": list(row) for coin, row in coins.items()})
    bitcoin = a_price_history({BTC: list(closes(MARKET) if market is None else market)})
    return book_of(snapshot, a_history(snapshot, prices=prices, market=bitcoin))


def beta_of(book: Book, window: float = 30 * DAY) -> float:
    """Beta of the book's first instrument."""
    return float(betas_of(book, window).of_instruments[0])


def why(book: Book, window: float = 30 * DAY) -> str:
    return betas_of(book, window).why_instrument(0)


SOLANA = a_snapshot(positions=[a_position(SOL, 100)])


# --- the slope --------------------------------------------------------------------------------------------------


def test_a_coin_that_moves_half_as_far_again_has_a_beta_of_one_and_a_half() -> None:
    assert beta_of(a_book(SOLANA, SOL=following(1.5))) == pytest.approx(1.5, rel=1e-9)


def test_what_does_not_come_from_the_market_is_no_beta() -> None:
    moves = [0.8 * move + noise for move, noise in zip(MARKET, NOISE, strict=True)]
    expected = float(np.polyfit(MARKET, moves, 1)[0])
    assert beta_of(a_book(SOLANA, SOL=closes(moves))) == pytest.approx(expected, rel=1e-9)
    assert abs(expected - 0.8) < 0.1


def test_a_drift_of_its_own_is_no_beta() -> None:
    moves = [1.2 * move + 0.002 for move in MARKET]
    assert beta_of(a_book(SOLANA, SOL=closes(moves))) == pytest.approx(1.2, rel=1e-9)


def test_bitcoin_follows_itself_and_a_dollar_follows_nothing_without_any_history() -> None:
    held = a_snapshot(positions=[a_position(BTC, 1), a_position("USDC/USDT:USDT", 1), a_position(SOL, 1)])
    betas = betas_of(book_of(held), 30 * DAY)
    assert betas.of_instruments.tolist()[0] == 1.0
    assert betas.of_instruments.tolist()[2] == 0.0
    assert math.isnan(betas.of_instruments.tolist()[1])


def test_only_hours_that_both_have_count() -> None:
    gappy = following(2.0)
    for hour in range(100, 120):
        gappy[hour] = 1e6 if hour == 110 else NAN
    assert beta_of(a_book(SOLANA, SOL=gappy)) == pytest.approx(2.0, rel=1e-9)


def test_the_market_may_be_known_for_longer_or_shorter_than_the_coin() -> None:
    short = closes(MARKET)[30:]
    assert beta_of(a_book(SOLANA, market=short, SOL=following(1.5))) == pytest.approx(1.5, rel=1e-9)
    before = [0.03 * (-1) ** hour for hour in range(50)]
    long = closes([*before, *MARKET])
    assert beta_of(a_book(SOLANA, market=long, SOL=following(1.5))) == pytest.approx(1.5, rel=1e-9)


def test_each_venue_has_its_own_bitcoin() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("a", venue="one"), an_account("b", venue="two")],
        positions=[a_position(SOL, 1, "a"), a_position(SOL, 1, "b")],
    )
    one, two = (a_price_history({SOL: following(1.5)}, venue=venue) for venue in ("one", "two"))
    slow = a_price_history({BTC: following(0.5)}, venue="two")
    fast = a_price_history({BTC: closes(MARKET)}, venue="one")
    book = book_of(snapshot, a_history(snapshot, prices=_both(one, two), market=_both(fast, slow)))
    assert betas_of(book, 30 * DAY).of_instruments.tolist() == pytest.approx([1.5, 3.0], rel=1e-9)
    without = book_of(snapshot, a_history(snapshot, prices=_both(one, two), market=fast))
    assert math.isnan(betas_of(without, 30 * DAY).of_instruments[1])


def _both(one: PriceColumns, other: PriceColumns) -> PriceColumns:
    return replace(
        one,
        venue=one.venue + other.venue,
        symbol=one.symbol + other.symbol,
        asset=one.asset + other.asset,
        high=np.vstack([one.high, other.high]),
        low=np.vstack([one.low, other.low]),
        close=np.vstack([one.close, other.close]),
    )


# --- what is not known ------------------------------------------------------------------------------------------


def test_too_short_a_past_is_no_beta_and_says_how_much_there_is() -> None:
    book = a_book(SOLANA, SOL=following(1.5)[-100:])
    assert math.isnan(beta_of(book))
    assert why(book) == (
        "price history of SOL/USDT:USDT and BTC: 99 hourly moves that both have, 648 are needed"
    )
    assert beta_of(book, window=4 * DAY) == pytest.approx(1.5, rel=1e-9)


def test_fewer_moves_than_a_day_has_are_no_beta_whatever_the_window() -> None:
    book = a_book(SOLANA, SOL=following(1.5))
    assert why(book, window=6 * 3600.0) == (
        "price history of SOL/USDT:USDT and BTC: 6 hourly moves that both have, 24 are needed"
    )


def test_without_bitcoin_nothing_follows_it() -> None:
    prices = a_price_history({SOL: following(1.5)})
    book = book_of(SOLANA, a_history(SOLANA, prices=prices, market=NO_PRICES))
    assert (
        why(book) == "price history of SOL/USDT:USDT and BTC: 0 hourly moves that both have, 648 are needed"
    )


@pytest.mark.parametrize(("beta", "shown"), [(-0.5, "-0.50"), (6.0, "6.00")])
def test_a_beta_below_zero_or_beyond_what_was_ever_seen_is_unknown(beta: float, shown: str) -> None:
    book = a_book(SOLANA, SOL=following(beta))
    assert math.isnan(beta_of(book))
    assert why(book) == f"beta of SOL/USDT:USDT to BTC: {shown} is not between 0 and {BETA_MAX:g}"


def test_a_price_that_stands_still_is_no_price() -> None:
    still = "the price of SOL/USDT:USDT and BTC has not moved in the window"
    assert why(a_book(SOLANA, SOL=[100.0] * (MONTH + 1))) == still
    assert why(a_book(SOLANA, market=[60_000.0] * (MONTH + 1), SOL=following(1.0))) == still


def test_absurd_prices_make_no_infinite_beta() -> None:
    for price in (1e-20, 1e20):
        scaled = [price * close for close in following(1.5)]
        assert beta_of(a_book(SOLANA, SOL=scaled)) == pytest.approx(1.5, rel=1e-9)
    wild = [10.0 ** (20 * (-1) ** hour) for hour in range(MONTH + 1)]
    assert math.isnan(beta_of(a_book(SOLANA, SOL=wild))) or 0.0 <= beta_of(a_book(SOLANA, SOL=wild)) <= 5.0
    zero = [0.0 if hour % 7 == 0 else close for hour, close in enumerate(following(1.5))]
    assert "hourly moves that both have" in why(a_book(SOLANA, SOL=zero))


def test_many_rows_have_the_slope_that_each_has_alone() -> None:
    rng = np.random.default_rng(3)
    table, market = rng.standard_normal((20, 200)), rng.standard_normal(200)
    table[rng.random(table.shape) < 0.05] = np.nan
    together = slopes(table, market, 24)
    alone = np.concatenate([slopes(row[None, :], market, 24) for row in table])
    assert together.tobytes() == alone.tobytes()


@pytest.mark.shared
def test_recorded_betas_of_six_years_lie_within_the_bounds() -> None:
    def series(name: str) -> dict[int, float]:
        file = shared_path(f"data/binance_usdm_1h_{name}USDT_full.parquet")
        rows = duckdb.sql(
            f"select epoch(ts)::bigint // 3600, coalesce(mark_close, close) from '{file}' order by 1"
        )
        return {int(hour): float(close) for hour, close in rows.fetchall()}

    bitcoin, ether = series("BTC"), series("ETH")
    first, last = max(min(bitcoin), min(ether)), min(max(bitcoin), max(ether))
    hours = range(first, last + 1)
    btc, eth = (np.log([found.get(hour, NAN) for hour in hours]) for found in (bitcoin, ether))
    windows = range(0, len(hours) - MONTH - 1, MONTH)
    betas = np.array(
        [slopes(np.diff(eth)[None, w : w + MONTH], np.diff(btc)[w : w + MONTH], 648)[0] for w in windows]
    )
    known = betas[~np.isnan(betas)]
    assert len(known) > 60
    assert 0.7 < known.min() < known.max() < 1.7


# --- delta by beta ----------------------------------------------------------------------------------------------


def test_delta_counts_each_coin_by_its_beta_over_equity() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=100_000)],
        positions=[a_position(SOL, 200), a_position(BTC, -0.75)],
    )
    book = a_book(snapshot, SOL=following(1.5))
    assert value(book, "net_delta", Grain.ACCOUNT) == pytest.approx((30_000 - 45_000) / 100_000)
    assert value(book, "beta_delta", Grain.ACCOUNT) == pytest.approx(0.0, abs=1e-9)
    assert by_subject(book, "beta_delta", Grain.ASSET) == {
        "account=main asset=BTC": pytest.approx(-0.45),
        "account=main asset=SOL": pytest.approx(0.45),
    }
    assert value(book, "beta_delta", Grain.PORTFOLIO) == pytest.approx(0.0, abs=1e-9)


def test_a_cross_hedge_is_judged_by_the_betas_of_its_legs() -> None:
    """2 percent of the hedged worth are left: within the 5 % of cross-hedging desks, though net delta shows a third."""
    snapshot = a_snapshot(
        accounts=[an_account(wallet=100_000)],
        positions=[a_position(BTC, -0.74)],
        spot=[a_spot("SOL", 200, 150.0)],
        hedges=(a_hedge("cross", spot_leg("SOL"), perpetual_leg(BTC)),),
    )
    book = a_book(snapshot, SOL=following(1.5))
    assert value(book, "net_delta", Grain.HEDGE) == pytest.approx(-0.144)
    assert value(book, "beta_delta", Grain.HEDGE) == pytest.approx(0.006)
    assert value(book, "beta_delta", Grain.ACCOUNT) == pytest.approx(0.006)


def test_delta_by_beta_over_gross_is_an_expression() -> None:
    text = (
        'riskd: policy/v1\nname: desk\ntitle: A desk\nowner: us\nversion: "1"\nmode: observe\nrules:\n'
        "  - {id: cross, title: T, expr: abs(beta_delta) / leverage, unit: ratio, per: account, max: {breach: 5%, critical: 10%}}\n"
    )
    (rule,) = load([("desk.yaml", text)]).rules
    assert rule.formula is not None


def test_an_unknown_beta_or_worth_makes_delta_unknown_and_names_it() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1), a_position(SOL, 1)])
    assert reason(book_of(snapshot), "beta_delta", Grain.ACCOUNT) == (
        "price history of SOL/USDT:USDT and BTC: 0 hourly moves that both have, 648 are needed"
    )
    dark = a_snapshot(positions=[a_position(BTC, 1, mark=NAN)])
    assert reason(dark, "beta_delta", Grain.ACCOUNT) == "mark price of BTC/USDT:USDT"
    coins = a_snapshot(
        spot=[a_spot("SOL", 5, 150.0)], hedges=(a_hedge("carry", spot_leg("SOL"), perpetual_leg(SOL)),)
    )
    missing = "price history of SOL and BTC: 0 hourly moves that both have, 648 are needed"
    assert reason(coins, "beta_delta", Grain.ACCOUNT) == missing
    assert reason(coins, "beta_delta", Grain.HEDGE) == missing
    unpriced = a_snapshot(
        spot=[a_spot("SOL", 5, NAN)], hedges=(a_hedge("carry", spot_leg("SOL"), perpetual_leg(SOL)),)
    )
    assert reason(unpriced, "beta_delta", Grain.ACCOUNT) == "price of SOL in main"


def test_one_leg_alone_nothing_at_all_and_no_equity_have_defined_answers() -> None:
    legs = (a_hedge("carry", spot_leg("BTC"), perpetual_leg(BTC)),)
    orphan = a_snapshot(
        accounts=[an_account(wallet=60_000)],
        positions=[a_position(BTC, -1)],
        spot=[a_spot("BTC", 0.0)],
        hedges=legs,
    )
    assert value(orphan, "beta_delta", Grain.HEDGE) == pytest.approx(-1.0)
    empty = a_snapshot(spot=[a_spot("BTC", 0.0)], hedges=legs)
    assert value(empty, "beta_delta", Grain.HEDGE) == 0.0
    assert value(empty, "beta_delta", Grain.ACCOUNT) == 0.0
    broke = a_snapshot(accounts=[an_account(wallet=0)], positions=[a_position(BTC, 1)])
    assert value(broke, "beta_delta", Grain.ACCOUNT) == math.inf
    for size in (1e-20, 1e20):
        dust = a_snapshot(
            accounts=[an_account(wallet=1.0)], positions=[a_position(BTC, size / 60_000, mark=60_000.0)]
        )
        assert value(dust, "beta_delta", Grain.ACCOUNT) == pytest.approx(size)


def test_the_moment_of_a_snapshot_ends_its_past() -> None:
    later = a_price_history({SOL: following(1.5)}, taken_at=NOW, ahead_hours=700)
    market = a_price_history({BTC: closes(MARKET)}, ahead_hours=700)
    book = book_of(SOLANA, a_history(SOLANA, prices=later, market=market))
    assert (
        why(book) == "price history of SOL/USDT:USDT and BTC: 20 hourly moves that both have, 648 are needed"
    )
