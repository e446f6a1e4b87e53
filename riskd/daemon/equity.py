"""One account's equity over time, free of deposits and withdrawals, and how far it can be believed just now.

A transfer is told twice: by the balance that shows it, and by the entry in the wallet's history. The two come in any order,
seconds or a minute apart, with clocks that differ. So the cash is held against the history: a transfer counts from the balance
that shows it, whatever its time stamp says, and as long as a balance has moved by something that the history does not tell,
nobody knows whether that was a loss or a withdrawal: the series says so.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import combinations, pairwise
from typing import NamedTuple

from riskd.daemon.equity_buckets import Buckets
from riskd.model.collateral import PAR_CURRENCIES
from riskd.model.history import EquitySeries
from riskd.model.snapshot import SEVERAL_ASSETS

_NAN = float("nan")
_RAW_SECONDS = 1800.0  # a transfer that is learned of later than this moves whole buckets only
# By how much a balance may show a transfer before its time stamp, and after it.
_EARLY_SECONDS, _LATE_SECONDS = 5.0, 60.0
# What cash may move by without being told, as a share of equity: results of trades are told a minute later.
_UNTOLD_MAX = 0.01
_TOGETHER_MAX = 4  # transfers that one observation may show at once
_MISS_MAX = 0.02  # of a transfer: how far a step of cash may be from it


class EquitySample(NamedTuple):
    """One observation.

    Attributes:
        at: When it was asked for, seconds since the epoch.
        equity: US dollars.
        cash: Wallet balance in currencies at par; NaN: not told.
        basis: What the equity is made of: a currency, or ``SEVERAL_ASSETS``; empty: not told.
    """

    at: float
    equity: float
    cash: float = _NAN
    basis: str = ""


class Transfer(NamedTuple):
    """A deposit (+) or withdrawal (-).

    Attributes:
        at: By the venue's clock.
        amount: In units of the asset.
        asset: Empty: US dollars.
    """

    at: float
    id: str
    amount: float
    asset: str = ""


class Booked(NamedTuple):
    """Any other entry in the wallet: a result, a fee, funding; US dollars."""

    at: float
    amount: float


class Rebased(NamedTuple):
    """The equity is made of something else from here on; the step is no profit and no loss."""

    at: float
    before: str
    after: str
    amount: float


class _Flow(NamedTuple):
    at: float  # of the first observation that shows it
    amount: float


class EquityKeeper:
    """The equity of one account.

    Args:
        keep_seconds: How much past is kept.
    """

    def __init__(self, *, keep_seconds: float) -> None:
        self._keep_seconds = keep_seconds
        self._buckets = Buckets()
        self._raw: deque[EquitySample] = deque()
        self._flows: list[_Flow] = []
        self._told: set[str] = set()
        self._missed: set[str] = set()
        self._pending: list[Transfer] = []
        self._booked: list[Booked] = []
        self._read_until = -math.inf
        self._settled: EquitySample | None = None
        self._rebased: list[Rebased] = []

    def restored(self, sample: EquitySample) -> None:
        """An observation recorded before a restart. What was settled then is not asked again."""
        if sample.basis == SEVERAL_ASSETS:
            sample = sample._replace(cash=_NAN)  # what was recorded counts coins in
        if self._add(sample):
            self._settled = sample
            self._rebased.clear()

    def observed(self, sample: EquitySample) -> None:
        """A new observation. One that is not newer than the last, or whose equity is unknown, is none."""
        if self._add(sample):
            self._settle()

    def transferred(self, transfer: Transfer) -> None:
        """A transfer that the history tells. Told twice, it counts once."""
        if transfer.id in self._told:
            return
        self._told.add(transfer.id)
        insort(self._pending, transfer)
        self._place()
        self._settle()

    def booked(self, rows: Iterable[Booked], *, read_until: float) -> None:
        """Everything else that the history tells, and until when it was read."""
        since = min((sample.at for sample in (*self._raw, self._settled) if sample is not None), default=0.0)
        self._booked = sorted(row for row in rows if row.at > since - _LATE_SECONDS)
        self._read_until = max(self._read_until, read_until)
        self._place()
        self._settle()

    def take_rebased(self) -> tuple[Rebased, ...]:
        """Changes of basis since the last call, to be said."""
        found, self._rebased = tuple(self._rebased), []
        return found

    @property
    def doubt(self) -> str:
        """Why the newest equity cannot be compared with what was before; empty when it can."""
        known = self._settled
        if known is None or not self._raw or self._raw[-1].at <= known.at:
            return ""
        newest = self._raw[-1]
        untold, moved = self._untold(known, newest), newest.equity - known.equity
        # A result that was booked moves cash, not equity: what was lost or won had been shown before.
        if not abs(untold) > _tolerance(known) or not abs(moved) > _tolerance(known) or untold * moved < 0:
            return ""
        read = (
            "was never read" if math.isinf(self._read_until) else f"is read until {_clock(self._read_until)}"
        )
        return f"cash moved by {untold:+.2f} since {_clock(known.at)}; the wallet's history {read} and does not tell why"

    def series(self) -> EquitySeries | None:
        """What was observed, on the newest basis; None: nothing."""
        if not len(self._buckets):
            return None
        at, highest, first = self._buckets.columns
        return EquitySeries(
            at=at,
            highest=highest,
            first=first,
            net_deposits=self._net(math.inf),
            basis=self._raw[-1].basis,
            doubt=self.doubt,
        )

    def _add(self, sample: EquitySample) -> bool:
        last = self._raw[-1] if self._raw else None
        if not math.isfinite(sample.equity) or (last is not None and sample.at <= last.at):
            return False
        if last is not None and last.basis and sample.basis and last.basis != sample.basis:
            self._rebase(last, sample)
        self._raw.append(sample)
        # The last one before the span stays: a transfer while nobody looked lies between it and the next.
        while len(self._raw) > 2 and self._raw[1].at < sample.at - _RAW_SECONDS:
            self._raw.popleft()
        self._buckets.add(sample.at, sample.equity - self._net(sample.at))
        self._buckets.forget_before(sample.at - self._keep_seconds)
        self._place()
        return True

    def _rebase(self, last: EquitySample, sample: EquitySample) -> None:
        """Equity goes on from where it was: the peak is carried over to the new basis."""
        step = sample.equity - last.equity
        insort(self._flows, _Flow(sample.at, step))
        self._settled = sample
        self._rebased.append(Rebased(sample.at, last.basis, sample.basis, step))

    # -- where a transfer shows ------------------------------------------------------------------------------------

    def _place(self) -> None:
        """Find the observation in which each transfer that is told shows."""
        while self._raw and self._place_some():
            pass

    def _place_some(self) -> bool:
        """Place what can be placed first; False when the rest must wait for further observations."""
        due = self._due()
        for transfer in due:
            if self._is_elsewhere(transfer):
                self._settle_at(transfer, transfer.at, 0.0)
                return True
            if transfer.at + _LATE_SECONDS < self._raw[0].at:
                self._place_late(transfer)
                return True
        at_par = [transfer for transfer in due if self._is_at_par(transfer)]
        if at_par and math.isnan(self._raw[-1].cash):
            # Only time stamps tell.
            self._settle_at(at_par[0], at_par[0].at, at_par[0].amount)
            return True
        if (found := self._best(at_par)) is not None:
            for transfer in found[1]:
                self._settle_at(transfer, found[0], transfer.amount)
            return True
        overdue = (transfer for transfer in due if transfer.at + _LATE_SECONDS < self._raw[-1].at)
        return any(self._place_overdue(transfer) for transfer in overdue)

    def _due(self) -> list[Transfer]:
        """Transfers that the newest observation may show."""
        newest = self._raw[-1]
        reach = newest.at if math.isnan(newest.cash) else newest.at + _EARLY_SECONDS
        return [transfer for transfer in self._pending if transfer.at <= reach]

    def _best(self, at_par: Sequence[Transfer]) -> tuple[float, Sequence[Transfer]] | None:
        """The observation and the transfers that its cash fits best, one of them or some at once; None: none fits."""
        found: tuple[float, float, Sequence[Transfer]] | None = None
        for chosen in _together(at_par):
            wanted = math.fsum(transfer.amount for transfer in chosen)
            for before, after in self._around(chosen[0].at, chosen[-1].at):
                miss = abs(self._untold(before, after) - wanted)
                if miss <= max(1.0, _MISS_MAX * abs(wanted)) and (found is None or miss < found[0]):
                    found = (miss, after.at, chosen)
        return None if found is None else found[1:]

    def _place_overdue(self, transfer: Transfer) -> bool:
        """No observation shows just this. False: none shows anything like it, as far as is known."""
        self._missed.add(transfer.id)
        around = self._around(transfer.at, transfer.at)
        if not around:
            return False
        # A coin comes without its worth: that is the largest step of equity in its direction. So is that of cash for others.
        is_at_par, sign = self._is_at_par(transfer), math.copysign(1.0, transfer.amount)
        take = self._untold if is_at_par else self._step
        largest, at, before = max((sign * take(*pair), pair[1].at, pair[0]) for pair in around)
        if not largest > (abs(transfer.amount) / 2 if is_at_par else _tolerance(before)):
            return False
        self._settle_at(transfer, at, transfer.amount if is_at_par else sign * largest)
        return True

    def _place_late(self, transfer: Transfer) -> None:
        """It is older than the observations that are kept one by one."""
        if transfer.id in self._missed:
            # No observation showed it: it went to what is no part of this equity.
            self._settle_at(transfer, transfer.at, 0.0)
        elif self._is_at_par(transfer):
            self._settle_at(transfer, transfer.at, transfer.amount)
        else:
            # It was part of the equity and nobody knows how much: rather no peak than a wrong one.
            self._buckets.forget_before(transfer.at)
            self._settle_at(transfer, transfer.at, 0.0)

    def _is_elsewhere(self, transfer: Transfer) -> bool:
        """Whether it is in something that is no part of the equity."""
        basis = self._raw[-1].basis
        return transfer.asset != "" and basis not in ("", SEVERAL_ASSETS, transfer.asset)

    @staticmethod
    def _is_at_par(transfer: Transfer) -> bool:
        return transfer.asset == "" or transfer.asset in PAR_CURRENCIES

    def _around(self, first: float, last: float) -> list[tuple[EquitySample, EquitySample]]:
        """Neighbouring observations between which a balance may begin to show what is stamped with these times."""
        return [
            (before, after)
            for before, after in pairwise(self._raw)
            if after.at >= last - _EARLY_SECONDS and before.at <= first + _LATE_SECONDS
        ]

    def _settle_at(self, transfer: Transfer, at: float, amount: float) -> None:
        self._pending.remove(transfer)
        if amount == 0.0:
            return
        insort(self._flows, _Flow(at, amount))
        start, end = self._buckets.span(at)
        inside = [s.equity - self._net(s.at) for s in self._raw if start <= s.at < end]
        self._buckets.restate(at, amount, inside)

    # -- what the history does not tell -------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Move on to the newest observation whose cash is told, or that was read past with time to spare."""
        if not self._raw:
            return
        if self._settled is None:
            self._settled = self._raw[0]
        for sample in [sample for sample in self._raw if sample.at > self._settled.at]:
            told = not abs(self._untold(self._settled, sample)) > _tolerance(self._settled)
            if told or sample.at <= self._read_until - _LATE_SECONDS:
                self._settled = sample

    def _untold(self, before: EquitySample, after: EquitySample) -> float:
        """By how much cash moved from one observation to another beyond what was booked and transferred."""
        booked = self._between(self._booked, before.at, after.at)
        return after.cash - before.cash - booked - self._between(self._flows, before.at, after.at)

    def _step(self, before: EquitySample, after: EquitySample) -> float:
        """By how much equity moved beyond what was transferred."""
        return after.equity - before.equity - self._between(self._flows, before.at, after.at)

    def _net(self, until: float) -> float:
        return self._between(self._flows, -math.inf, until)

    @staticmethod
    def _between(rows: Sequence[_Flow] | Sequence[Booked], after: float, until: float) -> float:
        first = bisect_right(rows, after, key=lambda row: row.at)
        return math.fsum(
            row.amount for row in rows[first : bisect_right(rows, until, key=lambda row: row.at)]
        )


def _together(transfers: Sequence[Transfer]) -> Iterator[Sequence[Transfer]]:
    """Each by itself, and the first few in every combination."""
    for count in range(1, _TOGETHER_MAX + 1):
        yield from combinations(transfers if count == 1 else transfers[:_TOGETHER_MAX], count)


def _tolerance(sample: EquitySample) -> float:
    return max(1.0, _UNTOLD_MAX * abs(sample.equity))


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}"
