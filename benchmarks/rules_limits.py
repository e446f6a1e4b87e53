"""The 22 rules of ``benchmarks.rules``: what is measured, per what, and the three limits."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from riskd.measure.catalogue import CATALOGUE, with_defaults
from riskd.measure.spec import MeasureRef
from riskd.model.arrays import FloatArray
from riskd.model.desk import Mode
from riskd.model.subject import Grain
from riskd.model.verdict import Level
from riskd.policy.rule import Bound, Guard, Limit, Mark, MissingThen, Rule, Selector, Thresholds

DAY = 86_400.0
# (measure, grain, parameters, warn, breach, critical); the sign says which side is bad.
RULES: tuple[tuple[str, Grain, tuple[tuple[str, float], ...], float, float, float], ...] = (
    ("leverage", Grain.ACCOUNT, (), 2.0, 3.0, 5.0),
    ("leverage", Grain.STRATEGY, (), 0.5, 1.0, 2.0),
    ("leverage", Grain.PORTFOLIO, (), 2.0, 3.0, 5.0),
    ("position_leverage", Grain.POSITION, (), 5.0, 10.0, 20.0),
    ("share_of_equity", Grain.POSITION, (), 0.2, 0.3, 0.5),
    ("share_of_equity", Grain.ASSET, (), 0.2, 0.3, 0.5),
    ("share_of_gross", Grain.ASSET, (), 0.1, 0.2, 0.4),
    ("share_of_gross", Grain.EXCHANGE, (), 0.5, 0.6, 0.7),
    ("equity_at_venue", Grain.EXCHANGE, (), 0.4, 0.5, 0.7),
    ("net_delta", Grain.ACCOUNT, (), 0.5, 1.0, 1.5),
    ("net_delta", Grain.ASSET, (), 0.1, 0.2, 0.3),
    ("margin_ratio", Grain.ACCOUNT, (), 0.02, 0.05, 0.1),
    ("liquidation_distance", Grain.POSITION, (), -0.3, -0.2, -0.1),
    ("risk_per_trade", Grain.POSITION, (), 0.01, 0.02, 0.04),
    ("open_risk", Grain.ACCOUNT, (), 0.06, 0.1, 0.15),
    ("stop_coverage", Grain.POSITION, (), -1.0, -0.99, -0.5),
    ("stop_distance", Grain.POSITION, (), 0.04, 0.06, 0.08),
    ("funding_rate", Grain.POSITION, (), 0.00003, 0.0001, 0.0003),
    ("holding_time", Grain.POSITION, (), 5 * DAY, 10 * DAY, 14 * DAY),
    ("drawdown", Grain.ACCOUNT, (("window", 10 * DAY),), 0.02, 0.05, 0.1),
    ("loss_today", Grain.ACCOUNT, (), 0.01, 0.02, 0.05),
    ("data_age", Grain.ACCOUNT, (), 30.0, 60.0, 180.0),
)
REFS = tuple((with_defaults(MeasureRef(name, parameters)), grain) for name, grain, parameters, *_ in RULES)
# Warn, breach and critical of each rule, by its measure and grain.
LIMITS = {f"{name} {grain}": (warn, breach, critical) for name, grain, _, warn, breach, critical in RULES}
Levels = npt.NDArray[np.int8]
# Values and levels of each rule, one a subject.
Answer = dict[str, tuple[FloatArray, Levels]]


def judged(values: dict[str, FloatArray]) -> Answer:
    """The values with their levels."""
    return {name: (found, levels(name, found)) for name, found in values.items()}


def levels(rule: str, values: FloatArray) -> Levels:
    """0 to 3. Negative bounds are minima: there the value is bad below."""
    warn, breach, critical = LIMITS[rule]
    signed = -values if warn < 0.0 else values
    found = (signed > warn).view(np.int8)
    found += signed > breach
    found += signed > critical
    return found


def _compiled(number: int) -> Rule:
    """A rule as a policy would be compiled to it."""
    (ref, grain), (*_, warn, breach, critical) = REFS[number], RULES[number]
    lowest = warn < 0.0
    limits = zip((Level.WARN, Level.BREACH, Level.CRITICAL), (warn, breach, critical), strict=True)
    edges = tuple(
        (level, -edge if lowest else -math.inf, math.inf if lowest else edge) for level, edge in limits
    )
    return Rule(
        id=f"benchmark/{ref.name}-{grain}",
        policy="benchmark",
        title=ref.name,
        why="",
        measure=ref,
        unit=CATALOGUE[ref.name].unit,
        grain=grain,
        where=Selector(),
        limit=Limit(Bound.MIN if lowest else Bound.MAX, Thresholds(edges)),
        during=(),
        hold_seconds=(),
        clear_margin=0.0,
        clear_seconds=0.0,
        missing_hold_seconds=120.0,
        missing_then=MissingThen.ALERT,
        actions=(),
        mode=Mode.OBSERVE,
        guard=Guard(),
        mark=Mark(file="benchmark", line=1, column=1),
    )


COMPILED = tuple(_compiled(number) for number in range(len(RULES)))
