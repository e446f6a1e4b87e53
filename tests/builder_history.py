"""What is remembered beside a snapshot, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from riskd.model.arrays import codes, floats
from riskd.model.history import (
    NO_PRICES,
    ActivityColumns,
    EquitySeries,
    History,
    IncomeColumns,
    PriceColumns,
    ReconciledColumns,
)
from riskd.model.snapshot import Snapshot
from tests.builder_rows import NOW, VENUE


def a_history(
    snapshot: Snapshot,
    *,
    equity: Mapping[str, EquitySeries] | None = None,
    funding: Sequence[tuple[str, str, str, float, float]] = (),
    activity: Sequence[tuple[str, str, float]] = (),
    complete_days: float = 365.0,
    day_started_at: float | None = None,
    prices: PriceColumns = NO_PRICES,
    market: PriceColumns = NO_PRICES,
    reconciled: Sequence[tuple[str, str, float, float]] = (),
) -> History:
    """What is remembered beside a snapshot; nothing happened unless said.

    Args:
        equity: By account id; an account that is not named has no series.
        funding: ``(account, symbol, strategy, amount received, age in seconds)``.
        activity: ``(account, strategy, age in seconds)`` of orders placed.
        complete_days: For how long funding and activity are known without gaps; NAN: never read.
        day_started_at: Seconds since the epoch; None: midnight UTC.
        prices: See ``a_price_history``.
        market: The same of the coin that the others are compared with.
        reconciled: ``(account, symbol, venue's quantity minus ours, age of the comparison in seconds)``.
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
        prices=prices,
        market=market,
        reconciled=ReconciledColumns(
            account=codes([names.index(row[0]) for row in reconciled]),
            symbol=tuple(row[1] for row in reconciled),
            difference=floats([row[2] for row in reconciled]),
            compared_at=floats([now - row[3] for row in reconciled]),
        ),
    )


def a_price_history(
    closes: Mapping[str, Sequence[float]],
    *,
    venue: str = VENUE,
    taken_at: datetime = NOW,
    ahead_hours: int = 0,
    highs: Mapping[str, Sequence[float]] | None = None,
    lows: Mapping[str, Sequence[float]] | None = None,
) -> PriceColumns:
    """Hourly prices by symbol, all equally many, the last of them at the last full hour.

    Args:
        closes: Oldest first; NAN: not known.
        ahead_hours: How many of the last closes lie after ``taken_at``.
        highs: As many; those of a symbol that is not named are the higher of its close and the close before.
        lows: The same downwards.
    """
    symbols = sorted(closes)
    hours = len(closes[symbols[0]])
    end = taken_at.timestamp() // 3600.0 + ahead_hours
    close = floats([list(closes[symbol]) for symbol in symbols])
    before = np.hstack([close[:, :1], close[:, :-1]])
    high = np.where(np.isnan(close), np.nan, np.fmax(close, before))
    low = np.where(np.isnan(close), np.nan, np.fmin(close, before))
    for table, given in ((high, highs or {}), (low, lows or {})):
        for symbol, values in given.items():
            table[symbols.index(symbol)] = values
    return PriceColumns(
        venue=(venue,) * len(symbols),
        symbol=tuple(symbols),
        asset=tuple(symbol.partition("/")[0] for symbol in symbols),
        at=floats([(end - hours + 1 + number) * 3600.0 for number in range(hours)]),
        high=high,
        low=low,
        close=close,
    )


def an_equity_series(
    points: Sequence[tuple[float, float]],
    *,
    net_deposits: float = 0.0,
    taken_at: datetime = NOW,
    doubt: str = "",
) -> EquitySeries:
    """A series of ``(age in seconds, adjusted equity)``, oldest first, one reading a bucket."""
    now = taken_at.timestamp()
    values = floats([value for _, value in points])
    return EquitySeries(
        at=floats([now - age for age, _ in points]),
        highest=values,
        first=values,
        net_deposits=net_deposits,
        doubt=doubt,
    )
