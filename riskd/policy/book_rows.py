"""The book that a snapshot test writes down: rows of accounts, positions, orders and their past, in base units.

A number that a row does not give is unknown (None), never zero; what a row has instead is said at the field. A list is
complete: a position that it does not name is not held.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from riskd.model.desk import AccountProfile, GridDefinition, HedgeDefinition
from riskd.model.report import Surface
from riskd.model.snapshot import OrderKind


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """An account and its money.

    Attributes:
        equity: USD; None: the wallet and the profits of its positions, where ``wallet`` is given.
        wallet: USD; None: equity less the profits of its positions.
        maintenance_margin: USD, as the venue states it; None: by the brackets of its positions.
        available_balance: USD, as the venue states it; None: equity less the initial margin of its positions.
        hedge_mode: Whether long and short of a symbol are held apart.
        unknown: What could not be read of it, or of its venue.
        data_age_seconds: Age of everything that could be read, at each look.
        past: ``(seconds after the start of the test, equity)``, oldest first.
    """

    profile: AccountProfile
    equity: float | None
    wallet: float | None
    maintenance_margin: float | None
    hedge_mode: bool
    unknown: tuple[Surface, ...]
    data_age_seconds: float
    past: tuple[tuple[float, float], ...]
    available_balance: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentRow:
    """A perpetual and its quotes.

    Attributes:
        funding_rate: Fraction of notional an hour; positive: longs pay.
        maintenance_rate: Maintenance margin of a position of any size, fraction of its notional.
        volume: Quote currency traded in the last 24 hours.
        open_interest: Base units.
        spread: Best ask less best bid, fraction of mark, which is in the middle.
        depth: Quote currency that rests within 1 % of mark, on each side, evenly.
    """

    venue: str
    symbol: str
    mark: float | None
    index: float | None
    funding_rate: float | None
    maintenance_rate: float
    volume: float | None = None
    open_interest: float | None = None
    spread: float | None = None
    depth: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRow:
    """An open position.

    Attributes:
        quantity: Base units, signed: long +, short -.
        entry: None: the mark, so that nothing is won or lost yet.
        leverage: The slider.
        isolated_wallet: USD set aside for it; None: a cross position.
        liquidation: Price that the venue states.
        opened_at: Seconds after the start of the test, usually negative.
        confirmed: False: it was held, and the newest answer neither shows it nor proves it closed.
    """

    account: str
    symbol: str
    strategy: str
    quantity: Decimal
    entry: float | None
    leverage: float | None
    isolated_wallet: float | None
    liquidation: float | None
    adl_rank: float | None
    opened_at: float | None
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """A resting order.

    Attributes:
        direction: +1 buys, -1 sells.
        quantity: Base units; None: it closes all of the position.
        position_side: ``BOTH``; ``LONG`` or ``SHORT`` in hedge mode.
        placed_at: Seconds after the start of the test, usually negative; None: a minute before each look.
    """

    account: str
    symbol: str
    strategy: str
    kind: OrderKind
    direction: int
    quantity: Decimal | None
    price: float | None
    trigger: float | None
    reduce_only: bool
    position_side: str
    placed_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotRow:
    """Coins held, which a leg of a hedge names."""

    account: str
    asset: str
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CollateralRow:
    """An asset that backs an account.

    Attributes:
        index: USD for one unit.
        haircut: Fraction by which it counts less as collateral.
    """

    account: str
    asset: str
    quantity: Decimal
    index: float | None
    haircut: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingRow:
    """A funding payment: USD, + paid, - received."""

    account: str
    symbol: str
    strategy: str
    paid: float
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseRow:
    """A close: what it realised before its fee, and the fee: USD, + paid."""

    account: str
    symbol: str
    strategy: str
    realized: float
    fee: float
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedRow:
    """Orders that somebody placed at one moment."""

    account: str
    strategy: str
    orders: int
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRows:
    """A whole book at one moment.

    Attributes:
        accounts: In the order of the file, which is that of the desk.
        instruments: Every perpetual that anything else names.
    """

    accounts: tuple[AccountRow, ...]
    instruments: tuple[InstrumentRow, ...] = ()
    positions: tuple[PositionRow, ...] = ()
    orders: tuple[OrderRow, ...] = ()
    spot: tuple[SpotRow, ...] = ()
    hedges: tuple[HedgeDefinition, ...] = ()
    grids: tuple[GridDefinition, ...] = ()
    funding: tuple[FundingRow, ...] = ()
    closes: tuple[CloseRow, ...] = ()
    placed: tuple[PlacedRow, ...] = ()
    collateral: tuple[CollateralRow, ...] = ()

    def __len__(self) -> int:
        """How many rows it has."""
        lists = (self.accounts, self.positions, self.orders, self.spot, self.hedges, self.grids)
        others = (self.instruments, self.funding, self.closes, self.placed, self.collateral)
        return sum(map(len, lists)) + sum(map(len, others))
