"""Where a server's time comes from: a clock, or a hand."""

from __future__ import annotations

from collections.abc import Callable

from riskd.ports import Clock


def clock_time(clock: Clock) -> Callable[[], int]:
    """Milliseconds since the epoch by a clock, which may be scaled or virtual."""
    return lambda: round(clock.now().timestamp() * 1000)


class ManualTime:
    """Time that moves only when it is told to."""

    def __init__(self, start_ms: int) -> None:
        self._now_ms = start_ms

    def __call__(self) -> int:
        """The present, in milliseconds since the epoch."""
        return self._now_ms

    def advance_to(self, now_ms: int) -> None:
        """Move on.

        Raises:
            ValueError: The moment lies in the past.
        """
        if now_ms < self._now_ms:
            raise ValueError(
                f"time cannot go back: it is {self._now_ms}, asked for {now_ms}; send a later moment"
            )
        self._now_ms = now_ms
