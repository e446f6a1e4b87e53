"""Hedges stay whole: no plan lets a net delta grow or turn, unless nothing else saves the account, and then it says so."""

from __future__ import annotations

from decimal import Decimal

import pytest

from riskd.act.plan import NoPlan, NoPlanReason
from riskd.measure.spec import Unit
from riskd.model.order import Plan
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain, Subject, position_subject
from tests.act.plan.asking import asking, demand, plan_for
from tests.builders import (
    BTC,
    ETH,
    NAN,
    SOL,
    a_hedge,
    a_position,
    a_snapshot,
    a_spot,
    an_account,
    an_instrument,
    perpetual_leg,
    spot_leg,
)
from tests.builders_rules import a_rule, at_least, at_most, close, deleverage, within

LEVERAGE = a_rule(at_most(breach=5))
MARGIN = a_rule(at_most(critical=0.5), measure="margin_ratio", unit=Unit.RATIO, id="test/margin")
PAIR = a_hedge("pair", perpetual_leg(BTC), perpetual_leg(ETH))
CARRY = a_hedge("carry", spot_leg("BTC"), perpetual_leg(BTC))


def closed(plan: Plan | NoPlan) -> dict[str, Decimal]:
    assert isinstance(plan, Plan), plan
    return {step.symbol: step.quantity for step in plan.reductions}


def a_pair(btc: object = 1, eth: object = -20, wallet: float = 20_000) -> Snapshot:
    """BTC hedged by ETH, whose lots are a thousandth, and SOL that hedges nothing."""
    return a_snapshot(
        accounts=[an_account(wallet=wallet)],
        positions=[a_position(BTC, btc), a_position(ETH, eth), a_position(SOL, 100)],  # type: ignore[arg-type]  # numbers
        hedges=(PAIR,),
        instruments=[an_instrument(SOL, taker_fee_rate="0.005")],
    )


def test_a_leg_is_drained_with_the_other_and_stands_beside_it_in_the_plan() -> None:
    plan = plan_for(a_pair(), demand(LEVERAGE, deleverage(3.0)))
    sold = closed(plan)
    assert set(sold) == {BTC, ETH}
    assert abs(float(sold[BTC]) * 60_000 - float(sold[ETH]) * 3_000) <= 60.0  # a lot of the coarser leg
    assert isinstance(plan, Plan)
    assert plan.breaks_hedges == ()


def test_an_under_hedged_pair_loses_the_surplus_of_its_larger_leg_and_turns_no_sign() -> None:
    sold = closed(plan_for(a_pair(eth=-15), demand(LEVERAGE, deleverage(5.0))))
    net = (1 - float(sold[BTC])) * 60_000 - (15 - float(sold.get(ETH, 0))) * 3_000
    assert -60.0 <= net <= 15_000.0


def test_a_mate_outside_the_rule_goes_along_but_never_alone() -> None:
    rule = a_rule(at_most(breach=2.0), measure="share_of_equity", unit=Unit.RATIO, grain=Grain.POSITION)
    subject = position_subject("main", BTC, "long")
    sold = closed(plan_for(a_pair(), demand(rule, deleverage(1.0), subject)))
    assert float(sold[ETH]) * 3_000 == pytest.approx(float(sold[BTC]) * 60_000, abs=60.0)


def test_a_leg_whose_mate_is_spot_is_left_alone_with_the_reason() -> None:
    book = a_snapshot(
        accounts=[an_account(wallet=10_000)],
        positions=[a_position(BTC, -0.5), a_position(ETH, 10)],
        hedges=(CARRY,),
        spot=[a_spot("BTC", 0.5)],
        instruments=[an_instrument(BTC, taker_fee_rate="0")],
    )
    plan = plan_for(book, demand(LEVERAGE, deleverage(4.0)))
    assert set(closed(plan)) == {ETH}
    assert isinstance(plan, Plan)
    assert (f"{BTC} short", "closing it would break hedge carry") in plan.untouched


def a_carry(wallet: float) -> Snapshot:
    """Nothing but a short that hedges a coin elsewhere."""
    return a_snapshot(
        accounts=[an_account(wallet=wallet)],
        positions=[a_position(BTC, -1)],
        hedges=(CARRY,),
        spot=[a_spot("BTC", 1.0)],
    )


def test_a_leverage_that_only_a_broken_hedge_would_mend_stays_and_a_person_is_told_what_to_do() -> None:
    plan = plan_for(a_carry(10_000), demand(LEVERAGE, deleverage(4.0)))
    assert isinstance(plan, NoPlan)
    assert plan.reason is NoPlanReason.NO_HELP
    assert "add or transfer" in plan.text
    assert "close or sell what hedge carry holds elsewhere (BTC in main)" in plan.text


def test_a_critical_margin_may_break_a_hedge_and_the_plan_names_it() -> None:
    plan = plan_for(a_carry(400), demand(MARGIN, deleverage(0.4)))
    assert isinstance(plan, Plan)
    assert plan.breaks_hedges == ("carry",)
    assert plan.value_after <= 0.4


def test_a_hedge_is_not_broken_where_something_else_mends_the_margin() -> None:
    book = a_snapshot(
        accounts=[an_account(wallet=700)],
        positions=[a_position(BTC, -1), a_position(ETH, 20)],
        hedges=(CARRY,),
        spot=[a_spot("BTC", 1.0)],
        instruments=[an_instrument(BTC, taker_fee_rate="0")],
    )
    plan = plan_for(book, demand(MARGIN, deleverage(0.5)))
    assert isinstance(plan, Plan)
    assert plan.breaks_hedges == ()
    assert set(closed(plan)) == {ETH}


