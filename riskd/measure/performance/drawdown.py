"""What has been lost: from the peak, and since the day began. Deposits are no profit, withdrawals no loss.

Of an account the past is its own series. Of a desk and of the portfolio it is the sum of their accounts' series, minute by
minute, over the minutes in which every one of them was seen: a peak is a moment that was, never one account's best minute
added to another's. Per strategy there is no such past. Strategies share a wallet, so that none has an equity of its own, and
what their positions were worth when the day began is not recorded; what they realised and paid is (riskd/measure/performance/results.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.groups import IndexArray
from riskd.measure.book.missing import account_name, missing_equity
from riskd.measure.performance.account_pasts import FIRST, HIGHEST, Pick, all_series, picked, window_of
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.model.arrays import FloatArray, floats
from riskd.model.history import INCOME_KEPT_SECONDS, EquitySeries
from riskd.model.report import Surface
from riskd.model.subject import Grain

_MINUTE = 60.0


def drawdown(book: Book, grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Fall from the highest equity of the window, restated on today's capital."""
    past = _past(book, grain, _Look(book.now_of_account - ref.parameter("window"), _PEAK))
    equity = book.equity_of(grain)
    peak = np.maximum(past.equity, equity)

    def why(subject: int) -> str:
        not_positive = (
            f"the highest equity of {_name(book, grain, subject)}, on today's capital, is not positive"
        )
        return missing_equity(book, grain, subject) or past.missing(subject) or not_positive

    return Values(np.where(peak > 0.0, 1.0 - equity / peak, np.nan), why)


