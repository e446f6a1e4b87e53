"""Says the reminders of waivers when they are due, each once, across restarts too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from riskd.act.reminder import waiver_reminders
from riskd.daemon.memory import Memory
from riskd.model.message import Message
from riskd.policy.waiver import Waiver


class Reminders:
    """Looks at the waivers from time to time; a calendar job.

    Args:
        waivers: Those in force now.
        memory: Knows the alerts, and what the journal says was said.
        say: Queues a message to people.
    """

    def __init__(
        self, waivers: Callable[[], Sequence[Waiver]], memory: Memory, say: Callable[[Message], None]
    ) -> None:
        self._waivers = waivers
        self._memory = memory
        self._say = say
        self._said: set[str] = set()  # also what the journal could not take

    def look(self, now: datetime) -> None:
        """Say what is due and was not said before."""
        said = self._said | self._memory.reminded
        for message in waiver_reminders(self._waivers(), self._memory.states, now=now, said=said):
            self._said.add(message.key)
            self._say(message)
