"""How well a hedge would have worked on the prices of the past, and how far it is from the ratio that works best."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray, index
from riskd.measure.past.prices import DAY_HOURS, HOUR, moves_in_common, no_tie, relative_moves
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.measure.strategy.hedge import leg_units, leg_worth, missing_leg, part_of_leg, price_row_of_leg
from riskd.model.arrays import FloatArray
from riskd.model.report import Surface
from riskd.model.subject import Grain


def hedge_effectiveness(book: Book, grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Share of the variance of what is hedged that the hedging legs take away."""
    return _of_hedges(book, grain, ref, _effectiveness)


def hedge_ratio_gap(book: Book, grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Held hedge ratio less the one that leaves the least variance."""
    return _of_hedges(book, grain, ref, _gap)


def variance_taken_away(unhedged: FloatArray, hedged: FloatArray) -> float:
    """``1 - Var(hedged) / Var(unhedged)``; NaN when what is hedged does not vary.

    At the minimum-variance ratio h* it is the R² of a regression of one on the other; at another ratio h it is
    ``R² - (h - h*)²·σf²/σs²``.
    """
    whole = _squares(unhedged)
    return 1.0 - _squares(hedged) / whole if whole > 0.0 else float("nan")


def minimum_variance_ratio(hedged: FloatArray, hedging: FloatArray) -> float:
    """``h* = Cov(s, f) / Var(f) = ρ·σs/σf``: how much of f to be short for one of s; NaN when f does not vary.

    Source: Hull, Options, Futures and Other Derivatives, chapter 3; pinned in test_vectors.py.
    """
    apart = hedging - hedging.mean()
    squares = float((apart * apart).sum())
    return float((apart * (hedged - hedged.mean())).sum()) / squares if squares > 0.0 else float("nan")


def _squares(values: FloatArray) -> float:
    apart = values - values.mean()
    return float((apart * apart).sum())


def _of_hedges(
    book: Book, grain: Grain, ref: MeasureRef, measure: Callable[[Book, IndexArray, float], float | str]
) -> Values:
    """A number of each hedge, from its legs; or what keeps it from being known."""
    window, hedge = ref.parameter("window"), book.layout.legs.hedge
    legs = [index(np.flatnonzero(hedge == number)) for number in range(book.universe(grain).size)]
    found = [measure(book, mine, window) for mine in legs]
    values = np.array([np.nan if isinstance(value, str) else value for value in found])

    def why(number: int) -> str:
        value = found[number]
        return value if isinstance(value, str) else ""

    return Values(values, why)


def _effectiveness(book: Book, legs: IndexArray, window: float) -> float | str:
    worth = book.once(leg_worth)[legs]
    if np.isnan(worth).any():
        return missing_leg(book, int(legs[np.isnan(worth).argmax()]))
    if not worth.any():
        return 1.0
    if worth[0] == 0.0:
        return f"nothing is hedged: {_name(book, legs[0])} is not held"
    held = worth != 0.0
    moves = _moves_of(book, legs[held], window)
    if isinstance(moves, str):
        return moves
    gains = worth[held, None] * moves
    taken = variance_taken_away(gains[0], _added(gains))
    return _standstill(book, legs[0]) if np.isnan(taken) else taken


def _gap(book: Book, legs: IndexArray, window: float) -> float | str:
    units = book.once(leg_units)[legs]
    if np.isnan(units).any():
        return missing_leg(book, int(legs[np.isnan(units).argmax()]))
    if units[0] == 0.0:
        return np.inf if units.any() else 0.0
    share = (
        np.ones(1) if len(units) == 2 else units[1:] / units[1:].sum()
    )  # of one leg all, though none is held
    if not np.isfinite(share).all():
        return "what hedges is not held, or its legs cancel out: there is no ratio to compare"
    counted = np.append(True, share != 0.0)
    moves = _moves_of(book, legs[counted], window)
    if isinstance(moves, str):
        return moves
    best = minimum_variance_ratio(moves[0], _added(share[share != 0.0, None] * moves[1:]))
    if np.isnan(best):
        return _standstill(book, legs[1])
    return float(-units[1:].sum() / units[0]) - best


def _moves_of(book: Book, legs: IndexArray, window: float) -> FloatArray | str:
    """Hourly moves of the legs in the hours that all of them have; or says that these are too few."""
    closes = book.price_windows.closes(part_of_leg(book, int(legs[0])), window)
    rows = [price_row_of_leg(book, leg) for leg in legs.tolist()]
    moves, wanted = relative_moves(closes.of_rows(rows)), moves_in_common(closes)
    common = np.isfinite(moves).all(axis=0)
    if int(common.sum()) < wanted:
        return no_tie([_name(book, leg) for leg in legs], moves, wanted)
    return moves[:, common]


def _added(rows: FloatArray) -> FloatArray:
    """The sum of the rows, one after another."""
    total = np.zeros(rows.shape[1])
    for row in rows:
        total = total + row
    return total


def _name(book: Book, leg: np.intp) -> str:
    return book.layout.legs.legs[leg].name


def _standstill(book: Book, leg: np.intp) -> str:
    return f"the price of {_name(book, leg)} has not moved in the window"


_WINDOW = Parameter(
    name="window",
    unit=Unit.DURATION,
    meaning="How far back the legs' prices are looked at.",
    default=30 * DAY_HOURS * HOUR,
)
_PAST = "A coin on spot follows its perpetual: the basis between them is not in it."
_FEW = "Fewer than 90 % of the window's hours (and fewer than 24) have a move of all legs that are held"

SPECS = (
    MeasureSpec(
        name="hedge_effectiveness",
        unit=Unit.RATIO,
        grains=frozenset({Grain.HEDGE}),
        parameters=(_WINDOW,),
        meaning="Share of the variance of what is hedged that the hedge, as held, would have taken away: 100 % all, negative adds.",
        formula=(
            "1 - Var(Σ q·M·r of all legs) / Var(q·M·r of the first leg), r hourly moves of the mark, hours that all have. "
            "At the minimum-variance ratio h* = ρ·σs/σf it is R² = ρ²; at a held ratio h it is R² - (h - h*)²·σf²/σs². "
            f"Nothing held at all: 100 %. {_PAST}"
        ),
        source=(
            "Ederington (1979). Ask at least 80 %: the accountants' band of 80-125 % is about the ratio of the two legs' gains, "
            "and its lower end came to be asked of R². In crypto 0.98 is usual within one coin and 0.6-0.8 across coins (BTC "
            "hedged with ETH by the day: R² 0.59-0.80 in 2020-2025)."
        ),
        unknown_when=(
            f"A leg's quantity or price is unknown. {_FEW}. What is hedged is not held while a hedging leg is (see hedge_ratio), "
            "or its price stood still."
        ),
        infinite_when="",
        remedy=Remedy.NONE,
        needs=frozenset({Surface.POSITIONS, Surface.SPOT_BALANCES}),
        counts=Counts.WHOLE_ACCOUNT,
        function=hedge_effectiveness,
        reads=frozenset({Surface.CANDLES}),
        high=1.0,
    ),
    MeasureSpec(
        name="hedge_ratio_gap",
        unit=Unit.RATIO,
        grains=frozenset({Grain.HEDGE}),
        parameters=(_WINDOW,),
        meaning="How much more (+) or less (-) is hedged than would leave the least variance, as a share of what is hedged.",
        formula=(
            "h - h*; h = -Σ q·r of the hedging legs / q of the first leg as in hedge_ratio, before it is divided by the wanted "
            "ratio; h* = Cov(s, f) / Var(f) = ρ·σs/σf over hourly moves of the mark, s of the first leg, f of the hedging "
            f"legs in the proportion in which they are held. Nothing held at all: 0. {_PAST}"
        ),
        source="Minimum-variance ratio: Hull, Options, Futures and Other Derivatives, ch. 3, pinned in test_vectors.py.",
        unknown_when=(
            f"A leg's quantity or price is unknown. {_FEW}. The price of what hedges stood still. Several legs hedge and none is "
            "held, or they cancel out."
        ),
        infinite_when="the hedged leg is gone while a hedging leg is still held: an orphan",
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS, Surface.SPOT_BALANCES}),
        counts=Counts.WHOLE_ACCOUNT,
        function=hedge_ratio_gap,
        reads=frozenset({Surface.CANDLES}),
    ),
)
