"""Contracts, quotes and exchanges for the engine's tests, with round numbers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import (
    Bracket,
    Contract,
    DatedBrackets,
    OrderRequest,
    OrderType,
    Position,
    PositionSide,
    Quote,
    Rejection,
    Side,
    WorkingType,
)

D = Decimal
HOUR_MS = 3_600_000
START_MS = 1_760_000_000_000 // (8 * HOUR_MS) * (8 * HOUR_MS) + HOUR_MS  # an hour after a settlement

# floor, cap, rate, amount, leverage: the shape of Binance's tables, amounts continuous.
BRACKET_ROWS = (
    ("0", "50000", "0.004", "0", 125),
    ("50000", "600000", "0.005", "50", 100),
    ("600000", "3000000", "0.01", "3050", 50),
    ("3000000", "1000000000", "0.025", "48050", 20),
)


def brackets(rows: tuple[tuple[str, str, str, str, int], ...] = BRACKET_ROWS) -> tuple[Bracket, ...]:
    return tuple(
        Bracket(
            notional_floor=D(floor),
            notional_cap=D(cap),
            maintenance_margin_rate=D(rate),
            maintenance_amount=D(amount),
            leverage_max=leverage,
        )
        for floor, cap, rate, amount, leverage in rows
    )


def contract(symbol: str = "BTCUSDT", **changes: Any) -> Contract:
    terms: dict[str, Any] = {
        "symbol": symbol,
        "base": symbol.removesuffix("USDT"),
        "tick_size": D("0.1"),
        "lot_size": D("0.001"),
        "market_lot_size": D("0.001"),
        "quantity_min": D("0.001"),
        "quantity_max": D(1000),
        "market_quantity_max": D(500),
        "notional_min": D(5),
        "price_band": D("0.05"),
        "maker_fee_rate": D("0.0002"),
        "taker_fee_rate": D("0.0005"),
        "liquidation_fee_rate": D("0.0125"),
        "funding_interval_hours": 8,
        "funding_cap": D("0.003"),
        "bracket_tables": (DatedBrackets(valid_from_ms=0, brackets=brackets()),),
    }
    return Contract(**(terms | changes))


def quote(price: str | Decimal = "10000", **changes: Any) -> Quote:
    """Mark, index and last at one price; no spread, a book so deep that impact is nil to 8 decimals, no funding."""
    terms: dict[str, Any] = {
        "mark": D(price),
        "index": D(price),
        "last": D(price),
        "spread_rate": D(0),
        "depth_usd": D("1E+20"),
        "funding_rate": D(0),
    }
    return Quote(**(terms | changes))


def open_exchange(
    *contracts: Contract,
    quotes: Mapping[str, Quote] | None = None,
    accounts: Mapping[str, str | int] | None = None,
    insurance: str | int = 1_000_000,
    hedge_mode: bool = False,
) -> Exchange:
    """An exchange with funded accounts; by default BTCUSDT at 10,000 and one account ``a`` with 100,000."""
    listed = contracts or (contract(),)
    exchange = Exchange(
        listed,
        now_ms=START_MS,
        quotes=quotes or {c.symbol: quote() for c in listed},
        insurance_fund=D(insurance),
    )
    for name, cash in (accounts or {"a": 100_000}).items():
        exchange.open_account(name, hedge_mode=hedge_mode)
        exchange.deposit(name, D(cash))
    return exchange


def limit(side: str, quantity: str, price: str, **changes: Any) -> OrderRequest:
    terms: dict[str, Any] = {
        "symbol": "BTCUSDT",
        "side": Side(side),
        "type": OrderType.LIMIT,
        "quantity": D(quantity),
        "price": D(price),
    }
    return OrderRequest(**(terms | changes))


def market(side: str, quantity: str, **changes: Any) -> OrderRequest:
    terms: dict[str, Any] = {
        "symbol": "BTCUSDT",
        "side": Side(side),
        "type": OrderType.MARKET,
        "quantity": D(quantity),
    }
    return OrderRequest(**(terms | changes))


def stop(side: str, quantity: str | None, trigger: str, **changes: Any) -> OrderRequest:
    terms: dict[str, Any] = {
        "symbol": "BTCUSDT",
        "side": Side(side),
        "type": OrderType.STOP_MARKET,
        "quantity": None if quantity is None else D(quantity),
        "trigger_price": D(trigger),
        "working_type": WorkingType.MARK_PRICE,
    }
    return OrderRequest(**(terms | changes))


def step(exchange: Exchange, price: str | Decimal | Quote, *, symbol: str = "BTCUSDT", ms: int = 1000) -> Any:
    """Moves one symbol's market and lets a second pass."""
    new = price if isinstance(price, Quote) else quote(price)
    return exchange.advance(exchange.now_ms + ms, {symbol: new})


def position(
    exchange: Exchange, account: str = "a", symbol: str = "BTCUSDT", side: PositionSide = PositionSide.BOTH
) -> Position | None:
    found = [p for p in exchange.positions(account) if (p.symbol, p.position_side) == (symbol, side)]
    return found[0] if found else None


def held(exchange: Exchange, account: str = "a", symbol: str = "BTCUSDT") -> Decimal:
    """Signed base units over all sides of a symbol."""
    return sum((p.quantity for p in exchange.positions(account) if p.symbol == symbol), D(0))


def refused(code: int) -> Any:
    """A context that expects the venue to refuse with this code."""
    return pytest.raises(Rejection, match=rf"^{code}:")
