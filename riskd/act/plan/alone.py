"""One account by itself: what a plan works on, whatever else the desk holds."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from riskd.measure.book.groups import IndexArray
from riskd.model.arrays import BoolArray, IntArray
from riskd.model.collateral import CollateralColumns
from riskd.model.history import ActivityColumns, BookingColumns, History, IncomeColumns, ReconciledColumns
from riskd.model.snapshot import InstrumentColumns, OrderColumns, PositionColumns, Snapshot, SpotColumns

Columns = TypeVar("Columns", PositionColumns, OrderColumns, SpotColumns, InstrumentColumns)


def account_alone(snapshot: Snapshot, history: History, account: int) -> tuple[Snapshot, History]:
    """The snapshot and history of one account: its rows, its instruments, its grids and hedges, its past.

    Measures of the account, and of what lies inside it, have the values that they have in the whole book.
    """
    profile = snapshot.desk.accounts[account]
    desk = replace(
        snapshot.desk,
        accounts=(profile,),
        hedges=tuple(h for h in snapshot.desk.hedges if any(leg.account == profile.id for leg in h.legs)),
        grids=tuple(grid for grid in snapshot.desk.grids if grid.account == profile.id),
    )
    own_positions = canonical_rows(snapshot, account)
    own_orders = _canonical_orders(snapshot, account)
    used = _used_instruments(snapshot, own_positions, own_orders)
    number = np.cumsum(used, dtype=np.int32) - 1
    positions = rows_taken(snapshot.positions, own_positions)
    orders = rows_taken(snapshot.orders, own_orders)
    spot = rows_kept(snapshot.spot, snapshot.spot.account == account)
    accounts = replace(
        snapshot.accounts,
        **{
            field.name: getattr(snapshot.accounts, field.name)[account : account + 1]
            for field in dataclasses.fields(snapshot.accounts)
        },
    )
    alone = replace(
        snapshot,
        desk=desk,
        instruments=tuple(row for row, kept in zip(snapshot.instruments, used.tolist(), strict=True) if kept),
        quotes=rows_kept(snapshot.quotes, used),
        accounts=accounts,
        positions=replace(
            positions, account=_zeros(positions.account), instrument=_renumbered(positions.instrument, number)
        ),
        orders=replace(
            orders, account=_zeros(orders.account), instrument=_renumbered(orders.instrument, number)
        ),
        spot=replace(spot, account=_zeros(spot.account)),
        surfaces=tuple(state for state in snapshot.surfaces if state.account in {"", profile.id}),
    )
    return alone, _past_of(history, account)


def canonical_rows(snapshot: Snapshot, account: int) -> IndexArray:
    """Rows of an account's positions by symbol and side: the same plan comes of them in whatever order they arrive."""
    own = np.flatnonzero(snapshot.positions.account == account)
    sides = snapshot.positions.position_side
    symbols = [snapshot.instruments[code].symbol for code in snapshot.positions.instrument[own].tolist()]
    keys = [(symbol, sides[row], row) for symbol, row in zip(symbols, own.tolist(), strict=True)]
    return np.array([row for _, _, row in sorted(keys)], dtype=np.intp)


def rows_kept(columns: Columns, kept: BoolArray) -> Columns:
    """The columns without the rows that are not kept."""
    return rows_taken(columns, np.flatnonzero(kept))


def rows_taken(columns: Columns, rows: IndexArray) -> Columns:
    """Some rows of the columns, in the order in which they are named."""
    places = rows.tolist()
    changed: dict[str, Any] = {}  # what a field holds is known to the dataclass only
    for field in dataclasses.fields(columns):
        column = getattr(columns, field.name)
        changed[field.name] = (
            tuple(column[row] for row in places) if isinstance(column, tuple) else column[rows]
        )
    return replace(columns, **changed)


def _canonical_orders(snapshot: Snapshot, account: int) -> IndexArray:
    orders = snapshot.orders
    own = np.flatnonzero(orders.account == account).tolist()
    keys = [
        (snapshot.instruments[int(orders.instrument[row])].symbol, orders.order_id[row], row) for row in own
    ]
    return np.array([row for _, _, row in sorted(keys)], dtype=np.intp)


