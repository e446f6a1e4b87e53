"""What would be done at a venue without a person, of the book as it is: what the gate of a reload asks.

An order is a reduction, a cancellation or a stop: whatever riskd does with a key that may trade. It is due where its
level fires, and where its value is beyond the limit and only the rule's `for` has to pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from riskd.cycle import wanted
from riskd.judge.reading import Reading
from riskd.model.alert import AlertKey, AlertState
from riskd.model.desk import Mode
from riskd.model.subject import Subject
from riskd.model.verdict import Level
from riskd.policy.change.actions import does_more
from riskd.policy.rule import SENDS_ORDERS, Action, Approval, Rule

Order = tuple[str, Subject, str]
"""Rule, subject and action."""


@dataclass(frozen=True, slots=True)
class Due:
    """How an order comes to be asked for.

    Attributes:
        waits_seconds: How long the value must stay beyond the limit; 0: it is asked for now.
        low: The limit of the level that asks, where values below are bad.
        high: Where values above are.
        rule: The rule that asks.
        action: What it asks for: of two levels one may do more than the other.
    """

    waits_seconds: float
    low: float
    high: float
    rule: Rule
    action: Action

    def goes_beyond(self, before: Due) -> bool:
        """Whether it would be asked for sooner than before, or by a tighter limit, or would itself do more.

        A tighter limit makes an order larger, or lets it be asked for longer.
        """
        is_tighter = self.low > before.low or self.high < before.high
        return (
            self.waits_seconds < before.waits_seconds
            or is_tighter
            or does_more(before.action, self.action, self.rule)
        )


def orders_due(
    readings: Sequence[Reading], states: Mapping[AlertKey, AlertState]
) -> Mapping[Order, tuple[Due, ...]]:
    """The orders that the alerts ask for, or will, in modes and with approvals that need no person."""
    found: dict[Order, list[Due]] = {}
    for order, due in (*_asked(readings, states), *_to_come(readings)):
        found.setdefault(order, []).append(due)
    return {order: tuple(dues) for order, dues in found.items()}


def orders_beyond(
    new: Mapping[Order, tuple[Due, ...]], old: Mapping[Order, tuple[Due, ...]]
) -> tuple[Order, ...]:
    """The orders that are due under the new policies and not under the old, or later there, or by a wider limit."""
    return tuple(
        order
        for order, dues in new.items()
        if any(all(due.goes_beyond(before) for before in old.get(order, ())) for due in dues)
    )


def _asked(readings: Sequence[Reading], states: Mapping[AlertKey, AlertState]) -> Iterable[tuple[Order, Due]]:
    by_rule = {reading.rule.id: reading for reading in readings}
    for demand in wanted(readings, states):
        rule, action = demand.rule, demand.action
        row = by_rule[rule.id].row_of(demand.subject)
        assert row is not None, "an order is asked for by a row of its rule"
        if _is_automatic(rule, action):
            yield _order(rule, demand.subject, action), _due(by_rule[rule.id], row, demand.level, action, 0.0)


def _to_come(readings: Sequence[Reading]) -> Iterable[tuple[Order, Due]]:
    """Of every value beyond a limit, the orders of each level that it is beyond."""
    for reading in readings:
        rule = reading.rule
        for row in np.flatnonzero(reading.levels > 0).tolist():
            for level in (each for each in Level if Level.OK < each <= reading.levels[row]):
                for action in rule.actions_at(level):
                    if _is_automatic(rule, action):
                        order = _order(rule, reading.subject(row), action)
                        yield order, _due(reading, row, level, action, rule.hold(level))


def _is_automatic(rule: Rule, action: Action) -> bool:
    sends = action.kind in SENDS_ORDERS and action.approval is Approval.AUTO
    return sends and rule.mode is Mode.ENFORCE


def _order(rule: Rule, subject: Subject, action: Action) -> Order:
    return rule.id, subject, action.kind.value


def _due(reading: Reading, row: int, level: Level, action: Action, waits_seconds: float) -> Due:
    held = reading.thresholds(row)
    edges = {known: (low, high) for known, low, high in held.levels} if held is not None else {}
    return Due(waits_seconds, *edges.get(level, (-np.inf, np.inf)), reading.rule, action)
