"""Stop orders: coverage, distance, and what a trade may lose."""

from __future__ import annotations

import math

import pytest

from riskd.model.snapshot import OrderKind
from riskd.model.subject import Grain
from tests.builders import (
    BTC,
    ETH,
    NAN,
    OrderRow,
    a_position,
    a_snapshot,
    a_stop,
    an_account,
    an_instrument,
    an_order,
)
from tests.measure.books import reason, value, values

LONG = a_position(BTC, 1)


def coverage(*orders: OrderRow) -> float:
    return value(a_snapshot(positions=[LONG], orders=orders), "stop_coverage", Grain.POSITION)


def test_partial_stops_add_up_and_never_beyond_the_position() -> None:
    assert coverage() == 0.0
    assert coverage(a_stop(BTC, "SELL", 0.4, 57_000)) == pytest.approx(0.4)
    assert coverage(a_stop(BTC, "SELL", 0.4, 57_000), a_stop(BTC, "SELL", 0.3, 56_000)) == pytest.approx(0.7)
    assert coverage(a_stop(BTC, "SELL", 3, 57_000)) == 1.0
    assert coverage(a_stop(BTC, "SELL", 0, 57_000, close_position=True)) == 1.0


@pytest.mark.parametrize("parts", range(2, 60))
def test_stops_that_add_up_to_the_position_cover_all_of_it_exactly(parts: int) -> None:
    stops = [a_stop(BTC, "SELL", 0.1, 57_000) for _ in range(parts)]
    snapshot = a_snapshot(positions=[a_position(BTC, f"{parts / 10:.1f}")], orders=stops)
    assert value(snapshot, "stop_coverage", Grain.POSITION) == 1.0


def test_what_is_no_stop_for_the_position_does_not_count() -> None:
    stop = a_stop(BTC, "SELL", 1, 57_000)
    assert coverage(a_stop(BTC, "BUY", 1, 57_000)) == 0.0
    assert coverage(a_stop(BTC, "SELL", 1, 57_000, kind=OrderKind.TAKE_PROFIT)) == 0.0
    assert coverage(a_stop(BTC, "SELL", 1, 57_000, reduce_only=False)) == 0.0
    assert coverage(a_stop(BTC, "SELL", 1, 61_000)) == 0.0
    assert coverage(an_order(BTC, "SELL", 1, 57_000, reduce_only=True)) == 0.0
    assert coverage(a_stop(ETH, "SELL", 1, 57_000)) == 0.0
    assert coverage(stop) == 1.0
    other = a_snapshot(
        accounts=[an_account("main"), an_account("other")],
        positions=[LONG],
        orders=[a_stop(BTC, "SELL", 1, 57_000, "other")],
    )
    assert value(other, "stop_coverage", Grain.POSITION) == 0.0


def test_a_short_is_protected_above() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, -2)], orders=[a_stop(BTC, "BUY", 1, 63_000)])
    assert value(snapshot, "stop_coverage", Grain.POSITION) == 0.5
    below = a_snapshot(positions=[a_position(BTC, -2)], orders=[a_stop(BTC, "BUY", 1, 57_000)])
    assert value(below, "stop_coverage", Grain.POSITION) == 0.0


def test_in_hedge_mode_a_stop_protects_its_own_side() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(hedge_mode=True)],
        positions=[a_position(BTC, 1, position_side="LONG"), a_position(BTC, -1, position_side="SHORT")],
        orders=[
            a_stop(BTC, "SELL", 1, 57_000, position_side="LONG", reduce_only=False),
            a_stop(BTC, "SELL", 1, 57_000, position_side="SHORT"),
        ],
    )
    assert values(snapshot, "stop_coverage", Grain.POSITION) == [1.0, 0.0]


def test_a_stop_that_cannot_be_read_makes_coverage_unknown_unless_the_others_suffice() -> None:
    dark = a_stop(BTC, "SELL", 1, NAN)
    assert math.isnan(coverage(dark))
    assert coverage(dark, a_stop(BTC, "SELL", 1, 57_000)) == 1.0
    unread = a_snapshot(positions=[LONG], orders=[dark])
    assert reason(unread, "stop_coverage", Grain.POSITION) == (
        "trigger price or quantity of a stop order of BTC/USDT:USDT"
    )


