"""In which steps each position may be reduced: whole lots, no dust, no more than the policy's largest step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
        quantity_min: Smallest order, base units: by the venue's smallest quantity and its smallest worth, but never more than
            is held: what is left of a position may always be closed.
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

    @property
    def largest(self) -> Decimal:
        """The most that may be closed, base units."""
        return self.most * self.lot

    @property
    def is_whole(self) -> bool:
        """Whether all that is held may be closed, but for what is less than a lot."""
        return self.held - self.largest < self.lot

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
    return steps_up_to(snapshot, dict.fromkeys(rows, max_step))


def steps_up_to(snapshot: Snapshot, max_step: Mapping[int, float]) -> tuple[dict[int, Steps], dict[int, str]]:
    """The same with a largest share for each position by itself."""
    possible: dict[int, Steps] = {}
    refused: dict[int, str] = {}
    for row in max_step:
        instrument = snapshot.instruments[int(snapshot.positions.instrument[row])]
        held = abs(snapshot.positions.quantity_exact[row])
        mark = float(snapshot.positions.mark_price[row])
        steps = _steps(row, held, instrument, Decimal(repr(max_step[row])), mark)
        if not instrument.tradable:
            refused[row] = "the contract is not trading"
        elif steps.most < steps.fewest:
            refused[row] = f"{held} is below the smallest order of {instrument.quantity_min}"
        else:
            possible[row] = steps
    return possible, refused


def _steps(row: int, held: Decimal, instrument: Instrument, max_step: Decimal, mark: float) -> Steps:
    lot = max(instrument.lot_size, instrument.market_lot_size)
    whole = int(held // lot)
    smallest = max(1, int((instrument.quantity_min / lot).to_integral_value(ROUND_CEILING)))
    # Venues let a reduce-only order be worth less than their smallest one, so that whatever is held can be closed.
    worthy = instrument.notional_min / Decimal(repr(mark)) if mark > 0.0 else Decimal(0)
    fewest = max(smallest, min(int((worthy / lot).to_integral_value(ROUND_CEILING)), whole))
    most = min(whole, max(fewest, int(held * max_step // lot)))
    least = max(instrument.quantity_min, min(worthy, held))
    return Steps(row=row, held=held, lot=lot, quantity_min=least, fewest=fewest, most=most)
