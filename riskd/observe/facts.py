"""What one answer of a venue says, in riskd's words: exact decimals, None where the venue is silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, NamedTuple, TypeVar

from riskd.model.instrument import Bracket
from riskd.model.order import Direction
from riskd.model.snapshot import OrderKind
from riskd.observe.fields import Fault

T = TypeVar("T")

PAR_CURRENCIES = frozenset({"USDT", "USDC", "FDUSD", "BUSD", "USD1"})
"""Currencies in which contracts settle and which count at par with the US dollar."""


@dataclass(frozen=True, slots=True)
class Normalised(Generic[T]):
    """A value read from a payload, and what had to be left out of it.

    Attributes:
        faults: One for each row or field that was refused; one that may concern us makes the surface PARTIAL.
    """

    value: T
    faults: tuple[Fault, ...] = ()


class PositionKey(NamedTuple):
    """Identity of a position within an account: hedge mode holds two of a symbol."""

    symbol: str
    side: str  # BOTH, LONG or SHORT


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionFact:
    """One open position.

    Attributes:
        quantity: Base units, signed, never 0.
        notional: As the venue states it, signed.
        liquidation_price: 0 when the venue says that no price liquidates; None when it says nothing usable.
        isolated_wallet: 0 for a cross position.
        leverage: The slider, where this answer tells it.
        updated_ms: Venue time of the last change of the position.
    """

    key: PositionKey
    quantity: Decimal
    entry_price: Decimal
    mark_price: Decimal
    unrealized_pnl: Decimal
    notional: Decimal
    initial_margin: Decimal | None
    maintenance_margin: Decimal | None
    liquidation_price: Decimal | None
    isolated_wallet: Decimal | None
    adl_rank: Decimal | None
    leverage: Decimal | None
    updated_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Positions:
    """One answer about positions.

    Attributes:
        rows: Open positions.
        flat: Keys of which the venue says in words that nothing is held.
        unreadable: Keys of rows that were refused: something is there, but not what.
    """

    rows: tuple[PositionFact, ...]
    flat: frozenset[PositionKey] = frozenset()
    unreadable: frozenset[PositionKey] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFact:
    """One resting order.

    Attributes:
        price: None for a market order behind a trigger.
        trigger_price: None for an ordinary order.
        remaining: Base units; None for an order that closes whatever is there.
        placed_ms: Venue time.
    """

    symbol: str
    order_id: str
    client_order_id: str
    direction: Direction
    position_side: str
    kind: OrderKind
    price: Decimal | None
    trigger_price: Decimal | None
    remaining: Decimal | None
    reduce_only: bool
    close_position: bool
    conditional: bool
    placed_ms: int


class HeldQuantity(NamedTuple):
    """A position as the balances answer mentions it.

    Attributes:
        quantity: Base units, signed, never 0.
        updated_ms: Venue time of its last change; 0 when the venue does not say.
    """

    quantity: Decimal
    updated_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """The account's totals from one answer, in settlement currency.

    Attributes:
        held: Open positions that this same answer lists; None when it has no such list.
        open_order_margin: Margin that the venue reserves for resting orders.
        updated_ms: Last change of each of its assets, as far as the venue says.
    """

    wallet_balance: Decimal
    cross_wallet_balance: Decimal
    unrealized_pnl: Decimal
    equity: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    open_order_margin: Decimal
    available_balance: Decimal
    held: Mapping[PositionKey, HeldQuantity] | None
    updated_ms: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteFact:
    """Prices and funding of one contract at one moment of the venue.

    Attributes:
        funding_rate: Fraction of notional for one interval; None when not usable.
        next_funding_ms: Venue time of the next settlement; None when there is none.
        quoted_ms: Venue time of the mark.
    """

    mark_price: Decimal
    index_price: Decimal | None
    funding_rate: Decimal | None
    next_funding_ms: int | None
    quoted_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingFact:
    """Leverage slider of one contract in one account, and whether new positions are isolated."""

    leverage: Decimal
    isolated: bool


Quotes = Mapping[str, QuoteFact]
"""By unified symbol."""

Settings = Mapping[str, SettingFact]
"""By unified symbol."""

Intervals = Mapping[str, Decimal]
"""Hours between funding settlements, by unified symbol."""

BracketsBySymbol = Mapping[str, tuple[Bracket, ...]]
"""Brackets sorted by their floor, by unified symbol."""


class CloseFact(NamedTuple):
    """The close of one candle.

    Attributes:
        closed_ms: Venue time at which the candle ends; of the running one it lies ahead.
        price: Quote per base.
    """

    closed_ms: int
    price: Decimal


Closes = Mapping[str, tuple[CloseFact, ...]]
"""Hourly closes of the mark price, oldest first, by unified symbol."""

SpotBalances = Mapping[str, Decimal]
"""Free and locked quantity, by asset."""
