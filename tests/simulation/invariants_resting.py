"""What must hold of orders that rest: I1b (what riskd may take away) and I23 (the stops that it places and replaces)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from riskd.model.order import Execution, Intent, OrderList, StopPlacement
from riskd.model.wire import VenueCall
from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import Order, OrderType, PositionSide, Rejection, Side
from tests.simulation.books import Books
from tests.simulation.truth import Slot, is_riskd_id, slot_of
from tests.simulation.violations import Violations

LISTS: Mapping[str, OrderList] = {
    "/fapi/v1/order": OrderList.ORDINARY,
    "/fapi/v1/algoOrder": OrderList.CONDITIONAL,
}
"""Paths under which single orders are sent and cancelled, and the list that each belongs to."""


@dataclass(slots=True, kw_only=True)
class RestingInvariants:
    """Watches cancellations and stops as they leave the daemon.

    Attributes:
        halted: Whether the kill switch is pulled.
    """

    books: Books
    violations: Violations
    exchange: Callable[[], Exchange]
    halted: Callable[[], bool]

    def cancelling(self, account: str, call: VenueCall) -> None:
        """A cancellation is about to leave: of one order, for a plan that is under way, and durable before."""
        check, params = self.violations.check, dict(call.params)
        kept_in = LISTS.get(call.path)
        check(kept_in is not None, "I1b", f"riskd cancels by {call.path}, not one order by its id")
        if kept_in is None:
            return
        name = params.get("algoId" if kept_in is OrderList.CONDITIONAL else "orderId", "")
        order = self._resting(account, params["symbol"], name, kept_in)
        if order is None or (is_riskd_id(order.client_order_id) and not order.is_algo):
            return  # gone already, or our own that waited long enough
        check(not self.halted(), "I10", "riskd cancels after the kill switch was pulled")
        executing = self.books.executing(account)
        check(bool(executing), "I4", "riskd cancels without a plan under way")
        check(name in self.books.cancelled, "I2", f"the cancellation of {name} is not in the journal")
        if not _closes(order):
            asked = [step.order_id for plan in executing for step in self.books.plans[plan].cancellations]
            check(name in asked, "I1b", f"riskd cancels {order}, which no plan asks for")
        elif order.type is OrderType.STOP_MARKET:
            self._is_not_needed(order)

    def placing(self, meant: Intent) -> None:
        """A stop is about to leave: beyond the mark, and no wider than what was planned or stood before."""
        assert meant.trigger_price is not None
        slot, long = slot_of(meant.venue_symbol, meant.position_side), meant.held > 0
        planned = [stop.trigger_price for stop in self._planned(meant)]
        stood = [
            order.trigger_price
            for order in self._stops(meant.account, slot)
            if order.trigger_price is not None and (order.side is Side.SELL) == long
        ]
        known = [*planned, *stood]
        widest = (min if long else max)(known) if known else None
        wider = widest is not None and (
            meant.trigger_price < widest if long else meant.trigger_price > widest
        )
        self.violations.check(bool(known), "I23", f"{meant} is a stop that no plan asks for")
        self.violations.check(not wider, "I23", f"{meant} is wider than {widest}")

    def _planned(self, meant: Intent) -> list[StopPlacement]:
        plan = self.books.plans.get(meant.plan_id)
        if plan is None:
            return []
        place = (meant.symbol, meant.position_side)
        return [stop for stop in plan.stops if (stop.symbol, stop.position_side) == place]

    def _is_not_needed(self, order: Order) -> None:
        """I23: a stop goes when its position has gone, or when others that are no wider hold all that it held."""
        held = self._held(order)
        if (order.side is Side.SELL) != (held > 0) or held == 0:
            return
        long = held > 0
        others = [
            other
            for other in self._stops(order.account, (order.symbol, order.position_side.value))
            if other.order_id != order.order_id
            and other.side is order.side
            and not _wider(other, order, long)
        ]
        covered = sum((abs(held) if one.close_position else one.remaining for one in others), Decimal(0))
        needed = abs(held) if order.close_position else min(order.remaining, abs(held))
        self.violations.check(
            covered >= needed, "I23", f"riskd cancels {order}; {covered} of {needed} is held by others"
        )

    def _held(self, order: Order) -> Decimal:
        return next(
            (
                position.quantity
                for position in self.exchange().positions(order.account)
                if (position.symbol, position.position_side) == (order.symbol, order.position_side)
            ),
            Decimal(0),
        )

    def _stops(self, account: str, slot: Slot) -> list[Order]:
        return [
            order
            for order in self.exchange().open_algo_orders(account, slot[0])
            if order.type is OrderType.STOP_MARKET and order.position_side.value == slot[1] and _closes(order)
        ]

    def _resting(self, account: str, symbol: str, name: str, kept_in: OrderList) -> Order | None:
        try:
            if kept_in is OrderList.CONDITIONAL:
                return self.exchange().algo_order(account, algo_id=int(name))
            return self.exchange().order(account, symbol, order_id=int(name))
        except (Rejection, ValueError):
            return None


def is_stop(meant: Intent) -> bool:
    """Whether an intent rests behind a trigger."""
    return meant.execution is Execution.STOP


def _closes(order: Order) -> bool:
    """Whether an order can only close: by its flags, or in hedge mode by its side."""
    by_side = order.position_side is not PositionSide.BOTH and (order.side is Side.SELL) == (
        order.position_side is PositionSide.LONG
    )
    return order.reduce_only or order.close_position or by_side


def _wider(one: Order, other: Order, long: bool) -> bool:
    if one.trigger_price is None or other.trigger_price is None:
        return True
    return one.trigger_price < other.trigger_price if long else one.trigger_price > other.trigger_price
