"""How a trade stands: the age of its stop, reward against risk, R multiples, funding to a horizon."""

from __future__ import annotations

import math

import pytest

from riskd.model.snapshot import OrderKind
from riskd.model.subject import Grain
from tests.builders import (
    BTC,
    NAN,
    OrderRow,
    PositionRow,
    a_position,
    a_snapshot,
    a_stop,
    an_account,
    an_instrument,
    an_order,
)
from tests.measure.books import book_of, measured, reason, value, values

DAY = 86_400.0
LONG = a_position(BTC, 1)


def a_target(quantity: float, price: float) -> OrderRow:
    """A reduce-only limit order that sells BTC."""
    return an_order(BTC, "SELL", quantity, price, reduce_only=True)


def of(name: str, *orders: OrderRow, position: PositionRow = LONG, **parameters: float) -> float:
    return value(a_snapshot(positions=[position], orders=orders), name, Grain.POSITION, **parameters)


def why(name: str, *orders: OrderRow, position: PositionRow = LONG) -> str:
    return reason(a_snapshot(positions=[position], orders=orders), name, Grain.POSITION)


# ---- age of the stop -----------------------------------------------------------------------------------------------


def test_a_stop_is_as_old_as_its_newest_part() -> None:
    old = a_stop(BTC, "SELL", 0.5, 57_000, placed_age_seconds=9 * DAY)
    new = a_stop(BTC, "SELL", 0.5, 56_000, placed_age_seconds=2 * DAY)
    assert of("stop_age", old) == 9 * DAY
    assert of("stop_age", old, new) == 2 * DAY
    ahead = a_stop(BTC, "SELL", 1, 57_000, placed_age_seconds=-3.0)
    assert of("stop_age", ahead) == 0.0


def test_a_stop_that_protects_nothing_does_not_make_it_younger() -> None:
    old = a_stop(BTC, "SELL", 1, 57_000, placed_age_seconds=9 * DAY)
    behind = a_stop(BTC, "SELL", 1, 50_000, placed_age_seconds=DAY)
    passed = a_stop(BTC, "SELL", 1, 61_000, placed_age_seconds=DAY)
    assert of("stop_age", old, behind, passed) == 9 * DAY


def test_a_position_without_a_stop_has_one_that_was_never_placed() -> None:
    assert of("stop_age") == of("stop_age", a_target(1, 66_000)) == math.inf


def test_an_unreadable_stop_or_an_unknown_time_is_unknown() -> None:
    fresh = a_stop(BTC, "SELL", 1, 57_000)
    dark = a_stop(BTC, "SELL", 1, NAN)
    assert why("stop_age", fresh, dark) == "trigger price or quantity of a stop order of BTC/USDT:USDT"
    timeless = a_stop(BTC, "SELL", 1, 57_000, placed_age_seconds=NAN)
    assert why("stop_age", timeless) == "time at which a stop order of BTC/USDT:USDT was placed"


# ---- reward to risk ------------------------------------------------------------------------------------------------


def test_reward_to_risk_is_the_way_to_the_target_over_the_way_to_the_stop() -> None:
    stop = a_stop(BTC, "SELL", 1, 57_000)
    assert of("reward_to_risk", stop, a_target(1, 66_000)) == 2.0
    market = a_stop(BTC, "SELL", 1, 69_000, kind=OrderKind.TAKE_PROFIT)
    assert of("reward_to_risk", stop, market) == 3.0


def test_targets_and_stops_are_weighted_by_what_they_close() -> None:
    # 0.75 at +3,000, then 0.25 of the 0.5 at +9,000: 4,500 on average. Stops: half at -1,500, half at -4,500: 3,000.
    targets = [a_target(0.5, 69_000), a_target(0.75, 63_000)]
    stops = [a_stop(BTC, "SELL", 0.5, 58_500), a_stop(BTC, "SELL", 2, 55_500)]
    assert of("reward_to_risk", *stops, *targets) == pytest.approx(1.5)


