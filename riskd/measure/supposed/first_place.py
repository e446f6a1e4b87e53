"""The first place along a way at which something happens, when nothing is known of the way but what is seen at places on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from riskd.model.arrays import BoolArray, FloatArray, IntArray

Look = Callable[[FloatArray, BoolArray], IntArray]
"""What happens, ``(places, things)``, at some places to the things that are flagged; 0: nothing. Of others nothing is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """How finely a first place is told: to ``absolute``, or to ``relative`` of itself where that is coarser."""

    absolute: float
    relative: float = 0.0

    def is_finer(self, width: FloatArray, place: FloatArray) -> BoolArray:
        """Whether a gap before a place is no wider than need be."""
        fine: BoolArray = np.abs(width) <= np.maximum(self.absolute, self.relative * np.abs(place))
        return fine


@dataclass(frozen=True, slots=True)
class FirstPlaces:
    """Where something first happens to each thing.

    Attributes:
        place: +inf where nothing happens at any place.
        what: What happens there; 0 where nothing does.
    """

    place: FloatArray
    what: IntArray


def first_places(look: Look, places: FloatArray, count: int, resolution: Resolution) -> FirstPlaces:
    """For each of ``count`` things the first place at which something happens to it.

    What happens only between two neighbours of ``places`` is not seen: nothing says that it must go on happening beyond the
    first. The gap before the first of them is halved until it is fine enough, its far end always a place where it happens.

    Args:
        look: Looks.
        places: One after the other, away from the first; ``places[0]`` is where the way begins.
        count: How many things are looked at.
        resolution: How finely.
    """
    happens = look(places, np.ones(count, dtype=np.bool_))
    first = np.argmax(happens != 0, axis=0)
    what = happens[first, np.arange(count)]
    near, far = places[np.maximum(first - 1, 0)], np.where(what != 0, places[first], np.inf)
    things = np.flatnonzero((what != 0) & (first > 0))
    while True:
        things = things[~resolution.is_finer(far[things] - near[things], far[things])]
        if len(things) == 0:
            return FirstPlaces(far, what)
        wanted = np.zeros(count, dtype=np.bool_)
        wanted[things] = True
        middle = (near[things] + far[things]) / 2.0
        tried = np.unique(middle)
        there = look(tried, wanted)[np.searchsorted(tried, middle), things]
        far[things] = np.where(there != 0, middle, far[things])
        near[things] = np.where(there != 0, near[things], middle)
        what[things] = np.where(there != 0, there, what[things])
