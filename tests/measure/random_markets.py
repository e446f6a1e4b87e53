"""Random markets and collateral for random books: thin and deep books, old and missing ones, haircuts and debts."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

from riskd.model.history import History
from riskd.model.liquidity import MarketRow
from riskd.model.snapshot import Snapshot
from tests.builder_markets import Side, a_market, with_collateral, with_markets

COINS = {"USDT": (1.0, 0.0001), "USDC": (0.9995, 0.0), "BTC": (60_000.0, 0.05), "USDE": (0.98, 0.1)}


def with_random_markets(
    r: random.Random, missing: float, marks: Mapping[str, float], snapshot: Snapshot, history: History
) -> History:
    """The history with markets of most contracts at both venues, and with what backs most accounts.

    Args:
        r: Draws.
        missing: Chance that any one of them is missing, or too old.
        marks: Price of each contract, about.
        snapshot: Names the accounts.
        history: The rest.
    """
    rows = [
        _market(r, missing, symbol, venue, mark)
        for venue in ("one", "two")
        for symbol, mark in marks.items()
        if r.random() >= missing
    ]
    held = {profile.id: _assets(r) for profile in snapshot.desk.accounts if r.random() >= missing}
    index = {asset: rate for asset, rate in COINS.items() if r.random() >= missing}
    ages = [5.0, 200.0, *([2_000.0, -30.0] if r.random() < missing else [])]
    return with_collateral(with_markets(history, *rows), snapshot, held, index, age_seconds=r.choice(ages))


def _market(r: random.Random, missing: float, symbol: str, venue: str, mark: float) -> MarketRow:
    middle, half = mark * r.uniform(0.97, 1.03), r.choice([1e-5, 1e-3, 0.02])
    row = a_market(
        symbol,
        venue=venue,
        volume=0.0 if r.random() < missing else r.choice([1e5, 1e7, 1e10]) * r.uniform(0.5, 2.0),
        open_interest=0.0 if r.random() < missing else r.choice([10.0, 1e3, 1e6]) * r.uniform(0.5, 2.0),
        bids=_side(r, middle * (1.0 - half), -1.0),
        asks=_side(r, middle * (1.0 + half), 1.0),
        age_seconds=r.choice([0.0, 60.0, 250.0]),
    )
    if r.random() < missing:
        return replace(row, bids=None, asks=None, book_at=float("nan"))
    return replace(row, book_at=row.book_at - 1_000.0) if r.random() < missing else row


def _side(r: random.Random, best: float, direction: float) -> Side:
    step, thick = r.choice([1e-5, 1e-3, 5e-3]), r.choice([1e-3, 1.0, 1e4])
    return [
        (best * (1.0 + direction * step * number), thick * r.uniform(0.1, 2.0))
        for number in range(r.choice([1, 2, 20]))
    ]


def _assets(r: random.Random) -> dict[str, float]:
    if r.random() < 0.5:
        return {r.choice(["USDT", "USDC"]): r.uniform(0.0, 1e5)}
    return {
        asset: r.choice([-1.0, 1.0, 1.0]) * r.uniform(0.0, 1e4) / rate for asset, (rate, _) in COINS.items()
    }
