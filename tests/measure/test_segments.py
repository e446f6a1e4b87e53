"""Broken lines: the first place below zero, many lines at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from riskd.measure.book.groups import index
from riskd.measure.margin.segments import BrokenLines, first_below_zero

# Line, place, late, step of level, step of slope.
Break = tuple[int, float, int, float, float]


def found(starts: Sequence[tuple[float, float, float]], breaks: Sequence[Break] = ()) -> list[float]:
    level, slope, end = (np.array([start[n] for start in starts], dtype=float) for n in range(3))
    columns = [[row[n] for row in breaks] for n in range(5)]
    lines = BrokenLines(
        level=level,
        slope=slope,
        end=end,
        line=index([int(number) for number in columns[0]]),
        at=np.array(columns[1], dtype=float),
        late=index([int(number) for number in columns[2]]),
        level_step=np.array(columns[3], dtype=float),
        slope_step=np.array(columns[4], dtype=float),
    )
    with np.errstate(all="ignore"):
        answers: list[float] = first_below_zero(lines).tolist()
    return answers


def test_straight_lines() -> None:
    starts = [
        (6.0, -2.0, math.inf),
        (6.0, -2.0, 3.0),
        (6.0, -2.0, 2.9),
        (6.0, 0.0, math.inf),
        (-1.0, 5.0, math.inf),
    ]
    assert found(starts) == [3.0, math.inf, math.inf, math.inf, 0.0]
    assert found([(0.0, -1.0, math.inf), (0.0, 0.0, 1.0), (0.0, 1.0, 1.0)]) == [0.0, math.inf, math.inf]
    assert found([]) == []


def test_a_line_that_bends_is_followed() -> None:
    assert found([(6.0, -2.0, 9.0)], [(0, 2.0, 1, -2.0, 1.0)]) == [4.0]  # from 2 on 4 - s
    assert found([(6.0, -2.0, 9.0)], [(0, 2.0, 1, -4.0, 2.0)]) == [math.inf]


def test_a_step_below_zero_is_an_answer_and_a_step_back_does_not_undo_it() -> None:
    steps = [(0, 1.0, 0, -7.0, 0.0), (0, 2.0, 0, 7.0, 0.0)]
    assert found([(6.0, 0.0, 9.0)], steps) == [1.0]
    assert found([(6.0, 0.0, 0.9)], steps) == [math.inf]


def test_what_counts_at_the_place_itself_comes_first() -> None:
    meeting = [(0, 1.0, 1, 4.0, 0.0), (0, 1.0, 0, -4.0, 0.0)]
    assert found([(3.0, 0.0, 9.0)], meeting) == [1.0]
    assert found([(3.0, 0.0, 9.0)], [(0, 1.0, 0, 4.0, 0.0), (0, 1.0, 1, -4.0, 0.0)]) == [math.inf]


def test_what_is_unknown_is_unknown_from_where_it_is() -> None:
    late = [(0, 5.0, 1, math.nan, 0.0), (1, 5.0, 1, math.nan, 0.0), (2, math.nan, 1, 0.0, 0.0)]
    answers = found([(4.0, -1.0, 9.0), (6.0, -1.0, 9.0), (math.nan, 0.0, 9.0)], late)
    assert answers == pytest.approx([4.0, math.nan, math.nan], nan_ok=True)


def test_more_lines_than_fit_one_table_have_the_same_answers() -> None:
    many = [(float(n), -1.0, math.inf) for n in range(1, 1_501)]
    broken = [(700, 0.5 + k / 10_000, 1, 0.0, -1e-3) for k in range(1_000)]
    answers = found(many, broken)
    assert [answer for n, answer in enumerate(answers) if n != 700] == [
        start[0] for n, start in enumerate(many) if n != 700
    ]
    (alone,) = found([many[700]], [(0, *rest) for _, *rest in broken])  # type: ignore[misc]
    assert answers[700] == alone
    assert alone == pytest.approx(700.0 / 2.0 + 0.5, abs=1.0)
