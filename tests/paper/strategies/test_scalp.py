"""The scalper: size, ways out, and repetition."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import OrderType, Side, Trade
from riskd.paper.market.presets import demo
from riskd.paper.strategies.scalp import Scalp, ScalpParameters
from tests.paper.strategies.small_markets import drawn, held, opened, run

SCALP = ScalpParameters(symbol="BTCUSDT", pause_seconds=(1, 1), hold_seconds_max=30)
FLAT = [100_000.0] * 3


def _traded(seed: int) -> tuple[Trade, ...]:
    market = demo(seed=7)
    actor = Scalp("scalp", ScalpParameters(symbol="BTCUSDT"), random.Random(seed))
    exchange = opened(market, actor, 5_000)
    run(exchange, market, actor.on_step, until_ms=market.started_at_ms + 600_000)
    return exchange.trades("scalp", "BTCUSDT")


def _entered(prices: list[float]) -> tuple[Scalp, Exchange]:
    """A scalper in a long of the market, entered one step after the start."""
    for seed in range(20):
        actor = Scalp("scalp", SCALP, random.Random(seed))
        market = drawn({"BTCUSDT": prices}, corner_ms=1_000)
        exchange = opened(market, actor, 5_000)
        run(exchange, market, actor.on_step, until_ms=market.started_at_ms + 1_000, step_ms=1_000)
        if held(exchange, "scalp", "BTCUSDT") > 0:
            return actor, exchange
    raise AssertionError("no seed of twenty buys first")


def _trades_after(prices: list[float]) -> tuple[Trade, ...]:
    actor, exchange = _entered([100_000.0, 100_000.0, *prices])
    market = drawn({"BTCUSDT": [100_000.0, 100_000.0, *prices]}, corner_ms=1_000)
    run(exchange, market, actor.on_step, step_ms=1_000)
    return exchange.trades("scalp", "BTCUSDT")


def test_a_trade_is_tiny_and_has_a_stop_at_once() -> None:
    _, exchange = _entered(FLAT)

    (position,) = exchange.positions("scalp")
    (stop,) = exchange.open_algo_orders("scalp")
    assert position.quantity == Decimal("0.012")  # 1.25 % of 5,000 at 20x is 1,250 USDT
    assert position.leverage == 20
    assert (stop.type, stop.side, stop.reduce_only) == (OrderType.STOP_MARKET, Side.SELL, True)
    assert float(stop.trigger_price or 0) == pytest.approx(99_750, abs=2)


def test_the_target_ends_a_trade() -> None:
    trades = _trades_after([100_160.0, 100_160.0])

    assert float(trades[1].price) == pytest.approx(100_160, rel=1e-4)
    assert trades[1].realized_pnl > 0


def test_the_stop_ends_a_trade() -> None:
    trades = _trades_after([99_700.0, 99_700.0])

    assert float(trades[1].price) == pytest.approx(99_700, rel=1e-4)
    assert trades[1].realized_pnl < 0


def test_time_ends_a_trade() -> None:
    trades = _trades_after([100_000.0] * 60)

    assert trades[1].at_ms - trades[0].at_ms == 30_000


def test_after_a_trade_nothing_is_left_resting() -> None:
    actor, exchange = _entered([100_000.0, 100_000.0, 100_200.0])
    market = drawn({"BTCUSDT": [100_000.0, 100_000.0, 100_200.0]}, corner_ms=1_000)
    run(exchange, market, actor.on_step, step_ms=1_000)

    assert exchange.open_algo_orders("scalp") == ()
    assert held(exchange, "scalp", "BTCUSDT") == 0


def test_a_wide_spread_keeps_it_out() -> None:
    market = drawn({"BTCUSDT": FLAT * 20}, corner_ms=1_000)
    actor = Scalp(
        "scalp", ScalpParameters(symbol="BTCUSDT", spread_rate_max=Decimal("0.00001")), random.Random(1)
    )
    exchange = opened(market, actor, 5_000)

    run(exchange, market, actor.on_step, step_ms=1_000)

    assert exchange.trades("scalp", "BTCUSDT") == ()


def test_while_it_is_paused_it_ends_its_trade_and_begins_none() -> None:
    actor = Scalp("scalp", SCALP, random.Random(1), paused=lambda _account, symbol: symbol in shut)
    shut: set[str] = set()
    market = drawn({"BTCUSDT": [100_000.0] * 90}, corner_ms=1_000)
    exchange = opened(market, actor, 5_000)
    run(exchange, market, actor.on_step, until_ms=market.started_at_ms + 1_000, step_ms=1_000)
    shut.add("BTCUSDT")
    run(exchange, market, actor.on_step, step_ms=1_000)
    assert len(exchange.trades("scalp", "BTCUSDT")) == 2  # in, and out when its time was over


def test_the_same_seed_gives_the_same_trades_and_another_seed_others() -> None:
    assert _traded(3) == _traded(3)
    assert _traded(3) != _traded(4)
