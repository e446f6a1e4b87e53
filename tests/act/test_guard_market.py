"""The guard on what the market looks like, on orders by the second, and on accounts that were disarmed."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import pytest

from riskd.act.guard import GuardFacts, MarketFacts, Spent, check, check_cancellation, check_order
from riskd.act.refusal import RefusalReason
from tests.act.test_guard import READY, a_plan, a_step

SANE = MarketFacts(
    spread_rate=0.0001, divergence_rate=0.0002, depth_notional=1e7, book_readable=True, index_readable=True
)
ODD: dict[str, tuple[MarketFacts, RefusalReason]] = {
    "wide spread": (replace(SANE, spread_rate=0.02), RefusalReason.SPREAD),
    "mark far from index": (replace(SANE, divergence_rate=0.03), RefusalReason.DIVERGENCE),
    "empty book": (replace(SANE, depth_notional=100.0), RefusalReason.DEPTH),
    "book that was readable": (replace(SANE, spread_rate=math.nan), RefusalReason.SPREAD),
    "index that was readable": (replace(SANE, divergence_rate=math.nan), RefusalReason.DIVERGENCE),
    "depth that was readable": (replace(SANE, depth_notional=math.nan), RefusalReason.DEPTH),
}


def asked(facts: GuardFacts) -> RefusalReason | None:
    refusal = check_order(Decimal(60_000), facts)
    return None if refusal is None else refusal.reason


@pytest.mark.parametrize("name", ODD)
def test_an_odd_market_refuses_what_can_wait_and_not_what_cannot(name: str) -> None:
    market, reason = ODD[name]
    assert asked(replace(READY, market=market)) is reason
    assert asked(replace(READY, market=market, urgent=True)) is None


def test_a_market_that_nobody_ever_read_refuses_nothing() -> None:
    assert asked(replace(READY, market=MarketFacts())) is None
    assert asked(replace(READY, market=SANE)) is None


@pytest.mark.parametrize(
    ("spent", "reason"),
    [
        (Spent(orders_last_ten_seconds=10), RefusalReason.ORDERS_PER_TEN_SECONDS),
        (Spent(orders_last_minute=30), RefusalReason.ORDERS_PER_MINUTE),
    ],
)
def test_orders_are_spread_out_and_a_plan_may_begin_all_the_same(spent: Spent, reason: RefusalReason) -> None:
    facts = replace(READY, spent=spent)
    assert asked(facts) is reason
    assert check(a_plan(a_step()), facts) is None


def test_an_order_that_is_about_to_leave_does_not_count_against_itself() -> None:
    last = Spent(orders_last_ten_seconds=10, orders_last_minute=30, orders_last_hour=60, orders_last_day=200)
    assert asked(replace(READY, spent=last, leaving=1)) is None
    assert asked(replace(READY, spent=last)) is RefusalReason.ORDERS_PER_HOUR


def test_a_disarmed_account_sends_and_cancels_nothing() -> None:
    facts = replace(READY, disarmed="an order that the journal never meant")
    for refusal in (
        check(a_plan(a_step()), facts),
        check_order(Decimal(1), facts),
        check_cancellation(facts),
    ):
        assert refusal is not None
        assert refusal.reason is RefusalReason.DISARMED


def test_a_cancellation_needs_what_an_order_needs_and_spends_nothing() -> None:
    spent_out = replace(
        READY, spent=Spent(orders_last_hour=999, orders_last_minute=999), market=ODD["empty book"][0]
    )
    assert check_cancellation(spent_out) is None
    halted = check_cancellation(replace(READY, halted=True))
    assert halted is not None
    assert halted.reason is RefusalReason.HALTED
