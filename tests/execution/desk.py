"""One position at a venue that loses answers, books late, fills in part and is traded by others; and an executor before it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from riskd.act.clamp import Fresh, Touch
from riskd.act.refusal import Refusal, RefusalReason
from riskd.act.remedies.resize import Refit
from riskd.errors import JournalError, VenueUnavailable
from riskd.execution import Bounds, Executor, Means, PlanResult
from riskd.model.instrument import Instrument
from riskd.model.order import (
    SETTLED,
    Cancellation,
    Direction,
    Execution,
    Intent,
    OrderList,
    OrderStatus,
    Plan,
    PlanState,
    Receipt,
    Reduction,
    StopPlacement,
)

START = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
EXPIRY = timedelta(seconds=5)
SYMBOL = "BTC/USDT:USDT"
MARK = Decimal(100)
FAULTS = ["fill", "half", "nothing", "answer lost", "request lost", "late", "refused", "somebody closed"]


class JumpingClock:
    """Time that passes only when somebody sleeps or a fault takes it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep_until(self, monotonic_seconds: float) -> None:
        self.seconds = max(self.seconds, monotonic_seconds)


@dataclass
class Booked:
    intent: Intent
    at: float
    filled: Decimal
    rests: bool = False


@dataclass
class FakeVenue:
    """One position. Reduce-only is enforced at the fill; an expired order is never booked.

    Attributes:
        script: What becomes of each new order that reduces, first first; then all fill.
        stop_script: The same of stops; then all rest.
        takes: Share of a post-only order that somebody takes each second.
        stops: Ids of stops that rest, with what each closes.
        take_profits: Quantity of each resting reduce-only limit order.
        history: Everything that changed, in order.
    """

    clock: JumpingClock
    held: Decimal
    script: list[str] = field(default_factory=list)
    stop_script: list[str] = field(default_factory=list)
    booked: list[Booked] = field(default_factory=list)
    sent: list[Intent] = field(default_factory=list)
    waiting: list[tuple[float, Intent]] = field(default_factory=list)
    reads_fail: int = 0
    finds_fail: int = 0
    cancels_fail: int = 0
    takes: Decimal = Decimal(0)
    blocked: bool = False
    stops: dict[str, Decimal] = field(default_factory=dict)
    take_profits: dict[str, Decimal] = field(default_factory=dict)
    orders: set[str] = field(default_factory=set)
    history: list[str] = field(default_factory=list)
    account: str = "a"

    async def close(self) -> None:
        return None

    # -- what the market does -------------------------------------------------------------------------------------

    def book(self, intent: Intent, share: Decimal = Decimal(1)) -> Receipt:
        if not self._closes(intent):
            return receipt(intent, OrderStatus.REJECTED, code="-2022")
        quantity = min(abs(self.held), intent.quantity * share)
        self._fill(quantity)
        self.booked.append(Booked(intent, self.clock.seconds, quantity))
        full = quantity == intent.quantity
        status = OrderStatus.FILLED if full else OrderStatus.PARTIALLY_FILLED
        return receipt(intent, status if quantity else OrderStatus.CANCELLED, filled=quantity)

    def _closes(self, intent: Intent) -> bool:
        return (intent.direction is Direction.SELL) == (self.held > 0) and self.held != 0

    def _fill(self, quantity: Decimal) -> None:
        self.held -= quantity if self.held > 0 else -quantity
        self.history.append(f"closed {quantity}")

    def arrive(self) -> None:
        due = [(at, intent) for at, intent in self.waiting if at <= self.clock.seconds]
        self.waiting = [entry for entry in self.waiting if entry not in due]
        for at, intent in due:
            if START + timedelta(seconds=at) <= intent.expires_at:
                if intent.execution is Execution.STOP:
                    self._rest_stop(intent)
                else:
                    self.book(intent)
        self._take_resting()

    def _take_resting(self) -> None:
        for order in self.booked:
            if order.rests and self._closes(order.intent):
                seconds = Decimal(str(self.clock.seconds - order.at))
                reached = min(order.intent.quantity, order.intent.quantity * self.takes * seconds)
                more = min(max(reached - order.filled, Decimal(0)), abs(self.held))
                if more:
                    self._fill(more)
                order.filled += more
                order.rests = order.filled < order.intent.quantity

    # -- what riskd asks ------------------------------------------------------------------------------------------

    async def send(self, intent: Intent) -> Receipt:
        self.arrive()
        self.sent.append(intent)
        if intent.execution is Execution.STOP:
            return self._stop(intent)
        if self.blocked or intent.quantity + sum(self.take_profits.values()) > abs(self.held) > 0 < len(
            self.take_profits
        ):
            return receipt(intent, OrderStatus.REJECTED, code="-2022")
        return self._order(intent, self.script.pop(0) if self.script else "fill")

    def _order(self, intent: Intent, what: str) -> Receipt:
        match what:
            case "fill" if intent.execution is Execution.POST_ONLY:
                self.booked.append(Booked(intent, self.clock.seconds, Decimal(0), rests=True))
                return receipt(intent, OrderStatus.ACKNOWLEDGED, number=str(len(self.booked)))
            case "fill":
                return self.book(intent)
            case "half":
                return self.book(intent, Decimal("0.5"))
            case "nothing":
                return receipt(intent, OrderStatus.CANCELLED)
            case "answer lost":
                self.book(intent)
                self.clock.seconds += 10
                return receipt(intent, OrderStatus.UNKNOWN)
            case "rests, answer lost" if intent.execution is not Execution.POST_ONLY:
                return self._order(intent, "answer lost")
            case "rests, answer lost":
                self.booked.append(Booked(intent, self.clock.seconds, Decimal(0), rests=True))
                self.clock.seconds += 10
                return receipt(intent, OrderStatus.UNKNOWN)
            case "request lost":
                self.clock.seconds += 10
                return receipt(intent, OrderStatus.UNKNOWN)
            case "late":
                self.waiting.append((self.clock.seconds + 3, intent))
                return receipt(intent, OrderStatus.UNKNOWN)
            case "refused":
                return receipt(intent, OrderStatus.REJECTED, code="-2019")
            case "somebody closed":
                self.held = Decimal(0)
                return self.book(intent)
            case other:
                code, _, wait = other.partition(" wait ")
                return replace(
                    receipt(intent, OrderStatus.REJECTED, code=code),
                    retry_after_seconds=float(wait) if wait else None,
                )

    def _stop(self, intent: Intent) -> Receipt:
        match self.stop_script.pop(0) if self.stop_script else "rest":
            case "rest":
                return self._rest_stop(intent)
            case "answer lost":
                self._rest_stop(intent)
                return receipt(intent, OrderStatus.UNKNOWN)
            case "request lost":
                return receipt(intent, OrderStatus.UNKNOWN)
            case "late":
                self.waiting.append((self.clock.seconds + 3, intent))
                return receipt(intent, OrderStatus.UNKNOWN)
            case code:
                return receipt(intent, OrderStatus.REJECTED, code=code)

    def _rest_stop(self, intent: Intent) -> Receipt:
        self.stops[intent.client_order_id] = intent.quantity
        self.history.append(f"stop {intent.quantity} rests")
        return receipt(intent, OrderStatus.RESTING, number=intent.client_order_id)

    async def cancel(self, venue_symbol: str, order_id: str, kept_in: OrderList = OrderList.ORDINARY) -> None:
        if self.cancels_fail:
            self.cancels_fail -= 1
            raise VenueUnavailable("no answer", reason="timeout")
        if kept_in is OrderList.CONDITIONAL:
            self.stops.pop(order_id, None)
        elif order_id.isdigit() and int(order_id) <= len(self.booked):
            self.booked[int(order_id) - 1].rests = False
        self.orders.discard(order_id)
        self.take_profits.pop(order_id, None)
        self.history.append(f"cancelled {order_id}")

    async def find(self, intent: Intent) -> Receipt | None:
        self.arrive()
        if self.finds_fail:
            self.finds_fail -= 1
            raise VenueUnavailable("maintenance", reason="maintenance")
        if intent.client_order_id in self.stops:
            return receipt(intent, OrderStatus.RESTING, number=intent.client_order_id)
        for number, booked in enumerate(self.booked, 1):
            if booked.intent.client_order_id == intent.client_order_id:
                return receipt(intent, _status(booked), filled=booked.filled, number=str(number))
        return None

    async def read(self, reduction: Reduction) -> Fresh:
        self.arrive()
        if self.reads_fail:
            self.reads_fail -= 1
            raise VenueUnavailable("no positions", reason="timeout")
        return Fresh(held=self.held, mark_price=reduction.mark_price)


