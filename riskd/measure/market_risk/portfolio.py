"""What all positions together put at risk, given how their prices move together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.capital import INFINITE_WITHOUT_EQUITY, over_equity
from riskd.measure.book.groups import compact
from riskd.measure.book.holdings import Holdings, Lines, holding_name, holdings_of, lines_of, missing_worth
from riskd.measure.book.missing import FirstUnknown, missing_equity
from riskd.measure.past.prices import (
    DAY_HOURS,
    DECAY_PER_DAY,
    DECAY_PER_HOUR,
    HOUR,
    KNOWN_SHARE_MIN,
    known_count,
    with_none,
)
from riskd.measure.past.ties import Ties
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.measure.trade.stops import COSTS, RISK_FORMULA, RISK_UNKNOWN, STOP_LISTS, MoneyAtRisk, missing_risk
from riskd.model.arrays import FloatArray
from riskd.model.report import Surface
from riskd.model.subject import Grain


def correlated_risk(book: Book, grain: Grain, ref: MeasureRef, selection: Selection) -> Values:
    """The risks of the selected positions at their stops, joined by the correlations of their prices, over equity."""
    risk = book.once(MoneyAtRisk.of(ref))
    counted = np.where(selection.positions, risk, 0.0)
    bets = _bets(book, grain, np.where(book.tables.positions.notional < 0.0, -counted, counted))
    ties, part = Ties(book, ref.parameter("window")), book.universe(grain).part
    joined = [ties.joined(int(part[subject]), *bet) for subject, bet in enumerate(bets)]
    unknown_row = FirstUnknown(book.position_groups(grain), risk, selection.positions)

    def missing(subject: int) -> str:
        row = unknown_row(subject)
        return missing_risk(book, row) if row >= 0 else ""

    return _share_of_equity(book, grain, joined, missing)


def portfolio_volatility(book: Book, grain: Grain, ref: MeasureRef, selection: Selection) -> Values:
    """Exponentially weighted daily standard deviation of what is held, over equity."""
    holdings = holdings_of(book, grain, selection)
    lines, window, tables = lines_of(holdings), ref.parameter("window"), dict[int, FloatArray]()
    subjects = range(book.universe(grain).size)
    daily = [_daily_gain(book, holdings, lines, subject, window, tables) for subject in subjects]
    unknown_row = FirstUnknown(holdings.subjects, holdings.worth)

    def missing(subject: int) -> str:
        row = unknown_row(subject)
        return missing_worth(book, row) if row >= 0 else ""

    return _share_of_equity(book, grain, daily, missing)


def _share_of_equity(
    book: Book, grain: Grain, amounts: Sequence[float | str], missing: Callable[[int], str]
) -> Values:
    """Amounts of money, or why they are unknown, over the equity of their subjects."""
    known = np.array([np.nan if isinstance(amount, str) else amount for amount in amounts])

    def why(subject: int) -> str:
        amount = amounts[subject]
        told = amount if isinstance(amount, str) else missing_equity(book, grain, subject)
        return missing(subject) or told

    return Values(over_equity(known, book.equity_of(grain)), why)


def _bets(book: Book, grain: Grain, risk: FloatArray) -> list[tuple[list[str], FloatArray]]:
    """The assets of each subject with a risk that is not 0, and the signed risk in each."""
    subjects, assets = book.position_groups(grain), book.layout.assets
    width = max(len(assets.names), 1)
    codes = assets.codes[book.layout.position_instrument]
    groups, keys = compact(subjects.of * width + codes, (subjects.size + 1) * width)
    total = groups.total(risk)
    counted = total != 0.0
    keys, total = keys[counted], total[counted]
    ends = np.searchsorted(keys, np.arange(subjects.size + 1) * width).tolist()
    names = [assets.names[key % width] for key in keys.tolist()]
    return [(names[begin:end], total[begin:end]) for begin, end in pairwise(ends)]


def _daily_gain(
    book: Book, holdings: Holdings, lines: Lines, subject: int, window: float, tables: dict[int, FloatArray]
) -> float | str:
    """Standard deviation of a day's gain of what a subject holds; or which part of the past is missing.

    ``tables`` keeps the moves of each history: many subjects share one.
    """
    mine = slice(int(lines.begins[subject]), int(lines.begins[subject + 1]))
    held = lines.holding[mine].tolist()
    if not held:
        return 0.0
    closes = book.price_windows.closes(int(holdings.part[held[0]]), window)
    if id(closes) not in tables:
        tables[id(closes)] = with_none(closes.moves())
    moves = tables[id(closes)][holdings.price_row[held]]
    gain = np.zeros(moves.shape[1])
    for worth, move in zip(lines.worth[mine].tolist(), moves, strict=True):
        gain = gain + worth * move
    known, needed = np.isfinite(gain), math.ceil(closes.hours * KNOWN_SHARE_MIN)
    if int(known.sum()) < needed:
        name = holding_name(book, held[int(np.argmin(known_count(moves)))])
        return (
            f"price history of {name}: {known.sum()} hourly moves that all holdings have, {needed} are needed"
        )
    weight = (DECAY_PER_HOUR ** np.arange(len(gain) - 1, -1, -1.0))[known]
    return math.sqrt(DAY_HOURS * float((weight * gain[known] ** 2).sum() / weight.sum()))


_WINDOW = Parameter(
    name="window",
    unit=Unit.DURATION,
    meaning="How far back prices are looked at.",
    default=30 * DAY_HOURS * HOUR,
)
_GRAINS = frozenset({Grain.ACCOUNT, Grain.DESK, Grain.PORTFOLIO})

SPECS = (
    MeasureSpec(
        name="correlated_risk",
        unit=Unit.RATIO,
        grains=_GRAINS,
        parameters=(*COSTS, _WINDOW),
        meaning="Portfolio heat with correlation: the risks of all open trades, joined as their prices move together, over equity.",
        formula=(
            f"{RISK_FORMULA}Measure: √(RᵀρR) / E, R of longs +, of shorts -, summed by coin; ρ correlation of hourly log moves "
            "of the mark, 1 within a coin. At most open_risk, which it is when all correlations are at their worst, as they come "
            "to be in a crash; and both stops of a hedged pair can be hit one after the other, which only open_risk counts."
        ),
        source="Correlated heat, beside Elder's portfolio heat (open_risk).",
        unknown_when=(
            f"{RISK_UNKNOWN} Or fewer than 90 % of the window's hours (and fewer than 24) have moves of two coins with a risk, or "
            "one of them stood still. Never 0 for want of a correlation."
        ),
        infinite_when=INFINITE_WITHOUT_EQUITY,
        remedy=Remedy.REDUCE,
        needs=STOP_LISTS | {Surface.BALANCES},
        counts=Counts.SELECTED_POSITIONS,
        function=correlated_risk,
        reads=frozenset({Surface.CANDLES}),
        low=0.0,
    ),
    MeasureSpec(
        name="portfolio_volatility",
        unit=Unit.RATIO,
        grains=_GRAINS,
        parameters=(_WINDOW,),
        meaning="Standard deviation of a day's gain or loss of all that is held, as a share of equity: leverage times volatility.",
        formula=(
            "σ / E, σ = √(24 · Σ w·g² / Σ w), g = Σ q·M·r what is held now would have gained in each hour of the window, r hourly "
            f"moves of the mark, w = {DECAY_PER_DAY:g}^(age in days); spot counts where a hedge names it."
        ),
        source=(
            "Volatility targeting, leverage <= target / volatility; funds aim at 10-15 % a year, aggressive ones at 20-30 %. "
            "A year is √365 days: 15 % a year is 0.79 % a day, 30 % is 1.57 %. Weights as for volatility."
        ),
        unknown_when=(
            "Equity, a counted quantity, mark or spot balance is unknown, or fewer than 90 % of the window's hours have moves of "
            "all that is held."
        ),
        infinite_when=INFINITE_WITHOUT_EQUITY,
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS, Surface.BALANCES, Surface.SPOT_BALANCES}),
        counts=Counts.SELECTED_POSITIONS,
        function=portfolio_volatility,
        reads=frozenset({Surface.CANDLES}),
        low=0.0,
    ),
)
