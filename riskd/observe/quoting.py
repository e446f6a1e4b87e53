"""Which marks and funding terms may be used now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from riskd.model.instrument import Instrument
from riskd.observe.checks import Checks
from riskd.observe.facts import QuoteFact, Quotes
from riskd.observe.fields import Fault, moment
from riskd.observe.known import VenueMemory

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Usable:
    """Quotes that can be believed, and why the others cannot.

    Attributes:
        quotes: By unified symbol.
        doubts: About contracts that are traded; a contract that is not needs no mark.
        doubtful: The contracts that the doubts are about, by unified symbol.
        all_old: True when there are doubts and each is that a mark is too old.
    """

    quotes: Quotes
    doubts: tuple[str, ...]
    doubtful: frozenset[str]
    all_old: bool


def usable_quotes(
    venue: VenueMemory, used: Iterable[Instrument], *, now: datetime, allowed: timedelta, checks: Checks
) -> Usable:
    """The quotes of the contracts in use that are there, young and moving.

    Args:
        venue: What is known.
        used: Contracts that a position, order, hedge or grid refers to.
        now: The moment of judging.
        allowed: Age allowed to a mark, by the venue's own time stamp.
        checks: Tolerances.
    """
    known = venue.quotes.value or {}
    usable: dict[str, QuoteFact] = {}
    doubts: dict[str, _Doubt] = {}
    traded = 0
    for instrument in used:
        quote = known.get(instrument.symbol)
        doubt = _doubt(venue, instrument.symbol, quote, now, allowed, checks)
        traded += instrument.tradable
        if doubt is None and quote is not None:
            usable[instrument.symbol] = quote
        elif doubt is not None and instrument.tradable:
            doubts[instrument.symbol] = doubt
    return Usable(
        quotes=usable,
        doubts=tuple(doubt.text for doubt in doubts.values()),
        doubtful=frozenset(doubts),
        all_old=bool(doubts) and len(doubts) == traded and all(doubt.is_age for doubt in doubts.values()),
    )


def interval_hours(
    venue: VenueMemory, symbol: str, quote: QuoteFact | None, *, default: int
) -> tuple[Decimal | None, str]:
    """Hours between funding settlements of one contract, and why they are not known.

    A contract that the venue does not list has the default. Settlements fall on multiples of the interval (UTC); a
    next settlement that does not contradicts it.
    """
    if venue.intervals.value is None:
        return None, ""
    hours = venue.intervals.value.get(symbol, Decimal(default))
    if quote is not None and quote.next_funding_ms is not None and quote.next_funding_ms % (hours * _HOUR_MS):
        return (
            None,
            f"{symbol} settles funding at {moment(quote.next_funding_ms):%H:%M}, not every {hours} hours",
        )
    return hours, ""


def concerning(faults: Iterable[Fault], used: Iterable[Instrument]) -> list[str]:
    """Reasons of those faults that are about a contract in use, or may be, for they name none."""
    names = {instrument.venue_symbol for instrument in used} | {""}
    return [fault.reason for fault in faults if fault.subject in names]


class _Doubt(NamedTuple):
    text: str
    is_age: bool


def _doubt(
    venue: VenueMemory,
    symbol: str,
    quote: QuoteFact | None,
    now: datetime,
    allowed: timedelta,
    checks: Checks,
) -> _Doubt | None:
    if quote is None:
        return _Doubt(f"no mark of {symbol}", is_age=False)
    age = now - moment(quote.quoted_ms)
    if age > allowed:
        return _Doubt(f"the mark of {symbol} is {age.total_seconds():.0f} s old", is_age=True)
    if -age > checks.ahead_max:
        return _Doubt(f"the mark of {symbol} is of {-age.total_seconds():.0f} s to come", is_age=False)
    since = venue.frozen_since.get(symbol)
    if since is not None and now - since > checks.frozen_max:
        return _Doubt(
            f"the mark of {symbol} stands still since {since:%H:%M:%S} while others move", is_age=False
        )
    return None