def _used_instruments(snapshot: Snapshot, positions: IndexArray, orders: IndexArray) -> BoolArray:
    """Instruments of the rows, and those that hedges and grids name; there are few of the latter."""
    used = np.zeros(len(snapshot.instruments), dtype=np.bool_)
    used[snapshot.positions.instrument[positions]] = True
    used[snapshot.orders.instrument[orders]] = True
    named = {leg.name for hedge in snapshot.desk.hedges for leg in hedge.legs}
    named |= {grid.symbol for grid in snapshot.desk.grids}
    if named:
        used |= np.array([row.symbol in named for row in snapshot.instruments], dtype=np.bool_)
    return used


def _renumbered(codes: IntArray, number: IntArray) -> IntArray:
    return number[codes]


def _zeros(codes: IntArray) -> IntArray:
    return np.zeros(len(codes), dtype=np.int32)


def _past_of(history: History, account: int) -> History:
    return History(
        equity=(history.equity[account],),
        day_started_at=history.day_started_at[account : account + 1],
        funding=_funding_of(history.funding, account),
        activity=_activity_of(history.activity, account),
        prices=history.prices,
        market=history.market,
        reconciled=_reconciled_of(history.reconciled, account),
        bookings=_bookings_of(history.bookings, account),
        liquidity=history.liquidity,
        collateral=_collateral_of(history.collateral, account),
        asset_index=history.asset_index,
    )


def _funding_of(funding: IncomeColumns, account: int) -> IncomeColumns:
    rows: IndexArray = np.flatnonzero(funding.account == account)
    return IncomeColumns(
        account=_zeros(funding.account[rows]),
        symbol=tuple(funding.symbol[row] for row in rows.tolist()),
        strategy=tuple(funding.strategy[row] for row in rows.tolist()),
        amount=funding.amount[rows],
        at=funding.at[rows],
        complete_since=funding.complete_since[account : account + 1],
    )


def _reconciled_of(reconciled: ReconciledColumns, account: int) -> ReconciledColumns:
    rows: IndexArray = np.flatnonzero(reconciled.account == account)
    return ReconciledColumns(
        account=_zeros(reconciled.account[rows]),
        symbol=tuple(reconciled.symbol[row] for row in rows.tolist()),
        difference=reconciled.difference[rows],
        compared_at=reconciled.compared_at[rows],
    )


def _bookings_of(bookings: BookingColumns, account: int) -> BookingColumns:
    lines = np.flatnonzero(bookings.account == account)
    number = np.full(len(bookings.account), -1, dtype=np.int32)
    number[lines] = np.arange(len(lines), dtype=np.int32)
    line = number[bookings.line]
    rows = line >= 0
    return BookingColumns(
        account=_zeros(bookings.account[lines]),
        symbol=tuple(bookings.symbol[row] for row in lines.tolist()),
        strategy=tuple(bookings.strategy[row] for row in lines.tolist()),
        line=line[rows],
        at=bookings.at[rows],
        realized=bookings.realized[rows],
        fee=bookings.fee[rows],
        funding=bookings.funding[rows],
        closes=bookings.closes[rows],
        complete_since=bookings.complete_since[account : account + 1],
    )


def _collateral_of(collateral: CollateralColumns, account: int) -> CollateralColumns:
    rows: IndexArray = np.flatnonzero(collateral.account == account)
    return CollateralColumns(
        account=_zeros(collateral.account[rows]),
        asset=tuple(collateral.asset[row] for row in rows.tolist()),
        balance=collateral.balance[rows],
    )


def _activity_of(activity: ActivityColumns, account: int) -> ActivityColumns:
    rows: IndexArray = np.flatnonzero(activity.account == account)
    return ActivityColumns(
        account=_zeros(activity.account[rows]),
        strategy=tuple(activity.strategy[row] for row in rows.tolist()),
        placed_at=activity.placed_at[rows],
        complete_since=activity.complete_since[account : account + 1],
    )
