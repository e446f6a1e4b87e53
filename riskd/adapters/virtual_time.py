"""An event loop whose time is a number: it jumps to the next timer whenever nothing else is left to do.

A day of the daemon passes in seconds, over real sockets too, because time stands still while any socket has something
to deliver or a worker thread is busy. A simulation on it repeats exactly.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# Bytes sent over the loopback are readable at once, save for the moment in which another core carries them.
_SETTLE_SECONDS = 0.001
# How long, in real time, another process or thread may take to wake us when nothing at all is scheduled here.
_PATIENCE_SECONDS = 5.0


class Deadlock(RuntimeError):
    """Nothing is scheduled and no file descriptor becomes ready: every task waits for another."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop with virtual time.

    Args:
        patience_seconds: Real seconds to wait for the outside world when no timer is pending, before ``Deadlock``.
    """

    def __init__(self, *, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._virtual = _VirtualSelector(patience_seconds)
        super().__init__(self._virtual)
        self._virtual.own_descriptors = len(self._virtual.get_map())

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._virtual.now

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Run in a thread; time stands still until the thread is done."""
        future = super().run_in_executor(executor, func, *args)
        self._virtual.busy_threads += 1
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _future: asyncio.Future[Any]) -> None:
        self._virtual.busy_threads -= 1


class _VirtualSelector(selectors.DefaultSelector):
    """Polls real descriptors and turns waiting into a jump of ``now``."""

    def __init__(self, patience_seconds: float) -> None:
        super().__init__()
        self.now = 0.0
        self.busy_threads = 0
        self.own_descriptors = 0  # the loop's wake-up pipe, which only threads and signals write to
        self._patience_seconds = patience_seconds

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Ready descriptors; none of them ready, move time forward by ``timeout``."""
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if self.busy_threads:
            return super().select(_SETTLE_SECONDS)
        if timeout is None:
            return self._wait_for_the_world()
        if len(self.get_map()) > self.own_descriptors:
            ready = super().select(_SETTLE_SECONDS)
        if not ready:
            self.now += timeout
        return ready

    def _wait_for_the_world(self) -> list[tuple[selectors.SelectorKey, int]]:
        """Nothing is scheduled here: only another process or thread can still wake a task."""
        ready = super().select(self._patience_seconds)
        if not ready:
            raise Deadlock("no timer is pending and no descriptor became ready: every task waits for another")
        return ready


class VirtualClock:
    """The Clock port over a virtual loop.

    Args:
        loop: The loop whose time it tells.
        started_at: What the wall clock shows now, aware UTC.
    """

    def __init__(self, loop: VirtualLoop, *, started_at: datetime) -> None:
        self._loop = loop
        self._started_at = started_at.astimezone(UTC)
        self._origin = loop.time()

    def now(self) -> datetime:
        """The wall clock: aware, UTC."""
        return self._started_at + timedelta(seconds=self._loop.time() - self._origin)

    def monotonic(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._loop.time()

    async def sleep_until(self, monotonic_seconds: float) -> None:
        """Return once ``monotonic()`` has reached the reading; give others a turn even when it already has."""
        await asyncio.sleep(max(0.0, monotonic_seconds - self._loop.time()))  # noqa: TID251 - a virtual wait
