"""What is remembered between cycles for the measures that look back: equity, funding, order flow.

Equity is kept in one-minute buckets and free of deposits and withdrawals. A transfer is usually learned of a little
after the balance shows it, so the newest raw samples are kept and their buckets are made anew when one arrives.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from riskd.daemon.fill_book import FillBook
from riskd.daemon.prices import PriceKeeper
from riskd.model.arrays import codes, floats
from riskd.model.desk import Desk
from riskd.model.history import ActivityColumns, EquitySeries, History, IncomeColumns

BUCKET_SECONDS = 60.0
_RAW_SECONDS = 1800.0  # a transfer that is learned of later than this moves whole buckets only
_ORDERS_SECONDS = 3600.0


@dataclass(slots=True)
class _Equity:
    """Buckets of one account, raw equity, with the transfers to take out of them."""

    at: list[float] = field(default_factory=list)
    highest: list[float] = field(default_factory=list)  # adjusted
    first: list[float] = field(default_factory=list)  # adjusted
    raw: deque[tuple[float, float]] = field(default_factory=deque)
    transfers: list[tuple[float, str, float]] = field(default_factory=list)  # at, id, amount

    def net_deposits(self, until: float) -> float:
        return float(sum(amount for at, _, amount in self.transfers if at <= until))


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingRow:
    """One funding settlement of an account; + received, - paid."""

    account: str
    id: str
    symbol: str
    strategy: str
    amount: float
    at: float


class HistoryKeeper:
    """Collects and hands out the past. Everything is bounded by ``days``.

    Args:
        desk: The accounts, whose order the columns follow.
        days: Longest window that a measure may ask for.

    Attributes:
        prices: The price history.
        fills: Our own book of fills.
    """

    def __init__(self, desk: Desk, *, days: float = 31.0) -> None:
        self.prices = PriceKeeper()
        self.fills = FillBook(desk)
        self._accounts = tuple(account.id for account in desk.accounts)
        self._keep_seconds = days * 86400.0
        self._equity = {account: _Equity() for account in self._accounts}
        self._funding: dict[str, dict[str, FundingRow]] = {account: {} for account in self._accounts}
        self._funding_since: dict[str, float] = dict.fromkeys(self._accounts, float("nan"))
        self._orders: dict[str, dict[str, tuple[str, float]]] = {account: {} for account in self._accounts}
        self._orders_since: dict[str, float] = dict.fromkeys(self._accounts, float("nan"))

    def restore(self, account: str, samples: Iterable[tuple[float, float]]) -> None:
        """Take in equity recorded before a restart, oldest first: ``(seconds since the epoch, equity)``."""
        for at, equity in samples:
            self.equity(account, at, equity)

    def equity(self, account: str, at: float, equity: float) -> None:
        """One observation of an account's equity. An unknown equity (NaN) is no observation.

        An observation that is not newer than the last one is ignored: the same answer may be judged twice.
        """
        series = self._equity[account]
        if not np.isfinite(equity) or (series.raw and at <= series.raw[-1][0]):
            return
        series.raw.append((at, equity))
        while series.raw[0][0] < at - _RAW_SECONDS:
            series.raw.popleft()
        _add(series, at, equity - series.net_deposits(at))
        while series.at and series.at[0] < at - self._keep_seconds:
            for column in (series.at, series.highest, series.first):
                del column[0]

    def transfer(self, account: str, transfer_id: str, at: float, amount: float) -> None:
        """A deposit (+) or withdrawal (-). Told twice, it counts once."""
        series = self._equity[account]
        if any(known == transfer_id for _, known, _ in series.transfers):
            return
        insort(series.transfers, (at, transfer_id, amount))
        _restate(series, at, amount)

    def funding(self, rows: Iterable[FundingRow], *, account: str, complete_since: float) -> None:
        """Funding settlements of an account; all of them since ``complete_since`` are known now."""
        known = self._funding[account]
        known.update({row.id: row for row in rows})
        since = self._funding_since[account]
        self._funding_since[account] = complete_since if np.isnan(since) else min(since, complete_since)

    def orders(self, account: str, seen: Iterable[tuple[str, str, float]], *, now: float) -> None:
        """Orders seen resting or filled: ``(order id, strategy, placed at)``."""
        known = self._orders[account]
        known.update({order_id: (strategy, at) for order_id, strategy, at in seen})
        for order_id in [key for key, (_, at) in known.items() if at < now - _ORDERS_SECONDS]:
            del known[order_id]
        if np.isnan(self._orders_since[account]):
            self._orders_since[account] = now

    def history(self, now: datetime) -> History:
        """The past as the measures read it, seen from ``now``."""
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
        return History(
            equity=tuple(_series(self._equity[account], now.timestamp()) for account in self._accounts),
            day_started_at=floats([midnight] * len(self._accounts)),
            funding=self._income(now.timestamp()),
            activity=self._activity(),
            prices=self.prices.columns(now),
            reconciled=self.fills.columns(),
        )

    def _income(self, now: float) -> IncomeColumns:
        kept: list[tuple[int, FundingRow]] = []
        for code, account in enumerate(self._accounts):
            rows = self._funding[account]
            for row_id in [key for key, row in rows.items() if row.at < now - self._keep_seconds]:
                del rows[row_id]
            kept.extend((code, row) for row in sorted(rows.values(), key=lambda row: (row.at, row.id)))
        return IncomeColumns(
            account=codes([code for code, _ in kept]),
            symbol=tuple(row.symbol for _, row in kept),
            strategy=tuple(row.strategy for _, row in kept),
            amount=floats([row.amount for _, row in kept]),
            at=floats([row.at for _, row in kept]),
            complete_since=floats([self._funding_since[account] for account in self._accounts]),
        )

    def _activity(self) -> ActivityColumns:
        kept = [
            (code, strategy, at)
            for code, account in enumerate(self._accounts)
            for strategy, at in sorted(self._orders[account].values(), key=lambda row: (row[1], row[0]))
        ]
        return ActivityColumns(
            account=codes([code for code, _, _ in kept]),
            strategy=tuple(strategy for _, strategy, _ in kept),
            placed_at=floats([at for _, _, at in kept]),
            complete_since=floats([self._orders_since[account] for account in self._accounts]),
        )


def _add(series: _Equity, at: float, adjusted: float) -> None:
    start = at - at % BUCKET_SECONDS
    if series.at and series.at[-1] == start:
        series.highest[-1] = max(series.highest[-1], adjusted)
        return
    series.at.append(start)
    series.highest.append(adjusted)
    series.first.append(adjusted)


def _restate(series: _Equity, at: float, amount: float) -> None:
    """Take a transfer that happened at ``at`` out of what was recorded since."""
    later = bisect_right(series.at, at)
    for row in range(later, len(series.at)):
        series.highest[row] -= amount
        series.first[row] -= amount
    # The bucket in which the transfer fell holds samples from before and after it: make it anew from raw ones.
    row = later - 1
    if row < 0:
        return
    start, end = series.at[row], series.at[row] + BUCKET_SECONDS
    samples = [equity - series.net_deposits(t) for t, equity in series.raw if start <= t < end]
    if samples:
        series.first[row], series.highest[row] = samples[0], max(samples)


def _series(series: _Equity, now: float) -> EquitySeries | None:
    if not series.at:
        return None
    return EquitySeries(
        at=floats(series.at),
        highest=floats(series.highest),
        first=floats(series.first),
        net_deposits=series.net_deposits(now),
    )
