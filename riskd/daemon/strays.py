"""Orders that bear riskd's mark and that the journal never meant: their account is disarmed, and a person is called."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from riskd.cycle import CycleResult
from riskd.daemon.arming import Arming, Part
from riskd.daemon.drop_copy import DropCopy
from riskd.daemon.memory import Memory
from riskd.daemon.messages import system_message
from riskd.execution import PlanResult
from riskd.execution.reconcile import Stray
from riskd.model.message import Message
from riskd.model.verdict import Level
from riskd.ports import Clock


class StrayAlarm:
    """What is done about strays: durable, before anybody is told.

    Args:
        memory: Keeps which strays are known, so that each is told once, also over restarts.
        arming: Takes the account out of riskd's hands until a named person arms it again.
        say: Makes a message durable and queues it.
    """

    def __init__(
        self, memory: Memory, arming: Arming, *, say: Callable[[Message], None], clock: Clock
    ) -> None:
        self._memory = memory
        self._arming = arming
        self._say = say
        self._clock = clock

    def __call__(self, strays: tuple[Stray, ...]) -> None:
        """Disarm the account of each, write the strays down, call a person."""
        now = self._clock.now()
        for stray in strays:
            structlog.get_logger("riskd").error("stray_order", account=stray.account, what=str(stray))
            self._arming.disarm(Part.ACCOUNT, stray.account, str(stray), now)
            self._memory.stray(stray.account, stray.client_order_id, str(stray), now)
            self._say(
                system_message(
                    word=f"stray {stray.client_order_id}",
                    headline=f"{stray.account} is disarmed: {stray}",
                    level=Level.CRITICAL,
                    body=(
                        "Nothing is sent for it any more until somebody has looked: `riskd rearm` ends that.",
                    ),
                    at=now,
                )
            )


class StrayWatch:
    """Lets the drop copy look after every cycle, and ask venues for names beside the watch. A listener of the service."""

    def __init__(self, drop_copy: DropCopy) -> None:
        self._drop_copy = drop_copy
        self._asking: asyncio.Task[None] | None = None

    def after_cycle(self, result: CycleResult) -> None:
        """Look, and ask for names unless the last question is still out."""
        self._drop_copy.after_cycle(result)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.get_running_loop().create_task(self._drop_copy.ask(), name="drop copy")

    def after_plan(self, result: PlanResult) -> None:
        """Plans are seen in the next cycle."""
        self._drop_copy.after_plan(result)

    async def close(self) -> None:
        """Let go of a question that is out."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
