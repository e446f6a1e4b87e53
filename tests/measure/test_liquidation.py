"""Distances to liquidation and the margin ratio."""

from __future__ import annotations

import math

import pytest

from riskd.model.subject import Grain
from tests.builders import BTC, ETH, NAN, a_position, a_snapshot, an_account, an_instrument
from tests.measure.books import reason, value, values

FLAT = an_instrument(BTC, brackets=((0.0, 0.005),))
FLAT_ETH = an_instrument(ETH, brackets=((0.0, 0.005),))


def test_a_long_liquidates_where_equity_meets_maintenance() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=20_000)], instruments=[FLAT], positions=[a_position(BTC, 1)]
    )
    expected = (60_000 - 20_000) / 0.995
    distance = value(snapshot, "liquidation_distance", Grain.POSITION)
    assert 60_000 * (1 - distance) == pytest.approx(expected, rel=1e-12)


def test_a_short_liquidates_above() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=20_000)], instruments=[FLAT], positions=[a_position(BTC, -1)]
    )
    expected = (60_000 + 20_000) / 1.005
    distance = value(snapshot, "liquidation_distance", Grain.POSITION)
    assert 60_000 * (1 + distance) == pytest.approx(expected, rel=1e-12)


def test_the_bracket_is_that_of_the_liquidation_price_not_of_mark() -> None:
    tiers = an_instrument(BTC, brackets=((0.0, 0.01), (70_000.0, 0.5)))
    snapshot = a_snapshot(
        accounts=[an_account(wallet=20_000)], instruments=[tiers], positions=[a_position(BTC, -1)]
    )
    # 60,000 + 20,000 - p = 0.5 p - 70,000 (0.5 - 0.01) holds in the upper bracket.
    expected = (80_000 + 70_000 * 0.49) / 1.5
    assert 70_000 < expected < 80_000
    distance = value(snapshot, "liquidation_distance", Grain.POSITION)
    assert 60_000 * (1 + distance) == pytest.approx(expected, rel=1e-12)


def test_an_unleveraged_long_cannot_be_liquidated() -> None:
    snapshot = a_snapshot(accounts=[an_account(wallet=60_000)], positions=[a_position(BTC, 1)])
    assert value(snapshot, "liquidation_distance", Grain.POSITION) == math.inf
    assert value(snapshot, "liquidation_distance", Grain.ACCOUNT) == math.inf


def test_the_nearer_of_the_venues_price_and_ours_counts() -> None:
    def distance(stated: float, *, never: bool = False) -> float:
        position = a_position(BTC, 1, liquidation_price=stated, cannot_be_liquidated=never)
        snapshot = a_snapshot(accounts=[an_account(wallet=20_000)], instruments=[FLAT], positions=[position])
        return value(snapshot, "liquidation_distance", Grain.POSITION)

    own = distance(NAN)
    assert distance(57_000.0) == pytest.approx(0.05)
    assert distance(10_000.0) == own
    assert distance(NAN, never=True) == own


def test_the_venues_price_stands_alone_where_brackets_are_unknown() -> None:
    unknown = an_instrument(BTC, brackets=())
    known = a_position(BTC, 1, liquidation_price=48_000.0)
    snapshot = a_snapshot(instruments=[unknown], positions=[known])
    assert value(snapshot, "liquidation_distance", Grain.POSITION) == pytest.approx(0.2)
    silent = a_snapshot(instruments=[unknown], positions=[a_position(BTC, 1)])
    assert reason(silent, "liquidation_distance", Grain.POSITION) == (
        "leverage brackets of BTC/USDT:USDT; and the venue states no liquidation price"
    )


def test_a_price_that_mark_has_passed_is_a_distance_of_zero() -> None:
    passed = a_position(BTC, 1, liquidation_price=61_000.0)
    assert value(a_snapshot(positions=[passed]), "liquidation_distance", Grain.POSITION) == 0.0
    broke = a_snapshot(accounts=[an_account(wallet=100)], positions=[a_position(BTC, 1)])
    assert value(broke, "liquidation_distance", Grain.POSITION) == 0.0
    assert value(broke, "account_shock", Grain.ACCOUNT) == 0.0


