"""What a trade may lose, and the stop orders that hold it to that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.capital import INFINITE_WITHOUT_EQUITY, over_equity, share_of_capital
from riskd.measure.book.groups import Groups
from riskd.measure.book.missing import FirstUnknown, missing_equity, missing_value, symbol
from riskd.measure.book.rare import replaced
from riskd.measure.liquidity.fees import FEE, stated_fees
from riskd.measure.margin.liquidation import missing_own, nearest_distance, own_liquidation
from riskd.measure.spec import (
    Counts,
    MeasureRef,
    MeasureSpec,
    Parameter,
    Remedy,
    Selection,
    Unit,
    Values,
)
from riskd.measure.trade.protection import protection
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.report import Surface
from riskd.model.subject import Grain


def risk_per_trade(book: Book, grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Loss of a position if its stops are hit, over the equity of its account."""
    risk = book.once(MoneyAtRisk.of(ref))
    values = over_equity(risk, book.equity_of(grain))

    def why(row: int) -> str:
        return missing_risk(book, row) if np.isnan(risk[row]) else missing_equity(book, grain, row)

    return Values(values, why)


def open_risk(book: Book, grain: Grain, ref: MeasureRef, selection: Selection) -> Values:
    """Sum of the risks of the selected positions over equity."""
    risk = book.once(MoneyAtRisk.of(ref))
    values = share_of_capital(book, grain, risk, selection)
    unknown_row = FirstUnknown(book.position_groups(grain), risk, selection.positions)

    def why(subject: int) -> str:
        row = unknown_row(subject)
        return missing_risk(book, row) if row >= 0 else values.why(subject)

    return Values(values.values, why)


