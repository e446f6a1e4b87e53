"""What moved an account: entries in its wallet, and fills."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from riskd.model.order import Direction


class IncomeKind(StrEnum):
    """Why a wallet balance changed."""

    FUNDING = "funding"
    TRANSFER = "transfer"  # deposits and withdrawals: no profit, no loss
    REALIZED_PNL = "realized_pnl"
    COMMISSION = "commission"
    LIQUIDATION_FEE = "liquidation_fee"  # what a liquidation costs beside its loss
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomeRow:
    """One entry in the wallet.

    Attributes:
        id: Unique for the account; the same entry read twice has the same id.
        symbol: Unified symbol; empty when the entry belongs to none.
        amount: + received, - paid, in ``asset``.
        at: Aware UTC, venue time.
        trade: The venue's id of the fill that caused it; empty when none did, or the venue does not say.
    """

    id: str
    kind: IncomeKind
    symbol: str
    amount: Decimal
    asset: str
    at: datetime
    trade: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRow:
    """One fill.

    Attributes:
        id: The venue's id, rising with time within a symbol.
        order_id: The venue's id of the order.
        quantity: Base units, > 0.
        price: Quote per base.
        realized_pnl: Settlement currency, before the fee.
        fee: Settlement currency; + paid, - rebate.
        at: Aware UTC, venue time.
    """

    id: str
    order_id: str
    symbol: str
    position_side: str
    direction: Direction
    quantity: Decimal
    price: Decimal
    realized_pnl: Decimal
    fee: Decimal
    fee_asset: str
    maker: bool
    at: datetime

    @property
    def signed_quantity(self) -> Decimal:
        """Base units: bought +, sold -."""
        return self.quantity if self.direction is Direction.BUY else -self.quantity
