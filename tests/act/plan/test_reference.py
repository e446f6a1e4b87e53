"""Against slow independent references: every combination of lots, rows in another order, a position split in two."""

from __future__ import annotations

import itertools
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks.plans_book import OCCASION, trouble
from riskd.act.plan import propose
from riskd.act.plan.alone import rows_taken
from riskd.measure.book.book import Book
from riskd.model.order import Plan
from riskd.model.snapshot import Snapshot
from riskd.policy.rule import Objective
from tests.act.plan.asking import demand, plan_for
from tests.builders import a_history, a_position, a_snapshot, an_account, an_instrument
from tests.builders_rules import a_rule, at_most, deleverage

NAMES = ("A/USDT:USDT", "B/USDT:USDT", "C/USDT:USDT")
COARSE = 6  # lots of each position
SLIPPAGE = 0.0005


@st.composite
def positions(draw: st.DrawFn) -> tuple[list[float], list[float], list[int]]:
    """Worth of a lot, fee and side of two or three positions of a few coarse lots."""
    count = draw(st.integers(2, 3))
    worth = [float(draw(st.integers(500, 4_000))) for _ in range(count)]
    fees = [draw(st.integers(1, 30)) / 10_000.0 for _ in range(count)]
    sides = [draw(st.sampled_from([1, -1])) for _ in range(count)]
    return worth, fees, sides


def book_of(worth: list[float], fees: list[float], sides: list[int], wallet: float) -> Snapshot:
    names = NAMES[: len(worth)]
    return a_snapshot(
        accounts=[an_account(wallet=wallet)],
        positions=[
            a_position(name, side * COARSE, mark=price, entry=price)
            for name, price, side in zip(names, worth, sides, strict=True)
        ],
        instruments=[
            an_instrument(name, mark=price, lot_size=1, taker_fee_rate=repr(fee), notional_min=0)
            for name, price, fee in zip(names, worth, fees, strict=True)
        ],
    )


def cheapest_of_all(worth: list[float], fees: list[float], equity: float, target: float) -> float:
    """What the cheapest combination of lots costs that brings leverage to its target; infinite when none does."""
    best = np.inf
    for lots in itertools.product(range(COARSE + 1), repeat=len(worth)):
        left = sum((COARSE - lot) * price for lot, price in zip(lots, worth, strict=True))
        cost = sum(lot * price * (fee + SLIPPAGE) for lot, price, fee in zip(lots, worth, fees, strict=True))
        if left <= target * (equity - cost) * (1 + 1e-12):
            best = min(best, cost)
    return best


@settings(max_examples=60, deadline=None, derandomize=True)
@given(book=positions(), times=st.floats(3.0, 9.0), target=st.floats(0.5, 3.0))
def test_a_plan_of_coarse_lots_costs_at_most_a_lot_more_than_the_best_of_all_combinations(
    book: tuple[list[float], list[float], list[int]], times: float, target: float
) -> None:
    worth, fees, sides = book
    equity = COARSE * sum(worth) / times
    rule = a_rule(at_most(critical=target))
    plan = plan_for(book_of(worth, fees, sides, equity), demand(rule, deleverage(target)))
    assume(isinstance(plan, Plan))
    assert isinstance(plan, Plan)
    best = cheapest_of_all(worth, fees, equity, target)
    assert (plan.value_after <= target) == np.isfinite(best)
    cost = sum(step.cost_estimate for step in plan.reductions)
    one_lot = max(price * (fee + SLIPPAGE) for price, fee in zip(worth, fees, strict=True))
    assert not np.isfinite(best) or best - 1e-9 <= cost <= best + one_lot


def shuffled(snapshot: Snapshot, seed: int) -> Snapshot:
    order = np.random.default_rng(seed).permutation(len(snapshot.positions))
    return replace(snapshot, positions=rows_taken(snapshot.positions, order))


@pytest.mark.parametrize("size", [7, 40])
def test_rows_in_another_order_give_the_same_plan(size: int) -> None:
    asked = trouble(size, 11)
    snapshot, history = asked.book.tables.snapshots[0], asked.book.tables.histories[0]
    plans = {
        repr(propose(book, asked.demands, rules=asked.rules, occasion=OCCASION))
        for book in (Book.of(shuffled(snapshot, seed), history) for seed in range(6))
    }
    plans.add(repr(propose(asked.book, asked.demands, rules=asked.rules, occasion=OCCASION)))
    assert len(plans) == 1


