"""Places the stops of a plan, and those that fit a position after it was reduced. No stop goes before its successor rests."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from riskd.act.cure import Cure, cure_of, reason_of
from riskd.act.refusal import Refusal, RefusalReason
from riskd.act.remedies.resize import Refit
from riskd.errors import VenueUnavailable
from riskd.execution.cancellations import Canceller
from riskd.execution.hand import Hand, Resolve
from riskd.execution.parts import FreshRead, Means
from riskd.execution.reductions import Reducer, kept_back
from riskd.model.order import Intent, OrderStatus, Plan, Receipt, Reduction, StopPlacement

# A position that nobody holds any more needs no stop.
_NOT_NEEDED = frozenset({RefusalReason.ALREADY_CLOSED, RefusalReason.POSITION_FLIPPED})
_SLICES_MAX = 5


class StopPlacer:
    """Places stops of one account.

    Args:
        hand: Sends orders.
        read: Reads one position afresh.
        reducer: Closes what is beyond its stop already.
        canceller: Takes away stops that others have replaced.
        means: What builds stops and knows which no longer fit.
    """

    def __init__(
        self, *, hand: Hand, read: FreshRead, reducer: Reducer, canceller: Canceller, means: Means
    ) -> None:
        self._hand = hand
        self._read = read
        self._reducer = reducer
        self._canceller = canceller
        self._means = means

    async def place(
        self, plan: Plan, stop: StopPlacement, receipts: list[Receipt], resolve: Resolve
    ) -> Refusal | None:
        """Place one stop; close the quantity at once when the price is beyond it already.

        Raises:
            JournalError: Something could not be made durable.
        """
        refusal = await self._rest(plan, stop, receipts, resolve)
        if refusal is not None and refusal.reason is RefusalReason.BEYOND_STOP:
            # Whoever is beyond their stop should be out: the stop would have closed this quantity at market.
            return await self._reducer.reduce(plan, as_reduction(stop), receipts, resolve)
        return refusal

    async def resize(
        self, plan: Plan, reduction: Reduction, receipts: list[Receipt], resolve: Resolve
    ) -> Refusal | None:
        """Fit the stops of a position to what was left of it.

        Raises:
            JournalError: Something could not be made durable.
        """
        if self._means.resize is None:
            return None
        try:
            changes = await self._means.resize(plan, reduction, self._reducer.left(reduction))
        except VenueUnavailable as error:
            return Refusal(RefusalReason.CANNOT_READ, f"stops of {reduction.symbol}: {error}")
        for change in changes:
            refusal = await self._change(plan, change, receipts, resolve)
            if refusal is not None:
                return refusal
        return None

    async def _change(
        self, plan: Plan, change: Refit, receipts: list[Receipt], resolve: Resolve
    ) -> Refusal | None:
        if change.stop is not None:
            refusal = await self._rest(plan, change.stop, receipts, resolve)
            if refusal is not None:
                return refusal  # the old stops stand
        for old in change.replaces:
            refusal = await self._canceller.cancel(plan, old)
            if refusal is not None:
                return refusal
        return None

    async def _rest(
        self, plan: Plan, stop: StopPlacement, receipts: list[Receipt], resolve: Resolve
    ) -> Refusal | None:
        """Place a stop, in several where it is above the venue's largest order; None when all of it rests."""
        if self._means.build_stop is None:
            return Refusal(RefusalReason.CANNOT_DO, f"{stop.symbol}: nothing here places stops")
        left, placed, setbacks = stop.quantity, Decimal(0), 0
        while left > 0 and setbacks < _SLICES_MAX:
            built = await self._built(plan, replace(stop, quantity=left), placed)
            if built is None:
                return None
            if isinstance(built, Refusal):
                return built
            receipt = await self._hand.send(plan, as_reduction(stop), built, resolve)
            receipts.append(receipt)
            if receipt.status is OrderStatus.RESTING:
                left, placed = left - built.quantity, placed + built.quantity
                continue
            setbacks += 1
            refusal = _unplaced(built, receipt)
            if refusal is not None:
                return refusal
        return None if left <= 0 else _attempts(stop, placed)

    async def _built(self, plan: Plan, stop: StopPlacement, placed: Decimal) -> Intent | Refusal | None:
        """The order that places a stop; None when there is nothing left that one could be placed for."""
        refusal = await self._hand.admitted(plan, as_reduction(stop))
        if refusal is not None:
            return refusal
        try:
            fresh = await self._read(as_reduction(stop))
        except VenueUnavailable as error:
            return Refusal(RefusalReason.CANNOT_READ, str(error))
        assert self._means.build_stop is not None, "asked before"
        room = abs(fresh.held) - placed
        if room <= 0 and placed:
            return None
        built = self._means.build_stop(plan, replace(stop, quantity=_least(stop, room)), fresh, self._next())
        if isinstance(built, Refusal) and (built.reason in _NOT_NEEDED or (placed and _is_dust(built))):
            return None
        return built

    def _next(self) -> int:
        return self._hand.log.next_sequence()


def as_reduction(stop: StopPlacement) -> Reduction:
    """A stop as the gate and a fresh read see it: a reduction that waits."""
    return Reduction(
        account=stop.account,
        symbol=stop.symbol,
        position_side=stop.position_side,
        held=stop.held,
        quantity=stop.quantity,
        mark_price=stop.mark_price,
        cost_estimate=0.0,
    )


def _least(stop: StopPlacement, room: Decimal) -> Decimal:
    return min(stop.quantity, room) if room > 0 else stop.quantity


def _is_dust(refusal: Refusal) -> bool:
    return refusal.reason in (RefusalReason.BELOW_LOT, RefusalReason.BELOW_MINIMUM)


def _unplaced(intent: Intent, receipt: Receipt) -> Refusal | None:
    """Why a stop that does not rest is not tried again; None when it may be."""
    match receipt.status:
        case OrderStatus.FILLED | OrderStatus.PARTIALLY_FILLED | OrderStatus.CANCELLED:
            return None  # it triggered, or somebody took it away: a fresh read decides
        case OrderStatus.NOT_BOOKED:
            return kept_back(receipt)
        case OrderStatus.REJECTED:
            return _refused(intent, receipt)
        case _:
            return Refusal(RefusalReason.OUTCOME_UNKNOWN, receipt.detail)


def _refused(intent: Intent, receipt: Receipt) -> Refusal | None:
    text = f"{receipt.code} {receipt.detail}"
    match cure_of(intent.venue, receipt.code):
        case Cure.CLOSE:
            return Refusal(RefusalReason.BEYOND_STOP, text)
        case Cure.READ_AGAIN:
            return None
        case _:
            return Refusal(reason_of(intent.venue, receipt.code), f"stop not placed: {text}")


def _attempts(stop: StopPlacement, placed: Decimal) -> Refusal:
    return Refusal(
        RefusalReason.ATTEMPTS,
        f"{placed} of a stop for {stop.quantity} {stop.symbol} rests, and no more could be placed",
    )
