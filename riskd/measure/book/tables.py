"""The tables that a book works on: one snapshot's own columns, or those of many in one block.

In a block every code is offset, so that no group ever holds rows of two snapshots.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

import numpy as np

from riskd.measure.book.groups import IndexArray, index
from riskd.model.arrays import FloatArray
from riskd.model.desk import AccountProfile, GridDefinition, HedgeDefinition
from riskd.model.history import History
from riskd.model.instrument import Instrument
from riskd.model.snapshot import (
    AccountColumns,
    InstrumentColumns,
    OrderColumns,
    PositionColumns,
    Snapshot,
    SpotColumns,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Columns of one or more snapshots ("parts").

    Attributes:
        snapshots: One a part.
        histories: One a part.
        now: Seconds since the epoch, one a part.
        profiles: Accounts of all parts; account codes index it.
        account_part: Part of each account. The other ``.._part`` likewise.
        instruments: Instruments of all parts; instrument codes index it.
        strategies: Names of all parts; strategy codes index it. A name may stand in it once for each part.
    """

    snapshots: tuple[Snapshot, ...]
    histories: tuple[History, ...]
    now: FloatArray
    profiles: tuple[AccountProfile, ...]
    account_part: IndexArray
    instruments: tuple[Instrument, ...]
    instrument_part: IndexArray
    strategies: tuple[str, ...]
    hedges: tuple[HedgeDefinition, ...]
    hedge_part: IndexArray
    grids: tuple[GridDefinition, ...]
    grid_part: IndexArray
    quotes: InstrumentColumns
    accounts: AccountColumns
    positions: PositionColumns
    orders: OrderColumns
    spot: SpotColumns

    def account_starts(self) -> list[int]:
        """Number of the first account of each part."""
        return _starts(len(snapshot.desk.accounts) for snapshot in self.snapshots)


def tables_of(snapshot: Snapshot, history: History) -> Tables:
    """The tables of one snapshot: its own arrays, nothing copied."""
    desk = snapshot.desk
    return Tables(
        snapshots=(snapshot,),
        histories=(history,),
        now=np.array([snapshot.taken_at.timestamp()]),
        profiles=desk.accounts,
        account_part=np.zeros(len(desk.accounts), dtype=np.intp),
        instruments=snapshot.instruments,
        instrument_part=np.zeros(len(snapshot.instruments), dtype=np.intp),
        strategies=snapshot.strategies,
        hedges=desk.hedges,
        hedge_part=np.zeros(len(desk.hedges), dtype=np.intp),
        grids=desk.grids,
        grid_part=np.zeros(len(desk.grids), dtype=np.intp),
        quotes=snapshot.quotes,
        accounts=snapshot.accounts,
        positions=snapshot.positions,
        orders=snapshot.orders,
        spot=snapshot.spot,
    )


def stacked(parts: Sequence[Tables]) -> Tables:
    """Many tables as one, in order."""
    accounts = _starts(len(part.profiles) for part in parts)
    instruments = _starts(len(part.instruments) for part in parts)
    strategies = _starts(len(part.strategies) for part in parts)
    before = _starts(len(part.snapshots) for part in parts)
    offsets = {"account": accounts, "instrument": instruments, "strategy": strategies}
    return Tables(
        snapshots=_chained(part.snapshots for part in parts),
        histories=_chained(part.histories for part in parts),
        now=np.concatenate([part.now for part in parts]),
        profiles=_chained(part.profiles for part in parts),
        account_part=_offset([part.account_part for part in parts], before),
        instruments=_chained(part.instruments for part in parts),
        instrument_part=_offset([part.instrument_part for part in parts], before),
        strategies=_chained(part.strategies for part in parts),
        hedges=_chained(part.hedges for part in parts),
        hedge_part=_offset([part.hedge_part for part in parts], before),
        grids=_chained(part.grids for part in parts),
        grid_part=_offset([part.grid_part for part in parts], before),
        quotes=_joined(_equally_wide([part.quotes for part in parts]), {}),
        accounts=_joined([part.accounts for part in parts], {}),
        positions=_joined([part.positions for part in parts], offsets),
        orders=_joined([part.orders for part in parts], offsets),
        spot=_joined([part.spot for part in parts], {"account": accounts}),
    )


C = TypeVar("C", InstrumentColumns, AccountColumns, PositionColumns, OrderColumns, SpotColumns)
T = TypeVar("T")


def _joined(parts: Sequence[C], offsets: Mapping[str, Sequence[int]]) -> C:
    """Columns one after another; the named code columns are offset."""
    joined: dict[str, Any] = {}  # what a field holds is known to the dataclass only
    for field in dataclasses.fields(parts[0]):
        columns = [getattr(part, field.name) for part in parts]
        if isinstance(columns[0], tuple):
            joined[field.name] = _chained(columns)
        elif field.name in offsets:
            joined[field.name] = _offset(columns, offsets[field.name]).astype(np.int32)
        else:
            joined[field.name] = np.concatenate(columns)
    return dataclasses.replace(parts[0], **joined)


def _offset(columns: Sequence[IndexArray], starts: Sequence[int]) -> IndexArray:
    sizes = [len(column) for column in columns]
    return index(np.concatenate(columns)) + np.repeat(index(starts), sizes)


def _equally_wide(quotes: Sequence[InstrumentColumns]) -> list[InstrumentColumns]:
    """Pads bracket tables to one width: unused floors are +inf, unused rates and amounts NaN."""
    width = max(part.bracket_floor.shape[1] for part in quotes)

    def padded(table: FloatArray, fill: float) -> FloatArray:
        missing = width - table.shape[1]
        return np.pad(table, ((0, 0), (0, missing)), constant_values=fill) if missing else table

    return [
        dataclasses.replace(
            part,
            bracket_floor=padded(part.bracket_floor, np.inf),
            bracket_rate=padded(part.bracket_rate, np.nan),
            bracket_amount=padded(part.bracket_amount, np.nan),
        )
        for part in quotes
    ]


def _chained(tuples: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    return tuple(chain.from_iterable(tuples))


def _starts(sizes: Iterable[int]) -> list[int]:
    return [0, *np.cumsum(list(sizes), dtype=np.intp).tolist()][:-1]
