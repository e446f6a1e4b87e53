"""How maintenance margin follows from size: tiers with deduction, or a rate that grows with size."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from riskd.model.instrument import Bracket

_EQUAL = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """From ``floor`` on, maintenance is ``rate · value - amount``.

    Attributes:
        floor: Value in settlement currency, >= 0.
        rate: Fraction of value.
        amount: Deduction, settlement currency (``cum``, ``mmDeduction``, ``deduction`` in the venues' words).
    """

    floor: float
    rate: float
    amount: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Maintenance (or initial) margin as a function of size.

    Attributes:
        tiers: Sorted by floor, the first at 0.
        rate_per_unit: What each unit of the base asset adds to the rate; 0 where margin has tiers.
    """

    tiers: tuple[Tier, ...]
    rate_per_unit: float = 0.0

    def tier(self, value: float) -> Tier:
        """The tier that a value lies in."""
        return self.tiers[max(bisect_right([tier.floor for tier in self.tiers], value) - 1, 0)]

    def rate_at(self, value: float, base_amount: float) -> float:
        """Rate on the last slice of a position."""
        return self.tier(value).rate + self.rate_per_unit * base_amount

    def required(self, value: float, base_amount: float) -> float:
        """Margin of a position of so much value and so many base units; NaN when either is unknown."""
        if math.isnan(value):
            return math.nan
        tier = self.tier(value)
        extra = self.rate_per_unit * base_amount * value if self.rate_per_unit else 0.0
        return tier.rate * value - tier.amount + extra


def flat(rate: float, amount: float = 0.0) -> Schedule:
    """One rate, with what is deducted from it in the tier that a position is known to lie in."""
    return Schedule(tiers=(Tier(floor=0.0, rate=rate, amount=amount),))


def linear_in_size(rate: float, rate_per_unit: float) -> Schedule:
    """A rate that grows with every unit of the base asset."""
    return Schedule(tiers=(Tier(floor=0.0, rate=rate),), rate_per_unit=rate_per_unit)


def marginal(steps: Sequence[tuple[float, float]]) -> Schedule:
    """Tiers from ``(floor, rate)``, each rate on its own slice, so that margin is the integral of the rates.

    ``amount_n = amount_{n-1} + floor_n · (rate_n - rate_{n-1})``; the first floor is 0.
    """
    tiers: list[Tier] = []
    for floor, rate in steps:
        tiers.append(next_tier(tiers[-1], floor, rate) if tiers else Tier(floor=floor, rate=rate))
    return Schedule(tiers=tuple(tiers))


def next_tier(before: Tier, floor: float, rate: float) -> Tier:
    """The tier that begins at ``floor``: what it deducts makes margin continuous there."""
    return Tier(floor=floor, rate=rate, amount=before.amount + floor * (rate - before.rate))


def whole(steps: Sequence[tuple[float, float]], size: float) -> Schedule:
    """Of tiers ``(floor, rate)`` without deduction, the one rate that a position of this size pays on all of it.

    The size of a tier is a number of contracts or of base units here, which price does not change.
    """
    floors = [floor for floor, _ in steps]
    return flat(steps[max(bisect_right(floors, size) - 1, 0)][1])


def of_brackets(brackets: Sequence[Bracket]) -> Schedule:
    """The brackets of an instrument as a schedule."""
    return Schedule(
        tiers=tuple(
            Tier(
                floor=float(bracket.notional_floor),
                rate=float(bracket.maintenance_margin_rate),
                amount=float(bracket.maintenance_amount),
            )
            for bracket in brackets
        )
    )


def discontinuities(schedule: Schedule) -> tuple[str, ...]:
    """Tiers whose deduction does not make margin continuous, each in words; empty for a sound table.

    All 7,276 tiers of 907 Binance symbols (September 2026) and 2,805 (October 2024) are sound. A table that is not
    is a mistake of reading, or an older amount beside a newer rate: 0.205 BTC of it moved a published liquidation
    price by 20.54 dollars.
    """
    expected = marginal([(tier.floor, tier.rate) for tier in schedule.tiers])
    return tuple(
        f"tier {number} from {found.floor:g} at {found.rate:g}: deduction {found.amount:g}, expected {wanted.amount:g}"
        for number, (found, wanted) in enumerate(zip(schedule.tiers, expected.tiers, strict=True), start=1)
        if abs(found.amount - wanted.amount) > _EQUAL * max(1.0, abs(wanted.amount))
    )
