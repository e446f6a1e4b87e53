"""The rows that tests write down; ``tests.builders`` turns them into columns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from riskd.model.desk import AccountProfile
from riskd.model.snapshot import OrderKind

NAN = math.nan
NOW = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)
VENUE = "binanceusdm"
BTC = "BTC/USDT:USDT"
ETH = "ETH/USDT:USDT"
SOL = "SOL/USDT:USDT"
MARKS: Mapping[str, float] = {BTC: 60_000.0, ETH: 3_000.0, SOL: 150.0}
# Real BTCUSDT brackets of 2026: (notional floor, maintenance margin rate).
BRACKETS: tuple[tuple[float, float], ...] = (
    (0.0, 0.004),
    (300_000.0, 0.005),
    (800_000.0, 0.0065),
    (3_000_000.0, 0.01),
    (12_000_000.0, 0.02),
    (70_000_000.0, 0.025),
    (100_000_000.0, 0.05),
)
Number = Decimal | int | float | str


@dataclass(frozen=True, kw_only=True)
class InstrumentRow:
    """An instrument and its quote. ``brackets`` are ``(floor, rate)``; empty: unknown."""

    symbol: str
    venue: str = VENUE
    mark: float = NAN
    index: float | None = None
    last: float | None = None
    funding_rate: float = 0.0001
    interval_hours: float = 8.0
    brackets: tuple[tuple[float, float], ...] = BRACKETS
    taker_fee_rate: Number | None = "0.0005"
    lot_size: Number = "0.001"
    tick_size: Number = "0.1"
    quantity_max: Number = "1000"
    market_quantity_max: Number = "100"
    notional_min: Number = "5"
    price_band: Number | None = "0.05"
    tradable: bool = True
    quoted_age_seconds: float = 1.0


@dataclass(frozen=True, kw_only=True)
class AccountRow:
    """An account as described by the desk, and its money. ``wallet`` includes isolated wallets."""

    profile: AccountProfile
    wallet: float = 100_000.0
    equity: float | None = None
    cross_wallet: float | None = None
    maintenance_margin: float | None = None
    initial_margin: float | None = None
    available: float | None = None
    hedge_mode: bool = False


@dataclass(frozen=True, kw_only=True)
class PositionRow:
    """A position; ``mark`` overrides the instrument's for this row."""

    symbol: str
    quantity: Number
    account: str
    strategy: str = "swing"
    entry: float | None = None
    mark: float | None = None
    leverage: float = 10.0
    isolated_wallet: float | None = None
    initial_margin: float | None = None
    maintenance_margin: float | None = None
    liquidation_price: float = NAN
    cannot_be_liquidated: bool = False
    adl_rank: float = 1.0
    opened_age_seconds: float = 3600.0
    confirmed: bool = True
    position_side: str = "BOTH"


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    """A resting order; ``direction`` is ``BUY`` or ``SELL``."""

    symbol: str
    direction: str
    quantity: Number
    account: str
    strategy: str = "swing"
    price: float = NAN
    trigger: float = NAN
    kind: OrderKind = OrderKind.LIMIT
    reduce_only: bool = False
    close_position: bool = False
    conditional: bool = False
    position_side: str = "BOTH"
    placed_age_seconds: float = 60.0
    order_id: str = ""
    client_order_id: str = ""


@dataclass(frozen=True, kw_only=True)
class SpotRow:
    """A spot balance that a hedge names."""

    asset: str
    quantity: float
    price: float
    account: str
