"""Where along a way each rule first reaches each of its levels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from riskd.judge.reading import UNKNOWN, Reading
from riskd.judge.supposed import Way
from riskd.measure.book.groups import IndexArray, index
from riskd.measure.supposed.first_place import FirstPlaces, Resolution, first_places
from riskd.model.arrays import BoolArray, FloatArray, IntArray
from riskd.model.subject import Subject
from riskd.model.verdict import Level
from riskd.policy.rule import Rule


class Fate(StrEnum):
    """What becomes of a rule's level along a way."""

    ALREADY = "already"
    REACHED = "reached"
    NOT_REACHED = "not reached"
    UNMOVED = "unmoved"  # the value is the same at every place
    UNKNOWN = "unknown"  # from some place on nobody can tell, and it was not reached before


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """Where one subject reaches one level of a rule.

    Attributes:
        number: Of the rule, in the order of the way's rules.
        row: Of the subject among those that the rule covers.
        moves: Whether the value is not the same at every place.
        place: Where it is reached, or unknown from; NaN where neither is.
        why: Why it is unknown.
    """

    rule: Rule
    subject: Subject
    number: int
    row: int
    level: Level
    fate: Fate
    moves: bool
    place: float
    why: str = ""


def first_crossings(way: Way, places: FloatArray, resolution: Resolution) -> tuple[Crossing, ...]:
    """The first crossing of every rule, subject and level, in this order.

    Waiting times are not counted: a level is reached when its limit is exceeded. Not all rules get worse steadily; what lies
    within two neighbours of ``places`` is not seen.

    Args:
        way: Where it leads.
        places: Away from 0, which is the first of them.
        resolution: How finely a crossing is told.
    """
    search = _Search(way, places)
    return tuple(search.crossings(first_places(search.look, places, len(search.rule), resolution)))


class _Search:
    """All that is looked for on one way, as columns: of each thing its rule, its level and its subject."""

    def __init__(self, way: Way, places: FloatArray) -> None:
        self._way, self._places = way, places
        rules, levels, rows = [], [], []
        for number, reading in enumerate(way.start):
            for level in _levels(reading):
                rules.append(np.full(len(reading), number))
                levels.append(np.full(len(reading), int(level)))
                rows.append(np.arange(len(reading)))
        none = [np.zeros(0, dtype=np.intp)]
        self.rule: IndexArray = index(np.concatenate(rules or none))
        self._level: IndexArray = index(np.concatenate(levels or none))
        self._row: IndexArray = index(np.concatenate(rows or none))
        self._moves = np.zeros(len(self.rule), dtype=np.bool_)
        self._unclear: dict[tuple[int, float], Reading] = {}

    def look(self, places: FloatArray, wanted: BoolArray) -> IntArray:
        """For each wanted thing whether it has been reached, or is not known, at each place."""
        found = np.zeros((len(places), len(wanted)), dtype=np.int32)
        numbers = np.unique(self.rule[wanted]).tolist()
        for number, scanned in zip(numbers, self._way.scan(places, numbers), strict=True):
            things = np.flatnonzero(wanted & (self.rule == number))
            levels = scanned.levels[:, self._row[things]]
            found[:, things] = np.where(levels == UNKNOWN, UNKNOWN, levels >= self._level[things])
            if places is self._places:
                self._moves[things] = _moves(scanned.values)[self._row[things]]
        return found

    def crossings(self, first: FirstPlaces) -> Iterator[Crossing]:
        """Each thing's crossing."""
        for thing, (place, state) in enumerate(zip(first.place.tolist(), first.what.tolist(), strict=True)):
            number, row, moves = int(self.rule[thing]), int(self._row[thing]), bool(self._moves[thing])
            fate = self._fate(place, state, moves=moves)
            yield Crossing(
                rule=self._way.rules[number],
                subject=self._way.start[number].subject(row),
                number=number,
                row=row,
                level=Level(int(self._level[thing])),
                fate=fate,
                moves=moves,
                place=place if fate in (Fate.REACHED, Fate.UNKNOWN) else np.nan,
                why=self._why(number, place, row) if fate is Fate.UNKNOWN else "",
            )

    def _why(self, number: int, place: float, row: int) -> str:
        if (number, place) not in self._unclear:
            self._unclear[number, place] = self._way.reading(number, place)
        return self._unclear[number, place].why(row)

    def _fate(self, place: float, state: int, *, moves: bool) -> Fate:
        if not np.isfinite(place):
            return Fate.NOT_REACHED if moves else Fate.UNMOVED
        if state == UNKNOWN:
            return Fate.UNKNOWN
        return Fate.ALREADY if place == self._places[0] else Fate.REACHED


def _levels(reading: Reading) -> tuple[Level, ...]:
    """The levels that a rule has limits for, mildest first; where even its limits are unknown, its mildest."""
    held = {level for thresholds in reading.held for level, _, _ in thresholds.levels}
    return tuple(sorted(held)) or (Level.WARN,)


def _moves(values: FloatArray) -> BoolArray:
    same = (values == values[0]) | (np.isnan(values) & np.isnan(values[0]))
    moves: BoolArray = ~same.all(axis=0)
    return moves
