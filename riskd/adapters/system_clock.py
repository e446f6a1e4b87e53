"""The machine's clocks. No other module reads one."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The Clock port over the operating system's wall clock and monotonic clock."""

    def now(self) -> datetime:
        """The wall clock: aware, UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this adapter is where the wall clock is read

    def monotonic(self) -> float:
        """Seconds that never step back, whatever happens to the wall clock."""
        return time.monotonic()  # noqa: TID251 - this adapter is where the monotonic clock is read

    async def sleep_until(self, monotonic_seconds: float) -> None:
        """Return once ``monotonic()`` has reached the reading; give others a turn even when it already has."""
        import asyncio  # commands that only look at a clock need not wait for it to be loaded

        await asyncio.sleep(max(0.0, monotonic_seconds - self.monotonic()))  # noqa: TID251 - the one real wait


class ScaledClock:
    """A clock that runs ``factor`` times as fast as the machine's, from a date of its own.

    N real seconds are ``factor * N`` simulated ones: the demo shows three days in a minute with it.

    Args:
        real: The clock to scale.
        factor: Simulated seconds in a real second, > 0.
        started_at: Simulated time at construction, aware UTC.

    Raises:
        ValueError: The factor is not above zero, or ``started_at`` is naive.
    """

    def __init__(self, real: SystemClock, *, factor: float, started_at: datetime) -> None:
        if factor <= 0:
            raise ValueError(f"factor must be above 0, not {factor}")
        if started_at.tzinfo is None:
            raise ValueError(f"started_at must be aware UTC, not {started_at}")
        self._real = real
        self._factor = factor
        self._started_at = started_at.astimezone(UTC)
        self._origin = real.monotonic()

    def now(self) -> datetime:
        """Simulated wall clock: aware, UTC. It follows the monotonic clock, so it never steps back."""
        return self._started_at + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Simulated seconds since construction."""
        return (self._real.monotonic() - self._origin) * self._factor

    async def sleep_until(self, monotonic_seconds: float) -> None:
        """Return once the simulated ``monotonic()`` has reached the reading."""
        await self._real.sleep_until(self._origin + monotonic_seconds / self._factor)
