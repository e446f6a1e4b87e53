"""The swing trader: entries, stops, exits, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import OrderRequest, OrderType, Side
from riskd.paper.market.track import TrackMarket
from riskd.paper.strategies.bars import past_bars
from riskd.paper.strategies.swing import Holding, Swing, SwingParameters
from tests.paper.strategies.small_markets import HOUR_MS, MINUTE_MS, START_MS, drawn, held, opened, run

ETH = Holding(
    symbol="ETHUSDT",
    notional_share=Decimal(2),
    stop_distance=Decimal("0.17"),
    enter_after_seconds=60,
    stop_after_seconds=120,
)
SOL = Holding(
    symbol="SOLUSDT",
    notional_share=Decimal(2),
    stop_distance=Decimal("0.20"),
    take_profit_distance=Decimal("0.12"),
)
WAVES = [100_000.0 * (1 + 0.002 * (i % 5)) for i in range(60)]


def _holder(*holdings: Holding) -> Swing:
    return Swing("swing", SwingParameters(holdings=holdings), {})


def _calm(minutes: int = 10) -> TrackMarket:
    return drawn({"ETHUSDT": [4_000.0] * minutes, "SOLUSDT": [200.0] * minutes})


def _watcher(after: list[float], **terms: object) -> tuple[Swing, TrackMarket, Exchange]:
    """A trader of BTC breakouts on hourly bars, with sixty hours of waves behind it."""
    market = drawn({"BTCUSDT": [*WAVES, WAVES[-1], *after]}, corner_ms=HOUR_MS, past_corners=len(WAVES))
    parameters = SwingParameters(watched=("BTCUSDT",), **terms)  # type: ignore[arg-type]  # a test's shorthand
    actor = Swing("swing", parameters, past_bars(market, ["BTCUSDT"], HOUR_MS))
    return actor, market, opened(market, actor, 50_000)


# --- holdings --------------------------------------------------------------------------------------------------------


def test_a_holding_is_entered_when_due_at_its_share_of_equity() -> None:
    market, actor = _calm(), _holder(ETH, SOL)
    exchange = opened(market, actor, 50_000)

    at_first = [one.symbol for one in exchange.positions("swing")]
    run(exchange, market, actor.on_step, until_ms=START_MS + MINUTE_MS)

    assert at_first == ["SOLUSDT"]
    assert held(exchange, "swing", "SOLUSDT") == 500
    assert float(held(exchange, "swing", "ETHUSDT") * 4_000) == pytest.approx(100_000, rel=0.01)
    assert exchange.settings("swing", "ETHUSDT")[0] == 7


def test_a_late_stop_is_late_by_as_much_as_was_said() -> None:
    market, actor = _calm(), _holder(ETH)
    exchange = opened(market, actor, 50_000)

    run(exchange, market, actor.on_step, until_ms=START_MS + 2 * MINUTE_MS)
    before = exchange.open_algo_orders("swing")
    run(exchange, market, actor.on_step, until_ms=START_MS + 3 * MINUTE_MS)

    (stop,) = exchange.open_algo_orders("swing")
    assert before == ()
    assert (stop.side, stop.reduce_only, stop.quantity) == (
        Side.SELL,
        True,
        held(exchange, "swing", "ETHUSDT"),
    )
    assert float(stop.trigger_price or 0) == pytest.approx(4_000 * 0.83, rel=1e-3)


def test_a_stop_that_somebody_else_placed_meanwhile_is_enough() -> None:
    market, actor = _calm(), _holder(ETH)
    exchange = opened(market, actor, 50_000)
    run(exchange, market, actor.on_step, until_ms=START_MS + MINUTE_MS)
    request = OrderRequest(
        symbol="ETHUSDT",
        side=Side.SELL,
        type=OrderType.STOP_MARKET,
        trigger_price=Decimal(3_880),
        close_position=True,
    )
    exchange.place_algo("swing", request)

    run(exchange, market, actor.on_step)

    assert [one.trigger_price for one in exchange.open_algo_orders("swing")] == [3_880]


def test_the_take_profit_rests_as_a_reduce_only_limit_order() -> None:
    exchange = opened(_calm(), _holder(SOL), 50_000)

    (order,) = exchange.open_orders("swing")
    assert (order.type, order.side, order.reduce_only) == (OrderType.LIMIT, Side.SELL, True)
    assert [order.quantity, order.price] == [500, 224]


def test_a_late_take_profit_is_late_by_as_much_as_was_said() -> None:
    market, actor = _calm(), _holder(replace(SOL, take_profit_after_seconds=120))
    exchange = opened(market, actor, 50_000)
    run(exchange, market, actor.on_step, until_ms=START_MS + MINUTE_MS)
    before = exchange.open_orders("swing")
    run(exchange, market, actor.on_step, until_ms=START_MS + 5 * MINUTE_MS)

    (order,) = exchange.open_orders("swing")
    assert before == ()
    assert order.reduce_only
    assert order.price == 224


def test_the_stop_closes_and_takes_the_take_profit_with_it() -> None:
    market = drawn({"SOLUSDT": [200.0, 150.0, 150.0, 150.0]})
    actor = _holder(SOL)
    exchange = opened(market, actor, 50_000)

    run(exchange, market, actor.on_step)

    assert held(exchange, "swing", "SOLUSDT") == 0
    assert exchange.open_orders("swing") == ()
    assert len(exchange.trades("swing", "SOLUSDT")) == 2


def test_what_others_reduced_is_not_bought_again() -> None:
    market, actor = _calm(), _holder(SOL)
    exchange = opened(market, actor, 50_000)
    exchange.cancel_all("swing", "SOLUSDT")
    request = OrderRequest(
        symbol="SOLUSDT", side=Side.SELL, type=OrderType.MARKET, quantity=Decimal(300), reduce_only=True
    )
    exchange.place("swing", request)

    run(exchange, market, actor.on_step)

    assert held(exchange, "swing", "SOLUSDT") == 200
    assert exchange.open_orders("swing") == ()


# --- breakouts -------------------------------------------------------------------------------------------------------


def test_a_breakout_up_is_bought_with_a_stop_below_in_the_same_step() -> None:
    actor, market, exchange = _watcher([102_500.0, 104_000.0, 104_000.0])

    while not exchange.positions("swing"):
        run(exchange, market, actor.on_step, until_ms=exchange.now_ms + MINUTE_MS)

    (position,), (stop,) = exchange.positions("swing"), exchange.open_algo_orders("swing")
    assert position.quantity > 0
    assert (stop.side, stop.quantity) == (Side.SELL, position.quantity)
    risk = position.quantity * (position.entry_price - (stop.trigger_price or 0))
    assert float(risk) == pytest.approx(0.02 * 50_000, rel=0.02)


def test_a_breakout_down_is_sold_with_a_stop_above() -> None:
    actor, market, exchange = _watcher([98_500.0, 97_000.0, 97_000.0])

    while not exchange.positions("swing"):
        run(exchange, market, actor.on_step, until_ms=exchange.now_ms + MINUTE_MS)

    (position,), (stop,) = exchange.positions("swing"), exchange.open_algo_orders("swing")
    assert position.quantity < 0
    assert stop.side is Side.BUY
    assert (stop.trigger_price or 0) > position.entry_price


def test_a_paused_swing_enters_no_breakout() -> None:
    _, market, _ = _watcher([102_500.0, 104_000.0, 104_000.0])
    bars = past_bars(market, ["BTCUSDT"], HOUR_MS)
    actor = Swing("swing", SwingParameters(watched=("BTCUSDT",)), bars, paused=lambda _account, _symbol: True)
    exchange = opened(market, actor, 50_000)

    run(exchange, market, actor.on_step)

    assert exchange.trades("swing", "BTCUSDT") == ()


def test_waves_are_not_traded() -> None:
    actor, market, exchange = _watcher(WAVES[:20])

    run(exchange, market, actor.on_step)

    assert exchange.trades("swing", "BTCUSDT") == ()


def test_a_breakout_is_cut_to_what_the_leverage_of_the_book_leaves() -> None:
    actor, market, exchange = _watcher([102_500.0, 104_000.0, 104_000.0], book_leverage_max=Decimal("0.5"))

    run(exchange, market, actor.on_step)

    (position,) = exchange.positions("swing")
    assert position.quantity * position.entry_price <= Decimal("0.5") * 50_000


def test_after_three_days_a_return_to_the_mean_ends_a_trade_and_not_before() -> None:
    rise = [102_500.0, 104_000.0, 104_500.0]
    dip_then_calm_then_dip = [*([106_000.0] * 40), 105_000.0, *([106_000.0] * 40), 105_000.0, 105_000.0]
    actor, market, exchange = _watcher([*rise, *dip_then_calm_then_dip], stop_atr=8.0)

    run(exchange, market, actor.on_step, step_ms=10 * MINUTE_MS)

    entry, leave = exchange.trades("swing", "BTCUSDT")[:2]
    assert leave.side is Side.SELL
    assert 3 * 24 * HOUR_MS <= leave.at_ms - entry.at_ms < 4 * 24 * HOUR_MS


def test_leaving_takes_the_stop_with_it() -> None:
    rise = [102_500.0, 104_000.0, 104_500.0]
    actor, market, exchange = _watcher([*rise, *([106_000.0] * 300)], stop_atr=8.0, hold_days=(1, 2))

    run(exchange, market, actor.on_step, step_ms=10 * MINUTE_MS)

    assert len(exchange.trades("swing", "BTCUSDT")) == 2
    assert exchange.open_algo_orders("swing") == ()


def test_after_ten_days_a_trade_is_closed_whatever_happens() -> None:
    rising = [102_500.0 + 50.0 * i * i / (1 + i) for i in range(260)]
    actor, market, exchange = _watcher(rising, stop_atr=20.0)

    run(exchange, market, actor.on_step, step_ms=10 * MINUTE_MS)

    entry, leave = exchange.trades("swing", "BTCUSDT")[:2]
    assert leave.at_ms - entry.at_ms == pytest.approx(10 * 24 * HOUR_MS, abs=10 * MINUTE_MS)
