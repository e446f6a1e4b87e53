"""What cannot be mended: the gravest first, what remains is said, and every number of the advice is measured."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from riskd.act.plan import NoPlan, NoPlanReason
from riskd.measure.book.book import Book
from riskd.measure.catalogue import take
from riskd.measure.spec import Unit
from riskd.model.order import Plan
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain, position_subject
from tests.act.plan.asking import asking, demand, plan_for
from tests.builders import BTC, ETH, a_history, a_position, a_snapshot, an_account, an_instrument
from tests.builders_rules import a_rule, at_least, at_most, close, deleverage

LEVERAGE = a_rule(at_most(breach=5))
MARGIN = a_rule(at_most(critical=0.02), measure="margin_ratio", unit=Unit.RATIO, id="test/margin")


def a_book(wallet: float = 10_000) -> Snapshot:
    return a_snapshot(
        accounts=[an_account(wallet=wallet)], positions=[a_position(BTC, 0.5), a_position(ETH, 10)]
    )


def test_the_gravest_demand_is_mended_as_far_as_it_can_be_before_any_other() -> None:
    """Both ask for more than a quarter of each position gives; margin is graver, and heavy where leverage is not."""
    heavy = an_instrument(ETH, brackets=((0.0, 0.02),))
    book = a_snapshot(
        accounts=[an_account(wallet=10_000)],
        positions=[a_position(BTC, 0.5), a_position(ETH, 10)],
        instruments=[heavy],
    )
    plan = plan_for(
        book,
        demand(LEVERAGE, deleverage(1.0, max_step=0.25)),
        demand(MARGIN, deleverage(0.001, max_step=0.25)),
    )
    assert isinstance(plan, Plan)
    assert plan.rule == "test/margin"
    assert {step.symbol: step.quantity for step in plan.reductions} == {
        BTC: Decimal("0.125"),
        ETH: Decimal("2.5"),
    }
    assert [effect.mended for effect in plan.effects] == [False, False]
    assert len(plan.remains) == 2


def test_the_margin_that_is_advised_is_enough_and_little_less_is_not() -> None:
    plan = plan_for(a_book(), demand(LEVERAGE, deleverage(3.0, max_step=0.25)))
    assert isinstance(plan, Plan)
    assert plan.remains == ("leverage of account=main stays at 4.507x, target 3x",)
    (advice,) = [each for each in plan.advice if each.startswith("add or transfer")]
    found = re.search(r"transfer ([\d.]+)k USD", advice)
    assert found is not None
    amount = float(found[1]) * 1_000.0
    for added, enough in ((amount, True), (amount * 0.98, False)):
        after = a_snapshot(
            accounts=[an_account(wallet=10_000 + added - sum(s.cost_estimate for s in plan.reductions))],
            positions=[a_position(BTC, 0.375), a_position(ETH, 7.5)],
        )
        book = Book.of(after, a_history(after))
        (value,) = take(book, LEVERAGE.measure, Grain.ACCOUNT, book.everything).values.tolist()
        assert (value <= 3.0) is enough


def test_a_largest_step_that_binds_is_named() -> None:
    plan = plan_for(a_book(), demand(LEVERAGE, deleverage(3.0, max_step=0.25)))
    assert isinstance(plan, Plan)
    assert f"raise max_step, which is 25% in test/leverage: it binds {BTC} long, {ETH} long" in plan.advice


def test_effects_show_every_rule_that_changes_before_and_after() -> None:
    share = a_rule(
        at_most(warn=9.0), measure="share_of_equity", unit=Unit.RATIO, grain=Grain.ASSET, id="test/share"
    )
    plan = plan_for(a_book(), demand(LEVERAGE, deleverage(4.0)), rules=[asking(share, deleverage())])
    assert isinstance(plan, Plan)
    leader, other = plan.effects
    assert (leader.rule, leader.before, leader.target, leader.mended) == ("test/leverage", 6.0, 4.0, True)
    assert leader.after == plan.value_after
    assert (other.rule, other.before) == ("test/share", 3.0)
    assert other.target != other.target  # it was not asked for


def test_margin_that_is_freed_and_profit_that_is_realized_are_told() -> None:
    book = a_snapshot(accounts=[an_account(wallet=10_000)], positions=[a_position(BTC, 1, entry=58_000)])
    plan = plan_for(book, demand(LEVERAGE, deleverage(4.0)))
    assert isinstance(plan, Plan)
    (step,) = plan.reductions
    assert plan.realizes_pnl_usd == pytest.approx(float(step.quantity) * 2_000)
    assert plan.frees_margin_usd == pytest.approx(float(step.quantity) * 6_000)


def test_an_isolated_position_is_only_mended_by_closing_it_whole() -> None:
    rule = a_rule(
        at_least(critical=0.2), measure="liquidation_distance", unit=Unit.RATIO, grain=Grain.POSITION
    )
    book = a_snapshot(
        accounts=[an_account(wallet=50_000)],
        positions=[a_position(BTC, 1, isolated_wallet=6_000.0), a_position(ETH, 5)],
    )
    plan = plan_for(book, demand(rule, deleverage(), position_subject("main", BTC, "long")))
    assert isinstance(plan, Plan)
    assert [(step.symbol, step.quantity) for step in plan.reductions] == [(BTC, Decimal(1))]


def test_closing_an_isolated_position_gives_its_margin_back_to_the_others() -> None:
    rule = a_rule(at_most(critical=0.5), measure="margin_ratio", unit=Unit.RATIO)
    book = a_snapshot(
        accounts=[an_account(wallet=6_300)],
        positions=[a_position(BTC, 1), a_position(ETH, 10, isolated_wallet=6_000.0)],
        instruments=[an_instrument(BTC, taker_fee_rate="0.01")],
    )
    plan = plan_for(book, demand(rule, deleverage()))
    assert isinstance(plan, Plan)
    assert [step.symbol for step in plan.reductions] == [ETH]
    assert plan.value_before == pytest.approx(0.8)
    assert plan.value_after <= 0.5


def test_a_demand_that_cannot_be_planned_stands_beside_one_that_can() -> None:
    age = a_rule(at_most(critical=60), measure="data_age", unit=Unit.DURATION, id="test/age")
    plan = plan_for(a_book(), demand(age, deleverage(1.0)), demand(LEVERAGE, deleverage(4.0)))
    assert isinstance(plan, Plan)
    assert plan.rule == "test/leverage"
    assert plan.remains == ("test/age on account=main: closing positions does not bring data_age back",)


def test_one_unknown_position_among_those_that_may_be_touched_stops_the_plan() -> None:
    rule = a_rule(at_most(critical=3600), measure="holding_time", unit=Unit.DURATION, grain=Grain.POSITION)
    book = a_snapshot(
        accounts=[an_account(wallet=10_000)],
        positions=[a_position(BTC, 1, confirmed=False, opened_age_seconds=7_200)],
    )
    plan = plan_for(book, demand(rule, close(), position_subject("main", BTC, "long")))
    assert isinstance(plan, NoPlan)
    assert plan.reason is NoPlanReason.UNKNOWN


def test_a_close_and_a_reduction_of_one_account_are_one_plan() -> None:
    held_long = a_rule(
        at_most(breach=3600), measure="holding_time", unit=Unit.DURATION, grain=Grain.POSITION, id="test/held"
    )
    book = a_snapshot(
        accounts=[an_account(wallet=10_000)],
        positions=[a_position(BTC, 0.1, opened_age_seconds=7_200), a_position(ETH, 18)],
    )
    plan = plan_for(
        book,
        demand(LEVERAGE, deleverage(4.0)),
        demand(held_long, close(), position_subject("main", BTC, "long")),
    )
    assert isinstance(plan, Plan)
    sold = {step.symbol: step.quantity for step in plan.reductions}
    assert sold[BTC] == Decimal("0.1")
    assert plan.effects[0].after <= 4.0
    assert sum(float(quantity) for symbol, quantity in sold.items() if symbol == ETH) == pytest.approx(
        4.68, abs=0.02
    )