def test_a_take_profit_limit_wins_what_its_limit_says() -> None:
    order = a_stop(BTC, "SELL", 1, 65_000, kind=OrderKind.TAKE_PROFIT, price=66_000.0)
    assert of("reward_to_risk", a_stop(BTC, "SELL", 1, 57_000), order) == 2.0


def test_a_short_wins_below() -> None:
    short = a_position(BTC, -1)
    target = an_order(BTC, "BUY", 1, 54_000, reduce_only=True)
    assert of("reward_to_risk", a_stop(BTC, "BUY", 1, 63_000), target, position=short) == 2.0


def test_without_a_stop_nothing_bounds_the_risk() -> None:
    assert of("reward_to_risk", a_target(1, 66_000)) == 0.0
    assert of("reward_to_risk", a_stop(BTC, "SELL", 0.9, 57_000), a_target(1, 66_000)) == 0.0
    assert of("reward_to_risk") == 0.0


def test_without_a_target_the_reward_is_unknown() -> None:
    stop = a_stop(BTC, "SELL", 1, 57_000)
    missing = "no resting order takes the profit of BTC/USDT:USDT"
    assert why("reward_to_risk", stop) == missing
    assert why("reward_to_risk", stop, an_order(BTC, "SELL", 1, 66_000)) == missing  # it might open a short
    assert why("reward_to_risk", stop, a_target(1, 59_000)) == missing  # mark has passed it
    assert why("reward_to_risk", stop, a_target(1, NAN)) == (
        "price or quantity of an order that takes the profit of BTC/USDT:USDT"
    )


def test_in_hedge_mode_an_order_of_the_side_takes_its_profit() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(hedge_mode=True)],
        positions=[a_position(BTC, 1, position_side="LONG"), a_position(BTC, -1, position_side="SHORT")],
        orders=[
            a_stop(BTC, "SELL", 1, 57_000, position_side="LONG"),
            an_order(BTC, "SELL", 1, 66_000, position_side="LONG"),
            a_stop(BTC, "BUY", 1, 61_500, position_side="SHORT"),
            an_order(BTC, "BUY", 1, 57_000, position_side="SHORT"),
        ],
    )
    assert values(snapshot, "reward_to_risk", Grain.POSITION) == [2.0, 2.0]


def test_a_stop_at_the_mark_risks_nothing() -> None:
    assert of("reward_to_risk", a_stop(BTC, "SELL", 1, 60_000), a_target(1, 66_000)) == math.inf
    assert of("reward_to_risk", a_stop(BTC, "SELL", 1, 60_000), a_target(1, 60_000)) == 0.0


# ---- R multiples ---------------------------------------------------------------------------------------------------


def test_a_gain_of_twice_the_planned_loss_is_two_r() -> None:
    position = a_position(BTC, 1, entry=56_000.0)
    assert of("risk_multiple", a_stop(BTC, "SELL", 1, 54_000), position=position) == 2.0
    losing = a_position(BTC, 1, entry=61_000.0)
    assert of("risk_multiple", a_stop(BTC, "SELL", 1, 59_000), position=losing) == -0.5
    short = a_position(BTC, -1, entry=66_000.0)
    assert of("risk_multiple", a_stop(BTC, "BUY", 1, 68_000), position=short) == 3.0


def test_a_stop_that_trails_shrinks_r() -> None:
    position = a_position(BTC, 1, entry=56_000.0)
    found = [
        of("risk_multiple", a_stop(BTC, "SELL", 1, stop), position=position)
        for stop in (52_000, 54_000, 55_500)
    ]
    assert found == [1.0, 2.0, 8.0]


