"""The mark price at which a position would be liquidated, everything else unchanged.

Margin balance meets maintenance margin where

    base + sum(q*p - cost) = sum(|q|*p*rate - amount)     =>     p = (base - sum(cost) + sum(amount)) / (sum(|q|*rate) - sum(q))

``base`` is all margin that does not move with this mark: the isolated wallet, or for cross the wallet plus the other
symbols' unrealised PnL less their maintenance. Both sides of a hedged symbol move together and share one price.

Rate and amount are those at ``p`` itself, not those at the present mark, because that is where the engine will liquidate.
Equity less maintenance is concave in ``p``, so stepping from bracket to bracket (Newton) ends after a few steps.

Source: Binance FAQ "How to Calculate Liquidation Price of USDS-M Futures Contracts"; vectors binance-usdm-liq-*.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from riskd.paper.engine.margin import bracket_for
from riskd.paper.engine.money import ZERO
from riskd.paper.engine.state import PositionState
from riskd.paper.engine.types import Bracket


def liquidation_price(
    positions: Sequence[PositionState], base: Decimal, brackets: Sequence[Bracket], mark: Decimal
) -> Decimal:
    """Price at which the positions of one symbol and their margin ``base`` meet maintenance.

    Args:
        positions: One, or the two sides of a hedged cross symbol.
        base: Margin that does not move with this symbol's mark, quote currency.
        brackets: The symbol's leverage brackets.
        mark: Present mark, where the search starts.

    Returns:
        Quote per base; 0 when no positive price liquidates.
    """
    price = mark
    used: list[Bracket] = []
    for _ in range(2 * len(brackets) + 2):
        found = [bracket_for(brackets, abs(position.quantity) * price) for position in positions]
        if found == used:
            break
        used = found
        slope = constant = ZERO
        for position, bracket in zip(positions, used, strict=True):
            slope += abs(position.quantity) * bracket.maintenance_margin_rate - position.quantity
            constant += bracket.maintenance_amount - position.cost
        if not slope:
            return ZERO
        price = (base + constant) / slope
    return max(price, ZERO)
