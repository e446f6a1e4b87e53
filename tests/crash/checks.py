"""What must hold after every kill, and at the end: read from the venue's books and the journal alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from riskd.act.identity import MAGIC
from riskd.model.alert import AlertKey, Condition, EventKind
from riskd.model.journal import EntryKind, JournalEntry
from riskd.model.order import SETTLED, OrderStatus, PlanState
from riskd.record.fold import Fold, OrderRecord, remember
from riskd.record.nouns import alert_key, fields_of, intent
from tests.endtoend.processes import Life
from tests.endtoend.venue import Asked, Booked, RecordingVenue

CHANNELS = ("console", "slack")

_FIRING = {Condition.FIRING.value, Condition.CLEARING.value}
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
# Far more than one entry: what the journal says of an order that has just been sent stands at its end.
_TAIL_BYTES = 64 * 1024
_TROUBLE = ("Traceback", "cycle_failed", "plan_broke", "cannot_write", "set aside", "not_resolved")


def is_ours(client_order_id: str) -> bool:
    """Whether an order bears riskd's mark."""
    return bool(re.fullmatch(r"[0-9a-f]{32}", client_order_id)) and int(client_order_id[:4], 16) == MAGIC


@dataclass(slots=True)
class IntentWatch:
    """Looks into the journal's file at the very moment when an order reaches the venue: its intent must be there.

    Attributes:
        early: Orders that came before their intent was on the disk.
    """

    journal: Path
    early: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> None:
        """One request for an order."""
        name = asked.parameters["newClientOrderId"]
        with self.journal.open("rb") as file:
            file.seek(max(0, self.journal.stat().st_size - _TAIL_BYTES))
            tail = file.read().decode("utf-8", "replace")
        if not any(f'"{name}"' in line and '"intent"' in line for line in tail.splitlines()):
            self.early.append(name)


def nothing_is_lost(before: Sequence[JournalEntry], after: Sequence[JournalEntry]) -> None:
    """Every entry of before is still there, in its place. The reader has proven the chain."""
    assert [entry.hash for entry in after[: len(before)]] == [entry.hash for entry in before]
    assert [entry.sequence for entry in after] == list(range(1, len(after) + 1))


def what_was_shown_is_durable(life: Life, entries: Sequence[JournalEntry]) -> None:
    """A cycle that the log calls complete, and a plan that it calls ended, are in the journal whatever came next."""
    log = life.log()
    cycles = {entry.body["snapshot_id"] for entry in entries if entry.kind == EntryKind.CYCLE}
    ended = {entry.body["id"] for entry in entries if entry.kind == EntryKind.PLAN_STATE}
    assert {int(number) for number in re.findall(r"event='cycle' id=(\d+)", log)} <= cycles
    assert set(re.findall(r"event='plan_ended' plan='([^']+)'", log)) <= ended


def nothing_went_wrong(life: Life) -> None:
    """No failure of ours, and nothing that could not be written."""
    assert [word for word in _TROUBLE if word in life.log()] == [], life.log()[-3000:]


def firing(entries: Sequence[JournalEntry]) -> dict[AlertKey, int]:
    """Alerts that fire as the journal says, with their episodes."""
    found = remember(entries, since=_LONG_AGO, channels=CHANNELS)
    return {
        key: int(str(state["episode"])) for key, state in found.alert_states if state["condition"] in _FIRING
    }


def alerts_survive(before: Sequence[JournalEntry], after: Sequence[JournalEntry]) -> None:
    """What fired still fires, in the same episode: a restart neither ends nor repeats an alert."""
    was, now = firing(before), firing(after)
    assert {key: now.get(key) for key in was} == was
    added = [entry for entry in after[len(before) :] if entry.kind == EntryKind.EVENT]
    # On a busy machine a first read may come too late: then the alert is unknown for a cycle, and it still stands.
    assert [entry.body["kind"] for entry in added if entry.body["kind"] == EventKind.RESOLVED.value] == []
    again = [
        alert_key(fields_of(entry))
        for entry in added
        if entry.body["kind"] == EventKind.FIRED.value and alert_key(fields_of(entry)) in was
    ]
    assert again == []