def loss_today(book: Book, grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Loss since the trading day began, over the equity it began with, on today's capital."""
    begins = np.concatenate([history.day_started_at for history in book.tables.histories])
    past = _past(book, grain, _Look(begins, _START))
    equity = book.equity_of(grain)
    loss = np.maximum(1.0 - equity / past.equity, 0.0)

    def why(subject: int) -> str:
        name = _name(book, grain, subject)
        not_positive = f"equity of {name} at the start of the day, on today's capital, is not positive"
        return missing_equity(book, grain, subject) or past.missing(subject) or not_positive

    return Values(np.where(past.equity > 0.0, loss, np.nan), why)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is wanted of the past: one account's own, and of several the sum at the beginning of each minute."""

    of_one: Pick
    of_sums: Callable[[FloatArray], float]
    when: str


@dataclass(frozen=True, slots=True)
class _Look:
    """From when on the past of each account is looked at, and for what."""

    since: FloatArray
    wanted: _Wanted


@dataclass(frozen=True, slots=True)
class _Slice:
    """The part of an account's series that is looked at."""

    series: EquitySeries
    window: slice

    @property
    def first(self) -> FloatArray:
        """First adjusted equity of each bucket."""
        return self.series.first[self.window]

    @property
    def minutes(self) -> IndexArray:
        """The minute of each bucket."""
        return np.floor_divide(self.series.at[self.window], _MINUTE).astype(np.intp)


@dataclass(frozen=True, slots=True)
class _Past:
    """What was found for each subject, on today's capital, and why nothing was."""

    equity: FloatArray
    missing: Callable[[int], str]


_PEAK = _Wanted(of_one=HIGHEST, of_sums=lambda sums: float(sums.max()), when="in the window")
_START = _Wanted(of_one=FIRST, of_sums=lambda sums: float(sums[0]), when="since the trading day began")


def _past(book: Book, grain: Grain, look: _Look) -> _Past:
    alone = picked(book, look.since, look.wanted.of_one)
    if grain is Grain.ACCOUNT:
        return _Past(alone, lambda account: _missing(book, [account], look, alone))
    groups = book.account_groups(grain)
    members: list[list[int]] = [[] for _ in range(groups.size + 1)]
    for account, subject in enumerate(groups.of.tolist()):
        members[subject].append(account)
    found = [_of_group(book, accounts, look, alone) for accounts in members[: groups.size]]
    return _Past(floats(found), lambda subject: _missing(book, members[subject], look, alone))


def _slice(book: Book, account: int, look: _Look) -> _Slice | str:
    """The part of an account's series, or what is missing of it."""
    series = book.once(all_series)[account]
    if series is not None and series.doubt:
        return f"equity of {account_name(book, account)}: {series.doubt}"
    if series is not None:
        window = window_of(series, float(look.since[account]), float(book.now_of_account[account]))
        if window.start < window.stop:
            return _Slice(series, window)
    return _nothing_recorded(book, account, look)


def _nothing_recorded(book: Book, account: int, look: _Look) -> str:
    return f"equity history of {account_name(book, account)}: nothing recorded {look.wanted.when}"


def _of_group(book: Book, accounts: Sequence[int], look: _Look, alone: FloatArray) -> float:
    """What is wanted of one subject, on today's capital; NaN where something is missing."""
    if len(accounts) == 1:
        return float(alone[accounts[0]])
    slices = [_slice(book, account, look) for account in accounts]
    known = [one for one in slices if isinstance(one, _Slice)]
    sums = _sums(known)
    if len(known) < len(slices) or not len(sums):
        return math.nan
    return look.wanted.of_sums(sums) + sum(one.series.net_deposits for one in known)


def _missing(book: Book, accounts: Sequence[int], look: _Look, alone: FloatArray) -> str:
    """What is missing of a subject's past; empty when nothing is."""
    slices = [_slice(book, account, look) for account in accounts]
    for one in slices:
        if isinstance(one, str):
            return one
    if len(accounts) == 1:
        return _nothing_recorded(book, accounts[0], look) if math.isnan(alone[accounts[0]]) else ""
    if len(_sums([one for one in slices if isinstance(one, _Slice)])):
        return ""
    names = ", ".join(account_name(book, account) for account in accounts)
    return f"equity history of {names or 'no account'}: never recorded in the same minute {look.wanted.when}"


def _sums(slices: Sequence[_Slice]) -> FloatArray:
    """The sum of all at the beginning of every minute in which each of them was seen, oldest first."""
    minutes = [one.minutes for one in slices]
    begin = max((int(one[0]) for one in minutes), default=0)
    count = max(min((int(one[-1]) for one in minutes), default=-1) - begin + 1, 0)
    total, seen = np.zeros(count), np.zeros(count, dtype=np.intp)
    for one, minute in zip(slices, minutes, strict=True):
        begins_minute = np.append(True, minute[1:] != minute[:-1])
        inside = begins_minute & (minute >= begin) & (minute < begin + count)
        counted = inside & np.isfinite(one.first)
        total[minute[counted] - begin] += one.first[counted]
        seen[minute[counted] - begin] += 1
    together: FloatArray = total[(seen == len(slices)) & (seen > 0)]
    return together


def _name(book: Book, grain: Grain, subject: int) -> str:
    return (
        account_name(book, subject) if grain is Grain.ACCOUNT else str(book.universe(grain).subjects[subject])
    )


_GRAINS = frozenset({Grain.ACCOUNT, Grain.DESK, Grain.PORTFOLIO})
_TOGETHER = "Of a desk or the portfolio: sums of its accounts at the beginning of each minute in which all of them were seen."
_UNKNOWN_TOGETHER = (
    "Of several accounts: when it is of one of them, or they were never seen in one minute. Cash that moved by more "
    "than 1 % of equity, and that the wallet's history does not tell yet, makes it unknown until the history was read."
)

SPECS = (
    MeasureSpec(
        name="drawdown",
        unit=Unit.RATIO,
        low=0.0,
        grains=_GRAINS,
        parameters=(
            Parameter(
                name="window",
                unit=Unit.DURATION,
                meaning="How far back the peak is looked for.",
                high=INCOME_KEPT_SECONDS,
            ),
        ),
        meaning="Fall of equity from its highest point in the window; deposits and withdrawals do not count.",
        formula=(
            "1 - E / peak, peak = max(E, highest flow-adjusted equity of the buckets begun in the window + net "
            "deposits since): the peak restated on today's capital. A window that reaches beyond the record uses the record. "
            f"{_TOGETHER}"
        ),
        source="High-water mark net of transfers (riskd/daemon/equity.py); empyrical's max_drawdown, pinned in test_vectors.py.",
        unknown_when=(
            "Equity is unknown, nothing was recorded in the window, or the restated peak is not positive. "
            f"{_UNKNOWN_TOGETHER}"
        ),
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
        grains=_GRAINS,
        parameters=(),
        meaning="Loss since the trading day began, as a share of the equity it began with; 0 on a day of gains.",
        formula=(
            "max(0, 1 - E / start), start = first flow-adjusted equity recorded since the day began + net deposits "
            f"since the series began. {_TOGETHER}"
        ),
        source="Daily loss limits of trading firms (2 % soft, 3 % reduce only, 5 % flat); transfers as for drawdown.",
        unknown_when=(
            f"Equity is unknown, nothing was recorded today, or the restated start is not positive. {_UNKNOWN_TOGETHER}"
        ),
        infinite_when="",
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.BALANCES}),
        counts=Counts.WHOLE_ACCOUNT,
        function=loss_today,
    ),
)
