"""The desk of ``benchmarks.rules_book`` in later cycles: prices, sizes and money are others, what is held is the same.

Every array, tuple and surface state is a new object, as a daemon makes them anew from what venues answer. Of that nothing was
opened or closed, riskd must convince itself.
"""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any, TypeVar

import numpy as np

from riskd.model.arrays import FloatArray, floats
from riskd.model.history import EquitySeries, History
from riskd.model.snapshot import (
    AccountColumns,
    InstrumentColumns,
    OrderColumns,
    PositionColumns,
    Snapshot,
    SurfaceState,
)

SECONDS = 10
Moment = tuple[Snapshot, History]
C = TypeVar("C", InstrumentColumns, AccountColumns, PositionColumns, OrderColumns)


def later(snapshot: Snapshot, history: History, cycles: int) -> Moment:
    """The same desk some cycles later. Cycle 0 is the same in other objects."""
    rng = np.random.default_rng((11, cycles))
    passed = timedelta(seconds=SECONDS * cycles)
    spread = 0.002 * min(cycles, 1)
    moves = np.exp(rng.normal(0.0, spread, len(snapshot.instruments)))
    quotes = _anew(snapshot.quotes, mark_price=snapshot.quotes.mark_price * moves)
    held = _held(rng, snapshot.positions, quotes.mark_price[snapshot.positions.instrument], spread)
    accounts = _accounts(snapshot.accounts, held)
    after = dataclasses.replace(
        snapshot,
        id=snapshot.id + cycles,
        taken_at=snapshot.taken_at + passed,
        instruments=(*snapshot.instruments,),
        quotes=quotes,
        accounts=accounts,
        positions=held,
        orders=_anew(snapshot.orders),
        surfaces=tuple(_seen(state, passed) for state in snapshot.surfaces),
    )
    series = zip(history.equity, accounts.equity.tolist(), strict=True)
    return after, dataclasses.replace(
        history, equity=tuple(None if one is None else _grown(one, equity) for one, equity in series)
    )


def _held(
    rng: np.random.Generator, before: PositionColumns, mark: FloatArray, spread: float
) -> PositionColumns:
    """One position in twenty has been added to or reduced."""
    traded = rng.random(len(before)) < 0.05
    quantity = before.quantity * np.where(traded, np.exp(rng.normal(0.0, 50.0 * spread, len(before))), 1.0)
    notional = quantity * mark
    return _anew(
        before,
        quantity=quantity,
        mark_price=mark,
        notional=notional,
        unrealized_pnl=quantity * (mark - before.entry_price),
        initial_margin=np.abs(notional) / before.leverage_setting,
        maintenance_margin=np.abs(notional) * 0.005,
    )


def _accounts(before: AccountColumns, held: PositionColumns) -> AccountColumns:
    def total(values: FloatArray) -> FloatArray:
        return floats(np.bincount(held.account, weights=values, minlength=len(before.equity)))

    return _anew(
        before,
        equity=before.wallet_balance + total(held.unrealized_pnl),
        maintenance_margin=total(held.maintenance_margin),
    )


def _grown(series: EquitySeries, equity: float) -> EquitySeries:
    highest = series.highest.copy()
    highest[-1] = max(highest[-1], equity)
    return dataclasses.replace(series, at=series.at.copy(), highest=highest, first=series.first.copy())


def _seen(state: SurfaceState, passed: timedelta) -> SurfaceState:
    assert state.observed_at is not None
    return dataclasses.replace(state, observed_at=state.observed_at + passed)


def _anew(columns: C, **changed: FloatArray) -> C:
    """New objects for all columns, those that are named with other numbers."""
    anew: dict[str, Any] = {}  # what a field holds is known to the dataclass only
    for field in dataclasses.fields(columns):
        column: Any = changed.get(field.name, getattr(columns, field.name))
        anew[field.name] = column.copy() if isinstance(column, np.ndarray) else (*column,)
    return dataclasses.replace(columns, **anew)
