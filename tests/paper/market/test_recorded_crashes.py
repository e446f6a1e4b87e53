"""What a replay of the recorded crashes must show: who is liquidated on mark, and who only would have been on last."""

from __future__ import annotations

from decimal import Decimal

import pytest

from riskd.adapters.candle_files import read_candles
from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import Liquidated, OrderRequest, OrderType, Side
from riskd.paper.market.recorded import recorded
from riskd.paper.market.track import TrackMarket
from tests.shared_data import shared_path

pytestmark = pytest.mark.shared

HOUR_MS = 3_600_000
COVID_MS = 1_583_971_200_000
CHINA_MS = 1_621_382_400_000  # 2021-05-19 00:00 UTC


def _market(event: str, symbol: str, starts_ms: int) -> TrackMarket:
    candles = read_candles(shared_path("data/crash_windows_1h.parquet"), event)
    return recorded(candles, symbols=[symbol], started_at_ms=starts_ms, ends_at_ms=starts_ms + 48 * HOUR_MS)


def _held_through(market: TrackMarket, side: Side, leverage: str) -> tuple[Decimal, bool]:
    """Liquidation price of a position opened at the start, about 10,000 USD large, and whether it was liquidated."""
    symbol = market.contracts[0].symbol
    quotes = market.quotes(market.started_at_ms)
    exchange = Exchange(
        market.contracts, now_ms=market.started_at_ms, quotes=quotes, insurance_fund=Decimal(10**6)
    )
    quantity = (10_000 / quotes[symbol].last).quantize(market.contracts[0].lot_size)
    exchange.open_account("trader")
    exchange.deposit("trader", (quantity * quotes[symbol].last / Decimal(leverage)).quantize(Decimal("0.01")))
    exchange.set_leverage("trader", symbol, 20)
    exchange.place("trader", OrderRequest(symbol=symbol, side=side, type=OrderType.MARKET, quantity=quantity))
    liquidation_price = exchange.positions("trader")[0].liquidation_price

    events = [
        event
        for at_ms in range(market.started_at_ms, market.ends_at_ms, 60_000)
        for event in exchange.advance(at_ms, market.quotes(at_ms))
    ]
    return liquidation_price, any(isinstance(event, Liquidated) for event in events)


def _extremes(market: TrackMarket) -> tuple[Decimal, Decimal]:
    """Lowest and highest last price since the start."""
    symbol = market.contracts[0].symbol
    lasts = [market.quotes(at)[symbol].last for at in range(market.started_at_ms, market.ends_at_ms, 60_000)]
    return min(lasts), max(lasts)


@pytest.mark.parametrize(
    ("event", "symbol", "starts_ms"),
    [("2020-03-12", "BTCUSDT", COVID_MS), ("2021-05-19", "ETHUSDT", CHINA_MS)],
)
def test_a_long_at_1_9_times_survives_on_mark_though_last_passed_its_liquidation_price(
    event: str, symbol: str, starts_ms: int
) -> None:
    market = _market(event, symbol, starts_ms)

    liquidation_price, was_liquidated = _held_through(market, Side.BUY, "1.9")

    assert _extremes(market)[0] < liquidation_price
    assert not was_liquidated


def test_a_long_at_three_times_is_liquidated() -> None:
    assert _held_through(_market("2020-03-12", "BTCUSDT", COVID_MS), Side.BUY, "3")[1]


def test_a_short_is_not_liquidated_by_a_print_that_the_mark_did_not_follow() -> None:
    market = _market("2020-03-12", "ETHUSDT", COVID_MS)

    liquidation_price, was_liquidated = _held_through(market, Side.SELL, "2")

    assert _extremes(market)[1] == 323 > liquidation_price
    assert not was_liquidated


def test_a_window_of_the_full_history_has_its_marks_though_the_first_years_have_none() -> None:
    candles = read_candles(shared_path("data/binance_usdm_1h_BTCUSDT_full.parquet"))
    market = recorded(candles, started_at_ms=COVID_MS, ends_at_ms=COVID_MS + 48 * HOUR_MS)

    assert market.known_from_ms == COVID_MS - 10 * 24 * HOUR_MS
    assert min(market.tracks[0].mark) == pytest.approx(3801.83057975)
