"""Where broken lines first fall below zero: many at once, whatever their shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskd.measure.book.groups import IndexArray, index
from riskd.model.arrays import BoolArray, FloatArray

# What sums of floats cannot tell from zero, as a share of the terms.
_ROUNDING = 1e-12
# Lines are laid out as a table; more cells than this at a time would only take memory.
_MOST_CELLS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenLines:
    """Lines ``level + slope * s`` on ``[0, end]`` that step and bend at given places.

    Attributes:
        level: By line, at the start. NaN unknown.
        slope: By line, at the start.
        end: By line, >= 0; +inf without end.
        line: Of each break.
        at: Of each break, >= 0.
        late: Of each break: 0 where the formula after it holds at the place itself, 1 where that before it does.
        level_step: Of each break, what it adds to the level. NaN: unknown from there on.
        slope_step: Of each break, what it adds to the slope.
    """

    level: FloatArray
    slope: FloatArray
    end: FloatArray
    line: IndexArray
    at: FloatArray
    late: IndexArray
    level_step: FloatArray
    slope_step: FloatArray


def first_below_zero(lines: BrokenLines) -> FloatArray:
    """For each line the smallest place beyond which it is below zero, also where it only steps there.

    Returns:
        0 where it is below zero at the start; +inf where it never is; NaN where it becomes unknown first.
    """
    kept = np.flatnonzero(lines.at <= lines.end[lines.line])
    kept = kept[np.lexsort((lines.late[kept], lines.at[kept], lines.line[kept]))]
    breaks = np.bincount(lines.line[kept], minlength=len(lines.level))
    found = np.full(len(lines.level), np.nan)
    done = 0
    while done < len(found):
        most = max(1, _MOST_CELLS // (int(breaks[done:].max()) + 1))
        chosen = slice(done, done + most)
        first, last = int(breaks[:done].sum()), int(breaks[: done + most].sum())
        found[chosen] = _of_some(lines, chosen, kept[first:last], breaks[chosen])
        done += most
    return found


def _of_some(lines: BrokenLines, chosen: slice, kept: IndexArray, breaks: IndexArray) -> FloatArray:
    """Answers for a run of lines, one a row of the table, one segment a column."""
    size, width = len(breaks), int(breaks.max()) + 1
    row = np.repeat(np.arange(size), breaks)
    column = np.arange(len(kept)) - np.repeat(np.cumsum(breaks) - breaks, breaks) + 1
    left = np.zeros((size, width))
    left[row, column] = lines.at[kept]
    right = np.repeat(lines.end[chosen, None], width, axis=1)
    right[row, column - 1] = lines.at[kept]
    level, slope = np.zeros((size, width)), np.zeros((size, width))
    level[:, 0], slope[:, 0] = lines.level[chosen], lines.slope[chosen]
    level[row, column], slope[row, column] = lines.level_step[kept], lines.slope_step[kept]
    present = np.arange(width) <= breaks[:, None]
    return _first(np.cumsum(level, axis=1), np.cumsum(slope, axis=1), left, right, present)


def _first(
    level: FloatArray, slope: FloatArray, left: FloatArray, right: FloatArray, present: BoolArray
) -> FloatArray:
    """The answer of each row: the first segment that begins or ends below zero decides."""
    begins_below = _below(level, slope, left)
    endless = (slope < 0.0) | ((slope == 0.0) & (level < 0.0))
    ends_below = np.where(np.isinf(right), endless, _below(level, slope, right))
    unknown = np.isnan(level) | np.isnan(slope)
    hit = present & (begins_below | ends_below | unknown)
    rows, place = np.arange(len(level)), index(hit.argmax(axis=1))
    at = (rows, place)
    zero = np.clip(-level[at] / slope[at], left[at], right[at])
    found = np.where(begins_below[at], left[at], zero)
    return np.where(hit.any(axis=1), np.where(unknown[at], np.nan, found), np.inf)


def _below(level: FloatArray, slope: FloatArray, at: FloatArray) -> BoolArray:
    grown = slope * at
    below: BoolArray = level + grown < -_ROUNDING * (np.abs(level) + np.abs(grown))
    return below
