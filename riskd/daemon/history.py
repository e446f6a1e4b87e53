"""What is remembered between cycles for the measures that look back: equity, funding, order flow.

Equity has a keeper of its own for each account (``riskd.daemon.equity``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from riskd.daemon.bookings import BookingKeeper
from riskd.daemon.collateral import CollateralKeeper
from riskd.daemon.equity import Booked, EquityKeeper, EquitySample, Rebased, Transfer
from riskd.daemon.fill_book import FillBook
from riskd.daemon.liquidity import LiquidityKeeper
from riskd.daemon.prices import PriceKeeper
from riskd.model.arrays import codes, floats
from riskd.model.desk import Desk
from riskd.model.history import (
    INCOME_KEPT_SECONDS,
    ORDERS_KEPT_SECONDS,
    ActivityColumns,
    History,
    IncomeColumns,
)


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
        bookings: Results, fees and funding, fill by fill.
        markets: What is known of the markets of what is held.
        collateral: What backs the accounts, and what it is worth.
    """

    def __init__(self, desk: Desk, *, days: float = INCOME_KEPT_SECONDS / 86400.0) -> None:
        self.prices = PriceKeeper()
        self.fills = FillBook(desk)
        self.bookings = BookingKeeper(desk, days=days)
        self.markets = LiquidityKeeper()
        self.collateral = CollateralKeeper()
        self._accounts = tuple(account.id for account in desk.accounts)
        self._keep_seconds = days * 86400.0
        self._equity = {name: EquityKeeper(keep_seconds=self._keep_seconds) for name in self._accounts}
        self._entries: dict[str, object] = {}
        self._funding: dict[str, dict[str, FundingRow]] = {account: {} for account in self._accounts}
        self._funding_since: dict[str, float] = dict.fromkeys(self._accounts, float("nan"))
        self._orders: dict[str, dict[str, tuple[str, float]]] = {account: {} for account in self._accounts}
        self._orders_since: dict[str, float] = dict.fromkeys(self._accounts, float("nan"))

    def restore(
        self, account: str, samples: Iterable[tuple[float, float] | tuple[float, float, float, str]]
    ) -> None:
        """Take in equity recorded before a restart, oldest first: what an ``EquitySample`` holds."""
        for sample in samples:
            self._equity[account].restored(EquitySample(*sample))

    def equity(
        self, account: str, at: float, equity: float, *, cash: float = float("nan"), basis: str = ""
    ) -> None:
        """One observation of an account's equity, see ``EquitySample``. An unknown equity (NaN) is no observation.

        An observation that is not newer than the last one is ignored: the same answer may be judged twice.
        """
        self._equity[account].observed(EquitySample(at, equity, cash, basis))

    def transfer(self, account: str, transfer_id: str, at: float, amount: float, asset: str = "") -> None:
        """A deposit (+) or withdrawal (-). Told twice, it counts once."""
        self._equity[account].transferred(Transfer(at, transfer_id, amount, asset))

    def is_news(self, account: str, entries: object) -> bool:
        """Whether an account's wallet entries are not those that were asked about last: there are thousands of them."""
        before, self._entries[account] = self._entries.get(account), entries
        return entries is not before

    def booked(self, account: str, rows: Iterable[Booked], *, read_until: float) -> None:
        """All other entries in the wallet that are known, and until when it was read."""
        self._equity[account].booked(rows, read_until=read_until)

    def untold(self) -> tuple[str, ...]:
        """Accounts whose cash moved by something that their wallet's history does not tell yet."""
        return tuple(account for account, keeper in self._equity.items() if keeper.doubt)

    def take_rebased(self) -> tuple[tuple[str, Rebased], ...]:
        """By account, what its equity was made of and is made of from now on, since the last call."""
        return tuple(
            (account, rebased)
            for account, keeper in self._equity.items()
            for rebased in keeper.take_rebased()
        )

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
        for order_id in [key for key, (_, at) in known.items() if at < now - ORDERS_KEPT_SECONDS]:
            del known[order_id]
        if np.isnan(self._orders_since[account]):
            self._orders_since[account] = now

    def history(self, now: datetime) -> History:
        """The past as the measures read it, seen from ``now``."""
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
        return History(
            equity=tuple(self._equity[account].series() for account in self._accounts),
            day_started_at=floats([midnight] * len(self._accounts)),
            funding=self._income(now.timestamp()),
            activity=self._activity(now.timestamp()),
            prices=self.prices.columns(now),
            market=self.prices.market(now),
            reconciled=self.fills.columns(),
            bookings=self.bookings.columns(),
            liquidity=self.markets.columns(),
            collateral=self.collateral.collateral,
            asset_index=self.collateral.index,
        )

    def _income(self, now: float) -> IncomeColumns:
        kept: list[tuple[int, FundingRow]] = []
        oldest = now - self._keep_seconds
        for code, account in enumerate(self._accounts):
            rows = self._funding[account]
            for row_id in [key for key, row in rows.items() if row.at < oldest]:
                del rows[row_id]
            kept.extend((code, row) for row in sorted(rows.values(), key=lambda row: (row.at, row.id)))
        return IncomeColumns(
            account=codes([code for code, _ in kept]),
            symbol=tuple(row.symbol for _, row in kept),
            strategy=tuple(row.strategy for _, row in kept),
            amount=floats([row.amount for _, row in kept]),
            at=floats([row.at for _, row in kept]),
            complete_since=np.maximum(floats([self._funding_since[name] for name in self._accounts]), oldest),
        )

    def _activity(self, now: float) -> ActivityColumns:
        kept = [
            (code, strategy, at)
            for code, account in enumerate(self._accounts)
            for strategy, at in sorted(self._orders[account].values(), key=lambda row: (row[1], row[0]))
        ]
        return ActivityColumns(
            account=codes([code for code, _, _ in kept]),
            strategy=tuple(strategy for _, strategy, _ in kept),
            placed_at=floats([at for _, _, at in kept]),
            complete_since=np.maximum(
                floats([self._orders_since[name] for name in self._accounts]), now - ORDERS_KEPT_SECONDS
            ),
        )
