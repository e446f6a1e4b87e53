"""What one receiver of webhooks has not taken yet: the newest word on each account, tried until it is accepted."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from typing import Protocol

import structlog

from riskd.daemon.patience import finish_or_cancel
from riskd.errors import NotifierError
from riskd.ports import Clock

PAUSE_SECONDS_MIN = 1.0
PAUSE_SECONDS_MAX = 60.0


class Hook(Protocol):
    """Posts to one receiver."""

    @property
    def name(self) -> str:
        """For the log."""
        ...

    async def post(self, body: bytes, *, key: str) -> None:
        """Send once; raises NotifierError when it was not accepted."""
        ...


class WebhookQueue:
    """One receiver's queue.

    What is told is a state, not an event: a newer word on an account takes the place of one that still waits, so that
    a receiver which was away is told the present and no history. Words on different accounts leave in the order in
    which they came. Nothing is kept on disk: after a start every account is told again.
    """

    def __init__(self, hook: Hook, clock: Clock) -> None:
        self._hook = hook
        self._clock = clock
        self._queue: OrderedDict[str, bytes] = OrderedDict()
        self._task: asyncio.Task[None] | None = None
        self._pause_until = 0.0
        self._pause_seconds = PAUSE_SECONDS_MIN
        self._log = structlog.get_logger("riskd")
        self.last_error = ""

    @property
    def waiting(self) -> int:
        """Accounts whose newest word has not been accepted."""
        return len(self._queue)

    def put(self, account: str, body: bytes) -> None:
        """Queue the newest word on an account."""
        self._queue.pop(account, None)
        self._queue[account] = body

    def deliver(self) -> None:
        """Post what waits, beside the watch; one that is still at it, or rests after a failure, is left alone."""
        if self._queue and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self.deliver_due())

    async def deliver_due(self) -> None:
        """Post until the queue is empty or a post is not accepted. Never raises for a receiver."""
        while self._queue and self._clock.monotonic() >= self._pause_until:
            account, body = next(iter(self._queue.items()))
            try:
                await self._hook.post(body, key=hashlib.sha256(body).hexdigest())
            except NotifierError as error:
                self._rest(error)
                return
            # A newer word may have come while this one was on the wire; then that one waits.
            if self._queue.get(account) is body:
                del self._queue[account]
            self._pause_seconds = PAUSE_SECONDS_MIN
            self.last_error = ""

    async def close(self, *, patience_seconds: float) -> None:
        """Try once more, for a moment. What stays is told after the next start."""
        self.deliver()
        if self._task is not None:
            await finish_or_cancel([self._task], self._clock, patience_seconds=patience_seconds)

    async def abandon(self) -> None:
        """Drop what is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _rest(self, error: NotifierError) -> None:
        self.last_error = str(error)
        self._log.warning("webhook_not_taken", receiver=self._hook.name, fault=str(error))
        rest = max(self._pause_seconds, error.retry_after_seconds or 0.0)
        self._pause_until = self._clock.monotonic() + rest
        self._pause_seconds = min(self._pause_seconds * 2, PAUSE_SECONDS_MAX)
