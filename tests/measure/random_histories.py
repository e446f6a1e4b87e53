"""Random histories: one desk, snapshot after snapshot, in which nothing is sure to be there again.

Accounts and positions come and go with the books that are drawn. On top of it contracts leave the snapshot and return,
prices by the hour lose contracts, income begins to be known late, and time passes unevenly; some snapshots share the objects
of their past with others, as those of a running daemon do.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from riskd.model.history import History, PriceColumns
from riskd.model.snapshot import InstrumentColumns, Snapshot
from tests.builders import NAN, NOW
from tests.measure.random_books import GAPPY, SOUND, a_random_book

Moment = tuple[Snapshot, History]


def a_random_history(seed: int, length: int) -> list[Moment]:
    """Snapshots with what was known before each, oldest first; the same for the same seed."""
    r = random.Random(seed)
    books = [a_random_book(r.randrange(10**9), taste) for taste in (SOUND, GAPPY, GAPPY)]
    at, found = NOW, list[Moment]()
    for number in range(1, length + 1):
        at += timedelta(seconds=r.choice([10, 10, 10, 40, 900]))
        snapshot, history = found[-1] if found and r.random() < 0.3 else _changed(r, *r.choice(books))
        found.append((replace(snapshot, id=number, taken_at=at), history))
    return found


def _changed(r: random.Random, snapshot: Snapshot, history: History) -> Moment:
    """The same book with gaps of its own."""
    if r.random() < 0.5:
        held = {*snapshot.positions.instrument.tolist(), *snapshot.orders.instrument.tolist()}
        snapshot = _with_instruments(
            snapshot, [n for n in range(len(snapshot.instruments)) if n in held or r.random() < 0.5]
        )
    if r.random() < 0.5:
        history = replace(history, prices=_fewer(r, history.prices), market=_fewer(r, history.market))
    if r.random() < 0.5:
        history = _late(r, snapshot, history)
    if r.random() < 0.3:
        history = replace(history, equity=tuple(r.choice([one, None]) for one in history.equity))
    return snapshot, history


def _with_instruments(snapshot: Snapshot, kept: Sequence[int]) -> Snapshot:
    """The snapshot as if it knew only these contracts; every one that is held or has an order is among them."""
    rows = np.array(kept, dtype=np.intp)
    number = np.full(len(snapshot.instruments), -1, dtype=np.int32)
    number[rows] = np.arange(len(rows))
    quotes = {
        field.name: getattr(snapshot.quotes, field.name)[rows]
        for field in dataclasses.fields(InstrumentColumns)
    }
    return replace(
        snapshot,
        instruments=tuple(snapshot.instruments[row] for row in kept),
        quotes=InstrumentColumns(**quotes),
        positions=replace(snapshot.positions, instrument=number[snapshot.positions.instrument]),
        orders=replace(snapshot.orders, instrument=number[snapshot.orders.instrument]),
    )


def _fewer(r: random.Random, prices: PriceColumns) -> PriceColumns:
    """The prices without some of their contracts."""
    kept = [row for row in range(len(prices.symbol)) if r.random() < 0.7]
    return replace(
        prices,
        venue=tuple(prices.venue[row] for row in kept),
        symbol=tuple(prices.symbol[row] for row in kept),
        asset=tuple(prices.asset[row] for row in kept),
        high=prices.high[kept],
        low=prices.low[kept],
        close=prices.close[kept],
    )


def _late(r: random.Random, snapshot: Snapshot, history: History) -> History:
    """Income and orders of each account are known since some moment of its own, or not at all."""
    begins = np.array(
        [NOW.timestamp() - r.choice([NAN, 5.0, 3_600.0, 4e5, 4e7]) for _ in snapshot.desk.accounts]
    )
    return replace(
        history,
        funding=replace(history.funding, complete_since=begins),
        activity=replace(history.activity, complete_since=begins),
    )
