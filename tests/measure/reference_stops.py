"""Stops and the risk of a trade in plain Python."""

from __future__ import annotations

import math

from riskd.model.subject import Grain
from tests.measure.reference import Case, Known, Reference, is_stop, known, total
from tests.measure.reference_cases import Parameters, Selected, by_row, each, equity_behind, over_equity
from tests.measure.reference_liquidation import distance


def stops_of(ref: Reference, row: int) -> tuple[list[tuple[float, float, float]], bool]:
    """(gap, trigger, quantity) of the stops that close a position, nearest first; and whether one is unreadable."""
    orders, quantity, mark = ref.s.orders, ref.quantity(row), ref.mark(row)
    found: list[tuple[float, float, float]] = []
    doubtful = False
    for o in range(len(orders)):
        same = orders.account[o] == ref.p.account[row] and orders.instrument[o] == ref.p.instrument[row]
        if not same or orders.position_side[o] != ref.p.position_side[row] or quantity is None:
            continue
        hedge = orders.position_side[o] != "BOTH"
        if not is_stop(orders.kind[o]) or not (hedge or orders.reduce_only[o] or orders.close_position[o]):
            continue
        sign = (quantity > 0) - (quantity < 0)
        if sign == 0 or orders.direction[o] != -sign:
            continue
        trigger = known(orders.trigger_price[o])
        amount = abs(quantity) if orders.close_position[o] else known(orders.remaining[o])
        if trigger is None or amount is None or mark is None:
            doubtful = True
        elif (mark - trigger) * sign >= 0:
            found.append(((mark - trigger) * sign, trigger, amount))
    return sorted(found, key=lambda stop: stop[0]), doubtful


def filled(ref: Reference, row: int) -> tuple[list[tuple[float, float, float]], float, bool] | None:
    """(gap, trigger, quantity taken) of each stop, what stays open, and whether that is in doubt."""
    quantity = ref.quantity(row)
    if quantity is None:
        return None
    stops, doubtful = stops_of(ref, row)
    left, taken = abs(quantity), []
    for gap, trigger, amount in stops:
        part = min(amount, left)
        left -= part
        taken.append((gap, trigger, part))
    left = left if left > 1e-9 * abs(quantity) else 0.0
    return taken, left, doubtful and left > 0


def stop_coverage(ref: Reference, _: Grain, __: Parameters, ___: Selected) -> list[Case]:
    def value(row: int) -> Known:
        state, quantity = filled(ref, row), ref.quantity(row)
        if state is None or quantity is None or state[2]:
            return None
        taken, left, _ = state
        return 1.0 if left <= 0 else sum(part for _, _, part in taken) / abs(quantity)

    return by_row(ref, value)


def reach(ref: Reference, row: int) -> Known:
    state, quantity, mark = filled(ref, row), ref.quantity(row), ref.mark(row)
    if state is None or quantity is None or state[2] or mark is None:
        return None
    left = abs(quantity)
    for gap, _, part in state[0]:
        left -= part
        if left <= 0.01 * abs(quantity) * (1 + 1e-9):
            return gap / mark
    return math.inf


def stop_distance(ref: Reference, _: Grain, __: Parameters, ___: Selected) -> list[Case]:
    return by_row(ref, lambda row: reach(ref, row))


def stop_to_liquidation(ref: Reference, _: Grain, __: Parameters, ___: Selected) -> list[Case]:
    def value(row: int) -> Known:
        stop, room = reach(ref, row), distance(ref, row)
        if stop is None or room is None:
            return None
        if math.isinf(room):
            return 0.0
        return stop / room if room > 0 else math.inf

    return by_row(ref, value)


def loss_to_liquidation(ref: Reference, row: int) -> Known:
    quantity, mark = ref.quantity(row), ref.mark(row)
    if quantity is None:
        return None
    if ref.p.isolated[row]:
        margin = total([known(ref.p.isolated_wallet[row]), known(ref.p.unrealized_pnl[row])])
        return None if margin is None else max(margin, 0.0) / abs(quantity)
    fall, rise = ref.moves(row)
    adverse = fall if quantity >= 0 else rise
    stated = known(ref.p.liquidation_price[row])
    if adverse is None and ref.p.cannot_be_liquidated[row]:
        adverse = math.inf
    elif adverse is None and stated is not None and mark is not None:
        adverse = abs(mark - stated) / mark
    if adverse is None or mark is None:
        return None
    return mark * (min(adverse, 1.0) if quantity >= 0 else adverse)


def risk_money(ref: Reference, row: int, parameters: Parameters) -> Known:
    state, end = filled(ref, row), loss_to_liquidation(ref, row)
    if state is None or state[2] or ref.mark(row) is None:
        return None
    taken, left, _ = state
    stated = ref.s.instruments[int(ref.p.instrument[row])].taker_fee_rate
    costs = (parameters["fee"] if stated is None else float(stated)) + parameters["slippage"]
    loss = 0.0
    for gap, trigger, part in taken:
        unit = gap + costs * trigger
        loss += part * (unit if end is None else min(unit, end))
    if left <= 0:
        return loss
    equity = ref.equity(ref.account(row))
    if end is None or (equity is None and not ref.p.isolated[row]):
        return None
    naked = left * end
    if not ref.p.isolated[row]:
        assert equity is not None
        naked = min(naked, max(equity, 0.0))
    return loss + naked


def risk_per_trade(ref: Reference, _: Grain, parameters: Parameters, __: Selected) -> list[Case]:
    return by_row(
        ref, lambda row: over_equity(risk_money(ref, row, parameters), ref.equity(ref.account(row)))
    )


def open_risk(ref: Reference, grain: Grain, parameters: Parameters, selected: Selected) -> list[Case]:
    return each(
        ref,
        grain,
        lambda x: over_equity(
            total([risk_money(ref, r, parameters) for r in x.rows if selected[r]]),
            equity_behind(ref, grain, x),
        ),
    )
