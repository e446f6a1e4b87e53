"""What a grid holds, and what it will hold once price has gone through all of its orders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import Groups, IndexArray, index, lookup
from riskd.measure.margin.brackets import brackets, cross_equity, maintenance
from riskd.measure.margin.solver import Cushion, smallest_move
from riskd.measure.trade.protection import sides
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.snapshot import OrderKind

DOWN, UP = -1.0, 1.0
_LONG, _SHORT = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FullGrid:
    """Every grid after all adding orders of one side have filled, one row each.

    Attributes:
        direction: DOWN: price fell and the buys filled; UP: it rose and the sells filled.
        quantity: Signed quantity of the side that was added to: of the whole position in one-way mode.
        other: Signed quantity of the other side of hedge mode; 0 in one-way mode.
        paid: Sum of signed quantity times the price from which its PnL counts: fills from their price, what was held
            already from mark.
        margin_added: What the fills add to an isolated margin.
        edge: The far bound, or mark where price is beyond it already.
    """

    direction: float
    quantity: FloatArray
    other: FloatArray
    paid: FloatArray
    margin_added: FloatArray
    edge: FloatArray

    def gross(self) -> FloatArray:
        """Gross notional at the edge."""
        return (np.abs(self.quantity) + np.abs(self.other)) * self.edge

    def pnl(self, price: FloatArray) -> FloatArray:
        """Profit from now until everything has filled and price stands at ``price``."""
        return (self.quantity + self.other) * price - self.paid


@dataclass(frozen=True, slots=True, kw_only=True)
class GridState:
    """Every grid as it is, one row each.

    Attributes:
        account: -1 where the grid's account or symbol is not in the snapshot; ``instrument`` likewise.
        lower: Lower bound: as configured, or the lowest resting limit price; NaN unknown. ``upper`` likewise.
        equity: Equity of the account.
        isolated: True where the position has a margin of its own.
        idle: True where neither orders nor a position exist.
        first: For each grid the first one in the same account and symbol, usually itself.
        positions: The grid of each position row.
    """

    account: IndexArray
    instrument: IndexArray
    mark: FloatArray
    lower: FloatArray
    upper: FloatArray
    equity: FloatArray
    isolated: BoolArray
    idle: BoolArray
    first: IndexArray
    positions: Groups
    down: FullGrid
    up: FullGrid


def grid_state(book: Book) -> GridState:
    """The state of every grid of a book."""
    tables, places = book.tables, book.layout.grids
    known = (places.account >= 0) & (places.instrument >= 0)
    account, instrument = (np.where(known, code, -1) for code in (places.account, places.instrument))
    keys = book.layout.market_keys(account, instrument)
    first = lookup(keys, keys)
    ladder = _Ladder.of(book, keys)
    positions = _grid_of(keys, book.layout.position_markets)
    mark = np.append(tables.quotes.mark_price, np.nan)[instrument]
    lower = _bound([grid.lower for grid in tables.grids], ladder.groups.lowest(ladder.price)[first])
    upper = _bound([grid.upper for grid in tables.grids], ladder.groups.highest(ladder.price)[first])
    held = positions.touched(np.ones(len(positions.of), dtype=np.bool_))
    resting = ladder.groups.touched(np.ones(len(ladder.row), dtype=np.bool_))
    return GridState(
        account=account,
        instrument=instrument,
        mark=mark,
        lower=lower,
        upper=upper,
        equity=np.append(book.equity, np.nan)[account],
        isolated=positions.touched(tables.positions.isolated)[first],
        idle=known & ~(held | resting)[first],
        first=first,
        positions=positions,
        down=_full(book, ladder, positions, first, DOWN, np.minimum(lower, mark)),
        up=_full(book, ladder, positions, first, UP, np.maximum(upper, mark)),
    )


def room_beyond_edge(book: Book, state: GridState, full: FullGrid) -> FloatArray:
    """Move of price beyond the edge of a full grid that liquidates it, other marks fixed; +inf none."""
    positions, groups = book.tables.positions, state.positions
    needed = book.once(maintenance)
    cross = ~positions.isolated
    whole = book.layout.accounts.total(needed, cross)
    others = np.append(whole, np.nan)[state.account] - groups.total(needed, cross)[state.first]
    backing = np.append(book.once(cross_equity), np.nan)[state.account] - others
    own = groups.total(positions.isolated_wallet + positions.unrealized_pnl, positions.isolated)[state.first]
    size = len(state.account)
    legs = np.concatenate([np.abs(full.quantity), np.abs(full.other)]) * np.tile(full.edge, 2)
    cushion = Cushion(
        equity=np.where(state.isolated, own + full.margin_added, backing) + full.pnl(full.edge),
        gain=full.direction * (full.quantity + full.other) * full.edge,
        notional=legs,
        growth=full.direction * legs,
        instrument=np.tile(state.instrument, 2),
        groups=Groups(np.tile(np.arange(size, dtype=np.intp), 2), size),
        most=np.full(size, 1.0 if full.direction == DOWN else np.inf),
    )
    return smallest_move(cushion.only(state.instrument >= 0), brackets(book))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ladder:
    """The resting limit orders of all grids, one row each.

    Attributes:
        row: Order row.
        groups: Grid of each.
        adds: True for an order that may open: neither reduce-only nor close-position.
        side: Side of hedge mode.
    """

    row: IndexArray
    groups: Groups
    direction: FloatArray
    price: FloatArray
    quantity: FloatArray
    adds: BoolArray
    side: IndexArray

    @classmethod
    def of(cls, book: Book, keys: IndexArray) -> _Ladder:
        orders = book.tables.orders
        grid = _grid_of(keys, book.layout.order_markets)
        inside = np.flatnonzero(grid.of < grid.size).tolist()
        row = index([number for number in inside if orders.kind[number] is OrderKind.LIMIT])
        return cls(
            row=row,
            groups=Groups(grid.of[row], grid.size),
            direction=orders.direction[row],
            price=orders.price[row],
            quantity=orders.remaining[row],
            adds=~(orders.reduce_only[row] | orders.close_position[row]),
            side=sides(tuple(orders.position_side[number] for number in row.tolist())),
        )


def _full(
    book: Book, ladder: _Ladder, held: Groups, first: IndexArray, direction: float, edge: FloatArray
) -> FullGrid:
    positions = book.tables.positions
    against = _SHORT if direction == DOWN else _LONG
    fills = ladder.adds & (ladder.direction == -direction) & (ladder.side != against)
    quantity = ladder.direction * ladder.quantity
    other = np.zeros(len(positions), dtype=np.bool_)
    mine = np.flatnonzero(held.of < held.size)
    other[mine] = sides(tuple(positions.position_side[row] for row in mine.tolist())) == against
    filled, cost = ladder.groups.total(quantity, fills), ladder.groups.total(quantity * ladder.price, fills)
    setting = held.lowest(positions.leverage_setting)
    return FullGrid(
        direction=direction,
        quantity=(filled + held.total(positions.quantity, ~other))[first],
        other=held.total(positions.quantity, other)[first],
        paid=(cost + held.total(positions.notional))[first],
        margin_added=np.where(cost == 0.0, 0.0, np.abs(cost) / setting)[first],
        edge=edge,
    )


def _grid_of(keys: IndexArray, markets: IndexArray) -> Groups:
    """The first grid in the account and symbol of each row."""
    place = lookup(keys, markets)
    return Groups(index(np.where(place < 0, len(keys), place)), len(keys))


def _bound(configured: list[object], resting: FloatArray) -> FloatArray:
    given = np.array([np.nan if bound is None else float(str(bound)) for bound in configured])
    return np.where(np.isnan(given), np.where(np.isinf(resting), np.nan, resting), given)
