"""Where the numbers of each column come from: told by the venue, worked out by riskd, or not there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from riskd.model.desk import Desk
from riskd.model.snapshot import AccountColumns, PositionColumns, Provenance

Entry = tuple[str, str, Provenance]

_ACCOUNT_COLUMNS = (
    "equity",
    "wallet_balance",
    "cross_wallet_balance",
    "maintenance_margin",
    "initial_margin",
    "available_balance",
)
_POSITION_COLUMNS: Mapping[str, Provenance] = {
    "quantity": Provenance.REPORTED,
    "entry_price": Provenance.REPORTED,
    "mark_price": Provenance.REPORTED,
    "notional": Provenance.DERIVED,
    "unrealized_pnl": Provenance.DERIVED,
    "leverage_setting": Provenance.REPORTED,
    "initial_margin": Provenance.REPORTED,
    "maintenance_margin": Provenance.REPORTED,
    "liquidation_price": Provenance.REPORTED,
    "adl_rank": Provenance.REPORTED,
    "opened_at": Provenance.DERIVED,
}


def provenance_of(desk: Desk, accounts: AccountColumns, positions: PositionColumns) -> tuple[Entry, ...]:
    """For each account and column, its provenance; ``missing`` when not one number of it is known."""
    ids = [profile.id for profile in desk.accounts]
    entries: list[Entry] = []
    for name in _ACCOUNT_COLUMNS:
        known = (~np.isnan(getattr(accounts, name))).tolist()
        entries += _entries(f"accounts.{name}", Provenance.REPORTED, zip(ids, known, strict=True))
    holding = np.flatnonzero(np.bincount(positions.account, minlength=len(ids)))
    holders = [ids[code] for code in holding.tolist()]
    for name, source in _POSITION_COLUMNS.items():
        known_numbers = ~np.isnan(getattr(positions, name))
        count = np.bincount(positions.account, weights=known_numbers, minlength=len(ids))
        entries += _entries(f"positions.{name}", source, zip(holders, count[holding].tolist(), strict=True))
    return tuple(entries)


def _entries(column: str, source: Provenance, known: Iterable[tuple[str, float]]) -> list[Entry]:
    return [(account, column, source if there else Provenance.MISSING) for account, there in known]
