"""All alerts one step on: only subjects that are not ok, or about which something was going on, are touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from riskd.judge.lifecycle import MAX_GAP_SECONDS, Stepped, Waived, gone, is_resting, step
from riskd.judge.reading import UNKNOWN, Reading
from riskd.judge.transition import Reason
from riskd.model.alert import AlertEvent, AlertKey, AlertState, Condition
from riskd.model.subject import Subject

_NEW = AlertState()

SCOPE_NOT_SEEN = "what decides whether the rule still covers the subject was not seen"
NO_LONGER_SEEN = "the subject is absent from the snapshot, and nothing proves that it was closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """The alerts after one snapshot.

    Attributes:
        states: Every state there is. A state whose alert has ended is kept: its episode and version count on.
        events: What changed, in the order of the rules and of their subjects.
        changed: Keys whose state is another than before, for whoever stores states.
        unknown: Which input was missing, for subjects that could not be judged and of which there is an event.
    """

    states: dict[AlertKey, AlertState]
    events: tuple[AlertEvent, ...]
    changed: tuple[AlertKey, ...]
    unknown: dict[AlertKey, str]


def advance(
    readings: Sequence[Reading],
    states: Mapping[AlertKey, AlertState],
    *,
    now: datetime,
    closed: Callable[[Subject], bool],
    changed: frozenset[str] = frozenset(),
    max_gap_seconds: float = MAX_GAP_SECONDS,
) -> Advance:
    """What all alerts become under the readings of one snapshot.

    Args:
        readings: Of every rule in force. An alert of a rule that has no reading ends: its rule was removed.
        states: As they were after the snapshot before.
        now: The moment of judging.
        closed: Whether the snapshot proves that a subject which it does not hold was closed. Absence alone is
            missing data.
        changed: Rules that ask otherwise than when the states were made. Their alerts go on, but one that fires and is
            within the new limit ends: it is not the book that came back.
        max_gap_seconds: A longer time since the last value does not count towards any timer.
    """
    step_on = _Step(states=states, now=now, closed=closed, changed=changed, max_gap_seconds=max_gap_seconds)
    lively = _lively(states)
    for reading in readings:
        step_on.read(reading, lively.pop(reading.rule.id, {}))
    for rule, subjects in lively.items():
        for subject in subjects:
            step_on.end(AlertKey(rule=rule, subject=subject), Reason.RULE_REMOVED)
    return step_on.result()


def _lively(states: Mapping[AlertKey, AlertState]) -> dict[str, dict[Subject, AlertState]]:
    """States that a healthy or absent value would change, by rule and subject."""
    lively: dict[str, dict[Subject, AlertState]] = {}
    for key, state in states.items():
        if not is_resting(state):
            lively.setdefault(key.rule, {})[key.subject] = state
    return lively


@dataclass(slots=True, kw_only=True)
class _Step:
    """One step of all alerts, as it grows."""

    states: Mapping[AlertKey, AlertState]
    now: datetime
    closed: Callable[[Subject], bool]
    changed: frozenset[str]
    max_gap_seconds: float
    turned: dict[AlertKey, AlertState] = field(default_factory=dict)
    events: list[AlertEvent] = field(default_factory=list)
    unknown: dict[AlertKey, str] = field(default_factory=dict)

    def read(self, reading: Reading, lively: dict[Subject, AlertState]) -> None:
        """One rule: its subjects that are not ok, then those about which something was going on."""
        for row in _notable(reading):
            subject = reading.subject(row)
            lively.pop(subject, None)
            self._step(reading, row, subject)
        for subject, state in lively.items():
            place = reading.row_of(subject)
            if place is None:
                self._absent(reading, subject)
            elif reading.rule.id in self.changed and state.condition is Condition.FIRING:
                self.end(AlertKey(rule=reading.rule.id, subject=subject), Reason.RULE_CHANGED)
            else:
                self._step(reading, place, subject)

    def end(self, key: AlertKey, reason: Reason) -> None:
        """The alert is over, whatever its value would be."""
        self._turn(key, gone(self.states[key], at=self.now, reason=reason))

    def result(self) -> Advance:
        """Everything together."""
        changed = tuple(key for key, state in self.turned.items() if self.states.get(key) != state)
        return Advance(
            states={**self.states, **self.turned},
            events=tuple(self.events),
            changed=changed,
            unknown=self.unknown,
        )

    def _step(self, reading: Reading, row: int, subject: Subject) -> None:
        key = AlertKey(rule=reading.rule.id, subject=subject)
        stepped = step(
            self.states.get(key, _NEW),
            at=self.now,
            value=float(reading.values[row]),
            thresholds=reading.thresholds(row),
            rule=reading.rule,
            waived=_waived(reading, row),
            max_gap_seconds=self.max_gap_seconds,
        )
        self._turn(key, stepped)
        if stepped[1] and reading.levels[row] == UNKNOWN:
            self.unknown[key] = reading.why(row)

    def _absent(self, reading: Reading, subject: Subject) -> None:
        """The rule has no value for the subject: closed, no longer covered, or simply not seen."""
        key = AlertKey(rule=reading.rule.id, subject=subject)
        if reading.released(subject):
            self.end(key, Reason.NOT_COVERED)
        elif not reading.holds(subject) and self.closed(subject):
            self.end(key, Reason.SUBJECT_CLOSED)
        else:
            stepped = step(self.states[key], at=self.now, value=None, thresholds=None, rule=reading.rule)
            self._turn(key, stepped)
            if stepped[1]:
                self.unknown[key] = SCOPE_NOT_SEEN if reading.holds(subject) else NO_LONGER_SEEN

    def _turn(self, key: AlertKey, stepped: Stepped) -> None:
        state, transitions = stepped
        self.turned[key] = state
        self.events.extend(transition.event(key) for transition in transitions)


def _notable(reading: Reading) -> list[int]:
    """Rows that are not ok, or that only a waiver keeps ok: the timers of their normal limits go on."""
    rows: list[int] = np.flatnonzero(reading.levels).tolist()
    waived = [row for row in reading.excused if reading.is_waived(row)]
    return sorted({*rows, *waived}) if waived else rows


def _waived(reading: Reading, row: int) -> Waived | None:
    excused = reading.excused.get(row)
    return None if excused is None else Waived(waiver=excused.waiver.id, normal=excused.normal)
