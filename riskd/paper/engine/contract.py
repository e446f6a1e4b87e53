"""Contract terms of a simulated perpetual: filters, fees and dated leverage brackets."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket:
    """One leverage bracket, for a position notional in ``(notional_floor, notional_cap]``.

    ``maintenance_margin = maintenance_margin_rate * notional - maintenance_amount``. The cap belongs to the bracket, so
    that a position reduced exactly to a floor has left the bracket above it.

    Attributes:
        notional_floor: Quote currency, >= 0.
        notional_cap: Quote currency, > floor; the largest position this bracket allows.
        maintenance_margin_rate: Fraction of notional, 0 < rate < 1.
        maintenance_amount: Quote currency, subtracted; Binance's ``cum``.
        leverage_max: Highest leverage setting for a position of this size.
    """

    notional_floor: Decimal
    notional_cap: Decimal
    maintenance_margin_rate: Decimal
    maintenance_amount: Decimal
    leverage_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedBrackets:
    """The bracket table in force from a moment on. Venues change these tables, and liquidation prices move with them.

    Attributes:
        valid_from_ms: First millisecond at which the table applies.
        brackets: Ascending, the first floor 0, each floor the cap before it.
    """

    valid_from_ms: int
    brackets: tuple[Bracket, ...]

    def __post_init__(self) -> None:
        """Refuse a table with a gap.

        Raises:
            ValueError: No bracket, a first floor other than 0, or a floor that is not the cap before it.
        """
        expected_floor = Decimal(0)
        for bracket in self.brackets:
            if bracket.notional_floor != expected_floor or bracket.notional_cap <= bracket.notional_floor:
                raise ValueError(
                    f"bracket floor {bracket.notional_floor} (cap {bracket.notional_cap}) where {expected_floor} was "
                    "expected: brackets ascend from 0 without gaps"
                )
            expected_floor = bracket.notional_cap
        if not self.brackets:
            raise ValueError("a bracket table needs at least one bracket, found none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A linear perpetual, margined in its quote currency.

    Attributes:
        symbol: The venue's name, such as ``BTCUSDT``.
        base: Asset bought or sold.
        quote: Currency of price, margin and profit.
        tick_size: Smallest price step, quote per base.
        lot_size: Smallest step of a limit order's quantity, base units.
        market_lot_size: Smallest step of a market order's quantity, base units.
        quantity_min: Smallest order, base units.
        quantity_max: Largest limit order, base units.
        market_quantity_max: Largest market order, base units.
        notional_min: Smallest order in quote currency; reducing orders are exempt.
        price_band: Largest adverse distance of an order's price from mark, a fraction such as 0.05.
        maker_fee_rate: Fraction of the filled notional; may be negative (a rebate).
        taker_fee_rate: Fraction of the filled notional.
        liquidation_fee_rate: Fraction of the liquidated notional, paid to the insurance fund.
        funding_interval_hours: Funding settles at multiples of this since the epoch.
        funding_cap: Largest absolute funding rate per interval, a fraction.
        bracket_tables: Ascending by ``valid_from_ms``; the first also covers all time before it.
    """

    symbol: str
    base: str
    quote: str = "USDT"
    tick_size: Decimal
    lot_size: Decimal
    market_lot_size: Decimal
    quantity_min: Decimal
    quantity_max: Decimal
    market_quantity_max: Decimal
    notional_min: Decimal
    price_band: Decimal
    maker_fee_rate: Decimal
    taker_fee_rate: Decimal
    liquidation_fee_rate: Decimal
    funding_interval_hours: int
    funding_cap: Decimal
    bracket_tables: tuple[DatedBrackets, ...]

    def __post_init__(self) -> None:
        """Refuse a contract without brackets or with tables out of order.

        Raises:
            ValueError: As said.
        """
        dates = [table.valid_from_ms for table in self.bracket_tables]
        if not dates or dates != sorted(set(dates)):
            raise ValueError(f"{self.symbol}: bracket tables must ascend by valid_from_ms, found {dates}")

    @property
    def funding_interval_ms(self) -> int:
        """Milliseconds between two settlements."""
        return self.funding_interval_hours * 3_600_000

    def brackets_at(self, now_ms: int) -> tuple[Bracket, ...]:
        """The table in force at a moment: the newest one that is valid by then, else the first."""
        for table in reversed(self.bracket_tables):
            if table.valid_from_ms <= now_ms:
                return table.brackets
        return self.bracket_tables[0].brackets
