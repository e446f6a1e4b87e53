"""A market out of a script and a seed: a shared shape through time, scaled to each instrument's published magnitude.

The shape says how much of the fall has happened at each anchor: progress 0 is the high, 1 the low. Between anchors::

    log(last / high) = progress * log(1 - drop_last) + noise
    log(mark / high) = progress * log(1 - drop_mark) + noise that is a tenth smaller        where divergence is 1
                     = progress * log(1 - drop_last) + noise that is a tenth smaller        where divergence is 0

The noise is a Brownian bridge between neighbouring anchors, part common to all instruments and part its own, so every
anchor is hit exactly; the path is folded back at its high and its low, so the magnitudes are the published ones and
nothing passes them. Index equals mark. The same script and seed give the same market to the last digit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riskd.model.arrays import FloatArray
from riskd.paper.engine.types import Contract
from riskd.paper.market.depth import Liquidity, depth_usd, spread_rate, stress
from riskd.paper.market.track import FundingStep, Track, TrackMarket

_MINUTE_MS = 60_000
_STRESS_WINDOW_MS = 5 * _MINUTE_MS
_MARK_SHARE_OF_NOISE = 0.9  # the venue smooths its mark
_WIGGLE_OF_MOVE = 0.25  # deviation of the bridge in a segment, as a share of the segment's own move


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A moment that the path goes through.

    Attributes:
        minute: Since the start of trading.
        progress: Share of the fall that has happened, in log price: 0 the high, 1 the low.
        divergence: Share of the published gap between mark and last that is open at that moment, 0 to 1.
    """

    minute: float
    progress: float
    divergence: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingAnchor:
    """From a minute on, funding stands at ``calm + share * (extreme - calm)``."""

    minute: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One instrument of a scenario.

    Attributes:
        high: Price at progress 0, quote per base.
        drop_last: Fall of the last price from high to low, a fraction > 0.
        drop_mark: Fall of the mark; smaller, for the mark averages over venues and time.
        calm_volatility: Standard deviation of the log price over a day without news.
        common_share: Correlation of its noise with that of the whole market, 0 to 1.
        funding_calm: Rate for one interval before anything happens; + longs pay.
        funding_extreme: Rate at the worst.
    """

    contract: Contract
    high: float
    drop_last: float
    drop_mark: float
    calm_volatility: float
    common_share: float
    funding_calm: float
    funding_extreme: float
    liquidity: Liquidity


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A scenario.

    Attributes:
        started_at_ms: When trading begins.
        minutes: How long it lasts.
        past_minutes: How much past there is to warm up on; its prices hover around the first anchor.
        corner_ms: Distance between the corners of the path; divides a minute.
        step_ms: Suggested step of the clock.
        shape: By minute, the first at 0, the last at ``minutes``; one has progress 0 and one 1.
        funding: By minute, the first at 0 or before.
    """

    name: str
    started_at_ms: int
    minutes: int
    past_minutes: int
    corner_ms: int
    step_ms: int
    shape: tuple[Anchor, ...]
    funding: tuple[FundingAnchor, ...]
    instruments: tuple[Instrument, ...]

    def __post_init__(self) -> None:
        """Refuse a script whose path could miss its own anchors.

        Raises:
            ValueError: Corners that do not divide a minute, or a shape that does not rise from 0 to ``minutes``.
        """
        if self.corner_ms <= 0 or _MINUTE_MS % self.corner_ms:
            raise ValueError(f"{self.name}: expected corners that divide a minute, found {self.corner_ms} ms")
        at = [anchor.minute for anchor in self.shape]
        if at != sorted(set(at)) or not at or (at[0], at[-1]) != (0, self.minutes):
            raise ValueError(
                f"{self.name}: expected anchors rising from 0 to {self.minutes} minutes, found {at}"
            )


