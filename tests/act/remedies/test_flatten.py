"""Flat means flat: everything that can be closed is, what belongs together stays together, and what is not known is named."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal

import pytest

from riskd.act.plan import NoPlanReason
from riskd.act.remedies.flatten import flattening
from riskd.model.order import Plan
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, Snapshot
from tests.act.remedies.demands import reason_of, text_of
from tests.builders import (
    BTC,
    ETH,
    NOW,
    SOL,
    a_hedge,
    a_position,
    a_snapshot,
    a_stop,
    a_surface,
    an_account,
    an_instrument,
    an_order,
    perpetual_leg,
)
from tests.measure.books import book_of


def flat(snapshot: Snapshot) -> Plan:
    made = flattening(book_of(snapshot), "main", NOW)
    assert isinstance(made, Plan), made
    return made


def test_every_position_is_closed_whole_and_every_other_order_cancelled() -> None:
    plan = flat(
        a_snapshot(
            accounts=[an_account("main"), an_account("side")],
            positions=[
                a_position(BTC, 1, entry=59_000),
                a_position(ETH, -10, entry=3_100),
                a_position(BTC, 1, "side"),
            ],
            orders=[
                an_order(BTC, "BUY", 1, 59_000, order_id="entry"),
                an_order(BTC, "SELL", 1, 61_000, order_id="target", reduce_only=True),
                a_stop(BTC, "SELL", 1, 58_000, order_id="stop"),
                an_order(BTC, "BUY", 1, 59_000, "side", order_id="elsewhere"),
            ],
        )
    )
    assert [(step.symbol, step.held, step.quantity) for step in plan.reductions] == [
        (BTC, Decimal(1), Decimal(1)),
        (ETH, Decimal(-10), Decimal(10)),
    ]
    assert [step.order_id for step in plan.cancellations] == ["entry", "target"]
    assert (plan.account, plan.action, plan.subject) == ("main", "flatten", "account=main")
    assert (plan.value_before, plan.target, plan.value_after) == (90_000.0, 0.0, 0.0)
    assert plan.realizes_pnl_usd == pytest.approx(2_000.0)
    assert plan.frees_margin_usd == pytest.approx(9_000.0)
    assert (plan.remains, plan.untouched, plan.stops) == ((), (), ())


def test_what_hedges_is_closed_next_to_what_it_hedges() -> None:
    plan = flat(
        a_snapshot(
            accounts=[an_account()],
            positions=[a_position(BTC, -0.5), a_position(ETH, 20), a_position(SOL, 300)],
            hedges=(a_hedge("pair", perpetual_leg(SOL), perpetual_leg(BTC)),),
        )
    )
    assert [step.symbol for step in plan.reductions] == [SOL, BTC, ETH]


def test_both_sides_of_a_symbol_are_closed_one_after_the_other() -> None:
    plan = flat(
        a_snapshot(
            accounts=[an_account(hedge_mode=True)],
            positions=[
                a_position(BTC, 0.4, position_side="LONG"),
                a_position(BTC, -0.5, position_side="SHORT"),
                a_position(ETH, 15, position_side="LONG"),
            ],
        )
    )
    sides = [(step.symbol, step.position_side) for step in plan.reductions]
    assert sides == [(BTC, "SHORT"), (BTC, "LONG"), (ETH, "LONG")]


def test_a_position_that_is_not_seen_is_named_and_not_guessed() -> None:
    plan = flat(
        a_snapshot(
            accounts=[an_account()], positions=[a_position(BTC, 1), a_position(ETH, 10, confirmed=False)]
        )
    )
    assert [step.symbol for step in plan.reductions] == [BTC]
    assert plan.remains == (
        "position ETH/USDT:USDT long: absent from the newest answer, not proven closed: look at the venue",
    )
    assert math.isnan(plan.value_before)
    assert math.isnan(plan.value_after)


def test_what_no_order_can_close_is_named() -> None:
    plan = flat(
        a_snapshot(
            accounts=[an_account()],
            positions=[a_position(BTC, "1.0005"), a_position(ETH, "0.0004"), a_position(SOL, 10)],
            instruments=[an_instrument(SOL, tradable=False)],
        )
    )
    assert [step.quantity for step in plan.reductions] == [Decimal("1.000")]
    assert set(plan.remains) == {
        "BTC/USDT:USDT long: 0.0005 is below a lot and stays",
        "ETH/USDT:USDT long: 0.0004 is below the smallest order of 0.001",
        "SOL/USDT:USDT long: the contract is not trading",
    }
    assert plan.value_after == pytest.approx(30.0 + 1.2 + 1_500.0)


def test_lists_that_are_not_fresh_are_named_and_the_rest_is_closed() -> None:
    plan = flat(
        a_snapshot(
            accounts=[an_account()],
            positions=[a_position(BTC, 1)],
            surfaces=[a_surface(Surface.ORDERS, quality=Quality.STALE, age_seconds=400, reason="400 s old")],
        )
    )
    assert len(plan.reductions) == 1
    assert plan.remains == ("not read as it should be: orders: STALE, 400 s old, of main",)
    assert math.isnan(plan.value_after)


def test_a_stop_that_would_open_stays_for_now_and_is_told() -> None:
    stop = a_stop(BTC, "SELL", 1, 58_000, reduce_only=False, order_id="7")
    first = flat(a_snapshot(accounts=[an_account()], positions=[a_position(BTC, 1)], orders=[stop]))
    assert first.cancellations == ()
    assert first.remains[0].startswith(
        "stop 7 of BTC/USDT:USDT is not reduce-only: it stays while it protects"
    )
    then = flat(a_snapshot(accounts=[an_account()], orders=[stop]))
    assert [step.order_id for step in then.cancellations] == ["7"]


def test_the_same_question_makes_the_same_plan_and_a_later_one_another() -> None:
    book = book_of(a_snapshot(accounts=[an_account()], positions=[a_position(BTC, 1)]))
    first, again = flattening(book, "main", NOW), flattening(book, "main", NOW)
    later = flattening(book, "main", NOW + timedelta(seconds=1))
    assert isinstance(first, Plan)
    assert isinstance(later, Plan)
    assert first == again
    assert first.id != later.id


def test_where_there_is_nothing_there_is_no_plan() -> None:
    empty = book_of(a_snapshot(accounts=[an_account()]))
    assert reason_of(flattening(empty, "main", NOW)) is NoPlanReason.NOTHING_HELD
    assert reason_of(flattening(empty, "nobody", NOW)) is NoPlanReason.NO_SUBJECT
    blind = a_surface(Surface.POSITIONS, quality=Quality.BLIND, age_seconds=None)
    made = flattening(book_of(a_snapshot(accounts=[an_account()], surfaces=[blind])), "main", NOW)
    assert reason_of(made) is NoPlanReason.UNKNOWN
    assert "positions: BLIND" in text_of(made)
