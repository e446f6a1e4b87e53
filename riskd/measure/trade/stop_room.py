"""How far stops are, counted in what prices ordinarily do: nearer than noise, a stop is only a cost."""

from __future__ import annotations

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import index
from riskd.measure.book.missing import symbol
from riskd.measure.market_risk.volatility import volatility
from riskd.measure.past.prices import DAY_HOURS, HOUR, Closes, is_enough
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.measure.trade.stops import STOP_LISTS, stop_distance
from riskd.model.arrays import FloatArray
from riskd.model.report import Surface
from riskd.model.subject import Grain

_DAY = DAY_HOURS * HOUR


def stop_distance_vol(book: Book, grain: Grain, ref: MeasureRef, selection: Selection) -> Values:
    """Stop distance in daily standard deviations."""
    stop = stop_distance(book, grain, ref, selection)
    daily = volatility(book, grain, ref, selection)
    return _counted(book, stop, stop.values, daily)


def stop_distance_atr(book: Book, grain: Grain, ref: MeasureRef, selection: Selection) -> Values:
    """Stop distance in average true ranges."""
    days = max(1, round(ref.parameter("window") / _DAY))
    stop = stop_distance(book, grain, ref, selection)
    windows, instrument = book.price_windows, book.layout.position_instrument
    ranges = windows.of_instruments(windows.everything, lambda closes: average_true_range(closes, days))

    def why(row: int) -> str:
        if not np.isnan(ranges[instrument[row]]):
            return ""
        return f"price history of {symbol(book, row)}: too few of the last {days} whole days (UTC) are known"

    gap = stop.values * book.tables.positions.mark_price
    return _counted(book, stop, gap, Values(ranges[instrument], why))


def average_true_range(closes: Closes, days: int) -> FloatArray:
    """Mean true range of each contract over the last whole days in UTC; NaN with fewer than 90 % of them known.

    A day is known when all of its hours and the close before it are.
    """
    high, low, close = _last_days(closes, days)
    ranges = true_ranges(high.max(axis=2), low.min(axis=2), close[:, :-1])
    known = np.isfinite(ranges)
    count = index(known.sum(axis=1))
    mean = np.where(known, ranges, 0.0).sum(axis=1) / np.maximum(count, 1)
    return np.where(is_enough(count, days), mean, np.nan)


def true_ranges(high: FloatArray, low: FloatArray, close_before: FloatArray) -> FloatArray:
    """``max(high - low, |high - close before|, |low - close before|)``: the way of a day with the gap to the day before.

    Source: J. Welles Wilder, New Concepts in Technical Trading Systems (1978).
    """
    return np.maximum(high, close_before) - np.minimum(low, close_before)


def _last_days(closes: Closes, days: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Highs and lows ``(contracts, days, 24)``, and closes at midnight ``(contracts, days + 1)``; NaN where not known."""
    midnight = closes.now // _DAY * _DAY
    first = closes.at[0] if len(closes.at) else midnight
    hours = round((midnight - first) / HOUR) + np.arange(-DAY_HOURS * days, 1)
    kept = (hours >= 0) & (hours < len(closes.at))
    shape = (closes.values.shape[0], days, DAY_HOURS)

    def taken(table: FloatArray) -> FloatArray:
        if not kept.any():
            return np.full((table.shape[0], len(hours)), np.nan)
        return np.where(kept, table[:, np.where(kept, hours, 0)], np.nan)

    high, low = (taken(table)[:, 1:].reshape(shape) for table in (closes.high, closes.low))
    return high, low, taken(closes.values)[:, ::DAY_HOURS]


def _counted(book: Book, stop: Values, gap: FloatArray, unit: Values) -> Values:
    """A distance in units of what prices do. No stop is infinitely far away, whatever prices do."""
    values = np.where(np.isinf(gap), np.inf, gap / np.where(unit.values > 0.0, unit.values, np.nan))

    def why(row: int) -> str:
        if np.isnan(stop.values[row]):
            return stop.why(row)
        return unit.why(row) or f"the price of {symbol(book, row)} has not moved in the window"

    return Values(values, why)


_WITHOUT_STOP = "all stops together close less than 99 % of the position: no stop is infinitely far away, however little is known of prices"

SPECS = (
    MeasureSpec(
        name="stop_distance_vol",
        unit=Unit.SIGMA,
        grains=frozenset({Grain.POSITION}),
        parameters=(
            Parameter(
                name="window",
                unit=Unit.DURATION,
                meaning="How far back prices are looked at; older moves weigh little.",
                default=30 * _DAY,
            ),
        ),
        meaning="Stop distance in daily standard deviations of the price: a stop within half a day's noise is hit by noise.",
        formula="stop_distance / volatility.",
        source="Own definition, beside liquidation_distance_vol.",
        unknown_when="stop_distance is unknown, less than 90 % of the window's hourly closes are known, or none of them differ.",
        infinite_when=_WITHOUT_STOP,
        remedy=Remedy.PLACE_STOP,
        needs=STOP_LISTS,
        counts=Counts.SELECTED_POSITIONS,
        function=stop_distance_vol,
        reads=frozenset({Surface.CANDLES}),
        low=0.0,
    ),
    MeasureSpec(
        name="stop_distance_atr",
        unit=Unit.MULTIPLE,
        grains=frozenset({Grain.POSITION}),
        parameters=(
            Parameter(
                name="window",
                unit=Unit.DURATION,
                meaning="How many whole days the range is averaged over.",
                default=14 * _DAY,
            ),
        ),
        meaning="Stop distance in average true ranges of a day: below 1x an ordinary day hits the stop, above 3x it is far.",
        formula=(
            "|M - stop| of stop_distance / ATR; ATR = mean over the last whole days (UTC) of max(high, close before) - min(low, "
            "close before) of the mark price. The plain mean, not Wilder's smoothing, whose value depends on where the "
            "history begins."
        ),
        source="True range: Wilder (1978). Usual geometry of swing desks: 1 ATR <= stop <= 3 ATR, over 14 days.",
        unknown_when=(
            "stop_distance is unknown, fewer than 90 % of the days are known whole (each of the 24 hours, and the close before "
            "them), or the price stood still."
        ),
        infinite_when=_WITHOUT_STOP,
        remedy=Remedy.PLACE_STOP,
        needs=STOP_LISTS,
        counts=Counts.SELECTED_POSITIONS,
        function=stop_distance_atr,
        reads=frozenset({Surface.CANDLES}),
        low=0.0,
    ),
)
