"""Who is deleveraged first, when, and what the insurance fund pays: published examples in our own words."""

from __future__ import annotations

import math

import pytest

from riskd.measure.venues import (
    MODELS,
    Queued,
    Standing,
    forced_fills,
    insurance_payment,
    lights,
    linear,
    markout,
    overshoot,
    pool_drawdown,
    queue,
    ranking_score,
)

# BitMEX ADL examples: account, quantity, score.
ACCOUNTS = tuple(
    Queued(account=str(account), quantity=quantity, score=score)
    for account, quantity, score in ((1, 10, 3), (2, 10, 6), (3, 20, 1), (4, 30, 4), (5, 20, 5), (6, 10, 2))
)


def test_the_highest_score_is_taken_first_and_only_as_far_as_needed() -> None:
    assert [queued.account for queued in queue(ACCOUNTS)] == ["2", "5", "4", "1", "6", "3"]
    assert forced_fills(ACCOUNTS, 20) == {"2": 10, "5": 10}
    assert forced_fills(ACCOUNTS, 0) == {}
    assert sum(forced_fills(ACCOUNTS, 1e9).values()) == 100


def test_lights_are_fifths_of_all_quantity() -> None:
    assert lights(ACCOUNTS) == {"2": 0.2, "5": 0.4, "4": 0.6, "1": 0.8, "6": 0.8, "3": 1.0}


def test_profit_is_multiplied_by_leverage_and_loss_divided_by_it() -> None:
    score = MODELS["bitmex"].adl.score
    winner = Standing(side=1.0, mark_value=11_000.0, entry_value=10_000.0, bankrupt_value=9_000.0)
    loser = Standing(side=1.0, mark_value=9_900.0, entry_value=10_000.0, bankrupt_value=9_000.0)
    assert ranking_score(score, winner) == pytest.approx(0.55)
    assert ranking_score(score, loser) == pytest.approx(-0.01 / 11.0)


def test_hyperliquid_ranks_a_short_by_its_profit() -> None:
    score = MODELS["hyperliquid"].adl.score
    long = Standing(
        side=1.0, mark_value=9_000.0, entry_value=10_000.0, bankrupt_value=math.nan, equity=3_000.0
    )
    short = Standing(
        side=-1.0, mark_value=9_000.0, entry_value=10_000.0, bankrupt_value=math.nan, equity=3_000.0
    )
    assert ranking_score(score, long) == pytest.approx(2.7), "as printed"
    assert ranking_score(score, short) > ranking_score(score, long)


def test_a_venue_without_a_published_formula_has_no_score() -> None:
    standing = Standing(side=1.0, mark_value=11.0, entry_value=10.0, bankrupt_value=9.0)
    assert math.isnan(ranking_score(MODELS["okx"].adl.score, standing))


def test_a_pool_that_lost_more_than_its_threshold_has_the_rest_made_up() -> None:
    found = pool_drawdown(current_pnl=-350_000.0, highest_pnl=0.0, highest_balance=1e6, threshold=-0.3)
    assert (found.ratio, found.triggered, found.closes) == pytest.approx((-0.35, True, 50_000.0))
    calm = pool_drawdown(current_pnl=-100_000.0, highest_pnl=0.0, highest_balance=1e6, threshold=-0.3)
    assert (calm.triggered, calm.closes) == (False, 0.0)


def test_the_fund_pays_what_margin_does_not_cover() -> None:
    assert insurance_payment(linear(1.0, 40_000.0), 1_000.0, 38_850.0) == pytest.approx(150.0)
    assert insurance_payment(linear(500.0, 1.0), 100.0, 0.77) == pytest.approx(15.0)
    assert insurance_payment(linear(1.0, 40_000.0), 1_000.0, 39_500.0) == 0.0


def test_a_forced_close_costs_its_fill_and_what_the_market_did_after() -> None:
    found = markout(quantity=-10.0, fill=5.0, mark=5.2, later_mark=6.0)
    assert (found.immediate, found.opportunity, found.total) == pytest.approx((-2.0, -8.0, -10.0))


def test_the_overshoot_of_october_2025_is_that_of_the_third_version_of_the_paper() -> None:
    assert overshoot(60_108_335.328144774, 15_079_669.609008066) == pytest.approx(45_028_665.7191367)
