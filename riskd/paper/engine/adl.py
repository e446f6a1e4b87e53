"""Auto-deleveraging: whose winning position pays when a loser and the insurance fund cannot.

    score = profit ratio * effective leverage      when in profit
          = profit ratio / effective leverage      when in loss
    profit ratio       = unrealised PnL / |cost|
    effective leverage = notional / margin balance behind the position (its own when isolated, the account's when cross)

Highest score first. An account without margin balance ranks last: it has no profit to give.

Source: BitMEX "Auto-Deleveraging" and its examples (vectors bitmex-adl-score-formula, bitmex-adl-queue); Binance ranks the
same way and shows the quintile as 0 to 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from riskd.paper.engine import margin
from riskd.paper.engine.money import ZERO
from riskd.paper.engine.state import PositionState, SymbolState, VenueState
from riskd.paper.engine.types import PositionSide

_LOWEST = Decimal("-Infinity")
_QUINTILES = 5


@dataclass(frozen=True, slots=True)
class Queued:
    """A place in the queue.

    Attributes:
        quantity: Base units, > 0.
    """

    account: str
    side: PositionSide
    quantity: Decimal
    score: Decimal


def score(*, unrealized_pnl: Decimal, cost: Decimal, notional: Decimal, margin_balance: Decimal) -> Decimal:
    """Ranking score of a position, higher is deleveraged earlier; minus infinity without margin balance.

    Args:
        cost: Quote currency at entry, any sign, not 0.
        notional: At mark, >= 0.
        margin_balance: What stands behind the position, quote currency.
    """
    if margin_balance <= 0 or not notional or not cost:
        return _LOWEST
    profit_ratio = unrealized_pnl / abs(cost)
    leverage = notional / margin_balance
    return profit_ratio * leverage if profit_ratio > 0 else profit_ratio / leverage


def ordered(queue: list[Queued]) -> list[Queued]:
    """Highest score first; equal scores keep the order in which the positions were opened."""
    return sorted(queue, key=lambda queued: -queued.score)


def quintiles(queue: list[Queued]) -> dict[tuple[str, PositionSide], int]:
    """Rank of each position of an ordered queue: 4 for the first fifth of the quantity, 0 for the last.

    The share is counted up to and including the position itself, as in the BitMEX example.
    """
    total = sum((queued.quantity for queued in queue), ZERO)
    passed = ZERO
    ranks: dict[tuple[str, PositionSide], int] = {}
    for queued in queue:
        passed += queued.quantity
        whole, rest = divmod(passed * _QUINTILES, total)
        fifth = int(whole) + (1 if rest else 0)
        ranks[(queued.account, queued.side)] = _QUINTILES - fifth
    return ranks


def opposite_queue(venue: VenueState, symbol: SymbolState, quantity: Decimal, account: str) -> list[Queued]:
    """Positions of other accounts that could take over ``quantity`` (signed), in order of their score."""
    queue = [
        _queued(venue, position)
        for position in symbol.positions.values()
        if position.account != account and position.quantity * quantity < 0
    ]
    return ordered(queue)


def ranks(venue: VenueState, symbol: SymbolState) -> Mapping[tuple[str, PositionSide], int]:
    """Ranks of all positions of a symbol; longs and shorts queue apart."""
    longs = [_queued(venue, position) for position in symbol.positions.values() if position.quantity > 0]
    shorts = [_queued(venue, position) for position in symbol.positions.values() if position.quantity < 0]
    return quintiles(ordered(longs)) | quintiles(ordered(shorts))


def _queued(venue: VenueState, position: PositionState) -> Queued:
    account = venue.accounts[position.account]
    balance = position.margin_balance if position.isolated else margin.cross_equity(venue, account)
    return Queued(
        account=position.account,
        side=position.side,
        quantity=abs(position.quantity),
        score=score(
            unrealized_pnl=position.unrealized_pnl,
            cost=position.cost,
            notional=position.notional,
            margin_balance=balance,
        ),
    )
