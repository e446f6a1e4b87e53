"""Lets waivers hold: the one place where a limit is loosened, for live judging, replay and tests alike.

A waiver that has ended, or has not begun, is as if it were absent. One that holds replaces the limit of its subject by
the looser of its own and the normal one, so that no waiver ever tightens; what is not known stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from riskd.judge.crossing import level_of
from riskd.judge.reading import Excused, Reading
from riskd.model.verdict import Level
from riskd.policy.rule import Limit, Rule, Thresholds
from riskd.policy.waiver import Waiver


def in_force(waivers: Iterable[Waiver], now: datetime) -> Mapping[str, Sequence[Waiver]]:
    """The waivers that hold at ``now``, by rule."""
    held: dict[str, list[Waiver]] = {}
    for waiver in waivers:
        if waiver.holds(now):
            held.setdefault(waiver.rule, []).append(waiver)
    return held


def excuse(reading: Reading, waivers: Iterable[Waiver]) -> Reading:
    """The reading of a rule under the waivers of it that hold now.

    Args:
        reading: By the normal limits.
        waivers: Of this rule, in force, at most one for each subject.
    """
    levels, held, held_at = reading.levels.copy(), list(reading.held), reading.held_at.copy()
    excused: dict[int, Excused] = {}
    for waiver in waivers:
        row = reading.row_of(waiver.subject)
        normal = None if row is None else reading.thresholds(row)
        if row is None or normal is None or reading.levels[row] < 0:
            continue  # not there, or not known: a waiver excuses no blindness
        limits = waived_limits(waiver, normal)
        excused[row] = Excused(waiver=waiver, normal=normal, level=Level(int(reading.levels[row])))
        held_at[row] = len(held)
        held.append(limits)
        levels[row] = level_of(reading.rule.limit.bound, limits, float(reading.values[row]))
    if not excused:
        return reading
    return replace(reading, levels=levels, held=tuple(held), held_at=held_at, excused=excused)


def waived_limits(waiver: Waiver, normal: Thresholds) -> Thresholds:
    """The limits that hold under a waiver; none at all when it suspends the rule."""
    if waiver.limit is None:
        return Thresholds(())
    temporary = {level: (low, high) for level, low, high in waiver.limit.levels}
    return Thresholds(
        tuple(
            (level, min(low, temporary[level][0]), max(high, temporary[level][1]))
            if level in temporary
            else (level, low, high)
            for level, low, high in normal.levels
        )
    )


def rule_in_force(reading: Reading, row: int) -> Rule:
    """The rule as it holds for one subject: under a waiver, with the temporary limit, at which plans then aim."""
    held = reading.thresholds(row)
    if row not in reading.excused or held is None:
        return reading.rule
    return replace(reading.rule, limit=Limit(reading.rule.limit.bound, held), during=(), chain=())
