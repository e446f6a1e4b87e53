"""How often liquidation would have been touched, and stops counted in what prices do, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable

from riskd.model.subject import Grain
from tests.measure.reference import Case, Known, Reference, known
from tests.measure.reference_cases import Parameters, Selected, by_row
from tests.measure.reference_prices import HOUR, Series, deviation, enough, hours_of
from tests.measure.reference_stops import reach

DAY = 24 * HOUR


def grid(ref: Reference) -> list[int]:
    """Every hour of the history that has ended."""
    return [int(at) for at in ref.h.prices.at.tolist() if at <= ref.now]


def hourly(ref: Reference, row: int, name: str) -> Series:
    """``high``, ``low`` or ``close`` of a position's contract by the end of the hour."""
    instrument, prices = ref.s.instruments[int(ref.p.instrument[row])], ref.h.prices
    keys = list(zip(prices.venue, prices.symbol, strict=True))
    if (instrument.venue, instrument.symbol) not in keys:
        return {}
    values = getattr(prices, name)[keys.index((instrument.venue, instrument.symbol))].tolist()
    pairs = zip(prices.at.tolist(), values, strict=True)
    return {int(at): value for at, value in pairs if at <= ref.now and not math.isnan(value)}


# --- touch_probability ------------------------------------------------------------------------------------------


def room(ref: Reference, row: int) -> tuple[Known, Known]:
    """(fall, rise) that liquidates, ours or the venue's, whichever is nearer."""
    notional, mark, stated = ref.notional(row), ref.mark(row), known(ref.p.liquidation_price[row])
    if notional is None or mark is None:
        return None, None
    paired = len(ref.legs(row)) > 1
    fall, rise = ref.moves(row)
    if not paired and fall is not None and rise is not None:
        fall, rise = (fall, math.inf) if notional >= 0 else (math.inf, rise)
    found = [(fall, rise)]
    if ref.p.cannot_be_liquidated[row]:
        found.append((math.inf, math.inf))
    elif stated is not None:
        below = 1 - stated / mark
        if paired:
            found.append((below, math.inf) if below >= 0 else (math.inf, -below))
        else:
            found.append((max(below, 0.0), math.inf) if notional >= 0 else (math.inf, max(-below, 0.0)))
    falls = [x for x, _ in found if x is not None]
    rises = [x for _, x in found if x is not None]
    return (min(falls), min(rises)) if falls and rises else (None, None)


def touch_probability(ref: Reference, _: Grain, parameters: Parameters, __: Selected) -> list[Case]:
    def value(row: int) -> Known:
        fall, rise = room(ref, row)
        if fall is None or rise is None:
            return None
        fell = _share(ref, row, parameters, "low", fall, lambda close, low: low <= close * (1 - fall))
        rose = _share(ref, row, parameters, "high", rise, lambda close, high: high >= close * (1 + rise))
        return None if fell is None or rose is None else min(1.0, fell + rose)

    return by_row(ref, value)


def _share(
    ref: Reference,
    row: int,
    parameters: Parameters,
    extreme: str,
    distance: float,
    is_there: Callable[[float, float], bool],
) -> Known:
    if math.isinf(distance):
        return 0.0
    hours, horizon = hours_of(parameters["window"]), max(1, round(parameters["horizon"] / HOUR))
    moments = [at for at in grid(ref) if at > ref.now - (hours + 1) * HOUR]
    closes, extremes = hourly(ref, row, "close"), hourly(ref, row, extreme)
    told = touched = 0
    for start in moments[:-horizon]:
        if start not in closes:
            continue
        after = [extremes.get(start + (step + 1) * HOUR) for step in range(horizon)]
        reached = distance <= 0 or any(x is not None and is_there(closes[start], x) for x in after)
        if reached or None not in after:
            told, touched = told + 1, touched + reached
    return touched / told if told and enough(told, hours - horizon + 1) else None


# --- stops in units of prices -----------------------------------------------------------------------------------


def stop_distance_vol(ref: Reference, _: Grain, parameters: Parameters, __: Selected) -> list[Case]:
    return by_row(
        ref,
        lambda row: _in_units(
            reach(ref, row), deviation(ref, int(ref.p.instrument[row]), parameters["window"])
        ),
    )


def stop_distance_atr(ref: Reference, _: Grain, parameters: Parameters, __: Selected) -> list[Case]:
    def value(row: int) -> Known:
        stop, mark = reach(ref, row), ref.mark(row)
        days = max(1, round(parameters["window"] / DAY))
        return _in_units(None if stop is None or mark is None else stop * mark, true_range(ref, row, days))

    return by_row(ref, value)


def _in_units(distance: Known, unit: Known) -> Known:
    if distance is None or math.isinf(distance):
        return distance
    return distance / unit if unit else None


def true_range(ref: Reference, row: int, days: int) -> Known:
    """Mean over the last whole days, each by its 24 hours."""
    highs, lows, closes = (hourly(ref, row, name) for name in ("high", "low", "close"))
    midnight = int(ref.now // DAY) * DAY
    found: list[float] = []
    for day in range(days):
        end = midnight - day * DAY
        hours = [end - hour * HOUR for hour in range(24)]
        before = closes.get(end - DAY)
        if before is not None and all(at in highs and at in lows for at in hours):
            high, low = max(highs[at] for at in hours), min(lows[at] for at in hours)
            found.append(max(high - low, abs(high - before), abs(low - before)))
    return math.fsum(found) / len(found) if found and enough(len(found), days) else None
