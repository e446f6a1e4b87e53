"""Runs a series test: values through the state machine, with a restart before each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from riskd.errors import Problem
from riskd.judge.lifecycle import MAX_GAP_SECONDS, Stepped, Waived, gone, step
from riskd.judge.rehearse_parts import (
    RuleRun,
    asked_for,
    asks_now,
    in_words,
    level_of,
    problem,
    time_text,
)
from riskd.judge.state_text import state_from_json, state_to_json
from riskd.judge.transition import Reason, Transition
from riskd.judge.waived import waived_limits
from riskd.model.alert import AlertState
from riskd.policy.bundle import Expectation, SeriesTest
from riskd.policy.limits.thresholds import thresholds
from riskd.policy.rule import Rule
from riskd.policy.text.series import GONE
from riskd.policy.text.units import show

_OVERLAYS = {None: "", True: ", unknown", False: ", known"}


@dataclass(frozen=True, slots=True)
class SeriesRehearsal:
    """A series test, ready to be run."""

    test: SeriesTest

    def run(self, rule: Rule) -> RuleRun:
        """The rule after the last tick."""
        state, states, told = AlertState(), list[AlertState](), list[Transition]()
        for number in range(len(self.test.series)):
            restored = state_from_json(json.loads(json.dumps(state_to_json(state))))
            state, changes = self._tick(rule, number, restored)
            states.append(state)
            told.extend(changes)
        problems = (found for line in self.test.expect for found in self._compared(rule, states, line))
        return RuleRun(looks=len(states), asked=asked_for(rule, told), problems=tuple(problems))

    def _tick(self, rule: Rule, number: int, state: AlertState) -> Stepped:
        test = self.test
        at = _start(test) + timedelta(seconds=number * test.every_seconds)
        seen = test.series[number]
        if seen == GONE:
            return gone(state, at=at, reason=Reason.SUBJECT_CLOSED)
        value = None if seen is None else float(seen)
        held = thresholds(rule, now=at, by_value=None if test.by is None else test.by[number])
        waived = None
        if test.waiver is not None and test.waiver.holds(at) and held is not None:
            waived = Waived(waiver=test.waiver.id, normal=held)
            held = waived_limits(test.waiver, held)
        # A test may look once an hour; then an hour between two values is no gap in its data.
        max_gap = max(MAX_GAP_SECONDS, 2 * test.every_seconds)
        return step(
            state,
            at=at,
            value=value,
            thresholds=held,
            rule=rule,
            waived=waived,
            max_gap_seconds=max_gap,
        )

    def _compared(self, rule: Rule, states: list[AlertState], line: Expectation) -> list[Problem]:
        every = self.test.every_seconds
        number = round(line.at_seconds / every)
        if number >= len(states) or abs(number * every - line.at_seconds) > 1e-6:
            what = f"there is no tick at {time_text(line.at_seconds)}"
            cure = f"there is one every {time_text(every)} from 0s to {time_text((len(states) - 1) * every)}"
            return [problem(line.mark, "T004", what, cure)]
        state = states[number]
        asks = asks_now(rule, state)
        same = (
            state.condition.value == line.condition
            and line.level in {None, state.level}
            and line.unknown in {None, state.unknown}
            and (line.actions is None or frozenset(line.actions) == asks)
        )
        if same:
            return []
        asking = None if line.actions is None else asks
        found = in_words(state.condition.value, level_of(state), asking) + _OVERLAYS[state.unknown or None]
        wanted = in_words(line.condition, line.level, line.actions) + _OVERLAYS[line.unknown]
        what = f"at {time_text(line.at_seconds)} expected {wanted}, found {found}"
        return [problem(line.mark, "T005", what, f"the value there was {self._value(rule, number)}")]

    def _value(self, rule: Rule, number: int) -> str:
        seen = self.test.series[number]
        if seen is None:
            return "missing"
        return show(seen, rule.unit) if isinstance(seen, float) else str(seen)


def _start(test: SeriesTest) -> datetime:
    start = datetime.fromisoformat(test.start)
    return start if start.tzinfo is not None else start.replace(tzinfo=UTC)
