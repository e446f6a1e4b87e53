"""An order that waits is never left behind: taken, cancelled when its time is over, or found and cancelled after a crash."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from riskd.act.clamp import Fresh
from riskd.model.order import SETTLED, Execution, Intent, OrderStatus, PlanState, Receipt
from tests.execution.desk import Desk, a_plan, receipt


def waiting(desk: Desk) -> list[Intent]:
    return [booked.intent for booked in desk.venue.booked if booked.rests]


def executions(desk: Desk) -> list[Execution]:
    return [intent.execution for intent in desk.venue.sent]


def test_an_order_that_is_taken_in_time_pays_no_spread() -> None:
    desk = Desk(calm=True)
    desk.venue.takes = Decimal("0.5")
    assert desk.run(a_plan()).state is PlanState.DONE
    assert executions(desk) == [Execution.POST_ONLY]
    assert (desk.venue.held, desk.clock.seconds) == (Decimal(6), 2.0)


def test_an_order_that_nobody_takes_is_cancelled_and_the_next_one_takes() -> None:
    desk = Desk(calm=True)
    assert desk.run(a_plan()).state is PlanState.DONE
    assert executions(desk) == [Execution.POST_ONLY, Execution.IMMEDIATE]
    assert desk.clock.seconds >= desk.bounds.rest_seconds
    assert (desk.venue.held, waiting(desk)) == (Decimal(6), [])


def test_what_was_taken_of_it_counts() -> None:
    desk = Desk(calm=True)
    desk.bounds = replace(desk.bounds, rest_seconds=5.0)
    desk.venue.takes = Decimal("0.1")
    assert desk.run(a_plan()).state is PlanState.DONE
    assert [intent.quantity for intent in desk.venue.sent] == [4, 2]
    assert desk.venue.held == 6


@pytest.mark.parametrize("script", [["-5022"], ["nothing"]])
def test_an_order_that_would_take_at_once_is_followed_by_one_that_does(script: list[str]) -> None:
    desk = Desk(script=script, calm=True)
    assert desk.run(a_plan()).state is PlanState.DONE
    assert executions(desk) == [Execution.POST_ONLY, Execution.IMMEDIATE]


def test_a_kill_switch_takes_it_away_at_once() -> None:
    desk = Desk(calm=True)
    desk.halted_after_gates = 4
    result = desk.run(a_plan())
    assert result.state is PlanState.FAILED
    assert result.reason.startswith("halted")
    assert (waiting(desk), desk.clock.seconds < desk.bounds.rest_seconds) == ([], True)


def test_while_it_is_not_known_whether_it_rests_nothing_else_is_sent() -> None:
    desk = Desk(calm=True)
    desk.venue.cancels_fail = 10**6
    result = desk.run(a_plan())
    assert (result.state, executions(desk)) == (PlanState.FAILED, [Execution.POST_ONLY])
    assert result.reason.startswith("outcome_unknown")
    [meant] = desk.log.unresolved()
    desk.venue.cancels_fail = 0
    assert desk.resolve(meant).status is OrderStatus.CANCELLED
    assert (waiting(desk), desk.log.unresolved()) == ([], [])


def test_an_order_whose_answer_was_lost_is_found_resting_and_taken_away() -> None:
    desk = Desk(script=["rests, answer lost"], calm=True)
    assert desk.run(a_plan()).state is PlanState.DONE
    assert (desk.venue.held, waiting(desk), desk.log.unresolved()) == (Decimal(6), [], [])


def test_after_a_crash_an_order_that_still_rests_is_cancelled_and_settled() -> None:
    desk = Desk(calm=True)
    desk.venue.takes = Decimal("0.25")
    desk.log.fails_at = 3  # after the intent and its first receipt: what was resolved cannot be written down
    desk.bounds = replace(desk.bounds, rest_seconds=1.0)
    assert desk.run(a_plan()).state is PlanState.FAILED
    desk.log.fails_at = -1
    [meant] = desk.log.unresolved()
    found = desk.resolve(meant)
    assert found.status in SETTLED
    assert (found.filled, waiting(desk), desk.log.unresolved()) == (10 - desk.venue.held, [], [])


def test_an_immediate_order_that_the_venue_still_works_on_is_waited_for_and_not_cancelled() -> None:
    desk = Desk()
    answers = iter([OrderStatus.ACKNOWLEDGED, OrderStatus.ACKNOWLEDGED, OrderStatus.FILLED])
    plan = a_plan()
    meant = desk.build(plan, plan.reductions[0], Fresh(held=Decimal(10), mark_price=Decimal(100)), 0, 1)
    assert isinstance(meant, Intent)

    async def find(intent: Intent) -> Receipt | None:
        return receipt(intent, next(answers), number="7")

    desk.venue.find = find  # type: ignore[method-assign]  # a venue that takes its time
    assert desk.resolve(meant).status is OrderStatus.FILLED
    assert desk.venue.history == []
