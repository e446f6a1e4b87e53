"""After a plan: the account as it is read again, measured by the rule that asked, and told under the plan."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime

from riskd.act.compose import lists_behind
from riskd.act.message_aftermath import aftermath_message
from riskd.cycle import CycleResult
from riskd.execution import PlanResult
from riskd.judge.reading import UNKNOWN, Reading
from riskd.model.message import Message
from riskd.model.order import Plan
from riskd.model.report import Surface
from riskd.model.verdict import Level
from riskd.ports import Clock


class Aftermath:
    """A listener of the service: it waits for positions that were asked for after the last order of a plan.

    Args:
        say: Makes a message durable and queues it.
    """

    def __init__(self, *, say: Callable[[Message], None], clock: Clock) -> None:
        self._say = say
        self._clock = clock
        self._unseen: dict[str, tuple[Plan, datetime]] = {}

    def after_plan(self, result: PlanResult) -> None:
        """Something was sent: what it did is to be seen."""
        if result.receipts or result.cancelled:
            self._unseen[result.plan.account] = (result.plan, self._clock.now())

    def after_cycle(self, result: CycleResult) -> None:
        """Tell what the rule measures now, once what the plan did can be in the picture."""
        for account, (plan, ended_at) in list(self._unseen.items()):
            state = result.snapshot.state(account, Surface.POSITIONS)
            if state is None or state.observed_at is None or state.observed_at <= ended_at:
                continue
            if lists_behind(result.snapshot, account, ended_at):
                continue  # they lack the stops that were placed, and show what was cancelled
            del self._unseen[account]
            value, level = _measured(result, plan)
            self._say(aftermath_message(plan, value=value, level=level, at=result.snapshot.taken_at))


def _standing(reading: Reading, row: int) -> str:
    number = int(reading.levels[row])
    if number == UNKNOWN:
        return f"unknown: {reading.why(row)}"
    return "within its limit" if number == 0 else f"still {Level(number).name.lower()}"


def _measured(result: CycleResult, plan: Plan) -> tuple[float, str]:
    """The value of the plan's rule on its subject, and where that stands, in words."""
    for reading in result.readings:
        if reading.rule.id != plan.rule:
            continue
        for row, subject in enumerate(reading.subjects):
            if str(subject) == plan.subject:
                return float(reading.values[row]), _standing(reading, row)
        return math.nan, "nothing of it is left"
    return math.nan, "no rule asks for it any more"
