"""How much may be asked of one venue from one address: weight by the minute, and silence while the venue demands it.

A client library's own limiter cannot do this: it counts by the key though the venue counts by the address, its costs
differ from the venue's (measured), and it reads the machine's clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum

from riskd.errors import VenueUnavailable
from riskd.model.wire import VenueAnswer
from riskd.ports import Clock

# What Binance asks for when it forgets to say: a minute for 429; its shortest ban, two minutes, for 418.
_SILENCE_SECONDS: Mapping[int, float] = {429: 60.0, 418: 120.0}
_MINUTE = 60.0


class Urgency(Enum):
    """Who asks. Watching leaves a reserve that only acting may use."""

    WATCH = "watch"
    ACT = "act"


@dataclass(slots=True)
class _Window:
    """Weight used in the current minute of the venue's clock."""

    minute: int = 0
    used: int = 0


@dataclass(slots=True)
class RequestBudget:
    """One budget for all keys that reach a venue from this machine.

    Attributes:
        clock: Tells the minute.
        weight_per_minute: The venue's limit for one address (Binance USD-M: 2400).
        reserve: Fraction of the limit that watching leaves to acting.
        silence_seconds: How long to be silent after a status with which the venue demands it without saying how long.
    """

    clock: Clock
    weight_per_minute: int = 2400
    reserve: float = 0.2
    silence_seconds: Mapping[int, float] = field(default_factory=lambda: _SILENCE_SECONDS)
    _windows: dict[str, _Window] = field(default_factory=dict)
    _silent_until: float = 0.0
    _gates: dict[str, asyncio.Lock] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)

    @asynccontextmanager
    async def first_alone(self, host: str) -> AsyncIterator[None]:
        """Around each request: the first one to a host goes alone, and all others wait for its end.

        Its answer tells what this address has used of the minute before us: ourselves before a restart, or other
        programs. A start that asks for everything at once without knowing is refused with 429, again and again, until the
        venue bans the address.

        Args:
            host: As for ``admit``.
        """
        if host not in self._asked:
            async with self._gates.setdefault(host, asyncio.Lock()):
                if host not in self._asked:
                    try:
                        yield
                    finally:
                        self._asked.add(host)
                    return
        yield

    def admit(self, weight: int, *, host: str, urgency: Urgency) -> None:
        """Count one request that is about to leave.

        Args:
            weight: What the venue charges for it.
            host: Part of the venue that counts for itself, such as ``fapi``.
            urgency: Who asks.

        Raises:
            VenueUnavailable: Nothing may leave now (``unsent:silence`` or ``unsent:budget``); says when it may.
        """
        wait = self._silent_until - self.clock.monotonic()
        if wait > 0:
            raise VenueUnavailable(
                f"the venue asked for silence; {wait:.0f} s are left",
                reason="unsent:silence",
                retry_after_seconds=wait,
            )
        window = self._window(host)
        limit = self.weight_per_minute * (1.0 if urgency is Urgency.ACT else 1.0 - self.reserve)
        if window.used + weight > limit:
            left = _MINUTE - self.clock.now().timestamp() % _MINUTE
            raise VenueUnavailable(
                f"{window.used} of {limit:.0f} request weight is used this minute and {weight} more would pass it",
                reason="unsent:budget",
                retry_after_seconds=left,
            )
        window.used += weight

    def learn(self, answer: VenueAnswer, *, host: str) -> None:
        """Take in what the venue says of our use, and fall silent when it demands that, as Binance with 429 or 418."""
        stated = answer.header("x-mbx-used-weight-1m")
        if stated.isascii() and stated.isdigit():
            window = self._window(host)
            window.used = max(window.used, int(stated))
        if answer.status in self.silence_seconds:
            wanted = answer.retry_after_seconds
            silence = self.silence_seconds[answer.status] if wanted is None else wanted
            self._silent_until = max(self._silent_until, self.clock.monotonic() + silence)

    def _window(self, host: str) -> _Window:
        window = self._windows.setdefault(host, _Window())
        minute = int(self.clock.now().timestamp() // _MINUTE)
        if minute != window.minute:
            window.minute, window.used = minute, 0
        return window
