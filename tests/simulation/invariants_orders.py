"""What must hold of every order: I1 to I4, I5x, I5y, I10, I11, I12 (docs/testing.md says each in words).

Orders that rest, and what riskd takes away, are in ``invariants_resting.py``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from urllib.parse import parse_qsl

from riskd.model.journal import EntryKind, JournalEntry
from riskd.model.order import Direction, Intent, Plan
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.paper.dialect.http import HttpRequest
from riskd.paper.engine.exchange import Exchange
from tests.simulation.books import NEVER_BOOKED, Books
from tests.simulation.invariants_resting import RestingInvariants, is_stop
from tests.simulation.truth import Fill, Slot, Truth, booked_orders, is_riskd_id, slot_of
from tests.simulation.violations import Violations

POSITIONS = "/fapi/v3/positionRisk"
_NAMED_BY = {"/fapi/v1/order": "newClientOrderId", "/fapi/v1/algoOrder": "clientAlgoId"}
_HOUR_SECONDS = 3600.0
# A plan goes by prices that are as old as this, and ends with a whole lot and no dust.
_WINDOW_MS = 20_000
_FAR_INSIDE = 0.9


@dataclass(slots=True, kw_only=True)
class OrderInvariants:
    """Watches what leaves the daemon, what arrives at the venue, what fills and what the journal says of it.

    Attributes:
        halted: Whether the kill switch is pulled.
        on_reserve: Whether the disk is full and the journal lives on its reserve.
        orders_per_hour_max: The house's bound.
        sent: Moments of sends by account.
        positions_told: By account, when the daemon was last told its positions, and which.
    """

    books: Books
    truth: Truth
    violations: Violations
    exchange: Callable[[], Exchange]
    resting: RestingInvariants
    now: Callable[[], datetime]
    halted: Callable[[], bool]
    on_reserve: Callable[[], bool]
    orders_per_hour_max: int
    sent: dict[str, list[float]] = field(default_factory=dict)
    positions_told: dict[str, tuple[datetime, Mapping[Slot, Decimal]]] = field(default_factory=dict)
    sent_ids: set[str] = field(default_factory=set)
    arrived_ids: set[str] = field(default_factory=set)
    filled: dict[str, Decimal] = field(default_factory=dict)
    order_ids: dict[str, int] = field(default_factory=dict)

    def sending(self, account: str, call: VenueCall) -> None:
        """A request that changes something is about to leave the daemon."""
        params, check = dict(call.params), self.violations.check
        if call.method == "DELETE":
            self.resting.cancelling(account, call)
            return
        name = params.get(_NAMED_BY.get(call.path, ""), "")
        meant = self.books.intents.get(name)
        check(meant is not None, "I2", f"order {name} leaves without an intent in the journal")
        check(name not in self.sent_ids, "I3", f"order {name} is sent a second time")
        check(not self.halted(), "I10", f"order {name} leaves after the kill switch was pulled")
        check(not self.on_reserve(), "I10", f"order {name} leaves while the journal lives on its reserve")
        others = [other for other in self.books.unresolved(account) if other != name]
        check(
            not others, "I4", f"order {name} leaves while {others} of {account} are unresolved in the journal"
        )
        if meant is None:
            return
        self.sent_ids.add(name)
        executing = self.books.executing(account)
        check(
            executing == [meant.plan_id],
            "I4",
            f"order of {meant.plan_id} leaves while {executing} are under way",
        )
        self._equal(meant, params)
        left_ms = (meant.expires_at - self.now()).total_seconds() * 1000
        check(int(params["recvWindow"]) <= left_ms + 1, "I2", f"order {name} may arrive after its expiry")
        self._spend(account)
        if is_stop(meant):
            self.resting.placing(meant)
        else:
            self._not_too_much(meant)

    def arriving(self, request: HttpRequest, account: str) -> None:
        """A request that changes something has reached the venue."""
        params = dict(parse_qsl(request.body))
        name = params.get(_NAMED_BY.get(request.path, ""), "")
        if not is_riskd_id(name):
            self.violations.check(
                False, "I2", f"{request.method} {request.path} is no order of riskd's: {params}"
            )
            return
        meant = self.books.intents.get(name)
        self.violations.check(
            meant is not None, "I2", f"order {name} arrives without an intent in the journal"
        )
        self.violations.check(name not in self.arrived_ids, "I3", f"order {name} arrives a second time")
        self.arrived_ids.add(name)
        if meant is not None:
            self.violations.check(
                meant.account == account, "I2", f"order {name} of {meant.account} arrives for {account}"
            )
            self._equal(meant, params)

    def on_fill(self, fill: Fill) -> None:
        """The venue has filled an order of riskd's, wholly or partly."""
        check, name = self.violations.check, fill.client_order_id
        check(
            abs(fill.after) < abs(fill.before),
            "I1",
            f"{name} changes {fill.slot} {fill.before} -> {fill.after}",
        )
        check(fill.after * fill.before >= 0, "I1", f"{name} flips {fill.slot} {fill.before} -> {fill.after}")
        check(
            not self.books.never_booked(name),
            "I5x",
            f"{name} fills after the journal says that it was never booked",
        )
        first = self.order_ids.setdefault(name, fill.order_id)
        check(first == fill.order_id, "I3", f"intent {name} is booked as orders {first} and {fill.order_id}")
        self.filled[name] = self.filled.get(name, Decimal(0)) + fill.quantity
        meant = self.books.intents.get(name)
        if meant is None:
            return
        check(
            self.filled[name] <= meant.quantity,
            "I3",
            f"{self.filled[name]} of {name} filled, meant {meant.quantity}",
        )
        if not is_stop(meant):
            self._plan_not_exceeded(meant)

    def journalled(self, entry: JournalEntry) -> None:
        """An entry became durable; the books have it already."""
        if entry.kind == EntryKind.PLAN:
            self._no_more_than_asked(self.books.plans[str(entry.body["id"])])
        if entry.kind == EntryKind.PLAN_STATE:
            for account in self.truth.slots:
                executing = self.books.executing(account)
                self.violations.check(
                    len(executing) <= 1, "I4", f"plans {executing} of {account} are under way together"
                )
        if entry.kind != EntryKind.RECEIPT:
            return
        name = str(entry.body["client_order_id"])
        last, meant = self.books.receipts[name][-1], self.books.intents.get(name)
        self.violations.check(meant is not None, "I2", f"receipt for {name}, which was never intended")
        if meant is not None and last.status in NEVER_BOOKED:
            booked = booked_orders(self.exchange(), meant.account, name)
            self.violations.check(
                not booked, "I5y", f"the journal says {last.status} of {name}, booked as {booked}"
            )
        self.violations.check(
            last.filled <= self.filled_at_venue(name),
            "I5y",
            f"the journal says that {last.filled} of {name} filled, the venue {self.filled_at_venue(name)}",
        )

    def filled_at_venue(self, name: str) -> Decimal:
        """Base units of an order that the venue has filled so far."""
        meant = self.books.intents[name]
        self.truth.look(self.exchange(), round(self.now().timestamp() * 1000))
        return self.filled.get(meant.client_order_id, Decimal(0))

    def at_end(self) -> None:
        """Once everything has settled: every intent at most one order, every order known to the journal."""
        for name, meant in self.books.intents.items():
            booked = booked_orders(self.exchange(), meant.account, name)
            self.violations.check(len(booked) <= 1, "I3", f"intent {name} is booked as {booked}")
            self.violations.check(
                not (booked and self.books.never_booked(name)),
                "I5y",
                f"{name} was booked; the journal says never",
            )
            # A stop that rested at its last word may have been triggered since.
            if self.books.is_resolved(name) and not is_stop(meant):
                last = self.books.receipts[name][-1]
                filled = self.filled.get(name, Decimal(0))
                self.violations.check(
                    last.filled == filled, "I3", f"journal: {last.filled} of {name}, venue: {filled}"
                )

    def _equal(self, meant: Intent, params: Mapping[str, str]) -> None:
        """I2: what is on the wire is what is in the journal; I1a: and it can only reduce."""
        side = params.get("positionSide", "BOTH")
        prices = [Decimal(params[name]) if name in params else None for name in ("price", "triggerPrice")]
        wire = (params["symbol"], params["side"], side, Decimal(params["quantity"]), *prices)
        durable = (
            meant.venue_symbol,
            meant.direction,
            meant.position_side,
            meant.quantity,
            meant.limit_price,
            meant.trigger_price,
        )
        self.violations.check(wire == durable, "I2", f"sent {wire}, in the journal {durable}")
        closes = {"LONG": Direction.SELL, "SHORT": Direction.BUY}
        reduces = params.get("reduceOnly") == "true" if side == "BOTH" else params["side"] == closes[side]
        self.violations.check(
            reduces, "I1a", f"order {meant.client_order_id} is not reduce-only: {dict(params)}"
        )

    def _spend(self, account: str) -> None:
        """I11: the bound on orders holds over restarts."""
        now = self.now().timestamp()
        sent = self.sent.setdefault(account, [])
        sent.append(now)
        last_hour = sum(at > now - _HOUR_SECONDS for at in sent)
        self.violations.check(
            last_hour <= self.orders_per_hour_max, "I11", f"{last_hour} orders of {account} in an hour"
        )

    def told(self, account: str, answer: VenueAnswer) -> None:
        """What the venue has just told the daemon of an account's positions, true or not."""
        held: dict[Slot, Decimal] = {}
        with suppress(ValueError, TypeError, KeyError, ArithmeticError):
            for row in json.loads(answer.text):
                held[row["symbol"], row["positionSide"]] = Decimal(row["positionAmt"])
        self.positions_told[account] = (self.now(), held)

    def _not_too_much(self, meant: Intent) -> None:
        """I12: no more than what is held by an answer of this very moment, less what shall remain."""
        step = self.books.reduction_of(meant)
        told_at, told = self.positions_told.get(meant.account, (None, {}))
        held = told.get(slot_of(meant.venue_symbol, meant.position_side), Decimal(0))
        self.violations.check(
            told_at == self.now(), "I12", f"{meant} was not cut to a position read just before"
        )
        self.violations.check(meant.held == held, "I12", f"{meant} is cut to {meant.held}, {held} was told")
        most = abs(held) - (abs(step.held) - step.quantity)
        self.violations.check(
            meant.quantity <= most, "I12", f"{meant} closes more than the {most} that the plan leaves"
        )

    def _no_more_than_asked(self, plan: Plan) -> None:
        """I12: what a plan leaves, by the sizes and marks that it was made on, is not far inside its target."""
        if plan.action != "deleverage" or len(plan.effects) > 1 or not plan.reductions:
            return
        now_ms = round(self.now().timestamp() * 1000)
        since_ms = now_ms - _WINDOW_MS
        left = self.truth.gross(plan.account, since_ms, now_ms).high - float(
            sum(step.quantity * step.mark_price for step in plan.reductions)
        )
        equity = self.truth.equity(plan.account, since_ms, now_ms).low
        leverage = left / equity if equity > 0 else math.inf
        self.violations.check(
            leverage >= plan.target * _FAR_INSIDE,
            "I12",
            f"plan {plan.id} leaves a leverage of {leverage:.2f}, {plan.target:.2f} was asked for",
        )

    def _plan_not_exceeded(self, meant: Intent) -> None:
        step = self.books.reduction_of(meant)
        slices = [
            name
            for name, other in self.books.intents.items()
            if (other.plan_id, other.symbol, other.position_side)
            == (meant.plan_id, meant.symbol, meant.position_side)
        ]
        closed = sum((self.filled.get(name, Decimal(0)) for name in slices), Decimal(0))
        self.violations.check(
            closed <= step.quantity,
            "I12",
            f"plan {meant.plan_id} closes {closed} of {meant.symbol}, not {step.quantity}",
        )
