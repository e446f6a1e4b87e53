"""Runs the tests inside a policy: a series of values through the very state machine that judges the live book.

The state is written to JSON and read back before every tick, so that each test is a test of restarting too. Expectations
are exact, the set of actions is exact, and a policy without tests does not pass.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from riskd.errors import Problem
from riskd.judge.lifecycle import MAX_GAP_SECONDS, Stepped, gone, step
from riskd.judge.state_text import state_from_json, state_to_json
from riskd.judge.transition import Reason, Transition
from riskd.measure.spec import Unit
from riskd.model.alert import AlertState, Condition, EventKind
from riskd.policy.bundle import Expectation, Policy, SeriesTest
from riskd.policy.rule import ActionKind, Mark, Rule
from riskd.policy.thresholds import thresholds
from riskd.policy.units import show

GONE = "gone"

_ASKING = frozenset({EventKind.FIRED, EventKind.ESCALATED})
_FIRING = frozenset({Condition.FIRING, Condition.CLEARING})


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """What came of one test.

    Attributes:
        name: Of the test.
        rule: ``policy/rule``, as the test names it.
        ticks: How many values went through the state machine.
        problems: Everything that differed from what the test expects; empty when it passed.
    """

    __test__ = False  # not a class of tests, whatever pytest makes of its name

    name: str
    rule: str
    ticks: int
    problems: tuple[Problem, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing differed."""
        return not self.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A test after its last tick.

    Attributes:
        states: After each tick.
        told: All transitions, in order.
    """

    states: tuple[AlertState, ...]
    told: tuple[Transition, ...]


def rehearse(policy: Policy) -> tuple[TestResult, ...]:
    """The result of every test of a policy; one failing result when it has none."""
    if not policy.tests:
        mark = Mark(file=policy.file, line=1, column=1)
        empty = _problem(mark, "T001", "the policy has no tests", "write at least one under `tests:`")
        return (TestResult(name="(no tests)", rule="", ticks=0, problems=(empty,)),)
    return tuple(_rehearsed(policy, test) for test in policy.tests)


def _rehearsed(policy: Policy, test: SeriesTest) -> TestResult:
    rule = next((r for r in policy.rules if r.id in {test.rule, f"{policy.name}/{test.rule}"}), None)
    if rule is None:
        known = ", ".join(known.id for known in policy.rules)
        problems = [_problem(test.mark, "T002", f"no rule {test.rule!r}", f"name one of {known}")]
        return TestResult(name=test.name, rule=test.rule, ticks=0, problems=tuple(problems))
    run = _run(rule, test)
    problems = [problem for line in test.expect for problem in _compared(rule, test, run, line)]
    problems += _compared_actions(rule, test, run)
    if not test.expect and test.actions is None:
        problems.append(
            _problem(
                test.mark,
                "T003",
                "the test expects nothing",
                "say what `is` so at some time, or which `actions`",
            )
        )
    return TestResult(name=test.name, rule=rule.id, ticks=len(run.states), problems=tuple(problems))


def _run(rule: Rule, test: SeriesTest) -> _Run:
    state, states, told = AlertState(), list[AlertState](), list[Transition]()
    for number in range(len(test.series)):
        restored = state_from_json(json.loads(json.dumps(state_to_json(state))))
        state, changes = _tick(rule, test, number, restored)
        states.append(state)
        told.extend(changes)
    return _Run(states=tuple(states), told=tuple(told))


def _tick(rule: Rule, test: SeriesTest, number: int, state: AlertState) -> Stepped:
    at = _start(test) + timedelta(seconds=number * test.every_seconds)
    seen = test.series[number]
    if seen == GONE:
        return gone(state, at=at, reason=Reason.SUBJECT_CLOSED)
    value = None if seen is None else float(seen)
    held = thresholds(rule, now=at, by_value=test.by)
    # A test may look once an hour; then an hour between two values is no gap in its data.
    max_gap = max(MAX_GAP_SECONDS, 2 * test.every_seconds)
    return step(state, at=at, value=value, thresholds=held, rule=rule, max_gap_seconds=max_gap)


def _start(test: SeriesTest) -> datetime:
    start = datetime.fromisoformat(test.start)
    return start if start.tzinfo is not None else start.replace(tzinfo=UTC)


def _compared(rule: Rule, test: SeriesTest, run: _Run, line: Expectation) -> list[Problem]:
    number = round(line.at_seconds / test.every_seconds)
    if number >= len(run.states) or abs(number * test.every_seconds - line.at_seconds) > 1e-6:
        last = _time((len(run.states) - 1) * test.every_seconds)
        what = f"there is no tick at {_time(line.at_seconds)}"
        cure = f"there is one every {_time(test.every_seconds)} from 0s to {last}"
        return [_problem(line.mark, "T004", what, cure)]
    state = run.states[number]
    same = (
        state.condition.value == line.condition
        and line.level in {None, state.level}
        and line.unknown in {None, state.unknown}
    )
    if same:
        return []
    found = f"at {_time(line.at_seconds)} expected {_wanted(line)}, found {_found(state)}"
    return [_problem(line.mark, "T005", found, f"the value there was {_value(rule, test, number)}")]


def _compared_actions(rule: Rule, test: SeriesTest, run: _Run) -> list[Problem]:
    if test.actions is None:
        return []
    asked = {
        action.kind.value
        for transition in run.told
        if transition.kind in _ASKING
        for action in rule.actions_at(transition.level_after)
        if action.kind is not ActionKind.NOTIFY
    }
    if asked == set(test.actions):
        return []
    what = f"expected the actions {_listed(set(test.actions))}, found {_listed(asked)}"
    return [
        _problem(test.mark, "T006", what, "the set is exact: every level that fired asks for its own list")
    ]


def _wanted(line: Expectation) -> str:
    level = f" {line.level.name.lower()}" if line.level is not None else ""
    known = {None: "", True: ", unknown", False: ", known"}[line.unknown]
    return f"{line.condition}{level}{known}"


def _found(state: AlertState) -> str:
    level = f" {state.level.name.lower()}" if state.condition in _FIRING else ""
    return f"{state.condition.value}{level}{', unknown' if state.unknown else ''}"


def _value(rule: Rule, test: SeriesTest, number: int) -> str:
    seen = test.series[number]
    if seen is None:
        return "missing"
    return show(seen, rule.unit) if isinstance(seen, float) else str(seen)


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _time(seconds: float) -> str:
    return show(seconds, Unit.DURATION)


def _problem(mark: Mark, code: str, what: str, cure: str) -> Problem:
    return Problem(file=mark.file, line=mark.line, column=mark.column, code=code, what=what, cure=cure)
