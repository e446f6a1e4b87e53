"""A path of prices: straight lines between corners, and the same path at another time."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from riskd.paper.market.contracts import built_in
from riskd.paper.market.track import FundingStep, Track, TrackMarket

START_MS = 1_700_000_000_000
HOUR_MS = 3_600_000
MARKET = TrackMarket(
    name="two corners and a rest",
    tracks=(
        Track(
            contract=built_in("BTCUSDT"),
            at_ms=[START_MS - HOUR_MS, START_MS, START_MS + HOUR_MS],
            last=[60_000.0, 60_000.0, 54_000.0],
            mark=[60_010.0, 60_010.0, 54_010.0],
            index=[60_000.0, 60_000.0, 54_000.0],
            spread_rate=[0.0001, 0.0001, 0.001],
            depth_usd=[5e6, 5e6, 1e6],
            funding=(
                FundingStep(from_ms=START_MS, rate=0.0001),
                FundingStep(from_ms=START_MS + HOUR_MS, rate=-0.0005),
            ),
        ),
    ),
    known_from_ms=START_MS - HOUR_MS,
    started_at_ms=START_MS,
    ends_at_ms=START_MS + HOUR_MS,
    step_ms=1_000,
)


def test_between_corners_prices_lie_on_a_line() -> None:
    quote = MARKET.quotes(START_MS + HOUR_MS // 2)["BTCUSDT"]
    assert (quote.last, quote.mark, quote.index) == (Decimal(57_000), Decimal(57_010), Decimal(57_000))


def test_the_last_corner_holds_for_ever() -> None:
    assert MARKET.quotes(START_MS + 50 * HOUR_MS) == MARKET.quotes(START_MS + HOUR_MS)


def test_before_the_first_corner_nothing_is_known() -> None:
    with pytest.raises(ValueError, match="expected a moment from"):
        MARKET.quotes(START_MS - HOUR_MS - 1)


def test_funding_holds_from_its_moment_and_the_first_before_it_too() -> None:
    rates = [
        MARKET.quotes(START_MS + at)["BTCUSDT"].funding_rate for at in (-HOUR_MS, 0, HOUR_MS - 1, HOUR_MS)
    ]
    assert rates == [Decimal("0.0001")] * 3 + [Decimal("-0.0005")]


@pytest.mark.parametrize("later_ms", [86_400_000, -7_777_777, 0])
def test_the_same_path_at_another_time_quotes_the_same_at_every_moment(later_ms: int) -> None:
    moved = MARKET.starting_at(START_MS + later_ms)
    for since_ms in range(-HOUR_MS, 2 * HOUR_MS, HOUR_MS // 7):
        assert moved.quotes(START_MS + later_ms + since_ms) == MARKET.quotes(START_MS + since_ms)


def test_the_same_path_at_another_time_begins_ends_and_is_known_as_much_later() -> None:
    moved = MARKET.starting_at(START_MS + 5_000)
    moments = (moved.known_from_ms, moved.started_at_ms, moved.ends_at_ms)
    assert moments == (START_MS - HOUR_MS + 5_000, START_MS + 5_000, START_MS + HOUR_MS + 5_000)
    assert replace(moved, name="") != replace(MARKET, name="")
    assert moved.starting_at(START_MS) == MARKET


def test_a_moved_path_is_not_known_before_its_own_beginning() -> None:
    with pytest.raises(ValueError, match="expected a moment from"):
        MARKET.starting_at(START_MS + HOUR_MS).quotes(START_MS - HOUR_MS)
