"""What became of a plan's orders: only what the venue has filled counts, and what went wrong is heard."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from riskd.act.message_execution import Ended, ended_messages, execution_message
from riskd.model.message import Message, MessageKind
from riskd.model.order import Direction, Execution, Intent, OrderStatus, PlanState, Receipt
from tests.act.test_guard import NOW, a_plan

ID = "7264" + "0" * 28
DONE = Ended(state=PlanState.DONE)


def a_receipt(
    status: OrderStatus, filled: str = "1", code: str = "", detail: str = "", id: str = ID
) -> Receipt:
    return Receipt(
        client_order_id=id,
        status=status,
        filled=Decimal(filled),
        average_price=Decimal(59_990) if filled != "0" else None,
        venue_order_id="1",
        code=code,
        detail=detail,
        at=datetime(2026, 3, 4, 12, 0, 5, tzinfo=UTC),
    )


def an_intent(id: str = ID) -> Intent:
    return Intent(
        client_order_id=id,
        plan_id="plan-1",
        account="main",
        venue="binanceusdm",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        position_side="BOTH",
        direction=Direction.SELL,
        held=Decimal(2),
        quantity=Decimal(1),
        limit_price=Decimal(59_900),
        created_at=NOW,
        expires_at=NOW,
    )


def told(*receipts: Receipt, ended: Ended | None = None) -> Message:
    return execution_message(a_plan(), receipts, at=NOW, ended=ended)


def test_an_execution_counts_only_what_the_venue_has_filled() -> None:
    assert told().headline.endswith("nothing sent yet")
    under_way = told(a_receipt(OrderStatus.FILLED), a_receipt(OrderStatus.ACKNOWLEDGED, "0"))
    assert under_way.headline.endswith("1 of 2 orders filled, 1 under way")
    partly = told(a_receipt(OrderStatus.FILLED), a_receipt(OrderStatus.PARTIALLY_FILLED, "0.5"))
    assert partly.headline.endswith("1 of 2 orders filled, 1 in part")
    assert partly.table[2] == ("2", "partially filled", "0.5", "59990", "?")


def test_it_edits_the_post_of_the_plan() -> None:
    message = told(a_receipt(OrderStatus.FILLED))
    assert (message.thread, message.edits_root, message.kind) == ("plan|plan-1", True, MessageKind.EXECUTION)


def test_filled_average_and_slippage_are_told_against_the_estimate() -> None:
    ended = replace(DONE, intents=[an_intent()], verified="leverage 3.98x; positions and stops match")
    message = told(a_receipt(OrderStatus.FILLED), ended=ended)
    assert message.headline == (
        "EXECUTED plan plan-1 on main: 1 of 1 order filled; slippage 10 USD against 30 USD estimated with fees"
    )
    assert message.table[1] == ("1", "sell BTC/USDT:USDT: filled", "1 of 1", "59990", "0.01667%, 10 USD")
    assert message.body == ("Re-read: leverage 3.98x; positions and stops match",)


def test_slippage_is_not_summed_where_one_of_it_is_unknown() -> None:
    ended = replace(DONE, intents=[an_intent()])
    other = a_receipt(OrderStatus.FILLED, id="8" * 32)
    assert "slippage" not in told(a_receipt(OrderStatus.FILLED), other, ended=ended).headline


def test_a_stop_rests_and_has_not_filled() -> None:
    stop = replace(an_intent(), execution=Execution.STOP, limit_price=None, trigger_price=Decimal(55_000))
    message = told(a_receipt(OrderStatus.RESTING, "0"), ended=replace(DONE, intents=[stop]))
    assert message.headline.endswith(": 1 stop resting")
    assert message.table[1] == ("1", "stop sell BTC/USDT:USDT: resting", "0 of 1", "–", "–")


def test_an_unknown_outcome_is_never_told_as_failure_or_success() -> None:
    message = told(a_receipt(OrderStatus.UNKNOWN, "0"))
    assert "1 with UNKNOWN outcome; the account is blocked" in message.headline


def test_a_rejection_shows_the_venues_code_and_words() -> None:
    receipt = a_receipt(OrderStatus.REJECTED, "0", code="-2022", detail="ReduceOnly Order is rejected.")
    assert told(receipt).body == ("1. rejected (-2022): ReduceOnly Order is rejected.",)


def test_a_plan_that_only_cancels_says_so() -> None:
    assert (
        told(ended=replace(DONE, cancelled=3)).headline == "EXECUTED plan plan-1 on main: 3 orders cancelled"
    )


def test_each_state_of_an_execution_is_its_own_message() -> None:
    keys = {
        told(a_receipt(status)).key
        for status in (OrderStatus.ACKNOWLEDGED, OrderStatus.FILLED, OrderStatus.UNKNOWN)
    }
    keys |= {told(a_receipt(OrderStatus.FILLED), ended=DONE).key}
    assert len(keys) == 4


def test_an_end_that_is_not_well_is_an_edit_and_a_post_that_is_heard() -> None:
    assert len(ended_messages(a_plan(), [a_receipt(OrderStatus.FILLED)], at=NOW, ended=DONE)) == 1
    failed = Ended(state=PlanState.FAILED, reason="unresolved: no answer")
    edit, call = ended_messages(a_plan(), [a_receipt(OrderStatus.UNKNOWN, "0")], at=NOW, ended=failed)
    assert edit.edits_root
    assert (call.kind, call.edits_root) == (MessageKind.ESCALATION, False)
    assert call.thread == "alert|test/leverage|account=main|1"
    assert call.headline.startswith(
        "FAILED, plan plan-1 on main: 0 of 1 order filled, 1 with UNKNOWN outcome"
    )
    assert "Why: unresolved: no answer" in call.body
    assert edit.key != call.key


def test_a_plan_of_which_nothing_was_sent_says_so() -> None:
    refused = Ended(state=PlanState.REFUSED, reason="halted: riskd is halted")
    edit, _ = ended_messages(a_plan(), [], at=NOW, ended=refused)
    assert edit.headline == "NOT SENT, plan plan-1 on main: halted: riskd is halted"
    assert edit.table == ()
