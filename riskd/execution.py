"""The order protocol: an intent is durable, sent once, resolved with the venue, and never sent again.

For each slice of a plan: gate, fresh read, clamp, journal the intent, gate again, send once, journal the receipt,
resolve what is unknown, read again. Nothing that happens between two of these lines (a crash, a time-out, a full
disk, another trader) can lead to a second order for the same need: the next slice is always derived from a fresh
read, and an account with an unresolved intent sends nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from riskd.act.clamp import Fresh
from riskd.act.refusal import Refusal, RefusalReason
from riskd.errors import JournalError, VenueUnavailable
from riskd.model.order import SETTLED, Intent, OrderStatus, Plan, PlanState, Receipt, Reduction
from riskd.ports import Clock, OrderSender


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


FreshRead = Callable[[Reduction], Awaitable[Fresh]]
Gate = Callable[[Plan, Reduction, Intent | None], Refusal | None]
Unblock = Callable[[Plan, Reduction, Callable[[], Refusal | None]], Awaitable[Refusal | None]]
BuildIntent = Callable[[Plan, Reduction, Fresh, int, int], Intent | Refusal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How often and how long the protocol tries.

    Attributes:
        slices_max: Orders for one reduction, refused and unfilled ones included.
        proof_margin_seconds: After an intent's expiry, the venue's skew plus the lag of its reads: only a question
            asked later than this proves that an order was not booked (docs/safety of the venue: 1 s + 3 s).
        resolve_questions_max: Questions asked before a person is called. The account stays blocked.
        resolve_pause_seconds: Rest between two questions.
    """

    slices_max: int = 12
    proof_margin_seconds: float = 4.0
    resolve_questions_max: int = 20
    resolve_pause_seconds: float = 1.0


DEFAULT_BOUNDS = Bounds()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanResult:
    """How a plan ended.

    Attributes:
        reason: Empty when done; else a word and a detail.
        receipts: The last receipt of each intent that was made, in order.
    """

    plan: Plan
    state: PlanState
    reason: str
    receipts: tuple[Receipt, ...]


# The venue says that the order would not reduce. Either somebody closed first, which the next fresh read shows, or
# resting reduce-only orders take up the whole quantity, as Binance counts them: then these are cancelled, once.
_NOT_REDUCING = frozenset({"-2022"})


