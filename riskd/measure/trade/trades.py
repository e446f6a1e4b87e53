"""How a trade stands: what it may still win against what it may lose, and whether anybody looked after its stop."""

from __future__ import annotations

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups
from riskd.measure.book.missing import symbol
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Remedy, Selection, Unit, Values
from riskd.measure.trade.protection import profit_targets, protection
from riskd.measure.trade.stops import STOP_LISTS, missing_stop
from riskd.model.arrays import BoolArray
from riskd.model.subject import Grain


def stop_age(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Seconds since the newest stop that protects a position was placed."""
    stops = book.once(protection)
    # A stop behind nearer ones that close everything protects nothing.
    placed = np.where(stops.taken > 0.0, book.tables.orders.placed_at[stops.order], -np.inf)
    newest = Groups(stops.row, len(stops.open)).highest(placed)
    age = np.maximum(book.now_of_account[book.layout.position_account] - newest, 0.0)

    def why(row: int) -> str:
        return missing_stop(book, row) or f"time at which a stop order of {symbol(book, row)} was placed"

    return Values(np.where(_unreadable(book), np.nan, age), why)


def reward_to_risk(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Mean distance to what takes the profit over mean distance to the stops."""
    stops, targets = book.once(protection), book.once(profit_targets)
    win, lose = targets.mean(targets.gap), stops.mean(stops.gap)
    win = np.where(targets.doubtful, np.nan, win)
    at_mark = np.where(np.isnan(win), np.nan, np.where(win > 0.0, np.inf, 0.0))
    ratio = np.where(lose > 0.0, win / lose, at_mark)
    ratio = np.where(np.isinf(stops.reach), 0.0, ratio)

    def why(row: int) -> str:
        if _unreadable(book)[row]:
            return missing_stop(book, row)
        if targets.doubtful[row]:
            return f"price or quantity of an order that takes the profit of {symbol(book, row)}"
        return f"no resting order takes the profit of {symbol(book, row)}"

    return Values(np.where(_unreadable(book), np.nan, ratio), why)


def risk_multiple(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Open gain in units of the loss from entry to the stops."""
    positions, stops = book.tables.positions, book.once(protection)
    side = np.sign(positions.quantity)
    gain = (positions.mark_price - positions.entry_price) * side
    planned = (positions.entry_price - stops.mean(stops.price)) * side
    unplanned = _unreadable(book) | np.isinf(stops.reach) | np.isnan(gain)
    # A stop never lies beyond mark, so that no more than everything planned can be lost.
    multiple = np.where(planned > 0.0, np.maximum(gain / planned, -1.0), np.where(gain > 0.0, np.inf, 0.0))

    def why(row: int) -> str:
        if _unreadable(book)[row]:
            return missing_stop(book, row)
        if np.isinf(stops.reach[row]):
            return f"its R: no stop closes 99 % of {symbol(book, row)}"
        return f"mark or entry price of {symbol(book, row)}"

    return Values(np.where(unplanned, np.nan, multiple), why)


def _unreadable(book: Book) -> BoolArray:
    """True for a position of unknown size, or with a stop of which not all is known."""
    stops = book.once(protection)
    return np.isnan(stops.open) | stops.doubtful


_STOPS = "stops as for stop_coverage, each with what it closes, nearest first"
_UNREADABLE = (
    "The quantity is unknown, a stop's trigger, quantity or side of mark is unknown, or one of the two order lists could "
    "not be read"
)
SPECS = (
    MeasureSpec(
        name="stop_age",
        unit=Unit.DURATION,
        low=0.0,
        grains=frozenset({Grain.POSITION}),
        parameters=(),
        meaning="Time since a stop of the position was last placed or moved.",
        formula=f"now - latest placing of a stop that closes a part of it; {_STOPS}. Moving a stop places a new order.",
        source="Usual practice: a swing trade whose stop has not moved for days has been forgotten.",
        unknown_when=f"{_UNREADABLE}, or it is not known when a stop was placed.",
        infinite_when="no stop protects the position: none was ever placed",
        remedy=Remedy.PLACE_STOP,
        needs=STOP_LISTS,
        counts=Counts.SELECTED_POSITIONS,
        function=stop_age,
    ),
    MeasureSpec(
        name="reward_to_risk",
        unit=Unit.MULTIPLE,
        low=0.0,
        grains=frozenset({Grain.POSITION}),
        parameters=(),
        meaning="What the trade may still win, as a multiple of what it may still lose: from mark to its resting orders.",
        formula=(
            "mean |target - M| / mean |M - stop|, each weighted by what its orders close, nearest first. Targets: take-profits "
            "and limit orders that close the position (reduce-only, close-position or of its own side of hedge mode) on the "
            f"winning side of mark; {_STOPS}. 0 where stops close less than 99 %: nothing bounds the loss."
        ),
        source="Usual practice of swing desks: at least 1.5 to 2.",
        unknown_when=f"No resting order takes the profit, or something of one is unknown. {_UNREADABLE}.",
        infinite_when="the stops stand at the mark",
        remedy=Remedy.PLACE_STOP,
        needs=STOP_LISTS,
        counts=Counts.SELECTED_POSITIONS,
        function=reward_to_risk,
    ),
    MeasureSpec(
        name="risk_multiple",
        unit=Unit.MULTIPLE,
        low=-1.0,
        grains=frozenset({Grain.POSITION}),
        parameters=(),
        meaning="Open gain in units of R, the loss from entry to the stop. A stop that trails shrinks R and so swells this.",
        formula=(
            "(M - entry)·side / ((entry - stop)·side), at least -1; stop: mean trigger weighted by what each closes; "
            f"{_STOPS}. 0 where price, entry and stop are one."
        ),
        source="R-multiples (Tharp, Trade Your Way to Financial Freedom), here of the stop that rests now.",
        unknown_when=f"Stops close less than 99 % of it, or its entry or mark is unknown. {_UNREADABLE}.",
        infinite_when="it is in gain and its stops stand at the entry or beyond: nothing is at risk any more",
        remedy=Remedy.NONE,
        needs=STOP_LISTS,
        counts=Counts.SELECTED_POSITIONS,
        function=risk_multiple,
    ),
)
