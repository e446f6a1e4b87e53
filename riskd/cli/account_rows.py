"""The accounts as one row of words each, as every face of riskd shows them."""

from __future__ import annotations

import math

from riskd.cycle import CycleResult
from riskd.daemon.account_view import AccountView, account_views

COLUMNS = ("STATE", "ACCOUNT", "EQUITY", "LEV", "LIQ ROOM", "TODAY", "WORST RULE")


def account_rows(result: CycleResult) -> list[tuple[str, ...]]:
    """One row of words for each account: state, name, equity, leverage, room, result of today, its worst rule."""
    return [_row(view) for view in account_views(result, result.snapshot.taken_at)]


def _row(view: AccountView) -> tuple[str, ...]:
    return (
        "BLIND" if view.blind else ("ok", "WARN", "BREACH", "CRITICAL")[view.level],
        view.id,
        shown(view.equity, "{:,.0f}"),
        shown(view.leverage, "{:.1f}x"),
        shown(view.room * 100, "{:.1f} %"),
        shown(view.today * 100, "{:+.1f} %"),
        view.worst_rule.partition("/")[2],
    )


def shown(value: float, form: str) -> str:
    """A known number, the word for one that is infinite, and a question mark for one that is not known."""
    if math.isnan(value):
        return "?"
    return "none" if math.isinf(value) else form.format(value)
