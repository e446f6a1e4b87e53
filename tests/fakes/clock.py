"""A clock that a test moves by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class ManualClock:
    """The Clock port; time moves only by ``advance`` and by sleeping."""

    def __init__(self, started_at: datetime = NOON) -> None:
        self._now = started_at
        self._monotonic = 1000.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep_until(self, monotonic_seconds: float) -> None:
        """Move straight to the reading."""
        self.advance(max(0.0, monotonic_seconds - self._monotonic))

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock forward or back, as an operator or NTP would; monotonic time does not notice."""
        self._now += timedelta(seconds=seconds)
