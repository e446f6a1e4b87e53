"""What prices did over a horizon, again and again: as it was, or scaled to how much they move today."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum

import numpy as np

from riskd.measure.past.prices import DECAY_PER_HOUR, KNOWN_SHARE_MIN, relative_moves
from riskd.model.arrays import FloatArray

WARM_UP_HOURS = 240
"""Hours before a move on which the volatility of its beginning rests, at the least: ten days."""

_WARM_COUNT = math.ceil(WARM_UP_HOURS * KNOWN_SHARE_MIN)


class Method(StrEnum):
    """How moves of the past stand for those to come."""

    HISTORICAL = "historical"
    FILTERED = "filtered"

    @property
    def warm_up_hours(self) -> int:
        """Hours of prices that it needs before the window."""
        return WARM_UP_HOURS if self is Method.FILTERED else 0


def moves_by(method: Method, closes: FloatArray, *, window_closes: int, horizon_hours: int) -> FloatArray:
    """The moves that begin in the window, by one of the two methods.

    Args:
        method: How the past stands for what is to come.
        closes: ``(contracts, hours)``, oldest first, an hour apart, ``method.warm_up_hours`` more than the window has where
            they are known; NaN: not known.
        window_closes: How many of them, the last ones, are the window's.
        horizon_hours: From the close at which a move begins to the one at which it ends, at least 1.

    Returns:
        ``(contracts, window_closes - horizon_hours)``: a move for every hour at which one can begin, so that they overlap.
    """
    take = filtered_moves if method is Method.FILTERED else relative_moves
    moves = take(closes, horizon_hours)
    return moves[:, moves.shape[1] - max(0, window_closes - horizon_hours) :]


def losses_of(worth: Sequence[float], moves: FloatArray) -> FloatArray:
    """What is held, put through every move that is known of all of it: ``-Σ worth·move``.

    Args:
        worth: Signed notional of each contract: long +, short -.
        moves: One row for each of them.
    """
    gain = np.zeros(moves.shape[1])
    for amount, move in zip(worth, moves, strict=True):
        gain = gain + amount * move
    return -gain[np.isfinite(gain)]


def filtered_moves(closes: FloatArray, horizon_hours: int = 1) -> FloatArray:
    """Each move scaled by the volatility of now over that of the hour at which it began.

    ``exp(ln(close / close before) · σ_now / σ_then) - 1``, each contract by its own volatility. σ_then rests on moves that
    had ended when this one began, σ_now on all of them. Logarithms are scaled, so that no price can fall below zero.

    NaN where a close is missing, where fewer than nine tenths of ``WARM_UP_HOURS`` hourly moves are known before the
    move, and where something moved out of a standstill, which no factor scales.

    Source: Hull and White, Incorporating volatility updating into the historical simulation method for value-at-risk,
    Journal of Risk 1 (1998); Barone-Adesi, Giannopoulos and Vosper, VaR without correlations for portfolios of derivative
    securities, Journal of Futures Markets 19 (1999): filtered historical simulation.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        variance = hourly_variance(closes)
        then = variance[:, :-horizon_hours]
        steps = np.log(closes[:, horizon_hours:] / closes[:, :-horizon_hours])
        scaled = steps * np.sqrt(variance[:, -1:] / then)
        # What stood still and goes on standing still has no volatility, and needs none.
        still = (steps == 0.0) & (then == 0.0)
        scaled = np.where(still, 0.0, scaled)
        return np.where(np.isfinite(scaled), np.expm1(scaled), np.nan)


def hourly_variance(closes: FloatArray) -> FloatArray:
    """Exponentially weighted mean square of the hourly log moves that had ended at each close, as ``volatility`` has it.

    ``Σ w·r² / Σ w``, w = 0.94 to the power of the age in days; NaN before enough moves are known.
    """
    moves = np.log(closes[:, 1:] / closes[:, :-1])
    known = np.isfinite(moves)
    # Weights that grow instead of ones that decay from each hour anew: one running sum serves all hours.
    weight = DECAY_PER_HOUR ** -np.arange(moves.shape[1], dtype=np.float64)
    squares = np.cumsum(np.where(known, moves * moves, 0.0) * weight, axis=1)
    variance = squares / np.cumsum(known * weight, axis=1)
    variance = np.where(np.cumsum(known, axis=1) >= _WARM_COUNT, variance, np.nan)
    before = np.full((closes.shape[0], min(1, closes.shape[1])), np.nan)
    return np.hstack([before, variance])
