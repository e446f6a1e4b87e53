"""What a fill does to a position: average cost, realised profit, flips."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from riskd.paper.engine.money import ZERO, money


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionChange:
    """A fill taken apart into what it closed and what it opened.

    Attributes:
        quantity: Signed base units held afterwards.
        cost: Signed quote currency paid for them.
        closed_quantity: Base units closed, >= 0.
        realized_pnl: Profit on what was closed, before fees.
        opened_quote: Quote currency exchanged for what was opened, >= 0.
        flipped: True when it closed everything and opened the other way.
    """

    quantity: Decimal
    cost: Decimal
    closed_quantity: Decimal
    realized_pnl: Decimal
    opened_quote: Decimal
    flipped: bool


def change_position(*, quantity: Decimal, cost: Decimal, filled: Decimal, quote: Decimal) -> PositionChange:
    """Applies a fill by the average-cost method.

    Closing ``c`` of ``|q|`` units releases ``cost * c / |q|`` (to 1e-8, the rest stays with the position, nothing is
    lost); ``realised = proceeds - released`` with proceeds signed as cash received.

    Args:
        quantity: Signed base units held before; 0 for none.
        cost: Signed quote currency paid for them, a multiple of 1e-8.
        filled: Signed base units, positive bought; not 0.
        quote: Quote currency exchanged, >= 0, a multiple of 1e-8.
    """
    direction = 1 if filled > 0 else -1
    size = abs(filled)
    held = abs(quantity)
    closed = min(size, held) if quantity * filled < 0 else ZERO
    closed_quote = quote if closed == size else money(quote * closed / size)
    released = ZERO
    if closed:
        released = cost if closed == held else money(cost * closed / held)
    opened_quote = quote - closed_quote
    return PositionChange(
        quantity=quantity + filled,
        cost=cost - released + direction * opened_quote,
        closed_quantity=closed,
        realized_pnl=-direction * closed_quote - released,
        opened_quote=opened_quote,
        flipped=ZERO < held == closed < size,
    )