@pytest.mark.parametrize("seed", range(8))
def test_a_plan_only_ever_reduces_by_whole_lots_and_keeps_every_hedge(seed: int) -> None:
    asked = trouble(30, seed)
    plan = propose(asked.book, asked.demands, rules=asked.rules, occasion=OCCASION)
    assert isinstance(plan, Plan)
    for step in plan.reductions:
        assert 0 < step.quantity <= abs(step.held)
        assert step.quantity % Decimal("0.001") == 0
    snapshot = asked.book.tables.snapshots[0]
    sold = {step.symbol: step for step in plan.reductions}
    marks = {
        row.symbol: float(mark)
        for row, mark in zip(snapshot.instruments, snapshot.quotes.mark_price, strict=True)
    }
    held = {
        snapshot.instruments[code].symbol: quantity
        for code, quantity in zip(
            snapshot.positions.instrument.tolist(), snapshot.positions.quantity_exact, strict=True
        )
    }
    for hedge in snapshot.desk.hedges:
        before = sum(float(held[leg.name]) * marks[leg.name] for leg in hedge.legs)
        closed = {leg.name: sold[leg.name].quantity if leg.name in sold else Decimal(0) for leg in hedge.legs}
        after = sum(
            float(held[name] - quantity.copy_sign(held[name])) * marks[name]
            for name, quantity in closed.items()
        )
        lot = max(0.001 * marks[leg.name] for leg in hedge.legs)
        assert min(0.0, before) - lot * 1.001 <= after <= max(0.0, before) + lot * 1.001


def test_pro_rata_closes_as_much_of_what_is_held_in_one_position_as_in_two() -> None:
    """Capped pro rata cannot be gamed by splitting (Chitra et al., arXiv 2512.01112)."""
    action = replace(deleverage(2.0), objective=Objective.PRO_RATA)
    rule = a_rule(at_most(critical=2.0))

    def sold(sizes: dict[str, float]) -> dict[str, float]:
        book = a_snapshot(
            accounts=[an_account(wallet=10_000)],
            positions=[a_position(name, size, mark=10.0, entry=10.0) for name, size in sizes.items()],
            instruments=[an_instrument(name, mark=10.0) for name in sizes],
        )
        plan = plan_for(book, demand(rule, action))
        assert isinstance(plan, Plan)
        return {step.symbol: float(step.quantity) for step in plan.reductions}

    whole, split = (
        sold({"A/X:X": 4_000.0, "B/X:X": 2_000.0}),
        sold({"A/X:X": 4_000.0, "B/X:X": 1_500.0, "C/X:X": 500.0}),
    )
    assert whole["B/X:X"] == pytest.approx(split["B/X:X"] + split["C/X:X"], abs=0.01)
    assert whole["A/X:X"] == pytest.approx(split["A/X:X"], abs=0.01)


def test_pro_rata_takes_the_smaller_of_the_common_share_and_the_cap_of_each() -> None:
    capped = replace(deleverage(2.0, max_step=0.5), objective=Objective.PRO_RATA)
    book = a_snapshot(
        accounts=[an_account(wallet=10_000)], positions=[a_position("A/X:X", 400), a_position("B/X:X", 200)]
    )
    plan = plan_for(book, demand(a_rule(at_most(critical=2.0)), capped))
    assert isinstance(plan, Plan)
    assert [float(step.quantity / step.held) for step in plan.reductions] == [0.5, 0.5]


def test_a_contract_that_is_not_worth_its_mark_a_unit_is_planned_by_what_it_is_worth() -> None:
    """An inverse contract of 100 dollars: its notional is a hundred dollars a unit, whatever the coin costs."""
    plain = a_snapshot(
        accounts=[an_account(wallet=10_000)], positions=[a_position("A/X:X", 600, mark=60_000.0)]
    )
    worth = np.array([60_000.0])
    inverse = replace(
        plain,
        positions=replace(plain.positions, notional=worth, unrealized_pnl=np.zeros(1)),
        accounts=replace(plain.accounts, equity=np.array([10_000.0])),
    )
    plan = plan_for(inverse, demand(a_rule(at_most(critical=4.0)), deleverage(4.0)))
    assert isinstance(plan, Plan)
    (step,) = plan.reductions
    assert float(step.quantity) == pytest.approx(200.8, abs=0.05)
    assert step.cost_estimate == pytest.approx(float(step.quantity) * 100.0 * 0.001)
    assert plan.value_after <= 4.0


def test_the_solver_is_not_loaded_before_a_plan_needs_it() -> None:
    code = "import sys, riskd.act.plan, riskd.cli.main; sys.exit('highspy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_demand_on_an_account_of_a_desk_leaves_the_others_alone() -> None:
    book = a_snapshot(
        accounts=[an_account("a", wallet=10_000), an_account("main", wallet=10_000)],
        positions=[a_position("A/X:X", 600, "a"), a_position("A/X:X", 600, "main")],
    )
    history = a_history(book)
    plan = plan_for(book, demand(a_rule(at_most(critical=4.0)), deleverage(4.0)), book=Book.of(book, history))
    assert isinstance(plan, Plan)
    assert {step.account for step in plan.reductions} == {"main"}
