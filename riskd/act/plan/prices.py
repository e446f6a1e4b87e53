"""What closing is reckoned to cost: through the order book where one is known and fresh, else a flat allowance, and the fee.

The cost of closing a quantity is convex: a market order takes the best levels first. Each level costs its distance from
mid, or from mark where that is farther, because equity is counted at mark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from riskd.act.plan.suppose import Closing
from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray, index
from riskd.measure.liquidity.markets import ASKS, BIDS, Markets, markets
from riskd.model.arrays import FloatArray
from riskd.model.instrument import Instrument
from riskd.model.snapshot import Snapshot

# Behind the last level that was read there is more, and nobody knows at which price.
_BEHIND_THE_BOOK = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What closing is reckoned to cost where no venue says it, as fractions of the notional closed.

    Attributes:
        slippage_rate: Allowance for the spread and the depth that an order uses up, where no order book is known.
        fee_rate_when_unknown: Taker fee where the venue states none; above what the large venues ask.
    """

    slippage_rate: float = 0.0005
    fee_rate_when_unknown: float = 0.001

    def fee_rate(self, instrument: Instrument) -> float:
        """Taker fee of an instrument."""
        fee = instrument.taker_fee_rate
        return self.fee_rate_when_unknown if fee is None else float(fee)


def unit_costs(snapshot: Snapshot, costs: Costs) -> FloatArray:
    """Cost of closing one unit of notional of each position by the allowances alone, whatever its order book says."""
    rates = np.array(
        [costs.slippage_rate + costs.fee_rate(instrument) for instrument in snapshot.instruments]
    )
    found: FloatArray = rates[snapshot.positions.instrument]
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Cost of closing into one side of one market: piecewise linear and convex, from (0, 0).

    Attributes:
        upto: Base units at the end of each piece, rising; the last holds everything that could be closed.
        paid: Settlement currency for closing so much, fees included.
    """

    upto: FloatArray
    paid: FloatArray

    def at(self, quantity: float) -> float:
        """Settlement currency for closing a quantity."""
        piece = min(int(np.searchsorted(self.upto, quantity)), len(self.upto) - 1)
        begun, paid = (float(self.upto[piece - 1]), float(self.paid[piece - 1])) if piece else (0.0, 0.0)
        part = (quantity - begun) / (float(self.upto[piece]) - begun)
        return paid + part * (float(self.paid[piece]) - paid)

    def coarse(self, pieces: int) -> Curve:
        """The same in fewer pieces, of which none is cheaper: levels that cost almost the same count as one."""
        if len(self.upto) <= pieces:
            return self
        slope = np.diff(self.paid, prepend=0.0) / np.diff(self.upto, prepend=0.0)
        step = max((slope[-1] - slope[0]) / (pieces - 1), 1e-300)
        number = np.floor((slope - slope[0]) / step)
        last = np.append(number[1:] != number[:-1], True)
        return Curve(self.upto[last], self.paid[last])


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Levels of several sides, one side after another.

    Attributes:
        owner: Which of the sides, counted from 0.
        width: Base units of each level, > 0, as far as they are held.
        cost: Settlement currency for all of it.
    """

    owner: IndexArray
    width: FloatArray
    cost: FloatArray


class Prices:
    """The cost of closing each position of an account."""

    def __init__(self, book: Book, costs: Costs) -> None:
        """Read the order books.

        Args:
            book: Of one account alone.
            costs: Allowances for what is not known.
        """
        snapshot = book.tables.snapshots[0]
        self._side = _sides(snapshot)
        held: dict[tuple[int, int], list[int]] = {}
        for row, side in enumerate(self._side):
            held.setdefault(side, []).append(row)
        self.together = tuple(tuple(rows) for rows in held.values())
        self._levels = _levels(snapshot, book.once(markets), held, costs)
        self._number = {side: number for number, side in enumerate(held)}
        self._curves: dict[tuple[int, int], Curve] = {}
        self._known: dict[tuple[tuple[int, int], Decimal], float] = {}

    def curve(self, row: int) -> Curve:
        """The market side that a position is closed into; positions of ``together`` share it."""
        return self._curve(self._side[row])

    def levels(self, rows: Sequence[int]) -> Levels:
        """The levels of the market sides that some positions are closed into, each with a side to itself."""
        number = index([self._number[self._side[row]] for row in rows])
        begin = self._levels.begin[number]
        sizes = self._levels.begin[number + 1] - begin
        owner = index(np.repeat(np.arange(len(rows)), sizes))
        first = np.cumsum(sizes) - sizes
        place = begin[owner] + np.arange(len(owner)) - first[owner]
        return Levels(owner, self._levels.width[place], self._levels.cost[place])

    def of(self, closing: Closing) -> FloatArray:
        """Settlement currency that each position's part of a closing costs; what shares a market shares its cost."""
        costs = np.zeros(len(self._side))
        taken: dict[tuple[int, int], Decimal] = {}
        for row, quantity in closing.items():
            side = self._side[row]
            taken[side] = taken[side] + quantity if side in taken else quantity
        for row, quantity in closing.items():
            whole = taken[self._side[row]]
            paid = self._paid(self._side[row], whole)
            costs[row] = paid if whole is quantity else paid * float(quantity / whole)
        return costs

    def alone(self, row: int, quantity: Decimal) -> float:
        """What closing a quantity of one position costs, when nothing else is closed."""
        return self._paid(self._side[row], quantity)

    def _paid(self, side: tuple[int, int], quantity: Decimal) -> float:
        """What a quantity costs, looked up once: the closings that are tried differ in few positions."""
        key = (side, quantity)
        if key not in self._known:
            self._known[key] = self._curve(side).at(float(quantity))
        return self._known[key]

    def _curve(self, side: tuple[int, int]) -> Curve:
        if side not in self._curves:
            begin, end = self._levels.begin[self._number[side] : self._number[side] + 2].tolist()
            upto = np.cumsum(self._levels.width[begin:end])
            self._curves[side] = Curve(upto, np.cumsum(self._levels.cost[begin:end]))
        return self._curves[side]