class Executor:
    """Carries out plans of one account, one at a time.

    Args:
        sender: Sends and finds orders of the account.
        log: Durable record.
        clock: Time.
        read: Reads one position afresh; raises VenueUnavailable when it cannot be read completely.
        gate: Says why nothing may be sent at this very moment, or None. Between the disk and the wire it is given the
            intent that is about to leave, which does not stand in its own way.
        unblock: Cancels resting take-profits that take up the quantity of a position, and asks the gate that it is given
            before each of them; returns its refusal. Raises VenueUnavailable when it cannot say whether they are gone.
        build: Clamps what is left of a reduction to the fresh position and makes the intent. Its arguments are
            the plan, the reduction, the fresh position, the attempt (0 first) and the sequence.
    """

    def __init__(
        self,
        *,
        sender: OrderSender,
        log: IntentLog,
        clock: Clock,
        read: FreshRead,
        gate: Gate,
        build: BuildIntent,
        unblock: Unblock,
        bounds: Bounds = DEFAULT_BOUNDS,
    ) -> None:
        self._sender = sender
        self._log = log
        self._clock = clock
        self._read = read
        self._gate = gate
        self._build = build
        self._unblock = unblock
        self._bounds = bounds

    async def carry_out(self, plan: Plan) -> PlanResult:
        """Execute every reduction of the plan. Never raises for what a venue or a disk does.

        Returns:
            DONE when every reduction was made or found made; REFUSED when nothing was sent; else FAILED.
        """
        receipts: list[Receipt] = []
        try:
            self._log.plan_began(plan, self._clock.now())
            stopped = await self._reduce_all(plan, receipts)
            state = _state(stopped, receipts)
            reason = "" if stopped is None else f"{stopped.reason}: {stopped.text}"
            self._log.plan_ended(plan, state, reason, self._clock.now())
        except JournalError as error:
            # The disk is what failed, so it cannot be told. Intents already durable are resolved from the venue
            # later; until then they block the account.
            return PlanResult(
                plan=plan, state=PlanState.FAILED, reason=f"journal: {error}", receipts=tuple(receipts)
            )
        return PlanResult(plan=plan, state=state, reason=reason, receipts=tuple(receipts))

    async def resolve(self, intent: Intent) -> Receipt:
        """Ask the venue what became of an intent until it is certain, or until the bound on questions.

        An order is proved not booked only by a question that was asked after its expiry plus the proof margin and
        that the venue answered with "no such order"; no number of failed questions proves anything.

        Raises:
            JournalError: What was learned could not be made durable; the intent stays unresolved.
        """
        proof_from = intent.expires_at + timedelta(seconds=self._bounds.proof_margin_seconds)
        detail = "the venue could not be asked"
        for _ in range(self._bounds.resolve_questions_max):
            asked_at = self._clock.now()
            try:
                found = await self._sender.find(intent)
            except VenueUnavailable as error:
                detail = str(error)
            else:
                if found is not None and found.status in SETTLED:
                    self._log.receipt(found)
                    return found
                if found is None and asked_at >= proof_from:
                    receipt = self._known(intent, OrderStatus.NOT_BOOKED, "the venue has no such order")
                    self._log.receipt(receipt)
                    return receipt
                detail = "not booked yet, and it still may be" if found is None else "still open at the venue"
            await self._clock.sleep_until(self._clock.monotonic() + self._bounds.resolve_pause_seconds)
        receipt = self._known(intent, OrderStatus.ESCALATED, detail)
        self._log.receipt(receipt)
        return receipt

    async def _reduce_all(self, plan: Plan, receipts: list[Receipt]) -> Refusal | None:
        for reduction in plan.reductions:
            stopped = await self._reduce(plan, reduction, receipts)
            if stopped is not None:
                return stopped
        return None

    async def _reduce(self, plan: Plan, reduction: Reduction, receipts: list[Receipt]) -> Refusal | None:
        """Make one reduction in as many slices as it takes; None when it is made."""
        closed_by_us, refused = Decimal(0), False
        for attempt in range(self._bounds.slices_max):
            rest = left_of(reduction, closed_by_us)
            if rest is None:
                return None
            refusal = self._gate(plan, rest, None)
            if refusal is not None:
                return refusal
            try:
                fresh = await self._read(rest)
            except VenueUnavailable as error:
                return Refusal(RefusalReason.CANNOT_READ, str(error))
            built = self._build(plan, rest, fresh, attempt, self._log.next_sequence())
            if isinstance(built, Refusal):
                return None if _is_done(built, attempt) else built
            receipt = await self._send(plan, rest, built)
            receipts.append(receipt)
            closed_by_us += receipt.filled
            stopped = await self._stop_after(plan, rest, receipt, refused_before=refused)
            if stopped is not None:
                return stopped
            refused = receipt.status is OrderStatus.REJECTED
        return Refusal(
            RefusalReason.ATTEMPTS,
            f"{self._bounds.slices_max} orders did not reduce {reduction.symbol} by {reduction.quantity}",
        )

    async def _send(self, plan: Plan, reduction: Reduction, intent: Intent) -> Receipt:
        self._log.intent(intent)
        # The kill switch is looked at once more between the disk and the wire: both take time.
        refused = self._gate(plan, reduction, intent)
        if refused is not None:
            receipt = self._known(
                intent, OrderStatus.NOT_BOOKED, f"never sent: {refused.reason}", refused.reason
            )
            self._log.receipt(receipt)
            return receipt
        receipt = await self._sender.send(intent)
        self._log.receipt(receipt)
        return receipt if receipt.status in SETTLED else await self.resolve(intent)

    async def _stop_after(
        self, plan: Plan, rest: Reduction, receipt: Receipt, *, refused_before: bool
    ) -> Refusal | None:
        """Why no further slice may follow; None when a fresh read may decide."""
        match receipt.status:
            case OrderStatus.FILLED | OrderStatus.PARTIALLY_FILLED | OrderStatus.CANCELLED:
                return None
            case OrderStatus.NOT_BOOKED:
                return Refusal(RefusalReason(receipt.code), receipt.detail) if receipt.code else None
            case OrderStatus.REJECTED if receipt.code in _NOT_REDUCING and not refused_before:
                return await self._make_room(plan, rest)
            case OrderStatus.REJECTED:
                return Refusal(RefusalReason.VENUE_REJECTED, f"{receipt.code} {receipt.detail}")
            case _:
                return Refusal(RefusalReason.OUTCOME_UNKNOWN, receipt.detail)

    async def _make_room(self, plan: Plan, rest: Reduction) -> Refusal | None:
        try:
            return await self._unblock(plan, rest, lambda: self._gate(plan, rest, None))
        except VenueUnavailable as error:
            return Refusal(RefusalReason.CANNOT_READ, f"resting orders: {error}")

    def _known(self, intent: Intent, status: OrderStatus, detail: str, code: str = "") -> Receipt:
        return Receipt(
            client_order_id=intent.client_order_id,
            status=status,
            filled=Decimal(0),
            average_price=None,
            venue_order_id="",
            code=code,
            detail=detail,
            at=self._clock.now(),
        )


def left_of(reduction: Reduction, closed_by_us: Decimal) -> Reduction | None:
    """The reduction as it stands after this many base units of it were closed; None when nothing is left.

    The position that shall remain, ``|held| - quantity``, stays the same. A position that somebody else makes larger
    meanwhile is therefore reduced by no more than was planned, and one that they reduce counts as done.
    """
    rest = reduction.quantity - closed_by_us
    if rest <= 0:
        return None
    held = abs(reduction.held) - closed_by_us
    return replace(reduction, quantity=rest, held=held if reduction.held > 0 else -held)


# The position shows that nothing is left to do, by our orders or by somebody else's.
_DONE = frozenset(
    {RefusalReason.ALREADY_CLOSED, RefusalReason.ALREADY_REDUCED, RefusalReason.POSITION_FLIPPED}
)
# What is left is smaller than the venue trades: after a first order the reduction is as complete as it can be.
_DUST = frozenset({RefusalReason.BELOW_LOT, RefusalReason.BELOW_MINIMUM})


def _is_done(refusal: Refusal, attempt: int) -> bool:
    return refusal.reason in _DONE or (refusal.reason in _DUST and attempt > 0)


def _state(stopped: Refusal | None, receipts: list[Receipt]) -> PlanState:
    if stopped is None:
        return PlanState.DONE
    sent = any(receipt.status is not OrderStatus.NOT_BOOKED for receipt in receipts)
    return PlanState.FAILED if sent else PlanState.REFUSED
