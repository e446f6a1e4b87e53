"""What Binance USD-M publishes to everybody: contracts, marks, funding intervals, the time.

Source: developers.binance.com, USDS-margined futures: Exchange Information, Mark Price, Get Funding Rate Info.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from riskd.model.instrument import Instrument
from riskd.model.report import JsonValue
from riskd.observe.dialect import Listing
from riskd.observe.facts import Intervals, Normalised, QuoteFact, Quotes
from riskd.observe.fields import (
    Fault,
    JsonObject,
    Plausibility,
    RowRefused,
    as_object,
    choice,
    number,
    number_or_none,
    text,
    whole,
)
from riskd.observe.json_text import Rubbish
from riskd.observe.venues.binance_rows import listed, object_of, read_rows

VENUE = "binanceusdm"
DEFAULT_INTERVAL_HOURS = 8
"""Interval of every contract that fundingInfo does not list."""

_PERPETUALS = frozenset({"PERPETUAL", "TRADIFI_PERPETUAL"})
_ONE = Decimal(1)


def instruments(payload: JsonValue, plausible: Plausibility) -> Normalised[Listing]:
    """Every perpetual of ``exchangeInfo``, by the venue's symbol. Delivery contracts are left out, which is no fault.

    Raises:
        Rubbish: No list of symbols, or not one perpetual in it.
    """
    symbols = object_of(payload).get("symbols")
    faults: list[Fault] = []
    found = read_rows(
        [row for row in symbols if _is_perpetual(row)] if isinstance(symbols, list) else symbols,
        lambda row: _instrument(row, plausible),
        faults,
    )
    if not found:
        raise Rubbish("guard:no_instruments")
    return Normalised(found, tuple(faults))


def quotes(payload: JsonValue, listing: Listing, plausible: Plausibility) -> Normalised[Quotes]:
    """Marks, index prices and funding of ``premiumIndex``. Symbols that are no listed perpetual are left out.

    Raises:
        Rubbish: Not a list, or no row of it is a listed perpetual.
    """
    if not isinstance(payload, list):
        raise Rubbish("guard:not_a_list")
    faults: list[Fault] = []
    found = read_rows(
        [row for row in payload if not _is_unlisted(row, listing)],
        lambda row: _quote(row, listing, plausible, faults),
        faults,
    )
    if not found:
        raise Rubbish("guard:no_marks")
    return Normalised(found, tuple(faults))


def funding_intervals(payload: JsonValue, listing: Listing, plausible: Plausibility) -> Normalised[Intervals]:
    """Hours between settlements of the contracts that ``fundingInfo`` lists; the others have 8.

    Raises:
        Rubbish: Not a list, or an empty one: the venue always lists hundreds.
    """
    if payload == []:
        raise Rubbish("guard:no_intervals")
    if not isinstance(payload, list):
        raise Rubbish("guard:not_a_list")
    faults: list[Fault] = []
    found = read_rows(
        [row for row in payload if not _is_unlisted(row, listing)],
        lambda row: (
            listed(row, listing).symbol,
            number(row, "fundingIntervalHours", plausible.hours),
        ),
        faults,
    )
    return Normalised(found, tuple(faults))


def server_time(payload: JsonValue, plausible: Plausibility) -> Normalised[int]:
    """Milliseconds since the epoch on the venue's clock.

    Raises:
        Rubbish: No such number in the answer.
    """
    try:
        return Normalised(whole(object_of(payload), "serverTime", plausible.time_ms))
    except RowRefused as refusal:
        raise Rubbish("guard:no_time") from refusal


def _is_perpetual(row: JsonValue) -> bool:
    """False for what is surely something else; a row without a word about it must fault, not vanish."""
    return not (isinstance(row, dict) and isinstance(row.get("contractType"), str)) or (
        row["contractType"] in _PERPETUALS
    )


def _is_unlisted(row: JsonValue, listing: Listing) -> bool:
    """True for a sound row about a contract that is no perpetual, such as a quarterly future."""
    return isinstance(row, dict) and isinstance(row.get("symbol"), str) and row["symbol"] not in listing


def _instrument(row: JsonObject, plausible: Plausibility) -> tuple[str, Instrument]:
    venue_symbol = text(row, "symbol")
    choice(row, "contractType", _PERPETUALS)
    base, quote, settle = text(row, "baseAsset"), text(row, "quoteAsset"), text(row, "marginAsset")
    if quote != settle:
        raise RowRefused(f"settles in {settle}, quoted in {quote}: not a linear contract")
    if base + quote != venue_symbol:
        raise RowRefused(f"its name is not that of {base} in {quote}")
    filters = _filters(row)
    lot, market_lot = _filter(filters, "LOT_SIZE"), _filter(filters, "MARKET_LOT_SIZE")
    return venue_symbol, Instrument(
        venue=VENUE,
        symbol=f"{base}/{quote}:{settle}",
        venue_symbol=venue_symbol,
        base=base,
        quote=quote,
        settle=settle,
        contract_size=_ONE,  # USD-M quantities are base units
        tick_size=number(_filter(filters, "PRICE_FILTER"), "tickSize", plausible.price),
        lot_size=number(lot, "stepSize", plausible.size),
        market_lot_size=number(market_lot, "stepSize", plausible.size),
        quantity_min=number(lot, "minQty", plausible.size),
        quantity_max=number(lot, "maxQty", plausible.size),
        market_quantity_max=number(market_lot, "maxQty", plausible.size),
        notional_min=number(_filter(filters, "MIN_NOTIONAL"), "notional", plausible.amount),
        price_band=_price_band(filters, plausible),
        taker_fee_rate=None,  # belongs to the account, and exchangeInfo does not say
        tradable=text(row, "status") == "TRADING",
    )


def _filters(row: JsonObject) -> Mapping[str, JsonObject]:
    filters = row.get("filters")
    if not isinstance(filters, list):
        raise RowRefused("filters are missing")
    return {text(entry, "filterType"): entry for entry in map(as_object, filters)}


def _filter(filters: Mapping[str, JsonObject], kind: str) -> JsonObject:
    try:
        return filters[kind]
    except KeyError:
        raise RowRefused(f"filter {kind} is missing") from None


def _price_band(filters: Mapping[str, JsonObject], plausible: Plausibility) -> Decimal | None:
    """The narrower side of PERCENT_PRICE as a fraction of mark; None when the venue states no band on some side."""
    if "PERCENT_PRICE" not in filters:
        return None
    band = filters["PERCENT_PRICE"]
    up = number(band, "multiplierUp", plausible.price_or_none) - _ONE
    down = _ONE - number(band, "multiplierDown", plausible.price_or_none)
    narrower = min(up, down)
    return narrower if 0 < narrower < 1 else None


def _quote(
    row: JsonObject, listing: Listing, plausible: Plausibility, faults: list[Fault]
) -> tuple[str, QuoteFact]:
    symbol = listed(row, listing).symbol
    next_funding = number_or_none(row, "nextFundingTime", plausible.time_ms, faults)
    return symbol, QuoteFact(
        mark_price=number(row, "markPrice", plausible.price),
        index_price=number_or_none(row, "indexPrice", plausible.price, faults),
        funding_rate=number_or_none(row, "lastFundingRate", plausible.funding_rate, faults),
        next_funding_ms=None if next_funding is None else int(next_funding),
        quoted_ms=whole(row, "time", plausible.time_ms),
    )
