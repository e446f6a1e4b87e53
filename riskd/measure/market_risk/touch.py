"""How often prices of the past went as far as liquidation now is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray, index
from riskd.measure.book.missing import missing_prices, symbol
from riskd.measure.margin.liquidation import liquidation_distance, room_to_liquidation
from riskd.measure.past.held_past import HeldPast, count_at_least, held_pasts
from riskd.measure.past.prices import DAY_HOURS, HOUR, is_enough, with_none
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.model.arrays import FloatArray
from riskd.model.report import Surface
from riskd.model.subject import Grain


def touch_probability(book: Book, grain: Grain, ref: MeasureRef, selection: Selection) -> Values:
    """Share of the past hours after which the price went as far as liquidation now is."""
    hours, window = max(1, round(ref.parameter("horizon") / HOUR)), ref.parameter("window")
    room, rows = book.once(room_to_liquidation), len(book.tables.positions)
    share, told, starts = np.empty(rows), np.empty(rows, dtype=np.intp), np.empty(rows, dtype=np.intp)
    for past in held_pasts(book, lambda windows, part: windows.closes(part, window)):
        mine, closes = past.positions, past.closes
        starts[mine] = closes.hours - hours + 1
        falls = _of_past(past, room.fall[mine], hours, falls_after, closes.low)
        rises = _of_past(past, room.rise[mine], hours, rises_after, closes.high)
        share[mine] = np.minimum(falls.share + rises.share, 1.0)
        told[mine] = np.minimum(falls.told, rises.told)

    def why(row: int) -> str:
        if np.isnan(room.fall[row]):
            return liquidation_distance(book, grain, ref, selection).why(row)
        if starts[row] < 1:
            return f"no hour of a window of {window / HOUR:g} h can be followed for {hours} h"
        instrument = int(book.layout.position_instrument[row])
        followed = f"{told[row]} of the {starts[row]} hours of the window can be followed for {hours} h"
        return missing_prices(book, instrument, window) or f"price history of {symbol(book, row)}: {followed}"

    return Values(share, why)


@dataclass(frozen=True, slots=True)
class Reached:
    """How far prices went from each start, as a fraction of the price there, at least 0.

    Attributes:
        known: ``(contracts, starts)``: farthest in the hours that are known; NaN where the start is not.
        whole: The same, NaN also where one of the hours is not known.
    """

    known: FloatArray
    whole: FloatArray


def falls_after(close: FloatArray, low: FloatArray, hours: int) -> Reached:
    """Deepest fall below each close within the hours after it.

    Args:
        close: ``(contracts, hours)``, oldest first, an hour apart; NaN: not known.
        low: Lowest price of the hour that ends with each close.
        hours: How long each start is followed, at least 1; the last closes, which cannot be, are no starts.
    """
    start = close[:, : max(0, close.shape[1] - hours)]
    known, whole = (_slid(low[:, 1:], hours, pick) for pick in (np.fmin, np.minimum))
    return _reached(1.0 - known / start, 1.0 - whole / start, start)


def rises_after(close: FloatArray, high: FloatArray, hours: int) -> Reached:
    """Highest rise above each close within the hours after it, with ``high`` as ``falls_after`` has ``low``."""
    start = close[:, : max(0, close.shape[1] - hours)]
    known, whole = (_slid(high[:, 1:], hours, pick) for pick in (np.fmax, np.maximum))
    return _reached(known / start - 1.0, whole / start - 1.0, start)


@dataclass(frozen=True, slots=True)
class Touched:
    """What the past says of some distances.

    Attributes:
        share: Of the starts that tell, those from which the price went as far; NaN: too few tell.
        told: How many tell.
    """

    share: FloatArray
    told: IndexArray


def touched(reached: Reached, row: IndexArray, distance: FloatArray, starts: int) -> Touched:
    """How often each distance was reached.

    A start with a hole after it tells only if the distance was reached all the same: doubt counts against the position.

    Args:
        reached: What prices did.
        row: Contract of each distance.
        distance: Fractions of the price, finite.
        starts: How many starts the window has.
    """
    whole = -np.sort(-reached.whole, axis=1)
    holed = -np.sort(-np.where(np.isnan(reached.whole), reached.known, np.nan), axis=1)
    through_holes = count_at_least(holed, row, distance)
    count = count_at_least(whole, row, distance) + through_holes
    told = index(np.isfinite(whole).sum(axis=1))[row] + through_holes
    enough = is_enough(told, starts) & (told > 0)
    return Touched(np.where(enough, count / np.maximum(told, 1), np.nan), told)


def _of_past(
    past: HeldPast,
    distance: FloatArray,
    hours: int,
    after: Callable[[FloatArray, FloatArray, int], Reached],
    extreme: FloatArray,
) -> Touched:
    """One direction of the positions of one past. An infinite distance is never touched, whatever is known of prices."""
    starts = past.closes.hours - hours + 1
    share = np.where(np.isinf(distance), 0.0, np.nan)
    told = np.full(len(distance), max(starts, 0), dtype=np.intp)
    asked = index(np.flatnonzero(np.isfinite(distance)))
    if len(asked) and starts > 0:
        used, place = np.unique(past.rows[asked], return_inverse=True)
        reached = after(with_none(past.closes.values)[used], with_none(extreme)[used], hours)
        found = touched(reached, index(place), distance[asked], starts)
        share[asked], told[asked] = found.share, found.told
    return Touched(share, told)


def _slid(values: FloatArray, width: int, pick: np.ufunc) -> FloatArray:
    """``pick`` of every so many neighbours in a row, by ever longer spans of them."""
    span, found = 1, values
    while 2 * span <= width:
        found = pick(found[:, :-span], found[:, span:])
        span *= 2
    rest = width - span
    joined: FloatArray = pick(found[:, : max(0, found.shape[1] - rest)], found[:, rest:])
    return joined


def _reached(known: FloatArray, whole: FloatArray, start: FloatArray) -> Reached:
    """The start itself is reached, so that a distance of 0 always is."""
    unknown = np.isnan(start)
    return Reached(np.where(unknown, np.nan, np.fmax(known, 0.0)), np.maximum(whole, 0.0))


_WINDOW = Parameter(
    name="window",
    unit=Unit.DURATION,
    meaning="How far back hours are taken from.",
    default=250
    * DAY_HOURS
    * HOUR,  # half of all windows of 30 days said 0 of a tenfold long: docs/price-history.md
)
_HORIZON = Parameter(
    name="horizon",
    unit=Unit.DURATION,
    meaning="How long the price is followed from each of them, to the hour.",
    default=DAY_HOURS * HOUR,
)

SPECS = (
    MeasureSpec(
        name="touch_probability",
        unit=Unit.RATIO,
        grains=frozenset({Grain.POSITION}),
        parameters=(_HORIZON, _WINDOW),
        meaning="How often, in the past, a position as near to liquidation as this one would have been liquidated within the horizon.",
        formula=(
            "share of the hours t of the window for which the mark's low (short: high) in (t, t + horizon] reached close(t)·(1 - d) "
            "(short: 1 + d), d = liquidation_distance; both sides of a symbol together: the shares of a fall and of a rise, "
            "added. The hours overlap: 250 days hold 250 independent days, at best. None touched of n independent horizons still "
            "leaves up to 3/n at 95 % (rule of three): 1.2 % of 250 days, 10 % of 30; and a quiet window says nothing of a crash."
        ),
        source=(
            "Empirical first passage, in place of the Gaussian one, which says a tenth of it for a day: on the mark of 2020-2026 a "
            "tenfold long in BTC died within a day after 2.1 % of all hours, within 30 days after 44.6 %; threefold 5.3 %; "
            "a fivefold short 27.8 %. Pinned in test_touch.py."
        ),
        unknown_when=(
            "The distance is unknown, the window is not longer than the horizon, or less than 90 % of its starts can be followed "
            "to the end; a hole after a start spoils it unless the distance was reached all the same."
        ),
        infinite_when="",
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS, Surface.BALANCES}),
        counts=Counts.WHOLE_ACCOUNT,
        function=touch_probability,
        reads=frozenset({Surface.CANDLES}),
        low=0.0,
        high=1.0,
    ),
)
