"""Two versions of policies over the same recorded snapshots: which alerts and orders come, and which go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from riskd.cycle import judge, wanted
from riskd.daemon.replay import Replayed
from riskd.judge.answered import Ask, nobody_asked
from riskd.judge.reading import UNKNOWN, Reading
from riskd.model.alert import AlertKey, AlertState, EventKind
from riskd.model.verdict import Level
from riskd.policy.bundle import Bundle
from riskd.record.canonical import instant_text

_RISES = frozenset({EventKind.FIRED, EventKind.ESCALATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """How often something happened.

    Attributes:
        first_at: When it did first.
        worst: Worst level that was reached.
    """

    first_at: datetime
    times: int
    worst: Level

    def again(self, level: Level, *, counts: int) -> Occurrence:
        """With one more."""
        return Occurrence(first_at=self.first_at, times=self.times + counts, worst=max(self.worst, level))

    @property
    def text(self) -> str:
        """In words."""
        often = "once" if self.times == 1 else f"{self.times} times, first"
        return f"{self.worst.name} {often} {self.first_at:%Y-%m-%d %H:%M:%S}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An alert or an order that one version has otherwise than the other; None: it does not have it."""

    what: str
    old: Occurrence | None
    new: Occurrence | None


@dataclass(slots=True)
class Judging:
    """One version, snapshot after snapshot.

    Attributes:
        ask: Asks the queries of rules that have one.
        alerts: What fired.
        orders: Which reductions, cancellations and stops firing alerts asked for, by action, rule and subject.
        unjudged: Rules of which nothing could be measured: how often, and why at the first time.
    """

    bundle: Bundle
    ask: Ask = nobody_asked
    states: Mapping[AlertKey, AlertState] = field(default_factory=dict)
    alerts: dict[str, Occurrence] = field(default_factory=dict)
    orders: dict[str, Occurrence] = field(default_factory=dict)
    unjudged: dict[str, tuple[int, str]] = field(default_factory=dict)
    _asking: frozenset[str] = frozenset()

    def take(self, seen: Replayed) -> None:
        """Judge one more snapshot."""
        at = seen.snapshot.taken_at
        judged = judge(self.bundle, seen.snapshot, seen.book, self.states, now=at, ask=self.ask)
        self.states = judged.advance.states
        for event in judged.advance.events:
            if event.kind in _RISES:
                self._count(
                    self.alerts, f"{event.key.rule} {event.key.subject}", at, event.level_after,
                    counts=int(event.kind is EventKind.FIRED),
                )  # fmt: skip  # one call, one thought
        self._count_orders(judged.readings, at)
        for reading in judged.readings:
            self._note_unjudged(reading)

    def _count_orders(self, readings: Iterable[Reading], at: datetime) -> None:
        """An order is asked for in every cycle while its alert fires; it counts when it begins to be."""
        asking = {
            f"{asked.action.kind.value} for {asked.rule.id} {asked.subject}": asked.level
            for asked in wanted(tuple(readings), self.states)
        }
        for name, level in asking.items():
            self._count(self.orders, name, at, level, counts=int(name not in self._asking))
        self._asking = frozenset(asking)

    def _note_unjudged(self, reading: Reading) -> None:
        if len(reading) == 0 or bool((reading.levels != UNKNOWN).any()):
            return
        times, why = self.unjudged.get(reading.rule.id, (0, ""))
        self.unjudged[reading.rule.id] = (times + 1, why or reading.why(0))

    @staticmethod
    def _count(counted: dict[str, Occurrence], name: str, at: datetime, level: Level, *, counts: int) -> None:
        known = counted.get(name, Occurrence(first_at=at, times=0, worst=level))
        counted[name] = known.again(level, counts=counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What a change of policies would have changed.

    Attributes:
        cycles: How many snapshots both versions judged.
        first_at: The first of them; None when there was none.
        acts_at: When either version first asked for an order. From then on the recorded book is not the one that the
            order would have left: what follows is hypothetical.
        unjudged: Rules that could not be judged throughout: in how many snapshots, and why.
    """

    cycles: int
    first_at: datetime | None
    last_at: datetime | None
    acts_at: datetime | None
    alerts: tuple[Difference, ...]
    orders: tuple[Difference, ...]
    unjudged: tuple[tuple[str, int, str], ...]

    def lines(self) -> Iterator[str]:
        """For people."""
        if self.first_at is None:
            yield "history: no snapshot with its details in that time"
            return
        yield (
            f"history: {self.cycles:,} snapshots from {self.first_at:%Y-%m-%d %H:%M:%S}"
            f" to {self.last_at:%Y-%m-%d %H:%M:%S} UTC"
        )
        yield from (_line("alert", difference) for difference in self.alerts)
        yield from (_line("order", difference) for difference in self.orders)
        if not self.alerts and not self.orders:
            yield "no alert and no order would have come or gone"
        if self.acts_at is not None:
            yield f"from {self.acts_at:%Y-%m-%d %H:%M:%S} on hypothetical: an order would have changed the book"
        for rule, times, why in self.unjudged:
            yield f"not judged: {rule} in {times:,} of {self.cycles:,} snapshots: {why}"

    def fields(self) -> dict[str, object]:
        """For programs."""
        return {
            "snapshots": self.cycles,
            "first_at": None if self.first_at is None else instant_text(self.first_at),
            "last_at": None if self.last_at is None else instant_text(self.last_at),
            "hypothetical_from": None if self.acts_at is None else instant_text(self.acts_at),
            "alerts": [_fields(difference) for difference in self.alerts],
            "orders": [_fields(difference) for difference in self.orders],
            "not_judged": [
                {"rule": rule, "snapshots": times, "why": why} for rule, times, why in self.unjudged
            ],
        }


def backtest(old: Bundle, new: Bundle, snapshots: Iterable[Replayed], *, ask: Ask = nobody_asked) -> Backtest:
    """Let both versions judge the same snapshots, each from a clean start.

    Args:
        old: One version.
        new: The other.
        snapshots: What both see, oldest first.
        ask: Asks the queries of rules that have one.
    """
    versions = (Judging(old, ask), Judging(new, ask))
    cycles, first_at, last_at = 0, None, None
    for seen in snapshots:
        cycles, last_at = cycles + 1, seen.snapshot.taken_at
        first_at = first_at or last_at
        for version in versions:
            version.take(seen)
    before, after = versions
    asked = [occurrence.first_at for version in versions for occurrence in version.orders.values()]
    return Backtest(
        cycles=cycles,
        first_at=first_at,
        last_at=last_at,
        acts_at=min(asked, default=None),
        alerts=_differences(before.alerts, after.alerts),
        orders=_differences(before.orders, after.orders),
        unjudged=tuple(
            (rule, times, why) for rule, (times, why) in sorted({**before.unjudged, **after.unjudged}.items())
        ),
    )


def _differences(old: Mapping[str, Occurrence], new: Mapping[str, Occurrence]) -> tuple[Difference, ...]:
    return tuple(
        Difference(what=name, old=old.get(name), new=new.get(name))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    )


def _line(kind: str, difference: Difference) -> str:
    old, new = difference.old, difference.new
    if old is None and new is not None:
        return f"{kind} gained: {difference.what}: {new.text}"
    if new is None and old is not None:
        return f"{kind} lost: {difference.what}: {old.text}"
    assert old is not None and new is not None, "one of them has it"  # noqa: PT018  # one fact
    return f"{kind} changed: {difference.what}: {old.text} -> {new.text}"


def _fields(difference: Difference) -> dict[str, object]:
    def told(occurrence: Occurrence | None) -> dict[str, object] | None:
        if occurrence is None:
            return None
        return {
            "first_at": instant_text(occurrence.first_at),
            "times": occurrence.times,
            "worst": occurrence.worst.name.lower(),
        }

    return {"what": difference.what, "old": told(difference.old), "new": told(difference.new)}
