"""What a restart must know, read out of the journal alone: no ledger file is needed to come back safely."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from riskd.errors import JournalError
from riskd.model.alert import AlertKey
from riskd.model.journal import EntryKind, JournalEntry
from riskd.model.message import REMINDER, Message
from riskd.model.order import SETTLED, Intent, Plan, PlanState, Receipt, Reduction, StopPlacement
from riskd.record.bodies import Decision, PolicyRecord
from riskd.record.fields import JsonObject
from riskd.record.nouns import alert_key, decision, fields_of, intent, message, policy_record, receipt
from riskd.record.plan_text import plan

_ENDED = frozenset(
    {
        PlanState.DONE,
        PlanState.REFUSED,
        PlanState.FAILED,
        PlanState.WITHDRAWN,
        PlanState.REJECTED,
        PlanState.EXPIRED,
    }
)

NEVER_BEGUN = frozenset(
    {PlanState.PROPOSED, PlanState.APPROVED, PlanState.REJECTED, PlanState.EXPIRED, PlanState.WITHDRAWN}
)
"""States of plans of which nothing was ever sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An intent and the last that is known of it.

    Attributes:
        intended_at: When it became durable.
        notional: Quantity times limit price, or times the mark of its plan for a market order.
    """

    intent: Intent
    intended_at: datetime
    notional: Decimal
    receipt: Receipt | None = None

    @property
    def open(self) -> bool:
        """True while only the venue can tell what became of it."""
        return self.receipt is None or self.receipt.status not in SETTLED


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecord:
    """A plan and the last that is known of it.

    Attributes:
        changed_at: When it got its present state.
    """

    plan: Plan
    state: PlanState
    reason: str
    recorded_at: datetime
    changed_at: datetime

    @property
    def open(self) -> bool:
        """True until it is over: done, refused, failed, withdrawn, rejected or expired."""
        return self.state not in _ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What the journal says about the present.

    Attributes:
        sequence: Of the last entry.
        snapshot_id: Highest ever used; the next cycle counts on from here.
        policy_hash: Of the policies last in force; empty when there never were any.
        policies: The policies last in force, as they were read; None when there never were any.
        judged_by: The policies of the last cycle: what the states of alerts come from.
        halted: The kill switch was pulled and not released.
        started_at: When the daemon last started; None: never.
        stopped_at: When it last ended in order; earlier than ``started_at`` after a crash.
        last_at: Time of the last entry: the daemon was alive then.
        alert_states: Newest state of each alert, as the judge wrote it.
        orders: Intents that are open, or were made since the asked moment, in order.
        plans: Plans that are open, or changed since the asked moment, in order.
        undelivered: For each channel, the messages that it has not taken, in order.
        roots: ``((channel, key), reference)`` of every post that later ones edit or stand under.
        decisions: What people decided, with when, in order.
        reminded: Keys of the reminders that were said.
    """

    sequence: int = 0
    snapshot_id: int = 0
    policy_hash: str = ""
    policies: PolicyRecord | None = None
    judged_by: PolicyRecord | None = None
    halted: bool = False
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    last_at: datetime | None = None
    alert_states: tuple[tuple[AlertKey, JsonObject], ...] = ()
    orders: tuple[OrderRecord, ...] = ()
    plans: tuple[PlanRecord, ...] = ()
    undelivered: tuple[tuple[str, tuple[Message, ...]], ...] = ()
    roots: tuple[tuple[tuple[str, str], str], ...] = ()
    decisions: tuple[tuple[datetime, Decision], ...] = ()
    reminded: frozenset[str] = frozenset()

    def open_intents(self, account: str | None = None) -> tuple[Intent, ...]:
        """Intents whose outcome is not known, of one account or of all. They block it and are never sent again."""
        return tuple(
            order.intent
            for order in self.orders
            if order.open and (account is None or order.intent.account == account)
        )

    def orders_since(self, account: str, since: datetime) -> tuple[OrderRecord, ...]:
        """Orders of an account that were intended after ``since``, whatever became of them."""
        return tuple(
            order for order in self.orders if order.intent.account == account and order.intended_at > since
        )

    def notional_since(self, account: str, since: datetime) -> Decimal:
        """Sum of the notionals of those orders: every order counts from the moment it was meant."""
        return sum((order.notional for order in self.orders_since(account, since)), Decimal(0))

    def plans_since(self, account: str, since: datetime) -> tuple[PlanRecord, ...]:
        """Plans of an account that were recorded after ``since``, whatever became of them."""
        return tuple(
            record for record in self.plans if record.plan.account == account and record.recorded_at > since
        )


