"""In which steps each position may be reduced: whole lots, no dust, no more than the policy's largest step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from riskd.model.instrument import Instrument
from riskd.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The quantities by which one position may be reduced: ``fewest`` to ``most`` lots.

    Attributes:
        row: The position.
        held: Its unsigned quantity.
        lot: Base units; the coarser of the lots for limit and market orders.
        quantity_min: Smallest order, base units.
    """

    row: int
    held: Decimal
    lot: Decimal
    quantity_min: Decimal
    fewest: int
    most: int

    def quantity(self, lots: int) -> Decimal:
        """Base units of so many lots.

        A rest that the venue would refuse to close later is closed with them, if the largest step allows.
        """
        quantity = min(lots, self.most) * self.lot
        rest = self.held - quantity
        return self.most * self.lot if 0 < rest < self.quantity_min else quantity

    def at_least(self, wanted: Decimal) -> int:
        """Lots that reach ``wanted``: rounded up, because a reduction must reach its target."""
        lots = int((wanted / self.lot).to_integral_value(ROUND_CEILING))
        return min(max(lots, self.fewest), self.most)


def steps_of(
    snapshot: Snapshot, rows: Iterable[int], max_step: float
) -> tuple[dict[int, Steps], dict[int, str]]:
    """The steps of each position that can be reduced at all, and why the others cannot.

    Args:
        snapshot: Holds the positions.
        rows: Positions to look at.
        max_step: Largest share of a position to close, (0, 1]; at least one order of the smallest size is allowed,
            or small positions would never be reduced.
    """
    possible: dict[int, Steps] = {}
    refused: dict[int, str] = {}
    for row in rows:
        instrument = snapshot.instruments[int(snapshot.positions.instrument[row])]
        held = abs(snapshot.positions.quantity_exact[row])
        steps = _steps(row, held, instrument, Decimal(repr(max_step)))
        if not instrument.tradable:
            refused[row] = "the contract is not trading"
        elif steps.most < steps.fewest:
            refused[row] = f"{held} is below the smallest order of {instrument.quantity_min}"
        else:
            possible[row] = steps
    return possible, refused


def _steps(row: int, held: Decimal, instrument: Instrument, max_step: Decimal) -> Steps:
    lot = max(instrument.lot_size, instrument.market_lot_size)
    fewest = max(1, int((instrument.quantity_min / lot).to_integral_value(ROUND_CEILING)))
    whole = int(held // lot)
    most = min(whole, max(fewest, int(held * max_step // lot)))
    return Steps(row=row, held=held, lot=lot, quantity_min=instrument.quantity_min, fewest=fewest, most=most)