def _sides(snapshot: Snapshot) -> list[tuple[int, int]]:
    """The market and the side of its book that each position is closed into."""
    positions = snapshot.positions
    return [
        (instrument, BIDS if quantity > 0 else ASKS)
        for instrument, quantity in zip(positions.instrument.tolist(), positions.quantity_exact, strict=True)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Levels:
    """The levels of all sides that are closed into, one side after another.

    Attributes:
        begin: First level of each side, and after the last one their number.
        width: Base units of each level, > 0, as far as they are held.
        cost: Settlement currency for all of it.
    """

    begin: IndexArray
    width: FloatArray
    cost: FloatArray


def _levels(
    snapshot: Snapshot, known: Markets, held: Mapping[tuple[int, int], Sequence[int]], costs: Costs
) -> _Levels:
    """The levels of each side down to what is held, and behind the last one an allowance for the rest."""
    positions, count = snapshot.positions, len(held)
    instrument = index([code for code, _ in held])
    side = index([taken for _, taken in held])
    of_row = np.zeros(len(positions), dtype=np.intp)
    for number, rows in enumerate(held.values()):
        of_row[list(rows)] = number
    quantity = np.bincount(of_row, weights=np.abs(positions.quantity), minlength=count)
    worth = np.bincount(of_row, weights=np.abs(positions.notional), minlength=count)
    begin, end = known.begin[instrument, side], known.end[instrument, side]
    sizes = end - begin + 1
    starts = np.append(0, np.cumsum(sizes))
    owner = np.repeat(np.arange(count), sizes)
    inner = np.arange(len(owner)) - starts[owner]
    is_behind = inner == (sizes - 1)[owner]
    level = np.where(is_behind, -1, begin[owner] + inner)
    with np.errstate(all="ignore"):
        away = _away(snapshot, known, instrument[owner], side[owner], level)
        last = np.where(sizes > 1, away[starts[1:] - 2], 0.0)
        away[is_behind] = np.where(
            sizes > 1, np.maximum(_BEHIND_THE_BOOK * last, costs.slippage_rate), costs.slippage_rate
        )
        upto = np.where(is_behind, np.inf, np.append(known.filled, np.inf)[level])
        upto = np.minimum(upto, quantity[owner])
        width = np.diff(upto, prepend=0.0)
        width = np.where(inner == 0, upto, width)
        # Worth of a base unit: the mark of a linear contract, and what one unit is worth of every other kind.
        unit = np.where(quantity > 0.0, worth / quantity, 0.0)
        fee = np.array([costs.fee_rate(snapshot.instruments[code]) for code in instrument.tolist()])
        cost = width * (away + fee[owner]) * unit[owner]
    kept = (width > 0.0) | (is_behind & (inner == 0))
    return _Levels(
        begin=index(np.append(0, np.cumsum(np.bincount(owner[kept], minlength=count)))),
        width=width[kept],
        cost=cost[kept],
    )


def _away(
    snapshot: Snapshot, known: Markets, instrument: IndexArray, side: IndexArray, level: IndexArray
) -> FloatArray:
    """How far each level is from mid, or from mark where that is farther, against who closes; rising on each side."""
    price = np.append(known.price, np.nan)[level]
    toll = np.where(side == BIDS, -1.0, 1.0)
    mid, mark = known.mid[instrument], snapshot.quotes.mark_price[instrument]
    return np.maximum(np.maximum(toll * (price / mid - 1.0), toll * (price / mark - 1.0)), 0.0)
