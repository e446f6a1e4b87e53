"""What is said of silences is said once, also across a restart, and a full disk does not repeat it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from riskd.act.silence import Silence
from riskd.daemon.handling import Handling, silence_id
from riskd.daemon.memory import Memory
from riskd.daemon.silence_reminders import SilenceReminders
from riskd.errors import JournalError
from riskd.model.message import Message
from tests.builders import NOW
from tests.fakes.journal import MemoryJournal

GIVEN = Silence(
    id="",
    rule="core/*",
    subject=(("account", "main"),),
    from_at=NOW,
    until=NOW + timedelta(hours=1),
    by="Ada",
    reason="migration",
)


def full_disk(kind: str) -> None:
    raise JournalError(f"no space left for {kind}")


class Desk:
    """A journal, what is read from it, and what is said."""

    def __init__(self, journal: MemoryJournal) -> None:
        self.journal = journal
        self.said: list[str] = []
        self.memory = Memory(journal, channels=["room"], now=NOW)
        self.handling = Handling(self.memory)
        self.reminders = SilenceReminders(self.handling, self.memory, self._say)

    def _say(self, message: Message) -> None:
        self.memory.say(message, NOW)
        self.said.append(message.headline)

    def look(self, minutes: float) -> list[str]:
        self.reminders.look(NOW + timedelta(minutes=minutes))
        return self.said


def test_the_end_of_a_silence_is_told_once_across_restarts() -> None:
    desk = Desk(MemoryJournal())
    assert desk.handling.silence(GIVEN, "socket uid 1000")
    assert desk.look(44) == []
    assert len(desk.look(45)) == 1
    assert len(desk.look(46)) == 1
    assert Desk(MemoryJournal(desk.journal.lines)).look(47) == []


def test_a_full_disk_does_not_repeat_it_every_minute() -> None:
    desk = Desk(MemoryJournal())
    desk.handling.silence(GIVEN, "socket uid 1000")
    desk.journal.before = full_disk
    assert len(desk.look(45)) == 1
    assert len(desk.look(46)) == 1


def test_a_silence_comes_back_as_it_was_given() -> None:
    desk = Desk(MemoryJournal())
    desk.handling.silence(GIVEN, "socket uid 1000")
    [kept] = Desk(MemoryJournal(desk.journal.lines)).handling.silences(NOW)
    assert kept == GIVEN


def test_two_silences_have_two_names() -> None:
    later = replace(GIVEN, from_at=NOW + timedelta(seconds=1))
    assert silence_id(GIVEN) != silence_id(later)
    assert silence_id(GIVEN).startswith("sil_")
