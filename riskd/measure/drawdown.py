"""What has been lost: from the peak, and since the day began. Deposits are no profit, withdrawals no loss."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from riskd.measure.book import Book
from riskd.measure.missing import account_name
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.model.arrays import FloatArray
from riskd.model.history import EquitySeries
from riskd.model.report import Surface
from riskd.model.subject import Grain


def drawdown(book: Book, _grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Fall from the highest equity of the window, restated on today's capital."""
    highest = _of_each_series(book, book.now_of_account - ref.parameter("window"), _highest)
    peak = np.maximum(highest, book.equity)

    def why(account: int) -> str:
        name = account_name(book, account)
        if np.isnan(book.equity[account]):
            return f"equity of {name}"
        if np.isnan(highest[account]):
            return f"equity history of {name}: nothing recorded in the window"
        return f"the highest equity of {name}, on today's capital, is not positive"

    return Values(np.where(peak > 0.0, 1.0 - book.equity / peak, np.nan), why)


def loss_today(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Loss since the trading day began, over the equity it began with, on today's capital."""
    begins = np.concatenate([history.day_started_at for history in book.tables.histories])
    start = _of_each_series(book, begins, _first)
    loss = np.maximum(1.0 - book.equity / start, 0.0)

    def why(account: int) -> str:
        name = account_name(book, account)
        if np.isnan(book.equity[account]):
            return f"equity of {name}"
        if np.isnan(start[account]):
            return f"equity history of {name}: nothing recorded since the trading day began"
        return f"equity of {name} at the start of the day, on today's capital, is not positive"

    return Values(np.where(start > 0.0, loss, np.nan), why)


def _of_each_series(
    book: Book, since: FloatArray, pick: Callable[[EquitySeries, int, int], float]
) -> FloatArray:
    """What ``pick`` finds in each account's buckets from ``since`` until now, on today's capital; NaN: no buckets.

    A loop over accounts: their series are long and few, and joining them would copy all of them in every cycle.
    Buckets that begin after now are left out, so that a replay does not see the future.
    """
    found = np.full(len(since), np.nan)
    series = (one for history in book.tables.histories for one in history.equity)
    for account, (one, begin, now) in enumerate(
        zip(series, since.tolist(), book.now_of_account.tolist(), strict=True)
    ):
        if one is not None:
            first, end = int(one.at.searchsorted(begin)), int(one.at.searchsorted(now, side="right"))
            found[account] = pick(one, first, end) + one.net_deposits if first < end else np.nan
    return found


def _highest(series: EquitySeries, first: int, end: int) -> float:
    return float(np.fmax.reduce(series.highest[first:end]))


def _first(series: EquitySeries, first: int, _end: int) -> float:
    return float(series.first[first])


SPECS = (
    MeasureSpec(
        name="drawdown",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.ACCOUNT}),
        parameters=(
            Parameter(name="window", unit=Unit.DURATION, meaning="How far back the peak is looked for."),
        ),
        meaning="Fall of equity from its highest point in the window; deposits and withdrawals do not count.",
        formula=(
            "1 - E / peak, peak = max(E, highest flow-adjusted equity of the buckets begun in the window + net "
            "deposits since): the peak restated on today's capital. A window that reaches beyond the record uses the record."
        ),
        source="High-water mark net of transfers (riskd/model/history.py); empyrical's max_drawdown, pinned in test_vectors.py.",
        unknown_when="Equity is unknown, nothing was recorded in the window, or the restated peak is not positive.",
        infinite_when="",
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.BALANCES}),
        counts=Counts.WHOLE_ACCOUNT,
        function=drawdown,
    ),
    MeasureSpec(
        name="loss_today",
        unit=Unit.RATIO,
        low=0.0,
        grains=frozenset({Grain.ACCOUNT}),
        parameters=(),
        meaning="Loss since the trading day began, as a share of the equity it began with; 0 on a day of gains.",
        formula=(
            "max(0, 1 - E / start), start = first flow-adjusted equity recorded since the day began + net deposits "
            "since the series began."
        ),
        source="Daily loss limits of trading firms (2 % soft, 3 % reduce only, 5 % flat); transfers as for drawdown.",
        unknown_when="Equity is unknown, nothing was recorded today, or the restated start is not positive.",
        infinite_when="",
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.BALANCES}),
        counts=Counts.WHOLE_ACCOUNT,
        function=loss_today,
    ),
)