def remember(entries: Iterable[JournalEntry], *, since: datetime, channels: Sequence[str]) -> Remembered:
    """Fold the whole journal into what a restart must know.

    Args:
        entries: Every entry, oldest first.
        since: Orders and plans that are over are kept when they are newer than this; a day back serves every bound.
        channels: Names of the channels to which messages go.

    Raises:
        JournalError: A body is not what its kind promises, or a kind is unknown: a newer riskd wrote it, and what
            it means for orders cannot be guessed.
    """
    fold = Fold(channels)
    for entry in entries:
        fold.apply(entry)
    return fold.result(since)


@dataclass(slots=True)
class Fold:
    """What is known so far.

    The daemon keeps one and applies each entry to it once the entry is durable, so that what it believes while it runs
    is what a restart would read.
    """

    channels: Sequence[str]
    last: JournalEntry | None = None
    known: Remembered = field(default_factory=Remembered)
    states: dict[AlertKey, JsonObject] = field(default_factory=dict)
    orders: dict[str, OrderRecord] = field(default_factory=dict)
    plans: dict[str, PlanRecord] = field(default_factory=dict)
    queues: dict[str, dict[str, Message]] = field(default_factory=dict)
    roots: dict[tuple[str, str], str] = field(default_factory=dict)
    decisions: list[tuple[datetime, Decision]] = field(default_factory=list)
    reminded: set[str] = field(default_factory=set)
    strays: dict[str, set[str]] = field(default_factory=dict)

    def apply(self, entry: JournalEntry) -> None:
        """Take in one more entry.

        Raises:
            JournalError: As for ``remember``.
        """
        handle = _HANDLERS.get(entry.kind)
        if handle is None:
            raise JournalError(
                f"journal entry {entry.sequence}: kind {entry.kind!r} is unknown; run the riskd version that wrote it"
            )
        handle(self, entry)
        self.last = entry

    def result(self, since: datetime) -> Remembered:
        """What is known now; ``since`` as for ``remember``."""
        orders = (order for order in self.orders.values() if order.open or order.intended_at >= since)
        plans = (record for record in self.plans.values() if record.open or record.changed_at >= since)
        return replace(
            self.known,
            sequence=self.last.sequence if self.last else 0,
            last_at=self.last.at if self.last else None,
            alert_states=tuple(self.states.items()),
            orders=tuple(orders),
            plans=tuple(plans),
            undelivered=tuple(
                (channel, tuple(self.queues.get(channel, {}).values())) for channel in self.channels
            ),
            roots=tuple(self.roots.items()),
            decisions=tuple(self.decisions),
            reminded=frozenset(self.reminded),
        )


def _start(fold: Fold, entry: JournalEntry) -> None:
    fold.known = replace(fold.known, started_at=entry.at)


def _stop(fold: Fold, entry: JournalEntry) -> None:
    fold.known = replace(fold.known, stopped_at=entry.at)


def _kill_switch(fold: Fold, entry: JournalEntry) -> None:
    fold.known = replace(fold.known, halted=entry.kind == EntryKind.HALT)


def _policy(fold: Fold, entry: JournalEntry) -> None:
    policies = policy_record(entry)
    fold.known = replace(fold.known, policy_hash=policies.policy_hash, policies=policies)


def _cycle(fold: Fold, entry: JournalEntry) -> None:
    fields, known = fields_of(entry), fold.known
    in_force = known.policies
    judged = in_force if in_force is not None and in_force.policy_hash == fields.text("policy_hash") else None
    highest = max(known.snapshot_id, fields.whole("snapshot_id"))
    fold.known = replace(known, snapshot_id=highest, judged_by=judged or known.judged_by)


def _alert(fold: Fold, entry: JournalEntry) -> None:
    fields = fields_of(entry)
    fold.states[alert_key(fields)] = fields.object("state")


def _plan(fold: Fold, entry: JournalEntry) -> None:
    made = plan(fields_of(entry))
    fold.plans[made.id] = PlanRecord(
        plan=made, state=PlanState.PROPOSED, reason="", recorded_at=entry.at, changed_at=entry.at
    )


