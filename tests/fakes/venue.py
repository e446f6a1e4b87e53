"""A venue small enough to see through: one account, one contract, fills at the mark. Implements the ports by hand.

The port contracts hold it to the same suite as the real adapters, so that tests which use it mean something.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from riskd.errors import VenueUnavailable
from riskd.model.order import Direction, Intent, OrderList, OrderStatus, Receipt
from riskd.model.report import JsonValue, Report, Surface
from riskd.ports import Clock

_NO_FILL = Decimal(0)


@dataclass
class FakeVenue:
    """The venue's side of things.

    Attributes:
        answers: Payload of each surface, as a venue would give it.
        broken: Surfaces that fail now, and why.
        held: Signed quantity by position side of the one contract.
        mark: Fill price of everything.
        lose_answer: The next order is booked, and its answer lost.
        resting: Ids of ordinary orders that rest.
    """

    clock: Clock
    answers: dict[Surface, JsonValue] = field(default_factory=dict)
    broken: dict[Surface, str] = field(default_factory=dict)
    held: dict[str, Decimal] = field(default_factory=dict)
    mark: Decimal = Decimal(60_000)
    lose_answer: bool = False
    down: bool = False
    booked: dict[str, Receipt] = field(default_factory=dict)
    resting: set[str] = field(default_factory=set)

    def book(self, intent: Intent) -> Receipt:
        """Fill an order at the mark, if it closes something and its limit allows."""
        held = self.held.get(intent.position_side, _NO_FILL)
        closing = Direction.SELL if held > 0 else Direction.BUY
        if held == 0 or closing is not intent.direction:
            return self._receipt(intent, OrderStatus.REJECTED, code="-2022")
        filled = min(intent.quantity, abs(held)) if self._marketable(intent) else _NO_FILL
        self.held[intent.position_side] = held - filled if held > 0 else held + filled
        status = OrderStatus.FILLED if filled else OrderStatus.CANCELLED
        receipt = self._receipt(intent, status, filled=filled)
        self.booked[intent.client_order_id] = receipt
        return receipt

    def _marketable(self, intent: Intent) -> bool:
        if intent.limit_price is None:
            return True
        if intent.direction is Direction.SELL:
            return intent.limit_price <= self.mark
        return intent.limit_price >= self.mark

    def _receipt(
        self, intent: Intent, status: OrderStatus, *, filled: Decimal = _NO_FILL, code: str = ""
    ) -> Receipt:
        return Receipt(
            client_order_id=intent.client_order_id,
            status=status,
            filled=filled,
            average_price=self.mark if filled else None,
            venue_order_id="" if status is OrderStatus.REJECTED else str(len(self.booked) + 1),
            code=code,
            detail="",
            at=self.clock.now(),
        )


class FakeReader:
    """VenueReader over a FakeVenue."""

    def __init__(self, venue: FakeVenue, *, account: str, id: str = "binanceusdm") -> None:
        self._venue = venue
        self._account = account
        self._id = id

    @property
    def venue(self) -> str:
        return self._id

    @property
    def account(self) -> str:
        return self._account

    async def read(self, wanted: Sequence[Surface], *, symbols: Sequence[str] = ()) -> tuple[Report, ...]:
        return tuple(self._report(surface, symbols) for surface in wanted)

    async def close(self) -> None:
        return None

    def _report(self, surface: Surface, symbols: Sequence[str]) -> Report:
        now = self._venue.clock.now()
        failure = self._venue.broken.get(surface, "")
        payload = copy.deepcopy(self._venue.answers.get(surface))
        if surface is Surface.TRADES:
            known = payload if isinstance(payload, dict) else {}
            names = [symbol.partition(":")[0].replace("/", "") for symbol in symbols]
            payload = {name: known.get(name, []) for name in names}
        grows = surface in (Surface.INCOME, Surface.TRADES)
        return Report(
            venue=self._id,
            account=self._account,
            surface=surface,
            requested_at=now,
            received_at=now,
            payload=None if failure else payload,
            failure=failure,
            covers_from=now - timedelta(days=6) if grows and not failure else None,
        )


class FakeSender:
    """OrderSender over a FakeVenue."""

    def __init__(self, venue: FakeVenue, *, account: str) -> None:
        self._venue = venue
        self._account = account

    @property
    def account(self) -> str:
        return self._account

    async def send(self, intent: Intent) -> Receipt:
        venue = self._venue
        if intent.expires_at <= venue.clock.now():
            return venue._receipt(intent, OrderStatus.REJECTED, code="expired")
        if venue.down:
            return venue._receipt(intent, OrderStatus.UNKNOWN, code="reset")
        receipt = venue.book(intent)
        if venue.lose_answer:
            venue.lose_answer = False
            return venue._receipt(intent, OrderStatus.UNKNOWN, code="reset")
        return receipt

    async def find(self, intent: Intent) -> Receipt | None:
        self._ask()
        return self._venue.booked.get(intent.client_order_id)

    async def cancel(self, venue_symbol: str, order_id: str, kept_in: OrderList = OrderList.ORDINARY) -> None:
        self._ask()
        self._venue.resting.discard(order_id)

    async def close(self) -> None:
        return None

    def _ask(self) -> None:
        if self._venue.down:
            raise VenueUnavailable("the fake venue is down", reason="reset")
