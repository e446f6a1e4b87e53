"""For random books: a plan only reduces, in lots, within bounds, and the book rebuilt from it measures as it says."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from riskd.act.plan import NoPlan, NoPlanReason
from riskd.act.plan.trial import INSIDE
from riskd.measure.book.book import Book
from riskd.measure.catalogue import take, with_defaults
from riskd.measure.spec import MeasureRef, Unit
from riskd.model.order import Plan
from riskd.model.snapshot import Snapshot
from riskd.policy.rule import Action, Bound, Limit, Objective, Rule
from tests.act.plan.asking import demand, plan_for
from tests.builders import (
    BTC,
    ETH,
    MARKS,
    SOL,
    PositionRow,
    a_history,
    a_position,
    a_snapshot,
    a_stop,
    an_account,
    an_instrument,
)
from tests.builders_rules import a_rule, at_least, at_most, deleverage

XRP = "XRP/USDT:USDT"
PRICES = {**MARKS, XRP: 100.0}
FEES = {BTC: "0.0004", ETH: "0.0005", SOL: "0.001", XRP: None}
INSTRUMENTS = [an_instrument(symbol, taker_fee_rate=fee, quantity_max=1e9) for symbol, fee in FEES.items()]
CASES: dict[str, Limit] = {
    "leverage": at_most(critical=3.0),
    "margin_ratio": at_most(critical=0.03),
    "account_shock": at_least(critical=0.4),
    "liquidation_distance": at_least(critical=0.3),
    "open_risk": at_most(critical=0.5),
}


@st.composite
def positions(draw: st.DrawFn) -> list[PositionRow]:
    """One to four positions, long or short, in profit or loss, some isolated."""
    rows = []
    for symbol in draw(st.lists(st.sampled_from(sorted(PRICES)), min_size=1, max_size=4, unique=True)):
        worth = draw(st.floats(200.0, 40_000.0))
        quantity = max(round(worth / PRICES[symbol], 3), 0.001)
        sign = draw(st.sampled_from([1, -1]))
        entry = PRICES[symbol] * draw(st.floats(0.9, 1.1))
        row = a_position(symbol, repr(sign * quantity), entry=entry)
        isolated = draw(st.sampled_from([None, None, None, worth * 0.2]))
        rows.append(replace(row, isolated_wallet=isolated))
    return rows


def a_book(rows: list[PositionRow], wallet: float) -> Snapshot:
    stops = [
        a_stop(row.symbol, "SELL" if float(row.quantity) > 0 else "BUY", 1e6, PRICES[row.symbol] * factor)
        for row, factor in ((row, 0.97 if float(row.quantity) > 0 else 1.03) for row in rows)
        if row.symbol != XRP
    ]
    return a_snapshot(
        accounts=[an_account("main", wallet=wallet)], positions=rows, orders=stops, instruments=INSTRUMENTS
    )


def rule_for(name: str, action: Action) -> Rule:
    limit = CASES[name]
    assert limit.thresholds is not None
    level = limit.thresholds.levels[0][0]
    ref = with_defaults(MeasureRef(name))
    return replace(
        a_rule(limit, measure=name, unit=Unit.RATIO, clear_margin=0.05),
        measure=ref,
        actions=((level, (action,)),),
    )


def rebuilt(rows: list[PositionRow], wallet: float, plan: Plan) -> Snapshot:
    """The book after the plan, put together anew by the builders from entry prices, quantities and cash."""
    closed = {step.symbol: step for step in plan.reductions}
    after = []
    for row in rows:
        step = closed.get(row.symbol)
        if step is None:
            after.append(row)
            continue
        held = Decimal(str(row.quantity))
        sign = 1 if held > 0 else -1
        rest = held - sign * step.quantity
        assert row.entry is not None
        wallet += sign * float(step.quantity) * (PRICES[row.symbol] - row.entry) - step.cost_estimate
        share = float(rest / held)
        isolated = None if row.isolated_wallet is None else row.isolated_wallet * share
        if rest:
            after.append(replace(row, quantity=rest, isolated_wallet=isolated))
    return a_book(after, wallet)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    rows=positions(),
    cash=st.floats(500.0, 20_000.0),
    name=st.sampled_from(sorted(CASES)),
    max_step=st.sampled_from([1.0, 1.0, 0.3]),
    objective=st.sampled_from([Objective.MIN_COST, Objective.MIN_COST, Objective.PRO_RATA]),
)
def test_a_plan_reduces_and_the_rebuilt_book_measures_as_it_says(
    rows: list[PositionRow], cash: float, name: str, max_step: float, objective: Objective
) -> None:
    wallet = cash + sum(row.isolated_wallet or 0.0 for row in rows)
    snapshot = a_book(rows, wallet)
    action = replace(deleverage(max_step=max_step), objective=objective)
    rule = rule_for(name, action)
    book = Book.of(snapshot, a_history(snapshot))
    plan = plan_for(snapshot, demand(rule, action), book=book)
    assume(not isinstance(plan, NoPlan) or plan.reason is not NoPlanReason.AT_TARGET)
    if isinstance(plan, NoPlan):
        assert plan.reason is NoPlanReason.NO_HELP
        return
    check_reductions(plan, max_step)
    check_improvement(rule, plan)
    after = rebuilt(rows, wallet, plan)
    measured = take(
        Book.of(after, a_history(after)),
        rule.measure,
        rule.grain,
        Book.of(after, a_history(after)).everything,
    )
    assert plan.value_after == pytest.approx(float(measured.values[0]), rel=1e-9)


def check_reductions(plan: Plan, max_step: float) -> None:
    for step in plan.reductions:
        assert 0 < step.quantity <= abs(step.held)
        assert step.quantity % Decimal("0.001") == 0
        assert step.quantity <= max(abs(step.held) * Decimal(repr(max_step)), Decimal("0.001"))
        assert step.cost_estimate >= 0.0
    touched = {step.symbol for step in plan.reductions}
    assert len(touched) == len(plan.reductions)
    assert all(why for _, why in plan.untouched)


def check_improvement(rule: Rule, plan: Plan) -> None:
    sign = 1.0 if rule.limit.bound is Bound.MAX else -1.0
    before, after = (
        max(0.0, sign * (value - plan.target)) for value in (plan.value_before, plan.value_after)
    )
    assert after < before


def test_every_grain_that_can_be_planned_lies_within_one_account() -> None:
    snapshot = a_book([a_position(BTC, 1), a_position(ETH, 1)], 10_000)
    book = Book.of(snapshot, a_history(snapshot))
    for grain in INSIDE:
        assert (book.universe(grain).account >= 0).all()
        assert book.universe(grain).depends is None


@settings(max_examples=40, deadline=None, derandomize=True)
@given(rows=positions(), cash=st.floats(500.0, 20_000.0))
def test_the_cheapest_plan_is_never_dearer_than_the_even_one(rows: list[PositionRow], cash: float) -> None:
    wallet = cash + sum(row.isolated_wallet or 0.0 for row in rows)
    snapshot = a_book(rows, wallet)
    costs = {}
    for objective in Objective:
        action = replace(deleverage(), objective=objective)
        book = Book.of(snapshot, a_history(snapshot))
        rule = rule_for("leverage", action)
        plan = plan_for(snapshot, demand(rule, action), book=book)
        assume(isinstance(plan, Plan))
        assert isinstance(plan, Plan)
        assume(plan.value_after <= plan.target)
        costs[objective] = sum(step.cost_estimate for step in plan.reductions)
    assert costs[Objective.MIN_COST] <= costs[Objective.PRO_RATA] + 60_000 * 0.001 * 0.0015  # one lot
