"""What the order protocol works with: the durable record, the questions it asks, its bounds and its result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol, TypeAlias

from riskd.act.clamp import Fresh, Touch
from riskd.act.refusal import Refusal
from riskd.act.remedies.resize import Refit
from riskd.model.instrument import Instrument
from riskd.model.order import Cancellation, Intent, Plan, PlanState, Receipt, Reduction, StopPlacement


class IntentLog(Protocol):
    """The durable record of plans, intents and receipts. Every method returns only when the disk has it.

    Each raises JournalError when it could not be made durable; memory is changed after the disk, never before.
    """

    def plan_began(self, plan: Plan, at: datetime) -> None:
        """A plan starts to be executed."""

    def intent(self, intent: Intent) -> None:
        """An order is about to be sent."""

    def receipt(self, receipt: Receipt) -> None:
        """Something became known about an intent."""

    def plan_ended(self, plan: Plan, state: PlanState, reason: str, at: datetime) -> None:
        """A plan is over."""

    def next_sequence(self) -> int:
        """A number never used before by this installation, for the client order id."""


FreshRead: TypeAlias = Callable[[Reduction], Awaitable[Fresh]]
Gate: TypeAlias = Callable[[Plan, Reduction, Intent | None], Refusal | None]
Unblock: TypeAlias = Callable[[Plan, Reduction, Callable[[], Refusal | None]], Awaitable[Refusal | None]]
BuildIntent: TypeAlias = Callable[[Plan, Reduction, Fresh, int, int], Intent | Refusal]
BuildStop: TypeAlias = Callable[[Plan, StopPlacement, Fresh, int], Intent | Refusal]
Resize: TypeAlias = Callable[[Plan, Reduction, Decimal | None], Awaitable[tuple[Refit, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a plan needs beside the orders that reduce. Where something is None, that step of a plan is refused or left out.

    Attributes:
        may_cancel: Says why nothing may be cancelled for a plan at this very moment, or None.
        cancelling: Makes a cancellation durable before it is sent; raises JournalError when it cannot.
        venue_symbol: The venue's own name of a unified symbol; raises VenueUnavailable when it is not known.
        build_stop: Cuts a stop to the fresh position and makes its intent, under a sequence number.
        resize: Reads which stops no longer fit a position that was reduced; raises VenueUnavailable when it cannot. It is
            told how much our last order left of the position, None when none was sent.
        make_way: Cancels resting take-profits that would block a reduction, before its first order, as ``unblock`` does
            after a refusal; raises VenueUnavailable when it cannot, and the venue's refusal then brings it about.
        touch: Reads the best prices of a book for an order that waits; None when they are not known.
        terms: Reads contract terms afresh after a refusal; raises VenueUnavailable when it cannot.
        verify: Reads the account again and measures what the plan was to mend, in words.
    """

    may_cancel: Callable[[Plan], Refusal | None] | None = None
    cancelling: Callable[[Plan, Cancellation, datetime], None] | None = None
    venue_symbol: Callable[[str], str] | None = None
    build_stop: BuildStop | None = None
    resize: Resize | None = None
    make_way: Unblock | None = None
    touch: Callable[[Reduction], Awaitable[Touch | None]] | None = None
    terms: Callable[[Reduction], Awaitable[Instrument]] | None = None
    verify: Callable[[Plan], Awaitable[str]] | None = None


BARE = Means()
"""Only orders that reduce."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How often and how long the protocol tries.

    Attributes:
        slices_max: Orders for one reduction, filled ones included.
        setbacks_max: Of these, orders that were refused, or that did not fill whole.
        waits_max: Times that one reduction waits because the venue asks for it.
        wait_seconds_max: Longest of these waits. A venue that asks for more is left alone, and a person is called.
        rest_seconds: How long a post-only order waits to be taken.
        proof_margin_seconds: After an intent's expiry, the venue's skew plus the lag of its reads: only a question
            asked later than this proves that an order was not booked (docs/safety of the venue: 1 s + 3 s).
        resolve_questions_max: Questions asked before a person is called. The account stays blocked.
        resolve_pause_seconds: Rest between two questions.
    """

    slices_max: int = 60
    setbacks_max: int = 10
    waits_max: int = 3
    wait_seconds_max: float = 60.0
    rest_seconds: float = 8.0
    proof_margin_seconds: float = 4.0
    resolve_questions_max: int = 20
    resolve_pause_seconds: float = 1.0


DEFAULT_BOUNDS = Bounds()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanResult:
    """How a plan ended.

    Attributes:
        reason: Empty when done; else a word and a detail of everything that was not done.
        receipts: The last receipt of each intent that was made, in order.
        cancelled: Orders that rest no more because of it.
        verified: What the account measures afterwards, in words; empty when nothing was sent or nobody looked.
    """

    plan: Plan
    state: PlanState
    reason: str
    receipts: tuple[Receipt, ...]
    cancelled: tuple[Cancellation, ...] = ()
    verified: str = ""