def _plan_state(fold: Fold, entry: JournalEntry) -> None:
    fields = fields_of(entry)
    record = fold.plans.get(fields.text("id"))
    if record is None:
        raise JournalError(
            f"{fields.where}: plan {fields.text('id')!r} has no entry of its own before this one"
        )
    fold.plans[record.plan.id] = replace(
        record, state=fields.word("state", PlanState), reason=fields.text("reason"), changed_at=entry.at
    )


def _intent(fold: Fold, entry: JournalEntry) -> None:
    meant = intent(fields_of(entry))
    fold.orders[meant.client_order_id] = OrderRecord(
        intent=meant, intended_at=entry.at, notional=_notional(meant, fold.plans.get(meant.plan_id))
    )


def _receipt(fold: Fold, entry: JournalEntry) -> None:
    fields = fields_of(entry)
    got = receipt(fields)
    order = fold.orders.get(got.client_order_id)
    if order is None:
        raise JournalError(f"{fields.where}: order {got.client_order_id!r} has no intent before this entry")
    fold.orders[got.client_order_id] = replace(order, receipt=got)


def _message(fold: Fold, entry: JournalEntry) -> None:
    """Queued on every channel; an edit takes the place of earlier ones of its root, which must never come after it."""
    queued = message(fields_of(entry))
    if queued.key.startswith(REMINDER):
        fold.reminded.add(queued.key)
    for channel in fold.channels:
        queue = fold.queues.setdefault(channel, {})
        if queued.edits_root:
            for key in [k for k, m in queue.items() if m.edits_root and m.thread == queued.thread]:
                del queue[key]
        queue[queued.key] = queued


def _delivery(fold: Fold, entry: JournalEntry) -> None:
    fields = fields_of(entry)
    channel, key, thread = fields.text("channel"), fields.text("key"), fields.text("thread")
    root, reference = (channel, thread or key), fields.text("reference")
    taken = fold.queues.get(channel, {}).pop(key, None)
    if taken is None:
        fold.roots.setdefault(
            root, reference
        )  # said while nothing could be written: what it was is not known
    elif taken.edits_root:
        fold.roots[root] = reference
    elif taken.is_referred_to or not taken.thread:
        fold.roots[(channel, key)] = reference


def _decision(fold: Fold, entry: JournalEntry) -> None:
    fold.decisions.append((entry.at, decision(fields_of(entry))))


def _fault(fold: Fold, entry: JournalEntry) -> None:
    """A stray order is remembered, so that it is told once."""
    facts = fields_of(entry).object("facts")
    stray = facts.get("stray")
    if isinstance(stray, str):
        fold.strays.setdefault(str(facts.get("account", "")), set()).add(stray)


def _nothing(fold: Fold, entry: JournalEntry) -> None:
    """A kind that a restart need not know of."""


def _notional(meant: Intent, record: PlanRecord | None) -> Decimal:
    """A market order and a stop have no limit of their own: they count at the mark that their plan was made on."""
    if meant.limit_price is not None:
        return meant.quantity * meant.limit_price
    steps: tuple[Reduction | StopPlacement, ...] = (
        (*record.plan.reductions, *record.plan.stops) if record else ()
    )
    marks = [
        step.mark_price
        for step in steps
        if (step.symbol, step.position_side) == (meant.symbol, meant.position_side)
    ]
    return meant.quantity * marks[0] if marks else Decimal(0)


_HANDLERS: Mapping[str, Callable[[Fold, JournalEntry], None]] = {
    EntryKind.START: _start,
    EntryKind.STOP: _stop,
    EntryKind.GAP: _nothing,
    EntryKind.HALT: _kill_switch,
    EntryKind.RESUME: _kill_switch,
    EntryKind.FAULT: _fault,
    EntryKind.ACCOUNTS: _nothing,
    EntryKind.POLICY: _policy,
    EntryKind.CYCLE: _cycle,
    EntryKind.EVENT: _alert,
    EntryKind.STATE: _alert,
    EntryKind.PLAN: _plan,
    EntryKind.PLAN_STATE: _plan_state,
    EntryKind.INTENT: _intent,
    EntryKind.RECEIPT: _receipt,
    EntryKind.CANCEL: _nothing,
    EntryKind.MESSAGE: _message,
    EntryKind.DELIVERY: _delivery,
    EntryKind.DECISION: _decision,
}
