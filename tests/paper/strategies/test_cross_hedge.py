"""The hedger: equal legs, drift, and what it leaves alone."""

from __future__ import annotations

from decimal import Decimal

import pytest

from riskd.paper.engine.types import IncomeKind, MarginType, PositionSide
from riskd.paper.strategies.cross_hedge import CrossHedge, HedgeParameters
from tests.paper.strategies.small_markets import START_MS, drawn, held, opened, run

FALL = [100_000.0, 95_000.0, 80_000.0, 60_000.0]
BY_ETH = HedgeParameters(hedge_symbol="ETHUSDT", beta=Decimal("0.9"), spot_share=Decimal("0.7"))


def test_the_short_equals_the_spot_at_five_times_leverage() -> None:
    actor = CrossHedge("hedge", HedgeParameters())
    exchange = opened(drawn({"BTCUSDT": FALL}), actor, 100_000)

    spot = exchange.spot_balances("hedge")["BTC"]
    assert spot == Decimal("0.8")
    assert held(exchange, "hedge", "BTCUSDT") == -spot
    assert exchange.settings("hedge", "BTCUSDT") == (5, MarginType.CROSSED)


def test_a_fall_moves_neither_leg_and_its_worth_stays() -> None:
    market = drawn({"BTCUSDT": FALL})
    actor = CrossHedge("hedge", HedgeParameters())
    exchange = opened(market, actor, 100_000)

    run(exchange, market, actor.on_step)

    assert len(exchange.trades("hedge", "BTCUSDT")) == 1
    spot_value = exchange.spot_balances("hedge")["BTC"] * 60_000
    worth = spot_value + exchange.account("hedge").margin_balance
    assert float(worth) == pytest.approx(100_000, rel=0.002)  # fees of both legs


def test_margin_is_never_added() -> None:
    market = drawn({"BTCUSDT": [100_000.0, 110_000.0, 118_000.0]})
    actor = CrossHedge("hedge", HedgeParameters())
    exchange = opened(market, actor, 100_000)

    before = exchange.income("hedge", kind=IncomeKind.TRANSFER)
    run(exchange, market, actor.on_step)

    assert exchange.income("hedge", kind=IncomeKind.TRANSFER) == before


def test_a_short_that_was_deleveraged_is_not_opened_again() -> None:
    market = drawn({"BTCUSDT": FALL})
    actor = CrossHedge("hedge", HedgeParameters())
    exchange = opened(market, actor, 100_000)

    exchange.deleverage("hedge", "BTCUSDT", PositionSide.BOTH, Decimal("0.3"))
    run(exchange, market, actor.on_step)

    assert held(exchange, "hedge", "BTCUSDT") == Decimal("-0.5")
    assert exchange.spot_balances("hedge")["BTC"] == Decimal("0.8")


def test_another_coin_is_sold_for_beta_times_the_value() -> None:
    market = drawn({"BTCUSDT": [100_000.0] * 3, "ETHUSDT": [4_000.0] * 3})
    exchange = opened(market, CrossHedge("hedge", BY_ETH), 100_000)

    assert exchange.spot_balances("hedge")["BTC"] == Decimal("0.7")
    assert held(exchange, "hedge", "ETHUSDT") == Decimal("-15.75")


@pytest.mark.parametrize(("eth", "short"), [(4_100.0, "-15.75"), (3_000.0, "-21"), (5_000.0, "-12.6")])
def test_drift_is_rebalanced_once_it_passes_the_band(eth: float, short: str) -> None:
    market = drawn({"BTCUSDT": [100_000.0, 100_000.0], "ETHUSDT": [4_000.0, eth]})
    actor = CrossHedge("hedge", BY_ETH)
    exchange = opened(market, actor, 200_000)

    run(exchange, market, actor.on_step)

    assert held(exchange, "hedge", "ETHUSDT") == 2 * Decimal(short)


def test_a_reduced_cross_hedge_may_shrink_further_but_not_grow() -> None:
    market = drawn({"BTCUSDT": [100_000.0] * 3, "ETHUSDT": [4_000.0, 3_000.0, 4_500.0]})
    actor = CrossHedge("hedge", BY_ETH)
    exchange = opened(market, actor, 200_000)
    exchange.deleverage("hedge", "ETHUSDT", PositionSide.BOTH, Decimal("1.5"))

    run(exchange, market, actor.on_step, until_ms=START_MS + 60_000)
    after_the_fall = held(exchange, "hedge", "ETHUSDT")
    run(exchange, market, actor.on_step)

    assert after_the_fall == Decimal(-30)
    assert held(exchange, "hedge", "ETHUSDT") == Decimal(-28)


@pytest.mark.parametrize(("eth", "short"), [(3_000.0, "-15.75"), (5_000.0, "-12.6")])
def test_a_paused_hedge_is_made_smaller_and_not_larger(eth: float, short: str) -> None:
    market = drawn({"BTCUSDT": [100_000.0, 100_000.0], "ETHUSDT": [4_000.0, eth]})
    actor = CrossHedge("hedge", BY_ETH, paused=lambda _account, _symbol: True)
    exchange = opened(market, actor, 200_000)

    run(exchange, market, actor.on_step)

    assert held(exchange, "hedge", "ETHUSDT") == 2 * Decimal(short)
