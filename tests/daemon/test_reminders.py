"""Reminders of waivers are said once, across restarts and full disks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from riskd.daemon.memory import Memory
from riskd.daemon.reminders import Reminders
from riskd.errors import JournalError
from riskd.model.message import Message
from tests.builders_rules import a_waiver
from tests.fakes.journal import MemoryJournal

END = datetime(2026, 3, 9, 8, tzinfo=UTC)
WAIVER = a_waiver(None, from_at=END - timedelta(days=7), until_at=END)


class _Daemon:
    """Reminders over a journal, as they are after a start."""

    def __init__(self, journal: MemoryJournal) -> None:
        self.memory = Memory(journal, channels=["room"], now=END)
        self.said: list[Message] = []
        self.reminders = Reminders(lambda: [WAIVER], self.memory, self._say)

    def _say(self, message: Message) -> None:
        self.memory.say(message, END)
        self.said.append(message)


def full_disk(kind: str) -> None:
    raise JournalError(f"no space left for {kind}")


def test_a_reminder_is_said_once_though_riskd_starts_anew() -> None:
    journal = MemoryJournal()
    first = _Daemon(journal)
    first.reminders.look(END - timedelta(hours=48))
    first.reminders.look(END - timedelta(hours=47))
    again = _Daemon(journal)
    again.reminders.look(END - timedelta(hours=46))
    again.reminders.look(END - timedelta(hours=4))
    assert [len(first.said), len(again.said)] == [1, 1]


def test_a_reminder_that_the_journal_cannot_take_is_not_said_again_and_again() -> None:
    journal = MemoryJournal()
    daemon = _Daemon(journal)
    journal.before = full_disk
    for minutes in range(0, 30, 5):
        daemon.reminders.look(END - timedelta(hours=4) + timedelta(minutes=minutes))
    assert len(daemon.said) == 1
