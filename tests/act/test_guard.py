"""The last gate: each reason not to act, alone, and what is unknown counts against acting."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from riskd.act.guard import ApprovalState, GuardFacts, HouseBounds, Spent, check, check_order
from riskd.act.modes import Permissions
from riskd.act.refusal import RefusalReason
from riskd.model.desk import Mode
from riskd.model.order import Plan, Reduction
from riskd.policy.rule import Guard

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ARMED = Permissions(ceiling=Mode.ENFORCE, policy=Mode.ENFORCE, rule=Mode.ENFORCE, account=Mode.ENFORCE)
READY = GuardFacts(
    now=NOW,
    permissions=ARMED,
    approval=ApprovalState.NOT_NEEDED,
    halted=False,
    snapshot_age_seconds=2.0,
    incomplete="",
    clock_skew_seconds=-0.1,
    cycles_since_start=3,
    journal_ok=True,
    ledger_ok=True,
    reduce_only_verified=True,
    unresolved_intents=0,
    open_plan="",
    position_count=4,
    gross_notional=200_000.0,
)


def a_step(symbol: str = "BTC/USDT:USDT", quantity: str = "1", mark: str = "60000") -> Reduction:
    return Reduction(
        account="main",
        symbol=symbol,
        position_side="BOTH",
        held=Decimal(2),
        quantity=Decimal(quantity),
        mark_price=Decimal(mark),
        cost_estimate=30.0,
    )


def a_plan(*steps: Reduction) -> Plan:
    return Plan(
        id="plan-1",
        account="main",
        rule="test/leverage",
        subject="account=main",
        alert_episode=1,
        action="deleverage",
        target=4.0,
        value_before=6.5,
        value_after=3.99,
        reductions=steps or (a_step(),),
        untouched=(),
        snapshot_id=1,
        created_at=NOW,
    )


def permitted(**weaker: Mode) -> Permissions:
    return replace(ARMED, **weaker)


def test_a_plan_passes_when_nothing_stands_against_it() -> None:
    assert check(a_plan(), READY) is None
    assert check_order(Decimal(60_000), READY) is None


ALWAYS = [
    ({"permissions": permitted(account=Mode.OBSERVE)}, RefusalReason.NOT_ARMED),
    ({"permissions": permitted(rule=Mode.PROPOSE)}, RefusalReason.NOT_APPROVED),
    ({"approval": ApprovalState.PENDING}, RefusalReason.NOT_APPROVED),
    ({"halted": True}, RefusalReason.HALTED),
    ({"incomplete": "positions of main"}, RefusalReason.DATA_NOT_COMPLETE),
    ({"snapshot_age_seconds": 15.1}, RefusalReason.DATA_NOT_FRESH),
    ({"snapshot_age_seconds": math.nan}, RefusalReason.DATA_NOT_FRESH),
    ({"clock_skew_seconds": -0.51}, RefusalReason.CLOCK_SKEW),
    ({"clock_skew_seconds": math.nan}, RefusalReason.CLOCK_SKEW),
    ({"cycles_since_start": 2}, RefusalReason.WARMING_UP),
    ({"journal_ok": False}, RefusalReason.JOURNAL_DOWN),
    ({"ledger_ok": False}, RefusalReason.LEDGER_DOWN),
    ({"reduce_only_verified": False}, RefusalReason.VENUE_NOT_CAPABLE),
    ({"unresolved_intents": 1}, RefusalReason.UNRESOLVED_INTENT),
    ({"open_plan": "plan-0"}, RefusalReason.PLAN_OPEN),
    ({"spent": Spent(orders_last_hour=60)}, RefusalReason.ORDERS_PER_HOUR),
    ({"spent": Spent(orders_last_day=200)}, RefusalReason.ORDERS_PER_DAY),
    ({"spent": Spent(notional_last_hour=Decimal(4_950_000))}, RefusalReason.NOTIONAL_PER_HOUR),
    ({"spent": Spent(notional_last_day=Decimal(19_950_000))}, RefusalReason.NOTIONAL_PER_DAY),
    ({"guard": Guard(notional_per_hour_max=Decimal(50_000))}, RefusalReason.NOTIONAL_PER_HOUR),
]
BEFORE_A_PLAN = [
    ({"spent": Spent(last_plan_at=NOW - timedelta(seconds=9))}, RefusalReason.COOLDOWN),
    (
        {"spent": Spent(last_plan_at=NOW - timedelta(seconds=59)), "guard": Guard(cooldown_seconds=60)},
        RefusalReason.COOLDOWN,
    ),
    (
        {"spent": Spent(plans_last_hour=6), "guard": Guard(actions_per_hour_max=6)},
        RefusalReason.PLANS_PER_HOUR,
    ),
    ({"spent": Spent(rule_plans_last_day=12)}, RefusalReason.RULE_REPEATED),
    ({"house": HouseBounds(share_of_book_max=0.25)}, RefusalReason.SHARE_OF_BOOK),
]


@pytest.mark.parametrize(("changes", "reason"), ALWAYS + BEFORE_A_PLAN)
def test_each_reason_alone_refuses_a_plan(changes: dict[str, object], reason: RefusalReason) -> None:
    refusal = check(a_plan(), replace(READY, **changes))  # type: ignore[arg-type]  # names are checked by replace
    assert refusal is not None
    assert refusal.reason is reason
    assert len(refusal.text) > 20


@pytest.mark.parametrize(("changes", "reason"), ALWAYS)
def test_what_may_change_under_way_refuses_the_next_order_too(
    changes: dict[str, object], reason: RefusalReason
) -> None:
    refusal = check_order(Decimal(60_000), replace(READY, **changes))  # type: ignore[arg-type]  # as above
    assert refusal is not None
    assert refusal.reason is reason


def test_the_permission_that_holds_back_is_named() -> None:
    refusal = check(a_plan(), replace(READY, permissions=permitted(policy=Mode.OBSERVE)))
    assert refusal is not None
    assert "policy" in refusal.text


def test_propose_acts_once_a_person_has_approved() -> None:
    proposing = replace(READY, permissions=permitted(policy=Mode.PROPOSE))
    assert check(a_plan(), proposing) is not None
    assert check(a_plan(), replace(proposing, approval=ApprovalState.APPROVED)) is None


def test_approval_does_not_arm_what_only_observes() -> None:
    facts = replace(READY, permissions=permitted(ceiling=Mode.OBSERVE), approval=ApprovalState.APPROVED)
    refusal = check(a_plan(), facts)
    assert refusal is not None
    assert refusal.reason is RefusalReason.NOT_ARMED


def test_one_order_has_a_largest_size() -> None:
    refusal = check_order(Decimal("250000.01"), READY)
    assert refusal is not None
    assert refusal.reason is RefusalReason.ORDER_NOTIONAL
    assert check_order(Decimal("NaN"), READY) is not None


def test_the_policy_bounds_how_many_positions_are_touched_but_always_allows_one() -> None:
    facts = replace(READY, guard=Guard(positions_touched_max=0.5))
    three = tuple(a_step(symbol, "0.1") for symbol in ("BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"))
    refusal = check(a_plan(*three), facts)
    assert refusal is not None
    assert refusal.reason is RefusalReason.POSITIONS_TOUCHED
    assert check(a_plan(*three[:2]), facts) is None
    assert check(a_plan(three[0]), replace(facts, position_count=1)) is None


def test_a_policy_cannot_widen_the_house() -> None:
    wide = Guard(cooldown_seconds=1.0, notional_per_hour_max=Decimal(10**12))
    spent = Spent(last_plan_at=NOW - timedelta(seconds=5))
    assert check(a_plan(), replace(READY, guard=wide, spent=spent)) is not None
    spent = Spent(notional_last_hour=Decimal(5_000_000))
    assert check(a_plan(), replace(READY, guard=wide, spent=spent)) is not None


def test_a_policy_that_allows_nothing_allows_nothing() -> None:
    assert check(a_plan(), replace(READY, guard=Guard(notional_per_hour_max=Decimal(0)))) is not None
