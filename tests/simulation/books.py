"""What the journal says, read by the simulation for itself: intents, receipts, plans, messages, deliveries."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from riskd.model.journal import EntryKind, JournalEntry
from riskd.model.message import Message
from riskd.model.order import SETTLED, Intent, OrderStatus, Plan, PlanState, Receipt, Reduction
from riskd.record.nouns import fields_of, intent, message, receipt
from riskd.record.plan_text import plan

# What the journal may say only of an order that the venue does not have.
NEVER_BOOKED = frozenset({OrderStatus.REJECTED, OrderStatus.NOT_BOOKED})


@dataclass(slots=True)
class Books:
    """The durable record as it grows, entry by entry.

    Attributes:
        cancelled: The venue's ids of orders that are to be cancelled.
        states: Of plans, newest.
        messages: In order; a message that is written again under its key takes the place of the first.
        posted: Keys of messages that people have seen since they were written down, or that the journal says they have.
        shown: What each root post shows now: the key of its newest edit.
    """

    intents: dict[str, Intent] = field(default_factory=dict)
    receipts: dict[str, list[Receipt]] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    states: dict[str, PlanState] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    posted: set[str] = field(default_factory=set)
    shown: dict[str, str] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    head: tuple[int, str] = (0, "0" * 64)

    def take(self, entry: JournalEntry) -> None:
        """One more durable entry."""
        self.head = (entry.sequence, entry.hash)
        fields = fields_of(entry)
        match entry.kind:
            case EntryKind.INTENT:
                meant = intent(fields)
                self.intents[meant.client_order_id] = meant
            case EntryKind.RECEIPT:
                got = receipt(fields)
                self.receipts.setdefault(got.client_order_id, []).append(got)
            case EntryKind.PLAN:
                made = plan(fields)
                self.plans[made.id] = made
            case EntryKind.PLAN_STATE:
                self.states[fields.text("id")] = fields.word("state", PlanState)
            case EntryKind.MESSAGE:
                said = message(fields)
                self.messages[said.key] = said
                self.posted.discard(said.key)
            case EntryKind.DELIVERY:
                self.posted.add(fields.text("key"))
            case EntryKind.CANCEL:
                facts = entry.body["facts"]
                assert isinstance(facts, dict)
                self.cancelled.add(str(facts["order_id"]))
            case _:
                pass

    def unresolved(self, account: str) -> list[str]:
        """Ids of the account's orders of which nothing final is known."""
        return [
            name
            for name, meant in self.intents.items()
            if meant.account == account and not self.is_resolved(name)
        ]

    def is_resolved(self, name: str) -> bool:
        """Whether the last word on an order is final."""
        receipts = self.receipts.get(name, [])
        return bool(receipts) and receipts[-1].status in SETTLED

    def never_booked(self, name: str) -> bool:
        """Whether the journal has ever said that the venue does not have an order."""
        return any(got.status in NEVER_BOOKED for got in self.receipts.get(name, []))

    def executing(self, account: str) -> list[str]:
        """Plans of an account that are under way."""
        return [
            name
            for name, state in self.states.items()
            if state is PlanState.EXECUTING and self.plans[name].account == account
        ]

    def reduction_of(self, meant: Intent) -> Reduction:
        """The step of a plan that an intent belongs to; a stop that is placed, or closed because its trigger is passed, is
        one of all that it covers."""
        plan, place = self.plans[meant.plan_id], (meant.symbol, meant.position_side)
        found = next(
            (step for step in plan.reductions if (step.symbol, step.position_side) == place),
            None,
        )
        if found is not None:
            return found
        stop = next(stop for stop in plan.stops if (stop.symbol, stop.position_side) == place)
        return Reduction(
            account=stop.account,
            symbol=stop.symbol,
            position_side=stop.position_side,
            held=stop.held,
            quantity=stop.quantity,
            mark_price=stop.mark_price,
            cost_estimate=0.0,
        )

    def intended(self, plan_id: str, symbol: str, position_side: str) -> Decimal:
        """Base units that were meant to be closed of one position for one plan, whatever became of them."""
        return sum(
            (
                meant.quantity
                for meant in self.intents.values()
                if (meant.plan_id, meant.symbol, meant.position_side) == (plan_id, symbol, position_side)
            ),
            Decimal(0),
        )

    def waiting(self) -> list[Message]:
        """Messages that people have not got, but for edits of a post that a later edit has overtaken."""
        last_edit = {said.thread: said.key for said in self.messages.values() if said.edits_root}
        return [
            said
            for key, said in self.messages.items()
            if key not in self.posted
            and not (said.edits_root and (last_edit[said.thread] != key or self._is_overtaken(said.thread)))
        ]

    def _is_overtaken(self, thread: str) -> bool:
        """Whether people see words that were said while nothing could be written, and that are newer for it."""
        return self.shown.get(thread, "") not in {"", *self.messages}

    def seen(self, said: Message) -> None:
        """People can see a message now."""
        self.posted.add(said.key)
        if said.edits_root or not said.thread:
            self.shown[said.thread or said.key] = said.key
