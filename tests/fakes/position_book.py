"""One account and one contract at a venue, exact: positions, resting orders, stops, filters. Local servers speak for it.

Reduce-only is enforced when an order fills and not when it is placed; client ids are unique among open orders only; what
does not fill of an immediate order is cancelled. Quantities are in the venue's own unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

ZERO = Decimal(0)


class Refused(Enum):
    """Why an order was not booked."""

    NO_POSITION = "no_position"
    WRONG_MODE = "wrong_mode"
    OFF_LOT = "off_lot"
    BELOW_MINIMUM = "below_minimum"
    ABOVE_MAXIMUM = "above_maximum"
    PRICE_BAND = "price_band"
    DUPLICATE = "duplicate"
    WOULD_TRIGGER = "would_trigger"


class Life(Enum):
    """How an order meets the market."""

    IMMEDIATE = "immediate"
    POST_ONLY = "post_only"
    STOP = "stop"


class State(Enum):
    """What has become of an order."""

    WAITING = "waiting"  # a stop before its trigger
    OPEN = "open"
    FILLED = "filled"
    CANCELLED = "cancelled"
    WOULD_TAKE = "would_take"  # a post-only order that the engine threw out


@dataclass(kw_only=True)
class Order:
    """One order. ``side`` is BOTH in one-way mode, else LONG or SHORT; ``buys`` says which way it trades."""

    client_id: str
    side: str
    buys: bool
    quantity: Decimal
    life: Life
    limit: Decimal | None = None
    trigger: Decimal | None = None
    margin: str = "cross"
    number: int = 0
    state: State = State.OPEN
    filled: Decimal = ZERO
    triggered: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it can still fill."""
        return self.state in (State.OPEN, State.WAITING)


@dataclass(kw_only=True)
class Filters:
    """What may be ordered, in the venue's own unit; ``band`` is a fraction of mark."""

    lot: Decimal
    minimum: Decimal
    maximum: Decimal
    band: Decimal = Decimal("0.05")


@dataclass
class PositionBook:
    """The venue's side of things.

    Attributes:
        held: Signed quantity by position side.
        hedged: Whether orders name LONG and SHORT.
        price: Mark, bid and ask: there is no spread.
        depth: What immediate orders find; a partial fill is one that found less.
    """

    filters: Filters
    held: dict[str, Decimal]
    hedged: bool = False
    margin: str = "cross"
    price: Decimal = Decimal(60_000)
    depth: Decimal = Decimal(1_000_000)
    orders: list[Order] = field(default_factory=list)

    def place(self, order: Order) -> Order | Refused:
        """Book an order, or say why not."""
        refusal = self._refuse(order)
        if refusal is not None:
            return refusal
        order.number = len(self.orders) + 1
        order.state = State.WAITING if order.life is Life.STOP else State.OPEN
        self.orders.append(order)
        if order.life is not Life.STOP:
            self._meet_market(order)
        return order

    def cancel(self, number: int) -> Order | None:
        """Cancel an open order; None when there is none of that number."""
        order = next((o for o in self.orders if o.number == number and o.is_open), None)
        if order is not None:
            order.state = State.CANCELLED
        return order

    def move(self, price: Decimal) -> None:
        """The market moves: stops trigger, resting orders fill."""
        self.price = price
        for order in self.open_orders():
            if order.state is State.WAITING and self._is_reached(order):
                order.triggered, order.state = True, State.OPEN
                self._fill(order, order.quantity)
                self._finish(order)
            elif order.state is State.OPEN and self._is_marketable(order):
                self._fill(order, order.quantity)
                self._finish(order)

    def open_orders(self) -> list[Order]:
        """Everything that rests, conditional or not."""
        return [order for order in self.orders if order.is_open]

    def named(self, client_id: str) -> list[Order]:
        """Orders of a client id, newest first: an id may come again once it is free."""
        return [order for order in reversed(self.orders) if order.client_id == client_id]

    def _refuse(self, order: Order) -> Refused | None:
        """The first objection, in the order in which a venue makes them."""
        objections = {
            Refused.WRONG_MODE: self.hedged is (order.side == "BOTH"),
            Refused.OFF_LOT: order.quantity % self.filters.lot != 0,
            Refused.BELOW_MINIMUM: order.quantity < self.filters.minimum,
            Refused.ABOVE_MAXIMUM: order.quantity > self.filters.maximum,
            Refused.PRICE_BAND: order.limit is not None and self._is_outside_band(order.limit),
            Refused.DUPLICATE: any(o.client_id == order.client_id for o in self.open_orders()),
            Refused.NO_POSITION: self._reducible(order) == 0,
            Refused.WOULD_TRIGGER: order.life is Life.STOP and self._is_reached(order),
        }
        return next((reason for reason, is_so in objections.items() if is_so), None)

    def _meet_market(self, order: Order) -> None:
        marketable = self._is_marketable(order)
        if order.life is Life.POST_ONLY:
            order.state = State.WOULD_TAKE if marketable else State.OPEN
            return
        if marketable:
            self._fill(order, min(order.quantity, self.depth))
        self._finish(order)

    def _fill(self, order: Order, quantity: Decimal) -> None:
        """Fill what there is, and never more than is held: this is where reduce-only is kept."""
        order.filled = min(quantity, self._reducible(order))
        self.held[order.side] = self.held.get(order.side, ZERO) + (
            order.filled if order.buys else -order.filled
        )

    def _finish(self, order: Order) -> None:
        closed = order.filled == order.quantity or (order.filled and not self._reducible(order))
        order.state = State.FILLED if closed else State.CANCELLED

    def _reducible(self, order: Order) -> Decimal:
        """How much of the position the order can close."""
        held = self.held.get(order.side, ZERO)
        closes = held < 0 if order.buys else held > 0
        return abs(held) if closes else ZERO

    def _is_marketable(self, order: Order) -> bool:
        if order.limit is None:
            return True
        return order.limit >= self.price if order.buys else order.limit <= self.price

    def _is_reached(self, order: Order) -> bool:
        assert order.trigger is not None
        return self.price >= order.trigger if order.buys else self.price <= order.trigger

    def _is_outside_band(self, limit: Decimal) -> bool:
        return abs(limit - self.price) > self.price * self.filters.band
