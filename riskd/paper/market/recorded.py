"""A market out of recorded candles.

Last and mark follow the recorded prices (the path inside a candle: candles.py). Files carry no index price, so index
equals mark: there is no basis in a recorded market. Funding is the recorded rate, quoted from the moment after the
settlement before it up to and including its own. The book is a formula of the path (depth.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from riskd.model.arrays import FloatArray
from riskd.model.candles import Candles, CandleSeries, EpochMsArray
from riskd.paper.engine.types import Contract
from riskd.paper.market import contracts
from riskd.paper.market.candles import CandlePath, path_of
from riskd.paper.market.depth import depth_usd, liquidity_of_volume, spread_rate, stress
from riskd.paper.market.track import FundingStep, Track, TrackMarket

_HOUR_MS = 3_600_000
_MINUTE_MS = 60_000
_PAST_MS = 10 * 24 * _HOUR_MS
_WARM_UP_MS = 2 * 24 * _HOUR_MS
_CORNERS_PER_CANDLE = 4
_DECIMALS_MAX = 8

_INTERVALS_HOURS = (1, 2, 4, 8)
_DEFAULT_INTERVAL_HOURS = 8
_DEFAULT_FUNDING_RATE_PER_HOUR = (
    0.0001 / 8
)  # the interest part of the venue's formula: 0.01 % for eight hours


def recorded(
    candles: Candles,
    *,
    symbols: Sequence[str] | None = None,
    started_at_ms: int | None = None,
    ends_at_ms: int | None = None,
    past_ms: int = _PAST_MS,
    step_ms: int = _MINUTE_MS,
) -> TrackMarket:
    """The market that the candles describe, over the time that all chosen instruments share.

    Args:
        candles: What was recorded.
        symbols: The instruments to list; None: all.
        started_at_ms: When trading begins; what was recorded before is the past. None: after two days of the record, or
            a third of it where that is less.
        ends_at_ms: Where to stop; None: with the last candle.
        past_ms: How much of what was recorded before the start is kept.
        step_ms: Suggested step of the clock.

    Raises:
        ValueError: A symbol is not recorded; the instruments share no time; the start or end lies outside of it.
    """
    chosen = _chosen(candles, symbols)
    known_from_ms = max(int(one.opened_at_ms[0]) for one in chosen)
    known_until_ms = min(int(one.opened_at_ms[-1]) for one in chosen) + candles.interval_ms
    warm_up_ms = min(_WARM_UP_MS, (known_until_ms - known_from_ms) // 3)
    starts = known_from_ms + warm_up_ms // candles.interval_ms * candles.interval_ms
    starts = starts if started_at_ms is None else started_at_ms
    ends = known_until_ms if ends_at_ms is None else ends_at_ms
    if not known_from_ms <= starts < ends <= known_until_ms:
        raise ValueError(
            f"{candles.source}: expected a start before an end within {known_from_ms}..{known_until_ms} ms, which "
            f"{', '.join(one.symbol for one in chosen)} share; found {starts}..{ends} ms"
        )
    kept_from_ms = max(known_from_ms, starts - past_ms)
    tracks = tuple(_track(one.between(kept_from_ms, ends), candles.interval_ms) for one in chosen)
    return TrackMarket(
        name=candles.source,
        tracks=tracks,
        known_from_ms=max(track.at_ms[0] for track in tracks),
        started_at_ms=starts,
        ends_at_ms=ends,
        step_ms=step_ms,
    )


def settlement_interval_hours(settled_at_ms: EpochMsArray) -> int:
    """Hours between funding settlements: the commonest distance between them, 8 when fewer than two are known.

    Distances are rounded to hours of 1, 2, 4 or 8: two of five of the venue's timestamps are some milliseconds late.
    """
    hours = np.round(np.diff(settled_at_ms) / _HOUR_MS).astype(int).tolist()
    seen = [hour for hour in hours if hour in _INTERVALS_HOURS]
    return Counter(seen).most_common(1)[0][0] if seen else _DEFAULT_INTERVAL_HOURS


def _chosen(candles: Candles, symbols: Sequence[str] | None) -> tuple[CandleSeries, ...]:
    missing = sorted(set(symbols or ()) - set(candles.symbols))
    if missing:
        raise ValueError(
            f"{candles.source}: expected {', '.join(missing)} among the recorded instruments, "
            f"found {', '.join(candles.symbols)}"
        )
    return tuple(one for one in candles.series if symbols is None or one.symbol in symbols)


def _track(series: CandleSeries, interval_ms: int) -> Track:
    path = path_of(series, interval_ms)
    liquidity = liquidity_of_volume(path.quote_volume_per_hour)
    stressed = stress(path.last, window_points=_CORNERS_PER_CANDLE, window_ms=interval_ms)
    settled = ~np.isnan(series.funding_rate)
    settled_at_ms = _to_minutes(series.opened_at_ms[settled])
    interval_hours = settlement_interval_hours(settled_at_ms)
    mark = path.mark.tolist()
    return Track(
        contract=_contract(series, path, interval_hours),
        at_ms=path.at_ms.tolist(),
        last=path.last.tolist(),
        mark=mark,
        index=mark,
        spread_rate=spread_rate(liquidity, stressed).tolist(),
        depth_usd=depth_usd(liquidity, stressed).tolist(),
        funding=_funding(settled_at_ms, series.funding_rate[settled], interval_hours),
    )


def _to_minutes(at_ms: EpochMsArray) -> EpochMsArray:
    return (at_ms + _MINUTE_MS // 2) // _MINUTE_MS * _MINUTE_MS


def _funding(settled_at_ms: EpochMsArray, rates: FloatArray, interval_hours: int) -> tuple[FundingStep, ...]:
    """Each rate from just after the settlement before it; the default after the last, or where nothing is recorded."""
    default_rate = _DEFAULT_FUNDING_RATE_PER_HOUR * interval_hours
    starts = [0, *(int(at) + 1 for at in settled_at_ms)]
    in_force = [*(float(rate) for rate in rates), default_rate]
    return tuple(FundingStep(from_ms=start, rate=rate) for start, rate in zip(starts, in_force, strict=True))


def _contract(series: CandleSeries, path: CandlePath, interval_hours: int) -> Contract:
    """The venue's terms where they are built in. The tick is as fine as the recorded prices, which it must not move."""
    recorded_tick = _tick_of(path.last)
    if series.symbol not in contracts.BUILT_IN:
        price = float(np.median(path.last))
        return contracts.generic(
            series.symbol, price=price, funding_interval_hours=interval_hours, tick_size=recorded_tick
        )
    today = contracts.built_in(series.symbol).tick_size
    return contracts.built_in(
        series.symbol, funding_interval_hours=interval_hours, tick_size=min(today, recorded_tick)
    )


def _tick_of(prices: FloatArray) -> Decimal:
    """The coarsest power of ten, at most 1, of which all prices are multiples; 1e-8 at the finest."""
    for decimals in range(_DECIMALS_MAX):
        if bool((np.abs(np.round(prices, decimals) - prices) <= 1e-9 * prices).all()):
            return Decimal(1).scaleb(-decimals)
    return Decimal(1).scaleb(-_DECIMALS_MAX)
