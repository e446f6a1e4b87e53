"""What the conformance suite asks of a venue's stand-in, and how it runs a case there.

Every stand-in is a real server on the loopback that a real sender speaks to. The account holds half a bitcoin at 60,000, long or
short, in either position mode and either margin mode.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Protocol

from riskd.model.instrument import Instrument
from riskd.model.order import Direction, Execution, Intent
from riskd.ports import OrderSender
from tests.fakes.clock import ManualClock
from tests.fakes.wire_faults import WireFault

ACCOUNT = "alpha"
PRICE = Decimal(60_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How the account holds its position."""

    side: str = "BOTH"
    held: Decimal = Decimal("0.5")
    margin: str = "cross"

    def __str__(self) -> str:
        return f"{self.side.lower()}-{'long' if self.held > 0 else 'short'}-{self.margin}"


ONE_WAY = Setting()
SETTINGS = (
    ONE_WAY,
    Setting(held=Decimal("-0.5")),
    Setting(side="LONG"),
    Setting(side="SHORT", held=Decimal("-0.5")),
    Setting(margin="isolated"),
    Setting(side="SHORT", held=Decimal("-0.5"), margin="isolated"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """With which codes each refusal is told: the venue's own, or ours where such an order does not even leave."""

    not_reducing: frozenset[str]
    off_lot: frozenset[str]
    below_minimum: frozenset[str]
    above_maximum: frozenset[str]
    price_band: frozenset[str]
    wrong_mode: frozenset[str]
    duplicate: frozenset[str]
    would_trigger: frozenset[str]
    would_take: frozenset[str]
    key: frozenset[str]
    clock: frozenset[str]
    rate: frozenset[str]


class Bench(Protocol):
    """A venue's stand-in with a sender that speaks to it."""

    setting: Setting
    clock: ManualClock
    sender: OrderSender
    contract: Instrument
    codes: Codes

    def held(self) -> Decimal:
        """What the account holds now, signed, from the venue's own books."""
        ...

    def resting(self) -> list[str]:
        """Client ids of everything that rests at the venue, conditional or not."""
        ...

    def strike(self, fault: WireFault) -> None:
        """The next order meets a fault."""
        ...

    def strike_stop(self, fault: WireFault) -> None:
        """The next conditional order meets a fault."""
        ...

    def strike_cancel(self, fault: WireFault) -> None:
        """The next cancellation of an ordinary order meets a fault."""
        ...

    def strike_question(self, fault: WireFault) -> None:
        """The next question for an order by its client id meets a fault."""
        ...

    def hold(self, seconds: float) -> None:
        """The next order is that long on its way, and its client is told nothing of use."""
        ...

    def hold_stop(self, seconds: float) -> None:
        """The same for the next conditional order."""
        ...

    def deliver(self) -> None:
        """What was held arrives; its time has passed on the clock."""
        ...

    def close_elsewhere(self, quantity: Decimal) -> None:
        """Somebody else closes a part of the position."""
        ...

    def move(self, price: Decimal) -> None:
        """The market stands at another price."""
        ...


Place = Callable[[Setting], AbstractAsyncContextManager[Bench]]
Case = Callable[[Bench], Awaitable[None]]


def run(place: Place, case: Case, setting: Setting = ONE_WAY) -> None:
    """Run a case at one venue."""

    async def go() -> None:
        async with place(setting) as bench:
            await case(bench)

    asyncio.run(go())


def an_intent(
    bench: Bench,
    quantity: str = "0.2",
    *,
    number: int = 1,
    limit: str | None = None,
    trigger: str | None = None,
    execution: Execution = Execution.IMMEDIATE,
    held: str | None = None,
) -> Intent:
    """An order that closes a part of the position, valid for five seconds."""
    now = bench.clock.now()
    holds = bench.setting.held if held is None else Decimal(held)
    return Intent(
        client_order_id=f"{number:032x}",
        plan_id="plan-1",
        account=ACCOUNT,
        venue=bench.contract.venue,
        symbol=bench.contract.symbol,
        venue_symbol=bench.contract.venue_symbol,
        position_side=bench.setting.side,
        direction=Direction.SELL if holds > 0 else Direction.BUY,
        held=holds,
        quantity=Decimal(quantity),
        limit_price=None if limit is None else Decimal(limit),
        trigger_price=None if trigger is None else Decimal(trigger),
        created_at=now,
        expires_at=now + timedelta(seconds=5),
        execution=execution,
    )


def better(bench: Bench, distance: str) -> str:
    """A limit that far on the side where it rests: above the market for a sale, below it for a purchase."""
    away = Decimal(distance) if bench.setting.held > 0 else -Decimal(distance)
    return format(PRICE + away, ".2f")


def worse(bench: Bench, distance: str) -> str:
    """A price that far on the other side: where a limit takes, and a stop waits."""
    return better(bench, f"-{distance}")
