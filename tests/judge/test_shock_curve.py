"""The curve of a shock, in numbers and against the account solver, which reckons the same accounts from other code."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from riskd.judge.shock_curve import ShockCurve, account_curves, shock_curve
from riskd.judge.supposed import Way
from riskd.measure.account import Direction, alone, together
from riskd.measure.account import shock_curve as solved_curve
from riskd.measure.supposed.suppose_prices import EVERYTHING, PricePath, of_coin
from riskd.measure.venues import flat
from riskd.model.scenario import Scenario
from riskd.model.snapshot import Snapshot
from riskd.model.verdict import Level
from riskd.policy.rule import Rule
from tests.builders import BTC, ETH, NAN, NOW, a_history, a_position, a_snapshot, an_account, an_instrument
from tests.builders_rules import a_rule, at_most
from tests.measure.account.builders import a_book, a_linear

MOVES = (-0.3, -0.1, 0.0, 0.2)


def curve_of(snapshot: Snapshot, *rules: Rule) -> ShockCurve:
    path = PricePath.of(snapshot, a_history(snapshot), EVERYTHING)
    way = Way(suppose=path.at, rules=rules, now=NOW)
    return shock_curve(way, path, MOVES, most=3.0)


def test_a_curve_in_numbers() -> None:
    # 2 BTC at 60,000 on 30,000: a tenth of 120,000 is 12,000.
    snapshot = a_snapshot(accounts=[an_account("main", wallet=30_000.0)], positions=[a_position(BTC, 2)])
    found = curve_of(snapshot, a_rule(at_most(warn=3, breach=5, critical=6)))
    (main,) = found.accounts
    assert main.equity.tolist() == pytest.approx([-6_000.0, 18_000.0, 30_000.0, 54_000.0])
    assert main.maintenance.tolist() == pytest.approx([336.0, 432.0, 480.0, 576.0])
    assert main.leverage.tolist() == pytest.approx([float("inf"), 6.0, 4.0, 144 / 54])
    assert main.margin_ratio.tolist() == pytest.approx([float("inf"), 0.024, 0.016, 576 / 54_000])
    levels = [[each.level for each in there] for there in found.reached]
    assert levels in (
        [[Level.CRITICAL], [Level.BREACH], [Level.WARN], []],
        [[Level.CRITICAL], [Level.CRITICAL], [Level.WARN], []],  # 6x to the last digit of a double
    )
    (end,) = found.liquidations
    assert end.backwards == pytest.approx((30_000 - 480) / (120_000 - 480))


def test_what_is_unknown_is_counted_apart() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1), a_position(ETH, 1, account="other", mark=NAN)])
    found = curve_of(snapshot, a_rule())
    assert [[str(each.subject) for each in there] for there in found.unknown] == [["account=other"]] * 4
    assert found.reached == ((),) * 4


@settings(max_examples=40, derandomize=True, deadline=None)
@given(
    quantities=st.tuples(st.floats(-5.0, 5.0), st.floats(-80.0, 80.0)),
    move=st.floats(-0.9, 1.5),
    only_ether=st.booleans(),
)
def test_the_curve_is_that_of_the_account_solver(
    quantities: tuple[float, float], move: float, only_ether: bool
) -> None:
    held = [
        (symbol, mark, quantity)
        for (symbol, mark), quantity in zip(((BTC, 60_000.0), (ETH, 3_000.0)), quantities, strict=True)
        if abs(quantity) > 0.01
    ]
    assume(held)
    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=50_000.0)],
        positions=[a_position(symbol, quantity, entry=mark * 0.9) for symbol, mark, quantity in held],
        instruments=[an_instrument(symbol, brackets=((0.0, 0.01),)) for symbol in (BTC, ETH)],
    )
    lines = [
        a_linear(symbol.partition("/")[0], quantity, mark * 0.9, mark=mark, table=flat(0.01), fee_rate=0.0)
        for symbol, mark, quantity in held
    ]
    scenario: Scenario = of_coin("ETH") if only_ether else EVERYTHING
    sign = -1.0 if move < 0.0 else 1.0
    direction: Direction = alone("ETH", sign) if only_ether else together(sign)
    (point,) = solved_curve(a_book(*lines, cash=50_000.0), direction, [abs(move)])
    (main,) = account_curves(PricePath.of(snapshot, a_history(snapshot), scenario), [move])
    (pool,) = point.pools
    assert main.balance[0] == pytest.approx(pool.equity, rel=1e-9, abs=1e-6)
    assert main.maintenance[0] == pytest.approx(pool.required, rel=1e-9, abs=1e-6)
