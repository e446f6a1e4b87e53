"""What a policy engine has to be given before it can judge one row: sums, joined columns, the nearest stop, the solver's room.

None of the engines in ``benchmarks.peers`` can group rows by account or by asset, match a stop to its position or solve for a
liquidation price. That part is done here, in plain Python over validated rows, as their users do it; what is left for them is
a division and three comparisons for each rule and subject.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

from benchmarks.rules_by_objects import Rows, Sums, brackets_of, losses, maintenance, measured, sums_of
from benchmarks.rules_limits import LIMITS
from riskd.model.history import History
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain

Row = dict[str, float]
Prepared = dict[Grain, list[Row]]
# A field, a number, or (operator, left, right).
Formula: TypeAlias = "str | float | tuple[str, Formula, Formula]"

# JSON has no infinity, and Rego refuses it.
FAR = 1e300
# A field that is not there at all.
ABSENT = object()
FORMULAS: dict[str, Formula] = {
    "leverage account": ("/", "gross", "equity"),
    "leverage strategy": ("/", "gross", "equity"),
    "leverage portfolio": ("/", "gross", "equity"),
    "position_leverage position": ("/", "gross", "margin"),
    "share_of_equity position": ("/", "gross", "equity"),
    "share_of_equity asset": ("/", "gross", "equity"),
    "share_of_gross asset": ("/", "gross", "account_gross"),
    "share_of_gross exchange": ("/", "gross", "all_gross"),
    "equity_at_venue exchange": ("/", "equity", "all_equity"),
    "net_delta account": ("/", "net", "equity"),
    "net_delta asset": ("/", "net", "equity"),
    "margin_ratio account": ("/", "maintenance", "equity"),
    "liquidation_distance position": "room",
    "risk_per_trade position": ("/", "risk", "equity"),
    "open_risk account": ("/", "risk", "equity"),
    "stop_coverage position": ("/", "closed", "held"),
    "stop_distance position": ("/", "gap", "mark"),
    "funding_rate position": ("*", "side", "hourly_funding"),
    "holding_time position": ("-", "now", "opened_at"),
    "drawdown account": ("-", 1.0, ("/", "equity", "peak")),
    "loss_today account": ("-", 1.0, ("/", "equity", "start")),
    "data_age account": "age",
}


def rules_of(grain: Grain) -> list[str]:
    """The rules that are judged per this grain."""
    return [rule for rule in FORMULAS if rule.endswith(f" {grain}")]


def infix(formula: Formula, field: Callable[[str], str] = str) -> str:
    """A formula as most languages write it."""
    if isinstance(formula, str):
        return field(formula)
    if isinstance(formula, float):
        return repr(formula)
    operator, left, right = formula
    return f"({infix(left, field)} {operator} {infix(right, field)})"


def comparisons(rule: str) -> tuple[str, tuple[float, float, float]]:
    """The operator that says "bad", and warn, breach and critical."""
    warn, breach, critical = LIMITS[rule]
    return ("<", (-warn, -breach, -critical)) if warn < 0.0 else (">", (warn, breach, critical))


def prepared(rows: Rows, snapshot: Snapshot, history: History) -> Prepared:
    """The rows of every grain, subjects in the order in which riskd has them."""
    brackets, now = brackets_of(snapshot), snapshot.taken_at.timestamp()
    sums = sums_of(rows, brackets)
    positions, risks = _positions(rows, sums, brackets, now)
    owners, all_gross = rows.accounts, sum(sums.gross.values())
    all_equity = sum(owner.equity for owner in owners)
    return {
        Grain.POSITION: positions,
        Grain.ACCOUNT: [
            _account(rows, sums, history, number, now) | {"risk": risks[number]}
            for number in range(len(owners))
        ],
        Grain.ASSET: [
            {
                "gross": gross,
                "net": sums.delta[key],
                "equity": owners[key[0]].equity,
                "account_gross": sums.gross[key[0]],
            }
            for key, gross in sorted(sums.asset.items())
        ],
        Grain.STRATEGY: [
            {"gross": gross, "equity": owners[key[0]].equity} for key, gross in sorted(sums.strategy.items())
        ],
        Grain.EXCHANGE: [
            {"gross": sums.venue[name], "all_gross": all_gross, "equity": equity, "all_equity": all_equity}
            for name, equity in sorted(sums.held_at.items())
        ],
        Grain.PORTFOLIO: [{"gross": all_gross, "equity": all_equity}],
    }


def without(given: Prepared, field: str, missing: object) -> Prepared:
    """The same rows with a gap: the field of the first row of each grain is ``missing``, or left out."""
    found = {grain: [dict(row) for row in rows] for grain, rows in given.items()}
    for rows in found.values():
        if field in rows[0]:
            del rows[0][field]
            if missing is not ABSENT:
                rows[0][field] = missing  # type: ignore[assignment]  # what no row should hold is the point
    return found


def _account(rows: Rows, sums: Sums, history: History, number: int, now: float) -> Row:
    owner = rows.accounts[number]
    peak, start = losses(history, number, owner.equity, now)
    return {
        "gross": sums.gross[number],
        "net": sums.net[number],
        "equity": owner.equity,
        "maintenance": owner.maintenance_margin,
        "peak": peak,
        "start": start,
        "age": 2.0,
    }


def _positions(
    rows: Rows, sums: Sums, brackets: list[tuple[float, float, float]], now: float
) -> tuple[list[Row], dict[int, float]]:
    """The rows of positions, and the money at risk in each account."""
    stops = {(stop.account, stop.instrument): stop for stop in rows.stops}
    found: list[Row] = []
    risks = dict.fromkeys(range(len(rows.accounts)), 0.0)
    for one in rows.positions:
        owner, size = rows.accounts[one.account], abs(one.quantity * one.mark_price)
        backing = (
            owner.wallet + sums.pnl[one.account] - sums.needed[one.account] + maintenance(brackets, size)
        )
        what = measured(one, stops.get((one.account, one.instrument)), brackets, backing, owner.equity)
        risks[one.account] += what.risk
        found.append(
            {
                "gross": size,
                "margin": one.initial_margin,
                "equity": owner.equity,
                "room": min(what.room, FAR),
                "risk": what.risk,
                "closed": what.closed,
                "held": abs(one.quantity),
                "gap": min(what.gap, FAR),
                "mark": one.mark_price,
                "side": math.copysign(1.0, one.quantity),
                "hourly_funding": one.hourly_funding,
                "now": now,
                "opened_at": one.opened_at,
            }
        )
    return found, risks