def folded(entries: Sequence[JournalEntry]) -> Fold:
    """What the journal amounts to: ``orders`` and ``plans`` by id, with the last that is known of each."""
    fold = Fold(CHANNELS)
    for entry in entries:
        fold.apply(entry)
    return fold


def orders(entries: Sequence[JournalEntry]) -> dict[str, OrderRecord]:
    """Every intent by its id."""
    return folded(entries).orders


def nothing_is_sent_twice(venue: RecordingVenue) -> None:
    """Each id was asked for once and booked once, and fills stay within what was asked."""
    asked = Counter(one.parameters["newClientOrderId"] for one in venue.orders_asked)
    assert [name for name, times in asked.items() if times > 1] == []
    booked = Counter(one.order.client_order_id for one in ours(venue))
    assert [name for name, times in booked.items() if times > 1] == []
    assert all(one.order.executed_quantity <= one.order.quantity for one in ours(venue))


def orders_only_reduce(venue: RecordingVenue) -> None:
    """No order of riskd made a position larger or turned it round."""
    wrong = [
        one.order.client_order_id
        for one in ours(venue)
        if not one.request.reduce_only
        or abs(one.held_after) > abs(one.held_before)
        or one.held_after * one.held_before < 0
    ]
    assert wrong == []


def orders_were_meant(venue: RecordingVenue, entries: Sequence[JournalEntry]) -> None:
    """Every order that the venue has seen is an intent of the journal, equal in everything that counts."""
    meant = {name: record.intent for name, record in orders(entries).items()}
    for one in ours(venue):
        found = meant[one.order.client_order_id]
        assert (found.account, found.venue_symbol, found.direction.value, found.quantity) == (
            one.account,
            one.order.symbol,
            one.order.side.value,
            one.order.quantity,
        )
    assert {one.parameters["newClientOrderId"] for one in venue.orders_asked} <= set(meant)


def one_at_a_time(entries: Sequence[JournalEntry]) -> None:
    """No account sent anything while the outcome of another of its orders was open, nor had two plans under way."""
    fold = Fold(CHANNELS)
    for entry in entries:
        if entry.kind == EntryKind.INTENT:
            account = intent(fields_of(entry)).account
            still_open = [
                r.intent.client_order_id
                for r in fold.orders.values()
                if r.open and r.intent.account == account
            ]
            assert still_open == [], f"entry {entry.sequence}"
        fold.apply(entry)
        running = Counter(r.plan.account for r in fold.plans.values() if r.state is PlanState.EXECUTING)
        assert all(count == 1 for count in running.values()), f"entry {entry.sequence}"


def outcomes_agree(venue: RecordingVenue, entries: Sequence[JournalEntry]) -> None:
    """Every intent has an outcome, and it is the venue's."""
    booked = {one.order.client_order_id: one.order for one in ours(venue)}
    for name, record in orders(entries).items():
        assert record.receipt is not None, f"{name} was never resolved"
        assert record.receipt.status in SETTLED, f"{name} is {record.receipt.status}"
        executed = booked[name].executed_quantity if name in booked else Decimal(0)
        assert record.receipt.filled == executed, name
        if record.receipt.status in {OrderStatus.NOT_BOOKED, OrderStatus.REJECTED}:
            assert name not in booked


def everything_was_said(entries: Sequence[JournalEntry]) -> None:
    """No message waits for a channel any more."""
    found = remember(entries, since=_LONG_AGO, channels=CHANNELS)
    assert [(channel, message.key) for channel, waiting in found.undelivered for message in waiting] == []


def ours(venue: RecordingVenue) -> list[Booked]:
    """Orders of riskd that the venue took."""
    return [one for one in venue.booked if is_ours(one.order.client_order_id)]
