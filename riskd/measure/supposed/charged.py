"""What a supposed purchase takes from its account: the fee, and the margin that the larger position needs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from riskd.measure.liquidity.fees import FEE
from riskd.model.arrays import FloatArray
from riskd.model.snapshot import AccountColumns, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What one account is charged, settlement currency.

    Attributes:
        fee: Paid for good.
        initial_margin: Set aside.
        isolated_wallet: The part of it that leaves the cross wallet.
        maintenance_margin: By which the account's grows.
    """

    fee: float
    initial_margin: float
    isolated_wallet: float
    maintenance_margin: float


def charged(snapshot: Snapshot, account: int, charge: Charge) -> AccountColumns:
    """The accounts after one of them was charged."""
    accounts = snapshot.accounts
    here = np.arange(len(accounts.equity)) == account

    def changed(column: FloatArray, change: float) -> FloatArray:
        return np.where(here, column + change, column)

    available = changed(accounts.available_balance, -charge.fee - charge.initial_margin)
    return replace(
        accounts,
        equity=changed(accounts.equity, -charge.fee),
        wallet_balance=changed(accounts.wallet_balance, -charge.fee),
        cross_wallet_balance=changed(accounts.cross_wallet_balance, -charge.fee - charge.isolated_wallet),
        maintenance_margin=changed(accounts.maintenance_margin, charge.maintenance_margin),
        initial_margin=changed(accounts.initial_margin, charge.initial_margin),
        available_balance=np.maximum(available, 0.0),
    )


def notional_affordable(snapshot: Snapshot, account: int, instrument: int, leverage: float) -> float:
    """How much more of a contract the venue's free margin pays for, quote currency; NaN where it is not known."""
    free = float(snapshot.accounts.available_balance[account])
    return max(free, 0.0) / (1.0 / leverage + taker_fee_rate(snapshot, instrument))


def taker_fee_rate(snapshot: Snapshot, instrument: int) -> float:
    """The taker fee of a contract, or the one that measures take where the venue states none."""
    stated = snapshot.instruments[instrument].taker_fee_rate
    default = FEE.default
    assert isinstance(default, float)
    return default if stated is None else float(stated)