def test_a_stop_at_break_even_or_beyond_leaves_no_risk() -> None:
    position = a_position(BTC, 1, entry=56_000.0)
    assert of("risk_multiple", a_stop(BTC, "SELL", 1, 56_000), position=position) == math.inf
    assert of("risk_multiple", a_stop(BTC, "SELL", 1, 58_000), position=position) == math.inf
    assert of("risk_multiple", a_stop(BTC, "SELL", 1, 60_000)) == 0.0  # nothing won, nothing at risk


def test_a_stop_at_the_mark_below_entry_is_the_whole_loss() -> None:
    position = a_position(BTC, 1, entry=61_000.0)
    assert of("risk_multiple", a_stop(BTC, "SELL", 1, 60_000), position=position) == -1.0


def test_without_a_stop_there_is_no_r() -> None:
    assert why("risk_multiple") == "its R: no stop closes 99 % of BTC/USDT:USDT"
    assert why("risk_multiple", a_stop(BTC, "SELL", 0.9, 57_000)).startswith("its R: no stop closes")
    lost = a_position(BTC, 1, entry=NAN)
    assert why("risk_multiple", a_stop(BTC, "SELL", 1, 57_000), position=lost) == (
        "mark or entry price of BTC/USDT:USDT"
    )


# ---- funding to a horizon ------------------------------------------------------------------------------------------


def funding(
    quantity: float, *orders: OrderRow, rate: float = 0.0001, hours: float = 8.0, **parameters: float
) -> float:
    instrument = an_instrument(BTC, funding_rate=rate, interval_hours=hours, taker_fee_rate="0")
    snapshot = a_snapshot(instruments=[instrument], positions=[a_position(BTC, quantity)], orders=orders)
    return value(snapshot, "funding_to_horizon", Grain.POSITION, slippage=0.0, **parameters)


def test_ten_days_of_funding_as_a_share_of_the_loss_at_the_stop() -> None:
    stop = a_stop(BTC, "SELL", 1, 57_000)
    # 30 settlements of 0.01 % of 60,000 are 180; the stop loses 3,000.
    assert funding(1, stop) == pytest.approx(0.06)
    assert funding(1, stop, horizon=20 * DAY) == pytest.approx(0.12)
    assert funding(1, stop, hours=4.0) == pytest.approx(0.12)


def test_funding_that_is_received_is_negative() -> None:
    assert funding(-1, a_stop(BTC, "BUY", 1, 63_000)) == pytest.approx(-0.06)
    assert funding(1, a_stop(BTC, "SELL", 1, 57_000), rate=-0.0001) == pytest.approx(-0.06)


def test_without_a_stop_funding_is_held_against_the_loss_to_liquidation() -> None:
    # The account can lose all it has before 60,000 - 100,000 is reached: 60,000 at most.
    assert funding(1) == pytest.approx(180 / 60_000)


def test_funding_without_risk_is_infinite_and_received_without_risk_is_nothing() -> None:
    stop = a_stop(BTC, "SELL", 1, 60_000)
    assert funding(1, stop) == math.inf
    assert funding(1, stop, rate=-0.0001) == funding(1, stop, rate=0.0) == 0.0


def test_funding_to_horizon_names_what_is_missing() -> None:
    silent = an_instrument(BTC, funding_rate=NAN)
    stop = a_stop(BTC, "SELL", 1, 57_000)
    snapshot = a_snapshot(instruments=[silent], positions=[LONG], orders=[stop])
    assert (
        reason(snapshot, "funding_to_horizon", Grain.POSITION) == "funding rate or interval of BTC/USDT:USDT"
    )
    unmarked = a_position(BTC, 1, mark=NAN)
    assert why("funding_to_horizon", stop, position=unmarked) == "mark price of BTC/USDT:USDT"


def test_a_trade_with_its_stop_needs_no_equity() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(equity=NAN)], positions=[LONG], orders=[a_stop(BTC, "SELL", 1, 57_000)]
    )
    found = measured(book_of(snapshot), "funding_to_horizon", Grain.POSITION)
    assert list(found.unknown) == [""]
