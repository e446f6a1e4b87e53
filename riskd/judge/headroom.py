"""Headroom: how much is left before each limit, as the book is. How much more may be held: ``riskd.judge.larger``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from riskd.judge.crossing import nearer_edge
from riskd.judge.reading import UNKNOWN, Reading
from riskd.model.subject import Subject
from riskd.model.verdict import Level
from riskd.policy.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What is left of one rule's limit for one subject.

    Attributes:
        value: In the measure's unit; NaN unknown.
        level: Reached now; -1 unknown.
        next_level: The next that is not reached; None when the worst is, or nothing is known.
        limit: Where that begins; of the level that is reached when there is no next one.
        used: Share of the breach limit, 1 is at it; NaN without meaning.
        room: From the value to the limit, unit of the measure, never negative; NaN unknown.
        why: Why it is unknown.
    """

    rule: Rule
    subject: Subject
    value: float
    level: int
    next_level: Level | None
    limit: float
    used: float
    room: float
    why: str


def rooms(readings: Sequence[Reading]) -> Iterator[Room]:
    """What is left of every limit, rule by rule."""
    for reading in readings:
        used = reading.utilisation.tolist()
        for row, (value, level) in enumerate(
            zip(reading.values.tolist(), reading.levels.tolist(), strict=True)
        ):
            yield _room(reading, row, value, level, used[row])


def _room(reading: Reading, row: int, value: float, level: int, used: float) -> Room:
    following, limit = None, np.nan
    held = reading.thresholds(row)
    if held is not None and level != UNKNOWN:
        for each, low, high in sorted(held.levels, reverse=True):
            nearest = nearer_edge(reading.rule.limit.bound, low, high, value)
            if each > level:
                following, limit = each, nearest
            elif following is None and each == level:
                limit = nearest
    return Room(
        rule=reading.rule,
        subject=reading.subject(row),
        value=value,
        level=level,
        next_level=following,
        limit=limit,
        used=used,
        room=abs(limit - value) if following is not None else np.nan if np.isnan(limit) else 0.0,
        why=reading.why(row) if level == UNKNOWN else "",
    )
