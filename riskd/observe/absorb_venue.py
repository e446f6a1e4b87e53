"""Taking in what a venue publishes to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from riskd.model.instrument import Bracket, Instrument
from riskd.model.report import Report, Surface
from riskd.observe.absorb_markets import with_asset_index, with_order_books, with_turnover
from riskd.observe.dialect import Dialect, Listing
from riskd.observe.facts import Normalised, Quotes
from riskd.observe.fields import Fault, Plausibility
from riskd.observe.frozen import frozen_since
from riskd.observe.hear import NO_INSTRUMENTS, hear
from riskd.observe.known import AccountMemory, Heard, VenueMemory

T = TypeVar("T")

_REGRESS_MS = 1000  # a venue is many machines, whose clocks differ a little


def venue_after(report: Report, venue: VenueMemory, dialect: Dialect, plausible: Plausibility) -> VenueMemory:
    """What is known of a venue after one report of a market surface."""
    match report.surface:
        case Surface.INSTRUMENTS:
            return _with_instruments(report, venue, dialect, plausible)
        case Surface.MARKS:
            return _with_marks(report, venue, dialect, plausible)
        case Surface.FUNDING_INTERVALS:
            return _with_intervals(report, venue, dialect, plausible)
        case Surface.CANDLES:
            return _with_candles(report, venue, dialect, plausible)
        case Surface.TURNOVER:
            return with_turnover(report, venue, dialect, plausible)
        case Surface.ORDER_BOOKS:
            return with_order_books(report, venue, dialect, plausible)
        case Surface.ASSET_INDEX:
            return with_asset_index(report, venue, dialect, plausible)
        case _:
            return _with_time(report, venue, dialect, plausible)


def share_tables(venue: VenueMemory, account: AccountMemory) -> tuple[VenueMemory, AccountMemory]:
    """Venue and account after an account's brackets: equal tables become one object, for accounts differ rarely."""
    tables = account.brackets.value
    if tables is None:
        return venue, account
    pool: dict[str, tuple[Bracket, ...]] = dict(venue.bracket_tables)
    shared = {symbol: _one_of(pool, symbol, table) for symbol, table in tables.items()}
    brackets = replace(account.brackets, value=shared)
    return replace(venue, bracket_tables=pool), replace(account, brackets=brackets)


def _one_of(
    pool: dict[str, tuple[Bracket, ...]], symbol: str, table: tuple[Bracket, ...]
) -> tuple[Bracket, ...]:
    known = pool.setdefault(symbol, table)
    return known if known == table else table


def _with_instruments(
    report: Report, venue: VenueMemory, dialect: Dialect, plausible: Plausibility
) -> VenueMemory:
    """A contract that is listed no more stays readable; from the second answer without it on it is not tradable."""
    old = venue.instruments
    new = hear(
        old,
        report,
        lambda: dialect.instruments(report.payload, plausible),
        lambda read: _renamed(old.value or {}, read),
    )
    if new.value is None or old.value is None or new.value is old.value:
        return replace(venue, instruments=new)
    missing = frozenset(old.value.keys() - new.value.keys())
    gone = missing & venue.instruments_missing
    kept: Mapping[str, Instrument] = {
        name: replace(old.value[name], tradable=False) if name in gone else old.value[name]
        for name in missing
    }
    joined = replace(new, value={**kept, **new.value}, faults=(*new.faults, *_missing_faults(missing - gone)))
    return replace(venue, instruments=joined, instruments_missing=missing)


def _with_marks(report: Report, venue: VenueMemory, dialect: Dialect, plausible: Plausibility) -> VenueMemory:
    listing = venue.instruments.value
    if listing is None:
        return replace(venue, quotes=venue.quotes.failed(report.failure or NO_INSTRUMENTS))
    quotes = hear(
        venue.quotes,
        report,
        lambda: dialect.quotes(report.payload, listing, plausible),
        lambda read: _replayed(venue.quotes.value, read),
    )
    return replace(venue, quotes=quotes, frozen_since=frozen_since(venue, quotes))


