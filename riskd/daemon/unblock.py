"""Makes room for a reduction where resting take-profits take up the whole position, as Binance counts them.

Protective stops are never touched: they stay until the reduction is filled, so that no position is naked in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal

from riskd.act.refusal import Refusal
from riskd.errors import VenueUnavailable
from riskd.model.instrument import Instrument
from riskd.model.order import Direction, Plan, Reduction
from riskd.model.report import Surface
from riskd.model.snapshot import OrderKind
from riskd.observe.facts import OrderFact
from riskd.observe.fields import PLAUSIBLE
from riskd.observe.json_text import Rubbish
from riskd.observe.normalise import dialect_of
from riskd.ports import OrderSender, VenueReader

ORDERS_MAX = 20
"""More resting take-profits than this on one position are somebody's grid; a person must decide."""


class Unblocker:
    """Cancels what blocks a reduction.

    Args:
        reader: The account's reader.
        sender: The account's sender.
        listing: The venue's instruments, by the venue's own symbol.
        note: Makes a cancellation durable before it is sent; raises JournalError when it cannot.
        known: Resting orders as the watch last saw them; they decide whether ``make_way`` reads them again.
    """

    def __init__(
        self,
        reader: VenueReader,
        sender: OrderSender,
        *,
        listing: Callable[[], Mapping[str, Instrument]],
        note: Callable[[Plan, OrderFact, datetime], None],
        now: Callable[[], datetime],
        known: Callable[[], tuple[OrderFact, ...]] = tuple,
    ) -> None:
        self._reader = reader
        self._sender = sender
        self._listing = listing
        self._note = note
        self._now = now
        self._known = known

    async def make_way(
        self, plan: Plan, reduction: Reduction, gate: Callable[[], Refusal | None]
    ) -> Refusal | None:
        """Cancel, before the first order, as many resting take-profits as leave too little free; those farthest away first.

        What the watch saw decides whether they are read again: where nothing was in the way, no time is lost.

        Args:
            plan: Under way.
            reduction: One of its steps.
            gate: As for ``__call__``.

        Returns:
            As ``__call__``.

        Raises:
            VenueUnavailable: As ``__call__``.
            JournalError: As ``__call__``.
        """
        if not in_the_way(self._known(), reduction):
            return None
        return await self._cancel(plan, reduction, in_the_way(await self._orders(reduction), reduction), gate)

    async def __call__(
        self, plan: Plan, reduction: Reduction, gate: Callable[[], Refusal | None]
    ) -> Refusal | None:
        """Cancel every ordinary resting limit order that could only close this position.

        Args:
            plan: Under way.
            reduction: What is left of one of its steps.
            gate: Says why nothing may be sent at this very moment, or None; asked before each cancellation.

        Returns:
            The gate's refusal, which ends it; None when everything was cancelled.

        Raises:
            VenueUnavailable: The orders could not be read completely, there are too many, or one may still rest.
            JournalError: A cancellation could not be made durable; it was not sent.
        """
        return await self._cancel(
            plan, reduction, blocking_orders(await self._orders(reduction), reduction), gate
        )

    async def _cancel(
        self,
        plan: Plan,
        reduction: Reduction,
        blocking: tuple[OrderFact, ...],
        gate: Callable[[], Refusal | None],
    ) -> Refusal | None:
        if len(blocking) > ORDERS_MAX:
            raise VenueUnavailable(
                f"{reduction.symbol}: {len(blocking)} resting orders block the reduction; at most {ORDERS_MAX} are "
                "cancelled without a person",
                reason="too_many_orders",
            )
        names = {instrument.symbol: name for name, instrument in self._listing().items()}
        for order in blocking:
            refusal = gate()
            if refusal is not None:
                return refusal
            self._note(plan, order, self._now())
            await self._sender.cancel(names[order.symbol], order.order_id)
        return None

    async def _orders(self, reduction: Reduction) -> tuple[OrderFact, ...]:
        [report] = await self._reader.read([Surface.ORDERS])
        if report.failure or not report.complete:
            raise VenueUnavailable(
                f"{reduction.account}: resting orders could not be read ({report.failure or 'incomplete'})",
                reason=report.failure or "incomplete",
            )
        try:
            read = dialect_of(report.venue).orders(report.payload, self._listing(), PLAUSIBLE)
        except Rubbish as error:
            raise VenueUnavailable(f"{reduction.account}: {error}", reason=error.reason) from error
        return read.value


def blocking_orders(orders: tuple[OrderFact, ...], reduction: Reduction) -> tuple[OrderFact, ...]:
    """Ordinary limit orders on the closing side of a position that may only reduce it.

    In one-way mode these carry the reduce-only mark; in hedge mode every order on the closing side of the position's
    own side is one. Conditional orders, stops among them, are never in the result.
    """
    closing = Direction.SELL if reduction.held > 0 else Direction.BUY
    return tuple(
        order
        for order in orders
        if order.symbol == reduction.symbol
        and order.position_side == reduction.position_side
        and order.direction is closing
        and order.kind is OrderKind.LIMIT
        and not order.conditional
        and (order.reduce_only or reduction.position_side != "BOTH")
    )


def in_the_way(orders: tuple[OrderFact, ...], reduction: Reduction) -> tuple[OrderFact, ...]:
    """The fewest blocking orders without which a reduction fits beside the rest, farthest from mark first.

    Binance refuses a reduce-only order that exceeds the position together with those that rest.
    """
    blocking = sorted(
        blocking_orders(orders, reduction),
        key=lambda order: -abs((order.price or reduction.mark_price) - reduction.mark_price),
    )
    room = abs(reduction.held) - reduction.quantity
    claimed = sum((order.remaining or Decimal(0) for order in blocking), Decimal(0))
    chosen: list[OrderFact] = []
    for order in blocking:
        if claimed <= room:
            break
        claimed -= order.remaining or Decimal(0)
        chosen.append(order)
    return tuple(chosen)
