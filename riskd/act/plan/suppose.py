"""The book as it would be if parts of its positions were closed at mark, with what that costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

import numpy as np

from riskd.act.plan.alone import rows_kept
from riskd.measure.book.groups import IndexArray
from riskd.measure.supposed.restated import restated_maintenance
from riskd.model.arrays import FloatArray
from riskd.model.snapshot import AccountColumns, PositionColumns, Snapshot

Closing = Mapping[int, Decimal]
"""Base units to close, > 0, by position row. A row that is not named is left as it is."""


def suppose(snapshot: Snapshot, closing: Closing, cost: FloatArray, deposit: float = 0.0) -> Snapshot:
    """The snapshot of one account after closing, marks unchanged.

    Realized PnL moves into the wallet, costs leave it, initial and maintenance margin shrink with the position
    (maintenance by the brackets, in the proportion in which the venue's figure stands to ours), an isolated position
    gives back the same share of its wallet, and what is closed whole is gone. The venue's liquidation prices of
    positions that share the account's margin are no longer true and are dropped, so that our own are used.

    Args:
        snapshot: Of one account alone.
        closing: May be empty: then only those prices are dropped.
        cost: What closing costs, settlement currency, by position.
        deposit: Margin that somebody adds, settlement currency.
    """
    return without(restated(snapshot, closing, cost, deposit), closing)


def restated(snapshot: Snapshot, closing: Closing, cost: FloatArray, deposit: float = 0.0) -> Snapshot:
    """The same with every position still in its row, at 0 where it is closed whole."""
    positions = snapshot.positions
    closed = np.zeros(len(positions))
    for row, quantity in closing.items():
        closed[row] = float(quantity)
    share = np.divide(closed, np.abs(positions.quantity), out=np.zeros(len(positions)), where=closed > 0.0)
    after = _positions_after(snapshot, closing, share)
    return replace(
        snapshot,
        positions=after,
        accounts=_account_after(snapshot.accounts, positions, after, share, cost, deposit),
    )


def without(snapshot: Snapshot, rows: Iterable[int]) -> Snapshot:
    """The snapshot without those of some positions of which nothing is left."""
    gone = [row for row in rows if snapshot.positions.quantity_exact[row] == 0]
    if not gone:
        return snapshot
    kept = np.ones(len(snapshot.positions), dtype=np.bool_)
    kept[gone] = False
    return replace(snapshot, positions=rows_kept(snapshot.positions, kept))


def put_back(whole: Snapshot, alone: Snapshot, account: int, rows: IndexArray) -> Snapshot:
    """A desk with one of its accounts as it is supposed.

    Args:
        whole: The desk.
        alone: The account, every position still in its row.
        account: Which of the desk's it is.
        rows: Where its positions stand in the desk.
    """
    exact = list(whole.positions.quantity_exact)
    for row, quantity in zip(rows.tolist(), alone.positions.quantity_exact, strict=True):
        exact[row] = quantity
    changed = {name: getattr(whole.positions, name).copy() for name in _RESTATED_POSITIONS}
    for name, column in changed.items():
        column[rows] = getattr(alone.positions, name)
    money = {name: getattr(whole.accounts, name).copy() for name in _RESTATED_ACCOUNTS}
    for name, column in money.items():
        column[account] = getattr(alone.accounts, name)[0]
    return replace(
        whole,
        positions=replace(whole.positions, quantity_exact=tuple(exact), **changed),
        accounts=replace(whole.accounts, **money),
    )


_RESTATED_POSITIONS = (
    *("quantity", "notional", "unrealized_pnl", "isolated_wallet", "initial_margin", "maintenance_margin"),
    *("liquidation_price", "cannot_be_liquidated"),
)
_RESTATED_ACCOUNTS = (
    *("equity", "wallet_balance", "cross_wallet_balance", "maintenance_margin", "initial_margin"),
    "available_balance",
)


def _positions_after(snapshot: Snapshot, closing: Closing, share: FloatArray) -> PositionColumns:
    before = snapshot.positions
    exact, quantity = list(before.quantity_exact), before.quantity.copy()
    for row, closed in closing.items():
        exact[row] = exact[row] - closed if exact[row] > 0 else exact[row] + closed
        quantity[row] = float(exact[row])
    touched, rest = share > 0.0, 1.0 - share
    stale = touched | ~before.isolated
    # At an unchanged mark a part of a position is worth that part, whatever the contract.
    notional = np.where(touched, before.notional * rest, before.notional)
    return replace(
        before,
        quantity=quantity,
        quantity_exact=tuple(exact),
        notional=notional,
        unrealized_pnl=before.unrealized_pnl * rest,
        isolated_wallet=before.isolated_wallet * rest,
        initial_margin=before.initial_margin * rest,
        # Without brackets it shrinks in proportion, which is never too little.
        maintenance_margin=restated_maintenance(snapshot, np.abs(notional), rest),
        liquidation_price=np.where(stale, np.nan, before.liquidation_price),
        cannot_be_liquidated=before.cannot_be_liquidated & ~stale,
    )


def _account_after(
    accounts: AccountColumns,
    before: PositionColumns,
    after: PositionColumns,
    share: FloatArray,
    cost: FloatArray,
    deposit: float,
) -> AccountColumns:
    """The account's money: costs leave, realized PnL and released isolated wallets change their place."""
    touched = share > 0.0
    paid = float(cost[touched].sum()) - deposit
    realized = before.unrealized_pnl - after.unrealized_pnl
    released = np.where(before.isolated, before.isolated_wallet - after.isolated_wallet, 0.0)
    freed = float((before.initial_margin - after.initial_margin)[touched].sum())
    unneeded = float((before.maintenance_margin - after.maintenance_margin)[touched].sum())
    gained = float(realized[touched].sum())
    return replace(
        accounts,
        equity=accounts.equity - paid,
        wallet_balance=accounts.wallet_balance + gained - paid,
        cross_wallet_balance=accounts.cross_wallet_balance + gained + float(released[touched].sum()) - paid,
        maintenance_margin=accounts.maintenance_margin - unneeded,
        initial_margin=accounts.initial_margin - freed,
        available_balance=accounts.available_balance + freed - paid,
    )
