"""The worst of many losses: where they begin, and what they are on average. The conventions are always the same."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from riskd.model.arrays import FloatArray

ROUNDING = 1e-9
"""A share of so many losses that is a whole number must not fall below it for the last digit of a float."""


@dataclass(frozen=True, slots=True)
class Tail:
    """The worst losses of a history.

    Attributes:
        value_at_risk: The smallest of them.
        expected_shortfall: Their mean.
    """

    value_at_risk: float
    expected_shortfall: float


def tail(losses: FloatArray, confidence: float) -> Tail:
    """The k worst of n losses, ``k = ⌊(1 - confidence)·n⌋`` and at least 1.

    Of 500 losses at 99 % the value at risk is the 5th worst, and the expected shortfall the mean of the 5 worst: the
    value at risk counts into the shortfall. Gains are negative losses.

    Args:
        losses: At least one, none of them NaN.
        confidence: Share of losses that are not worse, below 1.

    Source: Hull, Risk Management and Financial Institutions, historical simulation. The exercise's published answer for
    the shortfall leaves the value at risk out and is larger; which of the two is meant must always be said.
    """
    count = worst_count(len(losses), confidence)
    worst = np.sort(np.partition(losses, len(losses) - count)[-count:])[::-1]
    return Tail(float(worst[-1]), float(worst.sum() / count))


def worst_count(moves: int, confidence: float) -> int:
    """How many of so many losses make up the tail."""
    return max(1, math.floor((1.0 - confidence) * moves + ROUNDING))


def interpolated_value_at_risk(losses: FloatArray, confidence: float) -> float:
    """The loss at rank ``(1 - confidence)·(n - 1) + 1`` from the worst, between two losses where that is no whole number.

    The other usual convention, for comparison with systems that have it. It is never above ``tail``'s and
    lies less than two ranks behind it.

    Source: the default of numpy and pandas; empyrical's ``value_at_risk``, pinned in test_tail.py.
    """
    return float(np.quantile(losses, confidence))
