"""Everything of one account closed, because a person wants it flat: what adds risk is cancelled first, then all is sold.

Stops stay until there is nothing left for them to protect. What is not known for certain is named and left alone: a
person who is told "flat" must be able to believe it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

import numpy as np

from riskd.act.plan import NoPlan, NoPlanReason
from riskd.act.plan.prices import Costs, unit_costs
from riskd.act.plan.steps import Steps, steps_of
from riskd.act.remedies.cancel import ORDER_LISTS, cancelled, not_protective
from riskd.act.remedies.roles import order_roles
from riskd.act.remedies.scope import doubt
from riskd.measure.book.book import Book
from riskd.measure.book.groups import index
from riskd.measure.book.missing import missing_value, symbol
from riskd.measure.exposure.resting import may_open, order_symbol
from riskd.model.order import Cancellation, Plan, Reduction
from riskd.model.subject import account_subject

ASKED_BY = "people/flatten"
"""Stands in a plan where others name the rule that asked."""

_WHOLE = 1.0


def flattening(book: Book, account: str, now: datetime, *, costs: Costs | None = None) -> Plan | NoPlan:
    """The plan that closes everything of an account.

    Every order that protects nothing is cancelled first. Then every position is closed whole: the largest first, legs
    of one hedge and both sides of one symbol one after the other, so that what hedges is not alone for long.

    Args:
        book: The newest snapshot.
        account: Account id.
        now: The moment of asking; with the account it makes the plan's id.
        costs: What closing is reckoned to cost.

    Returns:
        A plan whose target is a gross notional of zero; what it cannot close stands in ``remains``. ``NO_SUBJECT``: no
        such account. ``NOTHING_HELD``: nothing is held and no order rests. ``UNKNOWN``: nothing that could be closed is
        known for certain.
    """
    names = [profile.id for profile in book.tables.profiles]
    if account not in names:
        return NoPlan(NoPlanReason.NO_SUBJECT, f"account {account!r} is not among {', '.join(names)}")
    code = names.index(account)
    held = np.flatnonzero(book.layout.position_account == code).tolist()
    reductions, left = _reductions(book, account, held, costs or Costs())
    cancellations, kept = _cancellations(book, code)
    unread = doubt(book, [code], ORDER_LISTS)
    remains = (*left.values(), *kept, *([f"not read as it should be: {unread}"] if unread else []))
    if not reductions and not cancellations:
        if remains:
            return NoPlan(NoPlanReason.UNKNOWN, "; ".join(remains))
        return NoPlan(NoPlanReason.NOTHING_HELD, f"{account} holds nothing, and no order of it rests")
    positions, closed = book.tables.positions, list(reductions)
    before = float(book.gross[held].sum())
    sold = sum(float(step.quantity * step.mark_price) for step in reductions.values())
    return Plan(
        id=_plan_id(account, now),
        account=account,
        rule=ASKED_BY,
        subject=str(account_subject(account)),
        alert_episode=0,
        action="flatten",
        target=0.0,
        value_before=before,
        value_after=math.nan if unread else before - sold,
        reductions=tuple(reductions.values()),
        untouched=tuple((_name(book, row), why) for row, why in left.items()),
        snapshot_id=book.tables.snapshots[0].id,
        created_at=now,
        cancellations=cancellations,
        frees_margin_usd=float(positions.initial_margin[closed].sum()),
        realizes_pnl_usd=float(positions.unrealized_pnl[closed].sum()),
        remains=remains,
    )


def _plan_id(account: str, now: datetime) -> str:
    digest = hashlib.blake2s(f"flatten\n{account}\n{now.isoformat()}".encode(), digest_size=4).hexdigest()
    return f"pln-{digest}-0-1"


def _reductions(
    book: Book, account: str, held: list[int], costs: Costs
) -> tuple[dict[int, Reduction], dict[int, str]]:
    """Every position that can be closed, by row, in the order of closing; and why the others cannot."""
    snapshot = book.tables.snapshots[0]
    left = {row: f"{why}: look at the venue" for row in held if (why := missing_value(book, row))}
    possible, refused = steps_of(snapshot, [row for row in held if row not in left], _WHOLE)
    left |= {row: f"{_name(book, row)}: {why}" for row, why in refused.items()}
    rates = unit_costs(snapshot, costs)
    closed = {
        row: _reduction(book, account, row, possible[row], float(rates[row]))
        for row in _in_order(book, possible)
    }
    for row, step in closed.items():
        if rest := abs(step.held) - step.quantity:
            left[row] = f"{_name(book, row)}: {rest.normalize():f} is below a lot and stays"
    return closed, left


def _reduction(book: Book, account: str, row: int, steps: Steps, rate: float) -> Reduction:
    positions = book.tables.positions
    quantity, mark_price = steps.quantity(steps.most), float(positions.mark_price[row])
    return Reduction(
        account=account,
        symbol=symbol(book, row),
        position_side=positions.position_side[row],
        held=positions.quantity_exact[row],
        quantity=quantity,
        mark_price=Decimal(repr(mark_price)),
        cost_estimate=float(quantity) * mark_price * rate,
    )


def _in_order(book: Book, rows: Iterable[int]) -> list[int]:
    """Groups of what belongs together, the largest group first; within one the largest position."""
    hedges, gross = book.position_attributes().coded("hedge").codes, book.gross
    groups: dict[tuple[str, int], list[int]] = {}
    for row in rows:
        hedge, market = int(hedges[row]), int(book.layout.position_instrument[row])
        groups.setdefault(("hedge", hedge) if hedge >= 0 else ("market", market), []).append(row)
    largest = sorted(groups.values(), key=lambda group: (-float(gross[group].sum()), group))
    return [row for group in largest for row in sorted(group, key=lambda row: (-float(gross[row]), row))]


def _cancellations(book: Book, account: int) -> tuple[tuple[Cancellation, ...], list[str]]:
    """Every order of an account that protects nothing, and words about stops that will be in the way afterwards."""
    roles, own = book.once(order_roles), book.layout.order_account == account
    rows = index(np.flatnonzero(own & not_protective(book, roles)))
    opening = np.flatnonzero(own & roles.protects & may_open(book)).tolist()
    kept = [
        f"stop {book.tables.orders.order_id[row]} of {order_symbol(book, row)} is not reduce-only: it stays while it "
        "protects, and would open a position afterwards; flatten again once all is closed, or cancel it by hand"
        for row in opening
    ]
    return cancelled(book, rows), kept


def _name(book: Book, row: int) -> str:
    return f"{symbol(book, row)} {book.tables.positions.side(row)}"
