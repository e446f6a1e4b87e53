"""Plans: they reach the target and no more, stay within the subject, and are measured before they exist."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from riskd.act.plan import Costs, NoPlan, NoPlanReason
from riskd.measure.book.book import Book
from riskd.measure.spec import MeasureRef, Unit
from riskd.model.order import Plan
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.model.subject import Grain, Subject, account_subject, position_subject
from riskd.policy.rule import Action, ActionKind, Match, Objective, Rule, Selector
from tests.act.plan.asking import MAIN, OCCASION, demand, plan_for
from tests.act.plan.closed_forms import notional_to_leverage, notional_to_margin_ratio
from tests.builders import (
    BTC,
    ETH,
    SOL,
    PositionRow,
    a_grid,
    a_history,
    a_position,
    a_snapshot,
    a_stop,
    a_surface,
    an_account,
    an_equity_series,
    an_instrument,
)
from tests.builders_rules import a_ladder, a_rule, at_least, at_most, close, deleverage, within

LEVERAGE = a_rule(at_most(warn=4, breach=5, critical=6), clear_margin=0.05)
ROOM = a_rule(
    at_least(warn=0.12, breach=0.10, critical=0.07),
    measure="account_shock",
    unit=Unit.RATIO,
    id="test/room",
)


def asked(
    rule: Rule, snapshot: Snapshot, action: Action, subject: Subject = MAIN, **how: object
) -> Plan | NoPlan:
    """The plan for an action that the rule's critical level asks for."""
    return plan_for(snapshot, demand(rule, action, subject), **how)  # type: ignore[arg-type]  # as given


def planned(rule: Rule, snapshot: Snapshot, action: Action, subject: Subject = MAIN, **how: object) -> Plan:
    plan = asked(rule, snapshot, action, subject, **how)
    assert isinstance(plan, Plan), plan
    return plan


def refused(rule: Rule, snapshot: Snapshot, action: Action, subject: Subject = MAIN) -> NoPlanReason:
    plan = asked(rule, snapshot, action, subject)
    assert isinstance(plan, NoPlan), plan
    return plan.reason


def a_book(*positions: PositionRow, wallet: float = 10_000, **changes: object) -> Snapshot:
    return a_snapshot(
        accounts=[an_account("main", wallet=wallet)],
        positions=positions,
        **changes,  # type: ignore[arg-type]  # as given
    )


def closed(plan: Plan) -> dict[str, Decimal]:
    return {step.symbol: step.quantity for step in plan.reductions}


# ---- leverage ------------------------------------------------------------------------------------------------------


def test_one_position_is_reduced_to_the_target_and_not_a_lot_more() -> None:
    plan = planned(LEVERAGE, a_book(a_position(BTC, 1)), deleverage(4.0))
    (step,) = plan.reductions
    notional = notional_to_leverage(notional=60_000, equity=10_000, target_leverage=4, unit_cost=0.001)
    assert notional is not None
    assert step.quantity == Decimal("0.335")
    assert float(step.quantity) == pytest.approx(notional / 60_000, abs=0.001)
    assert (plan.value_before, plan.target) == (6.0, 4.0)
    assert 3.98 < plan.value_after <= 4.0
    assert step.cost_estimate == pytest.approx(0.335 * 60_000 * 0.001)


def test_without_a_target_of_its_own_the_action_reduces_to_the_level_at_which_it_clears() -> None:
    plan = planned(LEVERAGE, a_book(a_position(BTC, 1.1)), deleverage())
    assert plan.target == pytest.approx(6 * 0.95)
    assert 5.6 < plan.value_after <= 5.7


def test_the_cheapest_position_goes_first_and_the_others_are_left_alone_with_a_reason() -> None:
    dear = an_instrument(BTC, taker_fee_rate="0.002")
    book = a_book(a_position(BTC, 0.5), a_position(ETH, 10), instruments=[dear])
    plan = planned(LEVERAGE, book, deleverage(4.0))
    assert list(closed(plan)) == [ETH]
    why = "its relief costs 2.52 times as much as the dearest that is taken"
    assert plan.untouched == ((f"{BTC} long", why),)


def test_a_plan_takes_as_many_positions_as_the_target_needs() -> None:
    book = a_book(a_position(BTC, 0.5), a_position(ETH, 10), a_position(SOL, -100))
    plan = planned(LEVERAGE, book, deleverage(1.0))
    assert len(plan.reductions) == 3
    assert 0.97 < plan.value_after <= 1.0


