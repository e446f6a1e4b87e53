"""The price history: what is still to be read of it, and what has been read, as columns.

Prices are read only while a rule in force looks at them, a few contracts at a time, and never in a hurry: a watch that
waits for its statistics is no watch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import numpy as np

from riskd.measure.catalogue import CATALOGUE
from riskd.model.arrays import floats
from riskd.model.desk import Desk
from riskd.model.history import NO_PRICES, PriceColumns
from riskd.model.report import Surface
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from riskd.observe.facts import CloseFact
from riskd.observe.known import Known
from riskd.policy.expression.words import columns_in
from riskd.policy.rule import Rule

_HOUR = 3600
_AT_ONCE_MAX = 5  # contracts of one venue in one read: at most 25 of its 2,400 weight a minute
_RETRY_SECONDS = 60.0


class PriceKeeper:
    """Collects hourly closes and hands them out. Everything is bounded by ``days``.

    Args:
        days: How much past is kept of each contract.
    """

    def __init__(self, *, days: float = 62.0) -> None:
        self._keep_hours = round(days * 24)
        self._closes: dict[
            tuple[str, str], dict[int, float]
        ] = {}  # by hour since the epoch at which it ended
        self._assets: dict[tuple[str, str], str] = {}
        self._asked_at: dict[tuple[str, str], float] = {}
        self._taken: dict[tuple[str, str], tuple[CloseFact, ...]] = {}
        self._columns: PriceColumns | None = None
        self._columns_hour = 0

    def due(self, snapshot: Snapshot) -> Mapping[str, tuple[str, ...]]:
        """By venue, the contracts whose newest close is not known yet: those that the desk holds or names in a hedge."""
        now = snapshot.taken_at.timestamp()
        wanted: dict[str, list[str]] = {}
        for instrument in snapshot.instruments:
            key = (instrument.venue, instrument.symbol)
            self._assets[key] = instrument.base
            if self._is_current(key, now) or now - self._asked_at.get(key, -np.inf) < _RETRY_SECONDS:
                continue
            symbols = wanted.setdefault(instrument.venue, [])
            if len(symbols) < _AT_ONCE_MAX:
                symbols.append(instrument.symbol)
                self._asked_at[key] = now
        return {venue: tuple(symbols) for venue, symbols in wanted.items()}

    def take_in(self, known: Known, now: datetime) -> None:
        """Add what was read since the last time."""
        for venue, memory in known.venues.items():
            for symbol, closes in (memory.candles.value or {}).items():
                key = (venue, symbol)
                if closes is not self._taken.get(key):
                    self._taken[key] = closes
                    hours = {close.closed_ms // (_HOUR * 1000): float(close.price) for close in closes}
                    self._closes.setdefault(key, {}).update(hours)
                    self._columns = None
        self._forget(now)

    def columns(self, now: datetime) -> PriceColumns:
        """The history up to ``now``; the same object until it changes."""
        hour = int(now.timestamp()) // _HOUR
        if self._columns is None or hour != self._columns_hour:
            self._columns, self._columns_hour = self._build(hour), hour
        return self._columns

    def _is_current(self, key: tuple[str, str], now: float) -> bool:
        return int(now) // _HOUR in self._closes.get(key, {})

    def _forget(self, now: datetime) -> None:
        oldest = int(now.timestamp()) // _HOUR - self._keep_hours
        for key, series in list(self._closes.items()):
            if series and min(series) <= oldest:
                self._closes[key] = {hour: close for hour, close in series.items() if hour > oldest}
            if not self._closes[key]:
                del self._closes[key]

    def _build(self, hour: int) -> PriceColumns:
        keys = sorted(key for key in self._closes if key in self._assets)
        hours = [at for key in keys for at in self._closes[key] if at <= hour]
        if not hours:
            return NO_PRICES
        first = min(hours)
        close = np.full((len(keys), hour - first + 1), np.nan)
        for row, key in enumerate(keys):
            for at, price in self._closes[key].items():
                if at <= hour:
                    close[row, at - first] = price
        return PriceColumns(
            venue=tuple(venue for venue, _ in keys),
            symbol=tuple(symbol for _, symbol in keys),
            asset=tuple(self._assets[key] for key in keys),
            at=floats(np.arange(first, hour + 1) * float(_HOUR)),
            close=close,
        )


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
