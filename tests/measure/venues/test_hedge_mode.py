"""What a long and a short of one market need together."""

from __future__ import annotations

import pytest

from riskd.measure.venues import (
    MODELS,
    Backing,
    Holding,
    MarginMode,
    flat,
    linear,
    liquidation_price,
    marginal,
    margined_by,
    whole,
)
from riskd.measure.venues.model import HedgeMargin
from riskd.measure.venues.schedule import Schedule, Tier

TABLE = Schedule(tiers=(Tier(floor=0.0, rate=0.01), Tier(floor=450.0, rate=0.1)))


def pair(long: float, short: float, table: Schedule = TABLE) -> list[Holding]:
    return [Holding(position=linear(q, 100.0), mark=100.0, maintenance=table) for q in (long, -short)]


def test_each_side_by_itself_is_margined_by_its_own_table() -> None:
    assert margined_by(HedgeMargin.EACH_SIDE, pair(3.0, 1.0)) == (TABLE, TABLE)


def test_of_the_larger_side_alone_the_smaller_needs_nothing() -> None:
    assert margined_by(HedgeMargin.LARGER_SIDE, pair(3.0, 1.0)) == (TABLE, None)
    assert margined_by(HedgeMargin.LARGER_SIDE, pair(1.0, 3.0)) == (None, TABLE)
    assert margined_by(HedgeMargin.LARGER_SIDE, pair(2.0, 2.0)) == (TABLE, None), "of equal sides the long"


def test_one_side_alone_is_no_pair() -> None:
    for rule in HedgeMargin:
        assert margined_by(rule, pair(3.0, 1.0)[:1]) == (TABLE,)


def test_a_tier_by_both_together_is_reached_by_a_share_of_its_floor() -> None:
    larger, smaller = margined_by(HedgeMargin.LARGER_SIDE_BY_BOTH, pair(3.0, 1.0))
    assert smaller is None
    assert larger is not None
    assert [tier.floor for tier in larger.tiers] == [0.0, 337.5]
    # 300 and 100 at 100; from 112.5 on both are worth 450.
    assert larger.required(337.4, 3.0) == pytest.approx(3.374)
    assert larger.required(337.5, 3.0) == pytest.approx(33.75)


def test_a_pair_is_liquidated_by_the_rule_of_its_venue() -> None:
    backing = Backing(mode=MarginMode.CROSS, cash=100.0)
    found = {
        name: liquidation_price(MODELS[name], pair(3.0, 1.0), backing, fee_rate=0.0)
        for name in ("binance_usdm", "gate", "bitget")
    }
    # 100 - 2·(100 - P) = 0.01·4·P, or 0.01·3·P
    assert found["binance_usdm"] == pytest.approx(100.0 / 1.96)
    assert found["gate"] == found["bitget"] == pytest.approx(100.0 / 1.97)


def test_an_isolated_pair_is_no_pair() -> None:
    table = flat(0.01)
    for name in ("binance_usdm", "gate"):
        found = liquidation_price(
            MODELS[name], pair(3.0, 1.0, table), Backing(mode=MarginMode.ISOLATED, cash=100.0), fee_rate=0.0
        )
        assert found == pytest.approx(100.0 / 1.96)


def test_the_two_sides_may_have_tables_of_their_own() -> None:
    long, short = pair(3.0, 1.0, marginal([(0.0, 0.02)]))
    other = Holding(position=short.position, mark=short.mark, maintenance=whole([(0.0, 0.03)], 1.0))
    assert margined_by(HedgeMargin.LARGER_SIDE, [long, other]) == (long.maintenance, None)
