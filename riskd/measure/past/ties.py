"""How the coins of a history move together, each by the first of its contracts of which enough is known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.past.prices import (
    Closes,
    correlations,
    is_enough,
    known_count,
    moves_in_common,
    no_tie,
    with_none,
)
from riskd.model.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class _Tied:
    """Correlations of all coins of one history.

    Attributes:
        place: Number of each coin.
        moves: ``(coins + 1, hours)``: log moves; the last row is that of a coin that is not there.
        correlation: ``(coins + 1, coins + 1)``.
    """

    place: Mapping[str, int]
    moves: FloatArray
    correlation: FloatArray


class Ties:
    """Correlations over a window, worked out once for each history, and only where a subject needs one.

    All coins of a history are correlated at once, so that a number does not depend on what else a subject holds.
    """

    def __init__(self, book: Book, window: float) -> None:
        self._windows, self._histories = book.price_windows, book.tables.histories
        self._window = window
        self._found: dict[int, _Tied] = {}

    def joined(self, part: int, assets: Sequence[str], amounts: FloatArray) -> float | str:
        """``√(RᵀρR)`` of signed amounts R by coin; or which two coins lack a correlation.

        Args:
            part: Snapshot whose past counts.
            assets: Coins, each once.
            amounts: One for each of them, none of them 0; NaN makes the result NaN.
        """
        if len(amounts) < 2 or np.isnan(amounts).any():
            return float(np.abs(amounts).sum())
        closes = self._windows.closes(part, self._window)
        if id(closes) not in self._found:
            self._found[id(closes)] = _tied(self._histories[part].prices.asset, closes)
        tied = self._found[id(closes)]
        rows = [tied.place.get(asset, -1) for asset in assets]
        between = tied.correlation[np.ix_(rows, rows)]
        np.fill_diagonal(between, 1.0)
        if np.isnan(between).any():
            one, other = np.unravel_index(int(np.isnan(between).argmax()), between.shape)
            pair = [int(one), int(other)]
            moves = tied.moves[[rows[place] for place in pair]]
            return no_tie([assets[place] for place in pair], moves, moves_in_common(closes))
        # Correlations over different hours need not fit together: what should be a square may come out below zero.
        return math.sqrt(max(0.0, float((between * np.outer(amounts, amounts)).sum())))


def _tied(assets: Sequence[str], closes: Closes) -> _Tied:
    moves = closes.log_moves()
    enough = is_enough(known_count(moves), closes.hours).tolist()
    rows: dict[str, int] = {}
    for row, asset in enumerate(assets):
        if asset not in rows or (enough[row] and not enough[rows[asset]]):
            rows[asset] = row
    chosen = moves[list(rows.values())]
    found = correlations(chosen, moves_in_common(closes))
    padded = np.pad(found, ((0, 1), (0, 1)), constant_values=np.nan)
    return _Tied({asset: place for place, asset in enumerate(rows)}, with_none(chosen), padded)
