"""What the daemon remembers is what the disk has; what was said while the disk was full is written down later, in its order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from riskd.act.identity import Identity, OrderFacts, client_order_id, sequence_of
from riskd.daemon.memory import Memory
from riskd.daemon.outbox import Delivery
from riskd.errors import JournalError
from riskd.model.journal import EntryKind
from riskd.model.order import Direction, PlanState
from tests.builders import NOW
from tests.fakes.journal import MemoryJournal, never
from tests.record.builder import a_message, a_plan, an_intent

IDENTITY = Identity(instance=1, key=b"k" * 32)


def full_disk(kind: str) -> None:
    raise JournalError(f"no space left for {kind}")


def memory_of(journal: MemoryJournal) -> Memory:
    return Memory(journal, channels=["room"], now=NOW)


def keys(journal: MemoryJournal, kind: EntryKind) -> list[str]:
    return [str(entry.body["key"]) for entry in journal.entries() if entry.kind == kind]


def waiting(journal: MemoryJournal) -> list[str]:
    """What a daemon that starts now would still have to say."""
    return [message.key for _, messages in memory_of(journal).at_start.undelivered for message in messages]


def test_what_was_said_on_a_full_disk_is_written_before_what_is_said_later() -> None:
    journal = MemoryJournal()
    memory = memory_of(journal)
    memory.say(a_message("firing"), NOW)
    journal.before = full_disk
    memory.say(a_message("worse", thread="firing", edits_root=True), NOW)
    journal.before = never
    memory.say(a_message("resolved", thread="firing", edits_root=True), NOW + timedelta(minutes=1))

    assert keys(journal, EntryKind.MESSAGE) == ["firing", "worse", "resolved"]
    assert waiting(journal) == ["firing", "resolved"]


def test_a_delivery_on_a_full_disk_is_not_forgotten() -> None:
    journal = MemoryJournal()
    memory = memory_of(journal)
    memory.say(a_message("m1"), NOW)
    journal.before = full_disk
    memory.delivered(Delivery(channel="room", key="m1", thread="m1", reference="r"), NOW)
    assert waiting(journal) == ["m1"]
    journal.before = never
    memory.say(a_message("m2"), NOW)

    assert waiting(journal) == ["m2"]


def test_nothing_is_written_before_what_came_before_it() -> None:
    journal = MemoryJournal()
    memory = memory_of(journal)
    fails_at = [1, 2]  # a disk that fails now and then: the message and the first attempt to make up for it

    def hiccup(kind: str) -> None:
        fails_at[:] = [count - 1 for count in fails_at]
        if 0 in fails_at:
            raise JournalError("hiccup")

    journal.before = hiccup
    memory.say(a_message("m1"), NOW)
    memory.delivered(Delivery(channel="room", key="m1", thread="m1", reference="r"), NOW)
    memory.say(a_message("m2"), NOW)

    kinds = [entry.kind for entry in journal.entries()]
    assert kinds == [EntryKind.MESSAGE, EntryKind.DELIVERY, EntryKind.MESSAGE]
    assert waiting(journal) == ["m2"]


def test_what_an_order_needs_is_never_put_off() -> None:
    journal = MemoryJournal()
    memory = memory_of(journal)
    journal.before = full_disk
    with pytest.raises(JournalError):
        memory.plan_began(a_plan(), NOW)
    with pytest.raises(JournalError):
        memory.intent(an_intent())
    journal.before = never
    memory.say(a_message("m1"), NOW)

    assert [entry.kind for entry in journal.entries()] == [EntryKind.MESSAGE]


def test_an_order_number_is_never_used_again_though_the_journal_has_not_come_so_far() -> None:
    journal = MemoryJournal()
    memory = memory_of(journal)
    memory.plan_began(a_plan(), NOW)
    numbers = [memory.next_sequence() for _ in range(30)]
    facts = OrderFacts(
        account="main", symbol="BTCUSDT", direction=Direction.SELL, quantity=an_intent().quantity
    )
    memory.intent(an_intent(client_order_id(IDENTITY, numbers[-1], facts)))

    again = memory_of(journal)

    assert journal.head[0] < numbers[-1]
    assert again.next_sequence() > numbers[-1]
    assert sequence_of(again.open_intents(NOW)[0].client_order_id) == numbers[-1]


def test_a_plan_that_was_never_ended_is_under_way_until_somebody_ends_it() -> None:
    journal = MemoryJournal()
    memory_of(journal).plan_began(a_plan(), NOW)

    again = memory_of(journal)
    assert again.books("main", "test/leverage", NOW).open_plan == "plan-1"
    again.plan_ended(a_plan(), PlanState.FAILED, "interrupted", NOW)
    assert again.books("main", "test/leverage", NOW).open_plan == ""


def test_a_root_message_is_told_once_it_waits_and_for_ever_after() -> None:
    journal = MemoryJournal()
    memory = memory_of(journal)
    assert "m1" not in memory.told
    memory.say(a_message("m1"), NOW)
    assert "m1" in memory.told
    memory.delivered(Delivery(channel="room", key="m1", thread="m1", reference="r"), NOW)
    assert "m1" in memory.told
    assert "m1" in memory_of(journal).told
