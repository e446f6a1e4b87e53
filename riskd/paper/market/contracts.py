"""Terms of the perpetuals that the paper venue lists, and of any other that a recorded file may bring.

Filters and fees are those of Binance USD-M for an account without discounts, as published in 2026; the venue changes
them now and then, and nothing here depends on their last digit. Leverage brackets: brackets.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from riskd.paper.engine.types import Contract
from riskd.paper.market.brackets import dated_brackets

_QUOTES = ("USDT", "USDC", "USD")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """The filters that differ from one contract to the next; text as the venue writes it."""

    tick_size: str
    lot_size: str
    quantity_max: str
    market_quantity_max: str
    notional_min: str
    price_band: str
    liquidation_fee_rate: str
    funding_cap: str


_TERMS: dict[str, _Terms] = {
    "BTCUSDT": _Terms(
        tick_size="0.1",
        lot_size="0.001",
        quantity_max="1000",
        market_quantity_max="120",
        notional_min="100",
        price_band="0.05",
        liquidation_fee_rate="0.0125",
        funding_cap="0.003",
    ),
    "ETHUSDT": _Terms(
        tick_size="0.01",
        lot_size="0.001",
        quantity_max="10000",
        market_quantity_max="2000",
        notional_min="20",
        price_band="0.05",
        liquidation_fee_rate="0.0125",
        funding_cap="0.00375",
    ),
    "SOLUSDT": _Terms(
        tick_size="0.01",
        lot_size="0.01",
        quantity_max="1000000",
        market_quantity_max="25000",
        notional_min="5",
        price_band="0.05",
        liquidation_fee_rate="0.015",
        funding_cap="0.02",
    ),
    "XRPUSDT": _Terms(
        tick_size="0.0001",
        lot_size="0.1",
        quantity_max="10000000",
        market_quantity_max="2000000",
        notional_min="5",
        price_band="0.05",
        liquidation_fee_rate="0.015",
        funding_cap="0.02",
    ),
    "DOGEUSDT": _Terms(
        tick_size="0.00001",
        lot_size="1",
        quantity_max="50000000",
        market_quantity_max="30000000",
        notional_min="5",
        price_band="0.05",
        liquidation_fee_rate="0.015",
        funding_cap="0.02",
    ),
}

BUILT_IN = tuple(_TERMS)
"""Symbols whose terms are the venue's own."""


def built_in(symbol: str, *, funding_interval_hours: int = 8, tick_size: Decimal | None = None) -> Contract:
    """The terms of one of ``BUILT_IN``.

    Args:
        symbol: As the venue writes it.
        funding_interval_hours: The venue changes it by symbol and season.
        tick_size: A finer tick than today's, for records of years in which it was finer; None: today's.

    Raises:
        ValueError: The symbol is not built in.
    """
    if symbol not in _TERMS:
        raise ValueError(f"contract: expected one of {', '.join(BUILT_IN)}, found {symbol!r}; use generic()")
    return _contract(symbol, _TERMS[symbol], funding_interval_hours, tick_size)


def generic(
    symbol: str, *, price: float, funding_interval_hours: int = 8, tick_size: Decimal | None = None
) -> Contract:
    """Plausible terms for any other symbol: filters by the size of its price, brackets of a middling coin.

    Args:
        symbol: Such as ``LTCUSDT`` or ``ADA-USDT-SWAP``.
        price: A typical price, quote per base, > 0: the tick is about a ten-thousandth of it, a lot a few dollars.
        funding_interval_hours: Hours between settlements.
        tick_size: Overrides the tick.
    """
    exponent = Decimal(repr(price)).adjusted()
    terms = _Terms(
        tick_size=_power_of_ten(exponent - 4),
        lot_size=_power_of_ten(min(-exponent, 0)),
        quantity_max=_power_of_ten(7 - exponent),
        market_quantity_max=_power_of_ten(6 - exponent),
        notional_min="5",
        price_band="0.10",
        liquidation_fee_rate="0.015",
        funding_cap="0.02",
    )
    return _contract(symbol, terms, funding_interval_hours, tick_size)


def _contract(
    symbol: str,
    terms: _Terms,
    funding_interval_hours: int,
    tick_size: Decimal | None,
) -> Contract:
    base, quote = _assets(symbol)
    lot_size = Decimal(terms.lot_size)
    return Contract(
        symbol=symbol,
        base=base,
        quote=quote,
        tick_size=tick_size or Decimal(terms.tick_size),
        lot_size=lot_size,
        market_lot_size=lot_size,
        quantity_min=lot_size,
        quantity_max=Decimal(terms.quantity_max),
        market_quantity_max=Decimal(terms.market_quantity_max),
        notional_min=Decimal(terms.notional_min),
        price_band=Decimal(terms.price_band),
        maker_fee_rate=Decimal("0.0002"),
        taker_fee_rate=Decimal("0.0005"),
        liquidation_fee_rate=Decimal(terms.liquidation_fee_rate),
        funding_interval_hours=funding_interval_hours,
        funding_cap=Decimal(terms.funding_cap),
        bracket_tables=dated_brackets(symbol),
    )


def _power_of_ten(exponent: int) -> str:
    """In plain digits: the venue writes no exponents."""
    return f"{Decimal(1).scaleb(exponent):f}"


def _assets(symbol: str) -> tuple[str, str]:
    """Base and quote of ``BTCUSDT``, ``ADA-USDT-SWAP`` or a bare ``BTC`` (quoted in USDT)."""
    name = symbol.upper().removesuffix("-SWAP").replace("-", "")
    for quote in _QUOTES:
        if name.endswith(quote) and name != quote:
            return name.removesuffix(quote), quote
    return name, "USDT"
