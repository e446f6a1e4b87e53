"""Who holds what where, without how much: what stays the same from one cycle to the next until something is opened or closed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter, is_

import numpy as np

from riskd.measure.book.groups import IndexArray
from riskd.measure.book.tables import Tables
from riskd.model.arrays import FloatArray, IntArray
from riskd.model.desk import AccountProfile, GridDefinition, HedgeDefinition
from riskd.model.instrument import Instrument
from riskd.model.report import Surface
from riskd.model.snapshot import OrderKind


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shape:
    """The codes and names of tables, and the terms of their contracts: no price, quantity or money.

    Attributes:
        parts: Number of snapshots.
        listed: The instruments of each part; ``instruments`` are those of all.
        bracket_floor: Terms of margin, as in ``InstrumentColumns``; venues change them once in weeks.
        surface_counts: Number of surface states of each part.
        surface_venues: Venue of each surface state of all parts, in their order.
        surface_accounts: Account id of each; empty for a surface of the venue itself.
        surface_kinds: Surface of each.
    """

    parts: int
    profiles: tuple[AccountProfile, ...]
    account_part: IndexArray
    instruments: tuple[Instrument, ...]
    instrument_part: IndexArray
    listed: tuple[tuple[Instrument, ...], ...]
    strategies: tuple[str, ...]
    hedges: tuple[HedgeDefinition, ...]
    hedge_part: IndexArray
    grids: tuple[GridDefinition, ...]
    grid_part: IndexArray
    bracket_floor: FloatArray
    bracket_rate: FloatArray
    bracket_amount: FloatArray
    position_account: IntArray
    position_instrument: IntArray
    position_strategy: IntArray
    position_sides: tuple[str, ...]
    order_account: IntArray
    order_instrument: IntArray
    order_strategy: IntArray
    order_sides: tuple[str, ...]
    order_kinds: tuple[OrderKind, ...]
    spot_account: IntArray
    spot_assets: tuple[str, ...]
    surface_counts: tuple[int, ...]
    surface_venues: tuple[str, ...]
    surface_accounts: tuple[str, ...]
    surface_kinds: tuple[Surface, ...]

    def equals(self, other: Shape) -> bool:
        """Whether everything is the same, numbers to the last bit."""
        return all(_same(getattr(self, name), getattr(other, name)) for name in _COMPARED)


_COMPARED = tuple(field.name for field in dataclasses.fields(Shape) if field.name != "listed")
# Read anew, these are new objects: all is then worked out anew, once, where comparing their fields would cost each time.
_BY_IDENTITY = (AccountProfile, Instrument, HedgeDefinition, GridDefinition)
_VENUE, _ACCOUNT, _SURFACE = attrgetter("venue"), attrgetter("account"), attrgetter("surface")


def shape_of(tables: Tables) -> Shape:
    """The shape of tables."""
    positions, orders, quotes = tables.positions, tables.orders, tables.quotes
    states = list(chain.from_iterable(snapshot.surfaces for snapshot in tables.snapshots))
    return Shape(
        parts=len(tables.snapshots),
        profiles=tables.profiles,
        account_part=tables.account_part,
        instruments=tables.instruments,
        instrument_part=tables.instrument_part,
        listed=tuple(snapshot.instruments for snapshot in tables.snapshots),
        strategies=tables.strategies,
        hedges=tables.hedges,
        hedge_part=tables.hedge_part,
        grids=tables.grids,
        grid_part=tables.grid_part,
        bracket_floor=quotes.bracket_floor,
        bracket_rate=quotes.bracket_rate,
        bracket_amount=quotes.bracket_amount,
        position_account=positions.account,
        position_instrument=positions.instrument,
        position_strategy=positions.strategy,
        position_sides=positions.position_side,
        order_account=orders.account,
        order_instrument=orders.instrument,
        order_strategy=orders.strategy,
        order_sides=orders.position_side,
        order_kinds=orders.kind,
        spot_account=tables.spot.account,
        spot_assets=tables.spot.asset,
        surface_counts=tuple(len(snapshot.surfaces) for snapshot in tables.snapshots),
        surface_venues=tuple(map(_VENUE, states)),
        surface_accounts=tuple(map(_ACCOUNT, states)),
        surface_kinds=tuple(map(_SURFACE, states)),
    )


def _same(one: object, other: object) -> bool:
    if one is other:
        return True
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        # Bytes, not numbers: a table that is not known has NaN in it, and memory is compared faster.
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, tuple) and isinstance(other, tuple) and one and isinstance(one[0], _BY_IDENTITY):
        return len(one) == len(other) and all(map(is_, one, other))
    return one == other
