"""The window of time that a history endpoint looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from riskd.paper.dialect import errors
from riskd.paper.dialect.parameters import Parameters
from riskd.paper.engine.types import Rejection

WEEK_MS = 7 * 86_400_000

_Row = TypeVar("_Row")


def time_window(parameters: Parameters, *, now_ms: int) -> range:
    """Milliseconds from ``startTime`` to ``endTime``, both included; where one is missing, seven days.

    Raises:
        Rejection: -1023, the end lies before the start; -4165, more than seven days.
    """
    start_ms, end_ms = parameters.integer("startTime"), parameters.integer("endTime")
    if start_ms is None:
        end_ms = now_ms if end_ms is None else end_ms
        start_ms = max(0, end_ms - WEEK_MS)
    end_ms = start_ms + WEEK_MS if end_ms is None else end_ms
    if start_ms > end_ms:
        raise errors.start_after_end()
    if end_ms - start_ms > WEEK_MS:
        raise Rejection(-4165, "Maximum time interval is 7 days.")
    return range(start_ms, end_ms + 1)


def newest_or_first(rows: Sequence[_Row], limit: int, parameters: Parameters) -> Sequence[_Row]:
    """Of rows in order of time: the first ones from a stated start on, else the newest ones."""
    return rows[:limit] if "startTime" in parameters else rows[-limit:]
