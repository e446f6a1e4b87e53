"""The book of positions: what was there stays until it is proven closed.

Venues in trouble answer "no positions", in the very minutes in which it matters (ccxt issues 15606 and 19666).

A position that is missing from a good answer is closed when
(a) a second consecutive good answer is without it, and a later balances answer agrees: it does not list the position
    and the wallet has moved, as every closing moves it; or
(b) the fills since the venue last changed the position add up to its closing.
Until then it is held, unconfirmed. A row that says in words that nothing is held closes it at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from riskd.model.flow import TradeRow
from riskd.observe.facts import Balances, PositionFact, PositionKey, Positions
from riskd.observe.fields import moment
from riskd.observe.known import AccountMemory, Flow, Heard, HeldPosition

ABSENCES_NEEDED = 2
_CLIENT_IDS_MAX = 16
_ORDER_IDS_MAX = 2000
_ZERO = Decimal(0)


def with_answer(account: AccountMemory, answer: Positions, at: datetime) -> tuple[HeldPosition, ...]:
    """The book after one more good answer about positions, asked for at ``at``."""
    known = {held.fact.key: held for held in account.book}
    first_ever = account.positions.value is None
    present = [
        _renewed(known[fact.key], fact, at)
        if fact.key in known
        else HeldPosition(fact=fact, seen_at=at, opened_at=None if first_ever else at)
        for fact in answer.rows
    ]
    there = {fact.key for fact in answer.rows}
    missing = [
        _missing(held, answer, at)
        for key, held in known.items()
        if key not in there and key not in answer.flat
    ]
    return tuple(sorted([*present, *missing], key=lambda held: held.fact.key))


def settled(account: AccountMemory) -> tuple[HeldPosition, ...]:
    """The book without what is proven closed; what is there remembers the wallet and the orders beside it."""
    return tuple(
        _beside(held, account.balances, account.resting_ids.get(held.fact.key, ()))
        for held in account.book
        if held.confirmed or not _closed(held, account)
    )


def with_fills(account: AccountMemory, symbols: Collection[str]) -> tuple[HeldPosition, ...]:
    """The book after new fills of some symbols: when each position was opened, and by whose orders."""
    return tuple(
        _with_history(held, account) if held.fact.key.symbol in symbols else held for held in account.book
    )


def closing_filled(held: HeldPosition, fills: Flow[TradeRow] | None) -> bool:
    """True when the fills since the position last changed add up to its closing."""
    changed_at = moment(held.fact.updated_ms)
    if fills is None or fills.since > changed_at:
        return False
    after = _of(held.fact.key, (fill for fill in fills.rows if fill.at > changed_at))
    return bool(after) and sum((fill.signed_quantity for fill in after), _ZERO) == -held.fact.quantity


def opened_at(key: PositionKey, quantity: Decimal, fills: Flow[TradeRow]) -> datetime | None:
    """When a position of ``quantity`` left zero or turned, by the fills; None: before the first of them."""
    held = quantity
    for fill in reversed(_of(key, fills.rows)):
        before = held - fill.signed_quantity
        if before == 0 or (before > 0) != (quantity > 0):
            return fill.at
        held = before
    return None


def _renewed(held: HeldPosition, fact: PositionFact, at: datetime) -> HeldPosition:
    turned = (fact.quantity > 0) != (held.fact.quantity > 0)
    return replace(
        held,
        fact=fact,
        seen_at=at,
        opened_at=at if turned else held.opened_at,
        missing_since=None,
        absences=0,
    )


def _missing(held: HeldPosition, answer: Positions, at: datetime) -> HeldPosition:
    """Absent once more; or there, but not to be read, which says nothing about its closing."""
    absences = 0 if held.fact.key in answer.unreadable else held.absences + 1
    return replace(held, missing_since=held.missing_since or at, absences=absences)


def _closed(held: HeldPosition, account: AccountMemory) -> bool:
    if held.absences == 0:
        return False
    if closing_filled(held, account.fills.get(held.fact.key.symbol)):
        return True
    return held.absences >= ABSENCES_NEEDED and _balances_agree(held, account.balances)


def _balances_agree(held: HeldPosition, heard: Heard[Balances]) -> bool:
    balances = heard.value
    if balances is None or heard.requested_at is None or held.missing_since is None:
        return False
    if heard.requested_at < held.missing_since or heard.failure:
        return False
    if balances.held is not None and held.fact.key in balances.held:
        return False
    return held.wallet_balance is not None and held.wallet_balance != balances.wallet_balance


def _beside(held: HeldPosition, heard: Heard[Balances], ids: Iterable[str]) -> HeldPosition:
    """A wallet that was read later than the position was last there may have been moved by its closing already."""
    balances, asked_at = heard.value, heard.requested_at
    if held.confirmed and balances is not None and asked_at is not None and asked_at <= held.seen_at:
        held = replace(held, wallet_balance=balances.wallet_balance)
    return _with_ids(held, ids)


def _with_history(held: HeldPosition, account: AccountMemory) -> HeldPosition:
    fills = account.fills[held.fact.key.symbol]
    opened = opened_at(held.fact.key, held.fact.quantity, fills) if held.confirmed else None
    informed = held if opened is None else replace(held, opened_at=opened)
    by = [
        account.order_ids[fill.order_id]
        for fill in _of(held.fact.key, fills.rows)
        if fill.order_id in account.order_ids
        and (informed.opened_at is None or fill.at >= informed.opened_at)
    ]
    return _with_ids(informed, by)


def _with_ids(held: HeldPosition, ids: Iterable[str]) -> HeldPosition:
    merged = tuple(dict.fromkeys((*held.client_ids, *ids)))
    return held if merged == held.client_ids else replace(held, client_ids=merged[-_CLIENT_IDS_MAX:])


def _of(key: PositionKey, fills: Iterable[TradeRow]) -> list[TradeRow]:
    return [fill for fill in fills if fill.position_side == key.side]


def with_order_ids(account: AccountMemory) -> AccountMemory:
    """The account after new lists of orders: whose orders rest, and whose ids belong to which order."""
    resting: dict[PositionKey, list[str]] = {}
    order_ids = dict(account.order_ids)
    for order in (*(account.orders.value or ()), *(account.conditional_orders.value or ())):
        if order.client_order_id:
            resting.setdefault(PositionKey(order.symbol, order.position_side), []).append(
                order.client_order_id
            )
            if not order.conditional:
                order_ids[order.order_id] = order.client_order_id
    return replace(
        account,
        order_ids=dict(list(order_ids.items())[-_ORDER_IDS_MAX:]),
        resting_ids={key: tuple(ids) for key, ids in resting.items()},
    )
