"""The price history: what is still to be read of it, and what has been read, as columns.

Prices are read only while a rule in force looks at them, a few contracts at a time, and never in a hurry: a watch that
waits for its statistics is no watch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt

from riskd.measure.catalogue import CATALOGUE
from riskd.model.arrays import FloatArray, floats
from riskd.model.desk import Desk
from riskd.model.history import MARKET_COIN, NO_PRICES, PRICES_KEPT_SECONDS, PriceColumns
from riskd.model.instrument import Instrument
from riskd.model.report import Surface
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from riskd.observe.facts import CandleFacts
from riskd.observe.known import Known
from riskd.observe.scene import coin_symbol
from riskd.policy.expression.words import columns_in
from riskd.policy.rule import Rule

_HOUR = 3600
_AT_ONCE_MAX = 5  # contracts of one venue in one read: at most 175 of its 2,400 weight a minute
_RETRY_SECONDS = 60.0


class PriceKeeper:
    """Collects hourly candles and hands them out. Everything is bounded by ``days``.

    Args:
        days: How much past is kept of each contract.
    """

    def __init__(self, *, days: float = PRICES_KEPT_SECONDS / 86_400.0) -> None:
        self._keep_hours = round(days * 24)
        self._hours: dict[tuple[str, str], _Hours] = {}
        self._assets: dict[tuple[str, str], str] = {}
        self._asked_at: dict[tuple[str, str], float] = {}
        self._taken: dict[tuple[str, str], CandleFacts] = {}
        self._listings: dict[str, object] = {}
        self._markets: dict[
            str, str
        ] = {}  # by venue, the contract of the coin that all others are compared with
        self._columns: tuple[PriceColumns, PriceColumns] | None = None
        self._columns_hour = 0

    def due(self, snapshot: Snapshot) -> Mapping[str, tuple[str, ...]]:
        """By venue, the contracts whose newest close is not known yet.

        They are those that the desk holds or names in a hedge, and one of the market coin wherever it holds anything.
        """
        now = snapshot.taken_at.timestamp()
        wanted: dict[str, list[str]] = {}
        for key in self._looked_at(snapshot):
            if self._is_current(key, now) or now - self._asked_at.get(key, -np.inf) < _RETRY_SECONDS:
                continue
            venue, symbol = key
            symbols = wanted.setdefault(venue, [])
            if len(symbols) < _AT_ONCE_MAX:
                symbols.append(symbol)
                self._asked_at[key] = now
        return {venue: tuple(symbols) for venue, symbols in wanted.items()}

    def take_in(self, known: Known, now: datetime) -> None:
        """Add what was read since the last time."""
        for venue, memory in known.venues.items():
            self._find_market(venue, memory.instruments.value)
            for symbol, candles in (memory.candles.value or {}).items():
                key = (venue, symbol)
                if candles is not self._taken.get(key):
                    self._taken[key] = candles
                    if len(candles):
                        self._hours.setdefault(key, _Hours(self._keep_hours)).put(candles)
                    self._columns = None
        self._forget(int(now.timestamp()) // _HOUR)

    def columns(self, now: datetime) -> PriceColumns:
        """The history of what is held, or was, up to ``now``; the same object until it changes."""
        return self._current(now)[0]

    def market(self, now: datetime) -> PriceColumns:
        """The history of the market coin, one contract of each venue; the same object until it changes."""
        return self._current(now)[1]

    def _current(self, now: datetime) -> tuple[PriceColumns, PriceColumns]:
        hour = int(now.timestamp()) // _HOUR
        if self._columns is None or hour != self._columns_hour:
            held = sorted(key for key in self._hours if key in self._assets)
            market = [key for key in sorted(self._markets.items()) if key in self._hours]
            self._columns, self._columns_hour = (self._build(hour, held), self._build(hour, market)), hour
        return self._columns

    def _looked_at(self, snapshot: Snapshot) -> list[tuple[str, str]]:
        """Venue and symbol of what is read, the market coin first: without it nothing is known of the others' betas."""
        self._assets.update({(one.venue, one.symbol): one.base for one in snapshot.instruments})
        venues = sorted({one.venue for one in snapshot.instruments} & self._markets.keys())
        held = [(one.venue, one.symbol) for one in snapshot.instruments]
        return list(dict.fromkeys([*((venue, self._markets[venue]) for venue in venues), *held]))

    def _find_market(self, venue: str, listing: Mapping[str, Instrument] | None) -> None:
        """Note which contract of a venue is the market coin's. One that is not listed is never asked for."""
        if listing is None or listing is self._listings.get(venue):
            return
        self._listings[venue] = listing
        symbols = {instrument.symbol: None for instrument in listing.values()}
        symbol = coin_symbol(MARKET_COIN, symbols)
        if symbol in symbols:
            self._markets[venue] = symbol

    def _is_current(self, key: tuple[str, str], now: float) -> bool:
        return key in self._hours and self._hours[key].knows(int(now) // _HOUR)

    def _forget(self, hour: int) -> None:
        for key, series in list(self._hours.items()):
            if series.newest <= hour - self._keep_hours:
                del self._hours[key]

    def _build(self, hour: int, keys: Sequence[tuple[str, str]]) -> PriceColumns:
        hours = np.arange(hour - self._keep_hours + 1, hour + 1)
        table = np.empty((len(_Hours.PRICES), len(keys), len(hours)))
        for row, key in enumerate(keys):
            table[:, row] = self._hours[key].at(hours)
        known = np.flatnonzero(np.isfinite(table).any(axis=(0, 1)))
        if not len(known):
            return NO_PRICES
        high, low, close = table[:, :, known[0] :].copy()
        return PriceColumns(
            venue=tuple(venue for venue, _ in keys),
            symbol=tuple(symbol for _, symbol in keys),
            asset=tuple(self._assets.get(key, MARKET_COIN) for key in keys),
            at=floats(hours[known[0] :] * float(_HOUR)),
            high=high,
            low=low,
            close=close,
        )


class _Hours:
    """Candles of one contract, a slot for each of its last hours: an hour's slot is its number modulo their count.

    Hours are numbered from the epoch, by their ends. The slot of an hour that was never read holds NaN.
    """

    PRICES = ("high", "low", "close")
    _CLOSE = PRICES.index("close")

    def __init__(self, count: int) -> None:
        self.newest = -1
        self._count = count
        self._slots = np.full((len(self.PRICES), count), np.nan)

    def put(self, candles: CandleFacts) -> None:
        """Add candles, at least one; what is new corrects what was read before."""
        hours = candles.closed_ms // (_HOUR * 1000)
        newest = max(self.newest, int(hours[-1]))
        begun = np.arange(max(self.newest, newest - self._count) + 1, newest + 1)
        self._slots[:, begun % self._count] = np.nan
        self.newest = newest
        kept = hours > newest - self._count
        prices = np.stack([candles.high, candles.low, candles.close])
        self._slots[:, hours[kept] % self._count] = prices[:, kept]

    def at(self, hours: npt.NDArray[np.int64]) -> FloatArray:
        """High, low and close of each of the hours; NaN where not known."""
        kept = (hours <= self.newest) & (hours > self.newest - self._count)
        return np.where(kept, self._slots[:, hours % self._count], np.nan)

    def knows(self, hour: int) -> bool:
        """Whether the close of an hour is known."""
        return bool(np.isfinite(self.at(np.array([hour]))[self._CLOSE, 0]))


def read_on_demand(rules: Iterable[Rule], desk: Desk) -> frozenset[Surface]:
    """Surfaces that the rules in force look at and that nobody reads otherwise."""
    found: set[Surface] = set()
    for rule in rules:
        specs = [CATALOGUE[name] for name in _measures(rule) if name in CATALOGUE]
        found |= {surface for spec in specs for surface in spec.reads}
        if rule.grain is Grain.CLUSTER and desk.clusters is None:
            found.add(Surface.CANDLES)
    return frozenset(found)


def _measures(rule: Rule) -> set[str]:
    """Names of all measures that a rule looks at: its own, those its ladders go by, those its expression names."""
    limits = (rule.limit, *(limit for _, limit in rule.during))
    ladders = {limit.by.name for limit in limits if limit.by is not None}
    columns = set() if rule.formula is None else set(columns_in(rule.formula.tree))
    return {rule.measure.name, *ladders, *columns}