def test_a_largest_step_bounds_every_position_and_the_plan_says_how_far_that_goes() -> None:
    book = a_book(a_position(BTC, 0.5), a_position(ETH, 15))
    plan = planned(LEVERAGE, book, deleverage(2.0, max_step=0.25))
    assert closed(plan) == {BTC: Decimal("0.125"), ETH: Decimal("3.75")}
    assert plan.value_after == pytest.approx(7.5 * 0.75, rel=0.01)
    assert plan.value_after > plan.target


def test_a_short_is_bought_back_and_hedge_mode_keeps_its_side() -> None:
    book = a_book(a_position(BTC, -1, position_side="SHORT"))
    (step,) = planned(LEVERAGE, book, deleverage(4.0)).reductions
    assert (step.held, step.position_side) == (Decimal(-1), "SHORT")


def test_without_equity_only_closing_everything_reaches_the_target() -> None:
    book = a_book(a_position(BTC, 1), a_position(ETH, 1), wallet=0)
    plan = planned(LEVERAGE, book, deleverage(4.0))
    assert math.isinf(plan.value_before)
    assert closed(plan) == {BTC: Decimal(1), ETH: Decimal(1)}
    assert plan.value_after == 0.0


def test_the_scope_of_the_rule_bounds_what_is_closed() -> None:
    rule = replace(LEVERAGE, where=Selector((("strategy", Match(any_of=("swing",))),)))
    book = a_book(a_position(BTC, 1, strategy="hedge"), a_position(ETH, 25, strategy="swing"))
    plan = planned(rule, book, deleverage(4.0))
    assert list(closed(plan)) == [ETH]
    assert (f"{BTC} long", "not part of what the rule is about") in plan.untouched


def test_other_accounts_are_neither_read_nor_touched() -> None:
    wide = a_snapshot(
        accounts=[an_account("alpha", wallet=1_000), an_account("main", wallet=10_000)],
        positions=[a_position(BTC, 3, "alpha"), a_position(BTC, 1)],
        grids=(a_grid(account="alpha"),),
    )
    alone = planned(LEVERAGE, a_book(a_position(BTC, 1)), deleverage(4.0))
    assert planned(LEVERAGE, wide, deleverage(4.0)).reductions == alone.reductions


# ---- the other measures --------------------------------------------------------------------------------------------


def test_margin_ratio_comes_back_by_the_closed_form() -> None:
    rule = a_rule(at_most(critical=0.8), measure="margin_ratio", unit=Unit.RATIO)
    book = a_book(a_position(BTC, 1), wallet=300)
    plan = planned(rule, book, deleverage(0.35))
    notional = notional_to_margin_ratio(
        maintenance_margin=240,
        equity=300,
        target_ratio=0.35,
        margin_rate=0.004,
        unit_cost=0.001,
        notional=60_000,
    )
    assert notional is not None
    assert plan.value_before == pytest.approx(0.8)
    assert float(closed(plan)[BTC]) == pytest.approx(notional / 60_000, abs=0.0011)
    assert 0.34 < plan.value_after <= 0.35


def test_margin_is_freed_first_where_a_dollar_closed_frees_most_for_its_cost() -> None:
    rule = a_rule(at_most(critical=0.5), measure="margin_ratio", unit=Unit.RATIO)
    heavy = an_instrument(ETH, brackets=((0.0, 0.02),), taker_fee_rate="0.0008")
    book = a_book(a_position(BTC, 0.5), a_position(ETH, 10), wallet=1_000, instruments=[heavy])
    plan = planned(rule, book, deleverage(0.4))
    assert list(closed(plan)) == [ETH]
    assert plan.value_after <= 0.4


def test_room_of_one_position_and_of_the_account_is_restored() -> None:
    book = a_book(a_position(BTC, 1), a_position(ETH, 5), wallet=5_000)
    position = a_rule(
        at_least(critical=0.06), measure="liquidation_distance", unit=Unit.RATIO, grain=Grain.POSITION
    )
    plan = planned(position, book, deleverage(0.15), position_subject("main", BTC, "long"))
    assert list(closed(plan)) == [BTC]
    assert 0.15 <= plan.value_after < 0.16
    account = replace(position, grain=Grain.ACCOUNT)
    plan = planned(account, book, deleverage(0.15))
    assert 0.15 <= plan.value_after < 0.16


