"""The closed forms of docs/risk-rules.md 4.3: worked checks, exactness under the linear model, and their domains."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.act.plan.closed_forms import (
    notional_to_leverage,
    notional_to_liquidation_distance,
    notional_to_margin_ratio,
    notional_to_share,
)

EXACT = settings(max_examples=100, deadline=None, derandomize=True)
COST = st.floats(0.0, 0.01)


def test_worked_check_of_leverage() -> None:
    x = notional_to_leverage(notional=100.0, equity=10.0, target_leverage=5.0, unit_cost=0.001)
    assert x is not None
    assert x == pytest.approx(50.251, abs=5e-4)
    assert (100.0 - x) / (10.0 - 0.001 * x) == pytest.approx(5.0, rel=1e-14)


def test_worked_check_of_margin_ratio() -> None:
    x = notional_to_margin_ratio(
        maintenance_margin=5.0,
        equity=8.0,
        target_ratio=0.5,
        margin_rate=0.005,
        unit_cost=0.001,
        notional=1000.0,
    )
    assert x is not None
    assert x == pytest.approx(222.2, abs=0.05)
    assert (5.0 - 0.005 * x) / (8.0 - 0.001 * x) == pytest.approx(0.5, rel=1e-14)


@EXACT
@given(
    notional=st.floats(1.0, 1e9),
    leverage=st.floats(0.1, 100.0),
    target=st.floats(0.05, 50.0),
    cost=COST,
)
def test_leverage_lands_exactly_on_the_target(
    notional: float, leverage: float, target: float, cost: float
) -> None:
    equity = notional / leverage
    x = notional_to_leverage(notional=notional, equity=equity, target_leverage=target, unit_cost=cost)
    if x is None:
        assert target * cost >= 1.0 or (equity - cost * notional) < 0.0
    elif x == 0.0:
        assert leverage <= target * (1.0 + 1e-12)
    else:
        assert notional - x == pytest.approx(target * (equity - cost * x), abs=1e-9 * notional)


@EXACT
@given(
    notional=st.floats(1.0, 1e9),
    rate=st.floats(0.004, 0.1),
    ratio=st.floats(0.05, 2.0),
    target=st.floats(0.02, 0.9),
    cost=COST,
)
def test_margin_ratio_lands_exactly_on_the_target_or_says_that_it_cannot(
    notional: float, rate: float, ratio: float, target: float, cost: float
) -> None:
    margin = rate * notional
    equity = margin / ratio
    x = notional_to_margin_ratio(
        maintenance_margin=margin,
        equity=equity,
        target_ratio=target,
        margin_rate=rate,
        unit_cost=cost,
        notional=notional,
    )
    if rate <= target * cost and ratio > target * 1.001:
        assert x is None
    elif x is not None and x > 0.0:
        assert margin - rate * x == pytest.approx(target * (equity - cost * x), abs=1e-9 * notional)


@EXACT
@given(
    notional=st.floats(100.0, 1e8),
    direction=st.sampled_from([1, -1]),
    share=st.floats(0.02, 1.0),
    others=st.floats(0.0, 0.5),
    target=st.floats(0.01, 0.6),
    rate=st.floats(0.004, 0.05),
    cost=COST,
)
def test_the_move_to_liquidation_is_exactly_the_target_afterwards(
    notional: float, direction: int, share: float, others: float, target: float, rate: float, cost: float
) -> None:
    equity = notional * share
    margin = equity * others
    x = notional_to_liquidation_distance(
        notional=notional,
        direction=direction,
        equity=equity,
        other_maintenance_margin=margin,
        maintenance_amount=0.0,
        target_distance=target,
        margin_rate=rate,
        unit_cost=cost,
    )
    assume(x is not None and x > 0.0)
    assert x is not None
    rest = notional - x
    backing = equity - cost * x - rest * target
    needed = rate * rest * (1.0 - direction * target) + margin
    assert backing == pytest.approx(needed, abs=1e-8 * notional)


def test_share_of_equity_is_leverage_of_one_subject() -> None:
    x = notional_to_share(notional=60.0, equity=100.0, target_share=0.4, unit_cost=0.0)
    assert x == pytest.approx(20.0)


def test_nothing_is_closed_when_the_target_is_already_met() -> None:
    assert notional_to_leverage(notional=30.0, equity=10.0, target_leverage=3.0, unit_cost=0.001) == 0.0


def test_a_loss_that_closing_cannot_cure_has_no_answer() -> None:
    assert notional_to_leverage(notional=100.0, equity=-1.0, target_leverage=3.0, unit_cost=0.001) is None
    assert notional_to_leverage(notional=100.0, equity=1.0, target_leverage=300.0, unit_cost=0.01) == 0.0
    assert notional_to_leverage(notional=1000.0, equity=1.0, target_leverage=300.0, unit_cost=0.01) is None


@pytest.mark.parametrize("unknown", ["notional", "equity", "target_leverage", "unit_cost"])
def test_an_unknown_input_gives_no_answer(unknown: str) -> None:
    known = {"notional": 100.0, "equity": 10.0, "target_leverage": 5.0, "unit_cost": 0.001}
    assert notional_to_leverage(**{**known, unknown: math.nan}) is None
