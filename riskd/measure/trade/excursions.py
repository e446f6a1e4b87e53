"""What a position has been through since it was opened: the gain it gave back, and how long it has been losing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups, IndexArray, index
from riskd.measure.book.missing import missing_value, symbol
from riskd.measure.past.held_past import HeldPast, count_at_least, held_pasts
from riskd.measure.past.prices import DAY_HOURS, HOUR, is_enough, with_none
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.report import Surface
from riskd.model.subject import Grain

_DAY = DAY_HOURS * HOUR


def give_back(book: Book, _grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Share of the best open gain that has been given back."""
    positions, side, life = book.tables.positions, book.once(_side), book.once(_lives)
    now, entry = side * positions.mark_price, side * positions.entry_price
    best = np.fmax(life.best, now)
    had_none = best - entry <= ref.parameter("gain_min") * positions.entry_price
    share = np.where(had_none, 0.0, (best - now) / (best - entry))
    unknown = np.isnan(now) | np.isnan(entry) | ~life.is_seen

    def why(row: int) -> str:
        return _missing_price(book, row) or _missing_hours(book, row, life, "since it was opened")

    return Values(np.where(unknown, np.nan, share), why)


def time_in_loss(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Seconds since a position was last seen not to lose."""
    loss, stretch = book.once(_gain), book.once(_stretches)
    now = book.now_of_account[book.layout.position_account]
    lasted = np.where(loss < 0.0, np.maximum(now - stretch.since, 0.0), 0.0)
    unknown = np.isnan(loss) | ((loss < 0.0) & ~stretch.is_seen)

    def why(row: int) -> str:
        if reason := _missing_price(book, row):
            return reason
        told = _missing_hours(book, row, stretch, "since it last was not losing")
        is_older = not stretch.is_covered[row] and not np.isnan(stretch.since[row])
        return f"{told}, which has been losing at every close since" if is_older else told

    return Values(np.where(unknown, np.nan, lasted), why)


@dataclass(frozen=True, slots=True)
class _Hours:
    """The hours from a moment in the life of each position to now.

    Attributes:
        since: The moment, seconds since the epoch; NaN: not known.
        is_covered: Whether the history of the contract reaches back to it.
        known: How many of the hours are known.
        wanted: How many there are; the newest, which may be about to be read, counts only if it is known.
        best: Best price in them, times the side of the position; NaN: none is known.
    """

    since: FloatArray
    is_covered: BoolArray
    known: IndexArray
    wanted: IndexArray
    best: FloatArray

    @property
    def is_seen(self) -> BoolArray:
        """Whether enough of the hours is known."""
        seen: BoolArray = ~np.isnan(self.since) & self.is_covered & is_enough(self.known, self.wanted)
        return seen


def _lives(book: Book) -> _Hours:
    """Each position since it was opened. Of the hour of opening the close counts: its extremes may lie before."""
    opened, side = book.tables.positions.opened_at, book.once(_side)
    found = _empty(book)
    for past in _pasts(book):
        mine, rows, closes = past.positions, past.rows, past.closes
        place = _place(past, opened[mine])
        at_end = np.pad(with_none(closes.values), ((0, 0), (0, 1)), constant_values=np.nan)[rows, place]
        after = np.minimum(place + 1, closes.values.shape[1])
        short = side[mine] < 0.0
        best = np.where(short, _best_from(-closes.low)[rows, after], _best_from(closes.high)[rows, after])
        known = np.where(short, _known_from(closes.low)[rows, after], _known_from(closes.high)[rows, after])
        found.since[mine] = opened[mine]
        found.is_covered[mine] = _is_covered(past, opened[mine])
        found.wanted[mine] = _wanted(past, opened[mine])
        found.known[mine] = known + np.isfinite(at_end)
        found.best[mine] = np.fmax(best, side[mine] * at_end)
    return found


def _stretches(book: Book) -> _Hours:
    """Each position since the last close at which it did not lose; since it was opened, where there is none."""
    positions, side = book.tables.positions, book.once(_side)
    found = _empty(book)
    for past in _pasts(book):
        mine, rows, closes = past.positions, past.rows, past.closes
        opened, entry = positions.opened_at[mine], side[mine] * positions.entry_price[mine]
        last = (
            np.where(
                side[mine] < 0.0,
                count_at_least(_best_from(-closes.values), rows, entry),
                count_at_least(_best_from(closes.values), rows, entry),
            )
            - 1
        )
        held = last >= _place(past, opened)
        since = np.where(held, np.append(closes.at, np.nan)[last], opened)
        found.since[mine] = np.where(np.isnan(opened), np.nan, since)
        found.is_covered[mine] = held | _is_covered(past, opened)
        found.wanted[mine] = _wanted(past, since)
        found.known[mine] = _known_from(closes.values)[rows, _place(past, since)]
    return found


def _pasts(book: Book) -> list[HeldPast]:
    """The prices since a day before the oldest position of each snapshot was opened.

    Cut by whole days, so that snapshots that differ little share a cut.
    """
    tables = book.tables
    parts = Groups(tables.account_part[book.layout.position_account], len(tables.snapshots))
    age = book.now_of_account[book.layout.position_account] - tables.positions.opened_at
    days = np.ceil(np.maximum(parts.highest(np.nan_to_num(age)), 0.0) / _DAY) + 1.0
    return held_pasts(book, lambda windows, part: windows.closes(part, float(days[part]) * _DAY))


def _empty(book: Book) -> _Hours:
    rows = len(book.tables.positions)
    return _Hours(
        since=np.full(rows, np.nan),
        is_covered=np.zeros(rows, dtype=np.bool_),
        known=np.zeros(rows, dtype=np.intp),
        wanted=np.zeros(rows, dtype=np.intp),
        best=np.full(rows, np.nan),
    )


def _side(book: Book) -> FloatArray:
    """+1 long, -1 short: what is multiplied by it is better the higher it is."""
    return np.sign(book.tables.positions.quantity)


def _gain(book: Book) -> FloatArray:
    positions = book.tables.positions
    return book.once(_side) * (positions.mark_price - positions.entry_price)


# ---- hours of one past, by the number of the hour since the epoch at whose end it stands ---------------------------


def _first(past: HeldPast) -> int:
    at = past.closes.at
    return int((at[0] if len(at) else past.closes.now) // HOUR)


def _number(past: HeldPast, since: FloatArray) -> IndexArray:
    """Number of the hour that was running at each moment; that of now where the moment is unknown."""
    return index((np.where(np.isnan(since), past.closes.now, since) // HOUR).astype(np.intp)) + 1


def _place(past: HeldPast, since: FloatArray) -> IndexArray:
    """Column of that hour; the first where it lies before them, one beyond the last where it lies behind."""
    return index(np.clip(_number(past, since) - _first(past), 0, past.closes.values.shape[1]))


def _wanted(past: HeldPast, since: FloatArray) -> IndexArray:
    """How many hours have ended since each moment. The newest is left out while it is not known."""
    now, close = int(past.closes.now // HOUR), with_none(past.closes.values)
    is_newest_there = now - _first(past) == close.shape[1] - 1
    unread = np.isnan(close[past.rows, -1]) if is_newest_there else np.ones(len(since), dtype=np.bool_)
    return index(np.maximum(now - _number(past, since) + 1 - unread, 0))


def _is_covered(past: HeldPast, since: FloatArray) -> BoolArray:
    """Whether the first known hour of the contract is not later than that of each moment, or there is none to be known."""
    known = np.isfinite(with_none(past.closes.values))
    begins = np.pad(known, ((0, 0), (0, 1)), constant_values=True).argmax(axis=1)[past.rows]
    covered: BoolArray = (_number(past, since) - _first(past) >= begins) | (_wanted(past, since) == 0)
    return covered


def _best_from(table: FloatArray) -> FloatArray:
    """Highest known value from each column on, and a last column and row of NaN."""
    best = np.fmax.accumulate(with_none(table)[:, ::-1], axis=1)[:, ::-1]
    return np.pad(best, ((0, 0), (0, 1)), constant_values=np.nan)


def _known_from(table: FloatArray) -> IndexArray:
    """How many values are known from each column on, with a last column and row of 0."""
    count = np.cumsum(np.isfinite(with_none(table))[:, ::-1], axis=1)[:, ::-1]
    return index(np.pad(count, ((0, 0), (0, 1))))


# ---- reasons -------------------------------------------------------------------------------------------------------


def _missing_price(book: Book, row: int) -> str:
    if reason := missing_value(book, row):
        return reason
    return f"entry price of {symbol(book, row)}" if np.isnan(book.tables.positions.entry_price[row]) else ""


def _missing_hours(book: Book, row: int, hours: _Hours, since: str) -> str:
    name = symbol(book, row)
    if np.isnan(hours.since[row]):
        return f"time at which {name} was opened"
    if not hours.is_covered[row]:
        return f"price history of {name}: it begins after the position was opened"
    return f"price history of {name}: {hours.known[row]} of the {hours.wanted[row]} hours {since}"


SPECS = (
    MeasureSpec(
        name="give_back",
        unit=Unit.RATIO,
        grains=frozenset({Grain.POSITION}),
        parameters=(
            Parameter(
                name="gain_min",
                unit=Unit.RATIO,
                meaning="Best gain, as a share of the entry price, up to which there was nothing to give back.",
                default=0.01,
            ),
        ),
        meaning="Share of the best open gain that has been given back: 100 % is back at entry, above it a gain became a loss.",
        formula=(
            "(best - now) / best, gains against today's entry price (mean of the fills): now at the mark, best at the highest mark "
            "(short: lowest) since opening, by whole hours; of the hour of opening only its close counts, as its extremes may lie "
            "before. 0 where best was not above gain_min, which should be more than opening and closing cost (0.2 % with "
            "taker fees and slippage) and is better set to what the trade risked."
        ),
        source="Maximum favourable excursion (Sweeney, Maximum Adverse Excursion, 1997); swing desks review at 50 %.",
        unknown_when=(
            "Quantity, mark, entry or moment of opening is unknown, the position is older than the price history of its contract, or "
            "less than 90 % of the hours since are known, the newest left out while it is being read."
        ),
        infinite_when="",
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS}),
        counts=Counts.SELECTED_POSITIONS,
        function=give_back,
        reads=frozenset({Surface.CANDLES}),
        low=0.0,
    ),
    MeasureSpec(
        name="time_in_loss",
        unit=Unit.DURATION,
        grains=frozenset({Grain.POSITION}),
        parameters=(),
        meaning="How long the position has been losing without a break, hour by hour.",
        formula=(
            "now - the last close of an hour at which the mark was at today's entry price or on its better side, or the moment of "
            "opening where there is none; 0 while the mark is. What happens between two closes does not break it."
        ),
        source="Own definition; swing desks close what has not worked within the horizon of the trade.",
        unknown_when=(
            "Quantity, mark or entry is unknown; or it is losing and the moment of opening is unknown, it was losing at every close "
            "of a price history that begins later, or less than 90 % of the hours of the stretch are known, the newest left out "
            "while it is being read."
        ),
        infinite_when="",
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS}),
        counts=Counts.SELECTED_POSITIONS,
        function=time_in_loss,
        reads=frozenset({Surface.CANDLES}),
        low=0.0,
    ),
)
