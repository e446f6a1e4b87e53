"""A market as lines: between two corners every value is a straight line, so any stepping sees the same path."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_UP, Decimal
from typing import Protocol

from riskd.paper.engine.types import Contract, Quote

_MARK_DECIMALS = 8  # the venue publishes marks with eight decimals, finer than any tick
_RATE_DECIMALS = 8
_RATE_QUANTUM = Decimal(1).scaleb(-_RATE_DECIMALS)


class Market(Protocol):
    """Prices as a pure function of time."""

    @property
    def name(self) -> str:
        """For reports, such as ``2020-03-12``."""
        ...

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """What is traded, in the order of the market's symbols."""
        ...

    @property
    def known_from_ms(self) -> int:
        """First moment with a quote; up to ``started_at_ms`` it is the past, for indicators to warm up on."""
        ...

    @property
    def started_at_ms(self) -> int:
        """When trading begins."""
        ...

    @property
    def ends_at_ms(self) -> int:
        """Last moment of the path; afterwards the last quotes stand."""
        ...

    @property
    def step_ms(self) -> int:
        """The step that shows every corner of the path worth seeing."""
        ...

    def quotes(self, at_ms: int) -> Mapping[str, Quote]:
        """The quote of every contract at one moment.

        Raises:
            ValueError: The moment lies before ``known_from_ms``.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingStep:
    """A funding rate in force from a moment until the next step.

    Attributes:
        from_ms: First moment at which it is quoted.
        rate: Fraction of notional for one interval of the contract; + longs pay.
    """

    from_ms: int
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One instrument's path. All float columns have one element a corner and are > 0.

    Attributes:
        at_ms: Moments of the corners, rising, at least one.
        last: Last traded price, quote per base.
        mark: Mark price.
        index: Index price.
        spread_rate: (ask - bid) / last.
        depth_usd: Notional that moves the price by 1 %.
        funding: By time, at least one; the first holds before its moment too.
    """

    contract: Contract
    at_ms: Sequence[int]
    last: Sequence[float]
    mark: Sequence[float]
    index: Sequence[float]
    spread_rate: Sequence[float]
    depth_usd: Sequence[float]
    funding: tuple[FundingStep, ...]

    def quote(self, at_ms: int) -> Quote:
        """The quote at one moment: last on the tick, mark and index to eight decimals, depth in whole USD.

        The spread is never below one tick.
        """
        left, share = self._place(at_ms)
        tick_size = self.contract.tick_size
        last = max(_on_grid(_between(self.last, left, share), tick_size), tick_size)
        spread_rate = _rounded(_between(self.spread_rate, left, share), _RATE_DECIMALS)
        return Quote(
            mark=_rounded(_between(self.mark, left, share), _MARK_DECIMALS),
            index=_rounded(_between(self.index, left, share), _MARK_DECIMALS),
            last=last,
            spread_rate=max(spread_rate, (tick_size / last).quantize(_RATE_QUANTUM, rounding=ROUND_UP)),
            depth_usd=max(_rounded(_between(self.depth_usd, left, share), 0), Decimal(1)),
            funding_rate=_rounded(self._funding_rate(at_ms), _RATE_DECIMALS),
        )

    def shifted(self, shift_ms: int) -> Track:
        """The same path, ``shift_ms`` later."""
        return replace(
            self,
            at_ms=[at_ms + shift_ms for at_ms in self.at_ms],
            funding=tuple(replace(step, from_ms=step.from_ms + shift_ms) for step in self.funding),
        )

    def _place(self, at_ms: int) -> tuple[int, float]:
        """The corner at or before a moment, and the share of the way to the next; the last corner holds for ever."""
        left = bisect_right(self.at_ms, at_ms) - 1
        if left < 0:
            raise ValueError(
                f"{self.contract.symbol}: expected a moment from {self.at_ms[0]} ms on, found {at_ms} ms"
            )
        if left == len(self.at_ms) - 1:
            return left, 0.0
        since = self.at_ms[left]
        return left, (at_ms - since) / (self.at_ms[left + 1] - since)

    def _funding_rate(self, at_ms: int) -> float:
        step = bisect_right(self.funding, at_ms, key=lambda one: one.from_ms) - 1
        return self.funding[max(step, 0)].rate


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackMarket:
    """A ``Market`` made of tracks.

    Attributes:
        name: For reports, such as ``2020-03-12``.
        tracks: One for each contract; all reach from ``known_from_ms``.
    """

    name: str
    tracks: tuple[Track, ...]
    known_from_ms: int
    started_at_ms: int
    ends_at_ms: int
    step_ms: int

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """What is traded."""
        return tuple(track.contract for track in self.tracks)

    def quotes(self, at_ms: int) -> Mapping[str, Quote]:
        """The quote of every contract at one moment.

        Raises:
            ValueError: The moment lies before ``known_from_ms``.
        """
        return {track.contract.symbol: track.quote(at_ms) for track in self.tracks}

    def starting_at(self, started_at_ms: int) -> TrackMarket:
        """The same path at another time, for a venue on the machine's own clock."""
        shift_ms = started_at_ms - self.started_at_ms
        return replace(
            self,
            tracks=tuple(track.shifted(shift_ms) for track in self.tracks),
            known_from_ms=self.known_from_ms + shift_ms,
            started_at_ms=started_at_ms,
            ends_at_ms=self.ends_at_ms + shift_ms,
        )


def _between(values: Sequence[float], left: int, share: float) -> float:
    """A value on the line from one corner to the next; exactly the corner where ``share`` is 0."""
    if share == 0.0:
        return values[left]
    return values[left] + share * (values[left + 1] - values[left])


def _on_grid(value: float, step: Decimal) -> Decimal:
    return round(value / float(step)) * step


def _rounded(value: float, decimals: int) -> Decimal:
    return Decimal(round(value * 10**decimals)).scaleb(-decimals)
