"""The kill switch, as it is written down and said: people see when orders were stopped, and when they may go again."""

from __future__ import annotations

from collections.abc import Callable

from riskd.cycle import CycleResult
from riskd.daemon import messages
from riskd.daemon.memory import Memory
from riskd.execution import PlanResult
from riskd.model.journal import EntryKind
from riskd.model.message import Message
from riskd.ports import Clock
from riskd.record.bodies import daemon_body


class HaltRecord:
    """Looks at the switch after every cycle. It only records: the gate looks at the switch itself, before each order.

    Args:
        pulled: Whether the switch is pulled now.
        memory: Knows how it stood when we were last here, and writes the journal.
        say: Queues a message to people.
    """

    def __init__(
        self, pulled: Callable[[], bool], *, memory: Memory, say: Callable[[Message], None], clock: Clock
    ) -> None:
        self._pulled = pulled
        self._memory = memory
        self._say = say
        self._clock = clock
        self._was = memory.at_start.halted

    def after_cycle(self, _result: CycleResult) -> None:
        """Write down and say what has changed since the last look."""
        pulled = self._pulled()
        if pulled is self._was:
            return
        self._was = pulled
        kind, text = (
            (EntryKind.HALT, "the kill switch was pulled")
            if pulled
            else (EntryKind.RESUME, "the kill switch was released")
        )
        self._memory.note(kind, daemon_body(text), self._clock.now())
        self._say(messages.halted(at=self._clock.now()) if pulled else messages.resumed(at=self._clock.now()))

    def after_plan(self, _result: PlanResult) -> None:
        """Plans do not move the switch."""
