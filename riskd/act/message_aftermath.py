"""What an account measures after a plan, read again from the venue: the last word on whether the plan did its work."""

from __future__ import annotations

import math
from datetime import datetime

from riskd.act.message import clock_words
from riskd.act.message_plan import alert_of
from riskd.measure.spec import Unit
from riskd.model.message import Message, MessageKind
from riskd.model.order import Plan
from riskd.model.verdict import Level
from riskd.policy.text.units import show


def aftermath_message(plan: Plan, *, value: float, level: str, at: datetime) -> Message:
    """The measured value beside what the plan promised.

    Args:
        plan: It has ended.
        value: Of the rule that led it, measured on positions that were read after its last order; NaN: unknown.
        level: Where that stands, in words.
        at: Of the snapshot.
    """
    effect = next(
        (each for each in plan.effects if (each.rule, each.subject) == (plan.rule, plan.subject)), None
    )
    unit = Unit(effect.unit) if effect is not None else None
    found = "" if math.isnan(value) or unit is None else f" {show(value, unit)},"
    meant = (
        ""
        if unit is None or math.isnan(plan.value_after)
        else f"; the plan meant {show(plan.value_after, unit)}"
    )
    return Message(
        key=f"aftermath|{plan.id}",
        kind=MessageKind.EXECUTION,
        level=Level.OK,
        thread=alert_of(plan),
        edits_root=False,
        headline=f"READ AGAIN after plan {plan.id} on {plan.account}: {plan.rule}{found} {level}{meant}",
        fields=(("At", clock_words(at)),),
    )
