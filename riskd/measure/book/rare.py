"""What holds for few rows is worked out only where there are such rows: most books have no isolated position and no gap."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from riskd.model.arrays import BoolArray, FloatArray


def replaced(values: FloatArray, where: BoolArray, by: Callable[[], FloatArray]) -> FloatArray:
    """``values``, and those of ``by`` in the rows of ``where``; ``by`` is called only when there are any.

    Without such rows it is ``values`` itself, not a copy.
    """
    return np.where(where, by(), values) if where.any() else values
