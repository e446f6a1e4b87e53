"""Taking in what is read of single contracts while a rule looks at it, and of collateral: each contract ages by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Protocol, TypeVar

from riskd.model.report import Report
from riskd.observe.dialect import Dialect, Listed, Listing
from riskd.observe.facts import AssetIndex, BookFact, Normalised
from riskd.observe.fields import Plausibility
from riskd.observe.hear import NO_INSTRUMENTS, hear
from riskd.observe.json_text import Rubbish
from riskd.observe.known import Heard, VenueMemory

_REGRESS_MS = 1000  # a venue is many machines, whose clocks differ a little
_SHRINKS_TO_MIN = 10  # to a tenth of its levels
_CUT_OFF = "implausible: the order book is cut off"


class _Told(Protocol):
    @property
    def told_ms(self) -> int:
        """Venue time at which it was told."""
        ...


T = TypeVar("T", bound=_Told)


def with_turnover(
    report: Report, venue: VenueMemory, dialect: Dialect, plausible: Plausibility
) -> VenueMemory:
    """Volume and open interest of the contracts of a report, beside those of the others."""
    heard = _by_contract(venue.turnover, report, venue.instruments.value, dialect.turnover, plausible)
    return replace(venue, turnover=heard)


def with_order_books(
    report: Report, venue: VenueMemory, dialect: Dialect, plausible: Plausibility
) -> VenueMemory:
    """Order books of the contracts of a report, beside those of the others."""
    heard = _by_contract(
        venue.order_books, report, venue.instruments.value, dialect.order_books, plausible, _shrunk
    )
    return replace(venue, order_books=heard)


def with_asset_index(
    report: Report, venue: VenueMemory, dialect: Dialect, plausible: Plausibility
) -> VenueMemory:
    """What assets are worth as collateral."""

    def doubt(read: AssetIndex) -> str:
        before = (venue.asset_index.value or {}).values()
        return _replayed(before, read.values())

    heard = hear(venue.asset_index, report, lambda: dialect.asset_index(report.payload, plausible), doubt)
    return replace(venue, asset_index=heard)


def _undoubted(_before: Heard[T], _read: T) -> str:
    return ""


def _by_contract(
    old: Mapping[str, Heard[T]],
    report: Report,
    listing: Listing | None,
    reader: Listed[Mapping[str, T]],
    plausible: Plausibility,
    doubt: Callable[[Heard[T], T], str] = _undoubted,
) -> Mapping[str, Heard[T]]:
    """Every contract that the report names is heard anew; a report that names none is a failure of all of them."""
    if report.failure or listing is None:
        return _failed(old, report.failure or NO_INSTRUMENTS)
    try:
        read = reader(report.payload, listing, plausible)
    except Rubbish as rubbish:
        return _failed(old, rubbish.reason)
    refused = {
        listing[fault.subject].symbol: fault.reason for fault in read.faults if fault.subject in listing
    }
    answers: dict[str, Callable[[], Normalised[T]]] = {
        **{symbol: _sound(fact) for symbol, fact in read.value.items()},
        **{symbol: _unsound(reason) for symbol, reason in refused.items()},
    }
    news = {
        symbol: _heard(old.get(symbol, Heard()), report, answer, doubt) for symbol, answer in answers.items()
    }
    return {**old, **news}


def _heard(
    before: Heard[T],
    report: Report,
    answer: Callable[[], Normalised[T]],
    doubt: Callable[[Heard[T], T], str],
) -> Heard[T]:
    known = () if before.value is None else (before.value,)
    return hear(before, report, answer, lambda read: _replayed(known, (read,)) or doubt(before, read))


def _failed(old: Mapping[str, Heard[T]], reason: str) -> Mapping[str, Heard[T]]:
    return {symbol: heard.failed(reason) for symbol, heard in old.items()}


def _sound(fact: T) -> Callable[[], Normalised[T]]:
    return lambda: Normalised(fact)


def _unsound(reason: str) -> Callable[[], Normalised[T]]:
    def refuse() -> Normalised[T]:
        raise Rubbish("guard:contract", reason)

    return refuse


def _shrunk(before: Heard[BookFact], read: BookFact) -> str:
    """A side that loses nearly all of its levels at once was cut off on the way; told twice, it is so."""
    if before.value is None or before.failure.startswith(_CUT_OFF):
        return ""
    for name, was, now in (("bids", before.value.bids, read.bids), ("asks", before.value.asks, read.asks)):
        if len(now.price) * _SHRINKS_TO_MIN < len(was.price):
            return f"{_CUT_OFF}: {len(now.price)} {name}, {len(was.price)} before"
    return ""


def _replayed(old: Iterable[_Told], new: Iterable[_Told]) -> str:
    """The venue's time never goes back: an answer that says so was given before."""
    before = max((fact.told_ms for fact in old), default=0)
    after = max((fact.told_ms for fact in new), default=0)
    return f"replayed: {before - after} ms older than the last answer" if after < before - _REGRESS_MS else ""
