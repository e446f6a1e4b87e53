"""How far each account's surfaces can be believed, as arrays, and in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from riskd.measure.book.groups import IndexArray, index
from riskd.measure.book.layout import Layout
from riskd.measure.book.tables import Tables
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, SurfaceState

_OK = Quality.OK
_QUALITY = attrgetter("quality")
D = TypeVar("D", np.bool_, np.intp)
COLUMN = {surface: number for number, surface in enumerate(Surface)}


class Trust:
    """Quality of surfaces, one row for each account, one column for each ``Surface``.

    What belongs to a venue stands in the row of each of its accounts. Spot balances of an account of which no hedge
    names any are not read, and count as OK.

    Attributes:
        ok: True where the surface is OK.
        whole: True when every surface of every account is OK.
    """

    def __init__(self, tables: Tables, layout: Layout) -> None:
        self._states = list(chain.from_iterable(snapshot.surfaces for snapshot in tables.snapshots))
        self._layout, self._filing = layout, layout.once(_filed)
        qualities = list(map(_QUALITY, self._states))
        if qualities.count(_OK) == len(qualities):
            self.ok, self.whole = layout.once(_all_well)
            return
        # Compared as objects: there is one of each quality, and thousands of states.
        self.ok = _judged(self._filing, np.array([one is _OK for one in qualities], dtype=np.bool_))
        self.whole = bool(self.ok.all())

    def observed_at(self, surfaces: Sequence[Surface]) -> FloatArray:
        """Seconds since the epoch of the last good answer, one column for each of ``surfaces``; NaN: never."""
        numbers, table = self._layout.once(_Columns(tuple(surfaces)))
        states = self._states
        moments = [
            np.nan if (at := states[number].observed_at) is None else at.timestamp() for number in numbers
        ]
        return np.array([*moments, np.nan])[table]

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
        states = [self._states[number] for number in self._filing.numbers.tolist()]
        return dict(zip(self._filing.places.tolist(), states, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filing:
    """Where states stand in the table of accounts and columns.

    Attributes:
        accounts: Number of rows.
        places: Places in the flattened table that hold a state.
        numbers: Number of the state at each.
        kinds: Surface of each state.
        without_spot: True for each account without spot rows.
    """

    accounts: int
    places: IndexArray
    numbers: IndexArray
    kinds: tuple[Surface, ...]
    without_spot: BoolArray

    def spread(self, values: npt.NDArray[D], missing: int = 0) -> npt.NDArray[D]:
        """Values of states, in the table."""
        table = np.full(self.accounts * len(COLUMN), missing, dtype=values.dtype)
        table[self.places] = values[self.numbers]
        return table.reshape(self.accounts, len(COLUMN))


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which states stand in the columns of some surfaces: a value that can be called, so that it is kept by them."""

    surfaces: tuple[Surface, ...]

    def __call__(self, layout: Layout) -> tuple[list[int], IndexArray]:
        """The numbers of these states, and a table of places among them, behind the last where there is no state."""
        filing = layout.once(_filed)
        table = filing.spread(np.arange(len(filing.kinds), dtype=np.intp), -1)
        columns = table[:, [COLUMN[surface] for surface in self.surfaces]]
        numbers = np.unique(columns[columns >= 0])
        return numbers.tolist(), np.where(columns < 0, len(numbers), np.searchsorted(numbers, columns))


def _judged(filing: _Filing, ok: BoolArray) -> BoolArray:
    """The table of what is OK, from what is of each state."""
    table = filing.spread(ok)
    table[filing.without_spot, COLUMN[Surface.SPOT_BALANCES]] = True
    return table


def _all_well(layout: Layout) -> tuple[BoolArray, bool]:
    """The table when every state that there is is OK, and whether no state is missing then."""
    filing = layout.once(_filed)
    table = _judged(filing, np.ones(len(filing.kinds), dtype=np.bool_))
    return table, bool(table.all())


def _filed(layout: Layout) -> _Filing:
    """In the order of the states: what is said later of the same place counts."""
    shape, without_spot = layout.shape, np.ones(layout.account_count, dtype=np.bool_)
    without_spot[shape.spot_account] = False
    first: dict[tuple[int, str], int] = {}
    of_venue: dict[tuple[int, str], list[int]] = {}
    for code, (part, profile) in enumerate(zip(shape.account_part.tolist(), shape.profiles, strict=True)):
        first[part, profile.id] = code * len(COLUMN)
        of_venue.setdefault((part, profile.venue), []).append(code * len(COLUMN))
    parts = np.repeat(np.arange(shape.parts), shape.surface_counts).tolist()
    stated = zip(parts, shape.surface_venues, shape.surface_accounts, shape.surface_kinds, strict=True)
    places: list[int] = []
    numbers: list[int] = []
    for number, (part, venue, account, surface) in enumerate(stated):
        column = COLUMN[surface]
        if not account:
            shared = of_venue.get((part, venue), ())
            places += [place + column for place in shared]
            numbers += [number] * len(shared)
        elif (part, account) in first:
            places.append(first[part, account] + column)
            numbers.append(number)
    return _Filing(
        accounts=layout.account_count,
        places=index(places),
        numbers=index(numbers),
        kinds=shape.surface_kinds,
        without_spot=without_spot,
    )


def _in_words(surface: Surface, state: SurfaceState | None) -> str:
    if state is None:
        return f"{surface}: never read"
    return f"{surface}: {state.quality}" + (f", {state.reason}" if state.reason else "")
