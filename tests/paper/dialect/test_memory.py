"""Candles and funding as the venue remembers them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.paper.dialect.memory import (
    CANDLES_KEPT,
    INTERVALS_MS,
    TURNOVER_PER_DAY,
    Candle,
    MarketMemory,
    PriceKind,
)
from riskd.paper.engine.types import Quote
from tests.support_paper import BTC, QUOTES

MINUTE_MS = 60_000
DAY_MS = 86_400_000
START_MS = 20_000 * DAY_MS


def quote(price: int) -> Quote:
    return replace(QUOTES["BTCUSDT"], last=Decimal(price))


def remembered(steps: list[tuple[int, int]]) -> MarketMemory:
    memory = MarketMemory([BTC])
    for at_ms, price in steps:
        memory.observe(START_MS + at_ms, {"BTCUSDT": quote(price)})
    return memory


def reference(steps: list[tuple[int, int]], interval: str) -> list[tuple[int, int, int, int, int]]:
    """Candles straight from all steps."""
    length_ms = INTERVALS_MS[interval]
    buckets: dict[int, list[int]] = {}
    for at_ms, price in steps:
        buckets.setdefault((START_MS + at_ms) // length_ms * length_ms, []).append(price)
    return [(at, prices[0], max(prices), min(prices), prices[-1]) for at, prices in sorted(buckets.items())]


def shown(candles: tuple[Candle, ...]) -> list[tuple[int, int, int, int, int]]:
    return [(c.open_ms, int(c.open), int(c.high), int(c.low), int(c.close)) for c in candles]


walks = st.lists(
    st.tuples(
        st.sampled_from([1_000, 15_000, 60_000, 420_000, 3_600_000, 7 * 3_600_000]), st.integers(1, 500)
    ),
    min_size=1,
    max_size=60,
)


@given(walks, st.sampled_from(sorted(INTERVALS_MS)))
@settings(max_examples=100, derandomize=True, deadline=None)
def test_every_interval_is_what_all_steps_together_give(walk: list[tuple[int, int]], interval: str) -> None:
    steps, at_ms = [], 0
    for pause_ms, price in walk:
        at_ms += pause_ms
        steps.append((at_ms, price))
    assert shown(remembered(steps).candles("BTCUSDT", interval)) == reference(steps, interval)


def test_the_running_candle_is_the_last_one() -> None:
    memory = remembered([(0, 10), (59_000, 12), (61_000, 11)])
    assert shown(memory.candles("BTCUSDT", "1m"))[-1] == (START_MS + MINUTE_MS, 11, 11, 11, 11)


def test_no_more_than_the_bound_is_kept() -> None:
    memory = remembered([(i * MINUTE_MS, 10 + i % 7) for i in range(CANDLES_KEPT + 50)])
    assert len(memory.candles("BTCUSDT", "1m")) == CANDLES_KEPT


def test_turnover_of_a_day_follows_depth() -> None:
    memory = remembered([(i * 3_600_000, 10) for i in range(25)])
    volume = sum((c.quote_volume for c in memory.candles("BTCUSDT", "1h")), Decimal(0))
    assert round(volume, 6) == QUOTES["BTCUSDT"].depth_usd * TURNOVER_PER_DAY


def test_mark_and_index_have_candles_of_their_own() -> None:
    memory = remembered([(0, 10)])
    assert memory.candles("BTCUSDT", "1m", PriceKind.MARK)[0].close == QUOTES["BTCUSDT"].mark
    assert memory.candles("BTCUSDT", "1m", PriceKind.INDEX)[0].close == QUOTES["BTCUSDT"].index


def test_funding_is_noted_once_for_each_settlement_with_the_rate_that_stood_before_it() -> None:
    memory = MarketMemory([BTC])
    rates = [
        ("0.0001", 7 * 3_600_000),
        ("0.0002", 8 * 3_600_000),
        ("0.0003", 9 * 3_600_000),
        ("0.0004", 17 * 3_600_000),
    ]
    for rate, at_ms in rates:
        memory.observe(START_MS + at_ms, {"BTCUSDT": replace(quote(10), funding_rate=Decimal(rate))})
    noted = [
        ((record.at_ms - START_MS) // 3_600_000, str(record.rate)) for record in memory.funding("BTCUSDT")
    ]
    assert noted == [(8, "0.0001"), (16, "0.0003")]
