"""Whether a plan made now is the one that people are looking at already, or another one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from riskd.model.order import Plan

_TOLERANCE = Decimal("0.1")
"""A quantity that moved by less than this share is the same proposal: orders are clamped to a fresh read anyway."""


def is_like(one: Plan, other: Plan) -> bool:
    """Whether two plans of one account would do the same: the same steps, each of nearly the same size.

    A person who has read one of them has read the other. Prices are not compared: every step is priced when it is sent.
    """
    return (
        {step.order_id for step in one.cancellations} == {step.order_id for step in other.cancellations}
        and _are_near(_reduced(one), _reduced(other))
        and _are_near(_stopped(one), _stopped(other))
        and one.breaks_hedges == other.breaks_hedges
    )


_Sizes = Mapping[tuple[str, str], Decimal]


def _reduced(plan: Plan) -> _Sizes:
    return {(step.symbol, step.position_side): step.quantity for step in plan.reductions}


def _stopped(plan: Plan) -> _Sizes:
    return {(step.symbol, step.position_side): step.quantity for step in plan.stops}


def _are_near(one: _Sizes, other: _Sizes) -> bool:
    return one.keys() == other.keys() and all(
        abs(size - other[name]) <= _TOLERANCE * max(size, other[name]) for name, size in one.items()
    )
