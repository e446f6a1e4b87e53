"""The accounts as one row of words each, as every face of riskd shows them."""

from __future__ import annotations

import numpy as np

from riskd.cycle import CycleResult
from riskd.measure.catalogue import select_all, take, with_defaults
from riskd.measure.spec import MeasureRef
from riskd.model.snapshot import Quality
from riskd.model.subject import Grain

COLUMNS = ("STATE", "ACCOUNT", "EQUITY", "LEV", "LIQ ROOM", "TODAY", "WORST RULE")


def account_rows(result: CycleResult) -> list[tuple[str, ...]]:
    """One row of words for each account: state, name, equity, leverage, room, loss today, its worst rule."""
    book, everything = result.book, select_all(result.book)
    measured = {
        name: take(book, with_defaults(MeasureRef(name)), Grain.ACCOUNT, everything).values
        for name in ("leverage", "account_shock", "loss_today")
    }
    rows: list[tuple[str, ...]] = []
    for code, profile in enumerate(result.snapshot.desk.accounts):
        blind = any(
            state.account == profile.id and state.quality is Quality.BLIND and state.reason != "never read"
            for state in result.snapshot.surfaces
        )
        level, rule = _worst(result, profile.id)
        rows.append(
            (
                "BLIND" if blind else ("ok", "WARN", "BREACH", "CRITICAL")[level],
                profile.id,
                _shown(result.snapshot.accounts.equity[code], "{:,.0f}"),
                _shown(measured["leverage"][code], "{:.1f}x"),
                _shown(measured["account_shock"][code] * 100, "{:.1f} %"),
                _shown(-measured["loss_today"][code] * 100, "{:+.1f} %"),
                rule,
            )
        )
    return rows


def _worst(result: CycleResult, account: str) -> tuple[int, str]:
    firing = [
        (int(state.level), key.rule.partition("/")[2])
        for key, state in result.advance.states.items()
        if state.level > 0 and _account_of(result, key.subject.parts) == account
    ]
    return max(firing, default=(0, ""))


def _account_of(result: CycleResult, parts: tuple[tuple[str, str], ...]) -> str:
    named = dict(parts)
    if "account" in named:
        return named["account"]
    hedges = {hedge.id: hedge.legs[0].account for hedge in result.snapshot.desk.hedges}
    grids = {grid.id: grid.account for grid in result.snapshot.desk.grids}
    return hedges.get(named.get("hedge", ""), grids.get(named.get("grid", ""), ""))


def _shown(value: float, form: str) -> str:
    """A known number, the word for one that is infinite, and a question mark for one that is not known."""
    if np.isnan(value):
        return "?"
    return "none" if np.isinf(value) else form.format(value)
