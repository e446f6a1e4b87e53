"""The `orders:` section of riskd.yaml: the house's bounds on what riskd may send, and how long people have."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from riskd.act.guard import HouseBounds
from riskd.daemon.settings_fields import Money, Seconds, Section, Share, Span

Count = Annotated[int, Field(gt=0, strict=True)]


class OrderSettings(Section):
    """House bounds on what riskd may send. A policy's guard may be tighter, never looser."""

    notional_per_order_max: Money = 1_000_000.0
    notional_per_hour_max: Money = 5_000_000.0
    notional_per_day_max: Money = 20_000_000.0
    orders_per_ten_seconds_max: Count = 10
    orders_per_minute_max: Count = 30
    orders_per_hour_max: Count = 60
    orders_per_day_max: Count = 400
    plans_per_rule_per_day_max: Count = 48
    share_of_book_max: Share = 1.0
    cooldown: Seconds = 30.0
    collar: Share = 0.005
    spread_max: Share = 0.01
    divergence_max: Share = 0.02
    depth_share_min: Share = 0.1
    data_age_max: Seconds = 15.0
    clock_skew_max: Seconds = 0.5
    cycles_before_first: Annotated[int, Field(ge=2, strict=True)] = 2
    countdown: Span = 0.0
    decide_within: Seconds = 300.0


def house_bounds(settings: OrderSettings) -> HouseBounds:
    """The house's bounds as the configuration states them."""
    return HouseBounds(
        snapshot_age_seconds_max=settings.data_age_max,
        clock_skew_seconds_max=settings.clock_skew_max,
        cycles_before_acting=settings.cycles_before_first,
        cooldown_seconds=settings.cooldown,
        order_notional_max=Decimal(str(settings.notional_per_order_max)),
        orders_per_ten_seconds_max=settings.orders_per_ten_seconds_max,
        orders_per_minute_max=settings.orders_per_minute_max,
        orders_per_hour_max=settings.orders_per_hour_max,
        orders_per_day_max=settings.orders_per_day_max,
        notional_per_hour_max=Decimal(str(settings.notional_per_hour_max)),
        notional_per_day_max=Decimal(str(settings.notional_per_day_max)),
        plans_per_rule_per_day_max=settings.plans_per_rule_per_day_max,
        share_of_book_max=settings.share_of_book_max,
        collar_rate=Decimal(str(settings.collar)),
        spread_rate_max=settings.spread_max,
        divergence_rate_max=settings.divergence_max,
        depth_share_min=settings.depth_share_min,
    )
