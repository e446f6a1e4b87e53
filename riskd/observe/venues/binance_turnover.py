"""What is traded and open of the contracts of Binance USD-M.

Source: developers.binance.com, USDS-margined futures: 24hr Ticker Price Change Statistics, Open Interest.
"""

from __future__ import annotations

from riskd.model.report import JsonValue
from riskd.observe.dialect import Listing
from riskd.observe.facts import Normalised, Turnover, TurnoverFact
from riskd.observe.fields import (
    Fault,
    JsonObject,
    Plausibility,
    RowRefused,
    as_object,
    number,
    shown,
    text,
    whole,
)
from riskd.observe.venues.binance_rows import rows_by_symbol

TICKER, OPEN_INTEREST = "ticker", "open_interest"
"""The two answers about a contract in the payload of a report."""

# The volume of a longer time would make every contract look as if more of it were traded.
_WINDOW_MS_MAX = (24 * 60 + 1) * 60_000


def turnover(payload: JsonValue, listing: Listing, plausible: Plausibility) -> Normalised[Turnover]:
    """Volume of ``ticker/24hr`` and open interest of ``openInterest`` by unified symbol.

    Args:
        payload: An object: the venue's symbol, and an object of the two answers about it.
        listing: Instruments by the venue's symbol.
        plausible: Bounds of numbers.

    Raises:
        Rubbish: Not such an object.
    """
    faults: list[Fault] = []
    found: dict[str, TurnoverFact] = {}
    for venue_symbol, symbol, answers in rows_by_symbol(payload, listing, "turnover", faults):
        try:
            found[symbol] = _turnover(as_object(answers), venue_symbol, plausible)
        except RowRefused as refusal:
            faults.append(Fault(venue_symbol, f"turnover: {refusal}"))
    return Normalised(found, tuple(faults))


def _turnover(answers: JsonObject, venue_symbol: str, plausible: Plausibility) -> TurnoverFact:
    ticker, interest = (_about(answers, name, venue_symbol) for name in (TICKER, OPEN_INTEREST))
    begun, ended = (whole(ticker, name, plausible.time_ms) for name in ("openTime", "closeTime"))
    if not 0 <= ended - begun <= _WINDOW_MS_MAX:
        raise RowRefused(f"its volume is that of {(ended - begun) / 3_600_000:.1f} hours, not of a day")
    return TurnoverFact(
        quote_volume=number(ticker, "quoteVolume", plausible.amount),
        open_interest=number(interest, "openInterest", plausible.coins),
        told_ms=ended,
    )


def _about(answers: JsonObject, name: str, venue_symbol: str) -> JsonObject:
    row = as_object(answers.get(name))
    if (symbol := text(row, "symbol")) != venue_symbol:
        raise RowRefused(f"{name} is about {shown(symbol)}")
    return row
