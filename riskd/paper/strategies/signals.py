"""What a swing bot reads out of its bars."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import Enum, auto

from riskd.paper.strategies.bars import Bar
from riskd.paper.strategies.indicators import atr, bollinger, macd


class Breakout(Enum):
    """Where the last close lies against the bands, if MACD confirms it."""

    NONE = auto()
    UP = auto()
    DOWN = auto()


def breakout_of(bars: Sequence[Bar]) -> Breakout:
    """UP: the last close is above the upper band and the MACD histogram is positive and rising; DOWN: the mirror image.

    NONE as long as the indicators have too few bars.
    """
    closes = [bar.close for bar in bars]
    if len(closes) < 2:
        return Breakout.NONE
    bands, histogram = bollinger(closes), macd(closes).histogram
    is_rising = histogram[-1] > histogram[-2]
    is_falling = histogram[-1] < histogram[-2]
    if closes[-1] > bands.upper[-1] and histogram[-1] > 0.0 and is_rising:
        return Breakout.UP
    if closes[-1] < bands.lower[-1] and histogram[-1] < 0.0 and is_falling:
        return Breakout.DOWN
    return Breakout.NONE


def crossed_back(bars: Sequence[Bar], *, direction: int) -> bool:
    """Whether the last close lies on the losing side of the middle band; ``direction`` is +1 for a long, -1 for a short."""
    closes = [bar.close for bar in bars]
    beyond = direction * (closes[-1] - float(bollinger(closes).middle[-1]))
    return beyond < 0.0


def stop_distance(bars: Sequence[Bar], *, atr_multiple: float) -> Decimal | None:
    """A number of average true ranges as a fraction of the last close; None with too few bars or no movement."""
    ranges = atr([bar.high for bar in bars], [bar.low for bar in bars], [bar.close for bar in bars])
    if not len(ranges) or not ranges[-1] > 0.0:
        return None
    return Decimal(repr(round(atr_multiple * float(ranges[-1]) / bars[-1].close, 6)))
