"""Orders that riskd may send. Every one reduces a position: no other kind can be written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Direction(StrEnum):
    """The side of an order."""

    BUY = "BUY"
    SELL = "SELL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """One step of a plan: reduce one position by a quantity.

    Attributes:
        account: Account id.
        symbol: Unified symbol.
        position_side: ``BOTH``, ``LONG`` or ``SHORT``, as the position is held.
        held: Signed quantity that the plan was made on.
        quantity: Base units to close, > 0, <= abs(held), a multiple of the lot.
        mark_price: Quote per base that the plan was made on.
        cost_estimate: Fees and slippage in settlement currency, >= 0.
    """

    account: str
    symbol: str
    position_side: str
    held: Decimal
    quantity: Decimal
    mark_price: Decimal
    cost_estimate: float


class PlanState(StrEnum):
    """Life of a plan."""

    PROPOSED = "proposed"
    EXECUTING = "executing"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What riskd means to do about one firing alert, before any order exists.

    Attributes:
        id: Unique, derived from the alert's episode and a counter.
        account: All reductions are in this account.
        rule: ``policy/rule`` that asked for it.
        alert_episode: Episode of the alert.
        action: ``deleverage`` or ``close``.
        target: Value that the measure shall reach (the clear level, not the trigger), in the measure's unit.
        value_before: The measured value.
        value_after: The same measure on the book as it would be; verified, not assumed.
        reductions: In order of execution.
        untouched: For each position left alone, why.
        snapshot_id: The snapshot it was made on.
    """

    id: str
    account: str
    rule: str
    subject: str
    alert_episode: int
    action: str
    target: float
    value_before: float
    value_after: float
    reductions: tuple[Reduction, ...]
    untouched: tuple[tuple[str, str], ...]
    snapshot_id: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """An order that is about to be sent. It is durable before it leaves. It can only reduce.

    There is no field for opening, increasing or flipping: ``reduce_only`` is a property, not a choice, and
    ``__post_init__`` refuses a direction that does not close ``held`` or a quantity above it.

    Attributes:
        client_order_id: 32 lower-case hexadecimal digits, authenticated.
        plan_id: The plan it belongs to.
        held: Signed quantity at the fresh read just before sending.
        quantity: Base units, > 0, <= abs(held).
        limit_price: IOC limit inside the price band; None for a market order.
        expires_at: Aware UTC; after it (and the clock skew) the venue cannot book the order any more.
    """

    client_order_id: str
    plan_id: str
    account: str
    venue: str
    symbol: str
    venue_symbol: str
    position_side: str
    direction: Direction
    held: Decimal
    quantity: Decimal
    limit_price: Decimal | None
    created_at: datetime
    expires_at: datetime

    def __post_init__(self) -> None:
        """Refuse anything that would open, increase or flip.

        Raises:
            ValueError: The direction does not close the position, or the quantity is not in (0, abs(held)].
        """
        closing = Direction.SELL if self.held > 0 else Direction.BUY
        if self.held == 0 or self.direction is not closing:
            raise ValueError(f"{self.direction} does not reduce {self.symbol} held {self.held}")
        if not (self.quantity.is_finite() and 0 < self.quantity <= abs(self.held)):
            raise ValueError(f"quantity {self.quantity} is not within (0, {abs(self.held)}] of {self.symbol}")
        if (self.position_side == "LONG" and self.held < 0) or (
            self.position_side == "SHORT" and self.held > 0
        ):
            raise ValueError(f"position side {self.position_side} contradicts held {self.held}")

    @property
    def reduce_only(self) -> bool:
        """Always true."""
        return True


class OrderStatus(StrEnum):
    """What became of an intent, as far as the journal knows."""

    INTENDED = "intended"  # durable, perhaps sent
    ACKNOWLEDGED = "acknowledged"  # the venue answered with our id
    REJECTED = "rejected"  # the venue refused it with an allow-listed code: it is not booked
    UNKNOWN = "unknown"  # sent, outcome not known: only the venue can tell
    FILLED = "filled"
    PARTIALLY_FILLED = "partially_filled"  # the rest is cancelled or expired
    CANCELLED = "cancelled"  # nothing filled
    NOT_BOOKED = "not_booked"  # the venue proved, after expiry, that it never had it
    ESCALATED = "escalated"  # a person must look; the account stays blocked


TERMINAL = frozenset(
    {
        OrderStatus.REJECTED,
        OrderStatus.FILLED,
        OrderStatus.PARTIALLY_FILLED,
        OrderStatus.CANCELLED,
        OrderStatus.NOT_BOOKED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What is known about an intent after sending it or asking the venue.

    Attributes:
        filled: Base units filled, >= 0.
        average_price: Quote per base; None when nothing filled.
        venue_order_id: The venue's id; empty when unknown.
        code: The venue's own code of a refusal; empty otherwise.
        detail: The venue's words or ours, for people; hostile text.
    """

    client_order_id: str
    status: OrderStatus
    filled: Decimal
    average_price: Decimal | None
    venue_order_id: str
    code: str
    detail: str
    at: datetime
