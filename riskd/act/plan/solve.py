"""Solves a linear programme with HiGHS: the one place that knows the solver.

A pure computation: the same programme gives the same solution, bit for bit. It runs the simplex method on one thread with a
fixed seed, on a solver made anew, with a bound on iterations and none on time, which would depend on the machine.
The solver is imported at the first plan, because that takes 0.4 s which no other command should pay.

Source: HiGHS, Huangfu and Hall, Math. Prog. Comp. 10 (2018) 119-142. Why each option: docs/planner.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskd.model.arrays import FloatArray, IntArray

_SECONDS_MAX = 2.0
_ITERATIONS_MAX = 200_000
# Below the coefficients of a dust position in a large account; the default drops them in silence.
_SMALLEST_COEFFICIENT = 1e-12
_FEASIBLE = 1e-9
_INFINITE = 1e30


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Programme:
    """Minimise ``cost · x`` with ``low <= x <= high`` and ``row_low <= A x <= row_high``.

    Attributes:
        starts: First entry of each column of A, and after the last column the number of entries.
        rows: Row of each entry.
        entries: The entries, column by column.
    """

    cost: FloatArray
    low: FloatArray
    high: FloatArray
    row_low: FloatArray
    row_high: FloatArray
    starts: IntArray
    rows: IntArray
    entries: FloatArray


def solve(programme: Programme) -> FloatArray | None:
    """The best ``x``; None where there is none, where the solver failed to find it, or where a number is not known.

    A coefficient that is NaN sends the solver round for ever, past its own bounds: it is never given one.
    """
    if not _is_known(programme):
        return None
    import highspy  # 0.4 s that only a plan should cost

    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # its constructor is not annotated
    for name, value in _OPTIONS.items():
        solver.setOptionValue(name, value)
    columns, rows = len(programme.cost), len(programme.row_low)
    solver.passModel(
        columns,
        rows,
        len(programme.entries),
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        programme.cost,
        _bounded(programme.low),
        _bounded(programme.high),
        _bounded(programme.row_low),
        _bounded(programme.row_high),
        programme.starts,
        programme.rows,
        programme.entries,
        np.zeros(columns, dtype=np.int32),
    )
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.array(solver.getSolution().col_value, dtype=np.float64)


_OPTIONS: dict[str, str | int | float | bool] = {
    "output_flag": False,
    # Pieces that dominate each other keep it busy ten times as long as the simplex method itself.
    "presolve": "off",
    "solver": "simplex",
    "threads": 1,
    "parallel": "off",
    "random_seed": 1,
    "simplex_iteration_limit": _ITERATIONS_MAX,
    # The solver was seen to go round without counting: then the verified search takes over. The watch must never hang.
    "time_limit": _SECONDS_MAX,
    "small_matrix_value": _SMALLEST_COEFFICIENT,
    "primal_feasibility_tolerance": _FEASIBLE,
    "dual_feasibility_tolerance": _FEASIBLE,
}


def _is_known(programme: Programme) -> bool:
    bounds = (programme.low, programme.high, programme.row_low, programme.row_high)
    return bool(
        np.isfinite(programme.cost).all()
        and np.isfinite(programme.entries).all()
        and not any(np.isnan(each).any() for each in bounds)
    )


def _bounded(values: FloatArray) -> FloatArray:
    return np.clip(values, -_INFINITE, _INFINITE)
