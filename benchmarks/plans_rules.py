"""The rules that random accounts of ``benchmarks.plans`` break, and what they ask for."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from riskd.act.demand import Demand
from riskd.judge.evaluate import evaluate
from riskd.measure.book.book import Book
from riskd.measure.catalogue import CATALOGUE, with_defaults
from riskd.measure.spec import MeasureRef
from riskd.model.desk import Mode
from riskd.model.subject import Grain
from riskd.model.verdict import Level
from riskd.policy.rule import (
    Action,
    ActionKind,
    Bound,
    Guard,
    Limit,
    Mark,
    MissingThen,
    Rule,
    Selector,
    Thresholds,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
_MARK = Mark(file="benchmarks/plans.yaml", line=1, column=1)


def demands_of(book: Book, rules: tuple[Rule, ...]) -> tuple[Demand, ...]:
    """What the rules ask for that are beyond a level with an action, worst first."""
    found = [
        Demand(rule=reading.rule, subject=reading.subjects[row], action=action, level=Level(level), episode=1)
        for reading in evaluate(rules, book, now=NOW)
        for row, level in enumerate(reading.levels.tolist())
        if level > 0
        for action in reading.rule.actions_at(Level(level))
        if action.kind is ActionKind.DELEVERAGE
    ]
    return tuple(sorted(found, key=lambda demand: -demand.level))


def some_rules(positions: int) -> tuple[Rule, ...]:
    """Rules that ask for a reduction, and rules that only must not be pushed."""
    high, low = -np.inf, np.inf
    share = max(0.5, 6.0 / positions)
    return (
        a_rule("liquidation", "liquidation_distance", Grain.POSITION, Bound.MIN, 0.10, low, Level.CRITICAL),
        a_rule("margin", "margin_ratio", Grain.ACCOUNT, Bound.MAX, high, 0.12, Level.CRITICAL),
        a_rule("shock", "account_shock", Grain.ACCOUNT, Bound.MIN, 0.08, low, Level.CRITICAL),
        a_rule("leverage", "leverage", Grain.ACCOUNT, Bound.MAX, high, 5.0, Level.BREACH),
        a_rule("bet", "share_of_equity", Grain.ASSET, Bound.MAX, high, share, Level.BREACH),
        a_rule("delta", "net_delta", Grain.ACCOUNT, Bound.BAND, -4.5, 4.5, Level.WARN),
        a_rule("concentration", "share_of_gross", Grain.ASSET, Bound.MAX, high, 0.9, Level.WARN),
        a_rule("imbalance", "net_delta", Grain.HEDGE, Bound.BAND, -0.5, 0.5, Level.WARN),
    )


def a_rule(
    name: str, measure: str, grain: Grain, bound: Bound, low: float, high: float, level: Level
) -> Rule:
    """A rule with one level that asks to come back to within it, with 5 % to spare; at the level WARN it asks for nothing."""
    asks = Action(kind=ActionKind.DELEVERAGE if level > Level.WARN else ActionKind.NOTIFY)
    return Rule(
        id=f"benchmark/{name}",
        policy="benchmark",
        title=name,
        why="",
        measure=with_defaults(MeasureRef(measure)),
        unit=CATALOGUE[measure].unit,
        grain=grain,
        where=Selector(),
        limit=Limit(bound, Thresholds(((level, low, high),))),
        during=(),
        hold_seconds=(),
        clear_margin=0.05,
        clear_seconds=0.0,
        missing_hold_seconds=60.0,
        missing_then=MissingThen.ALERT,
        actions=((level, (asks,)),),
        mode=Mode.ENFORCE,
        guard=Guard(),
        mark=_MARK,
    )
