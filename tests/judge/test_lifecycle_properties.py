"""What holds for every series of values, with gaps, missing data, NaN and infinities in it."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.judge.crossing import is_known, level_of
from riskd.judge.lifecycle import is_resting, step
from riskd.judge.state_text import state_from_json, state_to_json
from riskd.judge.transition import Transition
from riskd.model.alert import AlertState, Condition, EventKind
from riskd.model.verdict import Level
from riskd.policy.rule import Limit, MissingThen, Rule
from tests.builders_rules import a_rule, at_least, at_most, within
from tests.judge.alert_stories import at
from tests.judge.lifecycle_reference import reference

MAX_GAP = 180.0
SERIES = 3_000
Ticks = list[tuple[float, float | None]]


def test_three_thousand_random_series_agree_with_the_slow_reference() -> None:
    for rule, ticks in _random_cases(SERIES):
        expected = reference(rule, ticks, max_gap=MAX_GAP)
        found = [(s.condition.value, s.level, s.unknown) for s, _ in _steps(rule, ticks)]
        assert found == expected, (rule, ticks)


def test_three_thousand_random_series_keep_the_invariants() -> None:
    for rule, ticks in _random_cases(SERIES):
        before = AlertState()
        for (_, value), (after, told) in zip(ticks, _steps(rule, ticks), strict=True):
            _check_missing_data(rule, before, after, value)
            _check_turns(rule, before, after, told)
            _check_immediate(rule, after, value)
            before = after


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), back=st.integers(1, 10_000))
def test_a_clock_that_is_set_back_never_resolves_and_never_silences_critical(seed: int, back: int) -> None:
    rule, ticks = next(_random_cases(1, seed=seed))
    states = [state for state, _ in _steps(rule, ticks)]
    last = ticks[-1][0] - back
    state, told = step(
        states[-1], at=at(last), value=1e9, thresholds=at_most(critical=6).thresholds, rule=a_rule()
    )
    assert state.level is Level.CRITICAL
    assert EventKind.RESOLVED not in [transition.kind for transition in told]


def _check_missing_data(rule: Rule, before: AlertState, after: AlertState, value: float | None) -> None:
    if value is not None and is_known(value):
        assert after.missing_since is None
        assert not after.unknown
        return
    assert after.level >= before.level
    raised = after.level > before.level
    assert not raised or rule.missing_then is MissingThen.BREACH
    assert raised or after.condition is before.condition
    assert after.crossed_at == before.crossed_at


def _check_turns(rule: Rule, before: AlertState, after: AlertState, told: tuple[Transition, ...]) -> None:
    assert [t.version for t in told] == list(range(before.version + 1, after.version + 1))
    assert (after.level > before.level) == any(t.kind in _UP for t in told)
    assert (after.level < before.level) == any(t.kind in _DOWN for t in told)
    assert (after.level is Level.OK) == (after.condition in {Condition.OK, Condition.PENDING})
    assert (after.opened_at is None) == (after.level is Level.OK)
    assert (after.clearing_since is None) == (after.condition is not Condition.CLEARING) or told == ()
    for transition in told:
        if transition.kind in _DOWN:
            assert transition.value is not None
            assert _reached(rule, transition.value, rule.clear_margin) <= transition.level_after
        if transition.kind is EventKind.FIRED:
            assert transition.episode == before.episode + 1


def _check_immediate(rule: Rule, after: AlertState, value: float | None) -> None:
    if value is not None and is_known(value) and rule.hold(Level.CRITICAL) == 0.0:
        assert (_reached(rule, value, 0.0) is Level.CRITICAL) <= (after.level is Level.CRITICAL)


_UP = {EventKind.FIRED, EventKind.ESCALATED}
_DOWN = {EventKind.RESOLVED, EventKind.DEESCALATED}


def _reached(rule: Rule, value: float, margin: float) -> Level:
    assert rule.limit.thresholds is not None
    return level_of(rule.limit.bound, rule.limit.thresholds, value, margin=margin)


def _steps(rule: Rule, ticks: Ticks) -> Iterator[tuple[AlertState, tuple[Transition, ...]]]:
    """Every step, each on the state as it is and on the state as a restart reads it: both must agree."""
    state = AlertState()
    for seconds, value in ticks:
        restored = state_from_json(json.loads(json.dumps(state_to_json(state))))
        assert restored == state
        state, told = step(restored, at=at(seconds), value=value, thresholds=rule.limit.thresholds, rule=rule)
        yield state, told


def _random_cases(count: int, seed: int = 20261122) -> Iterator[tuple[Rule, Ticks]]:
    draw = random.Random(seed)
    for _ in range(count):
        yield _random_rule(draw), _random_ticks(draw)


def _random_rule(draw: random.Random) -> Rule:
    limits: tuple[Limit, ...] = (
        at_most(warn=4, breach=5, critical=6),
        at_most(breach=5),
        at_most(warn=0, breach=5),
        at_least(warn=4.5, breach=3.5, critical=2),
        within(warn=(3, 5), breach=(2, 6), critical=(0, 8)),
    )
    return a_rule(
        draw.choice(limits),
        hold={name: draw.choice((0, 0, 30, 60, 100)) for name in ("warn", "breach", "critical")},
        clear_margin=draw.choice((0.0, 0.05, 0.3)),
        clear_for=draw.choice((0, 30, 90, 200)),
        missing_hold=draw.choice((0, 60, 120)),
        missing_then=draw.choice(tuple(MissingThen)),
    )


def _random_ticks(draw: random.Random) -> Ticks:
    """Runs of similar values, so that something is held; now and then a gap, a lost value, an infinity."""
    seconds, ticks, value = 0.0, Ticks(), draw.uniform(0, 9)
    for _ in range(draw.randint(5, 30)):
        seconds += draw.choice((10, 30, 30, 30, 60, 400))
        value = draw.choice((value, value, value, draw.uniform(-1, 9), 4.0, 4.75, 5.0, 6.0))
        odd = draw.random()
        missing = draw.choice((None, math.nan, -math.inf, None))
        seen = missing if odd < 0.2 else math.inf if odd < 0.23 else value
        ticks.append((seconds, seen))
    return ticks


def test_a_resting_state_needs_no_step_on_a_healthy_value() -> None:
    for rule, ticks in _random_cases(300):
        for state, _ in _steps(rule, ticks):
            if is_resting(state):
                healthy = {"max": -1.0, "min": 9.0, "band": 4.0}[rule.limit.bound.value]
                after, told = step(
                    state, at=at(1e6), value=healthy, thresholds=rule.limit.thresholds, rule=rule
                )
                assert told == ()
                assert is_resting(after)
