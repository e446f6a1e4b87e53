"""What is read aside of the cycle, because a rule in force looks at it: the past of prices, markets, collateral."""

from __future__ import annotations

from collections.abc import Set

from riskd.daemon.history import HistoryKeeper
from riskd.daemon.liquidity import PACES
from riskd.daemon.reading import Aside
from riskd.model.report import Surface
from riskd.model.snapshot import Snapshot


def due_aside(history: HistoryKeeper, snapshot: Snapshot, wanted: Set[Surface]) -> Aside:
    """What to read next of the wanted surfaces; surfaces and venues of which nothing is due are left out.

    Args:
        history: Knows what has been read, and remembers what is handed out here.
        snapshot: Names the contracts.
        wanted: Surfaces that the rules in force look at.
    """
    due = {surface: history.markets.due(surface, snapshot) for surface in PACES if surface in wanted}
    if Surface.CANDLES in wanted:
        due[Surface.CANDLES] = history.prices.due(snapshot)
    if Surface.ASSET_INDEX in wanted:
        due[Surface.ASSET_INDEX] = history.collateral.due(snapshot)
    return {surface: by_venue for surface, by_venue in due.items() if by_venue}
