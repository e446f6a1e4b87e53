"""The book as it would be if one position were larger: a question about room, from which nobody makes an order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np

from riskd.measure.liquidity.fees import FEE
from riskd.measure.supposed.restated import restated_maintenance
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.snapshot import AccountColumns, OrderColumns, PositionColumns, Snapshot


def suppose_more(snapshot: Snapshot, row: int, notional: float) -> Snapshot:
    """The snapshot with more of one position, bought or sold at mark by a taker, on the side that is held.

    The position needs more initial margin by its leverage setting; an isolated one takes it along from the cross wallet. Its
    resting reduce-only orders, such as its stops, grow with it. The venue's liquidation prices that are no longer true are
    dropped, so that our own are used.

    Args:
        snapshot: As it is.
        row: Of the position.
        notional: How much more, quote currency, >= 0.
    """
    with np.errstate(invalid="ignore"):  # what is unknown stays unknown
        positions = snapshot.positions
        added = np.zeros(len(positions))
        added[row] = notional
        after = _positions_after(snapshot, row, added)
        return replace(
            snapshot,
            positions=after,
            orders=_orders_after(snapshot, row, _growth(snapshot, row, notional)),
            accounts=_account_after(snapshot, row, after, notional),
        )


def notional_affordable(snapshot: Snapshot, row: int) -> float:
    """How much more of a position the venue's free margin pays for, quote currency; NaN where it is not known."""
    positions = snapshot.positions
    free = float(snapshot.accounts.available_balance[positions.account[row]])
    return max(free, 0.0) / (1.0 / float(positions.leverage_setting[row]) + _fee_rate(snapshot, row))


def _growth(snapshot: Snapshot, row: int, notional: float) -> float:
    """What the position's size is multiplied by."""
    return 1.0 + notional / float(np.abs(snapshot.positions.notional[row]))


def _positions_after(snapshot: Snapshot, row: int, added: FloatArray) -> PositionColumns:
    before = snapshot.positions
    side = np.where(before.notional >= 0.0, 1.0, -1.0)
    more = side * added / before.mark_price
    quantity = np.where(added > 0.0, before.quantity + more, before.quantity)
    notional = np.where(added > 0.0, before.notional + side * added, before.notional)
    margin = np.where(added > 0.0, added / before.leverage_setting, 0.0)
    exact = list(before.quantity_exact)
    if added[row] > 0.0:
        exact[row] = Decimal(repr(float(quantity[row])))
    stale = (before.account == before.account[row]) & ~before.isolated
    stale[row] = True
    entry = (before.entry_price * before.quantity + before.mark_price * more) / quantity
    return replace(
        before,
        quantity=quantity,
        quantity_exact=tuple(exact),
        entry_price=np.where(added > 0.0, entry, before.entry_price),
        notional=notional,
        isolated_wallet=np.where(before.isolated, before.isolated_wallet + margin, before.isolated_wallet),
        initial_margin=before.initial_margin + margin,
        maintenance_margin=restated_maintenance(
            snapshot, np.abs(notional), np.where(added > 0.0, np.nan, 1.0)
        ),
        liquidation_price=np.where(stale, np.nan, before.liquidation_price),
        cannot_be_liquidated=before.cannot_be_liquidated & ~stale,
    )


def _orders_after(snapshot: Snapshot, row: int, growth: float) -> OrderColumns:
    orders = snapshot.orders
    closing = _closing(snapshot, row)
    exact = list(orders.remaining_exact)
    if growth != 1.0 and np.isfinite(growth):
        for place in np.flatnonzero(closing).tolist():
            exact[place] = Decimal(repr(float(exact[place]) * growth))
    return replace(
        orders,
        remaining=np.where(closing, orders.remaining * growth, orders.remaining),
        remaining_exact=tuple(exact),
    )


def _closing(snapshot: Snapshot, row: int) -> BoolArray:
    """The orders that can only make a position smaller."""
    positions, orders = snapshot.positions, snapshot.orders
    side = 1.0 if positions.notional[row] >= 0.0 else -1.0
    named = np.array([each == positions.position_side[row] for each in orders.position_side], dtype=np.bool_)
    closing: BoolArray = (
        (orders.account == positions.account[row])
        & (orders.instrument == positions.instrument[row])
        & (orders.direction == -side)
        & orders.reduce_only
        & ~orders.close_position
        & named
    )
    return closing


def _account_after(snapshot: Snapshot, row: int, after: PositionColumns, notional: float) -> AccountColumns:
    accounts, before = snapshot.accounts, snapshot.positions
    here = np.zeros(len(accounts.equity))
    here[before.account[row]] = 1.0
    fee = notional * _fee_rate(snapshot, row)
    margin = float(after.initial_margin[row] - before.initial_margin[row]) if notional else 0.0
    maintenance = float(after.maintenance_margin[row] - before.maintenance_margin[row]) if notional else 0.0
    moved = margin if before.isolated[row] else 0.0

    def changed(column: FloatArray, change: float) -> FloatArray:
        return np.where(here > 0.0, column + change, column)

    return replace(
        accounts,
        equity=changed(accounts.equity, -fee),
        wallet_balance=changed(accounts.wallet_balance, -fee),
        cross_wallet_balance=changed(accounts.cross_wallet_balance, -fee - moved),
        maintenance_margin=changed(accounts.maintenance_margin, maintenance),
        initial_margin=changed(accounts.initial_margin, margin),
        available_balance=np.maximum(changed(accounts.available_balance, -fee - margin), 0.0),
    )


def _fee_rate(snapshot: Snapshot, row: int) -> float:
    """The taker fee, or the one that measures take where the venue states none."""
    stated = snapshot.instruments[int(snapshot.positions.instrument[row])].taker_fee_rate
    default = FEE.default
    assert isinstance(default, float)
    return default if stated is None else float(stated)
