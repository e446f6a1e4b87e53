"""Contract terms of a perpetual: what one lot is worth, what may be ordered, what margin it needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket:
    """One leverage bracket: for notionals in ``[floor, cap)`` maintenance is ``rate * notional - amount``.

    The amount makes maintenance margin continuous:
    ``amount_n = amount_{n-1} + floor_n * (rate_n - rate_{n-1})``.

    Attributes:
        notional_floor: Quote currency, >= 0.
        notional_cap: Quote currency, > floor.
        maintenance_margin_rate: Fraction of notional, 0 < rate < 1.
        maintenance_amount: Quote currency, >= 0, subtracted.
        leverage_max: Highest leverage setting in this bracket.

    Source: Binance USD-M ``leverageBracket`` (its ``cum`` is ``maintenance_amount``).
    """

    notional_floor: Decimal
    notional_cap: Decimal
    maintenance_margin_rate: Decimal
    maintenance_amount: Decimal
    leverage_max: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A linear perpetual contract at one venue.

    Attributes:
        venue: Venue id, such as ``binanceusdm``.
        symbol: Unified name, such as ``BTC/USDT:USDT``.
        venue_symbol: The venue's own name, such as ``BTCUSDT``.
        base: Asset bought or sold.
        quote: Currency of the price.
        settle: Currency of profit and loss.
        contract_size: Base units per contract, > 0.
        tick_size: Smallest price step, quote per base.
        lot_size: Smallest step of a limit order's quantity, base units.
        market_lot_size: Smallest step of a market order's quantity, base units.
        quantity_min: Smallest order, base units.
        quantity_max: Largest limit order, base units.
        market_quantity_max: Largest market order, base units.
        notional_min: Smallest order in quote currency; reduce-only orders are exempt at Binance.
        price_band: Largest distance of a limit price from mark as a fraction; None when the venue states none.
        taker_fee_rate: Fraction of notional paid by a taker; None when unknown.
        tradable: False while the venue says the contract is settling, closed or in pre-trading.
    """

    venue: str
    symbol: str
    venue_symbol: str
    base: str
    quote: str
    settle: str
    contract_size: Decimal
    tick_size: Decimal
    lot_size: Decimal
    market_lot_size: Decimal
    quantity_min: Decimal
    quantity_max: Decimal
    market_quantity_max: Decimal
    notional_min: Decimal
    price_band: Decimal | None
    taker_fee_rate: Decimal | None
    tradable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BracketTable:
    """The leverage brackets of one symbol for one account, and when they were read.

    Attributes:
        brackets: Sorted by ``notional_floor``, the first at 0, without gaps.
        read_at: Aware UTC time of the venue's answer.
    """

    venue: str
    symbol: str
    brackets: tuple[Bracket, ...]
    read_at: datetime
