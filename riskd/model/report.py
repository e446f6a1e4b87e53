"""What a venue answered, before anybody has interpreted it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

# JSON as the parser gives it. Numbers with a fraction arrive as strings from Binance; a bare JSON number is a
# float or an int. NaN and Infinity are refused by the response guard before they become a value.
JsonValue: TypeAlias = "str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None"


class Surface(StrEnum):
    """One thing that can be asked of a venue. Data quality is kept per account and surface."""

    INSTRUMENTS = "instruments"
    MARKS = "marks"
    FUNDING_INTERVALS = "funding_intervals"
    BRACKETS = "brackets"
    BALANCES = "balances"
    POSITIONS = "positions"
    ORDERS = "orders"
    CONDITIONAL_ORDERS = "conditional_orders"
    SYMBOL_SETTINGS = "symbol_settings"
    POSITION_MODE = "position_mode"
    INCOME = "income"
    TRADES = "trades"
    SPOT_BALANCES = "spot_balances"
    SERVER_TIME = "server_time"
    CANDLES = "candles"
    TURNOVER = "turnover"  # volume of the last day, and open interest
    ORDER_BOOKS = "order_books"
    ASSET_INDEX = "asset_index"  # what assets are worth as collateral


# Read without a key, once for each venue; everything else is read for each account.
MARKET_SURFACES = frozenset(
    {
        Surface.INSTRUMENTS,
        Surface.MARKS,
        Surface.FUNDING_INTERVALS,
        Surface.SERVER_TIME,
        Surface.CANDLES,
        Surface.TURNOVER,
        Surface.ORDER_BOOKS,
        Surface.ASSET_INDEX,
    }
)

# Read only while somebody asks for them, most of them for the symbols that are asked for.
ON_DEMAND_SURFACES = frozenset(
    {Surface.TRADES, Surface.CANDLES, Surface.TURNOVER, Surface.ORDER_BOOKS, Surface.ASSET_INDEX}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One answer, or the failure to get one.

    Attributes:
        venue: Venue id.
        account: Account id; empty for a surface that belongs to the venue.
        surface: What was asked.
        requested_at: Aware UTC, when the first request of this surface left.
        received_at: Aware UTC, when its last answer had arrived. Staleness is measured from ``requested_at``:
            the venue may have computed the answer at any moment since.
        payload: The venue's words, pages joined into one list; None when ``failure`` is set.
        failure: Short reason such as ``timeout`` or ``guard:html``; empty when the answer can be read.
        complete: False when more rows exist than were read (a page limit was met).
        covers_from: For income and trades: rows from this venue time on are in the payload. None elsewhere.
    """

    venue: str
    account: str
    surface: Surface
    requested_at: datetime
    received_at: datetime
    payload: JsonValue
    failure: str = ""
    complete: bool = True
    covers_from: datetime | None = None