def stop_coverage(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Share of a position that live stops would close."""
    stops, held = book.once(protection), np.abs(book.tables.positions.quantity)
    closed = Groups(stops.row, len(held)).total(stops.taken)
    share = np.where(stops.open <= 0.0, 1.0, closed / held)
    return Values(_decided(book, share), lambda row: missing_stop(book, row))


def stop_distance(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Distance from mark at which 99 % of a position has been closed by stops."""
    distance = book.once(_reach)
    return Values(distance, lambda row: missing_stop(book, row))


def stop_to_liquidation(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Stop distance over liquidation distance."""
    stop, room = book.once(_reach), book.once(nearest_distance)
    ratio = np.where(np.isinf(room), 0.0, np.where(room > 0.0, stop / room, np.inf))
    unknown = np.isnan(stop) | np.isnan(room)

    def why(row: int) -> str:
        return missing_stop(book, row) if np.isnan(stop[row]) else _missing_liquidation(book, row)

    return Values(np.where(unknown, np.nan, ratio), why)


def _reach(book: Book) -> FloatArray:
    return _decided(book, book.once(protection).reach / book.tables.positions.mark_price)


def _decided(book: Book, values: FloatArray) -> FloatArray:
    """``values``, unknown where the quantity is, or where a stop that we cannot read might matter."""
    return replaced(values, book.once(_undecided), lambda: np.full(len(values), np.nan))


def _undecided(book: Book) -> BoolArray:
    stops = book.once(protection)
    undecided: BoolArray = np.isnan(stops.open) | stops.undecided
    return undecided


@dataclass(frozen=True, slots=True)
class MoneyAtRisk:
    """Money each position loses if its stops are hit; what no stop closes is lost down to liquidation.

    A value that can be called, so that rules with the same allowances share one computation.
    """

    fee: float
    slippage: float

    @classmethod
    def of(cls, ref: MeasureRef) -> MoneyAtRisk:
        """By the allowances that a rule gives."""
        return cls(fee=ref.parameter("fee"), slippage=ref.parameter("slippage"))

    def __call__(self, book: Book) -> FloatArray:
        """The money of each position; NaN: unknown."""
        stops, positions = book.once(protection), book.tables.positions
        to_liquidation = book.once(_loss_to_liquidation)
        fees = book.layout.once(stated_fees)
        costs = np.where(np.isnan(fees), self.fee, fees) + self.slippage
        each = stops.gap + costs[book.layout.position_instrument[stops.row]] * stops.price
        # A stop beyond liquidation never triggers: the nearer of the two ends the trade.
        each = np.fmin(each, to_liquidation[stops.row])
        closed = Groups(stops.row, len(positions)).total(stops.taken * each)
        return _decided(book, replaced(closed, stops.open > 0.0, lambda: closed + self._naked(book)))

    @staticmethod
    def _naked(book: Book) -> FloatArray:
        """Money that what no stop closes loses, 0 where all is closed."""
        positions, left = book.tables.positions, book.once(protection).open
        most = np.maximum(book.equity_of(Grain.POSITION), 0.0)
        most = np.where(positions.isolated, np.inf, most)
        lost = np.minimum(left * book.once(_loss_to_liquidation), most)
        return np.where(left > 0.0, lost, 0.0)


def _loss_to_liquidation(book: Book) -> FloatArray:
    """Money that one base unit of each position loses on the way to liquidation.

    Isolated: its share of the margin. Cross: the way to our own liquidation price, to the venue's where ours is
    unknown; a long that nothing liquidates can lose its price, a short without end.
    """
    positions, own = book.tables.positions, book.once(own_liquidation)
    long = positions.quantity >= 0.0
    adverse = np.where(long, own.fall, own.rise)
    adverse = replaced(adverse, np.isnan(adverse), lambda: _stated_distance(book))
    adverse = np.where(long, np.minimum(adverse, 1.0), adverse)
    return replaced(positions.mark_price * adverse, positions.isolated, lambda: _own_margin(book))


def _stated_distance(book: Book) -> FloatArray:
    positions = book.tables.positions
    stated = np.abs(1.0 - positions.liquidation_price / positions.mark_price)
    return np.where(positions.cannot_be_liquidated, np.inf, stated)


def _own_margin(book: Book) -> FloatArray:
    """Money behind one base unit of each isolated position."""
    positions = book.tables.positions
    margin = np.maximum(positions.isolated_wallet + positions.unrealized_pnl, 0.0)
    return margin / np.abs(positions.quantity)


def missing_risk(book: Book, row: int) -> str:
    """Names what keeps the money at risk in a position from being known."""
    if reason := missing_stop(book, row):
        return reason
    if np.isnan(book.equity[book.layout.position_account[row]]):
        return missing_equity(book, Grain.POSITION, row)
    return _missing_liquidation(book, row)


def missing_stop(book: Book, row: int) -> str:
    """Names what keeps the stops of a position from being read; empty when nothing does."""
    if reason := missing_value(book, row):
        return reason
    if book.once(protection).doubtful[row]:
        return f"trigger price or quantity of a stop order of {symbol(book, row)}"
    return ""


def _missing_liquidation(book: Book, row: int) -> str:
    return f"{missing_own(book, row)}; and the venue states no liquidation price of {symbol(book, row)}"


STOP_LISTS = frozenset({Surface.POSITIONS, Surface.ORDERS, Surface.CONDITIONAL_ORDERS})
COSTS = (
    Parameter(
        name="slippage", unit=Unit.RATIO, meaning="Allowance on the trigger price of a stop.", default=0.001
    ),
    FEE,
)
RISK_FORMULA = (
    "R = Σ c·min(|M - stop| + (fee + slippage)·stop, to liquidation) + open·to liquidation; c: quantity of each stop, "
    "nearest first; to liquidation for one unit: isolated (wallet + uPnL)/|q|, cross |M - L|, the open part of a cross "
    "position at most E. "
)
_STOPS_FORMULA = (
    "live reduce-only or close-position STOP or TRAILING orders on the closing side (in hedge mode of the same side), "
    "trigger on the losing side of mark; no TAKE_PROFIT"
)
RISK_UNKNOWN = (
    "Equity, a mark or quantity, or a stop's trigger or quantity is unknown; or a part is open and no liquidation "
    "price is known; or one of the two order lists could not be read."
)
SPECS = (
    MeasureSpec(
        name="risk_per_trade",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.POSITION}),
        parameters=COSTS,
        meaning="Loss if the stop is hit, with fee and slippage, as a share of equity; without a stop, to liquidation.",
        formula=RISK_FORMULA + "Measure: R / E.",
        source="The 1-2 % rule (Elder, Trading for a Living; Tharp).",
        unknown_when=RISK_UNKNOWN,
        infinite_when=INFINITE_WITHOUT_EQUITY,
        remedy=Remedy.PLACE_STOP,
        needs=STOP_LISTS | {Surface.BALANCES},
        counts=Counts.SELECTED_POSITIONS,
        function=risk_per_trade,
    ),
    MeasureSpec(
        name="open_risk",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.ACCOUNT, Grain.STRATEGY, Grain.DESK, Grain.PORTFOLIO}),
        parameters=COSTS,
        meaning="Portfolio heat: the risks of all open trades together, as a share of equity.",
        formula=RISK_FORMULA + "Measure: ΣR / E.",
        source="Portfolio heat, at most 6 % (Elder).",
        unknown_when=RISK_UNKNOWN,
        infinite_when=INFINITE_WITHOUT_EQUITY,
        remedy=Remedy.REDUCE,
        needs=STOP_LISTS | {Surface.BALANCES},
        counts=Counts.SELECTED_POSITIONS,
        function=open_risk,
    ),
    MeasureSpec(
        name="stop_coverage",
        unit=Unit.RATIO,
        low=0.0,
        high=1.0,
        grains=frozenset({Grain.POSITION}),
        parameters=(),
        meaning="Share of the position that live stop orders would close; 100 % is fully protected.",
        formula=f"min(1, Σ remaining / |q|) over {_STOPS_FORMULA}.",
        source="Own definition; conditional orders count, which Binance keeps apart since December 2025.",
        unknown_when=(
            "The quantity is unknown, a stop's trigger, quantity or side of mark is unknown and could matter, or one "
            "of the two order lists could not be read. Never 0 for want of data."
        ),
        infinite_when="",
        remedy=Remedy.PLACE_STOP,
        needs=STOP_LISTS,
        counts=Counts.SELECTED_POSITIONS,
        function=stop_coverage,
    ),
    MeasureSpec(
        name="stop_distance",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.POSITION}),
        parameters=(),
        meaning="How far mark must fall (long) or rise (short) until stops have closed the position.",
        formula=f"|M - stop| / M of the farthest stop needed, nearest first, to close 99 % of |q|; {_STOPS_FORMULA}.",
        source="Own definition; 1 % is left for rounding to lots.",
        unknown_when="As for stop_coverage, or mark is unknown.",
        infinite_when="all stops together close less than 99 % of the position: no stop is infinitely far away",
        remedy=Remedy.PLACE_STOP,
        needs=STOP_LISTS,
        counts=Counts.SELECTED_POSITIONS,
        function=stop_distance,
    ),
    MeasureSpec(
        name="stop_to_liquidation",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.POSITION}),
        parameters=(),
        meaning="Stop distance as a share of liquidation distance; at 100 % liquidation comes first.",
        formula="stop_distance / liquidation_distance. 0 where nothing liquidates.",
        source="Usual geometry: a stop at most 70 % of the way to liquidation.",
        unknown_when="stop_distance or liquidation_distance is unknown.",
        infinite_when="no stop closes 99 % of a position that can be liquidated, or liquidation is due now",
        remedy=Remedy.PLACE_STOP,
        needs=STOP_LISTS | {Surface.BALANCES},
        counts=Counts.SELECTED_POSITIONS,
        function=stop_to_liquidation,
    ),
)
