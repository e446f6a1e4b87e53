"""I17: no more is asked of the venue than the house allows in a minute, and nothing while the venue wants silence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from riskd.model.wire import VenueAnswer, VenueCall
from riskd.paper.dialect.dialect import ENDPOINTS
from riskd.paper.dialect.parameters import parse_parameters
from tests.simulation.violations import Violations

_ENDPOINTS = {(endpoint.method, endpoint.path): endpoint for endpoint in ENDPOINTS}
_SILENCE_SECONDS = {429: 60.0, 418: 120.0}


@dataclass(slots=True, kw_only=True)
class RequestInvariants:
    """Counts by the venue's own prices, life by life: what an earlier one used, the first answer tells.

    Attributes:
        weight_per_minute: What the house allows.
    """

    violations: Violations
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    weight_per_minute: int
    minute: int = 0
    used: int = 0
    silent_until: float = 0.0

    def new_life(self) -> None:
        """The daemon starts again."""
        self.used, self.silent_until = 0, 0.0

    def asking(self, call: VenueCall) -> None:
        """A request is about to leave."""
        silence = self.silent_until - self.monotonic()
        self.violations.check(silence <= 0, "I17", f"{call} leaves, {silence:.1f} s of silence are left")
        minute = int(self.now().timestamp() // 60)
        if minute != self.minute:
            self.minute, self.used = minute, 0
        endpoint = _ENDPOINTS[call.method, call.path]
        self.used += endpoint.weight(parse_parameters(urlencode(call.params), ""))
        self.violations.check(
            self.used <= self.weight_per_minute,
            "I17",
            f"{self.used} of weight in a minute, {self.weight_per_minute} are allowed",
        )

    def answered(self, answer: VenueAnswer) -> None:
        """An answer has come back; the venue may want silence from now on."""
        if answer.status in _SILENCE_SECONDS:
            wanted = answer.retry_after_seconds
            seconds = _SILENCE_SECONDS[answer.status] if wanted is None else wanted
            self.silent_until = max(self.silent_until, self.monotonic() + seconds)
