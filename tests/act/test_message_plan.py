"""Plans and executions in words: proposed, approved, sent and filled are four different things."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from riskd.act.message_plan import decision_message, execution_message, plan_message, refusal_message
from riskd.act.refusal import Refusal, RefusalReason
from riskd.measure.spec import Unit
from riskd.model.desk import Mode
from riskd.model.message import MessageKind
from riskd.model.order import OrderStatus, Receipt
from tests.act.test_guard import NOW, a_plan

UNTIL = NOW + timedelta(minutes=2)


def a_receipt(status: OrderStatus, filled: str = "1", code: str = "", detail: str = "") -> Receipt:
    return Receipt(
        client_order_id="7264" + "0" * 28,
        status=status,
        filled=Decimal(filled),
        average_price=Decimal(59_990) if filled != "0" else None,
        venue_order_id="1",
        code=code,
        detail=detail,
        at=datetime(2026, 3, 4, 12, 0, 5, tzinfo=UTC),
    )


def test_a_plan_says_what_it_closes_what_it_reaches_and_what_it_costs() -> None:
    message = plan_message(a_plan(), Unit.MULTIPLE, mode=Mode.PROPOSE, expires_at=UNTIL)
    assert message.headline == (
        "PLAN plan-1 for main: deleverage 1 position by 60k USD, which takes the measure from 6.5x to 3.99x, "
        "at a cost of about 30 USD"
    )
    assert message.body[0] == "1. sell 1 BTC/USDT:USDT of 2 held, reduce-only, about 60k USD"
    assert message.thread == "alert|test/leverage|account=main|1"


def test_the_last_line_of_a_plan_says_what_happens_next_in_each_mode() -> None:
    ends = {
        mode: plan_message(a_plan(), Unit.MULTIPLE, mode=mode, expires_at=UNTIL).body[-1] for mode in Mode
    }
    assert "nothing will be sent" in ends[Mode.OBSERVE]
    assert ends[Mode.PROPOSE].startswith("riskd sends nothing of it: a person who agrees places these orders")
    assert "2026-03-04 12:02:00 UTC" in ends[Mode.PROPOSE]
    assert "nothing has been sent yet" in ends[Mode.ENFORCE]


def test_approved_is_not_executed() -> None:
    message = decision_message(a_plan(), word="approved", person="m.ito", at=NOW)
    assert message.headline == "PLAN plan-1 for main: approved by m.ito; nothing has been sent yet"


def test_a_refusal_says_why_nothing_was_sent() -> None:
    refusal = Refusal(RefusalReason.HALTED, "riskd is halted")
    message = refusal_message(a_plan(), refusal, at=NOW)
    assert message.headline == "NOT SENT, plan plan-1 for main: riskd is halted"
    assert ("Reason", "halted") in message.fields


def test_an_execution_counts_only_what_the_venue_has_filled() -> None:
    plan = a_plan()
    assert execution_message(plan, [], at=NOW).headline.endswith("nothing sent yet")
    under_way = [a_receipt(OrderStatus.FILLED), a_receipt(OrderStatus.ACKNOWLEDGED, "0")]
    assert execution_message(plan, under_way, at=NOW).headline.endswith("1 of 2 orders filled, 1 under way")
    done = [a_receipt(OrderStatus.FILLED), a_receipt(OrderStatus.PARTIALLY_FILLED, "0.5")]
    message = execution_message(plan, done, at=NOW)
    assert message.headline.endswith("1 of 2 orders filled")
    assert message.kind is MessageKind.EXECUTION
    assert message.body[1] == "2. partially_filled, filled 0.5 at 59990"


def test_an_unknown_outcome_is_never_told_as_failure_or_success() -> None:
    message = execution_message(a_plan(), [a_receipt(OrderStatus.UNKNOWN, "0")], at=NOW)
    assert "1 with UNKNOWN outcome; the account is blocked" in message.headline


def test_a_rejection_shows_the_venues_code_and_words() -> None:
    receipt = a_receipt(OrderStatus.REJECTED, "0", code="-2022", detail="ReduceOnly Order is rejected.")
    message = execution_message(a_plan(), [receipt], at=NOW)
    assert message.body == ("1. rejected, filled 0 (-2022): ReduceOnly Order is rejected.",)


def test_each_state_of_an_execution_is_its_own_message() -> None:
    plan = a_plan()
    keys = {
        execution_message(plan, [a_receipt(status)], at=NOW).key
        for status in (OrderStatus.ACKNOWLEDGED, OrderStatus.FILLED, OrderStatus.UNKNOWN)
    }
    assert len(keys) == 3
