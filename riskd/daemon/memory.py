"""What the daemon knows durably: each change is on the disk before it is believed.

The journal's own fold is kept up to date entry by entry, so what the daemon believes while it runs is exactly what it
would read after being killed. Alerts and what is said of them are the one exception: when the journal cannot be written
they move on in memory, because a full disk must not stop alerts; they are written down as soon as it can be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence, Set
from datetime import datetime, timedelta

from riskd.act.guard import Spent
from riskd.act.identity import sequence_of
from riskd.cycle import CycleResult
from riskd.daemon.gate import Books
from riskd.daemon.outbox import Delivery
from riskd.errors import JournalError
from riskd.judge.state_text import state_from_json, state_to_json
from riskd.model.alert import AlertKey, AlertState
from riskd.model.journal import EntryKind, JournalEntry
from riskd.model.message import Message
from riskd.model.order import Cancellation, Intent, Plan, PlanState, Receipt
from riskd.observe.facts import OrderFact
from riskd.ports import Journal, Record
from riskd.record import bodies
from riskd.record.canonical import canonical_json
from riskd.record.fields import JsonObject
from riskd.record.fold import NEVER_BEGUN, Fold, PlanRecord, Remembered
from riskd.record.plan_text import plan_body

_KEPT = timedelta(days=1)
# What happens whether or not the disk takes it, and must be told in its order once the disk does.
_OWED_LATER = frozenset({EntryKind.MESSAGE, EntryKind.EVENT, EntryKind.DELIVERY})
_OWED_MAX = 5000


class Memory:
    """The durable memory; implements ``riskd.execution.IntentLog``.

    Args:
        journal: Already open and verified.
        channels: Names of the channels to which messages go.
        now: When we start.

    Raises:
        JournalError: An entry is not what its kind promises.
    """

    def __init__(self, journal: Journal, *, channels: Sequence[str], now: datetime) -> None:
        self._journal = journal
        self._fold = Fold(channels)
        for entry in journal.entries():
            self._fold.apply(entry)
        found = self._fold.result(now - _KEPT)
        self.at_start = found
        self._journal_fault = ""
        self.states: Mapping[AlertKey, AlertState] = {
            key: state_from_json(body) for key, body in found.alert_states
        }
        self._unwritten: set[AlertKey] = set()
        self._owed: list[Record] = []
        self._unrecorded: list[JournalEntry] = []
        self._snapshot_id = found.snapshot_id
        # Numbers that were handed out and not used may have carried an order's number beyond the journal's own.
        self._sequence = max([found.sequence, *map(sequence_of, self._fold.orders)])

    # -- what is asked ------------------------------------------------------------------------------------------

    def next_snapshot_id(self) -> int:
        """A number that no cycle of this installation ever had, also not one whose entry could not be written."""
        self._snapshot_id += 1
        return self._snapshot_id

    def next_sequence(self) -> int:
        """A number that no client order id of this installation ever had: above every entry of the journal."""
        self._sequence = max(self._sequence, self._journal.head[0]) + 1
        return self._sequence

    def present(self, now: datetime) -> Remembered:
        """Everything remembered, orders and plans of the last day included."""
        return self._fold.result(now - _KEPT)

    def open_intents(self, now: datetime) -> tuple[Intent, ...]:
        """Orders whose outcome is not known."""
        return self.present(now).open_intents()

    def books(self, account: str, rule: str, now: datetime, *, since: datetime | None = None) -> Books:
        """What the journal says of an account's orders, for the guard.

        Args:
            since: When a person last armed the rule again: its plans before that do not count against it.
        """
        found = self.present(now)
        hour, day = now - timedelta(hours=1), now - timedelta(days=1)
        plans = [record for record in found.plans if record.plan.account == account and _was_begun(record)]
        ended = [record.changed_at for record in plans if not record.open]
        return Books(
            unresolved=len(found.open_intents(account)),
            open_plan=next((record.plan.id for record in plans if record.state is PlanState.EXECUTING), ""),
            spent=Spent(
                plans_last_hour=sum(
                    record.recorded_at > hour and _policy(record.plan.rule) == _policy(rule)
                    for record in plans
                ),
                rule_plans_last_day=sum(
                    record.recorded_at > (max(day, since) if since else day) and record.plan.rule == rule
                    for record in plans
                ),
                orders_last_ten_seconds=len(found.orders_since(account, now - timedelta(seconds=10))),
                orders_last_minute=len(found.orders_since(account, now - timedelta(minutes=1))),
                orders_last_hour=len(found.orders_since(account, hour)),
                orders_last_day=len(found.orders_since(account, day)),
                notional_last_hour=found.notional_since(account, hour),
                notional_last_day=found.notional_since(account, day),
                last_plan_at=max(ended, default=None),
            ),
        )

    def attempts(self) -> Mapping[tuple[str, str, int], int]:
        """How many plans each episode has had, by rule, subject in words and episode."""
        return Counter(
            (record.plan.rule, record.plan.subject, record.plan.alert_episode)
            for record in self._fold.plans.values()
        )

    def settled_at(self, now: datetime) -> Mapping[str, datetime]:
        """When the last plan of each account ended that had begun, of the last day."""
        ended = [record for record in self.present(now).plans if _was_begun(record) and not record.open]
        return {record.plan.account: record.changed_at for record in sorted(ended, key=_changed_at)}

    def meant(self, account: str) -> frozenset[str]:
        """Client order ids of every intent of an account, and of strays that were told already."""
        ours = {name for name, order in self._fold.orders.items() if order.intent.account == account}
        return frozenset(ours | self._fold.strays.get(account, set()))

    def venue_orders(self, account: str) -> frozenset[str]:
        """The venue's ids of the orders of an account, as far as receipts name them."""
        return frozenset(
            order.receipt.venue_order_id
            for order in self._fold.orders.values()
            if order.intent.account == account and order.receipt is not None and order.receipt.venue_order_id
        )

    def stray(self, account: str, client_order_id: str, what: str, now: datetime) -> None:
        """An order under riskd's mark was seen that the journal never meant; it is told once."""
        facts = [("account", account), ("stray", client_order_id)]
        self.owe(EntryKind.FAULT, bodies.daemon_body(what, facts=facts), now)

    @property
    def told(self) -> Container[str]:
        """Keys of the root messages that some channel has, or that wait for it."""
        return _Told(self._fold)

    @property
    def reminded(self) -> Set[str]:
        """Keys of the reminders that the journal holds."""
        return self._fold.reminded

    @property
    def journal_fault(self) -> str:
        """Why nothing new may be begun: the journal cannot be written, or only into its reserve. Empty: it can."""
        if self._journal_fault == "" and self._journal.on_reserve:
            return "the disk is full; what stands here went into the space kept for last words"
        return self._journal_fault

    @property
    def journal_ok(self) -> bool:
        """False while the journal cannot be written as it should; no order is sent meanwhile."""
        return self.journal_fault == ""

    @property
    def unrecorded(self) -> tuple[JournalEntry, ...]:
        """Entries that the ledger has not copied yet.

        While it cannot be written they pile up here; when it is opened again it catches up from the journal itself and
        they are dropped.
        """
        return tuple(self._unrecorded)

    def recorded(self) -> None:
        """The ledger has copied everything."""
        self._unrecorded.clear()

    # -- what is told -------------------------------------------------------------------------------------------

    def cycle(self, result: CycleResult, now: datetime) -> None:
        """Make a cycle durable with one write: what must be said, what changed, the cycle's own digest, in this order.

        If only the beginning survives a crash, the alerts that were not written move again in the next cycle, and
        their messages, which have the same keys, replace themselves.
        """
        self.states = result.advance.states
        changed = {event.key for event in result.advance.events}
        moved = set(result.advance.changed) - changed
        records: list[tuple[EntryKind, JsonObject]] = [
            (EntryKind.MESSAGE, bodies.message_body(message)) for message in result.messages
        ]
        for event in result.advance.events:
            state = state_to_json(self.states.get(event.key, AlertState()))
            records.append((EntryKind.EVENT, bodies.event_body(event, state)))
        for key in sorted(moved | self._unwritten, key=lambda k: (k.rule, str(k.subject))):
            state = state_to_json(self.states.get(key, AlertState()))
            records.append((EntryKind.STATE, bodies.state_body(key, state)))
        records.append((EntryKind.CYCLE, bodies.cycle_body(result.rows)))
        try:
            self._append_all(records, now)
            self._unwritten.clear()
        except JournalError:
            self._unwritten |= changed | moved

    def refill_reserve(self) -> None:
        """Set space aside again for last words on a full disk, once there is room."""
        if not self._journal.on_reserve:
            return
        try:
            self._journal.refill_reserve()
        except JournalError as error:
            self._journal_fault = str(error)

    def note(self, kind: EntryKind, body: JsonObject, now: datetime) -> bool:
        """Write down something about riskd itself; False when the journal cannot be written."""
        try:
            self._append(kind, now, body)
        except JournalError:
            return False
        return True

    def owe(self, kind: EntryKind, body: JsonObject, now: datetime) -> None:
        """Write down what is so whether or not the journal can be written: now, or before whatever it takes next."""
        if not self.note(kind, body, now):
            self._owed = [*self._owed, (kind, now, body)]

    def say(self, message: Message, now: datetime) -> None:
        """Make a message durable. One that cannot be is said all the same, and written down as soon as it can be."""
        self.note(EntryKind.MESSAGE, bodies.message_body(message), now)

    def delivered(self, delivery: Delivery, now: datetime) -> None:
        """A channel took a message."""
        body = bodies.delivery_body(
            channel=delivery.channel,
            key=delivery.key,
            thread=delivery.thread,
            reference=delivery.reference,
        )
        self.note(EntryKind.DELIVERY, body, now)

    def plan_proposed(self, plan: Plan, now: datetime) -> bool:
        """A plan waits for a person; nothing is sent. False when it could not be made durable: then nobody may be asked."""
        return self.note(EntryKind.PLAN, plan_body(plan), now)

    def cancelling(self, plan: Plan, order: OrderFact | Cancellation, now: datetime) -> None:
        """A resting order is about to be cancelled: one that a plan names, or a take-profit that blocks it.

        Raises:
            JournalError: It could not be made durable; it must not be cancelled.
        """
        facts = [
            ("plan", plan.id),
            ("account", plan.account),
            ("symbol", order.symbol),
            ("order_id", order.order_id),
            ("client_order_id", order.client_order_id),
        ]
        why = (
            f"cancels a resting order, as the plan says: {order.what}"
            if isinstance(order, Cancellation)
            else "cancels a resting take-profit that blocks a reduction"
        )
        body = bodies.daemon_body(why, facts=facts)
        self._append(EntryKind.CANCEL, now, body)

    # -- IntentLog: each raises JournalError when it could not be made durable ------------------------------------

    def plan_began(self, plan: Plan, at: datetime) -> None:
        """A plan starts to be executed; one that people have released stands in the journal already."""
        began = (EntryKind.PLAN_STATE, bodies.plan_state_body(plan.id, PlanState.EXECUTING, ""))
        is_known = plan.id in self._fold.plans
        self._append_all([began] if is_known else [(EntryKind.PLAN, plan_body(plan)), began], at)

    def intent(self, intent: Intent) -> None:
        """An order is about to be sent."""
        self._append(EntryKind.INTENT, intent.created_at, bodies.intent_body(intent))

    def receipt(self, receipt: Receipt) -> None:
        """Something became known about an intent."""
        self._append(EntryKind.RECEIPT, receipt.at, bodies.receipt_body(receipt))

    def plan_ended(self, plan: Plan, state: PlanState, reason: str, at: datetime) -> None:
        """A plan is over."""
        self._append(EntryKind.PLAN_STATE, at, bodies.plan_state_body(plan.id, state, reason))

    def _append(self, kind: EntryKind, at: datetime, body: JsonObject) -> None:
        self._append_all([(kind, body)], at)

    def _append_all(self, records: Sequence[tuple[EntryKind, JsonObject]], at: datetime) -> None:
        """Write what is owed and what is new with one write, so that nothing ever stands before what came before it."""
        new: list[Record] = [(kind, at, body) for kind, body in records]
        try:
            entries = self._journal.append_all([*self._owed, *new])
        except JournalError as error:
            self._journal_fault = str(error)
            self._owed = [*self._owed, *filter(_can_be_owed, new)][-_OWED_MAX:]
            raise
        self._owed = []
        for entry in entries:
            self._fold.apply(entry)
        self._unrecorded.extend(entries)
        self._journal_fault = ""


class _Told:
    """The root messages of the fold as a container: they are many, and only some are asked about."""

    def __init__(self, fold: Fold) -> None:
        self._fold = fold

    def __contains__(self, key: object) -> bool:
        return any(
            (channel, key) in self._fold.roots or key in self._fold.queues.get(channel, {})
            for channel in self._fold.channels
        )


def _can_be_owed(record: Record) -> bool:
    """Whether a record that could not be written is to be written later: not when it is the record that cannot be."""
    kind, _, body = record
    if kind not in _OWED_LATER:
        return False
    try:
        canonical_json(body)
    except (ValueError, TypeError, RecursionError):
        return False
    return True


def _was_begun(record: PlanRecord) -> bool:
    """Plans that only waited for a person spend no budget."""
    return record.state not in NEVER_BEGUN


def _changed_at(record: PlanRecord) -> datetime:
    return record.changed_at


def _policy(rule: str) -> str:
    return rule.partition("/")[0]
