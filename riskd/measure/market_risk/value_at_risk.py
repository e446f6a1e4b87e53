"""What the book as it stands would have lost in the moves of the past: value at risk and expected shortfall."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.capital import infinite_without_equity, over_equity
from riskd.measure.book.groups import IndexArray
from riskd.measure.book.holdings import Holdings, Lines, holding_name, holdings_of, lines_of, missing_worth
from riskd.measure.book.missing import FirstUnknown, missing_equity
from riskd.measure.market_risk.tail import ROUNDING, Tail, tail
from riskd.measure.past.moves import WARM_UP_HOURS, Method, losses_of, moves_by
from riskd.measure.past.prices import DAY_HOURS, DECAY_PER_DAY, HOUR, KNOWN_SHARE_MIN, known_count
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.model.arrays import FloatArray
from riskd.model.history import PRICES_KEPT_SECONDS
from riskd.model.report import Surface
from riskd.model.subject import Grain


def var(book: Book, grain: Grain, ref: MeasureRef, selection: Selection) -> Values:
    """Loss over the horizon that was exceeded in a share of ``1 - confidence`` of the past moves, over equity."""
    return _of_tail(book, grain, ref, selection, lambda worst: worst.value_at_risk)


def expected_shortfall(book: Book, grain: Grain, ref: MeasureRef, selection: Selection) -> Values:
    """Mean of the losses at and beyond the value at risk, over equity."""
    return _of_tail(book, grain, ref, selection, lambda worst: worst.expected_shortfall)


def _of_tail(
    book: Book, grain: Grain, ref: MeasureRef, selection: Selection, pick: Callable[[Tail], float]
) -> Values:
    holdings = holdings_of(book, grain, selection)
    lines = lines_of(holdings)
    asked = _asked(ref, np.unique(holdings.price_row[lines.holding]))
    tails = [_tail_of(book, holdings, lines, subject, asked) for subject in range(book.universe(grain).size)]
    losses = np.array([pick(found) if isinstance(found, Tail) else np.nan for found in tails])
    unknown_row = FirstUnknown(holdings.subjects, holdings.worth)

    def why(subject: int) -> str:
        found, row = tails[subject], unknown_row(subject)
        if row >= 0:
            return missing_worth(book, row)
        return missing_equity(book, grain, subject) if isinstance(found, Tail) else found

    return Values(over_equity(np.maximum(losses, 0.0) + 0.0, book.equity_of(grain)), why)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The parameters, and the moves of each history that was cut by them: many subjects share one.

    Attributes:
        rows: Rows of the histories that anybody holds; -1 is none of them.
    """

    confidence: float
    horizon_hours: int
    window: float
    method: Method
    rows: IndexArray
    moves: dict[int, FloatArray] = field(default_factory=dict)


def _tail_of(book: Book, holdings: Holdings, lines: Lines, subject: int, asked: _Asked) -> Tail | str:
    """The tail of one subject's losses; or which part of the past is missing."""
    mine = slice(int(lines.begins[subject]), int(lines.begins[subject + 1]))
    held = lines.holding[mine].tolist()
    if not held:
        return Tail(0.0, 0.0)
    wanted, table = _moves(book, int(holdings.part[held[0]]), asked)
    moves = table[holdings.price_row[held]]
    losses = losses_of(lines.worth[mine].tolist(), moves)
    needed = max(math.ceil(wanted * KNOWN_SHARE_MIN), math.ceil(1.0 / (1.0 - asked.confidence) - ROUNDING))
    if len(losses) >= needed and wanted > 0:
        return tail(losses, asked.confidence)
    name = holding_name(book, held[int(np.argmin(known_count(moves)))])
    warmed_up = _AFTER_WARM_UP if asked.method is Method.FILTERED else ""
    found = f"{len(losses)} moves over {asked.horizon_hours} h that all holdings have{warmed_up}"
    return f"price history of {name}: {found}, {needed} are needed"


def _moves(book: Book, part: int, asked: _Asked) -> tuple[int, FloatArray]:
    """How many moves the window of a snapshot has room for, and those of each row of its history that anybody holds.

    All other rows are NaN, and so is the last, for what has no history.
    """
    windows = book.price_windows
    closes = windows.closes(part, asked.window)
    with_past = windows.closes(part, asked.window + asked.method.warm_up_hours * HOUR)
    if id(with_past) not in asked.moves:
        rows = asked.rows[(asked.rows >= 0) & (asked.rows < len(with_past.values))]
        moves = moves_by(
            asked.method,
            with_past.values[rows],
            window_closes=closes.values.shape[1],
            horizon_hours=asked.horizon_hours,
        )
        table = np.full((len(with_past.values) + 1, moves.shape[1]), np.nan)
        table[rows] = moves
        asked.moves[id(with_past)] = table
    return closes.hours - asked.horizon_hours + 1, asked.moves[id(with_past)]