def test_other_positions_margin_and_losses_bring_liquidation_nearer() -> None:
    alone = a_snapshot(
        accounts=[an_account(wallet=20_000)], instruments=[FLAT], positions=[a_position(BTC, 1)]
    )
    beside = a_snapshot(
        accounts=[an_account(wallet=20_000)],
        instruments=[FLAT, FLAT_ETH],
        positions=[a_position(BTC, 1), a_position(ETH, 10, entry=3_500)],
    )
    lost, needed = 5_000.0, 150.0
    price = (60_000 - 20_000 + lost + needed) / 0.995
    assert values(beside, "liquidation_distance", Grain.POSITION)[0] == pytest.approx(1 - price / 60_000)
    assert values(alone, "liquidation_distance", Grain.POSITION)[0] > 1 - price / 60_000


def test_an_isolated_position_stands_on_its_own_wallet() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=1e6)],
        instruments=[FLAT],
        positions=[a_position(BTC, 1, isolated_wallet=6_000.0)],
    )
    price = (60_000 - 6_000) / 0.995
    assert value(snapshot, "liquidation_distance", Grain.POSITION) == pytest.approx(1 - price / 60_000)
    assert value(snapshot, "liquidation_distance", Grain.ACCOUNT) == math.inf


def test_a_fully_hedged_pair_is_liquidated_by_a_rise_as_margin_grows_with_price() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=1_200.0, hedge_mode=True)],
        instruments=[FLAT],
        positions=[a_position(BTC, 1, position_side="LONG"), a_position(BTC, -1, position_side="SHORT")],
    )
    # 1,200 = 2 x 0.005 x p: only a doubling of the price.
    assert values(snapshot, "liquidation_distance", Grain.POSITION) == [pytest.approx(1.0)] * 2
    assert value(snapshot, "account_shock", Grain.ACCOUNT) == pytest.approx(1.0)


def test_per_position_distances_hide_what_the_account_shows() -> None:
    """Two positions that fall together liquidate the account long before either falling alone would (story F14)."""
    snapshot = a_snapshot(
        accounts=[an_account(wallet=30_000)],
        instruments=[FLAT, FLAT_ETH],
        positions=[a_position(BTC, 1), a_position(ETH, 20)],
    )
    each = values(snapshot, "liquidation_distance", Grain.POSITION)
    account = value(snapshot, "liquidation_distance", Grain.ACCOUNT)
    # 30,000 - 120,000 s = 0.005 x 120,000 (1 - s)
    assert account == pytest.approx((30_000 - 600) / (120_000 * 0.995), rel=1e-12)
    assert account < min(each) * 0.6
    assert value(snapshot, "account_shock", Grain.ACCOUNT) == pytest.approx(account)


def test_a_hedged_book_survives_a_common_shock_but_not_an_adverse_one() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=10_000)],
        instruments=[FLAT, FLAT_ETH],
        positions=[a_position(BTC, 1), a_position(ETH, -20)],
    )
    adverse = value(snapshot, "liquidation_distance", Grain.ACCOUNT)
    # 10,000 - 120,000 s = 0.005 x 120,000: one leg's margin shrinks as the other's grows.
    assert adverse == pytest.approx((10_000 - 600) / 120_000, rel=1e-12)
    # Together only margin grows: 10,000 = 0.005 x 120,000 (1 + s).
    assert value(snapshot, "account_shock", Grain.ACCOUNT) == pytest.approx(10_000 / 600 - 1, rel=1e-12)


def test_beyond_a_fall_to_zero_only_shorts_go_on_losing() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=200_000)],
        instruments=[FLAT, FLAT_ETH],
        positions=[a_position(BTC, 1), a_position(ETH, -20)],
    )
    # The long has lost all of its 60,000; 140,000 - 60,000 s = 0.005 x 60,000 (1 + s).
    expected = (140_000 - 300) / (60_000 * 1.005)
    assert expected > 1
    assert value(snapshot, "liquidation_distance", Grain.ACCOUNT) == pytest.approx(expected, rel=1e-12)


