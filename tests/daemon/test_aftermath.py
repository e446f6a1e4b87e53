"""The last word on a plan is measured on what was read after it: positions, and the orders that it placed and cancelled."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from riskd.daemon.aftermath import Aftermath
from riskd.execution import PlanResult
from riskd.model.message import Message
from riskd.model.order import PlanState
from riskd.model.report import Surface
from tests.builders import NOW
from tests.daemon.control.one_cycle import one_cycle
from tests.fakes.clock import ManualClock
from tests.record.builder import a_plan, a_receipt

SEEN = (Surface.POSITIONS, Surface.ORDERS, Surface.CONDITIONAL_ORDERS)


def told(*read_afterwards: Surface) -> list[Message]:
    """What is said in a cycle in which only these were read after the plan."""
    said: list[Message] = []
    aftermath = Aftermath(say=said.append, clock=ManualClock(NOW))
    aftermath.after_plan(PlanResult(plan=a_plan(), state=PlanState.DONE, reason="", receipts=(a_receipt(),)))
    result = one_cycle()
    surfaces = tuple(
        replace(state, observed_at=NOW + timedelta(seconds=1 if state.surface in read_afterwards else -1))
        for state in result.snapshot.surfaces
    )
    aftermath.after_cycle(replace(result, snapshot=replace(result.snapshot, surfaces=surfaces)))
    return said


def test_it_is_told_once_everything_was_read_again() -> None:
    [message] = told(*SEEN)
    assert message.headline.startswith("READ AGAIN after plan plan-1 on main: test/leverage")


@pytest.mark.parametrize("old", SEEN)
def test_it_waits_for_what_was_read_before(old: Surface) -> None:
    assert told(*(surface for surface in SEEN if surface is not old)) == []
