"""The edges of a limit in words."""

from __future__ import annotations

import math

from riskd.measure.spec import Unit
from riskd.policy.rule import Bound
from riskd.policy.text.units import show


def edge_text(bound: Bound, low: float, high: float, unit: Unit) -> str:
    """Where a limit lies: ``5x``, for a band ``-5% to 5%``."""
    match bound:
        case Bound.MAX:
            return show(high, unit)
        case Bound.MIN:
            return show(low, unit)
        case Bound.BAND:
            return f"{show(low, unit)} to {show(high, unit)}"


def beyond_words(bound: Bound, low: float, high: float, unit: Unit) -> str:
    """On which side of a limit a value is bad: ``above 5x``, for a band ``outside -5% to 5%``."""
    edge = edge_text(bound, low, high, unit)
    match bound:
        case Bound.MAX:
            return f"above {edge}"
        case Bound.MIN:
            return f"below {edge}"
        case Bound.BAND:
            return f"outside {edge}"


def step_words(below: float, upto: float, unit: Unit) -> str:
    """Where on a ladder a step holds: ``up to 5%``, and ``above 5%`` for the last one.

    Args:
        below: Where the step before it ends.
        upto: Where it ends; +inf for the last one.
        unit: Of the measure that the ladder goes by.
    """
    return f"above {show(below, unit)}" if math.isinf(upto) else f"up to {show(upto, unit)}"
