"""The book as it would be if one position were larger: a question about room, from which nobody makes an order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np

from riskd.measure.supposed.charged import Charge, charged, taker_fee_rate
from riskd.measure.supposed.restated import restated_maintenance
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.snapshot import OrderColumns, PositionColumns, Snapshot


def suppose_more(snapshot: Snapshot, row: int, quantity: Decimal) -> Snapshot:
    """The snapshot with more of one position, bought or sold at mark by a taker, on the side that is held.

    The position needs more initial margin by its leverage setting; an isolated one takes it along from the cross wallet. Its
    resting reduce-only orders, such as its stops, grow with it. The venue's liquidation prices that are no longer true are
    dropped, so that our own are used.

    Args:
        snapshot: As it is.
        row: Of the position.
        quantity: How much more, base units, >= 0.
    """
    with np.errstate(invalid="ignore"):  # what is unknown stays unknown
        before = snapshot.positions
        added = np.zeros(len(before))
        added[row] = float(quantity)
        after = _positions_after(snapshot, row, quantity, added)
        return replace(
            snapshot,
            positions=after,
            orders=_orders_after(snapshot, row, 1.0 + float(quantity) / abs(float(before.quantity[row]))),
            accounts=charged(snapshot, int(before.account[row]), _charge(snapshot, row, after, quantity)),
        )


def _positions_after(snapshot: Snapshot, row: int, more: Decimal, added: FloatArray) -> PositionColumns:
    before = snapshot.positions
    side = np.where(before.notional >= 0.0, 1.0, -1.0)
    worth = np.where(added > 0.0, added * before.mark_price, 0.0)
    quantity = np.where(added > 0.0, before.quantity + side * added, before.quantity)
    notional = np.where(added > 0.0, before.notional + side * worth, before.notional)
    margin = np.where(added > 0.0, worth / before.leverage_setting, 0.0)
    exact = list(before.quantity_exact)
    exact[row] += more if side[row] > 0.0 else -more
    entry = (before.entry_price * before.quantity + before.mark_price * side * added) / quantity
    stale = stale_liquidation(before, int(before.account[row]))
    stale[row] = True
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


def stale_liquidation(positions: PositionColumns, account: int) -> BoolArray:
    """The positions whose liquidation prices are no longer true once their account holds more: its cross positions."""
    stale: BoolArray = (positions.account == account) & ~positions.isolated
    return stale


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


def _charge(snapshot: Snapshot, row: int, after: PositionColumns, quantity: Decimal) -> Charge:
    """What the account is charged; nothing at all where nothing is added, whatever else is unknown."""
    before = snapshot.positions
    if not quantity:
        return Charge(fee=0.0, initial_margin=0.0, isolated_wallet=0.0, maintenance_margin=0.0)
    notional = float(quantity) * float(before.mark_price[row])
    margin = float(after.initial_margin[row] - before.initial_margin[row])
    return Charge(
        fee=notional * taker_fee_rate(snapshot, int(before.instrument[row])),
        initial_margin=margin,
        isolated_wallet=margin if before.isolated[row] else 0.0,
        maintenance_margin=float(after.maintenance_margin[row] - before.maintenance_margin[row]),
    )
