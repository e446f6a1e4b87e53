"""Says what is to be said of silences: that one ends soon, and what still fires when it has. A calendar job."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from riskd.act.silence import silence_reminders
from riskd.daemon.handling import Handling
from riskd.daemon.memory import Memory
from riskd.model.message import Message


class SilenceReminders:
    """Looks at the silences every minute.

    Args:
        handling: Knows the silences.
        memory: Knows the alerts, and what the journal says was said.
        say: Queues a message to people.
    """

    def __init__(self, handling: Handling, memory: Memory, say: Callable[[Message], None]) -> None:
        self._handling = handling
        self._memory = memory
        self._say = say
        self._said: set[str] = set()  # also what the journal could not take

    def look(self, now: datetime) -> None:
        """Say what is due and was not said before."""
        said = self._said | self._memory.reminded
        silences, states = self._handling.silences(now), self._memory.states
        for message in silence_reminders(silences, states, now=now, said=said):
            self._said.add(message.key)
            self._say(message)
