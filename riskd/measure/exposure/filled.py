"""What would be held if the resting orders filled: leverage that is agreed to already, though nobody holds it yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.capital import infinite_without_equity, over_equity
from riskd.measure.book.groups import Groups, IndexArray, compact, index
from riskd.measure.book.missing import FirstUnknown, missing_equity, missing_value
from riskd.measure.exposure.resting import may_open, missing_order, order_groups, own_price
from riskd.measure.margin.filled_liquidation import filled_distance, missing_filled
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Remedy, Selection, Unit, Values
from riskd.measure.trade.protection import sides
from riskd.model.arrays import FloatArray
from riskd.model.report import Surface
from riskd.model.subject import Grain

_BUYS, _SELLS = 1.0, -1.0
_SIDES = 3  # one-way, and the two of hedge mode


def filled_leverage(book: Book, grain: Grain, _ref: MeasureRef, selection: Selection) -> Values:
    """Gross notional over equity once the selected orders of each market's worse side have filled."""
    markets = _filled(book, grain, selection)
    gross = Groups(markets.subject, book.universe(grain).size).total(markets.gross)
    return Values(over_equity(gross, book.equity_of(grain)), _Reason(book, grain, selection))


def filled_asset_share(book: Book, grain: Grain, _ref: MeasureRef, selection: Selection) -> Values:
    """The largest share of equity that one asset would have after those fills."""
    markets, assets = _filled(book, grain, selection), book.layout.assets
    size, width = book.universe(grain).size, max(len(assets.names), 1)
    pairs, names = compact(markets.subject * width + assets.codes[markets.instrument], size * width)
    largest = Groups(names // width, size).highest(pairs.total(markets.gross))
    largest = np.where(np.isneginf(largest), 0.0, largest)
    return Values(over_equity(largest, book.equity_of(grain)), _Reason(book, grain, selection))


def filled_liquidation_distance(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Room to liquidation when price fills on its way the orders that it meets."""
    return Values(book.once(filled_distance), lambda row: missing_filled(book, row))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Markets:
    """Every market of every subject that is held or may be opened, one row each; in hedge mode one a side.

    Attributes:
        subject: Number of the subject.
        instrument: Code of the instrument.
        gross: Worth without sign after the fills of the worse side; NaN unknown.
    """

    subject: IndexArray
    instrument: IndexArray
    gross: FloatArray


def _filled(book: Book, grain: Grain, selection: Selection) -> _Markets:
    layout, orders = book.layout, book.tables.orders
    instruments = max(len(book.tables.instruments), 1)
    opening = np.flatnonzero(selection.orders & may_open(book))
    held = np.flatnonzero(selection.positions)
    # Markets are apart by account, or by strategy where an account's rows are told apart by it.
    inner = Grain.STRATEGY if grain is Grain.STRATEGY else Grain.ACCOUNT
    position_keys = book.position_groups(inner).of * instruments + layout.position_instrument
    order_keys = order_groups(book, inner).of * instruments + layout.order_instrument
    keys = np.concatenate(
        [
            position_keys[held] * _SIDES + sides(book.tables.positions.position_side)[held],
            order_keys[opening] * _SIDES + sides(orders.position_side)[opening],
        ]
    )
    names, of = np.unique(keys, return_inverse=True)
    group = index(of.ravel())
    market = names // _SIDES
    owner = market // instruments
    positions = Groups(group[: len(held)], len(names))
    resting = Groups(group[len(held) :], len(names))
    subject = owner if grain is inner else book.account_groups(grain).of[owner]
    return _Markets(
        subject=index(subject),
        instrument=index(market % instruments),
        gross=_worse(book, positions, held, resting, opening),
    )


def _worse(
    book: Book, positions: Groups, held: IndexArray, resting: Groups, opening: IndexArray
) -> FloatArray:
    """Gross worth of each market after the buys have filled or after the sells have, whichever is more."""
    orders = book.tables.orders
    quantity = positions.total(book.tables.positions.quantity[held])
    worth = positions.total(book.gross[held])
    amount = orders.remaining[opening]
    mark = book.tables.quotes.mark_price[book.layout.order_instrument[opening]]
    price = np.where(np.isnan(mark), np.nan, np.fmax(mark, own_price(book)[opening]))
    gross = worth + quantity * 0.0  # NaN where either is unknown
    for side in (_BUYS, _SELLS):
        chosen = orders.direction[opening] == side
        ordered, cost = resting.total(amount, chosen), resting.total(amount * price, chosen)
        against = np.maximum(-side * quantity, 0.0)
        opened = np.maximum(ordered - against, 0.0)
        kept = np.where(side * quantity > 0.0, worth, 0.0)
        # What closes comes first, at the average price of its side.
        added = np.where(ordered > 0.0, cost * (opened / ordered), cost)
        gross = np.maximum(gross, kept + added)
    return gross


class _Reason:
    """Names the position or the order that cannot be valued, else the account without equity."""

    def __init__(self, book: Book, grain: Grain, selection: Selection) -> None:
        orders, layout = book.tables.orders, book.layout
        worth = orders.remaining * book.tables.quotes.mark_price[layout.order_instrument]
        self._book, self._grain = book, grain
        self._row = FirstUnknown(book.position_groups(grain), book.gross, selection.positions)
        self._order = FirstUnknown(order_groups(book, grain), worth, selection.orders & may_open(book))

    def __call__(self, subject: int) -> str:
        row, order = self._row(subject), self._order(subject)
        if row >= 0:
            return missing_value(self._book, row)
        if order >= 0:
            return missing_order(self._book, order)
        return missing_equity(self._book, self._grain, subject)


_NEEDS = frozenset(
    {
        Surface.POSITIONS,
        Surface.BALANCES,
        Surface.ORDERS,
        Surface.CONDITIONAL_ORDERS,
        Surface.MARKS,
    }
)
_FILLED = (
    "In each market, in hedge mode on each side of it, the worse of: all orders that may open buy, or all of them sell; "
    "an order against the position closes it first. No reduce-only or close-position order; conditional ones count. Each "
    "order at the mark, or at its own price if that is higher. "
)
_UNKNOWN = (
    "Equity, the quantity or mark of a counted position, or the quantity or mark of a counted order is unknown, or one "
    "of the two order lists could not be read."
)
SPECS = (
    MeasureSpec(
        name="filled_leverage",
        unit=Unit.MULTIPLE,
        low=0.0,
        grains=frozenset({Grain.ACCOUNT, Grain.STRATEGY, Grain.DESK, Grain.PORTFOLIO}),
        parameters=(),
        meaning="Leverage if the resting orders fill: what has been agreed to, not only what is held.",
        formula=_FILLED
        + "Σ of that worth / E. A selection counts the positions and the orders that it picks.",
        source="Own definition, as venues reckon the margin of open orders: by the side that would be the larger.",
        unknown_when=_UNKNOWN,
        infinite_when=infinite_without_equity("exposure is held or ordered"),
        remedy=Remedy.CANCEL,
        needs=_NEEDS,
        counts=Counts.SELECTED_POSITIONS,
        function=filled_leverage,
    ),
    MeasureSpec(
        name="filled_asset_share",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.ACCOUNT}),
        parameters=(),
        meaning="Share of equity that the largest asset would have if the resting orders filled, held or not.",
        formula=_FILLED + "max over assets of Σ of that worth / E; 0 when nothing is held and nothing rests.",
        source="Usual concentration limits, one asset 25-40 % of equity, looked at before the order fills.",
        unknown_when=_UNKNOWN,
        infinite_when=infinite_without_equity("exposure is held or ordered"),
        remedy=Remedy.CANCEL,
        needs=_NEEDS,
        counts=Counts.SELECTED_POSITIONS,
        function=filled_asset_share,
    ),
    MeasureSpec(
        name="filled_liquidation_distance",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.POSITION}),
        parameters=(),
        meaning="How far price may move before liquidation, when it fills the orders on its way that enlarge the position.",
        formula=(
            "min |M - L| / M over a fall (buys that may open fill on the way, those above mark at once) and a rise (sells "
            "likewise); L as our own of liquidation_distance, with what has filled before it, other marks fixed. An isolated "
            "position gains a margin of price·quantity / leverage setting with each fill."
        ),
        source="OKX, estimated liquidation price after pending orders fill; here order by order, as price meets them.",
        unknown_when=(
            "Our own liquidation price is unknown, an order that may open in its market has no price of its own or no "
            "quantity, or the leverage setting of an isolated position with such an order is unknown."
        ),
        infinite_when="no move liquidates, whatever fills",
        remedy=Remedy.CANCEL,
        needs=_NEEDS,
        counts=Counts.WHOLE_ACCOUNT,
        function=filled_liquidation_distance,
    ),
)
