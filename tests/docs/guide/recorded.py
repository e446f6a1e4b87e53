"""How often a leveraged position of BTC was liquidated on recorded mark prices: every hour as an entry, nothing done meanwhile."""

from __future__ import annotations

from functools import cache

import duckdb
import numpy as np

from riskd.measure.venues import MODELS, Holding, flat, isolated, linear, liquidation_price
from riskd.model.arrays import FloatArray
from tests.shared_data import shared_path

HOURS = {"day": 24, "week": 168, "month": 720}
MAINTENANCE = 0.005


@cache
def marks() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Open, low and high of the mark price of BTC by the hour, from January 2020."""
    file = shared_path("data/binance_usdm_1h_BTCUSDT_full.parquet")
    found = duckdb.sql(
        f"SELECT mark_open, mark_low, mark_high FROM '{file}' WHERE ts >= '2020-01-01' AND mark_low IS NOT NULL ORDER BY ts"
    ).fetchnumpy()
    opened, low, high = (
        np.asarray(found[name], dtype=float) for name in ("mark_open", "mark_low", "mark_high")
    )
    return opened, low, high


def chance(leverage: float, hours: int, side: float = 1.0) -> float:
    """Share of the entries whose position was liquidated within so many hours."""
    opened, low, high = marks()
    entries = len(opened) - HOURS["month"] + 1
    worst = low if side > 0.0 else high
    windows = np.lib.stride_tricks.sliding_window_view(worst, hours)[:entries]
    reached = windows.min(axis=1) if side > 0.0 else windows.max(axis=1)
    holding = Holding(position=linear(side, 1.0), mark=1.0, maintenance=flat(MAINTENANCE))
    price = liquidation_price(MODELS["binance_usdm"], [holding], isolated(1.0 / leverage))
    assert price is not None
    return float(np.mean(side * reached <= side * price * opened[:entries]))


def row(leverage: float) -> str:
    """A row of the table on the page about leverage."""
    return (
        f"| {leverage:g}x | "
        + " | ".join(f"{chance(leverage, hours):.1%}" for hours in HOURS.values())
        + " |"
    )
