"""Reverse stress: how little prices must move until each limit is reached, instead of what a given move would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riskd.judge.first_crossing import Crossing, Fate, first_crossings
from riskd.judge.reading import Reading
from riskd.judge.supposed import Way
from riskd.measure.supposed.first_place import Resolution
from riskd.model.arrays import FloatArray, floats
from riskd.model.subject import Subject
from riskd.model.verdict import Level
from riskd.policy.rule import Rule

_FINE_STEP, _FINE_UPTO = 0.005, 0.5
_FALL_STEP, _FALL_MOST = 0.01, 0.99
_RISE_STEP, _RISE_MOST = 0.025, 3.0
_ROWS_FINE = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far one level of a rule is from one subject.

    Attributes:
        value: Now; NaN unknown.
        is_now: Whether it is reached now.
        backwards: Against the way: a fall, where the way is a rise.
        forwards: Along it.
    """

    rule: Rule
    subject: Subject
    level: Level
    value: float
    is_now: bool
    backwards: Crossing
    forwards: Crossing

    @property
    def is_unmoved(self) -> bool:
        """Whether the value is the same at every place, both ways."""
        return not (self.backwards.moves or self.forwards.moves)

    @property
    def unknown(self) -> str:
        """Why it is unknown as the book is; empty when it is known."""
        crossing = self.forwards
        return crossing.why if crossing.fate is Fate.UNKNOWN and crossing.place == 0.0 else ""


def falls() -> FloatArray:
    """Falls of prices that are looked at, from none to 99 %: by half a per cent to 50 %, then by one."""
    return -_steps(_FALL_STEP, _FALL_MOST)


def rises() -> FloatArray:
    """Rises of prices that are looked at, from none to 300 %: by half a per cent to 50 %, then by two and a half."""
    return _steps(_RISE_STEP, _RISE_MOST)


def shares() -> FloatArray:
    """Shares of a scenario that are looked at, from none to one and a half of it."""
    return floats(np.arange(301) * _FINE_STEP)


def resolution_of(positions: int) -> Resolution:
    """How finely moves are told: of a large book less finely, as each of its positions has moves of its own."""
    return Resolution(absolute=0.0001 if positions <= _ROWS_FINE else 0.0005)


def reverse_stress(
    way: Way, now: Sequence[Reading], *, back: FloatArray, ahead: FloatArray, resolution: Resolution
) -> tuple[Reach, ...]:
    """How far every level of every rule is from every subject, both ways.

    Args:
        way: Along which prices move; places are shares of its scenario.
        now: What the same rules say of the book as it is.
        back: Places that are looked at against the way, from 0.
        ahead: Along it.
        resolution: How finely a place is told.
    """
    found = zip(first_crossings(way, back, resolution), first_crossings(way, ahead, resolution), strict=True)
    return tuple(_reach(now[behind.number], behind, before) for behind, before in found)


def _reach(reading: Reading, behind: Crossing, before: Crossing) -> Reach:
    row = reading.row_of(behind.subject)
    level = -1 if row is None else int(reading.levels[row])
    return Reach(
        rule=behind.rule,
        subject=behind.subject,
        level=behind.level,
        value=np.nan if row is None else float(reading.values[row]),
        is_now=level >= behind.level or before.fate is Fate.ALREADY,
        backwards=behind,
        forwards=before,
    )


def _steps(step: float, most: float) -> FloatArray:
    fine = np.arange(round(_FINE_UPTO / _FINE_STEP) + 1) * _FINE_STEP
    wide = _FINE_UPTO + np.arange(1, round((most - _FINE_UPTO) / step) + 1) * step
    return floats(np.concatenate([fine, wide]))
