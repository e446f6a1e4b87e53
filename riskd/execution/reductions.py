"""Makes one reduction in as many orders as it takes, each derived from a fresh read, until nothing is left or nothing helps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

from riskd.act.clamp import NOTHING_LEARNED, Fresh, Learned
from riskd.act.cure import Cure, cure_of, learned_from, reason_of
from riskd.act.refusal import Refusal, RefusalReason
from riskd.errors import VenueUnavailable
from riskd.execution.hand import PACED, Hand, Resolve
from riskd.execution.parts import BuildIntent, FreshRead, Means, Unblock
from riskd.model.order import SETTLED, Intent, OrderStatus, Plan, Receipt, Reduction

_ZERO = Decimal(0)
_WAIT_SECONDS = 2.0
# The position shows that nothing is left to do, by our orders or by somebody else's.
_DONE = frozenset(
    {RefusalReason.ALREADY_CLOSED, RefusalReason.ALREADY_REDUCED, RefusalReason.POSITION_FLIPPED}
)
# What is left is smaller than the venue trades: after a first order the reduction is as complete as it can be.
_DUST = frozenset({RefusalReason.BELOW_LOT, RefusalReason.BELOW_MINIMUM})


@dataclass(slots=True)
class Progress:
    """How far one reduction is.

    Attributes:
        closed: Base units that our orders have closed.
        orders: Orders made, whatever became of them.
        setbacks: Orders that were refused or did not fill whole; each takes the next rung of the ladder.
        waits: Times that we waited because we were asked to.
        made_room: Resting take-profits were cancelled after the last order that was refused for them.
        learned: What refusals have taught.
    """

    closed: Decimal = _ZERO
    orders: int = 0
    setbacks: int = 0
    waits: int = 0
    made_room: bool = False
    learned: Learned = field(default=NOTHING_LEARNED)


class Reducer:
    """Makes reductions of one account.

    Args:
        hand: Sends orders.
        read: Reads one position afresh.
        build: Clamps what is left to the fresh position and makes the intent.
        unblock: Cancels resting take-profits that take up the quantity of a position.
        means: What may help beside it.
    """

    def __init__(
        self, *, hand: Hand, read: FreshRead, build: BuildIntent, unblock: Unblock, means: Means
    ) -> None:
        self._hand = hand
        self._read = read
        self._build = build
        self._unblock = unblock
        self._means = means
        self._left: dict[tuple[str, str], Decimal] = {}

    def left(self, reduction: Reduction) -> Decimal | None:
        """Base units that our last order left of a position; None when none was sent, or its outcome is not known."""
        return self._left.get((reduction.symbol, reduction.position_side))

    async def reduce(
        self, plan: Plan, reduction: Reduction, receipts: list[Receipt], resolve: Resolve
    ) -> Refusal | None:
        """Make one reduction; None when it is made, or was found made.

        Args:
            plan: Under way.
            reduction: One of its steps.
            receipts: Grows by the last receipt of each order.
            resolve: Asks the venue what became of an order.

        Raises:
            JournalError: Something could not be made durable.
        """
        bounds, progress = self._hand.bounds, Progress()
        refusal = await self._make_way(plan, reduction)
        while refusal is None:
            rest = left_of(reduction, progress.closed)
            if rest is None:
                return None
            if progress.orders >= bounds.slices_max or progress.setbacks >= bounds.setbacks_max:
                return _attempts(reduction, progress)
            refusal = await self._hand.admitted(plan, rest)
            if refusal is not None:
                break
            fresh = await self._fresh(rest, progress)
            if isinstance(fresh, Refusal):
                return fresh
            built = self._build(plan, rest, fresh, progress.setbacks, self._hand.log.next_sequence())
            if isinstance(built, Refusal):
                return None if _is_done(built, progress) else built
            receipt = await self._hand.send(plan, rest, built, resolve)
            receipts.append(receipt)
            refusal = await self._after(plan, rest, fresh, built, receipt, progress)
            if refusal is not None and refusal.reason in _DUST:
                return None
        return refusal

    async def _fresh(self, rest: Reduction, progress: Progress) -> Fresh | Refusal:
        """The position as it is now. It is read last of all, so that nothing is older than the order that it leads to."""
        touch = None
        if self._means.touch is not None and progress.setbacks == 0:
            touch = await self._means.touch(rest)
        try:
            fresh = await self._read(rest)
        except VenueUnavailable as error:
            return Refusal(RefusalReason.CANNOT_READ, str(error))
        return replace(fresh, touch=touch, learned=progress.learned)

    async def _after(
        self, plan: Plan, rest: Reduction, fresh: Fresh, intent: Intent, receipt: Receipt, progress: Progress
    ) -> Refusal | None:
        """Why no further order may follow; None when a fresh read may decide."""
        progress.orders += 1
        progress.closed += receipt.filled
        progress.setbacks += receipt.status is not OrderStatus.FILLED
        if receipt.status in SETTLED:
            self._left[rest.symbol, rest.position_side] = abs(fresh.held) - receipt.filled
        match receipt.status:
            case OrderStatus.FILLED | OrderStatus.PARTIALLY_FILLED | OrderStatus.CANCELLED:
                progress.made_room = False
                return None
            case OrderStatus.NOT_BOOKED:
                return kept_back(receipt)
            case OrderStatus.REJECTED:
                return await self._cured(plan, rest, fresh, intent, receipt, progress)
            case _:
                return Refusal(RefusalReason.OUTCOME_UNKNOWN, receipt.detail)

    async def _cured(
        self, plan: Plan, rest: Reduction, fresh: Fresh, intent: Intent, receipt: Receipt, progress: Progress
    ) -> Refusal | None:
        cure = cure_of(intent.venue, receipt.code)
        match cure:
            case Cure.MAKE_ROOM if not progress.made_room:
                progress.made_room = True
                return await self._make_room(plan, rest, self._unblock)
            case Cure.READ_AGAIN | Cure.NEXT_RUNG:
                return None
            case Cure.NARROW | Cure.SMALLER:
                progress.learned = learned_from(intent, fresh.mark_price, cure, progress.learned)
                await self._learn_terms(rest, progress)
                return None
            case Cure.WAIT if progress.waits < self._hand.bounds.waits_max:
                progress.waits += 1
                return await self._wait(receipt)
            case Cure.DUST:
                return _dust(receipt, progress)
            case _:
                return Refusal(reason_of(intent.venue, receipt.code), f"{receipt.code} {receipt.detail}")

    async def _wait(self, receipt: Receipt) -> Refusal | None:
        """Keep silent as long as the venue asks, when that is not too long."""
        asked = _WAIT_SECONDS if receipt.retry_after_seconds is None else receipt.retry_after_seconds
        longest = self._hand.bounds.wait_seconds_max
        if asked > longest:
            return Refusal(
                RefusalReason.RATE_LIMITED,
                f"{receipt.code}: the venue asks for {asked:.0f} s of silence; a plan waits {longest:.0f} s",
            )
        await self._hand.pause(asked)
        return None

    async def _learn_terms(self, rest: Reduction, progress: Progress) -> None:
        """Contract terms as they are now. Where they cannot be read, those that are known serve, only narrower."""
        if self._means.terms is None:
            return
        try:
            progress.learned = replace(progress.learned, instrument=await self._means.terms(rest))
        except VenueUnavailable:
            return

    async def _make_room(self, plan: Plan, rest: Reduction, unblock: Unblock) -> Refusal | None:
        try:
            return await unblock(plan, rest, lambda: self._hand.gate(plan, rest, None))
        except VenueUnavailable as error:
            return Refusal(RefusalReason.CANNOT_READ, f"resting orders: {error}")

    async def _make_way(self, plan: Plan, reduction: Reduction) -> Refusal | None:
        """Cancel what would block the first order. Where that is not known, the venue's refusal brings it about."""
        if self._means.make_way is None:
            return None
        refusal = await self._make_room(plan, reduction, self._means.make_way)
        return None if refusal is not None and refusal.reason is RefusalReason.CANNOT_READ else refusal


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


def kept_back(receipt: Receipt) -> Refusal | None:
    """Why the gate kept an order back between the disk and the wire, when that ends the plan."""
    if not receipt.code or RefusalReason(receipt.code) in PACED:
        return None
    return Refusal(RefusalReason(receipt.code), receipt.detail)


def _is_done(refusal: Refusal, progress: Progress) -> bool:
    return refusal.reason in _DONE or (refusal.reason in _DUST and progress.orders > 0)


def _dust(receipt: Receipt, progress: Progress) -> Refusal:
    """Too small for the venue: as good as done after a fill, and else a refusal."""
    reason = RefusalReason.BELOW_MINIMUM if progress.closed else RefusalReason.VENUE_REJECTED
    return Refusal(reason, f"{receipt.code} {receipt.detail}")


def _attempts(reduction: Reduction, progress: Progress) -> Refusal:
    return Refusal(
        RefusalReason.ATTEMPTS,
        f"{progress.orders} orders, {progress.setbacks} of them not filled whole, did not reduce {reduction.symbol} by "
        f"{reduction.quantity}: {progress.closed} closed",
    )
