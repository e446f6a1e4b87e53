"""What one answer of a venue says, in riskd's words: exact decimals, None where the venue is silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from riskd.model.arrays import FloatArray
from riskd.model.collateral import PAR_CURRENCIES
from riskd.model.instrument import Bracket
from riskd.model.liquidity import Levels
from riskd.model.order import Direction
from riskd.model.snapshot import SEVERAL_ASSETS, OrderKind
from riskd.observe.fields import Fault

T = TypeVar("T")


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
        collateral: Wallet balance and unrealized PnL in each asset that backs the account, zeros left out; of an
            account that margins each currency apart, in the one that it uses.
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
    collateral: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def basis(self) -> str:
        """What the equity is made of; empty when nothing backs the account."""
        assets = tuple(self.collateral)
        return SEVERAL_ASSETS if len(assets) > 1 else "".join(assets)

    @property
    def cash(self) -> Decimal:
        """Wallet balance in currencies at par: what transfers of them change, and prices do not."""
        if self.basis != SEVERAL_ASSETS:
            return self.wallet_balance
        at_par = (balance for asset, balance in self.collateral.items() if asset in PAR_CURRENCIES)
        return sum(at_par, Decimal(0)) - self.unrealized_pnl


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CandleFacts:
    """Candles of one contract, oldest first, one element a candle in every column.

    The prices are floats: nothing is ever ordered by them, and there are thousands.

    Attributes:
        closed_ms: Venue time at which each ends; of the running one it lies ahead.
        high: Quote per base; ``low`` and ``close`` likewise.
    """

    closed_ms: npt.NDArray[np.int64]
    high: FloatArray
    low: FloatArray
    close: FloatArray

    def __len__(self) -> int:
        return len(self.closed_ms)

    def until(self, milliseconds: float) -> CandleFacts:
        """Only those that have ended by then."""
        count = int(np.searchsorted(self.closed_ms, milliseconds, side="right"))
        return CandleFacts(
            closed_ms=self.closed_ms[:count],
            high=self.high[:count],
            low=self.low[:count],
            close=self.close[:count],
        )


HourlyCandles = Mapping[str, CandleFacts]
"""Hourly candles of the mark price by unified symbol."""

SpotBalances = Mapping[str, Decimal]
"""Free and locked quantity, by asset."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BookFact:
    """The order book of one contract, both sides sound and not crossed.

    Its numbers are floats: nothing is ever ordered by them, and there are thousands.

    Attributes:
        told_ms: Venue time at which it was told.
    """

    bids: Levels
    asks: Levels
    told_ms: int


class TurnoverFact(NamedTuple):
    """What is traded and open of one contract.

    Attributes:
        quote_volume: Of the last 24 hours, quote currency.
        open_interest: Base units, each contract counted once.
        told_ms: Venue time at which the 24 hours end.
    """

    quote_volume: Decimal
    open_interest: Decimal
    told_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetIndexFact:
    """What one unit of an asset is worth in US dollars.

    Attributes:
        index: At market.
        bid_rate: What a positive balance counts as collateral.
        ask_rate: What a negative balance counts.
        told_ms: Venue time of the index.
    """

    index: Decimal
    bid_rate: Decimal
    ask_rate: Decimal
    told_ms: int


OrderBooks = Mapping[str, BookFact]
"""By unified symbol."""

Turnover = Mapping[str, TurnoverFact]
"""By unified symbol."""

AssetIndex = Mapping[str, AssetIndexFact]
"""By asset."""