def test_a_common_shock_is_survived_again_and_offsetting_positions_are_left() -> None:
    book = a_book(a_position(BTC, 1), a_position(ETH, -2), wallet=4_000)
    plan = planned(ROOM, book, deleverage(0.15))
    assert list(closed(plan)) == [BTC]
    assert (f"{ETH} short", "closing it would not help") in plan.untouched
    assert 0.15 <= plan.value_after < 0.16


def test_a_plan_stops_at_the_target_even_where_closing_more_would_overshoot_to_the_other_side() -> None:
    longs = [a_position(f"S{number:02d}/USDT:USDT", 60) for number in range(40)]
    book = a_book(a_position(BTC, -2.5), *longs, wallet=13_000)
    plan = planned(ROOM, book, deleverage(0.25))
    assert 0.25 <= plan.value_after < 0.26
    assert len(plan.reductions) < 20


def test_a_liquidation_price_of_the_venue_that_is_nearer_than_ours_stays_nearer_in_the_plan() -> None:
    rule = a_rule(
        at_least(critical=0.06), measure="liquidation_distance", unit=Unit.RATIO, grain=Grain.POSITION
    )
    subject = position_subject("main", BTC, "long")
    honest = planned(rule, a_book(a_position(BTC, 1), wallet=5_000), deleverage(0.15), subject)
    nearer = a_book(a_position(BTC, 1, liquidation_price=57_600.0), wallet=5_000)
    careful = planned(rule, nearer, deleverage(0.15), subject)
    assert careful.value_before == pytest.approx(0.04)
    assert closed(honest)[BTC] < closed(careful)[BTC] < 1
    assert 0.15 <= careful.value_after < 0.16


def test_share_of_equity_of_an_asset_and_of_a_position_is_reduced() -> None:
    rule = a_rule(at_most(critical=0.6), measure="share_of_equity", unit=Unit.RATIO, grain=Grain.ASSET)
    book = a_book(a_position(BTC, 0.15), a_position(ETH, 1))
    asset = Subject(Grain.ASSET, (("account", "main"), ("asset", "BTC")))
    plan = planned(rule, book, deleverage(0.4), asset)
    assert closed(plan) == {BTC: Decimal("0.084")}
    assert 0.39 < plan.value_after <= 0.4
    position = replace(rule, grain=Grain.POSITION)
    assert closed(planned(position, book, deleverage(0.4), position_subject("main", BTC, "long"))) == closed(
        plan
    )


def test_open_risk_closes_the_risk_that_is_cheapest_to_close() -> None:
    rule = a_rule(at_most(critical=0.15), measure="open_risk", unit=Unit.RATIO)
    book = a_book(
        a_position(BTC, 0.1),
        a_position(ETH, 2),
        wallet=10_000,
        orders=[a_stop(BTC, "SELL", 0.1, 59_000.0), a_stop(ETH, "SELL", 2, 2_000.0)],
    )
    plan = planned(rule, book, deleverage(0.1))
    assert list(closed(plan)) == [ETH]
    assert plan.value_after <= 0.1


def test_risk_of_one_trade_is_reduced_with_its_position() -> None:
    rule = a_rule(at_most(critical=0.04), measure="risk_per_trade", unit=Unit.RATIO, grain=Grain.POSITION)
    book = a_book(a_position(BTC, 0.2), orders=[a_stop(BTC, "SELL", 0.2, 55_000.0)])
    plan = planned(rule, book, deleverage(0.02), position_subject("main", BTC, "long"))
    assert 0.0 < plan.value_after <= 0.02


def test_a_ladder_is_climbed_down_to_the_step_that_fits() -> None:
    ladder = a_ladder(MeasureRef("share_of_equity"), (0.25, {"breach": 12.0}), (math.inf, {"breach": 5.0}))
    rule = a_rule(ladder, measure="position_leverage", grain=Grain.POSITION)
    book = a_book(a_position(BTC, 0.1))
    plan = planned(rule, book, deleverage(), position_subject("main", BTC, "long"))
    assert plan.value_after == pytest.approx(10.0)
    assert plan.target == 12.0
    assert Decimal("0.056") <= closed(plan)[BTC] <= Decimal("0.060")