def _status(booked: Booked) -> OrderStatus:
    if booked.rests:
        return OrderStatus.ACKNOWLEDGED
    if booked.filled == booked.intent.quantity:
        return OrderStatus.FILLED
    return OrderStatus.PARTIALLY_FILLED if booked.filled else OrderStatus.CANCELLED


@dataclass
class MemoryLog:
    """An intent log that can run out of disk."""

    entries: list[tuple[str, object]] = field(default_factory=list)
    fails_at: int = -1
    sequence: int = 0

    def append(self, kind: str, value: object) -> None:
        if len(self.entries) == self.fails_at:
            raise JournalError("no space left on device")
        self.entries.append((kind, value))

    def plan_began(self, plan: Plan, at: datetime) -> None:
        self.append("plan", plan)

    def intent(self, intent: Intent) -> None:
        self.append("intent", intent)

    def receipt(self, receipt: Receipt) -> None:
        self.append("receipt", receipt)

    def plan_ended(self, plan: Plan, state: PlanState, reason: str, at: datetime) -> None:
        self.append("end", (state, reason))

    def next_sequence(self) -> int:
        self.sequence += 1
        return self.sequence

    def unresolved(self) -> list[Intent]:
        terminal = {
            value.client_order_id
            for kind, value in self.entries
            if kind == "receipt" and isinstance(value, Receipt) and value.status in SETTLED
        }
        intents = [value for kind, value in self.entries if kind == "intent" and isinstance(value, Intent)]
        return [intent for intent in intents if intent.client_order_id not in terminal]

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.entries]


