"""What is really so at the venue: every position at every moment, every fill with what was held before and after it."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from riskd.paper.dialect.http import HttpRequest
from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import Order, PositionSide, Rejection, Side, Trade
from riskd.paper.venue import Delivery, Venue
from tests.simulation.faults import WatchedPlan

Slot = tuple[str, str]
"""A contract by the venue's name, and the position side."""

_RISKD_ID = re.compile(r"[0-9a-f]{32}")
_READ_BY_RISKD = ("/fapi/v3/account", "/fapi/v3/positionRisk", "/fapi/v1/premiumIndex", "/fapi/v1/order")
_ACCOUNT = _READ_BY_RISKD[:2]
_ZERO = Decimal(0)


def is_riskd_id(client_order_id: str) -> bool:
    """Whether an order is riskd's; nobody else here uses such names."""
    return _RISKD_ID.fullmatch(client_order_id) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One trade of riskd's.

    Attributes:
        before: Signed quantity held before it.
    """

    at_ms: int
    account: str
    slot: Slot
    client_order_id: str
    order_id: int
    quantity: Decimal
    before: Decimal
    after: Decimal


@dataclass(slots=True)
class Line:
    """A value that changes at moments."""

    at_ms: list[int] = field(default_factory=list)
    values: list[Decimal] = field(default_factory=list)

    def set(self, at_ms: int, value: Decimal) -> None:
        self.at_ms.append(at_ms)
        self.values.append(value)

    @property
    def last(self) -> Decimal:
        return self.values[-1] if self.values else _ZERO

    def within(self, from_ms: int, until_ms: int) -> list[Decimal]:
        """Every value that held at some moment of the time given."""
        first = bisect_right(self.at_ms, from_ms) - 1
        last = bisect_right(self.at_ms, until_ms)
        return ([_ZERO] if first < 0 else []) + self.values[max(first, 0) : last]


@dataclass(slots=True)
class Samples:
    """Equity and marks at the moments at which they were looked at."""

    at_ms: list[int] = field(default_factory=list)
    equity: list[float] = field(default_factory=list)

    def within(self, from_ms: int, until_ms: int) -> Sequence[float]:
        """Values from the last one before the time given to its end."""
        first = max(bisect_right(self.at_ms, from_ms) - 1, 0)
        return self.equity[first : bisect_right(self.at_ms, until_ms)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What a number can have been within some time."""

    low: float
    high: float

    def allows(self, value: float, *, tolerance: float) -> bool:
        return self.low * (1 - tolerance) <= value <= self.high * (1 + tolerance)


