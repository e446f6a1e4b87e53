"""The ways in which a reduction meets the market, one after the other, each surer and dearer than the one before.

Calm: wait at the near touch without paying the spread, then take inside a band that widens, then take whatever is there.
Urgent: the same without the waiting. Every order that does not fill whole takes the next rung: in a crash the book is
far below the mark, and an order that never fills protects nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from riskd.act.clamp import OrderStyle, Pricing
from riskd.model.verdict import Level
from riskd.policy.rule import Action
from riskd.policy.rule import Urgency as Urgency

_WIDENING = (1, 2, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The house's rungs.

    Attributes:
        collar_rate: Of the first band, fraction of mark; those after it are 2 and 4 times as wide.
        order_notional_max: Largest order, quote currency; None: no bound.
        expiry_seconds: After this the venue must refuse a request.
    """

    collar_rate: Decimal = Decimal("0.005")
    order_notional_max: Decimal | None = None
    expiry_seconds: float = 5.0


DEFAULT_LADDER = Ladder()

# Measures that say how near the venue is to closing the position itself: there is no time to wait for a price.
_NEAR_LIQUIDATION = frozenset(
    {"margin_ratio", "liquidation_distance", "liquidation_distance_vol", "leg_liquidation_distance"}
)


def urgency_of(action: Action, level: Level, measure: str) -> Urgency:
    """How orders of an action meet the market: as its policy says, else as the level that fires asks.

    Args:
        action: That is due.
        level: The level that fires.
        measure: Name of the rule's measure.
    """
    if action.urgency is not None:
        return action.urgency
    urgent = level is Level.CRITICAL or measure in _NEAR_LIQUIDATION
    return Urgency.URGENT if urgent else Urgency.CALM


def rung(attempt: int, urgency: Urgency, ladder: Ladder = DEFAULT_LADDER) -> OrderStyle:
    """How the next order is made.

    Args:
        attempt: Orders of this reduction that did not fill whole; 0 at first.
        urgency: Whether the first rung is to wait.
        ladder: The house's rungs.
    """
    waits = [_style(ladder, Pricing.TOUCH)] if urgency is Urgency.CALM else []
    bands = [_style(ladder, Pricing.COLLAR, width) for width in _WIDENING]
    rungs = [*waits, *bands, _style(ladder, Pricing.MARKET, _WIDENING[-1])]
    return rungs[min(attempt, len(rungs) - 1)]


def _style(ladder: Ladder, pricing: Pricing, width: int = 1) -> OrderStyle:
    """A rung; ``width`` is how many times the first band it is wide."""
    return OrderStyle(
        pricing=pricing,
        collar_rate=ladder.collar_rate * width,
        order_notional_max=ladder.order_notional_max,
        expiry_seconds=ladder.expiry_seconds,
    )
