"""For random hedges: one leg, only less of it, in lots, and the measure that judges the hedge comes nearer or to its aim."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.act.plan import NoPlan
from riskd.act.remedies.rebalance import rebalancing
from riskd.measure.spec import Unit
from riskd.model.order import Reduction
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain, Subject
from riskd.policy.rule import Limit
from tests.act.remedies.demands import a_demand
from tests.builders import (
    BTC,
    ETH,
    PositionRow,
    a_hedge,
    a_position,
    a_snapshot,
    a_spot,
    an_account,
    perpetual_leg,
    spot_leg,
)
from tests.builders_rules import at_least, at_most, deleverage, within
from tests.measure.books import book_of, value

CARRY = Subject(Grain.HEDGE, (("hedge", "carry"),))
LIMITS = {
    "hedge_ratio": [within(critical=(0.95, 1.05)), at_least(critical=0.9), at_most(critical=1.2)],
    "net_delta": [within(critical=(-0.05, 0.05)), at_most(critical=0.02)],
}
quantities = st.integers(-3000, 3000).map(lambda lots: Decimal(lots) / 1000)


def a_book(positions: list[PositionRow], spot: float) -> Snapshot:
    legs = (spot_leg("BTC"), perpetual_leg(BTC), perpetual_leg(ETH))
    return a_snapshot(
        accounts=[an_account()],
        positions=positions,
        spot=[a_spot("BTC", spot)],
        hedges=(a_hedge("carry", *legs),),
    )


def outside(limit: Limit, found: float) -> float:
    """How far a value is beyond a limit."""
    assert limit.thresholds is not None
    ((_, low, high),) = limit.thresholds.levels
    return max(low - found, found - high)


@settings(max_examples=80)
@given(
    measure=st.sampled_from(sorted(LIMITS)),
    which=st.integers(0, 2),
    btc=quantities,
    eth=quantities.map(lambda each: each * 20),
    spot=st.integers(0, 30).map(lambda each: each / 10),
    max_step=st.sampled_from([0.1, 1.0]),
)
def test_a_rebalancing_only_reduces_and_mends(
    measure: str, which: int, btc: Decimal, eth: Decimal, spot: float, max_step: float
) -> None:
    limit = LIMITS[measure][which % len(LIMITS[measure])]
    rows = [a_position(symbol, held) for symbol, held in ((BTC, btc), (ETH, eth)) if held]
    snapshot = a_book(rows, spot)
    demand = a_demand(deleverage(max_step=max_step), CARRY, limit=limit, measure=measure, unit=Unit.RATIO)
    made = rebalancing(book_of(snapshot), demand)
    if isinstance(made, NoPlan):
        return
    (step,) = made
    assert isinstance(step, Reduction)
    held = {BTC: btc, ETH: eth}[step.symbol]
    assert step.held == held
    assert 0 < step.quantity <= abs(held)
    assert step.quantity <= max(abs(held) * Decimal(str(max_step)), Decimal("0.001"))
    assert step.quantity % Decimal("0.001") == 0
    left = [
        replace(row, quantity=held - step.quantity if held > 0 else held + step.quantity)
        if row.symbol == step.symbol
        else row
        for row in rows
    ]
    after = a_book([row for row in left if row.quantity], spot)
    before = outside(limit, value(snapshot, measure, Grain.HEDGE))
    then = outside(limit, value(after, measure, Grain.HEDGE))
    assert before > 0.0
    assert then < before
    if max_step == 1.0 and math.isfinite(before):
        assert then <= 1e-3 or step.quantity == abs(held), "it reaches its aim, or takes all of it"
