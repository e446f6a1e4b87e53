"""Many binary searches at once find what each finds alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.book.groups import index
from riskd.measure.past.held_past import count_at_least

VALUES = st.lists(st.floats(-5.0, 5.0), max_size=12)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.lists(VALUES, min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(0, 4), st.floats(-6.0, 6.0)), max_size=9),
)
def test_the_searches_count_what_is_at_least_so_much(
    rows: list[list[float]], asked: list[tuple[int, float]]
) -> None:
    width = max(len(row) for row in rows)
    table = np.full((len(rows), width), np.nan)
    for number, row in enumerate(rows):
        table[number, : len(row)] = sorted(row, reverse=True)
    wanted = [(row % len(rows), least) for row, least in asked]
    found = count_at_least(table, index([row for row, _ in wanted]), np.array([least for _, least in wanted]))
    assert found.tolist() == [sum(value >= least for value in rows[row]) for row, least in wanted]


def test_nothing_is_at_least_an_unknown_bound() -> None:
    table = np.array([[2.0, 1.0, np.nan]])
    assert count_at_least(table, index([0, -1, 0]), np.array([np.nan, 1.5, -np.inf])).tolist() == [0, 1, 2]
