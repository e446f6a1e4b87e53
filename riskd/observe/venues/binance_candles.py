"""Hourly candles of Binance USD-M's mark price.

Source: developers.binance.com, USDS-margined futures: Mark Price Kline/Candlestick Data. A row is a list: start, open,
high, low, close, nothing, end, and fields of no meaning.
"""

from __future__ import annotations

import numpy as np

from riskd.model.arrays import floats
from riskd.model.report import JsonValue
from riskd.observe.dialect import Listing
from riskd.observe.facts import CandleFacts, HourlyCandles, Normalised
from riskd.observe.fields import Fault, Plausibility, RowRefused, number, shown, whole
from riskd.observe.venues.binance_rows import rows_by_symbol

HOUR_MS = 3_600_000
_FIELDS = {"start": 0, "high": 2, "low": 3, "close": 4, "end": 6}


def candles(payload: JsonValue, listing: Listing, plausible: Plausibility) -> Normalised[HourlyCandles]:
    """Candles of ``markPriceKlines`` by unified symbol, the running one last.

    Args:
        payload: An object: the venue's symbol, and the rows that were read for it.
        listing: Instruments by the venue's symbol.
        plausible: Bounds of numbers.

    Raises:
        Rubbish: Not such an object.
    """
    faults: list[Fault] = []
    found: dict[str, CandleFacts] = {}
    for venue_symbol, symbol, rows in rows_by_symbol(payload, listing, "candles", faults):
        if isinstance(rows, list):
            found[symbol] = _candles(venue_symbol, rows, plausible, faults)
        else:
            faults.append(Fault(venue_symbol, "its candles are no list"))
    return Normalised(found, tuple(faults))


def _candles(
    venue_symbol: str, rows: list[JsonValue], plausible: Plausibility, faults: list[Fault]
) -> CandleFacts:
    found: dict[int, tuple[float, float, float]] = {}
    for row in rows:
        try:
            closed_ms, high, low, close = _candle(row, plausible)
        except RowRefused as refusal:
            faults.append(Fault(venue_symbol, f"candle: {refusal}"))
            continue
        found[closed_ms] = high, low, close
    at = sorted(found)
    highs, lows, closes = floats([found[moment] for moment in at]).reshape(len(at), 3).T.copy()
    return CandleFacts(closed_ms=np.array(at, dtype=np.int64), high=highs, low=lows, close=closes)


def _candle(row: JsonValue, plausible: Plausibility) -> tuple[int, float, float, float]:
    """Its end, its high, its low and its close."""
    if not isinstance(row, list) or len(row) <= max(_FIELDS.values()):
        raise RowRefused(f"expected a list of a candle's numbers, found {shown(row)}")
    named: dict[str, JsonValue] = {name: row[place] for name, place in _FIELDS.items()}
    start, end = (whole(named, name, plausible.time_ms) for name in ("start", "end"))
    if start % HOUR_MS or end != start + HOUR_MS - 1:
        raise RowRefused(f"it runs from {start} to {end}, which is no full hour")
    high, low, close = (number(named, name, plausible.price) for name in ("high", "low", "close"))
    if not low <= close <= high:
        raise RowRefused(f"its close {close} is not between its low {low} and its high {high}")
    return start + HOUR_MS, float(high), float(low), float(close)
