"""The edges of a limit in words."""

from __future__ import annotations

import math

import pytest

from riskd.measure.spec import Unit
from riskd.policy.limits.words import beyond_words, edge_text, step_words
from riskd.policy.rule import Bound


@pytest.mark.parametrize(
    ("bound", "low", "high", "unit", "edge", "beyond"),
    [
        (Bound.MAX, -math.inf, 5.0, Unit.MULTIPLE, "5x", "above 5x"),
        (Bound.MIN, 0.25, math.inf, Unit.RATIO, "25%", "below 25%"),
        (Bound.BAND, -0.05, 0.05, Unit.RATIO, "-5% to 5%", "outside -5% to 5%"),
    ],
)
def test_only_the_edges_that_the_limit_has_are_named(
    bound: Bound, low: float, high: float, unit: Unit, edge: str, beyond: str
) -> None:
    assert edge_text(bound, low, high, unit) == edge
    assert beyond_words(bound, low, high, unit) == beyond


def test_the_last_step_of_a_ladder_begins_where_the_one_before_it_ends() -> None:
    assert step_words(-math.inf, 0.05, Unit.RATIO) == "up to 5%"
    assert step_words(0.05, 0.25, Unit.RATIO) == "up to 25%"
    assert step_words(0.25, math.inf, Unit.RATIO) == "above 25%"
