"""What the book as it stands would have lost in the moves of the past: value at risk and expected shortfall."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from riskd.measure.book import Book
from riskd.measure.capital import over_equity
from riskd.measure.exposure import missing_coin
from riskd.measure.groups import Groups, IndexArray, compact
from riskd.measure.missing import FirstUnknown, missing_equity, missing_value
from riskd.measure.prices import DAY_HOURS, HOUR, KNOWN_SHARE_MIN, known_count, with_none
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.model.arrays import FloatArray
from riskd.model.report import Surface
from riskd.model.subject import Grain

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Tail:
    """The worst losses of a history.

    Attributes:
        value_at_risk: The smallest of them.
        expected_shortfall: Their mean.
    """

    value_at_risk: float
    expected_shortfall: float


def tail(losses: FloatArray, confidence: float) -> Tail:
    """The k worst of n losses, ``k = ⌊(1 - confidence)·n⌋`` and at least 1.

    Of 500 losses at 99 % the value at risk is the 5th worst, and the expected shortfall the mean of the 5 worst: the
    value at risk counts into the shortfall. Gains are negative losses.

    Source: Hull, Risk Management and Financial Institutions, historical simulation. The exercise's published answer for
    the shortfall leaves the value at risk out and is larger; which of the two is meant must always be said.
    """
    count = worst_count(len(losses), confidence)
    worst = np.sort(losses)[::-1][:count]
    return Tail(float(worst[-1]), float(worst.sum() / count))


def worst_count(moves: int, confidence: float) -> int:
    """How many of so many losses make up the tail."""
    return max(1, math.floor((1.0 - confidence) * moves + _ROUNDING))


def var(book: Book, grain: Grain, ref: MeasureRef, selection: Selection) -> Values:
    """Loss over the horizon that was exceeded in a share of ``1 - confidence`` of the past moves, over equity."""
    return _of_tail(book, grain, ref, selection, lambda worst: worst.value_at_risk)


def expected_shortfall(book: Book, grain: Grain, ref: MeasureRef, selection: Selection) -> Values:
    """Mean of the losses at and beyond the value at risk, over equity."""
    return _of_tail(book, grain, ref, selection, lambda worst: worst.expected_shortfall)


def _of_tail(
    book: Book, grain: Grain, ref: MeasureRef, selection: Selection, pick: Callable[[Tail], float]
) -> Values:
    asked = _Asked(ref.parameter("confidence"), ref.parameter("horizon"), ref.parameter("window"))
    holdings = _holdings(book, grain, selection)
    lines = _lines(holdings)
    tails = [_tail_of(book, holdings, lines, subject, asked) for subject in range(book.universe(grain).size)]
    losses = np.array([pick(found) if isinstance(found, Tail) else np.nan for found in tails])
    unknown_row = FirstUnknown(holdings.subjects, holdings.worth)

    def why(subject: int) -> str:
        found, row = tails[subject], unknown_row(subject)
        if row >= 0:
            return _missing_worth(book, row)
        return missing_equity(book, grain, subject) if isinstance(found, Tail) else found

    return Values(over_equity(np.maximum(losses, 0.0) + 0.0, book.equity_of(grain)), why)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The parameters, and the moves of each history that was cut by them: many subjects share one."""

    confidence: float
    horizon: float
    window: float
    moves: dict[int, FloatArray] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Holdings:
    """Everything with a price, position rows first and then coins.

    Attributes:
        subjects: Subject of each.
        worth: Signed notional; 0 for a position that is not selected.
        price_row: Row of its snapshot's price history; -1 where it has none.
        part: Its snapshot.
    """

    subjects: Groups
    worth: FloatArray
    price_row: IndexArray
    part: IndexArray


@dataclass(frozen=True, slots=True)
class _Lines:
    """Holdings of each subject by contract, subjects one after another.

    Attributes:
        begins: First line of each subject, and after the last subject the number of lines.
        worth: Signed notional of all holdings of the contract.
        holding: One of them.
    """

    begins: IndexArray
    worth: FloatArray
    holding: IndexArray


