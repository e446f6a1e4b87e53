"""Equity and what is required of an account at given moves: the curve that a shock walks along."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from riskd.measure.account.book import AccountBook
from riskd.measure.account.direction import Direction
from riskd.measure.account.motion import Motion, factor, motion_of
from riskd.measure.account.pools import Margined, Pool, pools_of
from riskd.measure.account.solve import shock_of_pool
from riskd.measure.venues.margin import margin_ratio
from riskd.measure.venues.model import MarginMode
from riskd.measure.venues.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolState:
    """One pool after a move, if nobody had liquidated it on the way.

    Attributes:
        pool: As in ``PoolShock``.
        mode: Cross or isolated.
        equity: Dollars for a pool of all assets, else the settlement asset; NaN unknown.
        required: Maintenance margin and closing fees, the same unit.
        ratio: ``required / equity``: 1 is liquidation.
        is_liquidated: Whether a smaller move, or this one, has liquidated it; an isolated position is then gone with its
            margin. False where that is unknown.
    """

    pool: str
    mode: MarginMode
    equity: float
    required: float
    ratio: float
    is_liquidated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShockPoint:
    """An account after a move.

    Attributes:
        shock: Size of the move.
        pools: Every pool, cross ones first.
    """

    shock: float
    pools: tuple[PoolState, ...]


def shock_curve(account: AccountBook, direction: Direction, moves: Sequence[float]) -> tuple[ShockPoint, ...]:
    """Equity, what is required and their ratio at each move, from the prices of that move.

    Args:
        account: What is held.
        direction: In which prices move.
        moves: Sizes, >= 0.
    """
    pools = pools_of(account)
    ends = [shock_of_pool(pool, direction).shock for pool in pools]
    motions = [motion_of(pool, direction) for pool in pools]
    return tuple(
        ShockPoint(
            shock=move,
            pools=tuple(
                _state(pool, motion, move, end)
                for pool, motion, end in zip(pools, motions, ends, strict=True)
            ),
        )
        for move in moves
    )


def _state(pool: Pool, motion: Motion, move: float, end: float) -> PoolState:
    equity, required, money = math.nan, math.nan, 1.0
    if not pool.missing and not motion.missing:
        equity, required = _sums(pool, motion, move)
        money = 1.0 if pool.in_dollars else factor(motion.of_wallets[0], move)
    return PoolState(
        pool=pool.name,
        mode=pool.mode,
        equity=_in_coin(equity, money),
        required=_in_coin(required, money),
        ratio=margin_ratio(equity, required),
        is_liquidated=move >= end,
    )


def _in_coin(amount: float, money: float) -> float:
    """Money in a coin; of a worthless coin any amount is endless."""
    return amount / money if money > 0.0 else math.copysign(math.inf, amount)


def _sums(pool: Pool, motion: Motion, move: float) -> tuple[float, float]:
    """Equity and what is required, in dollars or in the wallet's asset times its price factor."""
    prices = [
        price * factor(beta, move)
        for price, beta in zip(motion.price_of_wallets, motion.of_wallets, strict=True)
    ]
    assets = [wallet.asset for wallet in pool.wallets]
    balances = [[wallet.cash * price] for wallet, price in zip(pool.wallets, prices, strict=True)]
    needed: list[float] = []
    for position, beta in zip(pool.positions, motion.of_positions, strict=True):
        place = assets.index(position.line.settle)
        gain, required = _money_of(
            position, factor(beta, move), prices[place], motion.price_of_wallets[place]
        )
        balances[place].append(gain)
        needed.append(required)
    equity = [
        _counted(pool, math.fsum(balance), wallet.haircut, price)
        for balance, wallet, price in zip(balances, pool.wallets, prices, strict=True)
    ]
    return math.fsum(equity), math.fsum(needed)


def _money_of(position: Margined, moved: float, price: float, price_now: float) -> tuple[float, float]:
    """Gain and requirement of a position in money: of an inverse one also where its coin is worthless."""
    if not position.line.is_inverse:
        worth = position.value * moved
        return position.gain(worth) * price, position.required(worth) * price
    money = position.value * price_now
    gain = position.side * (money - position.entry_value * price)
    if moved <= 0.0:
        return gain, math.inf if position.curvature > 0.0 else position.tiers[-1].rate * money
    return gain, position.required(position.value / moved) * price


def _counted(pool: Pool, balance: float, haircut: Schedule, price: float) -> float:
    if not pool.in_dollars or balance <= 0.0:
        return balance
    if price <= 0.0:  # of endless coins only the last part of the table matters
        return balance * (1.0 - haircut.tiers[-1].rate)
    return balance - haircut.required(balance / price, 0.0) * price
