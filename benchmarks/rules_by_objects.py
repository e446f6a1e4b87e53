"""The 22 rules of ``benchmarks.rules`` as one fused pass over plain pydantic objects: how such checks are usually written."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel

from benchmarks.rules_by_hand import SLIPPAGE
from benchmarks.rules_limits import DAY
from riskd.model.arrays import FloatArray
from riskd.model.history import History
from riskd.model.snapshot import Snapshot


class Position(BaseModel):
    """A position with what its symbol says."""

    account: int
    instrument: int
    venue: str
    asset: str
    strategy: str
    quantity: float
    mark_price: float
    entry_price: float
    initial_margin: float
    liquidation_price: float | None
    hourly_funding: float
    opened_at: float


class Stop(BaseModel):
    """A stop order."""

    account: int
    instrument: int
    trigger_price: float
    remaining: float


class Account(BaseModel):
    """An account."""

    venue: str
    equity: float
    wallet: float
    maintenance_margin: float


class Rows(BaseModel):
    """A whole book."""

    positions: list[Position]
    stops: list[Stop]
    accounts: list[Account]


def validated(snapshot: Snapshot) -> Rows:
    """The book as objects, each row validated."""
    p, o, a, q = snapshot.positions, snapshot.orders, snapshot.accounts, snapshot.quotes
    hourly = (q.funding_rate / q.funding_interval_hours).tolist()
    profiles, instruments = snapshot.desk.accounts, snapshot.instruments
    positions = [
        Position(
            account=account,
            instrument=number,
            venue=profiles[account].venue,
            asset=instruments[number].base,
            strategy=snapshot.strategies[int(p.strategy[row])],
            quantity=float(p.quantity[row]),
            mark_price=float(p.mark_price[row]),
            entry_price=float(p.entry_price[row]),
            initial_margin=float(p.initial_margin[row]),
            liquidation_price=None
            if math.isnan(p.liquidation_price[row])
            else float(p.liquidation_price[row]),
            hourly_funding=hourly[number],
            opened_at=float(p.opened_at[row]),
        )
        for row, (account, number) in enumerate(zip(p.account.tolist(), p.instrument.tolist(), strict=True))
    ]
    columns = (o.account.tolist(), o.instrument.tolist(), o.trigger_price.tolist(), o.remaining.tolist())
    stops = [
        Stop(account=account, instrument=number, trigger_price=trigger, remaining=left)
        for account, number, trigger, left in zip(*columns, strict=True)
    ]
    accounts = [
        Account(
            venue=profile.venue,
            equity=float(a.equity[row]),
            wallet=float(a.cross_wallet_balance[row]),
            maintenance_margin=float(a.maintenance_margin[row]),
        )
        for row, profile in enumerate(profiles)
    ]
    return Rows(positions=positions, stops=stops, accounts=accounts)


@dataclass
class Sums:
    """What has to be added up before anything can be divided."""

    gross: dict[int, float]
    net: dict[int, float]
    pnl: dict[int, float]
    needed: dict[int, float]
    strategy: dict[tuple[int, str], float]
    asset: dict[tuple[int, str], float]
    delta: dict[tuple[int, str], float]
    venue: dict[str, float]
    held_at: dict[str, float]


def by_objects(rows: Rows, snapshot: Snapshot, history: History) -> dict[str, FloatArray]:
    """The value of every rule for every subject."""
    brackets = brackets_of(snapshot)
    now = snapshot.taken_at.timestamp()
    sums = sums_of(rows, brackets)
    found: dict[str, list[float]] = defaultdict(list)
    risks = _positions(rows, sums, brackets, now, found)
    for number, account in enumerate(rows.accounts):
        found["leverage account"].append(sums.gross[number] / account.equity)
        found["net_delta account"].append(sums.net[number] / account.equity)
        found["margin_ratio account"].append(account.maintenance_margin / account.equity)
        found["open_risk account"].append(risks[number] / account.equity)
        found["data_age account"].append(2.0)
        peak, begun = losses(history, number, account.equity, now)
        found["drawdown account"].append(1.0 - account.equity / peak)
        found["loss_today account"].append(max(1.0 - account.equity / begun, 0.0))
    everything, owners = sum(sums.gross.values()), rows.accounts
    equity = sum(account.equity for account in owners)
    found["leverage portfolio"] = [everything / equity]
    found["leverage strategy"] = [x / owners[key[0]].equity for key, x in sorted(sums.strategy.items())]
    found["share_of_equity asset"] = [x / owners[key[0]].equity for key, x in sorted(sums.asset.items())]
    found["share_of_gross asset"] = [x / sums.gross[key[0]] for key, x in sorted(sums.asset.items())]
    found["net_delta asset"] = [x / owners[key[0]].equity for key, x in sorted(sums.delta.items())]
    found["share_of_gross exchange"] = [sums.venue[name] / everything for name in sorted(sums.held_at)]
    found["equity_at_venue exchange"] = [x / equity for _, x in sorted(sums.held_at.items())]
    return {name: np.array(values) for name, values in found.items()}


def sums_of(rows: Rows, brackets: list[tuple[float, float, float]]) -> Sums:
    """One pass over the positions, one over the accounts."""
    unlabelled = {(number, "unlabelled"): 0.0 for number in range(len(rows.accounts))}
    sums = Sums(
        gross=defaultdict(float),
        net=defaultdict(float),
        pnl=defaultdict(float),
        needed=defaultdict(float),
        strategy=defaultdict(float, unlabelled),
        asset=defaultdict(float),
        delta=defaultdict(float),
        venue=defaultdict(float),
        held_at=defaultdict(float),
    )
    for one in rows.positions:
        notional = one.quantity * one.mark_price
        size = abs(notional)
        sums.gross[one.account] += size
        sums.net[one.account] += notional
        sums.pnl[one.account] += one.quantity * (one.mark_price - one.entry_price)
        sums.needed[one.account] += maintenance(brackets, size)
        sums.strategy[one.account, one.strategy] += size
        sums.asset[one.account, one.asset] += size
        sums.delta[one.account, one.asset] += notional
        sums.venue[one.venue] += size
    for account in rows.accounts:
        sums.held_at[account.venue] += account.equity
    return sums


def _positions(
    rows: Rows,
    sums: Sums,
    brackets: list[tuple[float, float, float]],
    now: float,
    found: dict[str, list[float]],
) -> dict[int, float]:
    """Appends what is measured of each position; returns the money at risk in each account."""
    stops = {(stop.account, stop.instrument): stop for stop in rows.stops}
    risks: dict[int, float] = defaultdict(float)
    for one in rows.positions:
        owner, held = rows.accounts[one.account], abs(one.quantity)
        size = abs(one.quantity * one.mark_price)
        backing = (
            owner.wallet + sums.pnl[one.account] - sums.needed[one.account] + maintenance(brackets, size)
        )
        what = measured(one, stops.get((one.account, one.instrument)), brackets, backing, owner.equity)
        risks[one.account] += what.risk
        found["position_leverage position"].append(size / one.initial_margin)
        found["share_of_equity position"].append(size / owner.equity)
        found["liquidation_distance position"].append(what.room)
        found["risk_per_trade position"].append(what.risk / owner.equity)
        found["stop_coverage position"].append(what.closed / held)
        found["stop_distance position"].append(what.gap / one.mark_price)
        found["funding_rate position"].append(math.copysign(1.0, one.quantity) * one.hourly_funding)
        found["holding_time position"].append(now - one.opened_at)
    return risks


@dataclass(slots=True)
class Measured:
    """What takes more than a division: room to liquidation, and what the stop closes, how far away, at what loss."""

    room: float
    closed: float
    gap: float
    risk: float


def measured(
    one: Position,
    stop: Stop | None,
    brackets: list[tuple[float, float, float]],
    backing: float,
    equity: float,
) -> Measured:
    """Of one position, whose account has ``backing`` left for it."""
    move = _move(brackets, backing, abs(one.quantity * one.mark_price), one.quantity)
    closed, gap, risk = _stopped(one, stop, move, equity)
    return Measured(room=_nearer(one, move), closed=closed, gap=gap, risk=risk)


def brackets_of(snapshot: Snapshot) -> list[tuple[float, float, float]]:
    """Floor, rate and amount of each bracket; this book has one table for all symbols."""
    q = snapshot.quotes
    return list(
        zip(
            q.bracket_floor[0].tolist(), q.bracket_rate[0].tolist(), q.bracket_amount[0].tolist(), strict=True
        )
    )


def _piece(brackets: list[tuple[float, float, float]], notional: float) -> tuple[float, float]:
    rate, amount = brackets[0][1:]
    for floor, higher, more in brackets:
        if notional < floor:
            break
        rate, amount = higher, more
    return rate, amount


def maintenance(brackets: list[tuple[float, float, float]], notional: float) -> float:
    """Maintenance margin of a notional."""
    rate, amount = _piece(brackets, notional)
    return rate * notional - amount


def _move(brackets: list[tuple[float, float, float]], backing: float, size: float, quantity: float) -> float:
    if backing - maintenance(brackets, size) < 0.0:
        return 0.0
    sign, move = math.copysign(1.0, quantity), 0.0
    for _ in range(20):
        rate, amount = _piece(brackets, size * (1.0 - sign * move))
        step = (backing + amount - rate * size) / (size * (1.0 - sign * rate))
        if sign > 0.0 and step >= 1.0 and move == 1.0:
            return math.inf
        step = min(step, 1.0) if sign > 0.0 else step
        if step == move:
            break
        move = step
    return move


def _nearer(one: Position, move: float) -> float:
    if one.liquidation_price is None:
        return move
    stated = math.copysign(1.0, one.quantity) * (1.0 - one.liquidation_price / one.mark_price)
    return min(move, max(stated, 0.0))


def _stopped(one: Position, stop: Stop | None, move: float, equity: float) -> tuple[float, float, float]:
    """Quantity closed, gap at which all of it is, money at risk."""
    held, sign = abs(one.quantity), math.copysign(1.0, one.quantity)
    to_end = one.mark_price * (min(move, 1.0) if sign > 0.0 else move)
    taken, gap = 0.0, math.inf
    if stop is not None and (one.mark_price - stop.trigger_price) * sign >= 0.0:
        gap = (one.mark_price - stop.trigger_price) * sign
        taken = min(stop.remaining, held)
    left = held - taken
    risk = min(left * to_end, max(equity, 0.0)) if left > 0.0 else 0.0
    if taken and stop is not None:
        risk += taken * min(gap + (0.0005 + SLIPPAGE) * stop.trigger_price, to_end)
    enough = left <= 0.01 * held * (1.0 + 1e-9)
    return taken, (gap if enough else math.inf), risk


def losses(history: History, number: int, equity: float, now: float) -> tuple[float, float]:
    """The highest equity of the window, and that with which the day began."""
    series = history.equity[number]
    assert series is not None
    peak, start = equity, math.nan
    for at, high, first in zip(
        series.at.tolist(), series.highest.tolist(), series.first.tolist(), strict=True
    ):
        if at >= now - 10 * DAY:
            peak = max(peak, high)
        if math.isnan(start) and at >= history.day_started_at[number]:
            start = first
    return peak, start
