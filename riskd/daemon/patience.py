"""Waiting for tasks, but not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from riskd.ports import Clock


async def finish_or_cancel(
    tasks: Iterable[asyncio.Task[None]], clock: Clock, *, patience_seconds: float
) -> None:
    """Give tasks some time, on the clock, to come to their own end; then cancel them and wait until they have."""
    waiting = {task for task in tasks if not task.done()}
    if not waiting:
        return
    timer = asyncio.create_task(clock.sleep_until(clock.monotonic() + patience_seconds))
    pending = {timer, *waiting}
    while timer in pending and len(pending) > 1:
        _, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
