"""Hourly candles of Binance USD-M's mark price.

Source: developers.binance.com, USDS-margined futures: Mark Price Kline/Candlestick Data. A row is a list: start, open,
high, low, close, nothing, end, and fields of no meaning.
"""

from __future__ import annotations

from riskd.model.report import JsonValue
from riskd.observe.dialect import Listing
from riskd.observe.facts import CloseFact, Closes, Normalised
from riskd.observe.fields import Fault, Plausibility, RowRefused, number, shown, whole
from riskd.observe.venues.binance_rows import rows_by_symbol

HOUR_MS = 3_600_000
_START, _CLOSE, _END = 0, 4, 6


def candles(payload: JsonValue, listing: Listing, plausible: Plausibility) -> Normalised[Closes]:
    """Closes of ``markPriceKlines`` by unified symbol, oldest first, the running candle's last.

    Args:
        payload: An object: the venue's symbol, and the rows that were read for it.
        listing: Instruments by the venue's symbol.
        plausible: Bounds of numbers.

    Raises:
        Rubbish: Not such an object.
    """
    faults: list[Fault] = []
    found: dict[str, tuple[CloseFact, ...]] = {}
    for venue_symbol, symbol, rows in rows_by_symbol(payload, listing, "candles", faults):
        if isinstance(rows, list):
            found[symbol] = _closes(venue_symbol, rows, plausible, faults)
        else:
            faults.append(Fault(venue_symbol, "its candles are no list"))
    return Normalised(found, tuple(faults))


def _closes(
    venue_symbol: str, rows: list[JsonValue], plausible: Plausibility, faults: list[Fault]
) -> tuple[CloseFact, ...]:
    closes: dict[int, CloseFact] = {}
    for row in rows:
        try:
            close = _close(row, plausible)
        except RowRefused as refusal:
            faults.append(Fault(venue_symbol, f"candle: {refusal}"))
            continue
        closes[close.closed_ms] = close
    return tuple(closes[at] for at in sorted(closes))


def _close(row: JsonValue, plausible: Plausibility) -> CloseFact:
    if not isinstance(row, list) or len(row) <= _END:
        raise RowRefused(f"expected a list of a candle's numbers, found {shown(row)}")
    named: dict[str, JsonValue] = {"start": row[_START], "close": row[_CLOSE], "end": row[_END]}
    start, end = (whole(named, name, plausible.time_ms) for name in ("start", "end"))
    if start % HOUR_MS or end != start + HOUR_MS - 1:
        raise RowRefused(f"it runs from {start} to {end}, which is no full hour")
    return CloseFact(start + HOUR_MS, number(named, "close", plausible.price))
