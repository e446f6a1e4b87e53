"""Walking the levels of order books, all of them at once: how much rests within a distance, and what a quantity costs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from riskd.measure.book.groups import IndexArray
from riskd.measure.liquidity.closing import Closing
from riskd.measure.liquidity.markets import Markets
from riskd.model.arrays import BoolArray, FloatArray


def resting_within(known: Markets, closing: Closing, within: float) -> FloatArray:
    """Base units that rest on the side that each close would hit, at most ``within * mid`` away from mid.

    NaN where no book is known. A book shows its best levels only: what rests behind the last one does not count.
    """
    begin, end = _ends(known, closing)
    mid = known.mid[closing.instrument]
    reach = within * mid
    behind = _first_not(begin, end, lambda level: np.abs(known.price[level] - mid) <= reach)
    return np.where(end > begin, _before(known.filled, begin, behind), np.nan)


def paid_away_from_mid(known: Markets, closing: Closing) -> FloatArray:
    """How far from mid each close would be filled on average, as a fraction of mid, fees apart.

    NaN where no book is known, or where the levels that it shows do not hold the quantity; 0 for a quantity of 0.
    """
    begin, end = _ends(known, closing)
    wanted = closing.quantity
    last = _first_not(begin, end, lambda level: known.filled[level] < wanted)
    rest = wanted - _before(known.filled, begin, last)
    price = np.append(known.price, np.nan)[np.where(last < end, last, -1)]
    mean = (_before(known.paid, begin, last) + rest * price) / wanted
    return np.where(wanted == 0.0, 0.0, np.abs(mean / known.mid[closing.instrument] - 1.0))


def shown(known: Markets, closing: Closing, row: int) -> float:
    """Base units that the book shows on the side that one close would hit."""
    begin, end = _ends(known, closing)
    return float(_before(known.filled, begin, end)[row])


def _ends(known: Markets, closing: Closing) -> tuple[IndexArray, IndexArray]:
    """First level and level after the last of the side that each close would hit."""
    place = closing.instrument, closing.side
    return known.begin[place], known.end[place]


def _first_not(
    begin: IndexArray, end: IndexArray, is_passed: Callable[[IndexArray], BoolArray]
) -> IndexArray:
    """By bisection, the first level of each row that is not passed; ``end`` where all are.

    Args:
        begin: First level of each row.
        end: Level after its last one.
        is_passed: For one level of each row; once it is not so, it stays so to the end of the row.
    """
    low, high = begin, end
    while (is_open := low < high).any():
        middle = np.where(is_open, (low + high) // 2, 0)
        passed = is_passed(middle)
        low, high = np.where(is_open & passed, middle + 1, low), np.where(is_open & ~passed, middle, high)
    return low


def _before(running: FloatArray, begin: IndexArray, level: IndexArray) -> FloatArray:
    """A running total of each row before one of its levels: 0 before its first."""
    return np.where(level > begin, np.append(running, np.nan)[level - 1], 0.0)
