"""How far each account's surfaces can be believed, as arrays, and in words."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from itertools import chain
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from riskd.measure.book.groups import IndexArray, index
from riskd.measure.book.tables import Tables
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, SurfaceState

_OK = Quality.OK
D = TypeVar("D", np.bool_, np.float64)
COLUMN = {surface: number for number, surface in enumerate(Surface)}


class Trust:
    """Quality of surfaces, one row for each account, one column for each ``Surface``.

    What belongs to a venue stands in the row of each of its accounts. Spot balances of an account of which no hedge
    names any are not read, and count as OK.

    Attributes:
        ok: True where the surface is OK.
        whole: True when every surface of every account is OK.
    """

    def __init__(self, tables: Tables) -> None:
        self._shape = (len(tables.profiles), len(COLUMN))
        self._states = list(chain.from_iterable(snapshot.surfaces for snapshot in tables.snapshots))
        self._places, self._filed = _filed(tables)
        # Compared as objects: there is one of each quality, and thousands of states.
        self.ok = self._spread(np.array([state.quality is _OK for state in self._states], dtype=np.bool_))
        has_spot = np.zeros(len(self.ok), dtype=np.bool_)
        has_spot[tables.spot.account] = True
        self.ok[~has_spot, COLUMN[Surface.SPOT_BALANCES]] = True
        self.whole = bool(self.ok.all())

    @cached_property
    def observed_at(self) -> FloatArray:
        """Seconds since the epoch of the last good answer; NaN: never."""
        moments = [state.observed_at for state in self._states]
        return self._spread(np.array([np.nan if at is None else at.timestamp() for at in moments]), np.nan)

    def all_ok(self, surfaces: Iterable[Surface]) -> BoolArray:
        """True for each account of which every one of ``surfaces`` is OK."""
        all_ok: BoolArray = np.all(self.ok[:, [COLUMN[surface] for surface in surfaces]], axis=1)
        return all_ok

    def complaint(self, account: int, surfaces: Iterable[Surface]) -> str:
        """The first of ``surfaces`` that is not OK and why; empty when all are."""
        for surface in sorted(surfaces):
            if not self.ok[account, COLUMN[surface]]:
                return _in_words(surface, self._by_place.get(account * len(COLUMN) + COLUMN[surface]))
        return ""

    @cached_property
    def _by_place(self) -> dict[int, SurfaceState]:
        states = [self._states[number] for number in self._filed.tolist()]
        return dict(zip(self._places.tolist(), states, strict=True))

    def _spread(self, values: npt.NDArray[D], missing: float = 0.0) -> npt.NDArray[D]:
        """Values of states, in the table of accounts and columns."""
        table = np.full(self._shape[0] * self._shape[1], missing, dtype=values.dtype)
        table[self._places] = values[self._filed]
        return table.reshape(self._shape)


def _filed(tables: Tables) -> tuple[IndexArray, IndexArray]:
    """Where states stand in the table of accounts and columns, as places in it, and the number of the state at each place.

    In the order of the states: what is said later of the same place counts.
    """
    places: list[int] = []
    filed: list[int] = []
    number = -1
    for start, snapshot in zip(tables.account_starts(), tables.snapshots, strict=True):
        first: dict[str, int] = {}
        of_venue: dict[str, list[int]] = {}
        for code, profile in enumerate(snapshot.desk.accounts, start):
            first[profile.id] = code * len(COLUMN)
            of_venue.setdefault(profile.venue, []).append(code * len(COLUMN))
        for state in snapshot.surfaces:
            number += 1
            column = COLUMN[state.surface]
            if not state.account:
                shared = of_venue.get(state.venue, ())
                places += [place + column for place in shared]
                filed += [number] * len(shared)
            elif state.account in first:
                places.append(first[state.account] + column)
                filed.append(number)
    return index(places), index(filed)


def _in_words(surface: Surface, state: SurfaceState | None) -> str:
    if state is None:
        return f"{surface}: never read"
    return f"{surface}: {state.quality}" + (f", {state.reason}" if state.reason else "")
