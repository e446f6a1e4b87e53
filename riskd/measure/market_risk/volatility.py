"""How much prices move in a day, and how many such days liquidation is away."""

from __future__ import annotations

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.missing import missing_prices, symbol
from riskd.measure.margin.liquidation import liquidation_distance
from riskd.measure.past.prices import (
    DAY_HOURS,
    DECAY_PER_DAY,
    DECAY_PER_HOUR,
    HOUR,
    Closes,
    is_enough,
    known_count,
)
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.model.arrays import FloatArray
from riskd.model.report import Surface
from riskd.model.subject import Grain

_WINDOW = Parameter(
    name="window",
    unit=Unit.DURATION,
    meaning="How far back prices are looked at; older moves weigh little.",
    default=30 * DAY_HOURS * HOUR,
)


def volatility(book: Book, grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Exponentially weighted daily standard deviation of a contract's price."""
    window = ref.parameter("window")
    daily = daily_deviation(book, window)
    if grain is Grain.INSTRUMENT:
        return Values(daily, lambda number: missing_prices(book, number, window))
    instrument = book.layout.position_instrument
    return Values(daily[instrument], lambda row: missing_prices(book, int(instrument[row]), window))


def liquidation_distance_vol(book: Book, grain: Grain, ref: MeasureRef, selection: Selection) -> Values:
    """Distance to liquidation in daily standard deviations."""
    distance = liquidation_distance(book, grain, ref, selection)
    daily = volatility(book, grain, ref, selection)
    values = np.where(
        np.isinf(distance.values) & ~np.isnan(daily.values), np.inf, distance.values / daily.values
    )

    def why(row: int) -> str:
        if np.isnan(distance.values[row]):
            return distance.why(row)
        return daily.why(row) or f"the price of {symbol(book, row)} has not moved in the window"

    return Values(np.where((daily.values == 0.0) & np.isfinite(distance.values), np.nan, values), why)


def daily_deviation(book: Book, window: float) -> FloatArray:
    """Daily volatility of each instrument; NaN where too little of its past is known."""
    windows = book.price_windows
    return windows.of_instruments(lambda part: windows.closes(part, window), _deviation)


def _deviation(closes: Closes) -> FloatArray:
    """``√(24 · Σ w·r² / Σ w)`` of each row of the history, w = decay to the power of the age in hours."""
    moves = closes.log_moves()
    weight = DECAY_PER_HOUR ** np.arange(moves.shape[1] - 1, -1, -1.0)
    known = np.isfinite(moves)
    squared = np.where(known, moves * moves, 0.0) * weight
    hourly = squared.sum(axis=1) / np.where(known, weight, 0.0).sum(axis=1)
    return np.where(is_enough(known_count(moves), closes.hours), np.sqrt(hourly * DAY_HOURS), np.nan)


SPECS = (
    MeasureSpec(
        name="volatility",
        unit=Unit.RATIO,
        grains=frozenset({Grain.POSITION, Grain.INSTRUMENT}),
        parameters=(_WINDOW,),
        meaning="Standard deviation of a day's price move, recent days weighing more.",
        formula=(
            f"σ = √(24 · Σ w·r² / Σ w) over hourly log moves r of the mark price, w = {DECAY_PER_DAY:g}^(age in days); the mean "
            "is taken as 0."
        ),
        source="RiskMetrics Technical Document (1996): exponential weights with 0.94 a day, zero mean; hours scaled by √24.",
        unknown_when="Less than 90 % of the window's hourly closes are known.",
        infinite_when="",
        remedy=Remedy.NONE,
        needs=frozenset(),
        counts=Counts.WHOLE_ACCOUNT,
        function=volatility,
        reads=frozenset({Surface.CANDLES}),
        low=0.0,
    ),
    MeasureSpec(
        name="liquidation_distance_vol",
        unit=Unit.SIGMA,
        grains=frozenset({Grain.POSITION}),
        parameters=(_WINDOW,),
        meaning="Distance to liquidation in daily standard deviations of the price: the same 10% is near for one coin and far for another.",
        formula="liquidation_distance / volatility.",
        source=(
            "Usual practice: 5 for core holdings, 3 for tactical ones. Prices jump further than a normal law says: on recorded "
            "prices of 2020-2026 a tenfold leveraged long was liquidated ten times as often as it gives."
        ),
        unknown_when="The distance is unknown, less than 90 % of the window's hourly closes are known, or none of them differ.",
        infinite_when="no move liquidates (price would have to fall below zero)",
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS, Surface.BALANCES}),
        counts=Counts.WHOLE_ACCOUNT,
        function=liquidation_distance_vol,
        reads=frozenset({Surface.CANDLES}),
        low=0.0,
    ),
)
