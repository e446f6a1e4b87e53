"""Worked checks: the two published ones of deleveraging, and Brown, Carlin and Lobo's split between liquid and illiquid assets."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from riskd.act.plan import Costs
from riskd.measure.book.book import Book
from riskd.measure.spec import Unit
from riskd.model.order import Plan
from riskd.model.snapshot import Snapshot
from tests.act.plan.asking import demand, plan_for
from tests.builder_markets import a_market, with_markets
from tests.builders import a_history, a_position, a_snapshot, an_account, an_instrument
from tests.builders_rules import a_rule, at_most, deleverage

COIN, OTHER = "COIN/USDT:USDT", "OTHER/USDT:USDT"
FINE = {"lot_size": "0.0001", "taker_fee_rate": "0", "notional_min": "0"}


def planned(snapshot: Snapshot, measure: str, to: float, cost: float, book: Book | None = None) -> Plan:
    rule = a_rule(at_most(critical=to), measure=measure, unit=Unit.RATIO)
    asked = demand(rule, deleverage(to))
    plan = plan_for(snapshot, asked, costs=Costs(slippage_rate=cost), book=book)
    assert isinstance(plan, Plan), plan
    return plan


def test_a_notional_of_100_on_an_equity_of_10_comes_back_to_five_times_by_closing_50_251() -> None:
    book = a_snapshot(
        accounts=[an_account(wallet=10.0)],
        positions=[a_position(COIN, 100, mark=1.0, entry=1.0)],
        instruments=[an_instrument(COIN, mark=1.0, **FINE)],
    )
    plan = planned(book, "leverage", 5.0, 0.001)
    assert float(plan.reductions[0].quantity) == pytest.approx(50.251, abs=0.001)
    assert plan.value_after == pytest.approx(5.0, abs=1e-4)


def test_maintenance_of_5_on_an_equity_of_8_comes_back_to_half_by_closing_222_2() -> None:
    book = a_snapshot(
        accounts=[an_account(wallet=8.0)],
        positions=[a_position(COIN, 1_000, mark=1.0, entry=1.0)],
        instruments=[an_instrument(COIN, mark=1.0, brackets=((0.0, 0.005),), **FINE)],
    )
    plan = planned(book, "margin_ratio", 0.5, 0.001)
    assert float(plan.reductions[0].quantity) == pytest.approx(222.2, abs=0.1)
    assert plan.value_after == pytest.approx(0.5, abs=1e-4)


def impact(price: float, steepness: float, levels: int = 400) -> list[tuple[float, float]]:
    """A side of a book whose cost grows with the square of what is taken: each level a little worse than the one before."""
    depth = 1_000.0 / levels
    return [(price * (1.0 - 2.0 * steepness * depth * (number + 0.5)), depth) for number in range(levels)]


@pytest.mark.parametrize("steepness", [(1e-6, 1e-6), (1e-6, 3e-6), (2e-6, 1e-6)])
def test_under_quadratic_impact_each_asset_is_sold_in_proportion_to_its_liquidity(
    steepness: tuple[float, float],
) -> None:
    """x_i = R (1/l_i) / sum of 1/l_j (Brown, Carlin and Lobo 2010, temporary impact alone)."""
    names = (COIN, OTHER)
    snapshot = a_snapshot(
        accounts=[an_account(wallet=300.0)],
        positions=[a_position(name, 1_000, mark=1.0, entry=1.0) for name in names],
        instruments=[an_instrument(name, mark=1.0, **FINE) for name in names],
    )
    markets = [
        a_market(
            name, bids=impact(1.0, each), asks=[(2.0 - price, size) for price, size in impact(1.0, each)]
        )
        for name, each in zip(names, steepness, strict=True)
    ]
    book = Book.of(snapshot, with_markets(a_history(snapshot), *markets))
    plan = planned(snapshot, "leverage", 4.0, 0.0, book)
    sold = {step.symbol: float(step.quantity) for step in plan.reductions}
    weights = 1.0 / np.array(steepness)
    expected = sum(sold.values()) * weights / weights.sum()
    assert [sold[name] for name in names] == pytest.approx(expected.tolist(), rel=0.05)


def test_a_book_that_ends_before_the_position_does_costs_more_behind_its_last_level() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=10_000.0)],
        positions=[a_position(COIN, 100, mark=1_000.0, entry=1_000.0)],
        instruments=[an_instrument(COIN, mark=1_000.0, taker_fee_rate="0")],
    )
    market = a_market(COIN, bids=[(999.0, 10.0), (998.0, 10.0)], asks=[(1_001.0, 10.0)])
    book = Book.of(snapshot, with_markets(a_history(snapshot), market))
    plan = planned(snapshot, "leverage", 7.0, 0.0, book)
    (step,) = plan.reductions
    behind = float(step.quantity - Decimal(20))
    assert behind > 0
    assert step.cost_estimate == pytest.approx(10 * 1.0 + 10 * 2.0 + behind * 4.0)
