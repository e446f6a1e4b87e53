"""Answers of one account held against each other: what contradicts itself is not believed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from riskd.observe.checks import Checks
from riskd.observe.facts import Balances, HeldQuantity, PositionFact, PositionKey, Quotes
from riskd.observe.fields import moment
from riskd.observe.known import AccountMemory, Heard

_ZERO = Decimal(0)
_ONE = Decimal(1)
_CENT = Decimal("0.01")


def position_doubts(account: AccountMemory, quotes: Quotes, checks: Checks) -> list[str]:
    """What speaks against the newest positions."""
    return [
        *(fault.reason for fault in account.positions.faults),
        *_unconfirmed(account),
        *_against_balances(account, checks),
        *_older_than_fills(account, checks),
        *_far_from_marks(account, quotes, checks),
    ]


def order_doubts(account: AccountMemory, checks: Checks) -> list[str]:
    """What speaks against the newest ordinary orders."""
    doubts = [fault.reason for fault in account.orders.faults]
    balances = account.balances.value
    if (
        balances is not None
        and account.orders.value == ()
        and not account.conditional_orders.value
        and balances.open_order_margin > 0
        and _paired(account.orders, account.balances, checks)
    ):
        doubts.append(f"no orders, yet the venue reserves {balances.open_order_margin} for open orders")
    return doubts


def mode_doubts(account: AccountMemory) -> list[str]:
    """What speaks against the position mode that was read: positions of the other mode."""
    sides = {held.fact.key.side for held in account.book if held.confirmed}
    if account.hedge_mode.value is None or not sides:
        return []
    if account.hedge_mode.value and "BOTH" in sides:
        return ["hedge mode, yet a position is held on both sides in one"]
    if not account.hedge_mode.value and sides - {"BOTH"}:
        return ["one-way mode, yet long or short are held apart"]
    return []


def _unconfirmed(account: AccountMemory) -> list[str]:
    return [
        f"{_name(held.fact.key)} was {held.fact.quantity} at {held.seen_at:%H:%M:%S} and "
        + ("cannot be read" if held.absences == 0 else "is missing; nothing proves that it was closed")
        for held in account.book
        if not held.confirmed
    ]


def _against_balances(account: AccountMemory, checks: Checks) -> list[str]:
    balances, asked_at = account.balances.value, account.positions.requested_at
    if account.positions.value is None or asked_at is None:
        return []
    if balances is None or account.balances.requested_at is None:
        return ["no balances were ever read to check the positions with"]
    rows = {fact.key: fact for fact in account.positions.value.rows}
    if balances.held is not None:
        contradictions = [
            *_omitted(rows, balances.held, asked_at - checks.lag_max),
            *_unheard_of(rows, balances.held, account.balances.requested_at - checks.lag_max),
        ]
        if contradictions:
            return contradictions
        if {key: row.quantity for key, row in rows.items()} != {
            key: held.quantity for key, held in balances.held.items()
        }:
            return []  # something was traded between the two reads: their totals cannot agree
    if not _paired(account.positions, account.balances, checks):
        return []
    return _totals_differ(list(rows.values()), balances, checks)


def _omitted(
    rows: Mapping[PositionKey, PositionFact], listed: Mapping[PositionKey, HeldQuantity], before: datetime
) -> list[str]:
    """What the balances list, whenever they were read, and the positions should have had: it happened ``before`` them."""
    doubts = []
    for key, held in listed.items():
        row, settled = rows.get(key), moment(held.updated_ms) <= before
        if row is None and settled:
            doubts.append(f"{_name(key)} is missing, yet the account's balances list {held.quantity}")
        elif row is None or row.quantity == held.quantity:
            continue
        elif row.updated_ms == held.updated_ms:
            doubts.append(f"{_name(key)} is {row.quantity}, and {held.quantity} in the account's balances")
        elif row.updated_ms < held.updated_ms and settled:
            doubts.append(
                f"{_name(key)} is {row.quantity}, as it was before {moment(held.updated_ms):%H:%M:%S}; the account's "
                f"balances list {held.quantity}"
            )
    return doubts


def _unheard_of(
    rows: Mapping[PositionKey, PositionFact], listed: Mapping[PositionKey, HeldQuantity], before: datetime
) -> list[str]:
    """Positions that have stood since ``before`` the balances were read, and that these do not list, or list as they were."""
    doubts = []
    for key, row in rows.items():
        held = listed.get(key)
        if moment(row.updated_ms) > before:
            continue
        if held is None:
            doubts.append(f"{_name(key)} is {row.quantity}, and the account's balances are without it")
        elif held.quantity != row.quantity and held.updated_ms < row.updated_ms:
            doubts.append(
                f"{_name(key)} is {row.quantity} since {moment(row.updated_ms):%H:%M:%S}; the account's balances list "
                f"{held.quantity}, as it was before"
            )
    return doubts


def _totals_differ(rows: list[PositionFact], balances: Balances, checks: Checks) -> list[str]:
    every = sum((fact.maintenance_margin or _ZERO for fact in rows), _ZERO)
    # In multi-assets mode the venue's total counts cross positions only.
    cross = sum((fact.maintenance_margin or _ZERO for fact in rows if not fact.isolated_wallet), _ZERO)
    stated = balances.maintenance_margin
    doubts = []
    if min(abs(stated - every), abs(stated - cross)) > checks.maintenance_tolerance * stated + _CENT:
        doubts.append(f"maintenance margins sum to {every:f}, the account's is {stated:f}")
    pnl = sum((fact.unrealized_pnl for fact in rows), _ZERO)
    gross = sum((abs(fact.notional) for fact in rows), _ZERO)
    if abs(pnl - balances.unrealized_pnl) > checks.pnl_tolerance * gross + _ONE:
        doubts.append(f"unrealized PnL sums to {pnl:f}, the account's is {balances.unrealized_pnl:f}")
    return doubts


def _older_than_fills(account: AccountMemory, checks: Checks) -> list[str]:
    """A position as it was before a fill, in an answer that was asked for after it: an old answer."""
    asked_at = account.positions.requested_at
    if asked_at is None:
        return []
    doubts = []
    for held in account.book:
        flow = account.fills.get(held.fact.key.symbol)
        if flow is None or not held.confirmed:
            continue
        newest = max(
            (fill.at for fill in flow.rows if fill.position_side == held.fact.key.side), default=None
        )
        if newest is None or newest > asked_at - checks.lag_max:
            continue
        if moment(held.fact.updated_ms) < newest - checks.lag_max:
            doubts.append(f"{_name(held.fact.key)} is as it was before a fill at {newest:%H:%M:%S}")
    return doubts


def _far_from_marks(account: AccountMemory, quotes: Quotes, checks: Checks) -> list[str]:
    doubts = []
    for held in account.book:
        quote = quotes.get(held.fact.key.symbol)
        if quote is None or not held.confirmed:
            continue
        gap = abs(held.fact.mark_price / quote.mark_price - 1)
        if gap > checks.basis_max:
            doubts.append(
                f"{_name(held.fact.key)} is marked at {held.fact.mark_price}, the venue publishes {quote.mark_price}"
            )
    return doubts


def _paired(one: Heard[Any], other: Heard[Any], checks: Checks) -> bool:
    """True when the last good answers were asked for about the same time.

    What came after them does not count: a read that fails must not take back a doubt.
    """
    if one.requested_at is None or other.requested_at is None:
        return False
    return abs(one.requested_at - other.requested_at) <= checks.pairing_max


def _name(key: PositionKey) -> str:
    return key.symbol if key.side == "BOTH" else f"{key.symbol} {key.side.lower()}"
