"""What is remembered beside a snapshot, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from riskd.model.arrays import codes, floats
from riskd.model.history import ActivityColumns, EquitySeries, History, IncomeColumns
from riskd.model.snapshot import Snapshot
from tests.builder_rows import NOW


def a_history(
    snapshot: Snapshot,
    *,
    equity: Mapping[str, EquitySeries] | None = None,
    funding: Sequence[tuple[str, str, str, float, float]] = (),
    activity: Sequence[tuple[str, str, float]] = (),
    complete_days: float = 365.0,
    day_started_at: float | None = None,
) -> History:
    """What is remembered beside a snapshot; nothing happened unless said.

    Args:
        equity: By account id; an account that is not named has no series.
        funding: ``(account, symbol, strategy, amount received, age in seconds)``.
        activity: ``(account, strategy, age in seconds)`` of orders placed.
        complete_days: For how long funding and activity are known without gaps; NAN: never read.
        day_started_at: Seconds since the epoch; None: midnight UTC.
    """
    now = snapshot.taken_at.timestamp()
    names = [profile.id for profile in snapshot.desk.accounts]
    midnight = snapshot.taken_at.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    since = np.full(len(names), now - complete_days * 86_400.0)
    series = equity or {}
    return History(
        equity=tuple(series.get(name) for name in names),
        day_started_at=np.full(len(names), midnight if day_started_at is None else day_started_at),
        funding=IncomeColumns(
            account=codes([names.index(row[0]) for row in funding]),
            symbol=tuple(row[1] for row in funding),
            strategy=tuple(row[2] for row in funding),
            amount=floats([row[3] for row in funding]),
            at=floats([now - row[4] for row in funding]),
            complete_since=since,
        ),
        activity=ActivityColumns(
            account=codes([names.index(row[0]) for row in activity]),
            strategy=tuple(row[1] for row in activity),
            placed_at=floats([now - row[2] for row in activity]),
            complete_since=since,
        ),
    )


def an_equity_series(
    points: Sequence[tuple[float, float]], *, net_deposits: float = 0.0, taken_at: datetime = NOW
) -> EquitySeries:
    """A series of ``(age in seconds, adjusted equity)``, oldest first, one reading a bucket."""
    now = taken_at.timestamp()
    values = floats([value for _, value in points])
    return EquitySeries(
        at=floats([now - age for age, _ in points]), highest=values, first=values, net_deposits=net_deposits
    )
