"""What a restart knows: read from the journal alone, and safe when the last thing it says is "perhaps sent"."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from riskd.errors import JournalError
from riskd.model.journal import EntryKind
from riskd.model.message import MessageKind
from riskd.model.order import SETTLED, OrderStatus, PlanState
from riskd.record.bodies import (
    PolicyText,
    cycle_body,
    daemon_body,
    delivery_body,
    event_body,
    intent_body,
    message_body,
    plan_state_body,
    policy_body,
    receipt_body,
    state_body,
)
from riskd.record.fold import Remembered, remember
from riskd.record.plan_text import plan_body
from tests.builders import BTC, NOW
from tests.fakes.journal import MemoryJournal
from tests.record.builder import (
    ALERT,
    Step,
    a_cycle,
    a_message,
    a_plan,
    a_receipt,
    a_state,
    an_event,
    an_intent,
    every_kind,
)

LONG_AGO = NOW - timedelta(days=30)


def remembered(
    *steps: Step, since: datetime = LONG_AGO, channels: tuple[str, ...] = ("slack", "console")
) -> Remembered:
    """The fold over entries made one second apart."""
    journal = MemoryJournal()
    for second, (kind, body) in enumerate(steps):
        journal.append(kind, NOW + timedelta(seconds=second), body)
    return remember(journal.entries(), since=since, channels=channels)


def test_an_empty_journal_knows_nothing() -> None:
    known = remembered()

    assert known.sequence == 0
    assert known.started_at is None
    assert known.open_intents() == ()


def test_every_kind_can_be_folded() -> None:
    known = remembered(*every_kind())

    assert known.sequence == len(every_kind())
    assert known.last_at == NOW + timedelta(seconds=len(every_kind()) - 1)
    assert known.snapshot_id == 1


def test_a_crash_shows_as_a_start_without_a_stop() -> None:
    stopped = remembered((EntryKind.START, daemon_body("up")), (EntryKind.STOP, daemon_body("down")))
    crashed = remembered(
        (EntryKind.STOP, daemon_body("down")),
        (EntryKind.START, daemon_body("up")),
        (EntryKind.GAP, daemon_body("")),
    )

    assert stopped.started_at is not None
    assert stopped.stopped_at is not None
    assert stopped.stopped_at > stopped.started_at
    assert crashed.stopped_at is not None
    assert crashed.started_at is not None
    assert crashed.stopped_at < crashed.started_at


def test_a_pulled_kill_switch_stays_pulled_over_a_restart() -> None:
    halt, resume = (EntryKind.HALT, daemon_body("")), (EntryKind.RESUME, daemon_body(""))
    start = (EntryKind.START, daemon_body("up"))

    assert remembered(halt, start).halted
    assert not remembered(halt, resume, start).halted
    assert remembered(halt, resume, halt).halted


def test_a_snapshot_id_is_never_used_again() -> None:
    cycles = [(EntryKind.CYCLE, cycle_body(a_cycle(number))) for number in (7, 8, 3)]

    assert remembered(*cycles).snapshot_id == 8


def test_the_last_policy_is_the_one_in_force() -> None:
    known = remembered(*[(EntryKind.POLICY, policy_body(name * 64, [])) for name in "ab"])

    assert known.policy_hash == "b" * 64


def test_policies_are_remembered_with_their_texts_and_so_are_those_that_judged_last() -> None:
    files = {name: [PolicyText(file="p.yaml", text=name)] for name in "ab"}
    first, second = ((EntryKind.POLICY, policy_body(name * 64, files[name])) for name in "ab")
    cycle = (EntryKind.CYCLE, cycle_body(replace(a_cycle(3), policy_hash="a" * 64)))
    known = remembered(first, cycle, second)
    assert known.policies is not None
    assert known.judged_by is not None
    assert [file.text for file in known.policies.files] == ["b"]
    assert [file.text for file in known.judged_by.files] == ["a"]


def test_an_intent_without_a_receipt_is_open() -> None:
    known = remembered((EntryKind.INTENT, intent_body(an_intent())))

    assert known.open_intents() == (an_intent(),)
    assert known.open_intents("main") == (an_intent(),)
    assert known.open_intents("another") == ()


@pytest.mark.parametrize("status", OrderStatus)
def test_only_a_terminal_receipt_closes_an_intent(status: OrderStatus) -> None:
    known = remembered(
        (EntryKind.INTENT, intent_body(an_intent())),
        (EntryKind.RECEIPT, receipt_body(a_receipt(status=status))),
    )

    assert bool(known.open_intents()) == (status not in SETTLED)


def test_an_open_intent_is_remembered_however_old_it_is() -> None:
    intent = (EntryKind.INTENT, intent_body(an_intent()))
    receipt = (EntryKind.RECEIPT, receipt_body(a_receipt()))
    later = NOW + timedelta(days=3)

    assert len(remembered(intent, since=later).orders) == 1
    assert len(remembered(intent, receipt, since=later).orders) == 0


def test_orders_count_towards_the_hourly_bounds_from_the_moment_they_are_meant() -> None:
    known = remembered(
        (EntryKind.PLAN, plan_body(a_plan())),
        (EntryKind.INTENT, intent_body(an_intent("a" * 32, limit_price="60000"))),
        (EntryKind.RECEIPT, receipt_body(a_receipt("a" * 32, OrderStatus.REJECTED))),
        (EntryKind.INTENT, intent_body(an_intent("b" * 32, limit_price=None))),
        (EntryKind.INTENT, intent_body(an_intent("c" * 32, account="another"))),
    )

    assert len(known.orders_since("main", NOW)) == 2
    # 0.2 at its limit of 60,000 and 0.2 at the plan's mark of 60,000.10.
    assert known.notional_since("main", NOW) == Decimal("12000.0") + Decimal("12000.020")
    assert known.notional_since("main", NOW + timedelta(seconds=2)) == Decimal("12000.020")


def test_a_plan_is_open_until_it_is_over_and_counts_afterwards_too() -> None:
    made = (EntryKind.PLAN, plan_body(a_plan()))
    executing = (EntryKind.PLAN_STATE, plan_state_body("plan-1", PlanState.EXECUTING, ""))
    failed = (EntryKind.PLAN_STATE, plan_state_body("plan-1", PlanState.FAILED, "price_band: too far"))

    (running,) = remembered(made, executing).plans
    (over,) = remembered(made, executing, failed).plans

    assert running.open
    assert not over.open
    assert over.reason == "price_band: too far"
    assert over.changed_at == NOW + timedelta(seconds=2)
    assert len(remembered(made, executing, failed).plans_since("main", NOW - timedelta(seconds=1))) == 1


def test_the_newest_state_of_each_alert_is_kept() -> None:
    known = remembered(
        (EntryKind.STATE, state_body(ALERT, a_state(version=1, condition="pending"))),
        (EntryKind.EVENT, event_body(an_event(), a_state(version=2))),
    )

    assert known.alert_states == ((ALERT, a_state(version=2)),)


def test_a_message_waits_on_each_channel_until_that_channel_has_taken_it() -> None:
    known = remembered(
        (EntryKind.MESSAGE, message_body(a_message("m1"))),
        (EntryKind.MESSAGE, message_body(a_message("m2", thread="m1"))),
        (EntryKind.DELIVERY, delivery_body(channel="slack", key="m1", thread="m1", reference="1700.1")),
    )

    waiting = {channel: [message.key for message in messages] for channel, messages in known.undelivered}
    assert waiting == {"slack": ["m2"], "console": ["m1", "m2"]}
    assert known.roots == ((("slack", "m1"), "1700.1"),)


def test_an_edit_of_a_root_that_was_posted_anew_becomes_the_root() -> None:
    known = remembered(
        (EntryKind.DELIVERY, delivery_body(channel="slack", key="m1", thread="m1", reference="old")),
        (EntryKind.DELIVERY, delivery_body(channel="slack", key="m2", thread="m1", reference="reply")),
        (EntryKind.MESSAGE, message_body(a_message("m3", thread="m1", edits_root=True))),
        (EntryKind.DELIVERY, delivery_body(channel="slack", key="m3", thread="m1", reference="new")),
    )

    assert dict(known.roots) == {("slack", "m1"): "new"}


def test_the_post_of_a_plan_is_remembered_though_it_stands_under_an_alert() -> None:
    plan = replace(a_message("plan|1", thread="m1"), kind=MessageKind.PLAN)
    known = remembered(
        (EntryKind.MESSAGE, message_body(plan)),
        (EntryKind.DELIVERY, delivery_body(channel="slack", key="plan|1", thread="m1", reference="p")),
        (EntryKind.MESSAGE, message_body(a_message("approved", thread="plan|1", edits_root=True))),
        (EntryKind.DELIVERY, delivery_body(channel="slack", key="approved", thread="plan|1", reference="p2")),
    )

    assert dict(known.roots) == {("slack", "plan|1"): "p2"}, "and it is not taken for the alert's own"


def test_an_edit_that_a_later_one_overtook_does_not_come_back_after_a_restart() -> None:
    known = remembered(
        (EntryKind.MESSAGE, message_body(a_message("m1"))),
        (EntryKind.MESSAGE, message_body(a_message("breach", thread="m1", edits_root=True))),
        (EntryKind.MESSAGE, message_body(a_message("reply", thread="m1"))),
        (EntryKind.MESSAGE, message_body(a_message("resolved", thread="m1", edits_root=True))),
        (EntryKind.DELIVERY, delivery_body(channel="slack", key="resolved", thread="m1", reference="1")),
    )

    waiting = {channel: [message.key for message in messages] for channel, messages in known.undelivered}
    assert waiting == {"slack": ["m1", "reply"], "console": ["m1", "reply", "resolved"]}


def test_a_receipt_or_a_plan_state_out_of_nowhere_is_an_error() -> None:
    with pytest.raises(JournalError, match="has no intent before this entry"):
        remembered((EntryKind.RECEIPT, receipt_body(a_receipt())))
    with pytest.raises(JournalError, match="has no entry of its own before this one"):
        remembered((EntryKind.PLAN_STATE, plan_state_body("plan-9", PlanState.DONE, "")))


def test_a_kind_that_nobody_knows_is_refused_because_it_may_be_about_orders() -> None:
    journal = MemoryJournal()
    journal.append("teleport", NOW, {"symbol": BTC})

    with pytest.raises(
        JournalError, match="entry 1: kind 'teleport' is unknown; run the riskd version that wrote"
    ):
        remember(journal.entries(), since=NOW, channels=())
