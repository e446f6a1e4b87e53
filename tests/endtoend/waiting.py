"""The one way in which these tests wait: for a condition on something real, with a deadline."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from riskd.adapters.system_clock import SystemClock

T = TypeVar("T")

PATIENCE_SECONDS = 20.0
"""Far beyond what anything takes here; a machine that is busy with other tests must not fail one."""

_LOOK_EVERY_SECONDS = 0.01


async def until(
    look: Callable[[], T | None],
    what: str,
    *,
    seconds: float = PATIENCE_SECONDS,
    every: float = _LOOK_EVERY_SECONDS,
) -> T:
    """The first answer of ``look`` that is true; servers in this process go on meanwhile.

    Args:
        look: Asked again and again. Reads a file, a socket or the venue's log; never waits itself.
        what: What is waited for, for the message when it does not come.
        seconds: When to give up.
        every: Seconds between two looks.

    Raises:
        AssertionError: It did not come in time.
    """
    clock = SystemClock()
    ends_at = clock.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if clock.monotonic() >= ends_at:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        await clock.sleep_until(clock.monotonic() + every)


async def pass_time(seconds: float) -> None:
    """Let the world go on: for moments drawn at random, and to see that something does not happen."""
    clock = SystemClock()
    await clock.sleep_until(clock.monotonic() + seconds)
