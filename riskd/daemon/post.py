"""Everything riskd says goes through here: made durable, queued on every channel, delivered beside the watch."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from riskd.act.storm import CALM, calmed
from riskd.daemon.memory import Memory
from riskd.daemon.outbox import Delivery, Outbox
from riskd.daemon.patience import finish_or_cancel
from riskd.model.message import Message, MessageKind
from riskd.ports import Clock, Notifier


class Post:
    """The channels to people.

    What had not been delivered before a restart waits in the queues again, and replies still find their roots.

    Args:
        notifiers: The channels.
        memory: Knows what was delivered.
    """

    def __init__(self, notifiers: Sequence[Notifier], memory: Memory, clock: Clock) -> None:
        self._memory = memory
        self._clock = clock
        self._outboxes = tuple(Outbox(notifier, clock, delivered=self._delivered) for notifier in notifiers)
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._storm = CALM
        waiting = dict(memory.at_start.undelivered)
        for outbox in self._outboxes:
            roots = [
                (thread, reference)
                for (channel, thread), reference in memory.at_start.roots
                if channel == outbox.channel
            ]
            storm, messages = calmed(CALM, waiting.get(outbox.channel, ()), clock.now())
            outbox.restore(messages, roots)
            self._storm = storm if storm.root else self._storm

    @property
    def waiting(self) -> int:
        """Messages that some channel has not taken."""
        return sum(outbox.waiting for outbox in self._outboxes)

    def say(self, message: Message) -> None:
        """Make a message durable and queue it on every channel. What becomes of a plan does not wait for the next cycle."""
        self._memory.say(message, self._clock.now())
        self.queue([message])
        if message.kind is MessageKind.PLAN and _is_running():
            self.deliver()

    def queue(self, messages: Iterable[Message]) -> None:
        """Queue messages that are durable already; in a storm of incidents under one post, which is made durable here."""
        now, given = self._clock.now(), tuple(messages)
        known = {message.key for message in given}
        self._storm, placed = calmed(self._storm, given, now)
        for message in placed:
            if message.key not in known:
                self._memory.say(message, now)
            for outbox in self._outboxes:
                outbox.put(message)

    def reference_of(self, channel: str, key: str) -> str:
        """A channel's name of the post of a message; empty when it has not taken it."""
        return next((each.reference_of(key) for each in self._outboxes if each.channel == channel), "")

    def adopt(self, channel: str, key: str, reference: str) -> None:
        """Take another post for that of a message, because people use it: a lost answer leaves two."""
        for outbox in self._outboxes:
            if outbox.channel == channel:
                outbox.adopt(key, reference)

    def deliver(self) -> None:
        """Let each channel post what waits, beside the watch; one that is still at it is left alone."""
        for outbox in self._outboxes:
            task = self._at_work.get(outbox.channel)
            if outbox.waiting and (task is None or task.done()):
                work = outbox.deliver_due()
                self._at_work[outbox.channel] = asyncio.get_running_loop().create_task(work)

    async def close(self, *, patience_seconds: float) -> None:
        """Try once more to deliver what waits, for a moment; what stays is delivered after the next start."""
        self.deliver()
        await finish_or_cancel(self._at_work.values(), self._clock, patience_seconds=patience_seconds)
        for outbox in self._outboxes:
            await outbox.close()

    async def abandon(self) -> None:
        """Drop what is under way and release the channels."""
        for task in self._at_work.values():
            task.cancel()
        await asyncio.gather(*self._at_work.values(), return_exceptions=True)
        for outbox in self._outboxes:
            await outbox.close()

    def _delivered(self, delivery: Delivery) -> None:
        self._memory.delivered(delivery, self._clock.now())


def _is_running() -> bool:
    """Whether there is a loop on which something can be delivered: not while the daemon is put together."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
