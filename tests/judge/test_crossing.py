"""One value at a time or a column at once: the same level, with the same margin."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.judge.crossing import level_of, limit_of
from riskd.model.verdict import Level
from riskd.policy.limits.thresholds import levels
from riskd.policy.rule import Bound, Limit, Thresholds
from tests.builders_rules import at_least, at_most, within

LIMITS = st.sampled_from(
    [
        at_most(warn=4, breach=5, critical=6),
        at_most(breach=0),
        at_least(warn=0.2, critical=0.06),
        within(warn=(-3, 3), breach=(-5, 5)),
    ]
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    limit=LIMITS,
    values=st.lists(
        st.one_of(st.floats(-10, 10), st.sampled_from([0.0, 4.0, 5.0, -3.0, 3.8, math.inf])), min_size=1
    ),
    margin=st.sampled_from([0.0, 0.05, 0.5, 1.0]),
)
def test_a_single_value_reaches_the_level_that_a_column_of_values_reaches(
    limit: Limit, values: list[float], margin: float
) -> None:
    bound, thresholds = limit.bound, limit.thresholds
    assert thresholds is not None
    column = levels(bound, thresholds, np.array(values), margin)
    assert [level_of(bound, thresholds, value, margin=margin) for value in values] == column.tolist()


def test_the_limit_of_a_level_is_its_own_edge() -> None:
    thresholds = Thresholds(((Level.WARN, 0.97, 1.03),))
    assert limit_of(Bound.BAND, thresholds, Level.WARN, 0.9) == 0.97
    assert limit_of(Bound.BAND, thresholds, Level.WARN, 1.1) == 1.03
    assert limit_of(Bound.MIN, thresholds, Level.WARN, 1.1) == 0.97
    assert limit_of(Bound.MAX, thresholds, Level.WARN, 0.5) == 1.03
    assert limit_of(Bound.MAX, thresholds, Level.BREACH, 0.5) is None
