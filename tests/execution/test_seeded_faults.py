"""Whole plans under random faults, crashes at any await and a disk that fails: whatever happens, nothing grows or stands naked."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from decimal import Decimal
from typing import TypeVar

import pytest

from riskd.act.remedies.resize import Refit
from riskd.model.order import Cancellation, Intent, OrderList, Plan, Receipt
from tests.execution.desk import FAULTS, Desk, a_cancellation, a_plan, a_stop

SEEDS = 300
_HELD, _STOP_QUANTITY = 12, 1
_ANSWERS = [
    *FAULTS,
    "rests, answer lost",
    "-4131",
    "-4024",
    "-4005",
    "-2022",
    "-5022",
    "-1003 wait 5",
    "-1021",
    "expired",
]
_STOP_ANSWERS = ["rest", "rest", "rest", "answer lost", "request lost", "late", "-2021", "-4045"]

T = TypeVar("T")


class Crash(BaseException):
    """The process dies here."""


class Story:
    """One seed: a desk, a plan, and how often the process dies."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        chance = self.chance
        self.desk = Desk(held=str(_HELD), calm=chance.random() < 0.5)
        venue = self.desk.venue
        venue.script = [chance.choice(_ANSWERS) for _ in range(chance.randint(0, 6))]
        venue.stop_script = [chance.choice(_STOP_ANSWERS) for _ in range(chance.randint(0, 3))]
        venue.takes = Decimal(chance.choice(["0", "0.05", "0.3"]))
        venue.finds_fail, venue.cancels_fail = chance.choice([0, 0, 1, 5]), chance.choice([0, 0, 1, 3])
        venue.reads_fail = chance.choice([0, 0, 0, 1])
        venue.stops = {"old": Decimal(_HELD)}
        venue.take_profits = {"tp": Decimal(chance.randint(1, _HELD))} if chance.random() < 0.4 else {}
        venue.orders = {"grid"}
        self.desk.log.fails_at = chance.choice([-1, -1, -1, chance.randint(1, 15)])
        self.dies_at = chance.choice([0, 0, chance.randint(1, 30)])
        self.awaits = 0
        self.quantity = chance.randint(1, _HELD)
        self.naked: list[str] = []
        self._refit()
        self._watch()

    @property
    def plan(self) -> Plan:
        return a_plan(
            held=str(_HELD),
            quantity=str(self.quantity),
            cancellations=[a_cancellation("grid")],
            stops=[a_stop(held=str(_HELD), quantity=str(_STOP_QUANTITY), trigger="90")]
            if self.chance.random() < 0.5
            else [],
        )

    def live(self) -> None:
        """The plan, perhaps a death in the middle, and a restart at a venue that has recovered."""
        with suppress(Crash):
            asyncio.run(self.desk.executor().carry_out(self.plan))
        self.dies_at, self.desk.log.fails_at = 0, -1
        venue = self.desk.venue
        venue.finds_fail = venue.cancels_fail = venue.reads_fail = 0
        for meant in self.desk.log.unresolved():
            asyncio.run(self.desk.executor().resolve(meant))

    def _refit(self) -> None:
        left = _HELD - self.quantity
        old = a_cancellation("old", OrderList.CONDITIONAL)
        fitting = a_stop(held=str(_HELD), quantity=str(left)) if left else None
        self.desk.refits = (Refit(stop=fitting, replaces=(old,)),)

    def _watch(self) -> None:
        """Every await of the executor may be the last one, and after each the position must be covered by stops."""
        venue, desk = self.desk.venue, self.desk
        for port, name in (
            (venue, "send"),
            (venue, "find"),
            (venue, "cancel"),
            (venue, "read"),
            (desk.clock, "sleep_until"),
        ):
            setattr(port, name, self._mortal(getattr(port, name)))

    def _mortal(self, call: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
        async def called(*args: object, **named: object) -> T:
            self._die_perhaps()
            answer = await call(*args, **named)
            self._look()
            self._die_perhaps()
            return answer

        return called

    def _die_perhaps(self) -> None:
        self.awaits += 1
        if self.awaits == self.dies_at:
            raise Crash

    def _look(self) -> None:
        venue = self.desk.venue
        if sum(venue.stops.values()) < abs(venue.held):
            self.naked.append(f"{venue.stops} covers {venue.held}: {venue.history}")


@pytest.mark.parametrize("block", range(6))
def test_whatever_happens_the_position_only_shrinks_is_never_naked_and_every_order_is_known(
    block: int,
) -> None:
    for seed in range(block * SEEDS // 6, (block + 1) * SEEDS // 6):
        story = Story(seed)
        story.live()
        check(story, seed)


def check(story: Story, seed: int) -> None:
    """What must hold at the end of every story; that nothing was naked was looked at after each await."""
    desk, venue = story.desk, story.desk.venue
    durable = [value for _, value in desk.log.entries if isinstance(value, Intent)]
    cancelled = [value.order_id for _, value in desk.log.entries if isinstance(value, Cancellation)]
    refused_stop = any(isinstance(value, Receipt) and value.code == "-2021" for _, value in desk.log.entries)
    ours = sum((booked.filled for booked in venue.booked), Decimal(0))

    assert 0 <= venue.held <= _HELD, seed
    assert ours <= story.quantity + (_STOP_QUANTITY if refused_stop else 0), seed
    assert all(intent in durable for intent in venue.sent), seed
    assert len({intent.client_order_id for intent in venue.sent}) == len(venue.sent), seed
    assert desk.log.unresolved() == [], seed
    assert not any(booked.rests for booked in venue.booked), seed
    assert story.naked == [], seed
    assert "grid" in venue.orders or "grid" in cancelled, seed
    assert "old" in venue.stops or "old" in cancelled, seed
