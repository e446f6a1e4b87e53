"""What a taker pays."""

from __future__ import annotations

import numpy as np

from riskd.measure.book.layout import Layout
from riskd.measure.spec import Parameter, Unit
from riskd.model.arrays import FloatArray

FEE = Parameter(
    name="fee", unit=Unit.RATIO, meaning="Taker fee rate where the venue states none.", default=0.0005
)


def stated_fees(layout: Layout) -> FloatArray:
    """Taker fee rate of each instrument; NaN where none is stated. Taken through ``book.layout.once``."""
    return layout.of_instruments(
        lambda rows: [np.nan if row.taker_fee_rate is None else float(row.taker_fee_rate) for row in rows]
    )