class Truth:
    """Follows every account. An ``Actor`` of the venue, called after all others.

    Args:
        on_fill: Told of each fill of riskd's.
    """

    name = "truth"
    account = ""

    def __init__(self, accounts: Sequence[str], on_fill: Callable[[Fill], None]) -> None:
        self.slots: dict[str, dict[Slot, Line]] = {account: {} for account in accounts}
        self.fills: list[Fill] = []
        self.trades: list[Trade] = []
        self._on_fill = on_fill
        self._equity = {account: Samples() for account in accounts}
        self._marks: dict[str, Samples] = {}
        self._seen = 0
        self.last_ms = 0
        self._told_ms: dict[tuple[str, str], int] = {}

    def told(self, account: str, path: str, now_ms: int) -> None:
        """The venue has answered truly."""
        self._told_ms[account, path] = now_ms

    def told_ms(self, account: str) -> int:
        """Until when an account's positions and balances have been told truly; what came later was no news."""
        return min(self._told_ms.get((account, path), 0) for path in _ACCOUNT)

    def on_step(self, exchange: Exchange, now_ms: int) -> None:
        """After a step of the venue."""
        self.look(exchange, now_ms)

    def look(self, exchange: Exchange, now_ms: int) -> None:
        """Take in every trade since the last look, and sample what moves with the market."""
        fresh = [
            trade
            for account in self.slots
            for contract in exchange.contracts
            for trade in exchange.trades(account, contract.symbol, since_ms=now_ms - 60_000)
            if trade.trade_id > self._seen
        ]
        for trade in sorted(fresh, key=lambda trade: trade.trade_id):
            self._seen = trade.trade_id
            self._take(exchange, trade)
        self.last_ms = now_ms
        for account, samples in self._equity.items():
            samples.at_ms.append(now_ms)
            samples.equity.append(float(exchange.account(account).margin_balance))
        for contract in exchange.contracts:
            samples = self._marks.setdefault(contract.symbol, Samples())
            samples.at_ms.append(now_ms)
            samples.equity.append(float(exchange.quote(contract.symbol).mark))

    def equity(self, account: str, from_ms: int, until_ms: int) -> Range:
        """Margin balance within some time."""
        values = self._equity[account].within(from_ms, until_ms)
        return Range(low=min(values), high=max(values))

    def gross(self, account: str, from_ms: int, until_ms: int) -> Range:
        """Sum of the positions' notionals, when each of quantity and mark may be of any moment of the time given."""
        low = high = 0.0
        for (symbol, _), line in self.slots[account].items():
            held = [abs(float(quantity)) for quantity in line.within(from_ms, until_ms)]
            marks = self._marks[symbol].within(from_ms, until_ms)
            low += min(held) * min(marks)
            high += max(held) * max(marks)
        return Range(low=low, high=high)

    def leverage(self, account: str, from_ms: int, until_ms: int, *, slack: float = 0.0) -> Range:
        """Gross notional over equity; infinite where there may have been no equity left.

        Args:
            slack: How far the equity may be off, as a fraction of the gross notional.
        """
        gross, equity = self.gross(account, from_ms, until_ms), self.equity(account, from_ms, until_ms)
        least, most = equity.low - slack * gross.high, equity.high + slack * gross.high
        low = gross.low / most if most > 0 else (math.inf if gross.low else 0.0)
        high = gross.high / least if least > 0 else (math.inf if gross.high else 0.0)
        return Range(low=low, high=high)

    def held(self, account: str, slot: Slot, from_ms: int, until_ms: int) -> list[Decimal]:
        """Every signed quantity of a position within some time."""
        line = self.slots[account].get(slot)
        return [_ZERO] if line is None else line.within(from_ms, until_ms)

    def _take(self, exchange: Exchange, trade: Trade) -> None:
        self.trades.append(trade)
        slot = (trade.symbol, trade.position_side.value)
        line = self.slots[trade.account].setdefault(slot, Line())
        before = line.last
        after = before + (trade.quantity if trade.side is Side.BUY else -trade.quantity)
        line.set(trade.at_ms, after)
        name = _client_order_id(exchange, trade)
        if is_riskd_id(name):
            fill = Fill(
                at_ms=trade.at_ms,
                account=trade.account,
                slot=slot,
                client_order_id=name,
                order_id=trade.order_id,
                quantity=trade.quantity,
                before=before,
                after=after,
            )
            self.fills.append(fill)
            self._on_fill(fill)


class WatchedVenue(Venue):
    """The paper venue with somebody at the door: truth is looked at whenever riskd is told something."""

    truth: Truth
    plan: WatchedPlan
    on_request: Callable[[HttpRequest, str], None]

    def handle(self, request: HttpRequest, *, now_ms: int) -> Delivery:
        if request.method == "POST":
            self.on_request(request, self._account_of(request))
        delivery = super().handle(request, now_ms=now_ms)
        if request.path in _READ_BY_RISKD:
            self.truth.look(self.exchange, now_ms)
            if self.plan.last is None:
                self.truth.told(self._account_of(request), request.path, now_ms)
        return delivery


def booked_orders(exchange: Exchange, account: str, client_order_id: str) -> list[int]:
    """Ids of the venue's orders under a client order id, filled or not; a stop is one order, triggered or not."""
    stops, orders = (
        [order for order in found if order.client_order_id == client_order_id]
        for found in (_all(exchange, account, exchange.algo_orders), _all(exchange, account, exchange.orders))
    )
    triggered = {order.working_order_id for order in stops}
    return [order.order_id for order in (*stops, *orders) if order.order_id not in triggered]


def _all(exchange: Exchange, account: str, listed: Callable[[str, str], tuple[Order, ...]]) -> list[Order]:
    return [order for contract in exchange.contracts for order in listed(account, contract.symbol)]


def slot_of(venue_symbol: str, position_side: str) -> Slot:
    """The slot that an order names; one-way orders name none."""
    return venue_symbol, position_side or PositionSide.BOTH.value


def _client_order_id(exchange: Exchange, trade: Trade) -> str:
    try:
        return exchange.order(trade.account, trade.symbol, order_id=trade.order_id).client_order_id
    except Rejection:
        return ""
