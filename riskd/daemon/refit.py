"""Reads the stops of a position after it was reduced, for the pure rule that makes them fit (act/remedies/resize.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from riskd.act.remedies.resize import Held, LiveStop, Refit, resized
from riskd.errors import VenueUnavailable
from riskd.execution import FreshRead
from riskd.model.instrument import Instrument
from riskd.model.order import Direction, OrderList, Plan, Reduction
from riskd.model.report import Report, Surface
from riskd.model.snapshot import OrderKind
from riskd.observe.facts import OrderFact
from riskd.observe.fields import PLAUSIBLE
from riskd.observe.json_text import Rubbish
from riskd.observe.normalise import dialect_of
from riskd.ports import VenueReader


class StopFitter:
    """Knows which stops of a position no longer fit.

    Args:
        reader: The account's reader.
        read: One position, read afresh and completely.
        listing: The venue's instruments, by the venue's own symbol.
    """

    def __init__(
        self, reader: VenueReader, read: FreshRead, *, listing: Callable[[], Mapping[str, Instrument]]
    ) -> None:
        self._reader = reader
        self._read = read
        self._listing = listing

    async def __call__(self, _plan: Plan, reduction: Reduction, left: Decimal | None) -> tuple[Refit, ...]:
        """What makes the stops of the position fit, in order; ``Means.resize``.

        Raises:
            VenueUnavailable: The position or one of the two lists of orders could not be read completely.
        """
        stops = live_stops(await self._orders(reduction), reduction)
        if not stops:
            return ()
        instrument = next((i for i in self._listing().values() if i.symbol == reduction.symbol), None)
        if instrument is None:
            raise VenueUnavailable(f"{reduction.symbol}: its contract terms are not known", reason="terms")
        return resized(await self._held(reduction, left), stops, instrument)

    async def _held(self, reduction: Reduction, left: Decimal | None) -> Held:
        """The position now. One that is absent is closed when our own order has filled for all of it."""
        held, mark_price = Decimal(0), reduction.mark_price
        try:
            fresh = await self._read(reduction)
        except VenueUnavailable as error:
            if error.reason != "position_absent" or left != 0:
                raise
        else:
            held, mark_price = fresh.held, fresh.mark_price
        return Held(
            account=reduction.account,
            position_side=reduction.position_side,
            held=held,
            direction=1 if reduction.held > 0 else -1,
            mark_price=mark_price,
        )

    async def _orders(self, reduction: Reduction) -> tuple[OrderFact, ...]:
        reports = await self._reader.read([Surface.ORDERS, Surface.CONDITIONAL_ORDERS])
        return tuple(order for report in reports for order in self._listed(report, reduction))

    def _listed(self, report: Report, reduction: Reduction) -> tuple[OrderFact, ...]:
        where = f"{reduction.account}: {report.surface.value}"
        if report.failure or not report.complete:
            raise VenueUnavailable(
                f"{where} could not be read ({report.failure or 'incomplete'})",
                reason=report.failure or "incomplete",
            )
        dialect = dialect_of(report.venue)
        read = dialect.orders if report.surface is Surface.ORDERS else dialect.conditional_orders
        try:
            found = read(report.payload, self._listing(), PLAUSIBLE)
        except Rubbish as error:
            raise VenueUnavailable(f"{where}: {error}", reason=error.reason) from error
        if found.faults:
            raise VenueUnavailable(f"{where}: {found.faults[0]}", reason="incomplete")
        return found.value


def live_stops(orders: Iterable[OrderFact], reduction: Reduction) -> tuple[LiveStop, ...]:
    """The stops among some orders that can only close this position."""
    closing = Direction.SELL if reduction.held > 0 else Direction.BUY
    return tuple(
        LiveStop(
            order_id=order.order_id,
            client_order_id=order.client_order_id,
            kept_in=OrderList.CONDITIONAL if order.conditional else OrderList.ORDINARY,
            quantity=None if order.close_position else order.remaining,
            trigger_price=order.trigger_price,
        )
        for order in orders
        if order.symbol == reduction.symbol
        and order.position_side == reduction.position_side
        and order.direction is closing
        and order.kind is OrderKind.STOP
        and order.trigger_price is not None
        and (order.reduce_only or order.close_position or reduction.position_side != "BOTH")
    )
