"""Recorded candles as a market."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.adapters.candle_files import read_candles
from riskd.paper.market.recorded import recorded, settlement_interval_hours
from riskd.paper.market.track import TrackMarket
from tests.paper.market.candle_builders import HOUR_MS, candles_of, series_of
from tests.shared_data import shared_path

CALM = (100.0, 100.0, 100.0, 100.0)
FALL = (100.0, 101.5, 71.5, 80.0)

EVENT_STARTS_MS = {
    "2020-03-12": 1_583_971_200_000,
    "2021-05-19": 1_621_296_000_000,
    "2025-10-10": 1_760_054_400_000,
}


def _lasts(market: TrackMarket, symbol: str, step_ms: int) -> list[Decimal]:
    moments = range(market.started_at_ms, market.ends_at_ms + 1, step_ms)
    return [market.quotes(at)[symbol].last for at in moments]


@pytest.mark.parametrize("step_ms", [1_000, 60_000, 300_000, HOUR_MS // 4])
def test_the_low_is_reached_exactly_on_every_step_that_divides_a_quarter(step_ms: int) -> None:
    market = recorded(candles_of(series_of([CALM, FALL, CALM])))

    lasts = _lasts(market, "BTCUSDT", step_ms)

    assert (min(lasts), max(lasts)) == (Decimal("71.5"), Decimal("101.5"))


def test_a_step_that_misses_the_quarters_may_miss_the_low() -> None:
    market = recorded(candles_of(series_of([CALM, FALL, CALM])))

    assert min(_lasts(market, "BTCUSDT", 7 * 60_000)) > Decimal("71.5")


def test_any_stepping_passes_through_the_same_values() -> None:
    market = recorded(candles_of(series_of([CALM, FALL, CALM])))

    fine = [market.quotes(at) for at in range(0, HOUR_MS * 3, 1_000)]
    coarse = [market.quotes(at) for at in range(0, HOUR_MS * 3, 60_000)]

    assert fine[::60] == coarse


def test_index_equals_mark() -> None:
    quote = recorded(candles_of(series_of([FALL]))).quotes(HOUR_MS // 3)["BTCUSDT"]

    assert quote.index == quote.mark != quote.last


def test_after_the_end_the_last_quote_stands() -> None:
    market = recorded(candles_of(series_of([CALM, FALL])))

    assert market.quotes(market.ends_at_ms + 10**9) == market.quotes(market.ends_at_ms)


def test_before_the_record_there_is_no_quote() -> None:
    with pytest.raises(ValueError, match="from 0 ms on, found -1 ms"):
        recorded(candles_of(series_of([CALM]))).quotes(-1)


def test_a_gap_is_one_straight_line() -> None:
    market = recorded(candles_of(series_of([CALM, (50.0,) * 4], opened_at_ms=[0, 4 * HOUR_MS])))

    at = (HOUR_MS * 3 // 4 + 4 * HOUR_MS) // 2
    assert market.quotes(at)["BTCUSDT"].last == Decimal(75)


def test_the_tick_is_as_fine_as_the_record_where_that_was_finer_than_today() -> None:
    market = recorded(candles_of(series_of([(7938.39, 7969.0, 7902.4, 7918.82)])))

    assert market.contracts[0].tick_size == Decimal("0.01")
    assert market.quotes(0)["BTCUSDT"].last == Decimal("7938.39")


def test_an_unknown_symbol_gets_generic_terms_on_its_own_tick() -> None:
    market = recorded(candles_of(series_of([(0.04154, 0.04189, 0.04102, 0.04175)], symbol="ADA-USDT-SWAP")))

    contract = market.contracts[0]
    assert (contract.base, contract.quote, contract.tick_size) == ("ADA", "USDT", Decimal("0.00001"))


# --- funding ---------------------------------------------------------------------------------------------------------


def test_a_rate_is_quoted_up_to_and_including_its_settlement_and_not_after() -> None:
    funding = [None, None, 0.0003, None, None, None, -0.001, None, None]
    market = recorded(candles_of(series_of([CALM] * 9, funding=funding)))

    def rate(at_ms: int) -> Decimal:
        return market.quotes(at_ms)["BTCUSDT"].funding_rate

    assert rate(0) == rate(2 * HOUR_MS) == Decimal("0.0003")
    assert rate(2 * HOUR_MS + 1) == rate(6 * HOUR_MS) == Decimal("-0.001")
    assert rate(6 * HOUR_MS + 1) == Decimal("0.00005")  # the default of 0.01 % in eight hours, for four


def test_without_recorded_funding_the_default_rate_and_interval_stand() -> None:
    market = recorded(candles_of(series_of([CALM])))

    assert market.contracts[0].funding_interval_hours == 8
    assert market.quotes(0)["BTCUSDT"].funding_rate == Decimal("0.0001")


@given(
    interval=st.sampled_from([1, 2, 4, 8]),
    jitter_ms=st.lists(st.integers(0, 47), min_size=3, max_size=30),
    dropped=st.integers(1, 28),
)
@settings(max_examples=60, derandomize=True)
def test_the_settlement_interval_survives_jitter_and_a_missing_row(
    interval: int, jitter_ms: list[int], dropped: int
) -> None:
    settled = [interval * HOUR_MS * i + jitter for i, jitter in enumerate(jitter_ms)]
    if len(settled) > 4:
        del settled[min(dropped, len(settled) - 1)]

    assert settlement_interval_hours(np.array(settled, dtype=np.int64)) == interval


# --- choice of symbols and time --------------------------------------------------------------------------------------


def test_a_symbol_that_was_not_recorded_is_refused_with_those_that_were() -> None:
    with pytest.raises(ValueError, match="expected SOLUSDT among the recorded instruments, found BTCUSDT"):
        recorded(candles_of(series_of([CALM])), symbols=["SOLUSDT"])


def test_what_was_recorded_before_the_start_is_the_past() -> None:
    market = recorded(candles_of(series_of([CALM, FALL, CALM])), started_at_ms=2 * HOUR_MS)

    assert (market.known_from_ms, market.started_at_ms) == (0, 2 * HOUR_MS)
    assert market.quotes(HOUR_MS + HOUR_MS // 2)["BTCUSDT"].last == Decimal("71.5")


@pytest.mark.parametrize(("candles", "started_hour"), [(1, 0), (3, 1), (30, 10), (200, 48)])
def test_without_a_start_a_third_of_the_record_and_at_most_two_days_are_the_past(
    candles: int, started_hour: int
) -> None:
    market = recorded(candles_of(series_of([CALM] * candles)))

    assert (market.known_from_ms, market.started_at_ms) == (0, started_hour * HOUR_MS)


def test_no_more_past_is_kept_than_asked_for() -> None:
    market = recorded(candles_of(series_of([CALM] * 9)), started_at_ms=6 * HOUR_MS, past_ms=2 * HOUR_MS)

    assert market.known_from_ms == 4 * HOUR_MS


def test_the_market_covers_the_time_that_all_symbols_share() -> None:
    late = series_of([CALM] * 3, symbol="ETHUSDT", opened_at_ms=[HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS])
    market = recorded(candles_of(series_of([CALM] * 3), late))

    assert (market.known_from_ms, market.ends_at_ms) == (HOUR_MS, 3 * HOUR_MS)


def test_a_start_outside_the_record_is_refused() -> None:
    with pytest.raises(ValueError, match=r"within 0\.\.3600000 ms"):
        recorded(candles_of(series_of([CALM])), started_at_ms=2 * HOUR_MS)


# --- the crashes on record -------------------------------------------------------------------------------------------


@pytest.mark.shared
@pytest.mark.parametrize(
    ("event", "symbol", "last_low", "mark_low", "last_high"),
    [
        ("2020-03-12", "BTCUSDT", "3621.81", "3801.83057975", "7969"),
        ("2020-03-12", "ETHUSDT", "84.23", "87.09291910", "323"),
        ("2021-05-19", "ETHUSDT", "1400.73", "1764.25818052", "3570.27"),
        ("2025-10-10", "BTCUSDT", "101516.5", "101877.68981743", "122497"),
        ("2025-10-10", "XRPUSDT", "1.1792", "1.19233581", "2.8358"),
    ],
)
def test_the_recorded_extremes_are_traded_to_the_digit(
    event: str, symbol: str, last_low: str, mark_low: str, last_high: str
) -> None:
    candles = read_candles(shared_path("data/crash_windows_1h.parquet"), event)
    start = EVENT_STARTS_MS[event]
    market = recorded(candles, symbols=[symbol], started_at_ms=start, ends_at_ms=start + 60 * HOUR_MS)

    quotes = [market.quotes(at)[symbol] for at in range(start, market.ends_at_ms, 60_000)]

    assert min(quote.last for quote in quotes) == Decimal(last_low)
    assert max(quote.last for quote in quotes) == Decimal(last_high)
    assert min(quote.mark for quote in quotes) == Decimal(mark_low)


@pytest.mark.shared
def test_four_of_the_recorded_coins_settle_every_four_hours() -> None:
    market = recorded(read_candles(shared_path("data/crash_windows_1h.parquet"), "2025-10-10"))

    quick = {one.base for one in market.contracts if one.funding_interval_hours == 4}
    assert quick == {"ENA", "KAS", "ONDO", "XTZ"}


@pytest.mark.shared
def test_the_book_is_thinnest_within_an_hour_of_the_worst_moment() -> None:
    market = recorded(
        read_candles(shared_path("data/crash_windows_1h.parquet"), "2025-10-10"), symbols=["XRPUSDT"]
    )
    track = market.tracks[0]

    thinnest = track.at_ms[int(np.argmin(track.depth_usd))]
    lowest = track.at_ms[int(np.argmin(track.last))]

    assert 0 <= thinnest - lowest <= HOUR_MS
    assert min(track.depth_usd) < 0.02 * max(track.depth_usd)
