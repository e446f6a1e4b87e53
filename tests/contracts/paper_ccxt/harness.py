"""Runs one conversation of the unmodified ccxt client with a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from riskd.paper.dialect.http import Rights
from riskd.paper.venue import Venue
from tests.support_paper import RunningTime, paper_client, paper_server, paper_venue

BTC = "BTC/USDT:USDT"
ETH = "ETH/USDT:USDT"


@dataclass(frozen=True, slots=True)
class Desk:
    """What a conversation has at hand: the client, the venue behind it, and its time."""

    client: Any
    venue: Venue
    time: RunningTime

    async def wait(self, ms: int) -> None:
        """Let the venue's time jump, and the client notice."""
        self.time.jump(ms)
        await self.client.load_time_difference()


def converse(
    talk: Callable[[Desk], Awaitable[None]],
    *,
    venue: Venue | None = None,
    account: str = "alpha",
    rights: Rights = Rights.TRADE,
    **options: Any,
) -> Venue:
    """Run a conversation and hand back the venue that it left behind."""
    chosen = venue or paper_venue()

    async def main() -> None:
        time = RunningTime(chosen.now_ms)
        async with (
            paper_server(chosen, time_ms=time) as server,
            paper_client(server, account, rights, **options) as client,
        ):
            await talk(Desk(client, chosen, time))

    asyncio.run(main())
    return chosen
