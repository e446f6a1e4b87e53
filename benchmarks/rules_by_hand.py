"""The 22 rules of ``benchmarks.rules`` written out in NumPy for this one book: no catalogue, no units, no reasons.

It may assume what the book is known to be: complete, cross, one-way, at most one stop a position.
"""

from __future__ import annotations

import numpy as np

from benchmarks.rules_limits import DAY
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.history import History
from riskd.model.snapshot import InstrumentColumns, Snapshot

SLIPPAGE = 0.001


def by_hand(snapshot: Snapshot, history: History) -> dict[str, FloatArray]:
    """The value of every rule for every subject."""
    p, a, q = snapshot.positions, snapshot.accounts, snapshot.quotes
    owner, market, accounts = p.account, p.instrument, len(a.equity)
    gross, equity = np.abs(p.notional), a.equity
    mine = equity[owner]
    of_account = np.bincount(owner, weights=gross, minlength=accounts)
    now = snapshot.taken_at.timestamp()
    asset = owner * 200 + market % 200
    held_assets = np.zeros(accounts * 200, dtype=np.bool_)
    held_assets[asset] = True
    asset_owner = np.flatnonzero(held_assets) // 200
    of_asset = np.bincount(asset, weights=gross, minlength=accounts * 200)[held_assets]
    delta_of_asset = np.bincount(asset, weights=p.notional, minlength=accounts * 200)[held_assets]
    strategy = owner * 6 + p.strategy
    # Every account has a strategy "unlabelled" (code 5) whether it holds one or not.
    seen = np.zeros(accounts * 6, dtype=np.bool_)
    seen[strategy] = True
    seen[5::6] = True
    of_strategy = np.bincount(strategy, weights=gross, minlength=accounts * 6)[seen]
    names = sorted({profile.venue for profile in snapshot.desk.accounts})
    code = {name: number for number, name in enumerate(names)}
    venue = np.array([code[profile.venue] for profile in snapshot.desk.accounts])
    at_venue = np.bincount(venue, weights=equity, minlength=len(names))
    net = np.bincount(owner, weights=p.notional, minlength=accounts)
    stop, taken, gap, covered = _stops(snapshot)
    move = _moves(snapshot, q, gross)
    stated = np.maximum(np.sign(p.quantity) * (1.0 - p.liquidation_price / p.mark_price), 0.0)
    to_end = p.mark_price * np.where(p.quantity > 0.0, np.minimum(move, 1.0), move)
    held = np.abs(p.quantity)
    open_ = held - taken
    risk = taken * np.fmin(gap + (0.0005 + SLIPPAGE) * stop, to_end)
    risk = np.where(taken > 0.0, risk, 0.0) + np.minimum(open_ * to_end, np.maximum(mine, 0.0))
    peak, start = _equity(history, now)
    hourly = (q.funding_rate / q.funding_interval_hours)[market]
    return {
        "leverage account": of_account / equity,
        "leverage strategy": of_strategy / np.repeat(equity, 6)[seen],
        "leverage portfolio": np.array([_sum(gross) / _sum(equity)]),
        "position_leverage position": gross / p.initial_margin,
        "share_of_equity position": gross / mine,
        "share_of_equity asset": of_asset / equity[asset_owner],
        "share_of_gross asset": of_asset / of_account[asset_owner],
        "share_of_gross exchange": np.bincount(venue[owner], weights=gross, minlength=len(names))
        / _sum(gross),
        "equity_at_venue exchange": at_venue / _sum(equity),
        "net_delta account": net / equity,
        "net_delta asset": delta_of_asset / equity[asset_owner],
        "margin_ratio account": a.maintenance_margin / equity,
        "liquidation_distance position": np.fmin(move, stated),
        "risk_per_trade position": risk / mine,
        "open_risk account": np.bincount(owner, weights=risk, minlength=accounts) / equity,
        "stop_coverage position": np.where(open_ <= 0.0, 1.0, taken / held),
        "stop_distance position": np.where(covered, gap / p.mark_price, np.inf),
        "funding_rate position": np.sign(p.quantity) * hourly,
        "holding_time position": now - p.opened_at,
        "drawdown account": 1.0 - equity / np.maximum(peak, equity),
        "loss_today account": np.maximum(1.0 - equity / start, 0.0),
        "data_age account": np.full(accounts, 2.0),
    }


def _sum(values: FloatArray) -> float:
    return float(np.bincount(np.zeros(len(values), dtype=np.intp), weights=values)[0])


def _stops(snapshot: Snapshot) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
    """Trigger, quantity closed, distance from mark and "enough" of the one stop of each position."""
    p, o = snapshot.positions, snapshot.orders
    row = np.searchsorted(p.account * np.int64(400) + p.instrument, o.account * np.int64(400) + o.instrument)
    trigger, amount = np.full(len(p), np.nan), np.zeros(len(p))
    trigger[row] = o.trigger_price
    held = np.abs(p.quantity)
    gap = (p.mark_price - trigger) * np.sign(p.quantity)
    amount[row] = o.remaining
    taken = np.where(gap >= 0.0, np.minimum(amount, held), 0.0)
    return trigger, taken, gap, held - taken <= 0.01 * held * (1 + 1e-9)


def _moves(snapshot: Snapshot, quotes: InstrumentColumns, gross: FloatArray) -> FloatArray:
    """Adverse move of each position's mark to liquidation of its cross account."""
    p, a = snapshot.positions, snapshot.accounts
    owner, market, accounts = p.account, p.instrument, len(a.equity)
    sign = np.sign(p.quantity)

    def needed(notional: FloatArray) -> tuple[FloatArray, FloatArray]:
        place = np.zeros(len(notional), dtype=np.intp)
        for level in range(1, quotes.bracket_floor.shape[1]):
            above = notional >= quotes.bracket_floor[0, level]
            if not above.any():
                break
            place += above
        return quotes.bracket_rate[market, place], quotes.bracket_amount[market, place]

    rate, amount = needed(gross)
    own = rate * gross - amount
    pnl = np.bincount(owner, weights=p.unrealized_pnl, minlength=accounts)
    whole = np.bincount(owner, weights=own, minlength=accounts)
    backing = (a.cross_wallet_balance + pnl)[owner] - (whole[owner] - own)
    short = backing - own < 0.0
    move = np.zeros(len(gross))
    for _ in range(20):
        step = (backing + amount - rate * gross) / (gross * (1.0 - sign * rate))
        step = np.where(sign > 0.0, np.minimum(step, 1.0), step)
        if np.array_equal(step, move):
            break
        move = step
        rate, amount = needed(gross * (1.0 - sign * move))
    survives = (sign > 0.0) & (backing + amount - rate * gross >= gross * (1.0 - rate))
    return np.where(short, 0.0, np.where(survives, np.inf, move))


def _equity(history: History, now: float) -> tuple[FloatArray, FloatArray]:
    series = [one for one in history.equity if one is not None]
    at = series[0].at
    highest = np.array([one.highest for one in series])[:, at >= now - 10 * DAY]
    first = np.array([one.first for one in series])
    return highest.max(axis=1), first[:, int(np.searchsorted(at, history.day_started_at[0]))]
