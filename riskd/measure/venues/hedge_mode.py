"""What a long and a short of one market need together, where a venue lets both be held in one cross account."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from riskd.measure.venues.contract import value
from riskd.measure.venues.margin import Holding
from riskd.measure.venues.model import HedgeMargin
from riskd.measure.venues.schedule import Schedule


def margined_by(rule: HedgeMargin, holdings: Sequence[Holding]) -> tuple[Schedule | None, ...]:
    """The maintenance schedule that each position of one market is margined by; None: it needs nothing, nor a fee.

    The larger side is that of more value at mark; both follow one price, so that it stays the larger one. Of two
    equal sides the long is taken. Where the tier is that of both together, floors shrink by the side's share of both.

    Args:
        rule: Of the venue.
        holdings: In cross margin, of one market, at one mark.
    """
    own = tuple(holding.maintenance for holding in holdings)
    sides = {holding.position.side for holding in holdings}
    if rule is HedgeMargin.EACH_SIDE or len(sides) < 2:
        return own
    worth = {side: _worth(holdings, side) for side in sides}
    larger = 1.0 if worth[1.0] >= worth[-1.0] else -1.0
    both = math.fsum(worth.values())
    share = worth[larger] / both if rule is HedgeMargin.LARGER_SIDE_BY_BOTH and both > 0.0 else 1.0
    return tuple(
        _of_share(schedule, share) if holding.position.side == larger else None
        for holding, schedule in zip(holdings, own, strict=True)
    )


def _worth(holdings: Sequence[Holding], side: float) -> float:
    return math.fsum(
        value(holding.position, holding.mark) for holding in holdings if holding.position.side == side
    )


def _of_share(schedule: Schedule, share: float) -> Schedule:
    return replace(schedule, tiers=tuple(replace(tier, floor=tier.floor * share) for tier in schedule.tiers))
