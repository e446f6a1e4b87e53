"""When what is broken: the disk, the ledger, the channel, the process itself. Decided by the seed alone, healed at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from riskd.ports import Clock
from tests.simulation.faults import Rates

Window = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What will happen when, in seconds of the simulation.

    Attributes:
        kills: Moments.
        stops: Moments at which the daemon is asked to stop in order.
        windows: By name of what is broken.
    """

    kills: tuple[float, ...]
    stops: tuple[float, ...]
    windows: dict[str, tuple[Window, ...]]

    @classmethod
    def drawn(cls, random: Random, rates: Rates, *, until: float) -> Forecast:
        return cls(
            kills=_moments(random, rates.kills, until),
            stops=_moments(random, rates.stops, until),
            windows={
                name: tuple(
                    (begin, min(begin + random.uniform(1.0, longest), until))
                    for begin in _moments(random, rate, until)
                )
                for name, (rate, longest) in rates.windows.items()
            },
        )


class Weather:
    """What is broken now.

    Args:
        random: Decides what strikes by chance.
        healed_at: From here on nothing is broken.
    """

    def __init__(
        self, random: Random, rates: Rates, forecast: Forecast, clock: Clock, *, healed_at: float
    ) -> None:
        self.forecast = forecast
        self._random = random
        self._rates = rates
        self._clock = clock
        self._healed_at = healed_at
        self._halted_until = 0.0

    @property
    def is_healed(self) -> bool:
        """Whether the time of faults is over."""
        return self._clock.monotonic() >= self._healed_at

    def disk_is_full(self) -> bool:
        """Whether this append to the journal fails."""
        return self._within("disk") or self._strikes(self._rates.hiccup)

    def disk_is_on_reserve(self) -> bool:
        """Whether the journal lives on the space that was set aside."""
        return self._within("reserve")

    def ledger_is_broken(self) -> bool:
        """Whether nothing can be committed to the ledger."""
        return self._within("ledger")

    def channel_is_away(self) -> bool:
        """Whether nobody can be told anything."""
        return self._within("channel")

    def is_halted(self) -> bool:
        """Whether somebody has pulled the kill switch."""
        return self._within("halt") or self._clock.monotonic() < self._halted_until

    def entries_before_a_crash(self, entries: int) -> int | None:
        """How many of some entries are durable when the process dies on the way; None when it does not."""
        return next((count for count in range(entries + 1) if self._strikes(self._rates.crash)), None)

    def tears_a_line(self) -> bool:
        """Whether the process dies while it writes to the journal's file."""
        return self._strikes(self._rates.crash)

    def loses_a_post(self) -> bool:
        """Whether this message does not arrive."""
        return self._strikes(self._rates.post_lost)

    def loses_an_answer(self) -> bool:
        """Whether nobody says that this message has arrived."""
        return self._strikes(self._rates.answer_lost)

    def seconds_to_live_after_a_send(self) -> float | None:
        """When the process dies with this order on its way; None when it does not."""
        if not self._strikes(self._rates.kill_after_send):
            return None
        return self._random.choice([0.0, self._random.uniform(0.0, 1.0), self._random.uniform(0.0, 12.0)])

    def seconds_to_a_halt_after_a_send(self) -> float | None:
        """When somebody pulls the kill switch, with this order on its way; None when nobody does."""
        return self._random.uniform(0.0, 3.0) if self._strikes(self._rates.halt_after_send) else None

    def halt(self) -> None:
        """Somebody pulls the kill switch, for a while."""
        self._halted_until = min(self._clock.monotonic() + self._random.uniform(5.0, 60.0), self._healed_at)

    def seconds_down(self) -> float:
        """How long the daemon stays away once it has ended."""
        return self._random.choice([0.1, 2.0, 2.0, 10.0, 60.0]) if not self.is_healed else 2.0

    def next_kill(self, after: float) -> float | None:
        """The next moment at which the process is killed."""
        return _next(self.forecast.kills, after)

    def next_stop(self, after: float) -> float | None:
        """The next moment at which it is asked to stop."""
        return _next(self.forecast.stops, after)

    def _within(self, name: str) -> bool:
        now = self._clock.monotonic()
        return any(begin <= now < end for begin, end in self.forecast.windows.get(name, ()))

    def _strikes(self, rate: float) -> bool:
        return not self.is_healed and rate > 0 and self._random.random() < rate


def _moments(random: Random, rate_per_minute: float, until: float) -> tuple[float, ...]:
    """Independent moments at a mean rate; none before the first half minute."""
    moments = []
    at = 30.0
    while rate_per_minute > 0:
        at += random.expovariate(rate_per_minute / 60.0)
        if at >= until:
            break
        moments.append(at)
    return tuple(moments)


def _next(moments: Sequence[float], after: float) -> float | None:
    return next((at for at in moments if at > after), None)
