"""From a snapshot and what was observed beside it to what is remembered of the past."""

from __future__ import annotations

from datetime import datetime

from riskd.daemon.equity import Booked
from riskd.daemon.history import FundingRow, HistoryKeeper
from riskd.daemon.strategies import strategy_of
from riskd.model.collateral import PAR_CURRENCIES
from riskd.model.desk import AccountProfile
from riskd.model.flow import IncomeKind
from riskd.model.report import Surface
from riskd.model.snapshot import SEVERAL_ASSETS, Quality, Snapshot
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
            _equity(keeper, profile, memory, balances.observed_at, float(snapshot.accounts.equity[code]))
        keeper.orders(profile.id, _orders_seen(snapshot, code, profile, memory), now=now)
    keeper.prices.take_in(known, snapshot.taken_at)
    keeper.markets.take_in(known, snapshot)
    keeper.collateral.take_in(known, snapshot)


def _equity(
    keeper: HistoryKeeper,
    profile: AccountProfile,
    memory: AccountMemory,
    observed_at: datetime,
    equity: float,
) -> None:
    told = memory.balances.value
    keeper.equity(
        profile.id,
        observed_at.timestamp(),
        equity,
        cash=float("nan") if told is None else float(told.cash),
        basis="" if told is None else told.basis,
    )


def _income(keeper: HistoryKeeper, profile: AccountProfile, memory: AccountMemory) -> None:
    if memory.entries is None or not keeper.is_news(profile.id, memory.entries):
        return
    basis = "" if memory.balances.value is None else memory.balances.value.basis
    funding, booked = [], []
    for row in memory.entries.rows:
        if row.kind is IncomeKind.TRANSFER:
            keeper.transfer(profile.id, row.id, row.at.timestamp(), float(row.amount), row.asset)
        elif row.asset in PAR_CURRENCIES and basis in ("", SEVERAL_ASSETS, row.asset):
            booked.append(Booked(row.at.timestamp(), float(row.amount)))
        if row.kind is IncomeKind.FUNDING:
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
    keeper.booked(profile.id, booked, read_until=memory.entries.until.timestamp())


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