def _with_intervals(
    report: Report, venue: VenueMemory, dialect: Dialect, plausible: Plausibility
) -> VenueMemory:
    """A contract whose interval is listed no more keeps it until a second answer says the same."""
    listing = venue.instruments.value
    old = venue.intervals
    if listing is None:
        return replace(venue, intervals=old.failed(report.failure or NO_INSTRUMENTS))
    new = hear(old, report, lambda: dialect.funding_intervals(report.payload, listing, plausible))
    if new.value is None or old.value is None or new.value is old.value:
        return replace(venue, intervals=new)
    missing = frozenset(old.value.keys() - new.value.keys())
    doubtful = missing - venue.intervals_missing
    kept = {symbol: old.value[symbol] for symbol in doubtful}
    names = {instrument.symbol: name for name, instrument in listing.items()}
    faults = _missing_faults(frozenset(names.get(symbol, symbol) for symbol in doubtful))
    joined = replace(new, value={**kept, **new.value}, faults=(*new.faults, *faults))
    return replace(venue, intervals=joined, intervals_missing=missing)


def _with_candles(
    report: Report, venue: VenueMemory, dialect: Dialect, plausible: Plausibility
) -> VenueMemory:
    """Candles of the contracts of this report, beside those of the others. The running hour has not closed yet."""
    listing, old = venue.instruments.value, venue.candles
    if listing is None:
        return replace(venue, candles=old.failed(report.failure or NO_INSTRUMENTS))
    new = hear(old, report, lambda: dialect.candles(report.payload, listing, plausible))
    if new.value is None or new.value is old.value:
        return replace(venue, candles=new)
    asked_ms = report.requested_at.timestamp() * 1000.0
    closed = {symbol: candles.until(asked_ms) for symbol, candles in new.value.items()}
    return replace(venue, candles=replace(new, value={**(old.value or {}), **closed}))


def _with_time(report: Report, venue: VenueMemory, dialect: Dialect, plausible: Plausibility) -> VenueMemory:
    """The venue's clock against ours, at the middle of the request."""
    heard = hear(
        _milliseconds(venue),
        report,
        lambda: dialect.server_time(report.payload, plausible),
        lambda read: (
            f"replayed: the venue's clock went back {venue.server_ms - read} ms"
            if read < venue.server_ms - _REGRESS_MS
            else ""
        ),
    )
    if heard.failure or heard.value is None or heard.value == venue.server_ms:
        return replace(venue, clock_offset=venue.clock_offset.failed(heard.failure))
    middle = report.requested_at + (report.received_at - report.requested_at) / 2
    offset = heard.value / 1000 - middle.timestamp()
    return replace(
        venue, clock_offset=venue.clock_offset.renewed(report, Normalised(offset)), server_ms=heard.value
    )


def _milliseconds(venue: VenueMemory) -> Heard[int]:
    heard = venue.clock_offset
    return Heard(value=venue.server_ms, requested_at=heard.requested_at, received_at=heard.received_at)


def _renamed(old: Listing, new: Listing) -> str:
    """A contract keeps its name for life: positions are remembered under it."""
    changed = [name for name in new if name in old and new[name].symbol != old[name].symbol]
    return f"implausible: {changed[0]} is another contract than before" if changed else ""


def _missing_faults(names: frozenset[str]) -> list[Fault]:
    return [Fault(name, f"{name} is listed no more") for name in sorted(names)]


def _replayed(old: Quotes | None, new: Quotes) -> str:
    if not old:
        return ""
    before = max(quote.quoted_ms for quote in old.values())
    after = max(quote.quoted_ms for quote in new.values())
    return (
        f"replayed: the newest mark is {before - after} ms older than one seen before"
        if after < before
        else ""
    )
