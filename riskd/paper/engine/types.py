"""Nouns of the simulated venue: orders, trades, income, positions, accounts, events, refusals.

Money and quantities are ``Decimal``; times are integer milliseconds since the epoch.
This is the one module to import nouns from; contract terms, the book and the enums are defined beside it and handed on.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from riskd.paper.engine.book import Depth, Quote, depth_levels
from riskd.paper.engine.contract import Bracket, Contract, DatedBrackets
from riskd.paper.engine.enums import (
    AlgoStatus,
    Cause,
    IncomeKind,
    LiquidationStage,
    MarginType,
    OrderStatus,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
    WorkingType,
)

__all__ = [
    "AccountView",
    "AlgoStatus",
    "AutoDeleveraged",
    "Bankrupt",
    "Bracket",
    "Cause",
    "Contract",
    "DatedBrackets",
    "Depth",
    "Event",
    "Filled",
    "FundingPaid",
    "Income",
    "IncomeKind",
    "Liquidated",
    "LiquidationStage",
    "MarginType",
    "Order",
    "OrderRequest",
    "OrderStatus",
    "OrderType",
    "Position",
    "PositionSide",
    "Quote",
    "Rejection",
    "Side",
    "TimeInForce",
    "Trade",
    "WorkingType",
    "depth_levels",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """What a trader asks for.

    Attributes:
        quantity: Base units, > 0; None only with ``close_position``.
        price: Limit price; None unless LIMIT.
        trigger_price: None unless conditional.
        time_in_force: Ignored unless LIMIT.
        reduce_only: May only shrink the position; enforced again at every fill.
        close_position: Conditional only: closes whatever is there when it triggers.
        client_order_id: Unique among the account's open orders; empty lets the venue choose one.
        working_type: The price that triggers; ignored unless conditional.
    """

    symbol: str
    side: Side
    type: OrderType
    quantity: Decimal | None = None
    position_side: PositionSide = PositionSide.BOTH
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    reduce_only: bool = False
    close_position: bool = False
    client_order_id: str = ""
    working_type: WorkingType = WorkingType.CONTRACT_PRICE


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as the venue knows it at one moment.

    Attributes:
        order_id: Unique over the venue; of a conditional order its algo id.
        quantity: Base units asked for; 0 for ``close_position``.
        executed_quantity: Base units filled so far.
        cumulative_quote: Quote currency exchanged so far.
        average_price: ``cumulative_quote / executed_quantity``; 0 when nothing filled.
        is_algo: True for conditional orders.
        algo_status: None unless conditional.
        working_order_id: The market order that a triggered conditional order became; None before.
    """

    order_id: int
    client_order_id: str
    account: str
    symbol: str
    side: Side
    position_side: PositionSide
    type: OrderType
    quantity: Decimal
    price: Decimal | None
    trigger_price: Decimal | None
    time_in_force: TimeInForce
    reduce_only: bool
    close_position: bool
    working_type: WorkingType
    status: OrderStatus
    executed_quantity: Decimal
    cumulative_quote: Decimal
    average_price: Decimal
    created_ms: int
    updated_ms: int
    is_algo: bool = False
    algo_status: AlgoStatus | None = None
    working_order_id: int | None = None

    @property
    def remaining(self) -> Decimal:
        """Base units not filled yet."""
        return self.quantity - self.executed_quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One fill of one account.

    Attributes:
        price: ``quote / quantity``, quote per base.
        quantity: Base units, > 0.
        quote: Quote currency exchanged, > 0.
        realized_pnl: Quote currency, before fees; 0 when the trade only opened.
        fee: Quote currency; positive is paid.
        maker: True when the order was resting.
    """

    trade_id: int
    order_id: int
    account: str
    symbol: str
    side: Side
    position_side: PositionSide
    price: Decimal
    quantity: Decimal
    quote: Decimal
    realized_pnl: Decimal
    fee: Decimal
    maker: bool
    at_ms: int
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Income:
    """One change of a wallet.

    Attributes:
        symbol: Empty for transfers.
        amount: Quote currency; positive is received.
        trade_id: None unless a trade caused it.
    """

    account: str
    symbol: str
    kind: IncomeKind
    amount: Decimal
    asset: str
    at_ms: int
    tran_id: int
    trade_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """An open position.

    Attributes:
        quantity: Signed base units: positive long, negative short; never 0.
        entry_price: Average, quote per base.
        unrealized_pnl: ``quantity * (mark_price - entry_price)``, quote currency.
        isolated_wallet: Margin set aside for it; 0 when cross.
        initial_margin: ``abs(quantity) * mark_price / leverage``.
        maintenance_margin: By the leverage bracket at mark.
        liquidation_price: Mark price at which it would be liquidated, all other marks unchanged; 0 when no price does.
        adl_rank: 0 (last) to 4 (first in the auto-deleveraging queue).
    """

    symbol: str
    position_side: PositionSide
    quantity: Decimal
    entry_price: Decimal
    mark_price: Decimal
    unrealized_pnl: Decimal
    isolated: bool
    isolated_wallet: Decimal
    leverage: int
    initial_margin: Decimal
    maintenance_margin: Decimal
    liquidation_price: Decimal
    adl_rank: int
    updated_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """Balances of an account in its settlement currency.

    Attributes:
        wallet_balance: Cash, isolated margin included.
        unrealized_pnl: Of all positions.
        margin_balance: ``wallet_balance + unrealized_pnl``.
        cross_wallet_balance: Cash without isolated margin.
        cross_unrealized_pnl: Of cross positions.
        initial_margin: ``position_initial_margin + open_order_initial_margin``.
        maintenance_margin: Of all positions.
        available_balance: What new orders may use, >= 0.
        withdrawable_balance: What may leave: as available, but unrealised profit does not count, >= 0.
    """

    wallet_balance: Decimal
    unrealized_pnl: Decimal
    margin_balance: Decimal
    cross_wallet_balance: Decimal
    cross_unrealized_pnl: Decimal
    initial_margin: Decimal
    position_initial_margin: Decimal
    open_order_initial_margin: Decimal
    maintenance_margin: Decimal
    available_balance: Decimal
    withdrawable_balance: Decimal
    hedge_mode: bool


class Rejection(Exception):
    """The venue refuses, in Binance's code and words.

    Attributes:
        code: Negative, such as -2022.
        message: The venue's text.
        status: HTTP status.
    """

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, for reports."""

    account: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled(Event):
    """An order filled, wholly or partly; forced trades included."""

    trade: Trade


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquidated(Event):
    """The venue closed ``quantity`` (base units, > 0) at ``price`` because margin had run out."""

    symbol: str
    position_side: PositionSide
    quantity: Decimal
    price: Decimal
    stage: LiquidationStage


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoDeleveraged(Event):
    """The venue closed ``quantity`` at ``price`` to absorb another account's loss.

    Attributes:
        counterparty_liquidated: The account whose loss it was; empty when the deleveraging was forced by name.
    """

    symbol: str
    position_side: PositionSide
    quantity: Decimal
    price: Decimal
    counterparty_liquidated: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingPaid(Event):
    """Funding settled: ``amount`` is signed, negative is paid; ``rate`` is the rate applied."""

    symbol: str
    rate: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bankrupt(Event):
    """A wallet was below zero with nothing left to sell, and was set to zero.

    Attributes:
        shortfall: Quote currency, > 0.
        insured: Part paid by the insurance fund; the rest of the market bore the remainder.
    """

    shortfall: Decimal
    insured: Decimal
