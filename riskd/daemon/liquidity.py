"""The markets of what is held: when each is looked at next, and what was seen of them, as columns.

They are read only while a rule in force looks at them, a few contracts at a time and aside from the cycle. Each ages by
itself: the measures say when what is known of it is too old.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import numpy as np

from riskd.model.liquidity import NO_LIQUIDITY, LiquidityColumns, MarketRow, liquidity_columns
from riskd.model.report import Surface
from riskd.model.snapshot import Snapshot
from riskd.observe.facts import BookFact, TurnoverFact
from riskd.observe.known import Heard, Known

Contract = tuple[str, str]
"""Venue and unified symbol."""

_AT_ONCE_MAX = 5  # contracts of one venue in one read
_RETRY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the contracts of a venue are read.

    Attributes:
        every_seconds: Each contract, while they are few.
        a_minute: All of them together; with more, each waits longer.
    """

    every_seconds: float
    a_minute: int

    def interval(self, contracts: int) -> float:
        """Seconds between two reads of one of so many contracts."""
        return max(self.every_seconds, 60.0 * contracts / self.a_minute)


# A book costs 10 of the 2,400 weight that Binance grants a minute, so that no more than a tenth goes into books. A day's
# volume changes little in five minutes, and costs 2 with the open interest.
PACES: Mapping[Surface, Pace] = {
    Surface.ORDER_BOOKS: Pace(every_seconds=60.0, a_minute=24),
    Surface.TURNOVER: Pace(every_seconds=300.0, a_minute=24),
}


class _Market(NamedTuple):
    turnover: Heard[TurnoverFact]
    book: Heard[BookFact]

    def read_at(self, surface: Surface) -> float:
        """When the last good answer was asked for; -inf: never."""
        heard = self.turnover if surface is Surface.TURNOVER else self.book
        return -np.inf if heard.requested_at is None else heard.requested_at.timestamp()


_UNSEEN = _Market(Heard(), Heard())


@dataclass(slots=True)
class LiquidityKeeper:
    """Says which markets are to be read, collects what was read, and hands it out."""

    _asked_at: dict[tuple[Surface, Contract], float] = field(default_factory=dict)
    _markets: dict[Contract, _Market] = field(default_factory=dict)
    _columns: LiquidityColumns | None = NO_LIQUIDITY

    def due(self, surface: Surface, snapshot: Snapshot) -> Mapping[str, tuple[str, ...]]:
        """By venue, the contracts whose turn it is; those that are held before those that are only named."""
        held = set(snapshot.positions.instrument.tolist())
        contracts = [(row.venue, row.symbol) for row in snapshot.instruments]
        ordered = [
            contracts[code] for code in sorted(range(len(contracts)), key=lambda code: code not in held)
        ]
        now = snapshot.taken_at.timestamp()
        found: dict[str, tuple[str, ...]] = {}
        for venue in sorted({venue for venue, _ in contracts}):
            mine = [contract for contract in ordered if contract[0] == venue]
            wait = PACES[surface].interval(len(mine))
            if turn := [contract for contract in mine if self._is_due(surface, contract, now, wait)]:
                chosen = turn[:_AT_ONCE_MAX]
                self._asked_at.update({(surface, contract): now for contract in chosen})
                found[venue] = tuple(symbol for _, symbol in chosen)
        return found

    def take_in(self, known: Known, snapshot: Snapshot) -> None:
        """Take in what was read of the contracts of a snapshot; those that are not among them are let go."""
        markets = {
            (row.venue, row.symbol): market
            for row in snapshot.instruments
            if (market := _market_of(known, row.venue, row.symbol)) is not None
        }
        if not _are_same(markets, self._markets):
            self._markets, self._columns = markets, None

    def columns(self) -> LiquidityColumns:
        """What is known; the same object until it changes."""
        if self._columns is None:
            self._columns = liquidity_columns([_row(*item) for item in self._markets.items()])
        return self._columns

    def _is_due(self, surface: Surface, contract: Contract, now: float, wait: float) -> bool:
        """A clock that was set back makes what was asked in its future due at once."""
        asked = self._asked_at.get((surface, contract), -np.inf)
        read = self._markets.get(contract, _UNSEEN).read_at(surface)
        return not (asked <= now < asked + _RETRY_SECONDS or read <= now < read + wait)


def _market_of(known: Known, venue: str, symbol: str) -> _Market | None:
    memory = known.venue(venue)
    turnover, book = memory.turnover.get(symbol), memory.order_books.get(symbol)
    if turnover is None and book is None:
        return None
    return _Market(turnover or _UNSEEN.turnover, book or _UNSEEN.book)


def _are_same(one: Mapping[Contract, _Market], other: Mapping[Contract, _Market]) -> bool:
    """Whether nothing was heard in between; what is heard is never changed, only replaced."""
    return one.keys() == other.keys() and all(
        market.turnover is other[key].turnover and market.book is other[key].book
        for key, market in one.items()
    )


def _row(contract: Contract, market: _Market) -> MarketRow:
    """What can be believed of a market: nothing of it while the venue talks nonsense about it."""
    turnover = None if market.turnover.rubbish else market.turnover.value
    book = None if market.book.rubbish else market.book.value
    return MarketRow(
        venue=contract[0],
        symbol=contract[1],
        quote_volume=np.nan if turnover is None else float(turnover.quote_volume),
        open_interest=np.nan if turnover is None else float(turnover.open_interest),
        turnover_at=np.nan if turnover is None else oldest(market.turnover.requested_at, turnover.told_ms),
        turnover_trouble=market.turnover.failure,
        bids=None if book is None else book.bids,
        asks=None if book is None else book.asks,
        book_at=np.nan if book is None else oldest(market.book.requested_at, book.told_ms),
        book_trouble=market.book.failure,
    )


def oldest(requested_at: datetime | None, told_ms: int) -> float:
    """The moment from which an answer ages: when it was asked for or as the venue dates it, whichever is earlier."""
    told = told_ms / 1000.0
    return told if requested_at is None else min(requested_at.timestamp(), told)
