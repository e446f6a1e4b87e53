"""Random resting orders for random books: stops near and far, targets, ladders of limit orders, orders of the wrong side."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping

from riskd.model.snapshot import OrderKind
from tests.builders import NAN, AccountRow, OrderRow, PositionRow, a_stop, an_order


def random_orders(
    r: random.Random,
    missing: float,
    size_of: Callable[[random.Random], float],
    marks: Mapping[str, float],
    account: AccountRow,
    held: Iterable[PositionRow],
) -> list[OrderRow]:
    """The resting orders of an account.

    Args:
        r: Draws.
        missing: Chance that any one price is missing.
        size_of: Draws the unsigned worth of a position in quote currency.
        marks: Price of each contract, about.
        account: Whose they are.
        held: Positions, those of other accounts among them.
    """
    rows: list[OrderRow] = []
    for position in (row for row in held if row.account == account.profile.id):
        size, long = abs(float(position.quantity)), float(position.quantity) > 0
        for _ in range(r.choice([0, 1, 1, 2, 3])):
            away = 1.0 + (-1.0 if long else 1.0) * r.uniform(-0.02, 0.2)
            rows.append(
                a_stop(
                    position.symbol,
                    r.choice(["SELL", "SELL", "BUY"] if long else ["BUY", "BUY", "SELL"]),
                    size * r.choice([0.2, 0.5, 0.99, 1.0, 2.0]),
                    _maybe(r, missing, marks[position.symbol] * away),
                    account.profile.id,
                    kind=r.choice([OrderKind.STOP] * 3 + [OrderKind.TAKE_PROFIT, OrderKind.TRAILING]),
                    placed_age_seconds=_maybe(r, missing, r.uniform(-10, 1e6)),
                    reduce_only=r.random() < 0.8,
                    close_position=r.random() < 0.15,
                    position_side=r.choice([position.position_side, position.position_side, "LONG"])
                    if account.hedge_mode
                    else "BOTH",
                )
            )
        if r.random() < 0.6:
            rows.append(_target(r, missing, marks, account, position))
    for symbol, mark in marks.items():
        for _ in range(r.choice([0, 0, 2, 4])):
            rows.append(  # noqa: PERF401  # the draws read better one under another
                an_order(
                    symbol,
                    r.choice(["BUY", "SELL"]),
                    size_of(r) / mark / 5.0,
                    _maybe(r, missing, mark * r.uniform(0.7, 1.3)),
                    account.profile.id,
                    strategy=r.choice(["swing", "grid"]),
                    reduce_only=r.random() < 0.2,
                    position_side=r.choice(["LONG", "SHORT"]) if account.hedge_mode else "BOTH",
                )
            )
    return rows


def _target(
    r: random.Random,
    missing: float,
    marks: Mapping[str, float],
    account: AccountRow,
    position: PositionRow,
) -> OrderRow:
    """A limit order or a take-profit that closes a position, most of the time beyond mark."""
    size, long = abs(float(position.quantity)), float(position.quantity) > 0
    away = 1.0 + (1.0 if long else -1.0) * r.uniform(-0.12, 0.4)
    price, is_limit = _maybe(r, missing, marks[position.symbol] * away), r.random() < 0.5
    return an_order(
        position.symbol,
        "SELL" if long else "BUY",
        size * r.choice([0.3, 1.0, 1.5]),
        price if is_limit else NAN,
        account.profile.id,
        trigger=NAN if is_limit else price,
        kind=OrderKind.LIMIT if is_limit else OrderKind.TAKE_PROFIT,
        conditional=not is_limit,
        reduce_only=True,
        position_side=position.position_side,
        placed_age_seconds=_maybe(r, missing, r.uniform(0, 1e5)),
    )


def _maybe(r: random.Random, missing: float, value: float) -> float:
    return NAN if r.random() < missing else value
