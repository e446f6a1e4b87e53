"""The readers that make up one venue's dialect: raw payload in, riskd's words out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from riskd.model.flow import IncomeRow, TradeRow
from riskd.model.instrument import Instrument
from riskd.model.report import JsonValue
from riskd.observe.facts import (
    AssetIndex,
    Balances,
    BracketsBySymbol,
    HourlyCandles,
    Intervals,
    Normalised,
    OrderBooks,
    OrderFact,
    Positions,
    Quotes,
    Settings,
    SpotBalances,
    Turnover,
)
from riskd.observe.fields import Plausibility

T = TypeVar("T")

Listing: TypeAlias = Mapping[str, Instrument]
"""Instruments by the venue's own symbol."""

Plain: TypeAlias = Callable[[JsonValue, Plausibility], Normalised[T]]
Listed: TypeAlias = Callable[[JsonValue, Listing, Plausibility], Normalised[T]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one venue says things. Every reader raises Rubbish for a payload that says nothing.

    Attributes:
        default_interval_hours: Hours between funding settlements where the venue lists none.
    """

    instruments: Plain[Listing]
    server_time: Plain[int]
    position_mode: Plain[bool]
    spot_balances: Plain[SpotBalances]
    quotes: Listed[Quotes]
    funding_intervals: Listed[Intervals]
    brackets: Listed[BracketsBySymbol]
    balances: Listed[Balances]
    positions: Listed[Positions]
    orders: Listed[tuple[OrderFact, ...]]
    conditional_orders: Listed[tuple[OrderFact, ...]]
    symbol_settings: Listed[Settings]
    income: Listed[tuple[IncomeRow, ...]]
    trades: Listed[Mapping[str, tuple[TradeRow, ...]]]
    candles: Listed[HourlyCandles]
    turnover: Listed[Turnover]
    order_books: Listed[OrderBooks]
    asset_index: Plain[AssetIndex]
    default_interval_hours: int
