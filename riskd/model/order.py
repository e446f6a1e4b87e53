"""Orders that riskd may send. Every one reduces a position: no other kind can be written down."""

from __future__ import annotations

import math
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


class OrderList(StrEnum):
    """In which of its lists a venue keeps a resting order."""

    ORDINARY = "ordinary"
    CONDITIONAL = "conditional"  # stops and take-profits behind a trigger (Binance: algo orders)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """One step of a plan: cancel one resting order that adds risk. Protective orders are never cancelled.

    Attributes:
        account: Account id.
        symbol: Unified symbol.
        position_side: ``BOTH``, ``LONG`` or ``SHORT``, as the order names it.
        order_id: The venue's id.
        client_order_id: Somebody's own id; may be empty; hostile text.
        kept_in: The venue's list that it rests in.
        what: The order in words, for people: ``buy 0.5 at 20,000``.
    """

    account: str
    symbol: str
    position_side: str
    order_id: str
    client_order_id: str
    kept_in: OrderList
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPlacement:
    """One step of a plan: a stop for a position that has none, or too small a one.

    Attributes:
        account: Account id.
        symbol: Unified symbol.
        position_side: ``BOTH``, ``LONG`` or ``SHORT``, as the position is held.
        held: Signed quantity that the plan was made on.
        quantity: Base units that the stop closes, > 0, <= abs(held): what the stops that rest leave uncovered.
        trigger_price: Quote per base; below mark for a long, above for a short.
        mark_price: Quote per base that the plan was made on.
        note: Why it is nearer than the policy asks, for people; empty: it is not.
    """

    account: str
    symbol: str
    position_side: str
    held: Decimal
    quantity: Decimal
    trigger_price: Decimal
    mark_price: Decimal
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEffect:
    """What a plan does to one rule on one subject, measured by the real measures on the book as it would be.

    Attributes:
        rule: ``policy/rule``.
        subject: In words.
        measure: Name of the measure, for people.
        unit: A word of ``riskd.measure.spec.Unit``.
        before: The measured value; NaN unknown.
        after: The same on the book as it would be.
        target: Where the plan wants it: the action's ``to`` or the clear level. NaN: the plan was not asked to mend it.
        mended: Whether it is within its target afterwards.
    """

    rule: str
    subject: str
    measure: str
    unit: str
    before: float
    after: float
    target: float
    mended: bool


class PlanState(StrEnum):
    """Life of a plan."""

    PROPOSED = "proposed"  # waits for a person, or for its time-out
    APPROVED = "approved"  # a person released it; nothing has been sent
    REJECTED = "rejected"  # a person refused it; its episode gets no other plan of the same size unasked
    EXPIRED = "expired"  # nobody answered in time; nothing was sent
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
        action: Word of the action that asked: ``deleverage``, ``close``, ``cancel_orders``, ``place_stop``, ``flatten``.
        target: Value that the measure shall reach (the clear level, not the trigger), in the measure's unit.
        value_before: The measured value.
        value_after: The same measure on the book as it would be; verified, not assumed.
        reductions: In order of execution.
        untouched: For each position left alone, why.
        snapshot_id: The snapshot it was made on.
        cancellations: Carried out before everything else.
        stops: Placed after everything else.
        effects: Every rule that the plan was asked to mend, and every other one that it changes.
        frees_margin_usd: Initial margin that becomes available; NaN unknown.
        realizes_pnl_usd: Profit (+) or loss (-) that closing turns into cash, costs not included; NaN unknown.
        remains: What it cannot mend, a sentence each.
        advice: What a person could do about that: add margin, transfer, sell spot; a sentence each.
        breaks_hedges: Hedges whose net delta it makes larger. Such a plan is never sent without a person.
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
    cancellations: tuple[Cancellation, ...] = ()
    stops: tuple[StopPlacement, ...] = ()
    effects: tuple[RuleEffect, ...] = ()
    frees_margin_usd: float = math.nan
    realizes_pnl_usd: float = math.nan
    remains: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    breaks_hedges: tuple[str, ...] = ()


class Execution(StrEnum):
    """How an order meets the market."""

    IMMEDIATE = (
        "immediate"  # takes what is there and leaves nothing: market, or limit with immediate-or-cancel
    )
    POST_ONLY = (
        "post_only"  # rests at its limit, never takes, and is cancelled by riskd when its time is over
    )
    STOP = "stop"  # rests behind its trigger and then closes at market


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
        limit_price: Limit inside the price band; None for a market order and for a stop.
        expires_at: Aware UTC; after it (and the clock skew) the venue cannot book the order any more.
        execution: How it meets the market.
        trigger_price: Of a stop: quote per base; None otherwise.
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
    execution: Execution = Execution.IMMEDIATE
    trigger_price: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse anything that would open, increase or flip.

        Raises:
            ValueError: The direction does not close the position, the quantity is not in (0, abs(held)], or the prices
                are not those of its kind of order.
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
        has_prices = (self.limit_price is not None, self.trigger_price is not None)
        if has_prices not in _PRICES_OF[self.execution]:
            raise ValueError(
                f"{self.execution.value} order of {self.symbol} with limit {self.limit_price} and trigger "
                f"{self.trigger_price}: an immediate order has no trigger, a post-only one its limit alone, a stop its "
                "trigger alone"
            )

    @property
    def reduce_only(self) -> bool:
        """Always true."""
        return True


_PRICES_OF = {
    Execution.IMMEDIATE: {(False, False), (True, False)},
    Execution.POST_ONLY: {(True, False)},
    Execution.STOP: {(False, True)},
}
"""Whether an order has a limit and a trigger, by how it meets the market."""


class OrderStatus(StrEnum):
    """What became of an intent, as far as the journal knows."""

    INTENDED = "intended"  # durable, perhaps sent
    ACKNOWLEDGED = "acknowledged"  # the venue answered with our id
    REJECTED = "rejected"  # the venue refused it with an allow-listed code: it is not booked
    UNKNOWN = "unknown"  # sent, outcome not known: only the venue can tell
    FILLED = "filled"
    PARTIALLY_FILLED = "partially_filled"  # the rest is cancelled or expired
    CANCELLED = "cancelled"  # nothing filled
    RESTING = "resting"  # a stop that the venue keeps until its trigger
    NOT_BOOKED = "not_booked"  # the venue proved, after expiry, that it never had it
    ESCALATED = "escalated"  # a person must look; the account stays blocked


SETTLED = frozenset(
    {
        OrderStatus.RESTING,
        OrderStatus.REJECTED,
        OrderStatus.FILLED,
        OrderStatus.PARTIALLY_FILLED,
        OrderStatus.CANCELLED,
        OrderStatus.NOT_BOOKED,
    }
)
"""What leaves nothing to be asked: the order is over, or it is a stop and rests as it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What is known about an intent after sending it or asking the venue.

    Attributes:
        filled: Base units filled, >= 0.
        average_price: Quote per base; None when nothing filled.
        venue_order_id: The venue's id; empty when unknown.
        code: The venue's own code of a refusal; empty otherwise.
        detail: The venue's words or ours, for people; hostile text.
        retry_after_seconds: How long the venue asks for silence with a refusal; None: it does not. Not recorded.
    """

    client_order_id: str
    status: OrderStatus
    filled: Decimal
    average_price: Decimal | None
    venue_order_id: str
    code: str
    detail: str
    at: datetime
    retry_after_seconds: float | None = None