def receipt(
    intent: Intent,
    status: OrderStatus,
    *,
    filled: Decimal = Decimal(0),
    code: str = "",
    number: str = "",
) -> Receipt:
    return Receipt(
        client_order_id=intent.client_order_id,
        status=status,
        filled=filled,
        average_price=None,
        venue_order_id=number,
        code=code,
        detail="",
        at=START,
    )


def a_reduction(held: str = "10", quantity: str = "4") -> Reduction:
    return Reduction(
        account="a",
        symbol=SYMBOL,
        position_side="BOTH",
        held=Decimal(held),
        quantity=Decimal(quantity),
        mark_price=MARK,
        cost_estimate=0.0,
    )


def a_stop(held: str = "10", quantity: str = "10", trigger: str = "95") -> StopPlacement:
    return StopPlacement(
        account="a",
        symbol=SYMBOL,
        position_side="BOTH",
        held=Decimal(held),
        quantity=Decimal(quantity),
        trigger_price=Decimal(trigger),
        mark_price=MARK,
    )


def a_cancellation(order_id: str, kept_in: OrderList = OrderList.ORDINARY) -> Cancellation:
    return Cancellation(
        account="a",
        symbol=SYMBOL,
        position_side="BOTH",
        order_id=order_id,
        client_order_id="",
        kept_in=kept_in,
        what="buy 1 at 90",
    )


def a_plan(
    held: str = "10",
    quantity: str = "4",
    *,
    reductions: Sequence[Reduction] | None = None,
    cancellations: Sequence[Cancellation] = (),
    stops: Sequence[StopPlacement] = (),
) -> Plan:
    return Plan(
        id="p1",
        account="a",
        rule="p/r",
        subject="account=a",
        alert_episode=1,
        action="deleverage",
        target=1.0,
        value_before=2.0,
        value_after=1.0,
        reductions=(a_reduction(held, quantity),) if reductions is None else tuple(reductions),
        untouched=(),
        snapshot_id=1,
        created_at=START,
        cancellations=tuple(cancellations),
        stops=tuple(stops),
    )