def test_without_a_mark_the_side_of_a_stop_is_unknown_but_no_stop_is_no_stop() -> None:
    position = a_position(BTC, 1, mark=NAN)
    with_stop = a_snapshot(positions=[position], orders=[a_stop(BTC, "SELL", 1, 57_000)])
    assert reason(with_stop, "stop_coverage", Grain.POSITION) == "mark price of BTC/USDT:USDT"
    assert value(a_snapshot(positions=[position]), "stop_coverage", Grain.POSITION) == 0.0


def test_a_position_that_may_be_gone_has_unknown_coverage() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1, confirmed=False)])
    assert math.isnan(value(snapshot, "stop_coverage", Grain.POSITION))


def test_stop_distance_is_that_of_the_farthest_stop_needed_for_99_percent() -> None:
    def distance(*orders: OrderRow) -> float:
        return value(a_snapshot(positions=[LONG], orders=orders), "stop_distance", Grain.POSITION)

    near, far = a_stop(BTC, "SELL", 0.99, 57_000), a_stop(BTC, "SELL", 0.5, 54_000)
    assert distance(near) == pytest.approx(0.05)
    assert distance(far, near) == pytest.approx(0.05)
    assert distance(a_stop(BTC, "SELL", 0.9, 57_000), far) == pytest.approx(0.1)
    assert distance(a_stop(BTC, "SELL", 0.9, 57_000)) == math.inf
    assert distance() == math.inf


def test_stop_to_liquidation_compares_the_two_distances() -> None:
    flat = an_instrument(BTC, brackets=((0.0, 0.005),))

    def ratio(wallet: float, *orders: OrderRow) -> float:
        snapshot = a_snapshot(
            accounts=[an_account(wallet=wallet)], instruments=[flat], positions=[LONG], orders=orders
        )
        return value(snapshot, "stop_to_liquidation", Grain.POSITION)

    stop = a_stop(BTC, "SELL", 1, 57_000)
    room = 1 - (60_000 - 20_000) / 0.995 / 60_000
    assert ratio(20_000, stop) == pytest.approx(0.05 / room)
    assert ratio(20_000) == math.inf
    assert ratio(60_000) == ratio(60_000, stop) == 0.0
    assert ratio(100, stop) == math.inf


def risk(position: object, *orders: OrderRow, wallet: float = 100_000.0, **parameters: float) -> float:
    flat = an_instrument(BTC, brackets=((0.0, 0.005),), taker_fee_rate="0.0005")
    snapshot = a_snapshot(
        accounts=[an_account(wallet=wallet)],
        instruments=[flat],
        positions=[position],  # type: ignore[list-item]  # a row of the builders
        orders=orders,
    )
    return value(snapshot, "risk_per_trade", Grain.POSITION, **parameters)


def test_risk_is_the_way_to_the_stop_with_fee_and_slippage() -> None:
    expected = (3_000 + 57_000 * (0.0005 + 0.001)) / 100_000
    assert risk(LONG, a_stop(BTC, "SELL", 1, 57_000)) == pytest.approx(expected, rel=1e-12)


def test_several_stops_are_weighted_by_what_each_closes() -> None:
    stops = [a_stop(BTC, "SELL", 0.25, 57_000), a_stop(BTC, "SELL", 9, 54_000)]
    found = risk(LONG, *stops, slippage=0.0)
    expected = 0.25 * (3_000 + 57_000 * 0.0005) + 0.75 * (6_000 + 54_000 * 0.0005)
    assert found == pytest.approx(expected / 100_000, rel=1e-12)