def test_an_unknown_mark_or_bracket_makes_the_account_unknown_and_names_it() -> None:
    dark = a_snapshot(positions=[a_position(BTC), a_position(ETH, mark=NAN)])
    assert reason(dark, "liquidation_distance", Grain.ACCOUNT) == "mark price of ETH/USDT:USDT"
    bare = a_snapshot(
        instruments=[an_instrument(ETH, brackets=())], positions=[a_position(BTC), a_position(ETH)]
    )
    assert reason(bare, "account_shock", Grain.ACCOUNT) == "leverage brackets of ETH/USDT:USDT"
    no_wallet = a_snapshot(accounts=[an_account(cross_wallet=NAN)], positions=[a_position(BTC)])
    assert reason(no_wallet, "account_shock", Grain.ACCOUNT) == "cross wallet balance of main"


def test_anothers_unknown_brackets_are_replaced_by_the_venues_margin() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=20_000)],
        instruments=[FLAT, an_instrument(ETH, brackets=())],
        positions=[a_position(BTC, 1), a_position(ETH, 1, maintenance_margin=995.0)],
    )
    price = (60_000 - 20_000 + 995) / 0.995
    assert values(snapshot, "liquidation_distance", Grain.POSITION)[0] == pytest.approx(1 - price / 60_000)


def test_divergence_is_the_gap_between_the_venues_price_and_ours() -> None:
    def gap(stated: float = NAN, *, never: bool = False) -> float:
        position = a_position(BTC, 1, liquidation_price=stated, cannot_be_liquidated=never)
        snapshot = a_snapshot(accounts=[an_account(wallet=20_000)], instruments=[FLAT], positions=[position])
        return value(snapshot, "liquidation_divergence", Grain.POSITION)

    own = 40_000 / 0.995
    assert gap(own) == pytest.approx(0.0, abs=1e-12)
    assert gap(own + 600) == pytest.approx(0.01)
    assert gap(never=True) == pytest.approx(own / 60_000)
    assert math.isnan(gap())


def test_margin_ratio_is_what_the_venue_states_over_equity() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=10_000, maintenance_margin=4_000)], positions=[a_position(BTC, 1)]
    )
    assert value(snapshot, "margin_ratio", Grain.ACCOUNT) == 0.4


def test_margin_ratio_falls_back_to_brackets_and_names_what_is_missing() -> None:
    silent = an_account(wallet=10_000, maintenance_margin=NAN)
    by_brackets = a_snapshot(accounts=[silent], instruments=[FLAT], positions=[a_position(BTC, 1)])
    assert value(by_brackets, "margin_ratio", Grain.ACCOUNT) == 0.03
    neither = a_snapshot(
        accounts=[silent], instruments=[an_instrument(BTC, brackets=())], positions=[a_position(BTC, 1)]
    )
    assert reason(neither, "margin_ratio", Grain.ACCOUNT) == (
        "maintenance margin and leverage brackets of BTC/USDT:USDT"
    )


def test_margin_ratio_leaves_isolated_positions_apart() -> None:
    """A losing isolated position must not fire the whole account (story F13)."""
    snapshot = a_snapshot(
        accounts=[an_account(wallet=13_000)],
        instruments=[FLAT, FLAT_ETH],
        positions=[a_position(BTC, 1), a_position(ETH, 20, entry=3_140, isolated_wallet=3_000.0)],
    )
    assert value(snapshot, "margin_ratio", Grain.ACCOUNT) == pytest.approx(300 / 10_000)


def test_margin_ratio_without_equity_is_infinite_and_of_nothing_zero() -> None:
    held = a_snapshot(accounts=[an_account(equity=-1)], positions=[a_position(BTC, 1)])
    assert value(held, "margin_ratio", Grain.ACCOUNT) == math.inf
    assert value(a_snapshot(accounts=[an_account(equity=-1)]), "margin_ratio", Grain.ACCOUNT) == 0.0