def test_a_band_is_come_back_to_from_either_side() -> None:
    rule = a_rule(within(critical=(-0.5, 0.5)), measure="net_delta", unit=Unit.RATIO)
    for sign in (1, -1):
        book = a_book(a_position(BTC, sign * 0.2), a_position(ETH, -sign * 0.5))
        plan = planned(rule, book, deleverage())
        assert list(closed(plan)) == [BTC]
        assert 0.45 < abs(plan.value_after) <= 0.5


# ---- close ---------------------------------------------------------------------------------------------------------


def test_a_loss_rule_closes_every_position_of_its_subject() -> None:
    rule = a_rule(at_most(critical=0.05), measure="loss_today", unit=Unit.RATIO)
    book = a_book(a_position(BTC, 0.123), a_position(ETH, -2))
    morning = an_equity_series([(6 * 3600.0, 11_000.0), (0.0, 10_000.0)])
    plan = plan_for(
        book, demand(rule, close()), book=Book.of(book, a_history(book, equity={"main": morning}))
    )
    assert isinstance(plan, Plan)
    assert closed(plan) == {BTC: Decimal("0.123"), ETH: Decimal(2)}
    assert plan.action == "close"
    assert plan.value_after == pytest.approx(
        plan.value_before, abs=0.002
    )  # what is lost stays lost, costs included
    assert plan.value_after > plan.value_before


def test_a_loss_that_is_not_known_closes_nothing() -> None:
    rule = a_rule(at_most(critical=0.05), measure="loss_today", unit=Unit.RATIO)
    assert refused(rule, a_book(a_position(BTC, 1)), close()) is NoPlanReason.UNKNOWN


def test_a_loss_cannot_be_deleveraged_away() -> None:
    rule = a_rule(at_most(critical=0.05), measure="loss_today", unit=Unit.RATIO)
    book = a_book(a_position(BTC, 0.1))
    morning = an_equity_series([(6 * 3600.0, 11_000.0), (0.0, 10_000.0)])
    plan = plan_for(
        book, demand(rule, deleverage()), book=Book.of(book, a_history(book, equity={"main": morning}))
    )
    assert isinstance(plan, NoPlan)
    assert plan.reason is NoPlanReason.NO_HELP


def test_a_position_that_is_held_too_long_is_closed_whole() -> None:
    rule = a_rule(at_most(critical=3600), measure="holding_time", unit=Unit.DURATION, grain=Grain.POSITION)
    book = a_book(a_position(BTC, 0.2, opened_age_seconds=7200), a_position(ETH, 1))
    plan = planned(rule, book, close(), position_subject("main", BTC, "long"))
    assert closed(plan) == {BTC: Decimal("0.2")}
    assert plan.value_after == 0.0


def test_a_grid_is_closed_by_the_position_of_its_symbol() -> None:
    rule = a_rule(at_most(critical=0.25), measure="grid_breakout", unit=Unit.RATIO, grain=Grain.GRID)
    book = a_book(
        a_position(ETH, 2), a_position(BTC, 0.1), grids=(a_grid("eth", ETH, lower=2_000, upper=2_500),)
    )
    plan = planned(rule, book, close(), Subject(Grain.GRID, (("grid", "eth"),)))
    assert closed(plan) == {ETH: Decimal(2)}
    assert plan.value_after == pytest.approx(plan.value_before)


# ---- lots ----------------------------------------------------------------------------------------------------------


def test_a_rest_that_could_not_be_closed_later_is_closed_with_it() -> None:
    coarse = an_instrument(BTC, lot_size="0.1")
    plan = planned(LEVERAGE, a_book(a_position(BTC, "1.1"), instruments=[coarse]), deleverage(0.05))
    assert closed(plan) == {BTC: Decimal("1.1")}


def test_what_is_less_than_one_lot_cannot_be_planned() -> None:
    coarse = an_instrument(BTC, lot_size=10)
    assert refused(LEVERAGE, a_book(a_position(BTC, 1), instruments=[coarse]), deleverage(4.0)) is (
        NoPlanReason.TOO_SMALL
    )


def test_a_contract_that_does_not_trade_is_left_and_named() -> None:
    stuck = an_instrument(BTC, tradable=False)
    book = a_book(a_position(BTC, 0.5), a_position(ETH, 15), instruments=[stuck])
    plan = planned(LEVERAGE, book, deleverage(4.0))
    assert (f"{BTC} long", "the contract is not trading") in plan.untouched


# ---- pro rata ------------------------------------------------------------------------------------------------------


