"""Bars that a bot builds from the prices it sees, so that indicators have something to stand on."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from riskd.paper.market.track import Market

_KEPT = 120
_LOOKS_PER_BAR = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Prices of one finished stretch of time."""

    high: float
    low: float
    close: float


class Bars:
    """The last finished bars of one instrument, built from prices as they are seen."""

    def __init__(self, bar_ms: int) -> None:
        """Bars of ``bar_ms``, starting at its multiples since the epoch."""
        self._bar_ms = bar_ms
        self._number: int | None = None
        self._prices: list[float] = []
        self._finished: deque[Bar] = deque(maxlen=_KEPT)

    def see(self, at_ms: int, price: float) -> bool:
        """Take in a price; True when it is the first of a new bar, so that the bar before has just finished."""
        number = at_ms // self._bar_ms
        is_next = self._number is not None and number > self._number
        if is_next:
            self._finished.append(Bar(high=max(self._prices), low=min(self._prices), close=self._prices[-1]))
            self._prices = []
        self._number = number
        self._prices.append(price)
        return is_next

    @property
    def finished(self) -> tuple[Bar, ...]:
        """Oldest first."""
        return tuple(self._finished)


def past_bars(market: Market, symbols: Sequence[str], bar_ms: int) -> dict[str, Bars]:
    """Bars of the market's past, as far as it is known and as many as are kept: what a bot loads before it starts."""
    bars = {symbol: Bars(bar_ms) for symbol in symbols}
    look_ms = max(bar_ms // _LOOKS_PER_BAR, 1)
    first_ms = max(market.known_from_ms, market.started_at_ms - (_KEPT + 1) * bar_ms)
    for at_ms in range(first_ms, market.started_at_ms, look_ms):
        quotes = market.quotes(at_ms)
        for symbol in symbols:
            bars[symbol].see(at_ms, float(quotes[symbol].last))
    return bars
