"""Plans over the past of prices: reducing brings these measures back, and the planner knows by measuring."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from riskd.act.plan import NoPlan
from riskd.measure.book.book import Book
from riskd.measure.spec import Unit
from riskd.model.history import PriceColumns
from riskd.model.order import Plan
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain, Subject, position_subject
from riskd.policy.rule import Action, Rule
from tests.act.plan.asking import MAIN, demand, plan_for
from tests.builders import (
    BTC,
    ETH,
    a_history,
    a_position,
    a_price_history,
    a_snapshot,
    a_stop,
    an_account,
)
from tests.builders_rules import a_rule, at_most, close, deleverage
from tests.measure.test_prices import a_walk

MONTH = 720


def prices() -> PriceColumns:
    """A month in which BTC and ETH moved 1 % and 1.5 % an hour, mostly together."""
    one, own = np.random.default_rng(4).standard_normal((2, MONTH))
    moves = {BTC: 0.01 * one, ETH: 0.015 * (0.9 * one + 0.44 * own)}
    return a_price_history({symbol: a_walk(*steps, start=1_000.0) for symbol, steps in moves.items()})


def planned(rule: Rule, snapshot: Snapshot, action: Action, subject: Subject = MAIN) -> Plan | NoPlan:
    book = Book.of(snapshot, a_history(snapshot, prices=prices()))
    return plan_for(snapshot, demand(rule, action, subject), book=book)


def closed(plan: Plan | NoPlan) -> dict[str, float]:
    assert isinstance(plan, Plan), plan
    return {step.symbol: float(step.quantity) for step in plan.reductions}


def held(wallet: float) -> Snapshot:
    return a_snapshot(
        accounts=[an_account(wallet=wallet)],
        positions=[a_position(BTC, 1), a_position(ETH, 10)],
        orders=[a_stop(BTC, "SELL", 1, 57_000.0), a_stop(ETH, "SELL", 10, 2_850.0)],
    )


def test_a_position_is_reduced_until_liquidation_was_touched_less_often() -> None:
    rule = a_rule(
        at_most(critical=0.05),
        measure="touch_probability",
        parameters=(("window", MONTH * 3_600.0),),
        unit=Unit.RATIO,
        grain=Grain.POSITION,
    )
    plan = planned(rule, held(6_000.0), deleverage(0.02), position_subject("main", BTC, "long"))
    assert isinstance(plan, Plan)
    assert plan.value_before > 0.05
    assert 0.0 <= plan.value_after <= 0.02
    assert 0.0 < closed(plan)[BTC] < 1.0


@pytest.mark.parametrize(("measure", "limit"), [("portfolio_volatility", 0.3), ("correlated_risk", 0.25)])
def test_an_account_is_reduced_until_it_moves_less(measure: str, limit: float) -> None:
    rule = a_rule(at_most(critical=limit), measure=measure, unit=Unit.RATIO)
    plan = planned(rule, held(15_000.0), deleverage(limit / 2))
    assert isinstance(plan, Plan)
    assert plan.value_before > limit
    assert limit / 2 * 0.98 < plan.value_after <= limit / 2


@pytest.mark.parametrize(("measure", "unit"), [("give_back", Unit.RATIO), ("time_in_loss", Unit.DURATION)])
def test_what_has_gone_wrong_for_too_long_is_closed_whole(measure: str, unit: Unit) -> None:
    series = a_price_history({BTC: [*([60_000.0] * 700), 66_000.0, *([60_000.0] * 20)]})
    row = a_position(BTC, Decimal("0.2"), entry=60_500.0, opened_age_seconds=40 * 3_600.0)
    snapshot = a_snapshot(accounts=[an_account(wallet=20_000)], positions=[row])
    rule = replace(a_rule(at_most(critical=0.5), measure=measure, unit=unit, grain=Grain.POSITION))
    book = Book.of(snapshot, a_history(snapshot, prices=series))
    plan = plan_for(snapshot, demand(rule, close(), position_subject("main", BTC, "long")), book=book)
    assert closed(plan) == {BTC: 0.2}
