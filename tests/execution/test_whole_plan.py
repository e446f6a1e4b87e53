"""A whole plan: cancellations, reductions, stops that fit what is left, stops that were missing, and a look at the result."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from riskd.act.remedies.resize import Refit
from riskd.model.order import Execution, OrderList, OrderStatus, PlanState
from tests.execution.desk import MARK, Desk, a_cancellation, a_plan, a_stop

CANCELLED = (a_cancellation("1"), a_cancellation("2"))


def refit() -> Refit:
    """A stop for what is left, and the old one."""
    return Refit(stop=a_stop(quantity="6"), replaces=(a_cancellation("old", OrderList.CONDITIONAL),))


def test_each_step_is_durable_before_it_is_sent_and_the_steps_follow_in_order() -> None:
    desk = Desk()
    desk.venue.stops = {"old": Decimal(10)}
    desk.refits = (refit(),)
    result = desk.run(a_plan(cancellations=CANCELLED, stops=[a_stop(quantity="2", trigger="90")]))
    assert (result.state, result.cancelled[:2]) == (PlanState.DONE, CANCELLED)
    assert desk.log.kinds() == [
        "plan", "cancel", "cancel", "intent", "receipt", "intent", "receipt", "cancel", "intent", "receipt", "end",
    ]  # fmt: skip
    assert desk.venue.history == [
        "cancelled 1", "cancelled 2", "closed 4", "stop 6 rests", "cancelled old", "stop 2 rests", "verified",
    ]  # fmt: skip


def test_a_cancellation_that_fails_is_told_and_stops_nothing_else() -> None:
    desk = Desk()
    desk.venue.cancels_fail = 1
    result = desk.run(a_plan(cancellations=CANCELLED))
    assert (result.state, result.cancelled) == (PlanState.FAILED, CANCELLED[1:])
    assert result.reason.startswith("not_cancelled: order 1 of BTC/USDT:USDT may still rest")
    assert desk.venue.held == 6


def test_nothing_is_cancelled_that_could_not_be_written_down() -> None:
    desk = Desk()
    desk.log.fails_at = 1
    assert desk.run(a_plan(cancellations=CANCELLED)).state is PlanState.FAILED
    assert desk.venue.history == []


def test_after_the_kill_switch_nothing_is_cancelled_or_placed() -> None:
    desk = Desk()
    desk.halted_after_gates = 0
    result = desk.run(a_plan(reductions=[], cancellations=CANCELLED, stops=[a_stop()]))
    assert (result.state, desk.venue.history, desk.venue.sent) == (PlanState.REFUSED, [], [])
    assert result.reason == "halted: kill file"


def test_the_old_stop_stays_until_its_successor_rests() -> None:
    desk = Desk()
    desk.venue.stops = {"old": Decimal(10)}
    desk.venue.stop_script = ["-4045"]
    desk.refits = (refit(),)
    result = desk.run(a_plan())
    assert result.state is PlanState.FAILED
    assert "stop not placed: -4045" in result.reason
    assert desk.venue.stops == {"old": Decimal(10)}


def test_the_stops_are_told_what_our_last_order_left() -> None:
    desk, idle = Desk(script=["half"]), Desk(held="6")
    desk.run(a_plan(quantity="10"))
    idle.run(a_plan())
    assert (desk.left, idle.left) == (Decimal(0), None)


def test_stops_are_not_touched_before_the_reduction_is_made() -> None:
    desk = Desk(script=["refused"])
    desk.venue.stops = {"old": Decimal(10)}
    desk.refits = (refit(),)
    assert desk.run(a_plan()).state is PlanState.FAILED
    assert desk.venue.stops == {"old": Decimal(10)}


def test_a_stop_whose_answer_is_lost_is_found_and_not_placed_twice() -> None:
    desk = Desk()
    desk.venue.stop_script = ["answer lost"]
    result = desk.run(a_plan(reductions=[], stops=[a_stop()]))
    assert result.state is PlanState.DONE
    assert len(desk.venue.sent) == 1
    assert [receipt.status for receipt in result.receipts] == [OrderStatus.RESTING]


@pytest.mark.parametrize("fault", ["request lost", "late"])
def test_a_stop_whose_request_is_lost_or_late_ends_as_exactly_one(fault: str) -> None:
    desk = Desk()
    desk.venue.stop_script = [fault]
    assert desk.run(a_plan(reductions=[], stops=[a_stop()])).state is PlanState.DONE
    assert list(desk.venue.stops.values()) == [Decimal(10)]
    assert desk.log.unresolved() == []


def test_a_stop_that_would_trigger_at_once_is_closed_now_by_its_quantity() -> None:
    desk = Desk()
    desk.venue.stop_script = ["-2021"]
    result = desk.run(a_plan(reductions=[], stops=[a_stop(quantity="4")]))
    assert result.state is PlanState.DONE
    assert [intent.execution for intent in desk.venue.sent] == [Execution.STOP, Execution.IMMEDIATE]
    assert (desk.venue.held, desk.venue.stops) == (Decimal(6), {})


def test_a_stop_that_the_mark_has_passed_is_not_even_sent() -> None:
    desk = Desk()
    result = desk.run(a_plan(reductions=[], stops=[a_stop(quantity="4", trigger=str(MARK))]))
    assert result.state is PlanState.DONE
    assert [intent.execution for intent in desk.venue.sent] == [Execution.IMMEDIATE]
    assert desk.venue.held == 6


def test_a_position_that_is_gone_needs_no_stop() -> None:
    desk = Desk(held="0")
    assert desk.run(a_plan(reductions=[], stops=[a_stop()])).state is PlanState.DONE
    assert desk.venue.sent == []


def test_a_stop_covers_no_more_than_is_held_now() -> None:
    desk = Desk(held="3")
    assert desk.run(a_plan(reductions=[], stops=[a_stop()])).state is PlanState.DONE
    assert list(desk.venue.stops.values()) == [Decimal(3)]


def test_stops_are_placed_although_a_reduction_failed() -> None:
    desk = Desk(script=["refused"])
    result = desk.run(a_plan(stops=[a_stop()]))
    assert result.state is PlanState.FAILED
    assert list(desk.venue.stops.values()) == [Decimal(10)]


def test_nothing_follows_an_order_whose_outcome_is_not_known() -> None:
    desk = Desk(script=["request lost"])
    desk.venue.finds_fail = 10**6
    result = desk.run(a_plan(stops=[a_stop()]))
    assert result.state is PlanState.FAILED
    assert [intent.execution for intent in desk.venue.sent] == [Execution.IMMEDIATE]


def test_what_is_measured_afterwards_is_part_of_the_result() -> None:
    desk = Desk()
    desk.verified = "leverage 2.9x, its limit is 3x"
    assert desk.run(a_plan()).verified == "leverage 2.9x, its limit is 3x"


def test_a_look_that_fails_is_no_measure() -> None:
    desk = Desk()
    desk.look_fails = True
    result = desk.run(a_plan())
    assert (result.state, result.verified) == (PlanState.DONE, "not known: no answer")


def test_a_reason_that_stands_against_every_step_is_told_once() -> None:
    desk = Desk()
    desk.halted_after_gates = 0
    result = desk.run(a_plan(cancellations=CANCELLED, stops=[a_stop(), a_stop(trigger="90")]))
    assert result.reason == "halted: kill file"


def test_nobody_looks_again_when_nothing_was_sent() -> None:
    desk = Desk()
    desk.halted_after_gates = 0
    desk.run(a_plan())
    assert desk.venue.history == []


def test_an_executor_without_the_means_says_so_and_reduces_all_the_same() -> None:
    desk = Desk()
    executor = desk.executor()
    bare = type(executor)(
        sender=desk.venue,
        log=desk.log,
        clock=desk.clock,
        read=desk.venue.read,
        gate=desk._gate,
        build=desk.build,
        unblock=desk._unblock,
    )
    desk.executor = lambda: bare  # type: ignore[method-assign]  # an executor that only reduces
    result = desk.run(a_plan(cancellations=CANCELLED, stops=[a_stop()]))
    assert result.reason.count("cannot_do") == 2
    assert desk.venue.held == 6
    assert desk.clock.now() - desk.venue.sent[0].created_at < timedelta(seconds=1)
