"""Only take-profits of the position under reduction are cancelled, each written down first, none after the gate has closed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from riskd.act.refusal import Refusal, RefusalReason
from riskd.daemon.unblock import Unblocker
from riskd.model.order import Intent, OrderList, Plan, Receipt, Reduction
from riskd.model.report import JsonValue, Report, Surface
from riskd.observe.facts import OrderFact
from riskd.observe.fields import PLAUSIBLE
from riskd.observe.normalise import dialect_of
from tests.fakes.clock import NOON
from tests.observe.rows import an_order
from tests.observe.world import BTC, Watch, World, report, reports
from tests.record.builder import a_plan

STEP = Reduction(
    account="main",
    symbol=BTC,
    position_side="BOTH",
    held=Decimal("0.500"),
    quantity=Decimal("0.200"),
    mark_price=Decimal(60_000),
    cost_estimate=0.0,
)


class Account:
    """A venue with some resting orders, and everything that is done to it, in order."""

    venue, account = "binanceusdm", "main"

    def __init__(self, *orders: JsonValue) -> None:
        self.orders: list[JsonValue] = list(orders)
        self.done: list[str] = []
        self.reads = 0
        watch = Watch()
        watch.see(reports(World().answers()))
        self.listing = watch.known.venue("binanceusdm").instruments.value or {}

    async def read(self, wanted: Sequence[Surface], *, symbols: Sequence[str] = ()) -> tuple[Report, ...]:
        self.reads += 1
        return (report(Surface.ORDERS, self.orders),)

    async def cancel(self, venue_symbol: str, order_id: str, kept_in: OrderList = OrderList.ORDINARY) -> None:
        self.done.append(f"cancel {order_id}")

    async def send(self, intent: Intent) -> Receipt:
        raise AssertionError("nothing is sent")

    async def find(self, intent: Intent) -> Receipt | None:
        raise AssertionError("nothing is looked for")

    async def close(self) -> None:
        return None

    def note(self, plan: Plan, order: OrderFact, at: datetime) -> None:
        self.done.append(f"note {order.order_id}")

    def unblock(self, gate: Callable[[], Refusal | None]) -> Refusal | None:
        return asyncio.run(_run(self._unblocker(()), gate))

    def make_way(self, known: tuple[OrderFact, ...] | None = None) -> None:
        """Before the first order of a reduction, with what the watch saw: all that rests, or what is given."""
        watch = self._orders() if known is None else known
        asyncio.run(_make_way(self._unblocker(watch)))

    def _orders(self) -> tuple[OrderFact, ...]:
        return dialect_of(self.venue).orders(self.orders, self.listing, PLAUSIBLE).value

    def _unblocker(self, known: tuple[OrderFact, ...]) -> Unblocker:
        return Unblocker(
            self, self, listing=lambda: self.listing, note=self.note, now=lambda: NOON, known=lambda: known
        )


async def _run(unblocker: Unblocker, gate: Callable[[], Refusal | None]) -> Refusal | None:
    return await unblocker(a_plan(), STEP, gate)


async def _make_way(unblocker: Unblocker) -> None:
    assert await unblocker.make_way(a_plan(), STEP, lambda: None) is None


def take_profit(order_id: int, *, price: str = "65000", quantity: str = "0.200") -> JsonValue:
    return an_order(
        orderId=order_id,
        side="SELL",
        type="LIMIT",
        price=price,
        origQty=quantity,
        executedQty="0",
        reduceOnly=True,
    )


def test_each_cancellation_is_written_down_before_it_is_sent() -> None:
    account = Account(take_profit(1), take_profit(2))

    assert account.unblock(lambda: None) is None
    assert account.done == ["note 1", "cancel 1", "note 2", "cancel 2"]


def test_nothing_is_cancelled_once_the_gate_has_closed() -> None:
    account = Account(take_profit(1), take_profit(2))
    answers = iter([None, Refusal(RefusalReason.HALTED, "kill file")])

    refusal = account.unblock(lambda: next(answers))

    assert refusal is not None
    assert refusal.reason is RefusalReason.HALTED
    assert account.done == ["note 1", "cancel 1"]


def test_an_order_that_may_open_stays() -> None:
    account = Account(an_order(orderId=1, side="SELL", type="LIMIT", price="65000", reduceOnly=False))

    assert account.unblock(lambda: None) is None
    assert account.done == []


def test_before_the_first_order_the_farthest_go_until_the_reduction_fits_beside_the_rest() -> None:
    account = Account(
        take_profit(1, price="61000"), take_profit(2, price="64000"), take_profit(3, price="62000")
    )

    account.make_way()  # 0.5 held, 0.2 to be closed: 0.3 may stay claimed

    assert account.done == ["note 2", "cancel 2", "note 3", "cancel 3"]


def test_where_the_watch_saw_nothing_in_the_way_no_time_is_lost_with_reading() -> None:
    account = Account(take_profit(1), take_profit(2))

    account.make_way(known=())

    assert (account.reads, account.done) == (0, [])


def test_what_the_watch_saw_is_not_believed_without_reading_it_again() -> None:
    account = Account(take_profit(1), take_profit(2))
    seen = account._orders()
    account.orders.clear()

    account.make_way(known=seen)

    assert (account.reads, account.done) == (1, [])
