"""Holdings that really hold what was only supposed: more of a position, or a new one, bought at mark, the fee paid."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from decimal import Decimal

from riskd.measure.supposed.growth import Growth
from riskd.measure.supposed.suppose_opened import LONG, SHORT, Opening
from riskd.model.snapshot import Snapshot
from tests.builders import NAN, a_position, a_stop
from tests.measure.moved_books import MARKS, Holdings

FEE = 0.0005


def larger(holdings: Holdings, row: int, lots: int) -> Holdings:
    """The holdings with more of one position: bought at mark, fee paid, its reduce-only orders grown."""
    held = holdings.positions[row]
    mark, quantity = MARKS[held.symbol], float(held.quantity)
    more = math.copysign(lots * 0.001, quantity)
    notional = abs(more) * mark
    growth = 1.0 + more / quantity
    assert held.entry is not None
    margin = held.isolated_wallet
    grown = replace(
        held,
        quantity=quantity + more,
        entry=(held.entry * quantity + mark * more) / (quantity + more),
        isolated_wallet=None if margin is None else margin + notional / held.leverage,
    )
    orders = [
        replace(order, quantity=float(order.quantity) * growth)
        if order.reduce_only
        and (order.account, order.symbol, order.position_side)
        == (held.account, held.symbol, held.position_side)
        else order
        for order in holdings.orders
    ]
    accounts = [
        replace(account, wallet=account.wallet - FEE * notional)
        if account.profile.id == held.account
        else account
        for account in holdings.accounts
    ]
    positions = [grown if place == row else each for place, each in enumerate(holdings.positions)]
    return replace(holdings, accounts=tuple(accounts), positions=tuple(positions), orders=tuple(orders))


def row_of(snapshot: Snapshot, holdings: Holdings, row: int) -> int:
    """Where a position of the holdings stands in the snapshot, whose rows are sorted."""
    held, positions = holdings.positions[row], snapshot.positions
    for place in range(len(positions)):
        account = snapshot.desk.accounts[positions.account[place]].id
        symbol = snapshot.instruments[positions.instrument[place]].symbol
        if (account, symbol, positions.position_side[place]) == (
            held.account,
            held.symbol,
            held.position_side,
        ):
            return place
    raise AssertionError(held)


def opening_of(holdings: Holdings, seed: int) -> Opening | None:
    """A position that one of the accounts does not hold; None where they hold everything."""
    r = random.Random(seed)
    snapshot, _ = holdings.at(lambda _: 0.0)
    held = {(each.account, each.symbol, each.position_side) for each in holdings.positions}
    symbols = [each.symbol for each in snapshot.instruments]
    free = [
        (account, symbol, side)
        for account in holdings.accounts
        for symbol in MARKS
        for side in (LONG, SHORT)
        if (account.profile.id, symbol, side.upper() if account.hedge_mode else "BOTH") not in held
    ]
    if not free:
        return None
    account, symbol, side = r.choice(free)
    return Opening(
        account=holdings.accounts.index(account),
        instrument=symbols.index(symbol),
        side=side,
        strategy=r.randrange(len(snapshot.strategies)),
        leverage=r.choice([1.0, 3.0, 20.0]),
        isolated=r.random() < 0.4,
        stop=r.choice([NAN, 0.02, 0.3]),
    )


def opened(
    holdings: Holdings, growth: Growth, stop: float, quantity: Decimal, *, strategy: str = "unlabelled"
) -> Holdings:
    """The holdings with a new position, and its stop."""
    symbol, account = growth.instrument.symbol, growth.position.part("account")
    mark = MARKS[symbol]
    notional = float(quantity) * mark
    hedged = next(each.hedge_mode for each in holdings.accounts if each.profile.id == account)
    side = growth.position.part("side")
    position = a_position(
        symbol,
        quantity if side == LONG else -quantity,
        account,
        leverage=growth.leverage,
        strategy=strategy,
        isolated_wallet=notional / growth.leverage if growth.isolated else None,
        adl_rank=NAN,
        opened_age_seconds=0.0,
        position_side=side.upper() if hedged else "BOTH",
    )
    accounts = tuple(
        replace(each, wallet=each.wallet - FEE * notional) if each.profile.id == account else each
        for each in holdings.accounts
    )
    away = -1.0 if side == LONG else 1.0
    closing = a_stop(
        symbol,
        "SELL" if side == LONG else "BUY",
        quantity,
        mark * (1.0 + away * stop),
        account,
        strategy=strategy,
        position_side=position.position_side,
        placed_age_seconds=0.0,
    )
    return replace(
        holdings,
        accounts=accounts,
        positions=(*holdings.positions, position),
        orders=holdings.orders if math.isnan(stop) else (*holdings.orders, closing),
    )