def _holdings(book: Book, grain: Grain, selection: Selection) -> _Holdings:
    tables, layout = book.tables, book.layout
    windows, accounts = layout.price_windows, book.account_groups(grain)
    rows = np.concatenate([windows.rows(part) for part in range(len(tables.snapshots))])
    spot_part = tables.account_part[tables.spot.account]
    spot_row = [
        windows.row_of_coin(int(part), tables.profiles[account].venue, asset)
        for part, account, asset in zip(spot_part, tables.spot.account, tables.spot.asset, strict=True)
    ]
    held = np.where(selection.positions, tables.positions.notional, 0.0)
    coins = np.where(tables.spot.quantity == 0.0, 0.0, tables.spot.quantity * tables.spot.price)
    return _Holdings(
        subjects=Groups(
            np.concatenate([book.position_groups(grain).of, accounts.of[tables.spot.account]]), accounts.size
        ),
        worth=np.concatenate([held, coins]),
        price_row=np.concatenate([rows[layout.position_instrument], np.array(spot_row, dtype=np.intp)]),
        part=np.concatenate([tables.account_part[layout.position_account], spot_part]),
    )


def _lines(holdings: _Holdings) -> _Lines:
    counted = np.flatnonzero((holdings.worth != 0.0) & (holdings.subjects.of < holdings.subjects.size))
    width = int(holdings.price_row.max(initial=-1)) + 2
    keys = holdings.subjects.of[counted] * width + holdings.price_row[counted] + 1
    groups, names = compact(keys, holdings.subjects.size * width)
    holding = np.zeros(groups.size, dtype=np.intp)
    holding[groups.of[::-1]] = counted[::-1]
    begins = np.searchsorted(names, np.arange(holdings.subjects.size + 1, dtype=np.intp) * width)
    return _Lines(begins, groups.total(holdings.worth[counted]), holding)


def _tail_of(book: Book, holdings: _Holdings, lines: _Lines, subject: int, asked: _Asked) -> Tail | str:
    """The tail of one subject's losses; or which part of the past is missing."""
    mine = slice(int(lines.begins[subject]), int(lines.begins[subject + 1]))
    held = lines.holding[mine].tolist()
    if not held:
        return Tail(0.0, 0.0)
    closes = book.layout.price_windows.closes(int(holdings.part[held[0]]), asked.window)
    horizon = max(1, round(asked.horizon / HOUR))
    wanted = closes.hours - horizon + 1
    if id(closes) not in asked.moves:
        asked.moves[id(closes)] = with_none(closes.moves(horizon))
    moves = asked.moves[id(closes)][holdings.price_row[held]]
    gain = np.zeros(moves.shape[1])
    for worth, move in zip(lines.worth[mine].tolist(), moves, strict=True):
        gain = gain + worth * move
    losses = -gain[np.isfinite(gain)]
    needed = max(math.ceil(wanted * KNOWN_SHARE_MIN), math.ceil(1.0 / (1.0 - asked.confidence) - _ROUNDING))
    if len(losses) >= needed and wanted > 0:
        return tail(losses, asked.confidence)
    name = _name(book, held[int(np.argmin(known_count(moves)))])
    return f"price history of {name}: {len(losses)} moves over {horizon} h that all holdings have, {needed} are needed"


def _name(book: Book, holding: int) -> str:
    positions = len(book.tables.positions)
    if holding < positions:
        return book.tables.instruments[int(book.layout.position_instrument[holding])].symbol
    return book.tables.spot.asset[holding - positions]


def _missing_worth(book: Book, holding: int) -> str:
    positions = len(book.tables.positions)
    if holding < positions:
        return missing_value(book, holding)
    return missing_coin(book, holding - positions)


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
        meaning="How far back moves are taken from.",
        default=30 * DAY_HOURS * HOUR,
    ),
)
_GRAINS = frozenset({Grain.ACCOUNT, Grain.DESK, Grain.PORTFOLIO})
_LOSSES = (
    "losses -Σ q·M·(close / close a horizon before - 1) of what is held now, at every hour of the window (moves overlap); spot "
    "counts where a hedge names it"
)
_UNKNOWN_WHEN = (
    "Equity, a counted quantity, mark or spot balance is unknown, fewer than 90 % of the window's hours have closes of all that "
    "is held, or fewer than 1/(1 - confidence)."
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
        source="Historical simulation, percentile as in Hull (99 % of 500: the 5th worst), pinned in test_value_at_risk.py.",
        unknown_when=_UNKNOWN_WHEN,
        infinite_when="a loss is reckoned while equity is zero or negative",
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
        source="Historical simulation; Hull's text averages the whole tail, his exercise only what is beyond var: here the whole tail.",
        unknown_when=_UNKNOWN_WHEN,
        infinite_when="a loss is reckoned while equity is zero or negative",
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS, Surface.BALANCES, Surface.SPOT_BALANCES}),
        counts=Counts.SELECTED_POSITIONS,
        function=expected_shortfall,
        reads=frozenset({Surface.CANDLES}),
        low=0.0,
    ),
)
