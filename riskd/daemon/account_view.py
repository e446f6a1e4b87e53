"""How each account stands, as every face of riskd tells it: numbers, and where they are not known, nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from riskd.cycle import CycleResult
from riskd.daemon.subject_owner import owners
from riskd.measure.catalogue import select_all, take, with_defaults
from riskd.measure.spec import MeasureRef
from riskd.model.alert import AlertKey, AlertState
from riskd.model.arrays import FloatArray
from riskd.model.desk import Desk
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.model.subject import Grain
from riskd.model.verdict import Level

_MOVING = frozenset({Surface.POSITIONS, Surface.BALANCES, Surface.MARKS})
_NEVER = "never read"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """One account. NaN: not known; infinite: there is none, such as no price that liquidates.

    Attributes:
        level: The worst that fires.
        worst_rule: ``policy/rule`` that fires worst; empty: none does.
        blind: What cannot be seen of it; empty: everything can.
        equity: USD.
        leverage: Gross notional over equity.
        room: Fall of all coins together that liquidates it, a share.
        today: Result since midnight UTC as a share of equity: a loss is negative.
        heat: What is lost when every stop is reached, a share of equity.
        tightest_rule: The rule whose breach limit is used most; empty: none applies.
        tightest_use: How much of it: 1 is at the limit.
        data_age_seconds: Since the oldest of positions, balances and marks was asked for.
    """

    id: str
    level: Level
    worst_rule: str
    blind: str
    equity: float
    leverage: float
    room: float
    today: float
    heat: float
    tightest_rule: str
    tightest_use: float
    data_age_seconds: float


def account_views(result: CycleResult, now: datetime) -> tuple[AccountView, ...]:
    """Every account, in the order of the configuration.

    Args:
        result: The newest cycle.
        now: Aware UTC; ages are counted to it.
    """
    book, everything, snapshot = result.book, select_all(result.book), result.snapshot

    def measured(name: str) -> FloatArray:
        return take(book, with_defaults(MeasureRef(name)), Grain.ACCOUNT, everything).values

    columns = {name: measured(name) for name in ("leverage", "account_shock", "loss_today", "open_risk")}
    tightest = _tightest(result)
    views = []
    for code, profile in enumerate(snapshot.desk.accounts):
        level, worst = worst_of(result.advance.states, profile.id, snapshot.desk)
        use, rule = tightest.get(profile.id, (float("nan"), ""))
        views.append(
            AccountView(
                id=profile.id,
                level=level,
                worst_rule=worst,
                blind=_blind(snapshot, profile.id),
                equity=float(snapshot.accounts.equity[code]),
                leverage=float(columns["leverage"][code]),
                room=float(columns["account_shock"][code]),
                today=-float(columns["loss_today"][code]),
                heat=float(columns["open_risk"][code]),
                tightest_rule=rule,
                tightest_use=use,
                data_age_seconds=_age(snapshot, profile.id, profile.venue, now),
            )
        )
    return tuple(views)


def worst_of(states: Mapping[AlertKey, AlertState], account: str, desk: Desk) -> tuple[Level, str]:
    """The worst level that fires on an account or on something that lies in it, and the rule."""
    firing = [
        (state.level, key.rule)
        for key, state in states.items()
        if state.level is not Level.OK and account in owners(key.subject, desk)
    ]
    return max(firing, default=(Level.OK, ""))


def _tightest(result: CycleResult) -> dict[str, tuple[float, str]]:
    """For each account the rule whose limit is used most, and how much of it. What lies in several accounts is left out."""
    accounts = result.snapshot.desk.accounts
    most, rules = np.full(len(accounts), -np.inf), [""] * len(accounts)
    for reading in result.readings:
        use, owner = reading.utilisation, reading.universe.account[reading.rows]
        known = np.isfinite(use) & (owner >= 0)
        highest = np.full(len(accounts), -np.inf)
        np.maximum.at(highest, owner[known], use[known])
        for code in np.flatnonzero(highest > most).tolist():
            most[code], rules[code] = highest[code], reading.rule.id
    return {
        profile.id: (float(most[code]), rules[code]) for code, profile in enumerate(accounts) if rules[code]
    }


def _blind(snapshot: Snapshot, account: str) -> str:
    return next(
        (
            f"{state.surface.value}: {state.reason}"
            for state in snapshot.surfaces
            if state.account == account and state.quality is Quality.BLIND and state.reason != _NEVER
        ),
        "",
    )


def _age(snapshot: Snapshot, account: str, venue: str, now: datetime) -> float:
    observed = [
        state.observed_at
        for state in snapshot.surfaces
        if state.surface in _MOVING
        and (state.account == account or (state.account == "" and state.venue == venue))
    ]
    ages = [np.nan if at is None else (now - at).total_seconds() for at in observed]
    return float(np.max(ages)) if ages else float("nan")  # of a NaN nothing is the largest
