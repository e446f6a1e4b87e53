"""How a book leans to one side and to one asset, and what may break a hedge leg by leg."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from riskd.measure.spec import Selection
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from tests.builders import (
    BTC,
    ETH,
    NAN,
    SOL,
    a_hedge,
    a_history,
    a_position,
    a_snapshot,
    a_spot,
    an_account,
    an_instrument,
    perpetual_leg,
    spot_leg,
)
from tests.measure.books import book_of, by_subject, reason, selected, value, values
from tests.measure.vectors import near, of

BTC_C = "BTC/USDC:USDC"


# ---- number, side, asset -------------------------------------------------------------------------------------------


def test_positions_are_counted_those_of_hedge_mode_twice_and_doubtful_ones_too() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(hedge_mode=True)],
        positions=[
            a_position(BTC, 1, position_side="LONG"),
            a_position(BTC, -1, position_side="SHORT", strategy="hedge"),
            a_position(ETH, 1, position_side="LONG", confirmed=False),
        ],
    )
    assert value(snapshot, "open_positions", Grain.ACCOUNT) == 3.0
    assert by_subject(snapshot, "open_positions", Grain.STRATEGY) == {
        "account=main strategy=hedge": 1.0,
        "account=main strategy=swing": 2.0,
        "account=main strategy=unlabelled": 0.0,
    }
    assert value(a_snapshot(), "open_positions", Grain.PORTFOLIO) == 0.0


def test_one_sidedness_is_the_share_of_the_heavier_side() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1), a_position(ETH, -10), a_position(SOL, -200)])
    # 60,000 long against 30,000 + 30,000 short.
    assert value(snapshot, "one_sidedness", Grain.ACCOUNT) == 0.5
    leaning = a_snapshot(positions=[a_position(BTC, 1), a_position(ETH, -10)])
    assert value(leaning, "one_sidedness", Grain.ACCOUNT) == pytest.approx(2 / 3)
    assert value(a_snapshot(positions=[a_position(BTC, -1)]), "one_sidedness", Grain.ACCOUNT) == 1.0
    assert value(a_snapshot(), "one_sidedness", Grain.ACCOUNT) == 0.0


def test_accounts_that_lean_apart_balance_the_portfolio() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1, "a"), a_position(BTC, -1, "b")])
    assert values(snapshot, "one_sidedness", Grain.ACCOUNT) == [1.0, 1.0]
    assert values(snapshot, "one_sidedness", Grain.PORTFOLIO) == [0.5]


def test_hhi_counts_the_net_of_an_asset_over_its_contracts() -> None:
    snapshot = a_snapshot(
        positions=[a_position(BTC, 1), a_position(BTC_C, -0.5, mark=60_000.0), a_position(ETH, 10)]
    )
    # BTC 60,000 - 30,000 and ETH 30,000: two equal assets.
    assert value(snapshot, "hhi", Grain.ACCOUNT) == pytest.approx(0.5)
    offset = a_snapshot(positions=[a_position(BTC, 1), a_position(BTC_C, -1, mark=60_000.0)])
    assert value(offset, "hhi", Grain.ACCOUNT) == 0.0
    assert value(a_snapshot(positions=[a_position(BTC, -3)]), "hhi", Grain.ACCOUNT) == 1.0
    assert value(a_snapshot(), "hhi", Grain.ACCOUNT) == 0.0


@pytest.mark.shared
def test_hhi_of_published_shares() -> None:
    chosen = of("hhi")
    assert len(chosen) == 2
    for vector in chosen:
        shares, expected = vector["inputs"]["shares"], vector["expected"]
        held = [a_position(f"C{number}/USDT:USDT", share, mark=1.0) for number, share in enumerate(shares)]
        found = value(a_snapshot(positions=held), "hhi", Grain.ACCOUNT)
        near(found * 10_000.0, expected["hhi"], vector)
        near(1.0 / found, expected["effective_n"], vector)


def test_hhi_of_a_portfolio_joins_the_accounts() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1, "a"), a_position(ETH, 20, "b")])
    assert values(snapshot, "hhi", Grain.ACCOUNT) == [1.0, 1.0]
    assert values(snapshot, "hhi", Grain.PORTFOLIO) == [pytest.approx(0.5)]


def test_a_selection_counts_its_own_rows_only() -> None:
    book = book_of(a_snapshot(positions=[a_position(BTC, 1), a_position(ETH, -20), a_position(SOL, 1)]))
    first = Selection(positions=book.tables.positions.instrument == 0, orders=book.everything.orders)
    for name, expected in (("open_positions", 1.0), ("one_sidedness", 1.0), ("hhi", 1.0)):
        assert selected(book, name, Grain.ACCOUNT, first).values.tolist() == [expected]


def test_a_position_that_cannot_be_valued_makes_both_unknown_and_is_still_counted() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1), a_position(ETH, 1, mark=NAN)])
    for name in ("one_sidedness", "hhi"):
        assert reason(snapshot, name, Grain.ACCOUNT) == "mark price of ETH/USDT:USDT"
    assert value(snapshot, "open_positions", Grain.ACCOUNT) == 2.0


# ---- legs of hedges ------------------------------------------------------------------------------------------------


def a_pair(**changes: float) -> Snapshot:
    """BTC long in one account, short in another."""
    given: dict[str, float] = {"long": 1.0, "short": -1.0, "left": 20_000.0, "right": 10_000.0, **changes}
    held = [
        ("a", given["long"], given.get("left_rank", 1.0)),
        ("b", given["short"], given.get("right_rank", 1.0)),
    ]
    return a_snapshot(
        accounts=[an_account("a", wallet=given["left"]), an_account("b", wallet=given["right"])],
        instruments=[an_instrument(BTC, brackets=((0.0, 0.005),))],
        positions=[a_position(BTC, size, name, adl_rank=rank) for name, size, rank in held if size],
        hedges=(a_hedge("pair", perpetual_leg(BTC, "a"), perpetual_leg(BTC, "b")),),
    )


def test_the_leg_that_is_nearest_to_liquidation_counts() -> None:
    fall = 1 - (60_000 - 20_000) / 0.995 / 60_000
    rise = (60_000 + 10_000) / 1.005 / 60_000 - 1
    assert rise < fall
    assert value(a_pair(), "leg_liquidation_distance", Grain.HEDGE) == pytest.approx(rise)
    assert value(a_pair(short=0.0), "leg_liquidation_distance", Grain.HEDGE) == pytest.approx(fall)


def test_a_hedge_of_which_nothing_is_held_cannot_be_liquidated() -> None:
    assert value(a_pair(long=0.0, short=0.0), "leg_liquidation_distance", Grain.HEDGE) == math.inf
    coins = a_snapshot(
        spot=[a_spot("BTC", 1.0)], hedges=(a_hedge("coins", spot_leg("BTC"), spot_leg("BTC")),)
    )
    assert value(coins, "leg_liquidation_distance", Grain.HEDGE) == math.inf
    assert value(coins, "leg_adl_rank", Grain.HEDGE) == 0.0


def test_both_sides_of_a_market_belong_to_its_leg() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=20_000, hedge_mode=True)],
        positions=[
            a_position(BTC, 0.1, position_side="LONG", adl_rank=1.0),
            a_position(BTC, -0.1, position_side="SHORT", adl_rank=4.0),
        ],
        hedges=(a_hedge("own", perpetual_leg(BTC), perpetual_leg(ETH)),),
    )
    assert value(snapshot, "leg_adl_rank", Grain.HEDGE) == 4.0


def test_the_highest_rank_of_any_leg_counts_and_a_leg_not_held_has_none() -> None:
    assert value(a_pair(left_rank=2.0, right_rank=4.0), "leg_adl_rank", Grain.HEDGE) == 4.0
    assert value(a_pair(left_rank=2.0, short=0.0), "leg_adl_rank", Grain.HEDGE) == 2.0
    assert value(a_pair(long=0.0, short=0.0), "leg_adl_rank", Grain.HEDGE) == 0.0
    assert reason(a_pair(right_rank=NAN), "leg_adl_rank", Grain.HEDGE) == "ADL rank of BTC/USDT:USDT"


def test_margin_is_uneven_where_one_account_works_with_more_leverage() -> None:
    # 60,000 on 20,000 is 3x, on 10,000 it is 6x.
    assert value(a_pair(), "leg_margin_imbalance", Grain.HEDGE) == pytest.approx(2.0)
    assert value(a_pair(right=20_000.0), "leg_margin_imbalance", Grain.HEDGE) == pytest.approx(1.0)
    assert value(a_pair(right=-1.0), "leg_margin_imbalance", Grain.HEDGE) == math.inf


def test_an_account_that_holds_nothing_has_no_margin_to_be_uneven() -> None:
    assert value(a_pair(short=0.0), "leg_margin_imbalance", Grain.HEDGE) == 1.0
    assert value(a_pair(long=0.0, short=0.0), "leg_margin_imbalance", Grain.HEDGE) == 1.0


def test_legs_in_one_account_share_its_margin() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(equity=-5.0)],
        positions=[a_position(BTC, 1), a_position(ETH, -20)],
        hedges=(a_hedge("cross", perpetual_leg(ETH), perpetual_leg(BTC)),),
    )
    assert value(snapshot, "leg_margin_imbalance", Grain.HEDGE) == 1.0


def test_the_rest_of_an_account_counts_and_spot_does_not() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("a", equity=60_000), an_account("b", equity=60_000), an_account("c", equity=1)],
        positions=[a_position(BTC, 1, "a"), a_position(BTC, -1, "b"), a_position(ETH, 40, "b")],
        spot=[a_spot("BTC", 1.0, account="c")],
        hedges=(a_hedge("three", spot_leg("BTC", "c"), perpetual_leg(BTC, "a"), perpetual_leg(BTC, "b")),),
    )
    assert value(snapshot, "leg_margin_imbalance", Grain.HEDGE) == pytest.approx(3.0)


def test_a_leg_that_is_nowhere_makes_its_hedge_unknown() -> None:
    snapshot = a_snapshot(accounts=[an_account("a")], instruments=[an_instrument(BTC)])
    for owner, name, expected in (
        ("gone", BTC, "account gone of leg BTC/USDT:USDT is not configured"),
        ("a", ETH, "ETH/USDT:USDT of a is not in the snapshot"),
    ):
        hedge = a_hedge("h", perpetual_leg(BTC, "a"), perpetual_leg(name, owner))
        book = book_of(replace(snapshot, desk=replace(snapshot.desk, hedges=(hedge,))), a_history(snapshot))
        assert reason(book, "leg_liquidation_distance", Grain.HEDGE) == expected
        assert reason(book, "leg_adl_rank", Grain.HEDGE) == expected
    hedge = a_hedge("h", perpetual_leg(BTC, "a"), perpetual_leg(BTC, "gone"))
    book = book_of(replace(snapshot, desk=replace(snapshot.desk, hedges=(hedge,))), a_history(snapshot))
    assert reason(book, "leg_margin_imbalance", Grain.HEDGE) == (
        "account gone of leg BTC/USDT:USDT is not configured"
    )


def test_legs_name_what_is_missing() -> None:
    poor = a_snapshot(
        accounts=[an_account("a", equity=NAN), an_account("b")],
        positions=[a_position(BTC, 1, "a"), a_position(BTC, -1, "b")],
        hedges=(a_hedge("pair", perpetual_leg(BTC, "a"), perpetual_leg(BTC, "b")),),
    )
    assert reason(poor, "leg_margin_imbalance", Grain.HEDGE) == "equity of a"
    gone = a_snapshot(
        positions=[a_position(BTC, 1, "a", confirmed=False), a_position(BTC, -1, "b")],
        hedges=(a_hedge("pair", perpetual_leg(BTC, "a"), perpetual_leg(BTC, "b")),),
    )
    absent = "position BTC/USDT:USDT long: absent from the newest answer, not proven closed"
    assert reason(gone, "leg_margin_imbalance", Grain.HEDGE) == absent
    assert reason(gone, "leg_liquidation_distance", Grain.HEDGE) == absent
