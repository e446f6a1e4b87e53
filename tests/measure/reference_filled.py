"""What resting orders would make of a book, in plain Python: fill them one by one, then look."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from riskd.model.subject import Grain
from tests.measure.reference import Case, Known, Reference, Subjects, known, minus, smallest_shortfall, total
from tests.measure.reference_cases import (
    Measure,
    Parameters,
    Selected,
    by_row,
    each,
    equity_behind,
    over_equity,
)


@dataclass
class Market:
    """What is held and may be opened in one market, in hedge mode on one side of it."""

    rows: list[int] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)


def opens(ref: Reference, order: int) -> bool:
    orders = ref.s.orders
    if orders.reduce_only[order] or orders.close_position[order]:
        return False
    own = {"BOTH": orders.direction[order], "LONG": 1.0, "SHORT": -1.0}[orders.position_side[order]]
    return bool(orders.direction[order] == own)


def order_price(ref: Reference, order: int) -> Known:
    limit = known(ref.s.orders.price[order])
    return known(ref.s.orders.trigger_price[order]) if limit is None else limit


def belongs(ref: Reference, subject: Subjects, grain: Grain, order: int) -> bool:
    account = int(ref.s.orders.account[order])
    if grain is Grain.STRATEGY:
        name = ref.s.strategies[int(ref.s.orders.strategy[order])]
        return subject.name == f"account={ref.profiles[account].id} strategy={name}"
    return account in subject.accounts


def markets_of(ref: Reference, grain: Grain, subject: Subjects, selected: Selected) -> dict[str, Market]:
    found: dict[str, Market] = {}
    for r in subject.rows:
        if selected[r]:
            key = f"{ref.account(r)} {int(ref.p.instrument[r])} {ref.p.position_side[r]}"
            found.setdefault(key, Market()).rows.append(r)
    orders = ref.s.orders
    for o in range(len(orders)):
        if opens(ref, o) and ref.orders_selected[o] and belongs(ref, subject, grain, o):
            key = f"{int(orders.account[o])} {int(orders.instrument[o])} {orders.position_side[o]}"
            found.setdefault(key, Market()).orders.append(o)
    return found


def worth_if_filled(ref: Reference, market: Market) -> Known:
    """The worse of both sides."""
    held, gross = total([ref.quantity(r) for r in market.rows]), total([ref.gross(r) for r in market.rows])
    if held is None or gross is None:
        return None
    worst = gross
    for side in (1.0, -1.0):
        amount, cost = 0.0, 0.0
        for o in market.orders:
            if ref.s.orders.direction[o] != side:
                continue
            remaining = known(ref.s.orders.remaining[o])
            mark, own = known(ref.s.quotes.mark_price[int(ref.s.orders.instrument[o])]), order_price(ref, o)
            if remaining is None or mark is None:
                return None
            amount += remaining
            cost += remaining * (mark if own is None else max(mark, own))
        closing = min(amount, max(-side * held, 0.0))
        added = cost * (amount - closing) / amount if amount > 0 else 0.0
        worst = max(worst, (gross if side * held > 0 else 0.0) + added)
    return worst


def filled_leverage(ref: Reference, grain: Grain, _: Parameters, selected: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        markets = markets_of(ref, grain, subject, selected)
        gross = total([worth_if_filled(ref, market) for market in markets.values()])
        return over_equity(gross, equity_behind(ref, grain, subject))

    return each(ref, grain, value)


def filled_asset_share(ref: Reference, grain: Grain, _: Parameters, selected: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        by_asset: dict[str, list[Known]] = {}
        for key, market in markets_of(ref, grain, subject, selected).items():
            asset = ref.s.instruments[int(key.split()[1])].base
            by_asset.setdefault(asset, []).append(worth_if_filled(ref, market))
        sums = [total(values) for values in by_asset.values()]
        if None in sums:
            return None
        return over_equity(
            max([0.0, *(x for x in sums if x is not None)]), equity_behind(ref, grain, subject)
        )

    return each(ref, grain, value)


# --- liquidation on the way -------------------------------------------------------------------------------------


@dataclass
class Held:
    """Main side, other side, what the profit counts from, and the money behind it."""

    main: float
    other: float
    paid: float
    equity: float


def filled_liquidation_distance(ref: Reference, _: Grain, __: Parameters, ___: Selected) -> list[Case]:
    def value(row: int) -> Known:
        both = [room(ref, row, way) for way in (-1.0, 1.0)]
        return None if None in both else min(x for x in both if x is not None)

    return by_row(ref, value)


def room(ref: Reference, row: int, way: float) -> Known:
    """Distance from mark to the first liquidation on one way."""
    instrument, mark = int(ref.p.instrument[row]), ref.mark(row)
    rows = ref.legs(row)
    quantities = [ref.quantity(r) for r in rows]
    backing = money_behind(ref, row, rows)
    met = orders_met(ref, row, rows, way)
    if None in quantities or mark is None or backing is None or met is None:
        return None
    if ref.maintenance_at(instrument, 1.0) is None or any(ref.notional(r) is None for r in rows):
        return None
    against = "SHORT" if way < 0 else "LONG"
    held = Held(0.0, 0.0, 0.0, backing)
    for r, q in zip(rows, quantities, strict=True):
        assert q is not None
        held.paid += q * mark
        if ref.p.position_side[r] == against:
            held.other += q
        else:
            held.main += q
    isolated, setting = bool(ref.p.isolated[row]), known(ref.p.leverage_setting[row])
    if isolated and met and setting is None:
        return None

    def shortfall(edge: float, until: float) -> float:
        def cushion(s: float) -> float:
            x = edge * (1.0 + way * s)
            needed = [ref.maintenance_at(instrument, abs(leg) * x) or 0.0 for leg in (held.main, held.other)]
            return held.equity + (held.main + held.other) * x - held.paid - math.fsum(needed)

        return smallest_shortfall(cushion, until)

    edge = mark
    for price, amount in [*met, (None, 0.0)]:
        following = None if price is None else (min(price, mark) if way < 0 else max(price, mark))
        furthest = (1.0 if way < 0 else math.inf) if following is None else abs(following / edge - 1.0)
        move = shortfall(edge, furthest)
        if move <= furthest and math.isfinite(move):
            return abs(edge * (1.0 + way * move) - mark) / mark
        if price is not None and following is not None:
            fill(held, -way * amount, price, setting if isolated else None)
            edge = following
    return math.inf


def fill(held: Held, signed: float, price: float, setting: Known) -> None:
    before = held.main
    held.main += signed
    if setting is not None and before * signed < 0:
        if held.main * signed > 0:  # turned round: another position, with a margin of its own
            held.paid, held.equity = held.main * price, abs(held.main) * price / setting
            return
    elif setting is not None:
        held.equity += abs(signed) * price / setting
    held.paid += signed * price


def money_behind(ref: Reference, row: int, rows: list[int]) -> Known:
    if ref.p.isolated[row]:
        return total([known(ref.p.isolated_wallet[row]), known(ref.p.unrealized_pnl[row])])
    others = [r for r in ref.cross(ref.account(row)) if r not in rows]
    return minus(ref.cross_equity(ref.account(row)), total([ref.maintenance(r) for r in others]))


def orders_met(ref: Reference, row: int, rows: list[int], way: float) -> list[tuple[float, float]] | None:
    """(price, quantity) of the orders that price meets, in that order; None: something of one is unknown."""
    orders, found = ref.s.orders, list[tuple[float, float]]()
    for o in range(len(orders)):
        same = orders.account[o] == ref.p.account[row] and orders.instrument[o] == ref.p.instrument[row]
        if not same or not opens(ref, o) or orders.direction[o] != -way or not shares(ref, row, o):
            continue
        price, amount = order_price(ref, o), known(orders.remaining[o])
        if price is None or amount is None:
            return None
        found.append((price, amount))
    return sorted(found, key=lambda order: order[0] * way)


def shares(ref: Reference, row: int, order: int) -> bool:
    """Whether an order fills into what is liquidated together with a row."""
    side = ref.s.orders.position_side[order]
    if side == ref.p.position_side[row]:
        return True
    # The other side of hedge mode: in the same cross margin, or not yet held while this side is cross.
    sides = siblings(ref, row)
    mates = [r for r in sides if ref.p.position_side[r] == side]
    return not ref.p.isolated[row] and all(not ref.p.isolated[r] for r in mates)


def siblings(ref: Reference, row: int) -> Iterable[int]:
    return [
        r
        for r in ref.rows
        if ref.account(r) == ref.account(row) and ref.p.instrument[r] == ref.p.instrument[row]
    ]


FILLED: Mapping[str, Measure] = {
    "filled_leverage": filled_leverage,
    "filled_asset_share": filled_asset_share,
    "filled_liquidation_distance": filled_liquidation_distance,
}
