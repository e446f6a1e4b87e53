"""How trades stand, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Mapping

from riskd.model.snapshot import OrderKind
from riskd.model.subject import Grain
from tests.measure.reference import Case, Known, Reference, is_stop, known
from tests.measure.reference_cases import Measure, Parameters, Selected, by_row

Part = tuple[float, float, int]


def exits(ref: Reference, row: int, *, stops: bool) -> tuple[list[Part], float] | None:
    """(price, base units that it closes, order) of what closes a position, nearest first, and what stays open.

    None: the quantity is unknown, or something of such an order is.
    """
    orders, quantity, mark = ref.s.orders, ref.quantity(row), ref.mark(row)
    if quantity is None:
        return None
    sign = 1.0 if quantity > 0 else -1.0
    found: list[tuple[float, float, float, int]] = []
    for o in range(len(orders)):
        same = orders.account[o] == ref.p.account[row] and orders.instrument[o] == ref.p.instrument[row]
        if not same or orders.position_side[o] != ref.p.position_side[row] or orders.direction[o] != -sign:
            continue
        kind = orders.kind[o]
        wanted = is_stop(kind) if stops else kind in (OrderKind.TAKE_PROFIT, OrderKind.LIMIT)
        hedge = orders.position_side[o] != "BOTH"
        if not wanted or not (hedge or orders.reduce_only[o] or orders.close_position[o]):
            continue
        price = known(orders.trigger_price[o])
        limit = known(orders.price[o])
        if not stops and limit is not None:
            price = limit
        amount = abs(quantity) if orders.close_position[o] else known(orders.remaining[o])
        if price is None or amount is None or mark is None:
            return None
        gap = (mark - price) * sign * (1.0 if stops else -1.0)
        if gap >= 0:
            found.append((gap, price, amount, o))
    left, parts = abs(quantity), list[Part]()
    for _, price, amount, o in sorted(found, key=lambda one: one[0]):
        part = min(amount, left)
        left -= part
        parts.append((price, part, o))
    return parts, left


def mean(parts: list[Part], values: list[float]) -> Known:
    taken = sum(part for _, part, _ in parts)
    if taken == 0:
        return None
    return sum(part * value for (_, part, _), value in zip(parts, values, strict=True)) / taken


def is_covered(ref: Reference, row: int, left: float) -> bool:
    return left <= 0.01 * abs(float(ref.p.quantity[row])) * (1 + 1e-9)


def stop_age(ref: Reference, _: Grain, __: Parameters, ___: Selected) -> list[Case]:
    def value(row: int) -> Known:
        stops = exits(ref, row, stops=True)
        if stops is None:
            return None
        placed = [known(ref.s.orders.placed_at[o]) for _, part, o in stops[0] if part > 0]
        if None in placed:
            return None
        ages = [max(ref.now - at, 0.0) for at in placed if at is not None]
        return min(ages, default=math.inf)

    return by_row(ref, value)


def reward_to_risk(ref: Reference, _: Grain, __: Parameters, ___: Selected) -> list[Case]:
    def value(row: int) -> Known:
        stops, targets, mark = exits(ref, row, stops=True), exits(ref, row, stops=False), ref.mark(row)
        if stops is None:
            return None
        if not is_covered(ref, row, stops[1]):
            return 0.0
        if targets is None or mark is None:
            return None
        lose = mean(stops[0], [abs(mark - price) for price, _, _ in stops[0]])
        win = mean(targets[0], [abs(mark - price) for price, _, _ in targets[0]])
        if win is None or lose is None:
            return None
        if lose == 0:
            return math.inf if win > 0 else 0.0
        return win / lose

    return by_row(ref, value)


def risk_multiple(ref: Reference, _: Grain, __: Parameters, ___: Selected) -> list[Case]:
    def value(row: int) -> Known:
        stops, mark, entry = exits(ref, row, stops=True), ref.mark(row), known(ref.p.entry_price[row])
        if stops is None or mark is None or entry is None or not is_covered(ref, row, stops[1]):
            return None
        stop = mean(stops[0], [price for price, _, _ in stops[0]])
        assert stop is not None
        side = 1.0 if ref.p.quantity[row] > 0 else -1.0
        gain, planned = (mark - entry) * side, (entry - stop) * side
        if planned <= 0:
            return math.inf if gain > 0 else 0.0
        return max(gain / planned, -1.0)

    return by_row(ref, value)


TRADES: Mapping[str, Measure] = {
    "stop_age": stop_age,
    "reward_to_risk": reward_to_risk,
    "risk_multiple": risk_multiple,
}
