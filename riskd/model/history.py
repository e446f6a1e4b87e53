"""The past that a measure may need, already free of deposits and withdrawals."""

from __future__ import annotations

from dataclasses import dataclass

from riskd.model.arrays import BoolArray, FloatArray, IntArray, codes, flags, floats
from riskd.model.collateral import NO_ASSET_INDEX, NO_COLLATERAL, AssetIndexColumns, CollateralColumns
from riskd.model.liquidity import NO_LIQUIDITY, LiquidityColumns

INCOME_KEPT_SECONDS = 31 * 86_400.0
"""How much past there is of equity, of funding and of what trading booked: no window can be longer."""

PRICES_KEPT_SECONDS = 262 * 86_400.0
"""The same of prices by the hour."""

ORDERS_KEPT_SECONDS = 3_600.0
"""The same of orders that were placed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EquitySeries:
    """Equity of one account over time, in buckets, oldest first.

    ``adjusted = equity - net deposits since the series began``: a deposit is no profit, a withdrawal no loss.

    Attributes:
        at: Start of each bucket, seconds since the epoch, rising.
        highest: Highest adjusted equity in the bucket.
        first: First adjusted equity in the bucket.
        net_deposits: Deposits minus withdrawals since the series began, as far as the newest equity of the series shows
            them. ``adjusted + net_deposits`` restates an old equity on today's capital.
        basis: What the equity is made of, such as ``USDT``; empty: not told. A series never mixes two: where it changed, the
            step counts among the deposits.
        doubt: Why the newest equity cannot be compared with what was before, such as cash that moved and that the wallet's
            history does not tell yet; empty when it can.
    """

    at: FloatArray
    highest: FloatArray
    first: FloatArray
    net_deposits: float
    basis: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomeColumns:
    """Funding received (+) and paid (-), by account and instrument, of the last weeks.

    Attributes:
        account: Code into the desk's accounts.
        symbol: Unified symbol.
        strategy: Strategy the symbol belonged to.
        amount: Settlement currency; + received, - paid.
        at: Seconds since the epoch, rounded to the second (venue times carry jitter).
        complete_since: For each account, seconds since the epoch from which on no row is missing; NaN: never read.
    """

    account: IntArray
    symbol: tuple[str, ...]
    strategy: tuple[str, ...]
    amount: FloatArray
    at: FloatArray
    complete_since: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityColumns:
    """Orders seen to have been placed, by anybody, of the last hours.

    Attributes:
        account: Code into the desk's accounts.
        strategy: Strategy name of each order.
        placed_at: Seconds since the epoch.
        complete_since: For each account, seconds since the epoch from which on every order that still rested or
            filled at the time of a read has been counted; NaN: never read.
    """

    account: IntArray
    strategy: tuple[str, ...]
    placed_at: FloatArray
    complete_since: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceColumns:
    """The mark price by the hour, one row for each contract, rows sorted by (venue, symbol).

    The tables are ``(contracts, hours)``, quote per base; NaN: not known.

    Attributes:
        asset: Base asset of each row.
        at: Ends of the hours, seconds since the epoch, an hour apart.
        high: Highest mark within the hour that ends then.
        low: Lowest mark within it.
        close: Mark at its end.
    """

    venue: tuple[str, ...]
    symbol: tuple[str, ...]
    asset: tuple[str, ...]
    at: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray


MARKET_COIN = "BTC"
"""The coin that all others follow, more or less: what betas are measured against."""

_NO_HOURS = floats([]).reshape(0, 0)
NO_PRICES = PriceColumns(
    venue=(), symbol=(), asset=(), at=floats([]), high=_NO_HOURS, low=_NO_HOURS, close=_NO_HOURS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciledColumns:
    """The venue's positions against those that follow from the fills, by account and contract.

    Attributes:
        account: Code into the desk's accounts.
        symbol: Unified symbol.
        difference: The venue's quantity minus ours, base units, long and short together.
        compared_at: Moment for which the two were last compared, seconds since the epoch.
    """

    account: IntArray
    symbol: tuple[str, ...]
    difference: FloatArray
    compared_at: FloatArray


NOT_RECONCILED = ReconciledColumns(
    account=codes([]), symbol=(), difference=floats([]), compared_at=floats([])
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingColumns:
    """What trading booked to the wallets: one row for each fill, and for each settlement of funding.

    A row names its account and contract by a line, so that no text is looked at once a row. Amounts are US dollars; NaN:
    booked in a coin whose price is not known.

    Attributes:
        account: Account of each line, a code into the desk's accounts.
        symbol: Unified symbol of each line.
        strategy: Strategy that the symbol of each line belongs to.
        line: Line of each row.
        at: Seconds since the epoch.
        realized: Profit + or loss - of what a fill closed, before its fee; 0 where it closed nothing.
        fee: Paid +, rebated -.
        funding: Received +, paid -.
        closes: True for a fill that closed something.
        complete_since: For each account, seconds since the epoch from which on no row is missing; NaN: never read. Empty:
            no rule looks at bookings.
    """

    account: IntArray
    symbol: tuple[str, ...]
    strategy: tuple[str, ...]
    line: IntArray
    at: FloatArray
    realized: FloatArray
    fee: FloatArray
    funding: FloatArray
    closes: BoolArray
    complete_since: FloatArray


NO_BOOKINGS = BookingColumns(
    account=codes([]),
    symbol=(),
    strategy=(),
    line=codes([]),
    at=floats([]),
    realized=floats([]),
    fee=floats([]),
    funding=floats([]),
    closes=flags([]),
    complete_since=floats([]),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is remembered beside the snapshot.

    Attributes:
        equity: One series for each account of the desk, in its order; None: nothing recorded yet.
        day_started_at: Start of the trading day, seconds since the epoch, for each account.
        prices: Hourly prices of the contracts that are held, while a rule in force looks at them.
        market: Hourly prices of the coin that the others are compared with, one contract of each venue, whoever holds it.
        reconciled: Positions held against our own book of fills, while a rule in force looks at them.
        bookings: Results, fees and funding, while a rule in force looks at them.
        liquidity: Volume, open interest and order books of contracts, while a rule in force looks at them.
        collateral: What backs each account, asset by asset.
        asset_index: What assets are worth as collateral, while a rule in force looks at it.
    """

    equity: tuple[EquitySeries | None, ...]
    day_started_at: FloatArray
    funding: IncomeColumns
    activity: ActivityColumns
    prices: PriceColumns = NO_PRICES
    market: PriceColumns = NO_PRICES
    reconciled: ReconciledColumns = NOT_RECONCILED
    bookings: BookingColumns = NO_BOOKINGS
    liquidity: LiquidityColumns = NO_LIQUIDITY
    collateral: CollateralColumns = NO_COLLATERAL
    asset_index: AssetIndexColumns = NO_ASSET_INDEX
