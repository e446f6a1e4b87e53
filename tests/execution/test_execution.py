"""The order protocol against a venue that loses answers, books late, fills in part and is traded by others."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.act.clamp import Fresh
from riskd.act.refusal import Refusal, RefusalReason
from riskd.errors import JournalError, VenueUnavailable
from riskd.execution import Bounds, Executor, PlanResult, left_of
from riskd.model.order import (
    SETTLED,
    Direction,
    Intent,
    OrderList,
    OrderStatus,
    Plan,
    PlanState,
    Receipt,
    Reduction,
)

START = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
EXPIRY = timedelta(seconds=5)


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


@dataclass
class FakeVenue:
    """One position. Reduce-only is enforced at the fill; an expired order is never booked."""

    clock: JumpingClock
    held: Decimal
    script: list[str] = field(default_factory=list)
    booked: list[Booked] = field(default_factory=list)
    sent: list[Intent] = field(default_factory=list)
    waiting: list[tuple[float, Intent]] = field(default_factory=list)
    reads_fail: int = 0
    finds_fail: int = 0
    blocked: bool = False
    account: str = "a"

    async def close(self) -> None:
        return None

    def book(self, intent: Intent, share: Decimal = Decimal(1)) -> Receipt:
        closes = (intent.direction is Direction.SELL) == (self.held > 0) and self.held != 0
        if not closes:
            return receipt(intent, OrderStatus.REJECTED, code="-2022")
        quantity = min(abs(self.held), intent.quantity * share)
        self.held -= quantity if self.held > 0 else -quantity
        self.booked.append(Booked(intent, self.clock.seconds, quantity))
        full = quantity == intent.quantity
        status = OrderStatus.FILLED if full else OrderStatus.PARTIALLY_FILLED
        return receipt(intent, status if quantity else OrderStatus.CANCELLED, filled=quantity)

    def arrive(self) -> None:
        due = [(at, intent) for at, intent in self.waiting if at <= self.clock.seconds]
        self.waiting = [entry for entry in self.waiting if entry not in due]
        for at, intent in due:
            if START + timedelta(seconds=at) <= intent.expires_at:
                self.book(intent)

    async def send(self, intent: Intent) -> Receipt:
        self.arrive()
        self.sent.append(intent)
        if self.blocked:
            return receipt(intent, OrderStatus.REJECTED, code="-2022")
        match self.script.pop(0) if self.script else "fill":
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
            case "request lost":
                self.clock.seconds += 10
                return receipt(intent, OrderStatus.UNKNOWN)
            case "late":
                self.waiting.append((self.clock.seconds + 3, intent))
                return receipt(intent, OrderStatus.UNKNOWN)
            case "refused":
                return receipt(intent, OrderStatus.REJECTED, code="-4131")
            case "somebody closed":
                self.held = Decimal(0)
                return self.book(intent)
            case other:
                raise AssertionError(other)

    async def cancel(self, venue_symbol: str, order_id: str, kept_in: OrderList = OrderList.ORDINARY) -> None:
        raise AssertionError("the executor cancels through unblock")

    async def find(self, intent: Intent) -> Receipt | None:
        self.arrive()
        if self.finds_fail:
            self.finds_fail -= 1
            raise VenueUnavailable("maintenance", reason="maintenance")
        for booked in self.booked:
            if booked.intent.client_order_id == intent.client_order_id:
                full = booked.filled == intent.quantity
                status = OrderStatus.FILLED if full else OrderStatus.PARTIALLY_FILLED
                return receipt(intent, status, filled=booked.filled)
        return None

    async def read(self, reduction: Reduction) -> Fresh:
        self.arrive()
        if self.reads_fail:
            self.reads_fail -= 1
            raise VenueUnavailable("no positions", reason="timeout")
        return Fresh(held=self.held, mark_price=reduction.mark_price)


@dataclass
class MemoryLog:
    """An intent log that can run out of disk."""

    entries: list[tuple[str, object]] = field(default_factory=list)
    fails_at: int = -1
    sequence: int = 0

    def _append(self, kind: str, value: object) -> None:
        if len(self.entries) == self.fails_at:
            raise JournalError("no space left on device")
        self.entries.append((kind, value))

    def plan_began(self, plan: Plan, at: datetime) -> None:
        self._append("plan", plan)

    def intent(self, intent: Intent) -> None:
        self._append("intent", intent)

    def receipt(self, receipt: Receipt) -> None:
        self._append("receipt", receipt)

    def plan_ended(self, plan: Plan, state: PlanState, reason: str, at: datetime) -> None:
        self._append("end", (state, reason))

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


def receipt(intent: Intent, status: OrderStatus, *, filled: Decimal = Decimal(0), code: str = "") -> Receipt:
    return Receipt(
        client_order_id=intent.client_order_id,
        status=status,
        filled=filled,
        average_price=None,
        venue_order_id="",
        code=code,
        detail="",
        at=START,
    )


def a_plan(held: str = "10", quantity: str = "4") -> Plan:
    reduction = Reduction(
        account="a",
        symbol="BTC/USDT:USDT",
        position_side="BOTH",
        held=Decimal(held),
        quantity=Decimal(quantity),
        mark_price=Decimal(100),
        cost_estimate=0.0,
    )
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
        reductions=(reduction,),
        untouched=(),
        snapshot_id=1,
        created_at=START,
    )


class Desk:
    """Everything around one executor."""

    def __init__(self, held: str = "10", script: list[str] | None = None) -> None:
        self.clock = JumpingClock()
        self.venue = FakeVenue(self.clock, Decimal(held), list(script or []))
        self.log = MemoryLog()
        self.halted_after_gates = 10**9
        self.gates = 0
        self.unblocked = 0
        self.executor = Executor(
            sender=self.venue,
            log=self.log,
            clock=self.clock,
            read=self.venue.read,
            gate=self._gate,
            build=self._build,
            unblock=self._unblock,
            bounds=Bounds(slices_max=6, resolve_questions_max=20),
        )

    def _gate(self, plan: Plan, reduction: Reduction, leaving: Intent | None) -> Refusal | None:
        self.gates += 1
        return Refusal(RefusalReason.HALTED, "kill file") if self.gates > self.halted_after_gates else None

    async def _unblock(
        self, plan: Plan, reduction: Reduction, gate: Callable[[], Refusal | None]
    ) -> Refusal | None:
        refusal = gate()
        if refusal is not None:
            return refusal
        self.unblocked += 1
        self.venue.blocked = False
        return None

    def _build(
        self, plan: Plan, reduction: Reduction, fresh: Fresh, attempt: int, sequence: int
    ) -> Intent | Refusal:
        held = abs(fresh.held)
        wanted = min(reduction.quantity, held - (abs(reduction.held) - reduction.quantity))
        if fresh.held == 0 or (fresh.held > 0) != (reduction.held > 0) or wanted <= 0:
            return Refusal(RefusalReason.ALREADY_REDUCED, "nothing is left")
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
            limit_price=None,
            created_at=self.clock.now(),
            expires_at=self.clock.now() + EXPIRY,
        )

    def run(self, plan: Plan) -> PlanResult:
        return asyncio.run(self.executor.carry_out(plan))


def test_a_plan_closes_exactly_what_it_meant_to() -> None:
    desk = Desk()
    result = desk.run(a_plan())
    assert result.state is PlanState.DONE
    assert desk.venue.held == Decimal(6)
    assert [kind for kind, _ in desk.log.entries] == ["plan", "intent", "receipt", "end"]


def test_a_short_is_reduced_by_buying() -> None:
    desk = Desk(held="-10")
    assert desk.run(a_plan(held="-10")).state is PlanState.DONE
    assert desk.venue.held == Decimal(-6)


def test_a_lost_answer_is_resolved_with_the_venue_and_never_sent_again() -> None:
    desk = Desk(script=["answer lost"])
    assert desk.run(a_plan()).state is PlanState.DONE
    assert len(desk.venue.sent) == 1
    assert desk.venue.held == Decimal(6)


def test_a_lost_request_is_replaced_only_after_the_venue_has_proved_that_it_never_came() -> None:
    desk = Desk(script=["request lost"])
    assert desk.run(a_plan()).state is PlanState.DONE
    first, second = desk.venue.sent
    proved = [value for kind, value in desk.log.entries if kind == "receipt" and isinstance(value, Receipt)][
        1
    ]
    assert proved.status is OrderStatus.NOT_BOOKED
    assert proved.at >= first.expires_at + timedelta(seconds=4)
    assert second.client_order_id != first.client_order_id
    assert desk.venue.held == Decimal(6)


def test_an_order_that_books_late_is_found_and_not_repeated() -> None:
    desk = Desk(script=["late"])
    assert desk.run(a_plan()).state is PlanState.DONE
    assert len(desk.venue.sent) == 1
    assert desk.venue.held == Decimal(6)


def test_an_outcome_that_cannot_be_learned_ends_the_plan_and_leaves_the_intent_open() -> None:
    desk = Desk(script=["request lost"])
    desk.venue.finds_fail = 10**6
    result = desk.run(a_plan())
    assert result.state is PlanState.FAILED
    assert "outcome_unknown" in result.reason
    assert len(desk.venue.sent) == 1
    assert len(desk.log.unresolved()) == 1


def test_partial_fills_are_followed_by_what_a_fresh_read_still_shows() -> None:
    desk = Desk(script=["half", "nothing", "half"])
    assert desk.run(a_plan()).state is PlanState.DONE
    assert desk.venue.held == Decimal(6)
    assert [intent.quantity for intent in desk.venue.sent] == [4, 2, 2, 1]


def test_a_position_that_somebody_closed_needs_no_order() -> None:
    desk = Desk(held="0")
    assert desk.run(a_plan()).state is PlanState.DONE
    assert desk.venue.sent == []


def test_a_position_that_was_flipped_by_somebody_is_left_alone() -> None:
    desk = Desk(held="-3")
    assert desk.run(a_plan()).state is PlanState.DONE
    assert desk.venue.held == Decimal(-3)


def test_what_somebody_closes_meanwhile_counts_as_done() -> None:
    desk = Desk(held="7")
    assert desk.run(a_plan()).state is PlanState.DONE
    assert desk.venue.held == Decimal(6)


def test_a_reduce_only_refusal_leads_to_a_fresh_read() -> None:
    desk = Desk(script=["somebody closed"])
    assert desk.run(a_plan()).state is PlanState.DONE
    assert desk.venue.booked == []


def test_resting_orders_that_take_up_the_position_are_cancelled_once() -> None:
    desk = Desk()
    desk.venue.blocked = True
    assert desk.run(a_plan()).state is PlanState.DONE
    assert (desk.unblocked, desk.venue.held) == (1, Decimal(6))


def test_nothing_is_cancelled_after_the_kill_switch_was_pulled() -> None:
    desk = Desk()
    desk.venue.blocked = True
    desk.halted_after_gates = 2
    result = desk.run(a_plan())
    assert (result.state, desk.unblocked) == (PlanState.FAILED, 0)
    assert result.reason.startswith("halted")


def test_a_second_reduce_only_refusal_in_a_row_ends_the_plan() -> None:
    desk = Desk(script=["somebody closed"])
    desk.venue.held = Decimal(10)
    desk.venue.script = []
    desk.venue.blocked = True

    async def useless(plan: Plan, reduction: Reduction, gate: Callable[[], Refusal | None]) -> Refusal | None:
        desk.unblocked += 1
        return gate()

    desk.executor._unblock = useless
    result = desk.run(a_plan())
    assert result.state is PlanState.FAILED
    assert "-2022" in result.reason
    assert (desk.unblocked, len(desk.venue.sent)) == (1, 2)


def test_another_refusal_ends_the_plan_with_the_venues_code() -> None:
    desk = Desk(script=["refused"])
    result = desk.run(a_plan())
    assert result.state is PlanState.FAILED
    assert "-4131" in result.reason


def test_nothing_is_sent_when_the_position_cannot_be_read() -> None:
    desk = Desk()
    desk.venue.reads_fail = 1
    result = desk.run(a_plan())
    assert result.state is PlanState.REFUSED
    assert desk.venue.sent == []


@pytest.mark.parametrize("gates", [0, 1])
def test_a_halt_stops_before_the_read_and_between_the_disk_and_the_wire(gates: int) -> None:
    desk = Desk()
    desk.halted_after_gates = gates
    assert desk.run(a_plan()).state is PlanState.REFUSED
    assert desk.venue.sent == []
    assert desk.log.unresolved() == []


def test_an_intent_that_cannot_be_made_durable_is_not_sent() -> None:
    desk = Desk()
    desk.log.fails_at = 1
    result = desk.run(a_plan())
    assert result.state is PlanState.FAILED
    assert desk.venue.sent == []


def test_a_receipt_that_cannot_be_made_durable_leaves_the_intent_open() -> None:
    desk = Desk()
    desk.log.fails_at = 2
    assert desk.run(a_plan()).state is PlanState.FAILED
    assert len(desk.log.unresolved()) == 1


FAULTS = ["fill", "half", "nothing", "answer lost", "request lost", "late", "refused", "somebody closed"]


@settings(max_examples=300, derandomize=True)
@given(
    script=st.lists(st.sampled_from(FAULTS), max_size=8),
    held=st.integers(-20, 20),
    planned=st.integers(-20, 20).filter(lambda n: n != 0),
    quantity=st.integers(1, 20),
    finds_fail=st.integers(0, 25),
    disk_fails_at=st.integers(-1, 12),
)
def test_no_fault_makes_a_position_grow_flip_or_shrink_by_more_than_planned(
    script: list[str], held: int, planned: int, quantity: int, finds_fail: int, disk_fails_at: int
) -> None:
    desk = Desk(held=str(held), script=script)
    desk.venue.finds_fail = finds_fail
    desk.log.fails_at = disk_fails_at
    plan = a_plan(held=str(planned), quantity=str(min(quantity, abs(planned))))
    desk.run(plan)
    ours = sum((booked.filled for booked in desk.venue.booked), Decimal(0))
    after = desk.venue.held
    assert after * held >= 0
    assert abs(after) <= abs(held)
    assert ours <= plan.reductions[0].quantity
    intents = [value for kind, value in desk.log.entries if kind == "intent"]
    assert all(sent in intents for sent in desk.venue.sent)
    assert len({intent.client_order_id for intent in desk.venue.sent}) == len(desk.venue.sent)
    assert len(desk.log.unresolved()) <= 1


def test_an_intent_cannot_be_built_that_opens_increases_or_flips() -> None:
    chance = random.Random(7)
    desk = Desk()
    good = desk._build(
        a_plan(),
        a_plan().reductions[0],
        Fresh(held=Decimal(10), mark_price=Decimal(1)),
        0,
        1,
    )
    assert isinstance(good, Intent)
    for _ in range(200):
        held = Decimal(chance.randint(-5, 5))
        quantity = Decimal(chance.randint(-2, 8))
        direction = chance.choice(list(Direction))
        reduces = held != 0 and (direction is Direction.SELL) == (held > 0) and 0 < quantity <= abs(held)
        if reduces:
            assert replace(good, held=held, quantity=quantity, direction=direction).reduce_only
        else:
            with pytest.raises(ValueError, match=r"does not reduce|is not within"):
                replace(good, held=held, quantity=quantity, direction=direction)


@given(planned=st.integers(1, 50), quantity=st.integers(1, 50), closed=st.integers(0, 50))
def test_what_is_left_of_a_reduction_ends_at_the_same_position(
    planned: int, quantity: int, closed: int
) -> None:
    reduction = replace(
        a_plan().reductions[0], held=Decimal(-planned), quantity=Decimal(min(quantity, planned))
    )
    rest = left_of(reduction, Decimal(closed))
    if closed >= reduction.quantity:
        assert rest is None
    else:
        assert rest is not None
        assert abs(rest.held) - rest.quantity == abs(reduction.held) - reduction.quantity
        assert rest.quantity == reduction.quantity - closed
