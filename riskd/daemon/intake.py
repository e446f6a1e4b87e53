"""From a snapshot and what was observed beside it to what is remembered of the past."""

from __future__ import annotations

from fnmatch import fnmatchcase

from riskd.daemon.history import FundingRow, HistoryKeeper
from riskd.model.desk import UNLABELLED, AccountProfile
from riskd.model.flow import IncomeKind
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.observe.known import AccountMemory, Known


def take_in(keeper: HistoryKeeper, snapshot: Snapshot, known: Known) -> None:
    """Add what this cycle saw to the past.

    Equity counts only while balances can be believed: what a venue says in maintenance is no drawdown.
    """
    now = snapshot.taken_at.timestamp()
    balances_of = {s.account: s for s in snapshot.surfaces if s.surface is Surface.BALANCES}
    for code, profile in enumerate(snapshot.desk.accounts):
        memory = known.account(profile.id)
        balances = balances_of.get(profile.id)
        # Transfers first, so that the equity which already contains them is adjusted from the start.
        _income(keeper, profile, memory)
        if balances is not None and balances.quality is Quality.OK and balances.observed_at is not None:
            keeper.equity(profile.id, balances.observed_at.timestamp(), float(snapshot.accounts.equity[code]))
        keeper.orders(profile.id, _orders_seen(snapshot, code, profile, memory), now=now)
    keeper.prices.take_in(known, snapshot.taken_at)


def _income(keeper: HistoryKeeper, profile: AccountProfile, memory: AccountMemory) -> None:
    if memory.entries is None:
        return
    funding = []
    for row in memory.entries.rows:
        if row.kind is IncomeKind.TRANSFER:
            keeper.transfer(profile.id, row.id, row.at.timestamp(), float(row.amount))
        elif row.kind is IncomeKind.FUNDING:
            funding.append(
                FundingRow(
                    account=profile.id,
                    id=row.id,
                    symbol=row.symbol,
                    strategy=strategy_of(profile, row.symbol),
                    amount=float(row.amount),
                    at=float(round(row.at.timestamp())),
                )
            )
    keeper.funding(funding, account=profile.id, complete_since=memory.entries.since.timestamp())


def _orders_seen(
    snapshot: Snapshot, code: int, profile: AccountProfile, memory: AccountMemory
) -> list[tuple[str, str, float]]:
    orders = snapshot.orders
    seen = [
        (orders.order_id[row], snapshot.strategies[orders.strategy[row]], float(orders.placed_at[row]))
        for row in range(len(orders))
        if orders.account[row] == code
    ]
    for symbol, fills in memory.fills.items():
        strategy = strategy_of(profile, symbol)
        seen.extend((trade.order_id, strategy, trade.at.timestamp()) for trade in fills.rows)
    return seen


def strategy_of(profile: AccountProfile, symbol: str) -> str:
    """The strategy that a symbol belongs to; lines that need a client id cannot be told apart by the symbol alone."""
    for match in profile.strategies:
        if any(fnmatchcase(symbol, glob) for glob in match.symbols):
            return match.strategy
    return UNLABELLED
