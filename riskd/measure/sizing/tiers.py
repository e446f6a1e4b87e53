"""The margin that a venue asks by size, as a person copies it from the venue's page."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from riskd.measure.venues.contract import Position, value
from riskd.measure.venues.model import MarginModel, MarginRule
from riskd.measure.venues.schedule import Schedule, flat, linear_in_size, marginal


class SizedBy(StrEnum):
    """What the floor of a tier is a number of."""

    VALUE = "value"  # settlement currency
    CONTRACTS = "contracts"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginTier:
    """One row of a venue's table.

    Attributes:
        floor: Size from which it holds, >= 0.
        rate: Maintenance margin, fraction of value.
        leverage_max: Highest leverage setting; NaN when the row does not say.
    """

    floor: float
    rate: float
    leverage_max: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginTiers:
    """A venue's table.

    Attributes:
        tiers: At least one, by floor, the first at 0.
        sized_by: What their floors are numbers of.
        rate_per_unit: What each unit of the base adds to the rate, where margin is linear in size; else 0.
    """

    tiers: tuple[MarginTier, ...]
    sized_by: SizedBy = SizedBy.VALUE
    rate_per_unit: float = 0.0

    def schedule(self, model: MarginModel, position: Position, worst_price: float) -> Schedule:
        """Maintenance by value, as the venue's rule makes it of the table.

        Where one rate holds for the whole position, it is that of the larger of the sizes at entry and at
        ``worst_price``: on the way there the venue asks for no more.

        Raises:
            ValueError: The table cannot be meant for this rule; says why.
        """
        self._check(model)
        match model.margin_rule:
            case MarginRule.LINEAR_IN_SIZE:
                return linear_in_size(self.tiers[0].rate, self.rate_per_unit)
            case MarginRule.MARGINAL_TIERS:
                return marginal([(tier.floor, tier.rate) for tier in self.tiers])
            case MarginRule.WHOLE_TIERS | MarginRule.FLAT:
                size = max(self._size(position, position.entry), self._size(position, worst_price))
                return flat(self._tier(size).rate)
            case _:
                assert_never(model.margin_rule)

    def leverage_max(self, position: Position) -> float:
        """Highest leverage setting for a position of this size; NaN when the table does not say."""
        return self._tier(self._size(position, position.entry)).leverage_max

    def _size(self, position: Position, price: float) -> float:
        return abs(position.contracts) if self.sized_by is SizedBy.CONTRACTS else value(position, price)

    def _tier(self, size: float) -> MarginTier:
        return self.tiers[max(bisect_right([tier.floor for tier in self.tiers], size) - 1, 0)]

    def _check(self, model: MarginModel) -> None:
        rule = model.margin_rule
        single = rule in {MarginRule.LINEAR_IN_SIZE, MarginRule.FLAT}
        if single and len(self.tiers) > 1:
            raise ValueError(
                f"{model.title} has no tiers (margin is {rule}), found {len(self.tiers)} of them"
            )
        if rule is MarginRule.MARGINAL_TIERS and self.sized_by is SizedBy.CONTRACTS:
            raise ValueError(
                f"{model.title} counts the size of a tier by {model.tiers_by}, found contracts; write amounts"
            )
        if self.rate_per_unit and rule is not MarginRule.LINEAR_IN_SIZE:
            raise ValueError(f"{model.title} adds nothing to the rate for each coin: its rule is {rule}")


def one_rate(rate: float, leverage_max: float = math.nan) -> MarginTiers:
    """A table of a single rate."""
    return MarginTiers(tiers=(MarginTier(floor=0.0, rate=rate, leverage_max=leverage_max),))
