"""Taking reports into what is known: each either renews a surface or says why it did not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from riskd.model.report import MARKET_SURFACES, Report, Surface
from riskd.observe.absorb_venue import share_tables, venue_after
from riskd.observe.corroborate import settled, with_answer, with_fills, with_order_ids
from riskd.observe.dialect import Dialect, Listed, Listing, Plain
from riskd.observe.equity_fall import implausible_equity
from riskd.observe.facts import Balances, Positions
from riskd.observe.fields import Fault, Plausibility
from riskd.observe.flows import extended, extended_fills
from riskd.observe.hear import NO_INSTRUMENTS, hear
from riskd.observe.known import AccountMemory, ClosedPosition, Heard, Known, VenueMemory
from riskd.observe.normalise import dialect_of

T = TypeVar("T")

# Caches of venues are younger. A position that is there as it was after so long was never closed, whatever proved it.
_CLOSED_REMEMBERED = timedelta(minutes=2)


def absorb(reports: Iterable[Report], known: Known, *, plausible: Plausibility) -> Known:
    """What is known after these reports, in whatever order they came.

    Raises:
        ValueError: A report is of a venue whose dialect riskd does not understand.
    """
    venues, accounts = dict(known.venues), dict(known.accounts)
    touched: set[str] = set()
    for report in sorted(reports, key=lambda report: (_PLACE[report.surface], report.requested_at)):
        dialect = dialect_of(report.venue)
        venue = venues.get(report.venue, VenueMemory())
        if report.surface in MARKET_SURFACES:
            venues[report.venue] = venue_after(report, venue, dialect, plausible)
            continue
        account = accounts.get(report.account, AccountMemory())
        news = _News(report, account, dialect, venue.instruments.value, plausible)
        account = _TAKE[report.surface](news)
        if report.surface is Surface.BRACKETS:
            venues[report.venue], account = share_tables(venue, account)
        accounts[report.account] = account
        touched.add(report.account)
    for name in touched:
        accounts[name] = _settled(accounts[name], known.accounts.get(name, AccountMemory()))
    return Known(venues=venues, accounts=accounts)


def _settled(account: AccountMemory, before: AccountMemory) -> AccountMemory:
    """The account without what is proven closed, which is remembered for a while."""
    book, asked_at = settled(account), account.positions.requested_at
    there = {held.fact.key for held in book}
    gone = {held.fact.key: held.fact.updated_ms for held in before.book if held.fact.key not in there}
    if not gone or asked_at is None:
        return replace(account, book=book)
    fresh = {key: ClosedPosition(updated_ms=ms, closed_at=asked_at) for key, ms in gone.items()}
    return replace(account, book=book, closed={**account.closed, **fresh})


@dataclass(frozen=True, slots=True)
class _News:
    """One report about an account, and what it is read with."""

    report: Report
    account: AccountMemory
    dialect: Dialect
    listing: Listing | None
    plausible: Plausibility

    def plain(self, heard: Heard[T], reader: Plain[T]) -> Heard[T]:
        return hear(heard, self.report, lambda: reader(self.report.payload, self.plausible))

    def listed(self, heard: Heard[T], reader: Listed[T], doubt: Callable[[T], str] | None = None) -> Heard[T]:
        listing = self.listing
        if listing is None:
            return heard.failed(self.report.failure or NO_INSTRUMENTS)
        return hear(heard, self.report, lambda: reader(self.report.payload, listing, self.plausible), doubt)


def _brackets(news: _News) -> AccountMemory:
    account = news.account
    return replace(account, brackets=news.listed(account.brackets, news.dialect.brackets))


def _settings(news: _News) -> AccountMemory:
    account = news.account
    return replace(account, settings=news.listed(account.settings, news.dialect.symbol_settings))


def _position_mode(news: _News) -> AccountMemory:
    account = news.account
    return replace(account, hedge_mode=news.plain(account.hedge_mode, news.dialect.position_mode))


def _orders(news: _News) -> AccountMemory:
    account = news.account
    return with_order_ids(replace(account, orders=news.listed(account.orders, news.dialect.orders)))


def _conditional_orders(news: _News) -> AccountMemory:
    account = news.account
    heard = news.listed(account.conditional_orders, news.dialect.conditional_orders)
    return with_order_ids(replace(account, conditional_orders=heard))


def _positions(news: _News) -> AccountMemory:
    account = news.account
    heard = news.listed(
        account.positions,
        news.dialect.positions,
        lambda read: _replayed(account, read, news.report.requested_at),
    )
    if heard.failure or heard.value is None or heard is account.positions:
        return replace(account, positions=heard)
    book = with_answer(account, heard.value, news.report.requested_at)
    return replace(account, positions=heard, book=book)


def _trades(news: _News) -> AccountMemory:
    account = news.account
    heard = news.listed(account.trades, news.dialect.trades)
    if heard.failure or heard.value is None or heard is account.trades:
        return replace(account, trades=heard)
    fills = extended_fills(account.fills, heard.value, news.report)
    account = replace(account, trades=heard, fills=fills)
    return replace(account, book=with_fills(account, heard.value.keys()))


def _income(news: _News) -> AccountMemory:
    account = news.account
    heard = news.listed(account.income, news.dialect.income)
    if heard.failure or heard.value is None or heard is account.income:
        return replace(account, income=heard)
    return replace(account, income=heard, entries=extended(account.entries, heard.value, news.report))


def _balances(news: _News) -> AccountMemory:
    account = news.account
    heard = news.listed(
        account.balances,
        news.dialect.balances,
        lambda read: _doubtful(account, read, news.report.requested_at),
    )
    return replace(account, balances=heard)


def _spot(news: _News) -> AccountMemory:
    """Balances of 0 are left out by the venue: a coin that was there counts as gone from the second answer on."""
    account = news.account
    old, new = account.spot.value, news.plain(account.spot, news.dialect.spot_balances)
    if new.value is None or old is None or new.value is old:
        return replace(account, spot=new)
    held = {asset: quantity for asset, quantity in old.items() if quantity}
    missing = frozenset(held.keys() - new.value.keys())
    doubtful = missing - account.spot_missing
    faults = (
        *new.faults,
        *(Fault(asset, f"{asset} is missing from the spot wallet") for asset in sorted(doubtful)),
    )
    joined = replace(new, value={**{asset: held[asset] for asset in doubtful}, **new.value}, faults=faults)
    return replace(account, spot=joined, spot_missing=missing)


# Evidence (orders, fills, income) before what is judged by it; balances after positions, which must show the loss
# that a fall of equity claims.
_TAKE: Mapping[Surface, Callable[[_News], AccountMemory]] = {
    Surface.BRACKETS: _brackets,
    Surface.SYMBOL_SETTINGS: _settings,
    Surface.POSITION_MODE: _position_mode,
    Surface.ORDERS: _orders,
    Surface.CONDITIONAL_ORDERS: _conditional_orders,
    Surface.POSITIONS: _positions,
    Surface.TRADES: _trades,
    Surface.INCOME: _income,
    Surface.BALANCES: _balances,
    Surface.SPOT_BALANCES: _spot,
}

# Instruments first of all: every other surface names symbols.
_MARKET_ORDER = (
    Surface.INSTRUMENTS,
    Surface.SERVER_TIME,
    Surface.MARKS,
    Surface.FUNDING_INTERVALS,
    Surface.CANDLES,
    Surface.TURNOVER,
    Surface.ORDER_BOOKS,
    Surface.ASSET_INDEX,
)
_PLACE = {surface: place for place, surface in enumerate((*_MARKET_ORDER, *_TAKE))}


def _replayed(account: AccountMemory, read: Positions, asked_at: datetime) -> str:
    """A position never changes back in time: an answer that says so was given before."""
    known = {held.fact.key: held.fact.updated_ms for held in account.book}
    for fact in read.rows:
        closed = account.closed.get(fact.key)
        if (
            closed is not None
            and fact.updated_ms <= closed.updated_ms
            and asked_at - closed.closed_at <= _CLOSED_REMEMBERED
        ):
            return f"replayed: {fact.key.symbol} as it was before it was closed"
        before = known.get(fact.key, 0)
        if fact.updated_ms < before:
            return (
                f"replayed: {fact.key.symbol} as it was {before - fact.updated_ms} ms before the last answer"
            )
    return ""


def _doubtful(account: AccountMemory, read: Balances, asked_at: datetime) -> str:
    before = account.balances.value.updated_ms if account.balances.value is not None else {}
    for asset, updated_ms in read.updated_ms.items():
        if updated_ms < before.get(asset, 0):
            return f"replayed: {asset} as it was {before[asset] - updated_ms} ms before the last answer"
    return implausible_equity(account, read, asked_at)
