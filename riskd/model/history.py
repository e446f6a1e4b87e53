"""The past that a measure may need, already free of deposits and withdrawals."""

from __future__ import annotations

from dataclasses import dataclass

from riskd.model.arrays import FloatArray, IntArray, codes, floats


@dataclass(frozen=True, slots=True, kw_only=True)
class EquitySeries:
    """Equity of one account over time, in buckets, oldest first.

    ``adjusted = equity - net deposits since the series began``: a deposit is no profit, a withdrawal no loss.

    Attributes:
        at: Start of each bucket, seconds since the epoch, rising.
        highest: Highest adjusted equity in the bucket.
        first: First adjusted equity in the bucket.
        net_deposits: Deposits minus withdrawals since the series began, up to now. ``adjusted + net_deposits``
            restates an old equity on today's capital.
        basis: How equity was valued, such as ``mark``. A series never mixes two.
    """

    at: FloatArray
    highest: FloatArray
    first: FloatArray
    net_deposits: float
    basis: str = "mark"


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
    """Closes of the mark price by the hour, one row for each contract, rows sorted by (venue, symbol).

    Attributes:
        asset: Base asset of each row.
        at: Ends of the hours, seconds since the epoch, an hour apart.
        close: ``(contracts, hours)``, quote per base; NaN: not known.
    """

    venue: tuple[str, ...]
    symbol: tuple[str, ...]
    asset: tuple[str, ...]
    at: FloatArray
    close: FloatArray


NO_PRICES = PriceColumns(venue=(), symbol=(), asset=(), at=floats([]), close=floats([]).reshape(0, 0))


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
class History:
    """What is remembered beside the snapshot.

    Attributes:
        equity: One series for each account of the desk, in its order; None: nothing recorded yet.
        day_started_at: Start of the trading day, seconds since the epoch, for each account.
        prices: Closes of the contracts that are held, while a rule in force looks at them.
        reconciled: Positions held against our own book of fills, while a rule in force looks at them.
    """

    equity: tuple[EquitySeries | None, ...]
    day_started_at: FloatArray
    funding: IncomeColumns
    activity: ActivityColumns
    prices: PriceColumns = NO_PRICES
    reconciled: ReconciledColumns = NOT_RECONCILED
