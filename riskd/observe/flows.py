"""Rows that only grow, joined over many reads without losing count of what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from riskd.model.collateral import PAR_CURRENCIES
from riskd.model.flow import IncomeKind, IncomeRow, TradeRow
from riskd.model.report import Report
from riskd.observe.known import AccountMemory, Flow

Row = TypeVar("Row", bound=IncomeRow | TradeRow)

ROWS_MAX = 5000
# The venue stamps rows with its own clock, we stamp reads with ours.
_CLOCKS_DIFFER = timedelta(seconds=2)
_READ_TOGETHER = timedelta(seconds=5)
_ZERO = Decimal(0)


def extended(flow: Flow[Row] | None, rows: Sequence[Row], report: Report) -> Flow[Row]:
    """``flow`` with the rows of one more read. A read that does not reach back to the last one starts anew.

    The rows of an incomplete read end with the last of them: what happened after it is not known.
    """
    since = report.covers_from or report.requested_at
    until = report.requested_at
    if not report.complete and rows:
        until = rows[-1].at
    new = Flow(rows=tuple(rows), since=since, until=until)
    if flow is None or since > flow.until:
        return _bounded(new)
    if not rows:
        return replace(flow, until=max(flow.until, until))
    joined = {row.id: row for row in (*flow.rows, *rows)}
    ordered = tuple(sorted(joined.values(), key=_age))
    return _bounded(Flow(rows=ordered, since=min(flow.since, since), until=max(flow.until, until)))


def extended_fills(
    fills: Mapping[str, Flow[TradeRow]], read: Mapping[str, tuple[TradeRow, ...]], report: Report
) -> Mapping[str, Flow[TradeRow]]:
    """The fills of every symbol with those of one more read."""
    return {**fills, **{symbol: extended(fills.get(symbol), rows, report) for symbol, rows in read.items()}}


def booked_between(account: AccountMemory, since: datetime, until: datetime) -> Decimal | None:
    """What was booked to the wallet from ``since`` to ``until``, by income or else by fills; None when neither tells.

    Income tells when it was read without a gap from before ``since`` to about ``until``. Fills know of no transfers
    and no funding, so they speak only when income does not.
    """
    after = since - _CLOCKS_DIFFER
    entries = account.entries
    if entries is not None and entries.since <= after and entries.until >= until - _READ_TOGETHER:
        return sum((row.amount for row in entries.rows if row.at > after), _ZERO)
    newer = [row for flow in account.fills.values() for row in flow.rows if row.at > after]
    if not newer:
        return None
    return sum((row.realized_pnl - row.fee for row in newer), _ZERO)


def moved_in_other_assets(account: AccountMemory, since: datetime) -> bool:
    """True when something that is no dollar was transferred after ``since``: collateral in multi-assets mode."""
    rows = account.entries.rows if account.entries is not None else ()
    return any(
        row.kind is IncomeKind.TRANSFER
        and row.asset not in PAR_CURRENCIES
        and row.at > since - _CLOCKS_DIFFER
        for row in rows
    )


def _age(row: IncomeRow | TradeRow) -> tuple[datetime, int, str]:
    """Oldest first; fills of one millisecond in the order of their numbers."""
    return (row.at, int(row.id) if isinstance(row, TradeRow) else 0, row.id)


def _bounded(flow: Flow[Row]) -> Flow[Row]:
    if len(flow.rows) <= ROWS_MAX:
        return flow
    kept = flow.rows[-ROWS_MAX:]
    # Rows of the same instant may have been cut away: only what is strictly later is complete.
    return replace(flow, rows=kept, since=kept[0].at + timedelta(microseconds=1))
