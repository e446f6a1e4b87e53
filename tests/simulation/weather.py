"""When what is broken: the disk, the ledger, the channel, the process itself. Decided by the seed alone, healed at a moment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from riskd.ports import Clock
from tests.simulation.faults import Rates
from tests.simulation.script import Script

Window = tuple[float, float]

# The first lives of a seed that dies at single steps, and how many steps one of them may last.
_DEATHS, _STEPS_MAX = 8, 6_000
# An order is on its way for so many steps of the process at most, its cancellations and questions included.
_STEPS_OF_AN_ORDER = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What will happen when, in seconds of the simulation.

    Attributes:
        kills: Moments.
        stops: Moments at which the daemon is asked to stop in order.
        deaths: The n-th life ends at this step, an await or a touch of the world; 0: not at a step.
        windows: By name of what is broken.
    """

    kills: tuple[float, ...]
    stops: tuple[float, ...]
    deaths: tuple[int, ...]
    windows: dict[str, tuple[Window, ...]]

    @classmethod
    def drawn(cls, random: Random, rates: Rates, script: Script, *, until: float) -> Forecast:
        kills, stops = _moments(random, rates.kills, until), _moments(random, rates.stops, until)
        deaths = tuple(_steps(random) for _ in range(_DEATHS if rates.dies_at_steps else 0))
        if script.dies_at:
            deaths = (script.dies_at, *deaths[1:])
        windows = {
            name: tuple(
                (begin, min(begin + random.uniform(1.0, longest), until))
                for begin in _moments(random, rate, until)
            )
            for name, (rate, longest) in rates.windows.items()
        }
        return cls(
            kills=tuple(at for n, at in enumerate(kills) if script.plays("kill", n, f"killed at {at:.3f} s")),
            stops=tuple(
                at for n, at in enumerate(stops) if script.plays("stop", n, f"stopped at {at:.3f} s")
            ),
            deaths=tuple(
                steps if script.plays("death", n, f"life {n + 1} ends at its step {steps}") else 0
                for n, steps in enumerate(deaths)
            ),
            windows={
                name: tuple(
                    (begin, end)
                    for n, (begin, end) in enumerate(found)
                    if script.plays(f"window {name}", n, f"{name} from {begin:.1f} to {end:.1f} s")
                )
                for name, found in windows.items()
            },
        )


@dataclass(slots=True)
class _Dice:
    """Chance of one kind: a generator of its own, and how often it has struck."""

    random: Random
    struck: int = 0


@dataclass(slots=True, kw_only=True)
class Weather:
    """What is broken now.

    Attributes:
        seed: Decides what strikes by chance.
        healed_at: From here on nothing is broken.
    """

    seed: int
    rates: Rates
    forecast: Forecast
    script: Script
    clock: Clock
    healed_at: float
    _dice: dict[str, _Dice] = field(default_factory=dict)
    _halted_until: float = 0.0

    @property
    def is_healed(self) -> bool:
        """Whether the time of faults is over."""
        return self.clock.monotonic() >= self.healed_at

    def disk_is_full(self) -> bool:
        """Whether this append to the journal fails."""
        return self._within("disk") or self._strikes("hiccup", self.rates.hiccup)

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
        return self._within("halt") or self.clock.monotonic() < self._halted_until

    def entries_before_a_crash(self, entries: int) -> int | None:
        """How many of some entries are durable when the process dies on the way; None when it does not."""
        return next((count for count in range(entries + 1) if self._strikes("crash", self.rates.crash)), None)

    def tears_a_line(self) -> bool:
        """Whether the process dies while it writes to the journal's file."""
        return self._strikes("tear", self.rates.crash)

    def loses_a_post(self) -> bool:
        """Whether this message does not arrive."""
        return self._strikes("post lost", self.rates.post_lost)

    def loses_an_answer(self) -> bool:
        """Whether nobody says that this message has arrived."""
        return self._strikes("answer lost", self.rates.answer_lost)

    def seconds_to_live_after_a_send(self) -> float | None:
        """When the process dies with this order on its way; None when it does not."""
        name = "kill after send"
        if not self._strikes(name, self.rates.kill_after_send):
            return None
        random = self._dice[name].random
        return random.choice([0.0, random.uniform(0.0, 1.0), random.uniform(0.0, 12.0)])

    def steps_to_live_after_a_send(self) -> int | None:
        """After how many steps the process dies with this order on its way; None when it does not."""
        name = "death after send"
        if not self._strikes(name, self.rates.kill_after_send):
            return None
        return self._dice[name].random.randint(1, _STEPS_OF_AN_ORDER)

    def seconds_to_a_halt_after_a_send(self) -> float | None:
        """When somebody pulls the kill switch, with this order on its way; None when nobody does."""
        name = "halt after send"
        if not self._strikes(name, self.rates.halt_after_send):
            return None
        return self._dice[name].random.uniform(0.0, 3.0)

    def loses_a_receipt(self) -> bool:
        """Whether what became of an order cannot be written down, though all before and after it can."""
        return self._strikes("receipt lost", self.rates.receipt_lost)

    def halt(self) -> None:
        """Somebody pulls the kill switch, for a while."""
        seconds = Random(f"{self.seed} halt {self.clock.monotonic()}").uniform(5.0, 60.0)
        self._halted_until = min(self.clock.monotonic() + seconds, self.healed_at)

    def seconds_down(self, life: int) -> float:
        """How long the daemon stays away once a life has ended."""
        waits = [0.1, 2.0, 2.0, 10.0, 60.0]
        return 2.0 if self.is_healed else Random(f"{self.seed} down {life}").choice(waits)

    def steps_of(self, life: int) -> int:
        """The step at which a life ends, the first life being 1; 0: at none."""
        deaths = self.forecast.deaths
        return deaths[life - 1] if life <= len(deaths) and not self.is_healed else 0

    def next_kill(self, after: float) -> float | None:
        """The next moment at which the process is killed."""
        return _next(self.forecast.kills, after)

    def next_stop(self, after: float) -> float | None:
        """The next moment at which it is asked to stop."""
        return _next(self.forecast.stops, after)

    def _within(self, name: str) -> bool:
        now = self.clock.monotonic()
        return any(begin <= now < end for begin, end in self.forecast.windows.get(name, ()))

    def _strikes(self, name: str, rate: float) -> bool:
        if self.is_healed or rate <= 0:
            return False
        dice = self._dice.get(name)
        if dice is None:
            dice = self._dice[name] = _Dice(Random(f"{self.seed} {name}"))
        if dice.random.random() >= rate:
            return False
        dice.struck += 1
        return self.script.plays(name, dice.struck, f"{name} at {self.clock.monotonic():.3f} s")


def _steps(random: Random) -> int:
    """Mostly few: what is written at the start and around the first order; now and then far in."""
    return round(math.exp(random.uniform(0.0, math.log(_STEPS_MAX))))


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
