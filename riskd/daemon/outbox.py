"""Messages leave at least once: queued with the cycle that caused them, ticked off only when a channel took them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from riskd.errors import NotifierError
from riskd.model.message import Message, MessageKind
from riskd.ports import Clock, Notifier

PAUSE_SECONDS_MIN = 1.0
PAUSE_SECONDS_MAX = 60.0

_DEPTH_MAX = 4  # a plan's decision under the plan, under its alert, under a storm


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message that a channel has taken.

    Attributes:
        reference: The channel's own name of the post, for edits and replies.
        thread: Key of the root message; the message's own key when it is a root.
    """

    channel: str
    key: str
    thread: str
    reference: str


class Outbox:
    """One channel's queue.

    A message is posted in the order in which it was queued, so that a resolution never overtakes its alert. Edits of
    the same post that wait behind each other are folded into the last: people see the present, not a replay. What people
    can answer, and what became of it, goes first with the post that it stands under: a plan whose time runs does not wait
    behind the details of a storm.

    Args:
        notifier: The channel.
        clock: Time.
        delivered: Called after each delivery, to make it durable. If that fails the message may be posted again
            after a restart, which is the right way round.
        size_max: Beyond it the oldest edits are dropped first, and never a root message; the drop is counted.
    """

    def __init__(
        self,
        notifier: Notifier,
        clock: Clock,
        *,
        delivered: Callable[[Delivery], None],
        size_max: int = 2000,
    ) -> None:
        self._notifier = notifier
        self._clock = clock
        self._delivered = delivered
        self._size_max = size_max
        self._queue: OrderedDict[str, Message] = OrderedDict()
        self._roots: dict[str, str] = {}
        self._pause_until = 0.0
        self._pause_seconds = PAUSE_SECONDS_MIN
        self.dropped = 0
        self.last_error = ""

    @property
    def channel(self) -> str:
        """Name of the channel."""
        return self._notifier.channel

    @property
    def waiting(self) -> int:
        """Messages not yet delivered: the visible measure of silence."""
        return len(self._queue)

    def restore(self, messages: Iterable[Message], roots: Iterable[tuple[str, str]]) -> None:
        """Take up after a restart what had not been delivered, and the references of posts made before."""
        self._roots.update(roots)
        for message in messages:
            self.put(message)

    def put(self, message: Message) -> None:
        """Queue a message; one with a key that already waits replaces it in its place."""
        if message.edits_root:
            for key in [k for k, m in self._queue.items() if m.edits_root and m.thread == message.thread]:
                del self._queue[key]
        self._queue[message.key] = message
        while len(self._queue) > self._size_max:
            self._drop_one()

    async def deliver_due(self) -> None:
        """Post what waits until the queue is empty or the channel asks for a rest. Never raises for a channel."""
        while self._queue and self._clock.monotonic() >= self._pause_until:
            key, message = self._next()
            try:
                reference = await self._post(message)
            except NotifierError as error:
                self._rest(error)
                return
            # Somebody may have replaced the message while it was on the wire; then the newer one stays queued.
            if self._queue.get(key) is message:
                del self._queue[key]
            self._pause_seconds = PAUSE_SECONDS_MIN
            self.last_error = ""
            thread = message.thread or message.key
            if message.edits_root:
                self._roots[thread] = reference
            elif message.is_referred_to or not message.thread:
                self._roots[key] = reference
            self._delivered(
                Delivery(channel=self.channel, key=message.key, thread=thread, reference=reference)
            )

    def reference_of(self, key: str) -> str:
        """The channel's name of the post of a message; empty when it has not taken it, or nothing can refer to it."""
        return self._roots.get(key, "")

    def adopt(self, key: str, reference: str) -> None:
        """Take a post that people use for that of a message. A lost answer leaves two, or one that we do not know of: a
        message that still waits is posted, whatever Slack did not say."""  # noqa: D205, D209
        self._roots[key] = reference
        message = self._queue.pop(key, None)
        if message is not None:
            thread = message.thread or key
            self._delivered(Delivery(channel=self.channel, key=key, thread=thread, reference=reference))

    async def close(self) -> None:
        """Release the channel."""
        await self._notifier.close()

    def _next(self) -> tuple[str, Message]:
        """What is posted next: the first that cannot wait, or the post that it stands under where that waits, too."""
        first = next((each for each in self._queue.values() if _cannot_wait(each)), None)
        for _ in range(_DEPTH_MAX):
            if first is None or first.thread not in self._queue:
                break
            first = self._queue[first.thread]
        return next(iter(self._queue.items())) if first is None else (first.key, first)

    async def _post(self, message: Message) -> str:
        root = self._roots.get(message.thread, "") if message.thread else ""
        if message.edits_root and root:
            return await self._notifier.post(message, root="", edit=root)
        return await self._notifier.post(message, root=root, edit="")

    def _rest(self, error: NotifierError) -> None:
        self.last_error = str(error)
        rest = max(self._pause_seconds, error.retry_after_seconds or 0.0)
        self._pause_until = self._clock.monotonic() + rest
        self._pause_seconds = min(self._pause_seconds * 2, PAUSE_SECONDS_MAX)

    def _drop_one(self) -> None:
        """Make room: an edit can be lost without losing an incident, a root message cannot."""
        for key, message in self._queue.items():
            if message.edits_root:
                del self._queue[key]
                self.dropped += 1
                return
        self._size_max = len(self._queue)


def _cannot_wait(message: Message) -> bool:
    return message.kind is MessageKind.PLAN
