"""Rare rows are worked out only where there are any."""

from __future__ import annotations

import numpy as np

from riskd.measure.book.rare import replaced
from riskd.model.arrays import FloatArray


def test_only_the_named_rows_are_replaced() -> None:
    found = replaced(np.array([1.0, 2.0]), np.array([False, True]), lambda: np.array([9.0, 8.0]))
    assert found.tolist() == [1.0, 8.0]


def test_without_such_rows_nothing_is_worked_out() -> None:
    def never() -> FloatArray:
        raise AssertionError("nobody asked")

    values = np.array([1.0, np.nan])
    assert replaced(values, np.zeros(2, dtype=np.bool_), never) is values


def test_of_no_rows_none_is_replaced() -> None:
    nothing = np.zeros(0)
    assert replaced(nothing, np.zeros(0, dtype=np.bool_), lambda: nothing) is nothing