def _asked(ref: MeasureRef, rows: IndexArray) -> _Asked:
    return _Asked(
        rows=rows,
        confidence=ref.parameter("confidence"),
        horizon_hours=max(1, round(ref.parameter("horizon") / HOUR)),
        window=ref.parameter("window"),
        method=Method(ref.word("method")),
    )


_AFTER_WARM_UP = f" after {WARM_UP_HOURS // DAY_HOURS} days of prices"
# As far as prices reach, less what a filtered move needs before it.
_WINDOW = PRICES_KEPT_SECONDS - (WARM_UP_HOURS + 2 * DAY_HOURS) * HOUR
_PARAMETERS = (
    Parameter(
        name="confidence",
        unit=Unit.RATIO,
        meaning="Share of moves whose loss is not larger.",
        default=0.99,
        high=0.9999,
    ),
    Parameter(
        name="horizon",
        unit=Unit.DURATION,
        meaning="How long the book is held, to the hour.",
        default=DAY_HOURS * HOUR,
    ),
    Parameter(
        name="window",
        unit=Unit.DURATION,
        meaning="How far back moves are taken from. 30 days cannot tell one day in a hundred (docs/value-at-risk.md).",
        default=_WINDOW,
        high=_WINDOW,
    ),
    Parameter(
        name="method",
        unit=None,
        meaning="Whether moves count as they were, or scaled by today's volatility over that of their day.",
        default=Method.HISTORICAL.value,
        words=tuple(method.value for method in Method),
    ),
)
_GRAINS = frozenset({Grain.ACCOUNT, Grain.DESK, Grain.PORTFOLIO})
_LOSSES = (
    "losses -Σ q·M·m of what is held now, at every hour of the window (moves overlap); spot counts where a hedge names it; "
    "m = close / close a horizon before - 1, or filtered exp(ln(close / close before)·σ_now/σ_then) - 1, σ the root of "
    "Σ w·r² / Σ w over the hourly log moves r of the contract up to now, and up to the hour at which the move began, "
    f"w = {DECAY_PER_DAY:g}^(age in days)"
)
_SOURCE = "Historical simulation; filtered: Barone-Adesi, Giannopoulos and Vosper (1999), Hull and White (1998), with RiskMetrics' decay."
_UNKNOWN_WHEN = (
    "Equity, a counted quantity, mark or spot balance is unknown, fewer than 90 % of the window's hours have closes of all that "
    "is held, or fewer than 1/(1 - confidence). Filtered: σ needs 90 % of the ten days before a move; the first "
    f"{WARM_UP_HOURS * 9 // 10} hours of a history can begin none, so that it must reach ten days beyond the window."
)

SPECS = (
    MeasureSpec(
        name="var",
        unit=Unit.RATIO,
        grains=_GRAINS,
        parameters=_PARAMETERS,
        meaning="Value at risk: what is lost over the horizon in all but the worst moves of the past, as a share of equity.",
        formula=(
            f"k-th largest of n {_LOSSES}; k = ⌊(1 - confidence)·n⌋, at least 1; over E; 0 when that is a gain. Moves that "
            "overlap repeat one bad day: 30 days hold 30 days, however many hours they have."
        ),
        source=(
            f"{_SOURCE} Percentile as in Hull (99 % of 500: the 5th worst), pinned in test_tail.py; how often it was exceeded in "
            "2020-2026: docs/value-at-risk.md."
        ),
        unknown_when=_UNKNOWN_WHEN,
        infinite_when=infinite_without_equity("a loss is reckoned"),
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS, Surface.BALANCES, Surface.SPOT_BALANCES}),
        counts=Counts.SELECTED_POSITIONS,
        function=var,
        reads=frozenset({Surface.CANDLES}),
        low=0.0,
    ),
    MeasureSpec(
        name="expected_shortfall",
        unit=Unit.RATIO,
        grains=_GRAINS,
        parameters=_PARAMETERS,
        meaning="Expected shortfall: mean loss of the worst moves of the past, those at and beyond the value at risk, as a share of equity.",
        formula=f"mean of the k largest of n {_LOSSES}; k as for var, so that var counts into it; over E; 0 when that is a gain.",
        source=f"{_SOURCE} Hull's text averages the whole tail, his exercise only what is beyond var: here the whole tail.",
        unknown_when=_UNKNOWN_WHEN,
        infinite_when=infinite_without_equity("a loss is reckoned"),
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS, Surface.BALANCES, Surface.SPOT_BALANCES}),
        counts=Counts.SELECTED_POSITIONS,
        function=expected_shortfall,
        reads=frozenset({Surface.CANDLES}),
        low=0.0,
    ),
)