def test_pro_rata_takes_the_same_share_of_every_position() -> None:
    action = replace(deleverage(4.0), objective=Objective.PRO_RATA)
    plan = planned(LEVERAGE, a_book(a_position(BTC, 0.5), a_position(ETH, -15)), action)
    shares = [float(step.quantity / abs(step.held)) for step in plan.reductions]
    assert shares == pytest.approx([0.468, 0.468], abs=0.003)
    assert 3.97 < plan.value_after <= 4.0


def test_pro_rata_stops_at_the_largest_step() -> None:
    action = replace(deleverage(1.0, max_step=0.5), objective=Objective.PRO_RATA)
    plan = planned(LEVERAGE, a_book(a_position(BTC, 0.5), a_position(ETH, 10)), action)
    assert [step.quantity / abs(step.held) for step in plan.reductions] == [Decimal("0.5")] * 2


# ---- no plan -------------------------------------------------------------------------------------------------------


def test_missing_data_starts_no_order() -> None:
    blind = a_surface(Surface.BALANCES, quality=Quality.BLIND, reason="timeout")
    book = a_book(a_position(BTC, 1), surfaces=[blind])
    plan = asked(LEVERAGE, book, deleverage(4.0))
    assert isinstance(plan, NoPlan)
    assert plan.reason is NoPlanReason.UNKNOWN
    assert "timeout" in plan.text


def test_a_position_that_is_not_confirmed_starts_no_order() -> None:
    rule = a_rule(at_most(critical=3600), measure="data_age", unit=Unit.DURATION)
    book = a_book(a_position(BTC, 1, confirmed=False))
    assert refused(rule, book, close()) is NoPlanReason.UNKNOWN


REASONS: Sequence[tuple[Rule, Action, Subject, NoPlanReason]] = [
    (LEVERAGE, Action(kind=ActionKind.CANCEL_ORDERS), MAIN, NoPlanReason.NOT_AN_ORDER),
    (
        a_rule(measure="data_age", unit=Unit.DURATION),
        deleverage(1.0),
        MAIN,
        NoPlanReason.NOT_PLANNABLE,
    ),
    (replace(LEVERAGE, grain=Grain.PORTFOLIO), deleverage(4.0), MAIN, NoPlanReason.SPANS_ACCOUNTS),
    (LEVERAGE, deleverage(4.0), account_subject("nobody"), NoPlanReason.NO_SUBJECT),
    (LEVERAGE, deleverage(7.0), MAIN, NoPlanReason.AT_TARGET),
]


@pytest.mark.parametrize(("rule", "action", "subject", "reason"), REASONS)
def test_there_is_no_plan_where_nothing_can_be_planned(
    rule: Rule, action: Action, subject: Subject, reason: NoPlanReason
) -> None:
    assert refused(rule, a_book(a_position(BTC, 1)), action, subject) is reason


def test_an_empty_account_has_nothing_to_reduce() -> None:
    assert refused(LEVERAGE, a_book(), close()) is NoPlanReason.NOTHING_HELD


def test_what_brings_the_measure_no_nearer_is_no_plan() -> None:
    rule = a_rule(
        at_most(critical=5), measure="position_leverage", grain=Grain.POSITION, id="test/position-leverage"
    )
    book = a_book(a_position(BTC, 0.1))
    action = deleverage(3.0, max_step=0.5)
    assert refused(rule, book, action, position_subject("main", BTC, "long")) is NoPlanReason.NO_HELP


def test_a_cost_of_closing_that_eats_the_relief_is_no_plan() -> None:
    rule = a_rule(at_most(critical=0.8), measure="margin_ratio", unit=Unit.RATIO)
    book = a_book(a_position(BTC, 1), wallet=300)
    plan = asked(rule, book, deleverage(0.5, max_step=0.25), costs=Costs(slippage_rate=0.01))
    assert isinstance(plan, NoPlan)
    assert plan.reason is NoPlanReason.NO_HELP


# ---- identity ------------------------------------------------------------------------------------------------------


def test_the_same_occasion_gives_the_same_plan_and_another_attempt_another_id() -> None:
    book = a_book(a_position(BTC, 1))
    one, two = (planned(LEVERAGE, book, deleverage(4.0)) for _ in range(2))
    assert one == two
    later = plan_for(book, demand(LEVERAGE, deleverage(4.0)), occasion=replace(OCCASION, attempt=2))
    assert isinstance(later, Plan)
    assert later.id != one.id
    assert later.reductions == one.reductions
