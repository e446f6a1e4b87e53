"""Grids judged full, not as they stand: a grid is short volatility and looks best just before it fails."""

from __future__ import annotations

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.capital import INFINITE_WITHOUT_EQUITY, over_equity
from riskd.measure.book.groups import Groups
from riskd.measure.book.missing import FirstUnknown, account_name, missing_equity, missing_value
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.measure.strategy.gridstate import FullGrid, GridState, grid_state, room_beyond_edge
from riskd.model.arrays import FloatArray
from riskd.model.report import Surface
from riskd.model.subject import Grain


def grid_worst_leverage(book: Book, grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Leverage after every adding order of the worse side has filled."""
    state = book.once(grid_state)
    down, up = _leverage(state, state.down), _leverage(state, state.up)
    if grain is Grain.ACCOUNT:
        worse = np.where(np.isnan(down) | np.isnan(up), np.nan, down >= up)
        return _of_accounts(book, state, worse)
    return _values(book, state, np.maximum(down, up), 0.0)


def grid_worst_loss(book: Book, _grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Loss when the grid is full and price stands ``beyond`` past its edge, over equity."""
    state, beyond = book.once(grid_state), ref.parameter("beyond")
    falling = -state.down.pnl(state.down.edge * (1.0 - beyond))
    rising = -state.up.pnl(state.up.edge * (1.0 + beyond))
    loss = np.maximum(np.maximum(falling, rising), 0.0)
    return _values(book, state, over_equity(loss, state.equity), 0.0)


def grid_worst_liquidation_distance(
    book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection
) -> Values:
    """Room from the edge to liquidation after every adding order of the worse side has filled."""
    state = book.once(grid_state)
    down, up = (room_beyond_edge(book, state, full) for full in (state.down, state.up))
    return _values(book, state, np.minimum(down, up), np.inf)


def grid_breakout(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """How far mark is outside the range, in heights of the range."""
    state = book.once(grid_state)
    outside = np.maximum(np.maximum(state.lower - state.mark, state.mark - state.upper), 0.0)
    height = state.upper - state.lower
    return _values(book, state, np.where(height > 0.0, outside / height, np.nan), 0.0)


def _leverage(state: GridState, full: FullGrid) -> FloatArray:
    return over_equity(full.gross(), state.equity + full.pnl(full.edge))


def _of_accounts(book: Book, state: GridState, falls: FloatArray) -> Values:
    """All grids of an account full on their own worse side, beside its other positions as they are.

    ``falls`` is 1 where that side is the way down, 0 where it is the way up, NaN where one side is unknown.
    """
    accounts = book.account_groups(Grain.ACCOUNT)
    counted = (state.first == np.arange(len(state.first))) & ~state.idle
    owners = Groups(np.where(state.account < 0, accounts.size, state.account), accounts.size)
    gross = np.where(falls == 1.0, state.down.gross(), state.up.gross())
    gross = np.where(np.isnan(falls), np.nan, gross)
    pnl = np.where(falls == 1.0, state.down.pnl(state.down.edge), state.up.pnl(state.up.edge))
    elsewhere = state.positions.of == state.positions.size
    others = book.layout.accounts.total(book.gross, elsewhere)
    equity = book.equity + owners.total(pnl, counted)
    unknown_grid = FirstUnknown(owners, gross + pnl, counted)
    unknown_row = FirstUnknown(book.layout.accounts, book.gross, elsewhere)

    def why(account: int) -> str:
        grid, row = unknown_grid(account), unknown_row(account)
        if grid >= 0:
            return _missing(book, state, grid)
        return missing_value(book, row) if row >= 0 else missing_equity(book, Grain.ACCOUNT, account)

    return Values(over_equity(others + owners.total(gross, counted), equity), why)


def _values(book: Book, state: GridState, values: FloatArray, idle: float) -> Values:
    """``values``, but a grid with neither orders nor a position and no bounds is at rest, not unknown."""
    at_rest = state.idle & (np.isnan(state.lower) | np.isnan(state.upper))
    return Values(np.where(at_rest, idle, values), lambda grid: _missing(book, state, grid))


def _missing(book: Book, state: GridState, grid: int) -> str:
    definition = book.tables.grids[grid]
    if state.account[grid] < 0:
        return f"{definition.symbol} in account {definition.account} is not in the snapshot"
    if np.isnan(state.mark[grid]):
        return f"mark price of {definition.symbol}"
    if np.isnan(state.lower[grid]) or np.isnan(state.upper[grid]):
        return "bounds: none configured, and no resting limit order whose price is known"
    if np.isnan(state.equity[grid]):
        return f"equity of {account_name(book, int(state.account[grid]))}"
    for row in np.flatnonzero(state.positions.of == state.first[grid]).tolist():
        if reason := missing_value(book, row):
            return reason
    if not state.upper[grid] > state.lower[grid]:
        return "bounds: the range has no height"
    return (
        f"quantity of a resting order, or leverage brackets or cross wallet balance, for {definition.symbol}"
    )


_NEEDS = frozenset({Surface.POSITIONS, Surface.BALANCES, Surface.ORDERS, Surface.MARKS})
_FULL = (
    "Full on the way down: all resting buys that may open fill at their prices and mark stands at the lower bound (or "
    "where it is, if below); on the way up likewise; the worse of both. Bounds: configured, else the extreme resting "
    "limit prices. "
)
_UNKNOWN = (
    "The mark, a bound, an order's quantity, the position or equity is unknown. A grid without orders, position and "
    "bounds is at rest, not unknown."
)
SPECS = (
    MeasureSpec(
        name="grid_worst_leverage",
        unit=Unit.MULTIPLE,
        low=0.0,
        grains=frozenset({Grain.GRID, Grain.ACCOUNT}),
        parameters=(),
        meaning="Leverage after every losing-side order has filled; of an account, of all its grids and the rest.",
        formula=_FULL + "|Q|·bound / (E + PnL of all fills and of what is held, at the bound).",
        source="Grids are bounded by their inventory at the far bound; usually at most 3x equity.",
        unknown_when=_UNKNOWN,
        infinite_when=INFINITE_WITHOUT_EQUITY + " at the bound",
        remedy=Remedy.CANCEL,
        needs=_NEEDS,
        counts=Counts.WHOLE_ACCOUNT,
        function=grid_worst_leverage,
    ),
    MeasureSpec(
        name="grid_worst_loss",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.GRID}),
        parameters=(
            Parameter(
                name="beyond", unit=Unit.RATIO, meaning="How far past the range price goes.", default=0.1
            ),
        ),
        meaning="Loss, as a share of equity, if every losing-side order fills and price goes beyond the range.",
        formula=_FULL + "-PnL at bound·(1 -/+ beyond) / E, at least 0; counted from mark.",
        source="Loss at the bound is Q·|P̄ - bound|, Q and P̄ the quantity and average price of a full grid.",
        unknown_when=_UNKNOWN,
        infinite_when=INFINITE_WITHOUT_EQUITY,
        remedy=Remedy.CANCEL,
        needs=_NEEDS,
        counts=Counts.WHOLE_ACCOUNT,
        function=grid_worst_loss,
    ),
    MeasureSpec(
        name="grid_worst_liquidation_distance",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.GRID}),
        parameters=(),
        meaning="How far past its edge price may go before the full grid is liquidated.",
        formula=_FULL + "|bound - L| / bound, L as for liquidation_distance; 0: liquidated before the bound.",
        source="As OKX's estimated liquidation price after pending orders fill; 20k-24k at 3x: L = 14.74k, 26.3 % below 20k.",
        unknown_when=_UNKNOWN + " Or the brackets are.",
        infinite_when="no price beyond the edge liquidates the full grid",
        remedy=Remedy.CANCEL,
        needs=_NEEDS,
        counts=Counts.WHOLE_ACCOUNT,
        function=grid_worst_liquidation_distance,
    ),
    MeasureSpec(
        name="grid_breakout",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.GRID}),
        parameters=(),
        meaning="How far price has left the range, in heights of the range; 0 inside.",
        formula="max(lower - M, M - upper, 0) / (upper - lower).",
        source="A grid that price has left only adds to its loss.",
        unknown_when="The mark or a bound is unknown, or the range has no height.",
        infinite_when="",
        remedy=Remedy.CANCEL,
        needs=frozenset({Surface.ORDERS, Surface.MARKS}),
        counts=Counts.WHOLE_ACCOUNT,
        function=grid_breakout,
    ),
)
