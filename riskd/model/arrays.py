"""The array types of the hot path: one array a field, NaN means unknown."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int32]
BoolArray = npt.NDArray[np.bool_]


def floats(values: object) -> FloatArray:
    """A contiguous float64 array of ``values``; None becomes NaN."""
    return np.ascontiguousarray(np.array(values, dtype=np.float64))


def codes(values: object) -> IntArray:
    """A contiguous int32 array of dictionary codes."""
    return np.ascontiguousarray(np.array(values, dtype=np.int32))


def flags(values: object) -> BoolArray:
    """A contiguous boolean array."""
    return np.ascontiguousarray(np.array(values, dtype=np.bool_))
