"""Helpers of the judge's tests: run a series of values through the life cycle, and tell its story."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from riskd.judge.lifecycle import MAX_GAP_SECONDS, step
from riskd.judge.transition import Transition
from riskd.model.alert import AlertState
from riskd.policy.rule import Rule

START = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def run(
    rule: Rule,
    values: Sequence[float | None],
    *,
    every: float = 30.0,
    state: AlertState | None = None,
    first_at: float = 0.0,
    max_gap_seconds: float = MAX_GAP_SECONDS,
) -> tuple[list[AlertState], list[Transition]]:
    """The state after each value, and all transitions in order."""
    times = [first_at + every * number for number in range(len(values))]
    return run_at(rule, list(zip(times, values, strict=True)), state=state, max_gap_seconds=max_gap_seconds)


def run_at(
    rule: Rule,
    ticks: Sequence[tuple[float, float | None]],
    *,
    state: AlertState | None = None,
    max_gap_seconds: float = MAX_GAP_SECONDS,
) -> tuple[list[AlertState], list[Transition]]:
    """The same, with the seconds of each value."""
    now = state or AlertState()
    states: list[AlertState] = []
    told: list[Transition] = []
    for seconds, value in ticks:
        now, changes = step(
            now,
            at=at(seconds),
            value=value,
            thresholds=rule.limit.thresholds,
            rule=rule,
            max_gap_seconds=max_gap_seconds,
        )
        states.append(now)
        told.extend(changes)
    return states, told


def kinds(told: Sequence[Transition]) -> list[str]:
    return [transition.kind.value for transition in told]