class Desk:
    """Everything around one executor.

    Attributes:
        halted_after_gates: The kill switch is pulled after the gate was asked so often.
        refits: What the stops of the position need after a reduction.
        built: What each order was built from.
        left: What our last order left of the position, as the stops are told.
    """

    def __init__(self, held: str = "10", script: list[str] | None = None, *, calm: bool = False) -> None:
        self.clock = JumpingClock()
        self.venue = FakeVenue(self.clock, Decimal(held), list(script or []))
        self.log = MemoryLog()
        self.halted_after_gates = 10**9
        self.refusals: list[Refusal | None] = []
        self.gates = 0
        self.unblocked = 0
        self.unblocking = True
        self.refits: tuple[Refit, ...] = ()
        self.built: list[tuple[int, Fresh]] = []
        self.calm = calm
        self.bounds = Bounds(setbacks_max=6, resolve_questions_max=20)
        self.verified = ""
        self.look_fails = False
        self.left: Decimal | None = None

    def executor(self) -> Executor:
        """As after a start of the daemon."""
        return Executor(
            sender=self.venue,
            log=self.log,
            clock=self.clock,
            read=self.venue.read,
            gate=self._gate,
            build=self.build,
            unblock=self._unblock,
            means=Means(
                may_cancel=lambda _plan: self._halted(),
                cancelling=lambda _plan, order, _at: self.log.append("cancel", order),
                venue_symbol=lambda _symbol: "BTCUSDT",
                build_stop=self._build_stop,
                resize=self._resize,
                make_way=self._make_way,
                touch=self._touch if self.calm else None,
                terms=self._terms,
                verify=self._verify,
            ),
            bounds=self.bounds,
        )

    def run(self, plan: Plan) -> PlanResult:
        return asyncio.run(self.executor().carry_out(plan))

    def resolve(self, intent: Intent) -> Receipt:
        return asyncio.run(self.executor().resolve(intent))

    def _halted(self) -> Refusal | None:
        self.gates += 1
        return Refusal(RefusalReason.HALTED, "kill file") if self.gates > self.halted_after_gates else None

    def _gate(self, plan: Plan, reduction: Reduction, leaving: Intent | None) -> Refusal | None:
        if self.refusals and leaving is None:
            return self.refusals.pop(0)
        if any(intent != leaving for intent in self.log.unresolved()):
            return Refusal(RefusalReason.UNRESOLVED_INTENT, "an order of unknown outcome")
        return self._halted()

    async def _unblock(
        self, plan: Plan, reduction: Reduction, gate: Callable[[], Refusal | None]
    ) -> Refusal | None:
        refusal = gate()
        if refusal is not None:
            return refusal
        self.unblocked += 1
        if self.unblocking:
            self.venue.blocked = False
            for order_id in list(self.venue.take_profits):
                await self.venue.cancel("BTCUSDT", order_id)
        return None

    async def _make_way(
        self, plan: Plan, reduction: Reduction, gate: Callable[[], Refusal | None]
    ) -> Refusal | None:
        free = abs(self.venue.held) - sum(self.venue.take_profits.values())
        return await self._unblock(plan, reduction, gate) if free < reduction.quantity else None

    async def _resize(self, plan: Plan, reduction: Reduction, left: Decimal | None) -> tuple[Refit, ...]:
        self.left = left
        return self.refits

    async def _touch(self, reduction: Reduction) -> Touch | None:
        return Touch(bid=Decimal("99.9"), ask=Decimal("100.1"))

    async def _terms(self, reduction: Reduction) -> Instrument:
        raise VenueUnavailable("no filters", reason="timeout")

    async def _verify(self, plan: Plan) -> str:
        self.venue.history.append("verified")
        if self.look_fails:
            raise VenueUnavailable("no answer", reason="timeout")
        return self.verified

    def build(
        self, plan: Plan, reduction: Reduction, fresh: Fresh, attempt: int, sequence: int
    ) -> Intent | Refusal:
        self.built.append((attempt, fresh))
        held = abs(fresh.held)
        wanted = min(reduction.quantity, held - (abs(reduction.held) - reduction.quantity))
        if fresh.held == 0 or (fresh.held > 0) != (reduction.held > 0) or wanted <= 0:
            return Refusal(RefusalReason.ALREADY_REDUCED, "nothing is left")
        if fresh.learned.quantity_max is not None:
            wanted = min(wanted, fresh.learned.quantity_max)
        waits = fresh.touch is not None and attempt == 0
        return Intent(
            client_order_id=f"{sequence:032x}",
            plan_id=plan.id,
            account=reduction.account,
            venue="v",
            symbol=reduction.symbol,
            venue_symbol="BTCUSDT",
            position_side=reduction.position_side,
            direction=Direction.SELL if fresh.held > 0 else Direction.BUY,
            held=fresh.held,
            quantity=wanted,
            limit_price=self._limit(fresh, waits),
            created_at=self.clock.now(),
            expires_at=self.clock.now() + EXPIRY,
            execution=Execution.POST_ONLY if waits else Execution.IMMEDIATE,
        )

    def _limit(self, fresh: Fresh, waits: bool) -> Decimal | None:
        if waits and fresh.touch is not None:
            return fresh.touch.ask
        reach = fresh.learned.reach
        return None if reach is None else fresh.mark_price * (1 - reach)

    def _build_stop(self, plan: Plan, stop: StopPlacement, fresh: Fresh, sequence: int) -> Intent | Refusal:
        if fresh.held == 0 or (fresh.held > 0) != (stop.held > 0):
            return Refusal(RefusalReason.ALREADY_CLOSED, "nothing is held")
        if fresh.mark_price <= stop.trigger_price:
            return Refusal(RefusalReason.BEYOND_STOP, "the mark is beyond it")
        return Intent(
            client_order_id=f"{sequence:032x}",
            plan_id=plan.id,
            account=stop.account,
            venue="v",
            symbol=stop.symbol,
            venue_symbol="BTCUSDT",
            position_side=stop.position_side,
            direction=Direction.SELL if fresh.held > 0 else Direction.BUY,
            held=fresh.held,
            quantity=min(stop.quantity, abs(fresh.held)),
            limit_price=None,
            created_at=self.clock.now(),
            expires_at=self.clock.now() + EXPIRY,
            execution=Execution.STOP,
            trigger_price=stop.trigger_price,
        )
