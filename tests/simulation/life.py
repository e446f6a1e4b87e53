"""One life of the daemon's process, which can end at any step of it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar
from typing import Any

from tests.fakes.journal import Crash


class Life:
    """Once it is over, nothing of that process touches the world any more.

    A step is a stretch of code between two awaits of any of its tasks, or a touch of the world: a request, a post, an
    entry of the journal, a write to the ledger.

    Args:
        last_step: It dies there; 0: it does not die at a step.
    """

    def __init__(self, *, last_step: int = 0) -> None:
        self._over = asyncio.Event()
        self._last_step = last_step
        self.steps = 0

    @property
    def lasts(self) -> bool:
        """Whether the process is alive."""
        return not self._over.is_set()

    def end(self) -> None:
        """The process dies here and now."""
        self._over.set()

    async def wait(self) -> None:
        """Return when it is over."""
        await self._over.wait()

    def dies_within(self, steps: int) -> None:
        """It dies after so many more steps, if not before."""
        last = self.steps + steps
        self._last_step = min(self._last_step or last, last)

    def step(self) -> bool:
        """One more step; whether it was the last."""
        self.steps += 1
        if self.steps == self._last_step:
            self.end()
        return self.steps == self._last_step

    def must_live(self) -> None:
        """Called by everything that the daemon does to the world.

        Raises:
            Crash: It is dead, or dies here.
        """
        if not self.lasts or self.step():
            raise Crash


LIVING: ContextVar[Life | None] = ContextVar("the life that a task belongs to", default=None)


class Stepping(Coroutine[Any, Any, Any]):
    """The work of a task, which is counted from await to await."""

    def __init__(self, work: Coroutine[Any, Any, Any], life: Life) -> None:
        self._work = work
        self._life = life

    def send(self, value: Any) -> Any:
        waits_for = self._work.send(value)
        self._life.step()
        return waits_for

    def throw(self, *error: Any) -> Any:
        waits_for = self._work.throw(*error)
        self._life.step()
        return waits_for

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> Any:
        raise TypeError("it is a task's work, and nobody else awaits it")
