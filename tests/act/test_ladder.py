"""The rungs of the ladder, surer and dearer one after the other, and who takes the first of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskd.act.clamp import Pricing
from riskd.act.ladder import Ladder, Urgency, rung, urgency_of
from riskd.model.verdict import Level
from riskd.policy.rule import Action, ActionKind

CLOSE = Action(kind=ActionKind.CLOSE)
LADDER = Ladder(collar_rate=Decimal("0.01"), order_notional_max=Decimal(1000), expiry_seconds=3.0)


def rungs(urgency: Urgency) -> list[tuple[Pricing, Decimal]]:
    return [(style.pricing, style.collar_rate) for style in (rung(n, urgency, LADDER) for n in range(6))]


def test_a_calm_reduction_waits_then_takes_in_a_widening_band_then_takes_whatever_is_there() -> None:
    bands = [(Pricing.COLLAR, Decimal(rate)) for rate in ("0.01", "0.02", "0.04")]
    market = (Pricing.MARKET, Decimal("0.04"))
    assert rungs(Urgency.CALM) == [(Pricing.TOUCH, Decimal("0.01")), *bands, market, market]
    assert rungs(Urgency.URGENT) == [*bands, market, market, market]


@given(attempt=st.integers(0, 50), urgency=st.sampled_from(Urgency))
def test_every_rung_keeps_the_houses_largest_order_and_expiry(attempt: int, urgency: Urgency) -> None:
    style = rung(attempt, urgency, LADDER)
    assert (style.order_notional_max, style.expiry_seconds) == (Decimal(1000), 3.0)
    assert style.collar_rate <= 4 * LADDER.collar_rate


@pytest.mark.parametrize(
    ("level", "measure", "urgency"),
    [
        (Level.WARN, "leverage", Urgency.CALM),
        (Level.BREACH, "leverage", Urgency.CALM),
        (Level.CRITICAL, "leverage", Urgency.URGENT),
        (Level.WARN, "margin_ratio", Urgency.URGENT),
        (Level.BREACH, "liquidation_distance", Urgency.URGENT),
    ],
)
def test_what_is_critical_or_near_liquidation_does_not_wait(
    level: Level, measure: str, urgency: Urgency
) -> None:
    assert urgency_of(CLOSE, level, measure) is urgency


@pytest.mark.parametrize("urgency", list(Urgency))
def test_a_policy_that_says_how_is_obeyed(urgency: Urgency) -> None:
    assert urgency_of(replace(CLOSE, urgency=urgency), Level.CRITICAL, "margin_ratio") is urgency
    assert urgency_of(replace(CLOSE, urgency=urgency), Level.WARN, "leverage") is urgency
