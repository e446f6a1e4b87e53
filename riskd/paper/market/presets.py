"""The built-in scenarios: three crashes with their published magnitudes, and the compact script of the demo.

The magnitudes stand in magnitudes.py; the shapes follow the hours of BTC on those days, and every other coin follows BTC's
shape at its own magnitude: its fall is the recorded one, its recovery is not.

Source: hourly candles of Binance USD-M, as published by the venue. The moment of the low on 2025-10-10, 21:15 UTC, is the
worst minute of Amberdata's liquidation record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from riskd.paper.market.magnitudes import DEMO, MARCH_2020, MAY_2021, OCTOBER_2025, instruments
from riskd.paper.market.scenario import Anchor, FundingAnchor, Script, scenario
from riskd.paper.market.track import TrackMarket

_HOUR = 60
_DAY = 24 * _HOUR

DEMO_STARTED_AT_MS: Final = 1_790_868_600_000
"""2026-10-01 15:30 UTC: a funding settlement falls into the crash, half an hour after the start."""

DEMO_MINUTES: Final = 70
DEMO_FUNDING_FLIP_MINUTE: Final = 10
DEMO_DIP_MINUTE: Final = 16
DEMO_CRASH_MINUTE: Final = 22
DEMO_LOW_MINUTE: Final = 42


def march_2020(*, seed: int) -> TrackMarket:
    """2020-03-12 00:00 to 2020-03-14 00:00 UTC: BTC -55 %, low at 02:30 on the 13th, funding at its floor at 08:00."""
    return scenario(
        Script(
            name="2020-03-12",
            started_at_ms=1_583_971_200_000,
            minutes=48 * _HOUR,
            past_minutes=3 * _DAY,
            corner_ms=60_000,
            step_ms=60_000,
            shape=_hours(
                (0.0, 0.005, 0.0),
                (10.0, 0.101, 0.0),
                (10.5, 0.541, 0.5),
                (11.0, 0.364, 0.1),
                (16.0, 0.334, 0.0),
                (23.0, 0.403, 0.0),
                (23.75, 0.769, 0.4),
                (24.0, 0.653, 0.1),
                (26.0, 0.854, 0.3),
                (26.5, 1.0, 1.0),
                (27.0, 0.663, 0.0),
                (28.0, 0.552, 0.0),
                (34.0, 0.451, 0.0),
                (39.5, 0.620, 0.0),
                (48.0, 0.454, 0.0),
            ),
            funding=_funding_hours((0.0, 0.0), (26.5, 1.0), (32.02, 0.25), (40.02, 0.0)),
            instruments=instruments(MARCH_2020),
        ),
        np.random.default_rng(seed),
    )


def may_2021(*, seed: int) -> TrackMarket:
    """2021-05-18 00:00 to 2021-05-20 12:00 UTC: ETH -61 % on last but -51 % on mark, low at 13:15 on the 19th."""
    return scenario(
        Script(
            name="2021-05-19",
            started_at_ms=1_621_296_000_000,
            minutes=60 * _HOUR,
            past_minutes=3 * _DAY,
            corner_ms=60_000,
            step_ms=60_000,
            shape=_hours(
                (0.0, 0.108, 0.0),
                (6.25, 0.0, 0.0),
                (14.5, 0.152, 0.0),
                (24.0, 0.141, 0.0),
                (28.75, 0.364, 0.0),
                (32.0, 0.270, 0.0),
                (35.5, 0.509, 0.2),
                (36.0, 0.360, 0.0),
                (36.5, 0.776, 0.5),
                (37.0, 0.571, 0.1),
                (37.25, 1.0, 1.0),
                (38.0, 0.536, 0.1),
                (41.5, 0.263, 0.0),
                (48.5, 0.582, 0.0),
                (60.0, 0.265, 0.0),
            ),
            funding=_funding_hours((0.0, 0.0), (37.25, 1.0), (40.02, 0.0)),
            instruments=instruments(MAY_2021),
        ),
        np.random.default_rng(seed),
    )


def october_2025(*, seed: int) -> TrackMarket:
    """2025-10-10 12:00 to 2025-10-11 12:00 UTC: BTC -17 %, SOL -37 %, DOGE -67 %, low at 21:15."""
    return scenario(
        Script(
            name="2025-10-10",
            started_at_ms=1_760_097_600_000,
            minutes=24 * _HOUR,
            past_minutes=3 * _DAY,
            corner_ms=60_000,
            step_ms=60_000,
            shape=_hours(
                (0.0, 0.044, 0.0),
                (1.5, 0.0, 0.0),
                (3.75, 0.180, 0.0),
                (7.75, 0.298, 0.0),
                (8.75, 0.440, 0.2),
                (9.0, 0.374, 0.0),
                (9.25, 1.0, 1.0),
                (9.5, 0.520, 0.3),
                (10.0, 0.418, 0.0),
                (12.0, 0.444, 0.0),
                (19.5, 0.573, 0.0),
                (24.0, 0.467, 0.0),
            ),
            funding=_funding_hours((0.0, 0.0), (9.25, 1.0), (12.02, 0.0)),
            instruments=instruments(OCTOBER_2025),
        ),
        np.random.default_rng(seed),
    )


def demo(*, seed: int, started_at_ms: int = DEMO_STARTED_AT_MS) -> TrackMarket:
    """Seventy minutes at BTC 22,000: calm, funding flips, a dip of 2 %, -14 % in twenty minutes, a bounce.

    Args:
        seed: Decides the noise between the anchors.
        started_at_ms: When trading begins; a whole number of minutes.
    """
    return scenario(
        Script(
            name="demo",
            started_at_ms=started_at_ms,
            minutes=DEMO_MINUTES,
            past_minutes=12 * _HOUR,
            corner_ms=5_000,
            step_ms=1_000,
            shape=(
                Anchor(minute=0, progress=0.014),
                Anchor(minute=8, progress=0.0),
                Anchor(minute=13, progress=0.02),
                Anchor(minute=DEMO_DIP_MINUTE, progress=0.133),
                Anchor(minute=DEMO_CRASH_MINUTE, progress=0.095),
                Anchor(minute=28, progress=0.33, divergence=0.3),
                Anchor(minute=31, progress=0.42, divergence=0.3),
                Anchor(minute=35, progress=0.68, divergence=0.6),
                Anchor(minute=37, progress=0.62, divergence=0.5),
                Anchor(minute=DEMO_LOW_MINUTE, progress=1.0, divergence=1.0),
                Anchor(minute=46, progress=0.80, divergence=0.4),
                Anchor(minute=52, progress=0.58),
                Anchor(minute=60, progress=0.62),
                Anchor(minute=DEMO_MINUTES, progress=0.55),
            ),
            funding=(
                FundingAnchor(minute=0, share=0.0),
                FundingAnchor(minute=DEMO_FUNDING_FLIP_MINUTE, share=1.0),
            ),
            instruments=instruments(DEMO),
        ),
        np.random.default_rng(seed),
    )


PRESETS: Final[Mapping[str, Callable[[int], TrackMarket]]] = {
    "2020-03-12": lambda seed: march_2020(seed=seed),
    "2021-05-19": lambda seed: may_2021(seed=seed),
    "2025-10-10": lambda seed: october_2025(seed=seed),
    "demo": lambda seed: demo(seed=seed),
}
"""Built-in scenarios by name: each makes its market from a seed."""


def _hours(*points: tuple[float, float, float]) -> tuple[Anchor, ...]:
    """Anchors from (hour, progress, divergence)."""
    return tuple(
        Anchor(minute=hour * _HOUR, progress=progress, divergence=divergence)
        for hour, progress, divergence in points
    )


def _funding_hours(*points: tuple[float, float]) -> tuple[FundingAnchor, ...]:
    """Funding anchors from (hour, share)."""
    return tuple(FundingAnchor(minute=hour * _HOUR, share=share) for hour, share in points)
