"""The book as it would be if parts of its positions were closed at mark, with what that costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from riskd.act.alone import rows_kept
from riskd.measure.supposed.restated import restated_maintenance
from riskd.model.arrays import FloatArray
from riskd.model.instrument import Instrument
from riskd.model.snapshot import AccountColumns, PositionColumns, Snapshot

Closing = Mapping[int, Decimal]
"""Base units to close, > 0, by position row. A row that is not named is left as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What closing is reckoned to cost, as fractions of the notional closed.

    Attributes:
        slippage_rate: Allowance for the spread and the depth that an order uses up.
        fee_rate_when_unknown: Taker fee where the venue states none; above what the large venues ask.
    """

    slippage_rate: float = 0.0005
    fee_rate_when_unknown: float = 0.001

    def unit_cost(self, instrument: Instrument) -> float:
        """Cost of closing one unit of notional of an instrument."""
        fee = instrument.taker_fee_rate
        return self.slippage_rate + (self.fee_rate_when_unknown if fee is None else float(fee))


def unit_costs(snapshot: Snapshot, costs: Costs) -> FloatArray:
    """Cost of closing one unit of notional of each position."""
    by_instrument = np.array([costs.unit_cost(instrument) for instrument in snapshot.instruments])
    return by_instrument[snapshot.positions.instrument]


def suppose(snapshot: Snapshot, closing: Closing, unit_cost: FloatArray) -> Snapshot:
    """The snapshot of one account after closing, marks unchanged.

    Realized PnL moves into the wallet, costs leave it, initial and maintenance margin shrink with the position
    (maintenance by the brackets, in the proportion in which the venue's figure stands to ours), an isolated position
    gives back the same share of its wallet, and what is closed whole is gone. The venue's liquidation prices of
    positions that share the account's margin are no longer true and are dropped, so that our own are used.

    Args:
        snapshot: Of one account alone.
        closing: May be empty: then only those prices are dropped.
        unit_cost: Cost of closing one unit of notional of each position.
    """
    positions = snapshot.positions
    closed = np.zeros(len(positions))
    for row, quantity in closing.items():
        closed[row] = float(quantity)
    share = np.divide(closed, np.abs(positions.quantity), out=np.zeros(len(positions)), where=closed > 0.0)
    cost = closed * positions.mark_price * unit_cost
    after = _positions_after(snapshot, closing, share)
    gone = [row for row in closing if after.quantity_exact[row] == 0]
    return replace(
        snapshot,
        positions=_without(after, gone) if gone else after,
        accounts=_account_after(snapshot.accounts, positions, after, share, cost),
    )


def _without(positions: PositionColumns, gone: list[int]) -> PositionColumns:
    kept = np.ones(len(positions), dtype=np.bool_)
    kept[gone] = False
    return rows_kept(positions, kept)


def _positions_after(snapshot: Snapshot, closing: Closing, share: FloatArray) -> PositionColumns:
    before = snapshot.positions
    exact, quantity = list(before.quantity_exact), before.quantity.copy()
    for row, closed in closing.items():
        exact[row] = exact[row] - closed if exact[row] > 0 else exact[row] + closed
        quantity[row] = float(exact[row])
    touched, rest = share > 0.0, 1.0 - share
    stale = touched | ~before.isolated
    return replace(
        before,
        quantity=quantity,
        quantity_exact=tuple(exact),
        notional=np.where(touched, quantity * before.mark_price, before.notional),
        unrealized_pnl=before.unrealized_pnl * rest,
        isolated_wallet=before.isolated_wallet * rest,
        initial_margin=before.initial_margin * rest,
        # Without brackets it shrinks in proportion, which is never too little.
        maintenance_margin=restated_maintenance(snapshot, np.abs(quantity * before.mark_price), rest),
        liquidation_price=np.where(stale, np.nan, before.liquidation_price),
        cannot_be_liquidated=before.cannot_be_liquidated & ~stale,
    )


def _account_after(
    accounts: AccountColumns,
    before: PositionColumns,
    after: PositionColumns,
    share: FloatArray,
    cost: FloatArray,
) -> AccountColumns:
    """The account's money: costs leave, realized PnL and released isolated wallets change their place."""
    touched = share > 0.0
    paid = float(cost[touched].sum())
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
