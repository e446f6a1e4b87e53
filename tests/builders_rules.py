"""Builders of compiled rules for tests: say what matters, the rest is sensible.

rule = a_rule(at_most(warn=4, breach=5, critical=6), hold=60, clear_margin=0.05, clear_for=300)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from riskd.measure.spec import MeasureRef, Unit
from riskd.model.desk import Mode
from riskd.model.subject import Grain, Subject, account_subject
from riskd.model.verdict import Level
from riskd.policy.bundle import Expectation, Policy, SeriesTest
from riskd.policy.rule import (
    Action,
    ActionKind,
    Approval,
    Bound,
    Guard,
    Limit,
    Mark,
    MissingThen,
    Rule,
    Selector,
    Step,
    Thresholds,
)
from riskd.policy.waiver import Waiver

LEVELS: Mapping[str, Level] = {"warn": Level.WARN, "breach": Level.BREACH, "critical": Level.CRITICAL}
A_MARK = Mark(file="policies/test.yaml", line=1, column=1)
NOTIFY = Action(kind=ActionKind.NOTIFY)


def at_most(**limits: float) -> Limit:
    """Bad above: ``at_most(warn=4, breach=5)``."""
    return Limit(
        Bound.MAX, Thresholds(tuple((LEVELS[name], -math.inf, high) for name, high in limits.items()))
    )


def at_least(**limits: float) -> Limit:
    """Bad below: ``at_least(warn=0.2, breach=0.12)``."""
    return Limit(Bound.MIN, Thresholds(tuple((LEVELS[name], low, math.inf) for name, low in limits.items())))


def within(**limits: tuple[float, float]) -> Limit:
    """Bad outside: ``within(breach=(0.95, 1.05))``."""
    return Limit(
        Bound.BAND, Thresholds(tuple((LEVELS[name], low, high) for name, (low, high) in limits.items()))
    )


def a_ladder(by: MeasureRef, *steps: tuple[float, Mapping[str, float]]) -> Limit:
    """Bad above, by size: ``a_ladder(by, (0.05, {"breach": 20}), (math.inf, {"breach": 3}))``."""
    rungs = tuple(Step(upto, _thresholds(at_most(**limits))) for upto, limits in steps)
    return Limit(Bound.MAX, by=by, steps=rungs)


def a_rule(
    limit: Limit | None = None,
    *,
    hold: float | Mapping[str, float] = 0.0,
    clear_margin: float = 0.0,
    clear_for: float = 0.0,
    missing_hold: float = 120.0,
    missing_then: MissingThen = MissingThen.ALERT,
    actions: Mapping[str, Sequence[Action]] | None = None,
    measure: str = "leverage",
    parameters: tuple[tuple[str, float], ...] = (),
    **changes: object,
) -> Rule:
    """A rule on the leverage of every account: at most 4x warn, 5x breach, 6x critical, at once, unless told otherwise."""
    holds = hold if isinstance(hold, Mapping) else dict.fromkeys(LEVELS, hold)
    listed = actions or dict.fromkeys(LEVELS, (NOTIFY,))
    rule = Rule(
        id="test/leverage",
        policy="test",
        title="Account leverage cap",
        why="",
        measure=MeasureRef(measure, parameters),
        unit=Unit.MULTIPLE,
        grain=Grain.ACCOUNT,
        where=Selector(),
        limit=limit or at_most(warn=4, breach=5, critical=6),
        during=(),
        hold_seconds=tuple((LEVELS[name], float(seconds)) for name, seconds in holds.items()),
        clear_margin=clear_margin,
        clear_seconds=clear_for,
        missing_hold_seconds=missing_hold,
        missing_then=missing_then,
        actions=tuple((LEVELS[name], tuple(doing)) for name, doing in listed.items()),
        mode=Mode.ENFORCE,
        guard=Guard(),
        mark=A_MARK,
    )
    return replace(rule, **changes)  # type: ignore[arg-type]  # names are checked by replace


def deleverage(
    to: float | None = None, *, max_step: float = 1.0, approval: Approval = Approval.AUTO
) -> Action:
    """An action that reduces to ``to``, or to the clear level."""
    return Action(kind=ActionKind.DELEVERAGE, to=to, max_step=max_step, approval=approval)


def close(*, max_step: float = 1.0, approval: Approval = Approval.AUTO) -> Action:
    """An action that closes the subject's positions."""
    return Action(kind=ActionKind.CLOSE, max_step=max_step, approval=approval)


def a_series_test(
    rule: str,
    series: Sequence[float | str | None],
    *expect: tuple[float, str] | tuple[float, str, str],
    name: str = "a test",
    every: float = 60.0,
    start: str = "2026-03-04T12:00:00Z",
    by: float | None = None,
    actions: tuple[str, ...] | None = None,
) -> SeriesTest:
    """A series test; expectations are ``(seconds, condition)`` or ``(seconds, condition, level)``."""
    return SeriesTest(
        name=name,
        rule=rule,
        start=start,
        every_seconds=every,
        series=tuple(series),
        by=None if by is None else (by,) * len(series),
        expect=tuple(
            Expectation(
                at_seconds=line[0],
                condition=line[1],
                level=LEVELS[line[2]] if len(line) == 3 else None,
                unknown=None,
                mark=A_MARK,
            )
            for line in expect
        ),
        actions=actions,
        mark=A_MARK,
    )


def a_policy(*rules: Rule, tests: Sequence[SeriesTest] = (), name: str = "test") -> Policy:
    """A policy of these rules and tests."""
    return Policy(
        name=name,
        title="A policy for tests",
        owner="tests",
        version="1.0.0",
        mode=Mode.ENFORCE,
        rules=rules,
        tests=tuple(tests),
        hash="0" * 64,
        file=A_MARK.file,
    )


def a_waiver(
    limit: Limit | None,
    *,
    rule: str = "test/leverage",
    subject: Subject | None = None,
    from_at: datetime = datetime(2026, 3, 2, tzinfo=UTC),
    until_at: datetime = datetime(2026, 3, 9, tzinfo=UTC),
    id: str = "W-1",
) -> Waiver:
    """A waiver of the account ``main`` for the first week of March; None: the rule is suspended."""
    return Waiver(
        id=id,
        rule=rule,
        subject=subject or account_subject("main"),
        limit=None if limit is None else _thresholds(limit),
        from_at=from_at,
        until_at=until_at,
        requested_by="m.ito",
        approved_by="role:cro/a.lind",
        reason="The trade is moved between venues.",
        ticket="RISK-311",
        mark=A_MARK,
    )


def _thresholds(limit: Limit) -> Thresholds:
    assert limit.thresholds is not None
    return limit.thresholds
