"""What is remembered from one cycle to the next, all of it immutable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Generic, TypeVar

from riskd.model.flow import IncomeRow, TradeRow
from riskd.model.instrument import Bracket, Instrument
from riskd.model.report import Report
from riskd.observe.facts import (
    AssetIndex,
    Balances,
    BookFact,
    BracketsBySymbol,
    HourlyCandles,
    Intervals,
    Normalised,
    OrderFact,
    PositionFact,
    PositionKey,
    Positions,
    Quotes,
    Settings,
    SpotBalances,
    TurnoverFact,
)
from riskd.observe.fields import Fault

T = TypeVar("T")

RUBBISH = ("guard:", "implausible:")
"""Beginnings of reasons which say that the venue talks nonsense, rather than nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard(Generic[T]):
    """The last good answer of one surface, and what became of the newest attempt to get another.

    Attributes:
        value: None until there was one.
        requested_at: When the request of that answer left.
        received_at: When that answer had arrived.
        faults: What was refused in that answer.
        complete: False when more rows existed than were read.
        failure: Why the newest attempt brought nothing good; empty when it did.
    """

    value: T | None = None
    requested_at: datetime | None = None
    received_at: datetime | None = None
    faults: tuple[Fault, ...] = ()
    complete: bool = True
    failure: str = ""

    @property
    def rubbish(self) -> bool:
        """True when the newest attempt was answered with nonsense."""
        return self.failure.startswith(RUBBISH)

    def failed(self, reason: str) -> Heard[T]:
        """The same, after an attempt that brought nothing good."""
        return replace(self, failure=reason)

    def renewed(self, report: Report, read: Normalised[T]) -> Heard[T]:
        """A new good answer."""
        return Heard(
            value=read.value,
            requested_at=report.requested_at,
            received_at=report.received_at,
            faults=read.faults,
            complete=report.complete,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow(Generic[T]):
    """Rows of something that only grows, without a gap between ``since`` and ``until``.

    Attributes:
        rows: Oldest first, bounded.
        since: Venue time from which on no row is missing.
        until: When the newest read of them left.
    """

    rows: tuple[T, ...]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPosition:
    """A position that was there, and may still be.

    Attributes:
        fact: As the venue last told it.
        seen_at: When the answer that last contained it was asked for.
        wallet_balance: The account's, as it was last read while the position was there; None: never.
        opened_at: When it left zero, as far as riskd saw; None unknown.
        missing_since: When the first answer without it was asked for; None while it is there.
        absences: Consecutive good answers without it.
        client_ids: Client order ids seen with it, newest last, bounded.
    """

    fact: PositionFact
    seen_at: datetime
    wallet_balance: Decimal | None = None
    opened_at: datetime | None = None
    missing_since: datetime | None = None
    absences: int = 0
    client_ids: tuple[str, ...] = ()

    @property
    def confirmed(self) -> bool:
        """True while the newest good answer contains it."""
        return self.missing_since is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedPosition:
    """A position that is proven closed.

    Attributes:
        updated_ms: When the venue last changed it while it was there.
        closed_at: When the answer that was without it was asked for.
    """

    updated_ms: int
    closed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMemory:
    """What is known of one account.

    Attributes:
        book: Every position that is held or not yet proven closed.
        closed: The last position of each kind that was proven closed, by which an old answer is told from a new one.
        spot_missing: Coins that were held on spot and that the newest answer was without.
        entries: Wallet entries without a gap.
        fills: The same of fills, by unified symbol.
        order_ids: Client order ids by the venue's order id, of orders seen resting; bounded.
        resting_ids: Client order ids of the orders that rest now, by the position they belong to.
    """

    balances: Heard[Balances] = Heard()
    positions: Heard[Positions] = Heard()
    orders: Heard[tuple[OrderFact, ...]] = Heard()
    conditional_orders: Heard[tuple[OrderFact, ...]] = Heard()
    settings: Heard[Settings] = Heard()
    hedge_mode: Heard[bool] = Heard()
    brackets: Heard[BracketsBySymbol] = Heard()
    income: Heard[tuple[IncomeRow, ...]] = Heard()
    trades: Heard[Mapping[str, tuple[TradeRow, ...]]] = Heard()
    spot: Heard[SpotBalances] = Heard()
    spot_missing: frozenset[str] = frozenset()
    book: tuple[HeldPosition, ...] = ()
    closed: Mapping[PositionKey, ClosedPosition] = field(default_factory=dict)
    entries: Flow[IncomeRow] | None = None
    fills: Mapping[str, Flow[TradeRow]] = field(default_factory=dict)
    order_ids: Mapping[str, str] = field(default_factory=dict)
    resting_ids: Mapping[PositionKey, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueMemory:
    """What is known of one venue.

    Attributes:
        clock_offset: The venue's clock minus ours, seconds.
        candles: Hourly candles of every contract that was asked for, as the last answer about it tells them.
        turnover: Volume and open interest of every contract that was asked for; ``order_books`` likewise.
        asset_index: What assets are worth as collateral.
        server_ms: The venue's clock at its last good answer.
        instruments_missing: Contracts (by the venue's symbol) that the newest list was without.
        intervals_missing: Contracts whose funding interval the newest list was without.
        frozen_since: Contracts whose mark stands still while others move, and since when.
        bracket_tables: Every bracket table seen, so that accounts share one copy.
    """

    instruments: Heard[Mapping[str, Instrument]] = Heard()
    quotes: Heard[Quotes] = Heard()
    intervals: Heard[Intervals] = Heard()
    clock_offset: Heard[float] = Heard()
    candles: Heard[HourlyCandles] = Heard()
    turnover: Mapping[str, Heard[TurnoverFact]] = field(default_factory=dict)
    order_books: Mapping[str, Heard[BookFact]] = field(default_factory=dict)
    asset_index: Heard[AssetIndex] = Heard()
    server_ms: int = 0
    instruments_missing: frozenset[str] = frozenset()
    intervals_missing: frozenset[str] = frozenset()
    frozen_since: Mapping[str, datetime] = field(default_factory=dict)
    bracket_tables: Mapping[str, tuple[Bracket, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything remembered. ``Known()`` knows nothing."""

    venues: Mapping[str, VenueMemory] = field(default_factory=dict)
    accounts: Mapping[str, AccountMemory] = field(default_factory=dict)

    def venue(self, venue: str) -> VenueMemory:
        """What is known of a venue."""
        return self.venues.get(venue, _NEW_VENUE)

    def account(self, account: str) -> AccountMemory:
        """What is known of an account."""
        return self.accounts.get(account, _NEW_ACCOUNT)


_NEW_VENUE = VenueMemory()
_NEW_ACCOUNT = AccountMemory()
