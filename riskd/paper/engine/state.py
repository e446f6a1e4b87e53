"""The engine's mutable state. Nothing here leaves the package: callers get frozen views."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal

from riskd.paper.engine import refusals
from riskd.paper.engine.money import ZERO
from riskd.paper.engine.types import (
    Bracket,
    Contract,
    Event,
    Income,
    MarginType,
    Order,
    PositionSide,
    Quote,
    Trade,
)

HISTORY_MAX = 20_000
"""Rows of income and of trades kept for each account; older ones are forgotten."""

CLOSED_ORDERS_MAX = 5_000
"""Terminal orders of each kind kept for each account."""


@dataclass(slots=True, eq=False, kw_only=True)
class PositionState:
    """One open position and its valuation at the present mark.

    Attributes:
        quantity: Signed base units, never 0 while the position is listed.
        cost: Signed quote currency paid for what is held (negative for shorts), a multiple of 1e-8. Entry price is
            ``cost / quantity``; keeping the cost keeps partial closes exact.
        notional: ``abs(quantity) * mark``.
    """

    account: str
    symbol: str
    side: PositionSide
    isolated: bool
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    isolated_wallet: Decimal = ZERO
    entry_price: Decimal = ZERO
    updated_ms: int = 0
    notional: Decimal = ZERO
    unrealized_pnl: Decimal = ZERO
    maintenance_margin: Decimal = ZERO
    initial_margin: Decimal = ZERO

    @property
    def key(self) -> tuple[str, PositionSide]:
        """Place within its account."""
        return (self.symbol, self.side)

    @property
    def signed_notional(self) -> Decimal:
        """``quantity * mark``."""
        return self.notional if self.quantity > 0 else -self.notional

    @property
    def margin_balance(self) -> Decimal:
        """What an isolated position is worth: its wallet and its unrealised profit."""
        return self.isolated_wallet + self.unrealized_pnl


@dataclass(slots=True, eq=False)
class SymbolSettings:
    """One account's choices for one symbol."""

    leverage: int
    margin_type: MarginType


@dataclass(slots=True, eq=False)
class OrderNotionals:
    """Notional of an account's resting orders of one symbol that would open or increase a position."""

    bids: Decimal = ZERO
    asks: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over an account's positions; cross and isolated apart."""

    cross_unrealized_pnl: Decimal
    cross_maintenance: Decimal
    cross_initial: Decimal
    cross_notional: Decimal
    isolated_wallet: Decimal
    isolated_unrealized_pnl: Decimal
    isolated_maintenance: Decimal
    isolated_initial: Decimal


@dataclass(slots=True, eq=False)
class AccountState:
    """One trader's wallet, positions, orders and history.

    Attributes:
        cross_wallet: Cash outside isolated positions.
        orders: Open ordinary orders by id.
        algos: Open conditional orders by id.
        closed: Terminal ordinary orders by id, oldest first, bounded.
        closed_algos: Terminal conditional orders by id, oldest first, bounded.
        order_notionals: By symbol, kept in step with ``orders``.
        spot: Spot holdings by asset; they never margin the perpetuals.
        totals: Sums over the positions as of ``totals_version`` of the venue.
    """

    name: str
    hedge_mode: bool
    cross_wallet: Decimal = ZERO
    positions: dict[tuple[str, PositionSide], PositionState] = field(default_factory=dict)
    settings: dict[str, SymbolSettings] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    algos: dict[int, Order] = field(default_factory=dict)
    closed: dict[int, Order] = field(default_factory=dict)
    closed_algos: dict[int, Order] = field(default_factory=dict)
    order_notionals: dict[str, OrderNotionals] = field(default_factory=dict)
    spot: dict[str, Decimal] = field(default_factory=dict)
    income: deque[Income] = field(default_factory=lambda: deque(maxlen=HISTORY_MAX))
    trades: deque[Trade] = field(default_factory=lambda: deque(maxlen=HISTORY_MAX))
    totals: Totals | None = None
    totals_version: int = -1


@dataclass(slots=True, eq=False)
class SymbolState:
    """One contract's market and everybody's positions and orders in it.

    Attributes:
        brackets: The table in force now.
        next_funding_ms: The settlement that comes next.
        positions: By account and side, over all accounts.
        resting: Open limit orders of all accounts by id, oldest first.
        conditional: Untriggered conditional orders of all accounts by id, oldest first.
        market_quantity: Signed base units held by the rest of the market, the mirror of all traders together.
        market_cost: Signed quote currency that the rest of the market paid for them, never released.
    """

    contract: Contract
    quote: Quote
    brackets: tuple[Bracket, ...]
    next_funding_ms: int
    positions: dict[tuple[str, PositionSide], PositionState] = field(default_factory=dict)
    resting: dict[int, Order] = field(default_factory=dict)
    conditional: dict[int, Order] = field(default_factory=dict)
    market_quantity: Decimal = ZERO
    market_cost: Decimal = ZERO


@dataclass(slots=True, eq=False)
class Buckets:
    """Cash that belongs to nobody's account.

    Attributes:
        fees: Trading fees taken by the venue.
        insurance: The insurance fund, >= 0.
        market: Funding and spot cash of the rest of the market, less the losses it had to bear.
        net_deposits: Deposits less withdrawals of all accounts.
        insurance_start: The fund when the venue opened.
        market_spot: Spot holdings of the rest of the market by asset, the mirror of all traders together.
    """

    insurance: Decimal
    insurance_start: Decimal
    fees: Decimal = ZERO
    market: Decimal = ZERO
    net_deposits: Decimal = ZERO
    market_spot: dict[str, Decimal] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class VenueState:
    """Everything.

    Attributes:
        version: Grows with every change; caches of derived values compare it.
        events: Since the last ``advance`` returned.
    """

    now_ms: int
    symbols: dict[str, SymbolState]
    buckets: Buckets
    accounts: dict[str, AccountState] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    version: int = 0
    last_order_id: int = 0
    last_trade_id: int = 0
    last_transaction_id: int = 0

    def next_order_id(self) -> int:
        """A new id; orders of all accounts and kinds share one counter."""
        self.last_order_id += 1
        return self.last_order_id

    def next_trade_id(self) -> int:
        """A new id."""
        self.last_trade_id += 1
        return self.last_trade_id

    def next_transaction_id(self) -> int:
        """A new id."""
        self.last_transaction_id += 1
        return self.last_transaction_id

    def symbol(self, name: str) -> SymbolState:
        """The contract's state.

        Raises:
            Rejection: -1121 when the venue does not list it.
        """
        try:
            return self.symbols[name]
        except KeyError:
            raise refusals.invalid_symbol() from None

    def settings(self, account: AccountState, symbol: SymbolState) -> SymbolSettings:
        """The account's choices; 20x (or the contract's maximum) and cross until it chooses otherwise."""
        name = symbol.contract.symbol
        found = account.settings.get(name)
        if found is None:
            found = SymbolSettings(min(20, symbol.brackets[0].leverage_max), MarginType.CROSSED)
            account.settings[name] = found
        return found
