"""Books that can be built at any prices: the same holdings, wallets and past, seen after a move."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from riskd.model.history import History
from riskd.model.liquidity import MarketRow
from riskd.model.snapshot import SEVERAL_ASSETS, Snapshot
from tests.builder_markets import a_market, with_collateral, with_markets
from tests.builders import (
    BTC,
    ETH,
    NAN,
    SOL,
    AccountRow,
    OrderRow,
    PositionRow,
    a_grid,
    a_hedge,
    a_history,
    a_position,
    a_price_history,
    a_snapshot,
    a_spot,
    a_stop,
    an_account,
    an_equity_series,
    an_instrument,
    an_order,
    perpetual_leg,
    spot_leg,
)

MARKS = {BTC: 60_000.0, ETH: 3_000.0, SOL: 150.0}
COIN, HAIRCUT = 60_500.0, 0.05
Move = Callable[[str], float]
"""How far the price of a coin moves."""


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """What a desk holds, without prices."""

    accounts: tuple[AccountRow, ...]
    positions: tuple[PositionRow, ...]
    orders: tuple[OrderRow, ...]
    coins: float

    def at(self, move: Move) -> tuple[Snapshot, History]:
        """The book after a move, made anew from what is held."""
        backing = self.coins * COIN * (1.0 - HAIRCUT) * (1.0 + move("BTC"))
        accounts = [
            replace(row, wallet=row.wallet + (backing if row.profile.id == "coins" else 0.0))
            for row in self.accounts
        ]
        snapshot = a_snapshot(
            accounts=accounts,
            positions=self.positions,
            orders=self.orders,
            instruments=[
                an_instrument(
                    symbol,
                    mark=mark * (1.0 + move(_coin(symbol))),
                    index=mark * 1.001 * (1.0 + move(_coin(symbol))),
                    last=mark * 0.999 * (1.0 + move(_coin(symbol))),
                )
                for symbol, mark in MARKS.items()
            ],
            spot=[a_spot("BTC", 0.7, 60_010.0 * (1.0 + move("BTC")), "cash")],
            hedges=(a_hedge("carry", spot_leg("BTC", "cash"), perpetual_leg(BTC, "cash")),),
            grids=(a_grid("grid", ETH, "cash"),),
        )
        basis = tuple(SEVERAL_ASSETS if row.profile.id == "coins" else "USDT" for row in accounts)
        snapshot = replace(snapshot, accounts=replace(snapshot.accounts, basis=basis))
        return snapshot, self._history(snapshot, move)

    def _history(self, snapshot: Snapshot, move: Move) -> History:
        equity = snapshot.accounts.equity
        cash = {row.profile.id: row.wallet for row in self.accounts}
        gains = np.bincount(
            snapshot.positions.account, snapshot.positions.unrealized_pnl, minlength=len(equity)
        )
        held = {
            profile.id: {"USDT": cash[profile.id] + float(gain)}
            | ({"BTC": self.coins} if profile.id == "coins" else {})
            for profile, gain in zip(snapshot.desk.accounts, gains, strict=True)
        }
        hours = np.random.default_rng(3).normal(0.0, 0.004, (3, 400)).cumsum(axis=1)
        history = a_history(
            snapshot,
            equity={name: an_equity_series([(7_200.0, 90_000.0), (60.0, 80_000.0)]) for name in held},
            activity=[("cash", "swing", 30.0)],
            funding=[("cash", BTC, "swing", -12.0, 3_600.0)],
            prices=a_price_history(
                {
                    symbol: (MARKS[symbol] * np.exp(row)).tolist()
                    for symbol, row in zip(MARKS, hours, strict=True)
                }
            ),
            market=a_price_history({BTC: (MARKS[BTC] * np.exp(hours[0])).tolist()}),
        )
        history = with_markets(history, *(_market(symbol, 1.0 + move(_coin(symbol))) for symbol in MARKS))
        index = {"USDT": (1.0, 0.0), "BTC": (COIN * (1.0 + move("BTC")), HAIRCUT)}
        return with_collateral(history, snapshot, held, index)


def random_holdings(seed: int) -> Holdings:
    """Longs and shorts, cross and isolated, both sides in one account, one account backed by coins."""
    r = random.Random(seed)
    accounts = (
        an_account("cash", wallet=r.choice([30_000.0, 200_000.0])),
        an_account("coins", wallet=r.choice([5_000.0, 50_000.0])),
        an_account("hedged", wallet=60_000.0, hedge_mode=True),
    )
    positions = tuple(
        _position(r, symbol, account.profile.id, side)
        for account in accounts
        for symbol in MARKS
        for side in (("LONG", "SHORT") if account.hedge_mode else ("BOTH",))
        if r.random() < 0.7
    )
    orders = tuple(order for position in positions for order in _orders(r, position))
    return Holdings(accounts=accounts, positions=positions, orders=orders, coins=r.uniform(0.1, 1.0))


def _position(r: random.Random, symbol: str, account: str, side: str) -> PositionRow:
    sign = {"LONG": 1.0, "SHORT": -1.0, "BOTH": r.choice([1.0, -1.0])}[side]
    worth = r.choice([900.0, 15_000.0, 60_000.0, 400_000.0]) * r.uniform(0.5, 2.0)
    return a_position(
        symbol,
        sign * worth / MARKS[symbol],
        account,
        entry=MARKS[symbol] * r.uniform(0.8, 1.25),
        leverage=r.choice([1.0, 3.0, 20.0]),
        strategy=r.choice(["swing", "hedge"]),
        isolated_wallet=worth * r.uniform(0.05, 0.5) if r.random() < 0.25 else None,
        adl_rank=NAN,
        position_side=side,
    )


def _orders(r: random.Random, position: PositionRow) -> list[OrderRow]:
    mark, size = MARKS[position.symbol], abs(float(position.quantity))
    long = float(position.quantity) > 0.0
    closing, away = ("SELL", -1.0) if long else ("BUY", 1.0)
    orders = [
        an_order(
            position.symbol,
            "BUY",
            size / 4,
            mark * r.uniform(0.7, 0.97),
            position.account,
            position_side="BOTH" if position.position_side == "BOTH" else "LONG",
        )
    ]
    if r.random() < 0.7:
        trigger = mark * (1.0 + away * r.uniform(0.02, 0.4))
        stop = a_stop(position.symbol, closing, size, trigger, position.account)
        orders.append(replace(stop, position_side=position.position_side))
    return orders


def _market(symbol: str, factor: float) -> MarketRow:
    bids = [(MARKS[symbol] * factor * (1.0 - 0.00103 * step), 3.0 + step) for step in range(1, 9)]
    asks = [(MARKS[symbol] * factor * (1.0 + 0.00103 * step), 2.0 + step) for step in range(1, 9)]
    return a_market(symbol, volume=1e9, open_interest=1e6, bids=bids, asks=asks)


def _coin(symbol: str) -> str:
    return symbol.partition("/")[0]
