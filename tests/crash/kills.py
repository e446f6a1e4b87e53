"""When a daemon is killed: at seeded moments, some of them the worst there are."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from enum import Enum
from random import Random

from tests.endtoend.processes import Life
from tests.endtoend.venue import Asked, RecordingVenue
from tests.endtoend.waiting import pass_time, until


class Moment(Enum):
    """What the daemon is doing when it is killed."""

    STARTING = "starting"  # reading its files, its journal, its ledger; the first cycle
    RUNNING = "running"  # anything
    ORDER_ASKED = "order asked"  # its request has reached the venue, which has not looked at it yet
    ORDER_TAKEN = "order taken"  # a moment later: booked, answered, in the journal, or not


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill.

    Attributes:
        seconds: After the start (STARTING, RUNNING) or after the order's request (ORDER_TAKEN).
        order: Which order of this life it waits for, counted from 1 (ORDER_ASKED, ORDER_TAKEN).
    """

    moment: Moment
    seconds: float = 0.0
    order: int = 1

    @classmethod
    def drawn(cls, random: Random) -> Kill:
        """A kill at random: every other one with an order under way."""
        moment = random.choice(list(Moment))
        longest = {
            Moment.STARTING: 0.5,
            Moment.RUNNING: 3.0,
            Moment.ORDER_ASKED: 0.0,
            Moment.ORDER_TAKEN: 0.4,
        }
        return cls(moment=moment, seconds=random.uniform(0, longest[moment]), order=random.randint(1, 6))

    async def strike(self, life: Life, venue: RecordingVenue) -> None:
        """Wait for the moment, kill, and see it dead."""
        match self.moment:
            case Moment.STARTING | Moment.RUNNING:
                await pass_time(self.seconds)
            case Moment.ORDER_TAKEN:
                await self._order(venue)
                await pass_time(self.seconds)
            case Moment.ORDER_ASKED:
                await self._strike_inside(life, venue)
        await life.kill()

    async def _order(self, venue: RecordingVenue) -> None:
        wanted = len(venue.orders_asked) + self.order
        await until(lambda: len(venue.orders_asked) >= wanted, f"order {self.order} of this life", seconds=60)

    async def _strike_inside(self, life: Life, venue: RecordingVenue) -> None:
        """Kill while the venue has the request in its hand."""
        left = self.order
        before = venue.on_order

        def look(asked: Asked) -> None:
            nonlocal left
            before(asked)
            left -= 1
            if left == 0:
                os.kill(life.pid, signal.SIGKILL)

        venue.on_order = look
        try:
            await until(lambda: left <= 0, f"order {self.order} of this life", seconds=60)
        finally:
            venue.on_order = before
