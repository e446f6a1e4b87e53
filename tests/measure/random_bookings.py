"""Random bookings and settlements for random books: fills in pieces, prices that are missing, jitter."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from riskd.model.arrays import codes, floats
from riskd.model.history import History
from riskd.model.snapshot import Snapshot
from tests.builder_bookings import BookingRow, with_bookings
from tests.builder_rows import NAN

_STRATEGIES = ("swing", "hedge", "nobody")


def with_random_bookings(
    r: random.Random, missing: float, symbols: Sequence[str], snapshot: Snapshot, history: History
) -> History:
    """The history with what trading booked, and with funding settled every few hours.

    Args:
        r: Draws.
        missing: Chance that any one amount is missing.
        symbols: Contracts that are traded.
        snapshot: Names the accounts.
        history: The rest.
    """
    history = _with_settlements(r, symbols, snapshot, history)
    if r.random() < missing:
        return history
    names = [profile.id for profile in snapshot.desk.accounts]
    rows = [row for name in names for row in _fills(r, missing, symbols, name)]
    r.shuffle(rows)
    days = [NAN if r.random() < missing else r.choice([1.0, 2.9, 400.0]) for _ in names]
    return with_bookings(history, snapshot, *rows, complete_days=days)


def _fills(r: random.Random, missing: float, symbols: Sequence[str], account: str) -> list[BookingRow]:
    rows = []
    for _ in range(r.randrange(12)):
        symbol, age = r.choice([*symbols, "GONE/USDT:USDT"]), r.uniform(-100, 3e5)
        strategy, result = r.choice(_STRATEGIES), r.choice([-1.0, -1.0, 1.0]) * r.uniform(0, 90)
        for piece in range(r.choice([1, 1, 2, 4])):
            worth = NAN if r.random() < missing / 4 else result
            rows.append(
                BookingRow(
                    age_seconds=age - piece * r.choice([0.0, 1.0, 20.0]),
                    realized=r.choice([worth, worth, worth, 0.0, None]),
                    fee=r.choice([0.0, r.uniform(-1, 5), NAN if r.random() < missing / 4 else 1.0]),
                    funding=r.choice([0.0, 0.0, r.uniform(-3, 3)]),
                    symbol=symbol,
                    account=account,
                    strategy=strategy,
                )
            )
    return rows


def _with_settlements(
    r: random.Random, symbols: Sequence[str], snapshot: Snapshot, history: History
) -> History:
    """Funding of every eight hours for some contracts, often of one sign, sometimes in two bookings."""
    now, old = snapshot.taken_at.timestamp(), history.funding
    rows = []
    for account in range(len(snapshot.desk.accounts)):
        for symbol in symbols:
            sign = r.choice([-1.0, 1.0])
            for number in range(r.choice([0, 3, 6])):
                for _ in range(r.choice([1, 1, 2])):
                    amount = r.choice([sign, sign, sign, -sign, 0.0]) * r.uniform(0, 9)
                    at = (now // 3600.0 - 8.0 * number) * 3600.0 + r.choice([0.0, 1.0, 3.0])
                    rows.append((account, symbol, r.choice(_STRATEGIES), amount, at))
    return replace(
        history,
        funding=replace(
            old,
            account=codes([*old.account.tolist(), *(row[0] for row in rows)]),
            symbol=(*old.symbol, *(row[1] for row in rows)),
            strategy=(*old.strategy, *(row[2] for row in rows)),
            amount=floats([*old.amount.tolist(), *(row[3] for row in rows)]),
            at=floats([*old.at.tolist(), *(row[4] for row in rows)]),
        ),
    )
