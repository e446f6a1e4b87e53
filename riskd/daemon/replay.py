"""Recorded snapshots as books: what was seen then, with the past as it was known, ready to be judged by any policies.

What the ledger does not hold stays unknown, and so do the measures that need it: how many orders were placed (trades are
not recorded), the venue's clock, prices by the hour. Deposits, withdrawals and funding are known from the moment at which
they were booked; live they were learned of a little later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from riskd.adapters.duckdb_snapshots import Income, RecordedSnapshots
from riskd.daemon.history import FundingRow, HistoryKeeper
from riskd.daemon.strategies import strategy_of
from riskd.measure.book.book import Book
from riskd.model.desk import Desk
from riskd.model.history import History
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, Snapshot

_HISTORY = timedelta(days=31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One recorded snapshot, ready to be judged.

    Attributes:
        policy_hash: Of the policies that judged it then.
    """

    snapshot: Snapshot
    book: Book
    policy_hash: str


def replay(
    recorded: RecordedSnapshots, *, since: datetime, until: datetime, every: timedelta = timedelta()
) -> Iterator[Replayed]:
    """The snapshots of a time, oldest first, each with what was known before it.

    Args:
        recorded: The ledger.
        since: The first moment.
        until: The last moment.
        every: Snapshots that follow the one before sooner than this are left out; an alert that lasts for less may not be
            seen then.

    Raises:
        LedgerError: The ledger cannot be read.
    """
    past: _Past | None = None
    for cycle in recorded.cycles(since=since, until=until, every=every):
        snapshot = cycle.snapshot
        if past is None or past.desk is not snapshot.desk:
            past = _Past(recorded, snapshot.desk, snapshot.taken_at)
        history = past.at(snapshot)
        yield Replayed(snapshot=snapshot, book=Book.of(snapshot, history), policy_hash=cycle.policy_hash)


class _Past:
    """What was known of the past, as it grew.

    Args:
        desk: The accounts; a desk that changed has a past of its own.
        begins: The first snapshot to be judged.
    """

    def __init__(self, recorded: RecordedSnapshots, desk: Desk, begins: datetime) -> None:
        self.desk = desk
        self._keeper = HistoryKeeper(desk)
        self._accounts = {profile.id: profile for profile in desk.accounts}
        since = begins - _HISTORY
        self._transfers = _newest_first(recorded.transfers(since=since))
        self._funding = _newest_first(recorded.funding(since=since))
        self._complete_since = self._known_since(since.timestamp(), recorded.first_at or begins)
        for account, samples in recorded.equity(since=since, until=begins).items():
            if account in self._accounts:
                self._learn(samples[-1][0])
                self._keeper.restore(account, samples)

    def at(self, snapshot: Snapshot) -> History:
        """What was known when the snapshot was judged, itself included."""
        self._learn(snapshot.taken_at.timestamp())
        for code, profile in enumerate(self.desk.accounts):
            balances = snapshot.state(profile.id, Surface.BALANCES)
            if balances is not None and balances.quality is Quality.OK and balances.observed_at is not None:
                self._keeper.equity(
                    profile.id, balances.observed_at.timestamp(), float(snapshot.accounts.equity[code])
                )
        return self._keeper.history(snapshot.taken_at)

    def _learn(self, now: float) -> None:
        """Take in what was booked up to a moment, never beyond it."""
        while self._transfers and self._transfers[-1].at <= now:
            booked = self._transfers.pop()
            if booked.account in self._accounts:
                self._keeper.transfer(booked.account, booked.id, booked.at, booked.amount)
        rows: dict[str, list[FundingRow]] = {account: [] for account in self._accounts}
        while self._funding and self._funding[-1].at <= now:
            settled = self._funding.pop()
            if settled.account in rows:
                rows[settled.account].append(self._funding_row(settled))
        for account, found in rows.items():
            self._keeper.funding(found, account=account, complete_since=self._complete_since[account])

    def _known_since(self, since: float, first_at: datetime) -> dict[str, float]:
        """From when on no funding of an account is missing: its history is read back without gaps at the first look."""
        earliest = dict.fromkeys(self._accounts, first_at.timestamp())
        for settled in self._funding:
            if settled.account in earliest:
                earliest[settled.account] = min(earliest[settled.account], settled.at)
        return {account: max(since, at) for account, at in earliest.items()}

    def _funding_row(self, settled: Income) -> FundingRow:
        return FundingRow(
            account=settled.account,
            id=settled.id,
            symbol=settled.symbol,
            strategy=strategy_of(self._accounts[settled.account], settled.symbol),
            amount=settled.amount,
            at=float(round(settled.at)),
        )


def _newest_first(incomes: tuple[Income, ...]) -> list[Income]:
    return sorted(incomes, key=lambda income: income.at, reverse=True)