def test_a_hedge_of_which_a_leg_is_unknown_is_not_touched() -> None:
    book = a_snapshot(
        accounts=[an_account(wallet=10_000)],
        positions=[a_position(BTC, -0.5), a_position(ETH, 10)],
        hedges=(CARRY,),
        spot=[a_spot("BTC", NAN)],
    )
    plan = plan_for(book, demand(LEVERAGE, deleverage(1.0)))
    assert set(closed(plan)) == {ETH}
    assert isinstance(plan, Plan)
    why = "closing it might break hedge carry: the worth of one of its legs is unknown"
    assert (f"{BTC} short", why) in plan.untouched


def test_what_must_be_closed_is_closed_and_what_that_takes_apart_is_named() -> None:
    rule = a_rule(at_most(critical=3600), measure="holding_time", unit=Unit.DURATION, grain=Grain.POSITION)
    book = a_snapshot(
        accounts=[an_account(wallet=100_000)],
        positions=[a_position(BTC, -1, opened_age_seconds=7_200)],
        hedges=(CARRY,),
        spot=[a_spot("BTC", 1.0)],
    )
    plan = plan_for(book, demand(rule, close(), position_subject("main", BTC, "short")))
    assert closed(plan) == {BTC: Decimal(1)}
    assert isinstance(plan, Plan)
    assert plan.breaks_hedges == ("carry",)


def test_both_sides_of_hedge_mode_are_closed_each_by_itself() -> None:
    book = a_snapshot(
        accounts=[an_account(wallet=10_000, hedge_mode=True)],
        positions=[
            a_position(BTC, 0.6, position_side="LONG"),
            a_position(BTC, -0.4, position_side="SHORT"),
        ],
    )
    plan = plan_for(book, demand(LEVERAGE, deleverage(2.0)))
    assert isinstance(plan, Plan)
    for step in plan.reductions:
        assert (step.position_side == "LONG") == (step.held > 0)
        assert step.quantity <= abs(step.held)
    assert plan.value_after <= 2.0


def test_no_other_rule_is_pushed_beyond_its_limit() -> None:
    """Closing the cheap short alone would leave too much of the long."""
    delta = a_rule(within(warn=(-0.5, 0.5)), measure="net_delta", unit=Unit.RATIO, id="test/delta")
    book = a_snapshot(
        accounts=[an_account(wallet=10_000)],
        positions=[a_position(BTC, 0.5), a_position(ETH, -10)],
        instruments=[an_instrument(ETH, taker_fee_rate="0"), an_instrument(BTC, taker_fee_rate="0.002")],
    )
    free = closed(plan_for(book, demand(LEVERAGE, deleverage(4.0))))
    assert set(free) == {ETH}
    plan = plan_for(book, demand(LEVERAGE, deleverage(4.0)), rules=[asking(delta, deleverage())])
    assert isinstance(plan, Plan)
    assert set(closed(plan)) == {BTC, ETH}
    (effect,) = [each for each in plan.effects if each.rule == "test/delta"]
    assert abs(effect.after) <= 0.5
    assert effect.mended


def test_two_demands_are_mended_by_one_plan() -> None:
    room = a_rule(
        at_least(critical=0.1),
        measure="liquidation_distance",
        unit=Unit.RATIO,
        grain=Grain.POSITION,
        id="test/room",
    )
    book = a_snapshot(
        accounts=[an_account(wallet=12_000)], positions=[a_position(BTC, 1.5), a_position(ETH, 10)]
    )
    plan = plan_for(
        book,
        demand(LEVERAGE, deleverage(4.0)),
        demand(room, deleverage(0.3), position_subject("main", BTC, "long")),
    )
    assert isinstance(plan, Plan)
    assert plan.rule == "test/room"
    assert all(effect.mended for effect in plan.effects[:2])
    assert plan.remains == plan.advice == ()


def spoiling(**levels: tuple[float, float]) -> Plan | NoPlan:
    """Only the short may be closed, and closing it takes the delta out of its band."""
    delta = a_rule(within(**levels), measure="net_delta", unit=Unit.RATIO, id="test/delta")
    rule = a_rule(
        at_most(breach=1.0), measure="share_of_equity", unit=Unit.RATIO, grain=Grain.ASSET, id="test/size"
    )
    book = a_snapshot(
        accounts=[an_account(wallet=10_000)], positions=[a_position(BTC, 0.5), a_position(ETH, -10)]
    )
    eth = Subject(Grain.ASSET, (("account", "main"), ("asset", "ETH")))
    wanted = demand(rule, deleverage(), subject=eth)
    return plan_for(book, wanted, rules=[asking(delta, deleverage())])


def test_a_warning_is_borne_where_a_breach_cannot_be_mended_otherwise_and_the_plan_says_so() -> None:
    plan = spoiling(warn=(-0.5, 0.5))
    assert float(closed(plan)[ETH]) * 3_000 == pytest.approx(20_000, rel=0.06)
    assert isinstance(plan, Plan)
    assert "test/delta" in {effect.rule for effect in plan.effects if not effect.mended}


def test_one_breach_is_never_traded_for_another() -> None:
    plan = spoiling(breach=(-0.5, 0.5))
    assert not isinstance(plan, Plan) or float(closed(plan)[ETH]) * 3_000 <= 5_000
