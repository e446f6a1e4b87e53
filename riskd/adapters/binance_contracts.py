"""Reads what Binance USD-M answers contract by contract: order books, and what is traded and open.

Source of paths, limits and weights: developers.binance.com, USDS-margined futures: Order Book, 24hr Ticker Price Change
Statistics, Open Interest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from riskd.errors import VenueUnavailable
from riskd.model.liquidity import LEVELS_READ
from riskd.model.report import JsonValue
from riskd.observe.fields import JsonObject
from riskd.observe.json_text import Rubbish
from riskd.observe.venues.binance_turnover import OPEN_INTEREST, TICKER

Params = tuple[tuple[str, str], ...]
Ask = Callable[[str, Params], Awaitable[JsonValue]]
"""Asks a public path that answers with an object. Raises VenueUnavailable, or Rubbish for what is no such answer."""


async def order_books(ask: Ask, names: Sequence[str]) -> tuple[JsonObject, bool]:
    """Both sides of the books of some contracts by the venue's symbols, and whether all of them could be read.

    Raises:
        VenueUnavailable: None could be read.
        Rubbish: None could be read, and the first answer was none.
    """

    async def book(name: str) -> JsonValue:
        return await ask("/fapi/v1/depth", (("symbol", name), ("limit", str(LEVELS_READ))))

    return await _each(names, book)


async def turnover(ask: Ask, names: Sequence[str]) -> tuple[JsonObject, bool]:
    """The day's ticker and the open interest of some contracts, and whether all of them could be read.

    Raises:
        VenueUnavailable: None could be read.
        Rubbish: None could be read, and the first answer was none.
    """

    async def both(name: str) -> JsonValue:
        params = (("symbol", name),)
        ticker = await ask("/fapi/v1/ticker/24hr", params)
        return {TICKER: ticker, OPEN_INTEREST: await ask("/fapi/v1/openInterest", params)}

    return await _each(names, both)


async def _each(names: Sequence[str], read: Callable[[str], Awaitable[JsonValue]]) -> tuple[JsonObject, bool]:
    """What is read of each name, all at once. One that fails, such as a contract that is gone, is left out."""

    async def attempt(name: str) -> JsonValue | VenueUnavailable | Rubbish:
        try:
            return await read(name)
        except (VenueUnavailable, Rubbish) as failure:
            return failure

    answers = await asyncio.gather(*map(attempt, names))
    failures = [answer for answer in answers if isinstance(answer, (VenueUnavailable, Rubbish))]
    if failures and len(failures) == len(names):
        raise failures[0]
    found: JsonObject = {
        name: answer
        for name, answer in zip(names, answers, strict=True)
        if not isinstance(answer, (VenueUnavailable, Rubbish))
    }
    return found, not failures
