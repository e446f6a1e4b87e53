"""Grid trading: the range between two bounds is cut into cells; each buys at its lower edge and sells at its upper.

A cell is empty (a buy order rests at its lower edge) or full (a sell order rests at its upper edge); each fill turns
it over. The grid starts long: cells above the price are filled at the market, as grid bots do that are to profit from a
rise as well. If the price falls through all of it, it holds every cell, and that is what its size is chosen by.

A grid may also average down, as traders do by hand: once a few buys have filled, it lays its lowest cells a second time. It is
then larger when full than anybody chose it to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from itertools import pairwise

from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import Order, OrderStatus, Side
from riskd.paper.strategies.actor import Hand, Paused, floored, nobody_is_paused


@dataclass(frozen=True, slots=True, kw_only=True)
class GridParameters:
    """What a grid bot is set up with.

    Attributes:
        symbol: What it trades.
        lower: Lowest buy, quote per base.
        upper: Highest sell.
        cells: Number of cells between them, >= 1.
        leverage: Setting at the venue.
        averages_down_after: Buys filled in a row after which the lowest cells are laid once more; None: they never are.
        averaged_cells: How many of them.
        used_share: Cost of the full grid as a share of ``leverage * equity at the start``. The rest bears the loss that the
            full grid has at its lower bound; without it the venue expires the lowest buys for want of margin. With
            bounds 9 % away, 0.85 makes the full grid 2.9x at its lower bound.
    """

    symbol: str
    lower: Decimal
    upper: Decimal
    cells: int = 20
    leverage: int = 3
    averages_down_after: int | None = None
    averaged_cells: int = 3
    used_share: Decimal = Decimal("0.85")


class _State(Enum):
    EMPTY = auto()
    FULL = auto()
    DROPPED = auto()  # somebody else closed its inventory or took its order away


@dataclass(slots=True)
class _Cell:
    """One cell: its edges, what it is, and the order that rests for it (None: refused or not yet placed).

    ``is_held_back``: it would buy, and nothing new may be opened.
    """

    lower: Decimal
    upper: Decimal
    state: _State
    order: Order | None = None
    is_held_back: bool = False


class Grid:
    """Keeps one order a cell. What others cancel or close it does not put back."""

    name = "grid"

    def __init__(
        self,
        account: str,
        parameters: GridParameters,
        *,
        prefix: str = "gr-",
        paused: Paused = nobody_is_paused,
    ) -> None:
        """Trade ``account`` with its whole deposit."""
        self.account = account
        self.hand = Hand(account, prefix, paused=paused)
        self._parameters = parameters
        self._quantity = Decimal(0)
        self._cells: list[_Cell] = []
        self._buys_in_a_row = 0
        self._has_averaged = False

    def on_step(self, exchange: Exchange, now_ms: int) -> None:
        """Lay the grid on the first step; afterwards turn over the cells whose orders have filled."""
        del now_ms
        if not self._cells:
            self._lay(exchange)
            return
        open_ids = {order.order_id for order in exchange.open_orders(self.account, self._parameters.symbol)}
        for cell in self._cells:
            if cell.order is not None and cell.order.order_id not in open_ids:
                self._settle(exchange, cell, cell.order)
        self._drop_what_is_gone(exchange)
        self._rest_what_was_held_back(exchange)
        self._average_down_when_due(exchange)

    def _lay(self, exchange: Exchange) -> None:
        terms = self._parameters
        exchange.set_leverage(self.account, terms.symbol, terms.leverage)
        price = exchange.quote(terms.symbol).last
        width = (terms.upper - terms.lower) / terms.cells
        edges = [terms.lower + width * i for i in range(terms.cells + 1)]
        self._cells = [
            _Cell(lower=low, upper=high, state=_State.FULL if low >= price else _State.EMPTY)
            for low, high in pairwise(edges)
        ]
        budget = self.hand.equity(exchange) * terms.leverage * terms.used_share
        cost_of_one_each = sum((min(cell.lower, price) for cell in self._cells), Decimal(0))
        self._quantity = floored(budget / cost_of_one_each, exchange.contract(terms.symbol).lot_size)
        full = sum(cell.state is _State.FULL for cell in self._cells)
        self.hand.trade(exchange, terms.symbol, self._quantity * full)
        for cell in self._cells:
            self._rest(exchange, cell)

    def _rest(self, exchange: Exchange, cell: _Cell) -> None:
        symbol = self._parameters.symbol
        if cell.state is _State.EMPTY:
            cell.is_held_back = not self.hand.may_open(symbol)
            cell.order = (
                None if cell.is_held_back else self.hand.rest(exchange, symbol, self._quantity, cell.lower)
            )
        elif cell.state is _State.FULL:
            cell.order = self.hand.rest(exchange, symbol, -self._quantity, cell.upper)

    def _settle(self, exchange: Exchange, cell: _Cell, gone: Order) -> None:
        """Turn a cell over for its fill; again when the new order crosses the price and fills at once."""
        cell.order = exchange.order(self.account, gone.symbol, order_id=gone.order_id)
        if cell.order.status is not OrderStatus.FILLED:
            cell.state, cell.order = _State.DROPPED, None
        while cell.order is not None and cell.order.status is OrderStatus.FILLED:
            self._buys_in_a_row = self._buys_in_a_row + 1 if cell.state is _State.EMPTY else 0
            cell.state = _State.FULL if cell.state is _State.EMPTY else _State.EMPTY
            self._rest(exchange, cell)

    def _rest_what_was_held_back(self, exchange: Exchange) -> None:
        for cell in self._cells:
            if cell.is_held_back:
                self._rest(exchange, cell)

    def _average_down_when_due(self, exchange: Exchange) -> None:
        """Once: lay the lowest cells a second time, if anything may be opened."""
        after = self._parameters.averages_down_after
        if after is None or self._has_averaged or self._buys_in_a_row < after:
            return
        if not self.hand.may_open(self._parameters.symbol):
            return
        self._has_averaged = True
        lowest = self._cells[: self._parameters.averaged_cells]
        again = [_Cell(lower=cell.lower, upper=cell.upper, state=_State.EMPTY) for cell in lowest]
        for cell in again:
            self._rest(exchange, cell)
        self._cells = again + self._cells

    def _drop_what_is_gone(self, exchange: Exchange) -> None:
        """Give up full cells, dearest first, until the inventory that they stand for is really there."""
        held = self.hand.position(exchange, self._parameters.symbol)
        for cell in reversed(self._cells):
            if self._inventory(exchange) <= held:
                return
            if cell.state is _State.FULL:
                if cell.order is not None:
                    self.hand.cancel(exchange, cell.order)
                cell.state, cell.order = _State.DROPPED, None

    def _inventory(self, exchange: Exchange) -> Decimal:
        """Base units that full cells stand for, less what their resting sells have already sold."""
        symbol = self._parameters.symbol
        sells = (one for one in exchange.open_orders(self.account, symbol) if one.side is Side.SELL)
        sold = sum((one.executed_quantity for one in sells), Decimal(0))
        full = sum(cell.state is _State.FULL for cell in self._cells)
        return full * self._quantity - sold
