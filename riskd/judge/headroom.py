"""Headroom: how much is left before each limit, and how much more of a position may be held until the first of them.

These are reports for people. Nothing here is near the code that makes orders, which knows smaller positions only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np

from riskd.judge.crossing import nearer_edge
from riskd.judge.first_crossing import Crossing, Fate, first_crossings
from riskd.judge.reading import UNKNOWN, Reading
from riskd.judge.supposed import Way
from riskd.measure.supposed.first_place import Resolution
from riskd.measure.supposed.suppose_more import notional_affordable, suppose_more
from riskd.model.arrays import FloatArray
from riskd.model.history import History
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Subject, position_subject
from riskd.model.verdict import Level
from riskd.policy.rule import Rule
from riskd.policy.waiver import Waiver

# Of what stands behind the desk: from a thousandth to a hundred times, each step a fifth larger than the one before.
_LEAST, _MOST, _STEPS = 0.001, 100.0, 64
_RESOLUTION = Resolution(absolute=0.01, relative=0.001)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """How much more of a position may be held until the first rule reaches a level.

    Attributes:
        notional: Quote currency; 0 where a rule that it changes is there already; +inf where no rule reaches it.
        first: The rule that binds; None where none does.
    """

    level: Level
    notional: float
    first: Crossing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """How much more of one position may be held.

    Attributes:
        notional: Held now, signed.
        affordable: What the venue's free margin pays for; NaN unknown.
        bindings: By level, mildest first.
        unclear: Of each rule that cannot be judged, and so may bind earlier, the first subject.
    """

    position: Subject
    notional: float
    affordable: float
    bindings: tuple[Binding, ...]
    unclear: tuple[Crossing, ...]


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


def more_of(
    snapshot: Snapshot,
    history: History,
    row: int,
    *,
    rules: tuple[Rule, ...],
    now: datetime,
    waivers: tuple[Waiver, ...] = (),
) -> More:
    """How much more of a position may be held before each level is first reached by any rule."""
    way = Way(suppose=partial(_supposed, snapshot, history, row), rules=rules, now=now, waivers=waivers)
    found = first_crossings(way, _places(snapshot), _RESOLUTION)
    counted = [each for each in found if each.moves]
    levels = sorted({each.level for each in found})
    positions = snapshot.positions
    return More(
        position=position_subject(
            snapshot.desk.accounts[positions.account[row]].id,
            snapshot.instruments[positions.instrument[row]].symbol,
            positions.side(row),
        ),
        notional=float(positions.notional[row]),
        affordable=notional_affordable(snapshot, row),
        bindings=tuple(_binding(level, counted) for level in levels),
        unclear=tuple({each.rule.id: each for each in reversed(found) if each.fate is Fate.UNKNOWN}.values()),
    )


def _binding(level: Level, crossings: Sequence[Crossing]) -> Binding:
    """The first of the rules whose value the position changes; one that it would bring back does not bind."""
    there = [
        each
        for each in crossings
        if each.level == level and (each.fate is Fate.REACHED or (each.fate is Fate.ALREADY and each.worsens))
    ]
    first = min(there, key=_notional, default=None)
    return Binding(level=level, notional=np.inf if first is None else _notional(first), first=first)


def _notional(crossing: Crossing) -> float:
    return 0.0 if crossing.fate is Fate.ALREADY else crossing.place


def _supposed(snapshot: Snapshot, history: History, row: int, notional: float) -> tuple[Snapshot, History]:
    return suppose_more(snapshot, row, notional), history


def _places(snapshot: Snapshot) -> FloatArray:
    """How much more is looked at, from nothing: in proportion to the money of the desk."""
    equity = snapshot.accounts.equity
    money = max(float(equity[np.isfinite(equity)].sum()), 1_000.0)
    return np.concatenate([[0.0], money * np.geomspace(_LEAST, _MOST, _STEPS)])
