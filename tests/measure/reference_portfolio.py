"""Risks of positions joined by correlation, volatility of all that is held, and hedges on past prices, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from riskd.model.desk import HedgeLeg
from riskd.model.subject import Grain
from tests.measure.reference import Case, Known, Reference, Subjects
from tests.measure.reference_cases import Parameters, Selected, each, equity_behind, over_equity
from tests.measure.reference_exposure import coin, leg_price, leg_quantity, leg_worth
from tests.measure.reference_prices import (
    HOUR,
    Series,
    enough,
    held_with_closes,
    hours_of,
    in_window,
    leg_series,
    log_moves,
    moves,
    pearson,
)
from tests.measure.reference_stops import risk_money


def in_common(window: float) -> int:
    return max(24, math.ceil(0.9 * hours_of(window)))


def correlated_risk(ref: Reference, grain: Grain, parameters: Parameters, selected: Selected) -> list[Case]:
    window = parameters["window"]

    def amount(subject: Subjects) -> Known:
        by_coin: dict[str, float] = {}
        for row in (r for r in subject.rows if selected[r]):
            risk, notional = risk_money(ref, row, parameters), ref.notional(row)
            if risk is None or notional is None:
                return None
            signed = risk if notional >= 0 else -risk
            by_coin[ref.asset(row)] = by_coin.get(ref.asset(row), 0.0) + signed
        coins = [name for name, risk in by_coin.items() if risk != 0]
        squares: list[float] = []
        for a in coins:
            for b in coins:
                tie = (
                    1.0
                    if a == b
                    else pearson(coin_moves(ref, a, window), coin_moves(ref, b, window), in_common(window))
                )
                if tie is None:
                    return None
                squares.append(tie * by_coin[a] * by_coin[b])
        return math.sqrt(max(0.0, math.fsum(squares)))

    return each(ref, grain, lambda x: over_equity(amount(x), equity_behind(ref, grain, x)))


def coin_moves(ref: Reference, asset: str, window: float) -> Series:
    """Log moves of a coin's first contract of which enough is known; of its first one where none is."""
    rows = [row for row, name in enumerate(ref.h.prices.asset) if name == asset]
    found = [log_moves(in_window(ref, row, window)) for row in rows]
    full = [one for one in found if enough(len(one), hours_of(window))]
    return (full or found or [{}])[0]


def portfolio_volatility(
    ref: Reference, grain: Grain, parameters: Parameters, selected: Selected
) -> list[Case]:
    window = parameters["window"]

    def amount(subject: Subjects) -> Known:
        held = held_with_closes(ref, subject, window, selected)
        if not held:
            return None if held is None else 0.0
        ratios = [(worth, moves(closes)) for worth, closes in held]
        common = set.intersection(*(set(found) for _, found in ratios))
        if not enough(len(common), hours_of(window)):
            return None
        newest = max(float(at) for at in ref.h.prices.at if at <= ref.now)
        weight = {at: 0.94 ** ((newest - at) / HOUR / 24) for at in common}
        gain = {at: math.fsum(worth * found[at] for worth, found in ratios) for at in common}
        squares = math.fsum(weight[at] * gain[at] ** 2 for at in common)
        return math.sqrt(24 * squares / math.fsum(weight.values()))

    return each(ref, grain, lambda x: over_equity(amount(x), equity_behind(ref, grain, x)))


# --- hedges -----------------------------------------------------------------------------------------------------


def of_hedges(ref: Reference, grain: Grain, value: Callable[[Sequence[HedgeLeg]], Known]) -> list[Case]:
    by_name = {f"hedge={hedge.id}": hedge.legs for hedge in ref.s.desk.hedges}
    return each(ref, grain, lambda x: value(by_name[x.name]))


def common_moves(ref: Reference, legs: Sequence[HedgeLeg], window: float) -> list[list[float]] | None:
    found = [moves(leg_series(ref, leg, window)) for leg in legs]
    times = sorted(set.intersection(*(set(one) for one in found)))
    return [[one[at] for at in times] for one in found] if len(times) >= in_common(window) else None


def squares(values: Sequence[float], others: Sequence[float]) -> float:
    mean, other = math.fsum(values) / len(values), math.fsum(others) / len(others)
    return math.fsum((a - mean) * (b - other) for a, b in zip(values, others, strict=True))


def hedge_effectiveness(ref: Reference, grain: Grain, parameters: Parameters, _: Selected) -> list[Case]:
    def value(legs: Sequence[HedgeLeg]) -> Known:
        worth = [leg_worth(ref, leg) for leg in legs]
        if None in worth:
            return None
        if not any(worth):
            return 1.0
        held = [(leg, w) for leg, w in zip(legs, worth, strict=True) if w]
        found = common_moves(ref, [leg for leg, _ in held], parameters["window"])
        if worth[0] == 0 or found is None:
            return None
        gains = [[w * move for move in one] for (_, w), one in zip(held, found, strict=True)]
        total = [math.fsum(hour) for hour in zip(*gains, strict=True)]
        whole = squares(gains[0], gains[0])
        return 1 - squares(total, total) / whole if whole > 0 else None

    return of_hedges(ref, grain, value)


def hedge_ratio_gap(ref: Reference, grain: Grain, parameters: Parameters, _: Selected) -> list[Case]:
    def value(legs: Sequence[HedgeLeg]) -> Known:
        units = [unit_of(ref, leg, legs[0]) for leg in legs]
        hedged, hedging = units[0], [unit for unit in units[1:] if unit is not None]
        if hedged is None or len(hedging) < len(units) - 1:
            return None
        if hedged == 0:
            return math.inf if any(hedging) else 0.0
        if len(legs) > 2 and math.fsum(hedging) == 0:
            return None
        share = [1.0] if len(legs) == 2 else [unit / math.fsum(hedging) for unit in hedging]
        counted = [(leg, part) for leg, part in zip(legs[1:], share, strict=True) if part]
        found = common_moves(ref, [legs[0], *(leg for leg, _ in counted)], parameters["window"])
        if found is None:
            return None
        parts = [part for _, part in counted]
        joint = [
            math.fsum(part * move for part, move in zip(parts, hour, strict=True))
            for hour in zip(*found[1:], strict=True)
        ]
        spread = squares(joint, joint)
        return -math.fsum(hedging) / hedged - squares(found[0], joint) / spread if spread > 0 else None

    return of_hedges(ref, grain, value)


def unit_of(ref: Reference, leg: HedgeLeg, first: HedgeLeg) -> Known:
    quantity = leg_quantity(ref, leg)
    if quantity is None or quantity == 0 or coin(ref, leg) == coin(ref, first):
        return quantity
    price, base = leg_price(ref, leg), leg_price(ref, first)
    return None if price is None or base is None else quantity * price / base