def test_without_a_stop_the_risk_is_the_loss_to_liquidation() -> None:
    # Liquidation at (60,000 - 20,000) / 0.995; the account cannot be left with less than nothing.
    to_liquidation = 60_000 - 40_000 / 0.995
    assert risk(LONG, wallet=20_000) == pytest.approx(to_liquidation / 20_000, rel=1e-12)
    assert risk(LONG, wallet=500_000) == pytest.approx(60_000 / 500_000)
    half = risk(LONG, a_stop(BTC, "SELL", 0.5, 57_000), wallet=20_000, slippage=0.0)
    stopped = 3_000 + 57_000 * 0.0005
    assert half == pytest.approx((0.5 * stopped + 0.5 * to_liquidation) / 20_000, rel=1e-12)


def test_without_a_stop_an_isolated_position_risks_its_margin() -> None:
    assert risk(a_position(BTC, 1, isolated_wallet=6_000.0)) == pytest.approx(0.06)


def test_a_stop_beyond_liquidation_does_not_help() -> None:
    late = a_stop(BTC, "SELL", 1, 30_000)
    assert risk(LONG, late, wallet=20_000) == risk(LONG, wallet=20_000)


def test_a_fee_that_the_venue_does_not_state_is_allowed_for() -> None:
    silent = an_instrument(BTC, taker_fee_rate=None)
    snapshot = a_snapshot(instruments=[silent], positions=[LONG], orders=[a_stop(BTC, "SELL", 1, 57_000)])
    found = value(snapshot, "risk_per_trade", Grain.POSITION, fee=0.002, slippage=0.0)
    assert found == pytest.approx((3_000 + 57_000 * 0.002) / 100_000)


def test_risk_without_equity_is_infinite_and_with_unknown_equity_unknown() -> None:
    stop = a_stop(BTC, "SELL", 1, 57_000)
    poor = a_snapshot(accounts=[an_account(equity=-1)], positions=[LONG], orders=[stop])
    assert value(poor, "risk_per_trade", Grain.POSITION) == math.inf
    dark = a_snapshot(accounts=[an_account(equity=NAN)], positions=[LONG], orders=[stop])
    assert reason(dark, "risk_per_trade", Grain.POSITION) == "equity of main"


def test_an_open_part_without_any_liquidation_price_is_unknown_never_zero() -> None:
    bare = an_instrument(BTC, brackets=())
    snapshot = a_snapshot(instruments=[bare], positions=[LONG])
    assert reason(snapshot, "risk_per_trade", Grain.POSITION) == (
        "leverage brackets of BTC/USDT:USDT; and the venue states no liquidation price of BTC/USDT:USDT"
    )
    stopped = a_snapshot(instruments=[bare], positions=[LONG], orders=[a_stop(BTC, "SELL", 1, 57_000)])
    assert value(stopped, "risk_per_trade", Grain.POSITION) > 0.03


def test_a_long_that_the_venue_never_liquidates_can_lose_all_it_is_worth() -> None:
    bare = an_instrument(BTC, brackets=())
    position = a_position(BTC, 1, cannot_be_liquidated=True)
    snapshot = a_snapshot(instruments=[bare], positions=[position])
    assert value(snapshot, "risk_per_trade", Grain.POSITION) == pytest.approx(0.6)


def test_open_risk_adds_the_risks_of_all_trades() -> None:
    snapshot = a_snapshot(
        positions=[a_position(BTC, 1), a_position(ETH, -10)],
        orders=[a_stop(BTC, "SELL", 1, 57_000), a_stop(ETH, "BUY", 10, 3_300)],
    )
    each = values(snapshot, "risk_per_trade", Grain.POSITION)
    for grain in (Grain.ACCOUNT, Grain.PORTFOLIO):
        assert value(snapshot, "open_risk", grain) == pytest.approx(sum(each))
    assert values(snapshot, "open_risk", Grain.STRATEGY) == [pytest.approx(sum(each)), 0.0]


def test_open_risk_names_the_trade_that_is_unknown() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1), a_position(ETH, 1, mark=NAN)])
    assert reason(snapshot, "open_risk", Grain.ACCOUNT).startswith("mark price of ETH/USDT:USDT")
