"""The venue's own figures for positions of another size or at another price."""

from __future__ import annotations

import numpy as np

from riskd.measure.book.groups import index
from riskd.measure.margin.brackets import Brackets
from riskd.model.arrays import FloatArray
from riskd.model.snapshot import Snapshot


def restated_maintenance(snapshot: Snapshot, gross: FloatArray, otherwise: FloatArray) -> FloatArray:
    """Maintenance margin of each position at another unsigned notional.

    The venue's figure grows or shrinks as the brackets' does, so that the proportion in which the two stand is kept.

    Args:
        snapshot: As it is.
        gross: Unsigned notional of each position as it is supposed.
        otherwise: What the venue's figure is multiplied by where the brackets do not tell; NaN: then it is unknown.
    """
    positions, quotes = snapshot.positions, snapshot.quotes
    table = Brackets(quotes.bracket_floor, quotes.bracket_rate, quotes.bracket_amount)
    place = index(positions.instrument)
    before = table.maintenance(place, np.abs(positions.notional))
    after = table.maintenance(place, gross)
    known = np.isfinite(before) & (before > 0.0) & np.isfinite(after)
    return positions.maintenance_margin * np.divide(after, before, out=otherwise.copy(), where=known)
