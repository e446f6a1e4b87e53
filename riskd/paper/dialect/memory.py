"""What the venue remembers of its market: candles and paid funding rates, both bounded.

Candles are built from the quotes of each step. Longer intervals are folded from shorter ones when those close, so
that a step costs one comparison a price and not one an interval.

The simulated market has prices and depth but no tape. Volume is therefore derived from depth: a day turns over
``TURNOVER_PER_DAY`` times the notional that moves the price by one per cent, evenly. It lets volume filters of bots
work; it says nothing about trades.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from riskd.paper.engine.types import Contract, Quote

TURNOVER_PER_DAY = Decimal(40)
CANDLES_KEPT = 1500
FUNDING_KEPT = 1000

_MINUTE_MS = 60_000
_DAY_MS = 24 * 60 * _MINUTE_MS
_ZERO = Decimal(0)

INTERVALS_MS: Mapping[str, int] = {
    "1m": _MINUTE_MS,
    "3m": 3 * _MINUTE_MS,
    "5m": 5 * _MINUTE_MS,
    "15m": 15 * _MINUTE_MS,
    "30m": 30 * _MINUTE_MS,
    "1h": 60 * _MINUTE_MS,
    "2h": 2 * 60 * _MINUTE_MS,
    "4h": 4 * 60 * _MINUTE_MS,
    "6h": 6 * 60 * _MINUTE_MS,
    "8h": 8 * 60 * _MINUTE_MS,
    "12h": 12 * 60 * _MINUTE_MS,
    "1d": _DAY_MS,
}
# Which interval each one is folded from; the source always divides it.
_FOLDED_FROM: Mapping[str, str] = {
    "3m": "1m",
    "5m": "1m",
    "15m": "1m",
    "30m": "15m",
    "1h": "15m",
    **dict.fromkeys(("2h", "4h", "6h", "8h", "12h", "1d"), "1h"),
}


class PriceKind(Enum):
    """Which of a contract's prices a candle shows."""

    LAST = "last"
    MARK = "mark"
    INDEX = "index"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candle:
    """Prices of one interval.

    Attributes:
        open_ms: Start of the interval.
        open: First price.
        high: Highest price.
        low: Lowest price.
        close: Last price.
        quote_volume: Derived turnover; see the module.
    """

    open_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    quote_volume: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingRecord:
    """One funding settlement.

    Attributes:
        symbol: Contract.
        at_ms: When it was due.
        rate: Rate of the quote that stood when it fell due, within the contract's cap.
        mark: Mark price of the same quote.
    """

    symbol: str
    at_ms: int
    rate: Decimal
    mark: Decimal


class MarketMemory:
    """Candles and funding of every contract, as far back as the bounds allow."""

    def __init__(self, contracts: Sequence[Contract]) -> None:
        self._contracts = {c.symbol: c for c in contracts}
        self._series = {(c.symbol, kind): _Series() for c in contracts for kind in PriceKind}
        self._funding: dict[str, deque[FundingRecord]] = {
            c.symbol: deque(maxlen=FUNDING_KEPT) for c in contracts
        }
        self._seen: Mapping[str, Quote] = {}
        self._seen_ms = 0

    def observe(self, at_ms: int, quotes: Mapping[str, Quote]) -> None:
        """Take in the quotes of one step; steps come in order of time."""
        elapsed_ms = at_ms - self._seen_ms if self._seen else 0
        for symbol, quote in quotes.items():
            volume = quote.depth_usd * TURNOVER_PER_DAY * elapsed_ms / _DAY_MS
            self._series[symbol, PriceKind.LAST].add(at_ms, quote.last, volume)
            self._series[symbol, PriceKind.MARK].add(at_ms, quote.mark, _ZERO)
            self._series[symbol, PriceKind.INDEX].add(at_ms, quote.index, _ZERO)
        self._note_funding(at_ms)
        self._seen = quotes
        self._seen_ms = at_ms

    def candles(self, symbol: str, interval: str, kind: PriceKind = PriceKind.LAST) -> tuple[Candle, ...]:
        """Candles of one interval, oldest first, the running one last. Steps longer than the interval leave gaps."""
        return self._series[symbol, kind].view(interval)

    def funding(self, symbol: str) -> tuple[FundingRecord, ...]:
        """Funding settlements, oldest first."""
        return tuple(self._funding[symbol])

    def _note_funding(self, at_ms: int) -> None:
        """Note every settlement since the last step, at the rate and mark that stood before it, as the exchange pays."""
        for symbol, quote in self._seen.items():
            contract = self._contracts[symbol]
            interval_ms = contract.funding_interval_ms
            first_ms = (self._seen_ms // interval_ms + 1) * interval_ms
            rate = max(-contract.funding_cap, min(contract.funding_cap, quote.funding_rate))
            for due_ms in range(first_ms, at_ms + 1, interval_ms):
                record = FundingRecord(symbol=symbol, at_ms=due_ms, rate=rate, mark=quote.mark)
                self._funding[symbol].append(record)


class _Series:
    """One price of one contract in every interval."""

    def __init__(self) -> None:
        self._running: dict[str, Candle] = {}
        self._closed: dict[str, deque[Candle]] = {name: deque(maxlen=CANDLES_KEPT) for name in INTERVALS_MS}

    def add(self, at_ms: int, price: Decimal, quote_volume: Decimal) -> None:
        point = Candle(
            open_ms=at_ms, open=price, high=price, low=price, close=price, quote_volume=quote_volume
        )
        self._fold("1m", point)

    def view(self, interval: str) -> tuple[Candle, ...]:
        candles = list(self._closed[interval])
        for part in self._parts(interval):
            bucket = _bucket(interval, part)
            if candles and candles[-1].open_ms == bucket.open_ms:
                candles[-1] = _joined(candles[-1], bucket)
            else:
                candles.append(bucket)
        return tuple(candles[-CANDLES_KEPT:])

    def _parts(self, interval: str) -> list[Candle]:
        """Running candles of the interval and of all it is folded from, longest (hence oldest) first."""
        parts = [self._running[interval]] if interval in self._running else []
        source = _FOLDED_FROM.get(interval)
        return parts + self._parts(source) if source else parts

    def _fold(self, interval: str, part: Candle) -> None:
        bucket = _bucket(interval, part)
        running = self._running.get(interval)
        if running is None or running.open_ms == bucket.open_ms:
            self._running[interval] = bucket if running is None else _joined(running, bucket)
            return
        self._running[interval] = bucket
        self._closed[interval].append(running)
        for longer, source in _FOLDED_FROM.items():
            if source == interval:
                self._fold(longer, running)


def _bucket(interval: str, part: Candle) -> Candle:
    length_ms = INTERVALS_MS[interval]
    open_ms = part.open_ms // length_ms * length_ms
    if open_ms == part.open_ms:
        return part
    return Candle(
        open_ms=open_ms,
        open=part.open,
        high=part.high,
        low=part.low,
        close=part.close,
        quote_volume=part.quote_volume,
    )


def _joined(earlier: Candle, later: Candle) -> Candle:
    return Candle(
        open_ms=earlier.open_ms,
        open=earlier.open,
        high=max(earlier.high, later.high),
        low=min(earlier.low, later.low),
        close=later.close,
        quote_volume=earlier.quote_volume + later.quote_volume,
    )