def scenario(script: Script, rng: np.random.Generator) -> TrackMarket:
    """The market of a script; the generator's state decides the noise and nothing else."""
    known_from_ms = script.started_at_ms - script.past_minutes * _MINUTE_MS
    ends_at_ms = script.started_at_ms + script.minutes * _MINUTE_MS
    at_ms = np.arange(known_from_ms, ends_at_ms + 1, script.corner_ms, dtype=np.int64)
    minute = (at_ms - script.started_at_ms) / _MINUTE_MS
    shape = _Shape.of(script, minute)
    common = _bridge(shape, rng)
    tracks = []
    for instrument in script.instruments:
        own = _bridge(shape, rng)
        share = instrument.common_share
        noise = share * common + math.sqrt(1.0 - share * share) * own
        tracks.append(_track(script, instrument, shape, at_ms.tolist(), noise))
    return TrackMarket(
        name=script.name,
        tracks=tuple(tracks),
        known_from_ms=known_from_ms,
        started_at_ms=script.started_at_ms,
        ends_at_ms=ends_at_ms,
        step_ms=script.step_ms,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """The shape at every corner.

    Attributes:
        minute: Since the start of trading.
        progress: See ``Anchor``.
        divergence: See ``Anchor``.
        segment: Number of the segment between anchors that each corner lies in.
        into: Minutes since the segment's start.
        length: Minutes that the segment lasts, > 0.
        move: Absolute change of progress over the segment.
    """

    minute: FloatArray
    progress: FloatArray
    divergence: FloatArray
    into: FloatArray
    length: FloatArray
    move: FloatArray

    @classmethod
    def of(cls, script: Script, minute: FloatArray) -> _Shape:
        first = script.shape[0]
        past = Anchor(minute=-float(max(script.past_minutes, 1)), progress=first.progress)
        anchors = (past, *script.shape)
        at = np.array([anchor.minute for anchor in anchors])
        progress = np.array([anchor.progress for anchor in anchors])
        divergence = np.array([anchor.divergence for anchor in anchors])
        segment = np.clip(np.searchsorted(at, minute, side="right") - 1, 0, len(at) - 2)
        return cls(
            minute=minute,
            progress=np.interp(minute, at, progress),
            divergence=np.interp(minute, at, divergence),
            into=minute - at[segment],
            length=np.diff(at)[segment],
            move=np.abs(np.diff(progress))[segment],
        )


def _bridge(shape: _Shape, rng: np.random.Generator) -> FloatArray:
    """Brownian bridges from anchor to anchor, zero at each; the unit is the deviation of one minute's step."""
    steps = rng.standard_normal(len(shape.minute))
    steps *= np.sqrt(np.diff(shape.minute, prepend=shape.minute[0]))
    walk = np.cumsum(steps)
    anchors = np.flatnonzero((shape.into == 0.0) | (shape.into == shape.length))
    anchored = np.interp(shape.minute, shape.minute[anchors], walk[anchors])
    return walk - anchored


def _track(
    script: Script, instrument: Instrument, shape: _Shape, at_ms: Sequence[int], noise: FloatArray
) -> Track:
    fall_last = math.log1p(-instrument.drop_last)
    fall_mark = math.log1p(-instrument.drop_mark)
    shake = noise * _deviation_per_minute(instrument, shape, fall_last)
    log_last = _folded(shape.progress * fall_last + shake, fall_last)
    gap = shape.progress * (fall_mark - fall_last) * shape.divergence
    log_mark = _folded(shape.progress * fall_last + gap + _MARK_SHARE_OF_NOISE * shake, fall_mark)
    last = instrument.high * np.exp(log_last)
    mark = (instrument.high * np.exp(log_mark)).tolist()
    stressed = stress(last, window_points=_STRESS_WINDOW_MS // script.corner_ms, window_ms=_STRESS_WINDOW_MS)
    return Track(
        contract=instrument.contract,
        at_ms=at_ms,
        last=last.tolist(),
        mark=mark,
        index=mark,
        spread_rate=spread_rate(instrument.liquidity, stressed).tolist(),
        depth_usd=depth_usd(instrument.liquidity, stressed).tolist(),
        funding=_funding(script, instrument),
    )


def _deviation_per_minute(instrument: Instrument, shape: _Shape, fall: float) -> FloatArray:
    """Calm weather, or a share of the move of the segment, whichever shakes more."""
    calm = instrument.calm_volatility / math.sqrt(24 * 60)
    moving = _WIGGLE_OF_MOVE * shape.move * abs(fall) / np.sqrt(shape.length)
    return np.maximum(calm, moving)


def _folded(log_price: FloatArray, lowest: float) -> FloatArray:
    """Mirrored at 0 and at ``lowest`` (< 0), as often as it takes."""
    span = -lowest
    within = np.mod(-log_price, 2.0 * span)
    return -np.minimum(within, 2.0 * span - within)


def _funding(script: Script, instrument: Instrument) -> tuple[FundingStep, ...]:
    calm, extreme = instrument.funding_calm, instrument.funding_extreme
    return tuple(
        FundingStep(
            from_ms=script.started_at_ms + round(anchor.minute * _MINUTE_MS),
            rate=calm + anchor.share * (extreme - calm),
        )
        for anchor in script.funding
    )
