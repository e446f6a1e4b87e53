"""Which limit one value is beyond. ``policy.limits.thresholds.levels`` says it of whole columns; a test compares the two."""

from __future__ import annotations

import math

from riskd.model.verdict import Level
from riskd.policy.limits.thresholds import inset
from riskd.policy.rule import Bound, Thresholds


def is_known(value: float) -> bool:
    """Whether a number is a measurement: NaN is unknown, and no measure yields -inf."""
    return not math.isnan(value) and value != -math.inf


def level_of(bound: Bound, thresholds: Thresholds, value: float, *, margin: float = 0.0) -> Level:
    """The worst level whose limit ``value`` is beyond; a value exactly at its limit is within it.

    Args:
        bound: Which side of the limit is bad.
        thresholds: The limits; a level without one is never reached.
        value: Not NaN.
        margin: Fraction by which each limit is drawn inwards: with it, the value counts as beyond until it has come
            back inside by that much.
    """
    worst = Level.OK
    for level, low, high in thresholds.levels:
        inner_low, inner_high = inset(bound, low, high, margin)
        too_high = bound is not Bound.MIN and value > inner_high
        too_low = bound is not Bound.MAX and value < inner_low
        if too_high or too_low:
            worst = max(worst, level)
    return worst


def limit_of(bound: Bound, thresholds: Thresholds, level: Level, value: float) -> float | None:
    """The number at which ``level`` begins; the nearer edge of a band; None when the level has no limit."""
    for candidate, low, high in thresholds.levels:
        if candidate is level:
            return nearer_edge(bound, low, high, value)
    return None


def nearer_edge(bound: Bound, low: float, high: float, value: float) -> float:
    """The edge that counts for a value: the only one, or the nearer one of a band."""
    if bound is Bound.BAND:
        return low if abs(value - low) <= abs(value - high) else high
    return high if bound is Bound.MAX else low
