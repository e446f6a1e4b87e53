"""Assets that count as one bet: as the desk names them, or as their prices move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from riskd.measure.book.tables import Tables
from riskd.measure.past.prices import DAY_HOURS, HOUR, PriceWindows, correlations, is_enough, known_count
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.desk import Cluster

WINDOW_DAYS = 30
WINDOW_SECONDS = WINDOW_DAYS * DAY_HOURS * HOUR
CORRELATION_MIN = 0.7

Membership = Mapping[str, str]
"""Name of the cluster by asset; an asset that is not in it is a cluster of its own."""


class Clusters:
    """Which cluster each asset belongs to, worked out once for all snapshots that share a configuration and a past."""

    def __init__(self, tables: Tables, windows: PriceWindows) -> None:
        self._tables = tables
        self._windows = windows
        self._found: dict[tuple[int, int, float], tuple[Membership, frozenset[str]]] = {}

    def names(self, part: int) -> Membership:
        """The clusters of a snapshot."""
        return self._of(part)[0]

    def is_placed(self, part: int, asset: str) -> bool:
        """Whether it is known which cluster an asset belongs to: it is named, or it has enough of a past."""
        named = self._tables.snapshots[part].desk.clusters is not None
        return named or asset in self._of(part)[1]

    def _of(self, part: int) -> tuple[Membership, frozenset[str]]:
        desk, prices = self._tables.snapshots[part].desk, self._tables.histories[part].prices
        key = (id(desk.clusters), id(prices), float(self._tables.now[part]))
        if key not in self._found:
            if desk.clusters is not None:
                self._found[key] = named(desk.clusters), frozenset()
            else:
                window = self._windows.closes(part, WINDOW_SECONDS)
                self._found[key] = measured(prices.asset, window.log_moves(), window.hours)
        return self._found[key]


def named(clusters: Sequence[Cluster]) -> Membership:
    """The clusters of the configuration."""
    return {asset: cluster.name for cluster in clusters for asset in cluster.assets}


def measured(assets: Sequence[str], moves: FloatArray, hours: int) -> tuple[Membership, frozenset[str]]:
    """Clusters of assets whose hourly moves correlate, and the assets of which enough is known to say so.

    A cluster is a connected component: each member correlates above ``CORRELATION_MIN`` with another one. It is called
    after the first of its assets in the alphabet.

    Args:
        assets: Asset of each row; of several rows of one asset the first with enough moves counts.
        moves: ``(rows, hours)``, NaN where unknown.
        hours: How many moves the window asks for.
    """
    enough = is_enough(known_count(moves), hours).tolist()
    rows: dict[str, int] = {}
    for row, asset in enumerate(assets):
        if enough[row]:
            rows.setdefault(asset, row)
    known = sorted(rows)
    found = correlations(moves[[rows[asset] for asset in known]], hours // 2)
    return dict(zip(known, _components(known, found > CORRELATION_MIN), strict=True)), frozenset(known)


def _components(assets: Sequence[str], tied: BoolArray) -> list[str]:
    """First asset of the component of each asset; ``assets`` are sorted."""
    first = np.arange(len(assets))
    changed = True
    while changed:
        lowest = np.where(tied, first[None, :], first[:, None]).min(axis=1, initial=len(assets))
        lowest = np.minimum(lowest, first)
        changed = bool((lowest != first).any())
        first = lowest
    return [assets[number] for number in first.tolist()]
