"""Scripted markets: determinism, magnitudes, sane quotes."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.paper.market.contracts import BUILT_IN
from riskd.paper.market.magnitudes import MARCH_2020, MAY_2021, OCTOBER_2025
from riskd.paper.market.presets import (
    DEMO_CRASH_MINUTE,
    DEMO_DIP_MINUTE,
    DEMO_FUNDING_FLIP_MINUTE,
    DEMO_LOW_MINUTE,
    PRESETS,
    demo,
)
from riskd.paper.market.scenario import Anchor, Script
from riskd.paper.market.track import Track, TrackMarket
from tests.shared_data import shared_path

MINUTE_MS = 60_000

PUBLISHED = {
    "2020-03-12": ("covid-2020-03-12", MARCH_2020),
    "2021-05-19": ("china-2021-05-19", MAY_2021),
    "2025-10-10": ("adl-2025-10-10", OCTOBER_2025),
}

seeds = st.integers(0, 10_000)
names = st.sampled_from(sorted(PRESETS))


def _track(market: TrackMarket, symbol: str) -> Track:
    return next(one for one in market.tracks if one.contract.symbol == symbol)


def _fall(market: TrackMarket, prices: list[float], track: Track) -> float:
    traded = np.array(prices)[np.array(track.at_ms) >= market.started_at_ms]
    return 1.0 - float(traded.min() / traded.max())


def _at_minute(market: TrackMarket, symbol: str, minute: float) -> float:
    return float(market.quotes(market.started_at_ms + round(minute * MINUTE_MS))[symbol].last)


# --- determinism and sanity ------------------------------------------------------------------------------------------


@given(name=names, seed=seeds)
@settings(max_examples=12, deadline=None, derandomize=True)
def test_the_same_seed_gives_the_same_market_and_another_seed_another(name: str, seed: int) -> None:
    market, again, other = PRESETS[name](seed), PRESETS[name](seed), PRESETS[name](seed + 1)

    assert market == again
    assert market.tracks[0].last != other.tracks[0].last


@given(name=names, seed=seeds, share=st.floats(0.0, 1.0))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_quotes_are_positive_on_the_tick_and_the_ask_is_above_the_bid(
    name: str, seed: int, share: float
) -> None:
    market = PRESETS[name](seed)
    at_ms = market.known_from_ms + round(share * (market.ends_at_ms - market.known_from_ms))

    for contract, (symbol, quote) in zip(market.contracts, market.quotes(at_ms).items(), strict=True):
        assert symbol == contract.symbol
        assert quote.ask - quote.bid >= contract.tick_size * Decimal("0.999999")
        assert min(quote.mark, quote.index, quote.bid, quote.depth_usd) > 0
        assert quote.last % contract.tick_size == 0


def test_seconds_and_minutes_pass_through_the_same_values() -> None:
    market = demo(seed=7)
    start = market.started_at_ms

    seconds = [market.quotes(start + 1_000 * i) for i in range(601)]
    minutes = [market.quotes(start + 60_000 * i) for i in range(11)]

    assert seconds[::60] == minutes


def test_coins_move_together_and_not_in_step() -> None:
    market = PRESETS["2020-03-12"](3)
    calm = slice(0, 2000)  # the past, before any fall
    returns = [np.diff(np.log(track.last[calm])) for track in market.tracks]
    correlation = np.corrcoef(returns)
    of_pairs = correlation[np.triu_indices(len(returns), 1)]

    assert of_pairs.min() > 0.5
    assert of_pairs.max() < 0.95


@pytest.mark.parametrize(
    ("corner_ms", "minutes", "message"),
    [
        (7_000, (0, 60), "corners that divide a minute, found 7000 ms"),
        (5_000, (0, 30), r"rising from 0 to 60 minutes, found \[0, 30\]"),
        (5_000, (0, 50, 40, 60), "rising from 0 to 60 minutes"),
    ],
)
def test_a_script_that_could_miss_its_anchors_is_refused(
    corner_ms: int, minutes: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Script(
            name="own",
            started_at_ms=0,
            minutes=60,
            past_minutes=0,
            corner_ms=corner_ms,
            step_ms=1_000,
            shape=tuple(Anchor(minute=minute, progress=0.5) for minute in minutes),
            funding=(),
            instruments=(),
        )


def test_the_path_goes_through_every_anchor_whatever_the_seed() -> None:
    market, other = demo(seed=1), demo(seed=2)

    for minute in (
        0,
        8,
        13,
        DEMO_DIP_MINUTE,
        DEMO_CRASH_MINUTE,
        28,
        31,
        35,
        37,
        DEMO_LOW_MINUTE,
        46,
        52,
        60,
        70,
    ):
        assert _at_minute(market, "SOLUSDT", minute) == _at_minute(other, "SOLUSDT", minute)


# --- magnitudes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("symbol", BUILT_IN)
@pytest.mark.parametrize("seed", [1, 7])
def test_last_and_mark_fall_by_the_published_magnitude(name: str, symbol: str, seed: int) -> None:
    market = PRESETS[name](seed)
    track, magnitude = _track(market, symbol), PUBLISHED[name][1][symbol]

    assert _fall(market, list(track.last), track) == pytest.approx(magnitude.drop_last, abs=0.005)
    assert _fall(market, list(track.mark), track) == pytest.approx(magnitude.drop_mark, abs=0.005)


@pytest.mark.shared
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_magnitudes_are_those_on_record(name: str) -> None:
    event_id, magnitudes = PUBLISHED[name]
    events = {
        event["id"]: event for event in json.loads(shared_path("data/scenarios.json").read_text())["events"]
    }
    measured = events[event_id]["measured"]
    checked = 0

    for symbol, magnitude in magnitudes.items():
        on_record = measured.get(f"binance_usdm:{symbol}")
        if on_record is not None:
            checked += 1
            assert magnitude.drop_last == pytest.approx(-on_record["drop_last"], abs=1e-4)
            assert magnitude.drop_mark == pytest.approx(-on_record["drop_mark"], abs=1e-4)
            assert magnitude.funding_extreme == pytest.approx(on_record["funding_min"], abs=1e-6)
    assert checked >= 3


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_mark_falls_less_than_the_last_price(name: str) -> None:
    for track in PRESETS[name](5).tracks:
        worst = int(np.argmin(track.last))
        assert track.mark[worst] > track.last[worst]


@given(seed=seeds, name=st.sampled_from(sorted(PUBLISHED)))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_nothing_passes_the_high_or_the_low(seed: int, name: str) -> None:
    for track in PRESETS[name](seed).tracks:
        magnitude = PUBLISHED[name][1][track.contract.symbol]
        assert max(track.last) <= magnitude.high * (1 + 1e-9)
        assert min(track.last) >= magnitude.high * (1 - magnitude.drop_last) * (1 - 1e-9)
        assert min(track.mark) >= magnitude.high * (1 - magnitude.drop_mark) * (1 - 1e-9)


def test_bitcoin_pays_its_worst_funding_at_eight_on_the_thirteenth_of_march() -> None:
    market = PRESETS["2020-03-12"](1)
    settled_at_ms = market.started_at_ms + 32 * 60 * MINUTE_MS

    assert market.quotes(settled_at_ms)["BTCUSDT"].funding_rate == Decimal("-0.003")


# --- the demo --------------------------------------------------------------------------------------------------------


@given(seed=seeds)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_the_demo_keeps_its_timetable_whatever_the_seed(seed: int) -> None:
    market = demo(seed=seed)

    start = _at_minute(market, "BTCUSDT", 0)
    before_crash = _at_minute(market, "BTCUSDT", DEMO_CRASH_MINUTE)
    low = _at_minute(market, "BTCUSDT", DEMO_LOW_MINUTE)
    end = _at_minute(market, "BTCUSDT", 70)

    assert start == pytest.approx(22_000, abs=5)
    assert _at_minute(market, "BTCUSDT", DEMO_DIP_MINUTE) / start - 1 == pytest.approx(-0.02, abs=0.002)
    assert low / before_crash - 1 == pytest.approx(-0.14, abs=0.003)
    assert low < end < before_crash
    assert 20_000 < before_crash < 24_000


def test_funding_flips_to_ninety_percent_a_year() -> None:
    market = demo(seed=7)
    flip_ms = market.started_at_ms + DEMO_FUNDING_FLIP_MINUTE * MINUTE_MS

    before = market.quotes(flip_ms - 1)["BTCUSDT"].funding_rate
    after = market.quotes(flip_ms)["BTCUSDT"].funding_rate

    assert before == Decimal("0.0001")
    assert float(after) * 3 * 365 == pytest.approx(-0.9, abs=0.001)


def test_the_demo_has_four_and_eight_hour_funding_and_a_settlement_in_the_crash() -> None:
    market = demo(seed=7)
    intervals = {one.symbol: one.funding_interval_hours for one in market.contracts}

    assert (intervals["BTCUSDT"], intervals["SOLUSDT"]) == (8, 4)
    settles_at_ms = market.started_at_ms + 30 * MINUTE_MS
    assert settles_at_ms % (8 * 60 * MINUTE_MS) == 0


@given(seed=seeds)
@settings(max_examples=15, deadline=None, derandomize=True)
def test_the_book_thins_and_the_spread_widens_from_calm_to_dip_to_crash(seed: int) -> None:
    market = demo(seed=seed)
    for track in market.tracks:
        minute = (np.array(track.at_ms) - market.started_at_ms) / MINUTE_MS
        stages = [(minute >= a) & (minute < b) for a, b in ((0, 12), (14, 18), (38, 44))]
        depths = [float(np.median(np.array(track.depth_usd)[stage])) for stage in stages]
        spreads = [float(np.median(np.array(track.spread_rate)[stage])) for stage in stages]
        assert all(earlier > later for earlier, later in pairwise(depths))
        assert all(earlier < later for earlier, later in pairwise(spreads))


def test_a_late_start_moves_every_moment_and_no_price() -> None:
    market, later = demo(seed=7), demo(seed=7, started_at_ms=1_800_000_000_000)

    assert later.started_at_ms == 1_800_000_000_000
    assert [track.last for track in later.tracks] == [track.last for track in market.tracks]
