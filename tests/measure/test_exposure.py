"""Shares of equity, of gross, of venues; and net delta."""

from __future__ import annotations

import math

import numpy as np
import pytest

from riskd.measure.catalogue import select_all
from riskd.measure.spec import Selection
from riskd.model.subject import Grain
from tests.builders import (
    BTC,
    ETH,
    NAN,
    a_hedge,
    a_position,
    a_snapshot,
    a_spot,
    an_account,
    perpetual_leg,
    spot_leg,
)
from tests.measure.books import book_of, by_subject, reason, selected, value, values


def test_share_of_equity_by_position_asset_and_venue() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("a", venue="one", wallet=100_000), an_account("b", venue="two", wallet=20_000)],
        positions=[a_position(BTC, 1, "a"), a_position(ETH, -10, "a"), a_position(BTC, 1, "b")],
    )
    assert values(snapshot, "share_of_equity", Grain.POSITION) == [0.6, 0.3, 3.0]
    assert by_subject(snapshot, "share_of_equity", Grain.ASSET) == {
        "account=a asset=BTC": 0.6,
        "account=a asset=ETH": 0.3,
        "account=b asset=BTC": 3.0,
    }
    assert by_subject(snapshot, "share_of_equity", Grain.EXCHANGE) == {"venue=one": 0.75, "venue=two": 0.5}


def test_share_of_equity_is_infinite_without_equity_and_zero_of_nothing() -> None:
    snapshot = a_snapshot(accounts=[an_account(equity=-1.0)], positions=[a_position()])
    assert value(snapshot, "share_of_equity", Grain.POSITION) == math.inf
    assert by_subject(snapshot, "share_of_equity", Grain.STRATEGY)["account=main strategy=unlabelled"] == 0.0


def test_share_of_gross_is_of_the_account_and_of_a_venue_of_everything() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("a", venue="one"), an_account("b", venue="two")],
        positions=[a_position(BTC, 1, "a"), a_position(ETH, -10, "a"), a_position(ETH, 10, "b")],
    )
    assert by_subject(snapshot, "share_of_gross", Grain.ASSET) == {
        "account=a asset=BTC": pytest.approx(2 / 3),
        "account=a asset=ETH": pytest.approx(1 / 3),
        "account=b asset=ETH": 1.0,
    }
    assert values(snapshot, "share_of_gross", Grain.EXCHANGE) == [0.75, 0.25]


def test_an_unknown_position_anywhere_in_the_account_makes_every_share_unknown() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1), a_position(ETH, 1, mark=NAN)])
    assert all(math.isnan(share) for share in values(snapshot, "share_of_gross", Grain.ASSET))
    assert reason(snapshot, "share_of_gross", Grain.ASSET) == "mark price of ETH/USDT:USDT"


def test_a_selection_restricts_the_numerator_of_a_share_only() -> None:
    book = book_of(a_snapshot(positions=[a_position(BTC, 1), a_position(ETH, 20)]))
    only_btc = Selection(positions=np.array([True, False]), orders=select_all(book).orders)
    assert selected(book, "share_of_gross", Grain.ASSET, only_btc).values.tolist() == [0.5, 0.0]


def test_equity_at_venue_shares_out_all_equity() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("a", venue="one", wallet=75_000), an_account("b", venue="two", wallet=25_000)]
    )
    assert by_subject(snapshot, "equity_at_venue", Grain.EXCHANGE) == {"venue=one": 0.75, "venue=two": 0.25}


def test_shares_of_no_equity_are_unknown() -> None:
    snapshot = a_snapshot(accounts=[an_account(wallet=0.0)])
    assert reason(snapshot, "equity_at_venue", Grain.EXCHANGE).startswith("total equity is not positive")


def test_net_delta_is_signed_and_spot_that_a_hedge_names_counts() -> None:
    neutral = a_snapshot(
        accounts=[an_account(wallet=60_000)],
        positions=[a_position(BTC, -1)],
        spot=[a_spot("BTC", 1.0)],
        hedges=(a_hedge(),),
    )
    short = a_snapshot(accounts=[an_account(wallet=60_000)], positions=[a_position(BTC, -1)])
    for grain in (Grain.ACCOUNT, Grain.ASSET, Grain.PORTFOLIO):
        assert value(neutral, "net_delta", grain) == 0.0
        assert value(short, "net_delta", grain) == -1.0
    assert value(neutral, "net_delta", Grain.HEDGE) == 0.0


def test_an_asset_held_as_spot_alone_is_a_subject() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=60_000)], spot=[a_spot("BTC", 1.0)], hedges=(a_hedge(),)
    )
    assert by_subject(snapshot, "net_delta", Grain.ASSET) == {"account=main asset=BTC": 1.0}


def test_an_unread_spot_balance_makes_delta_unknown() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, -1)], spot=[a_spot("BTC", NAN)], hedges=(a_hedge(),))
    assert reason(snapshot, "net_delta", Grain.ACCOUNT) == "spot balance of BTC in main"
    assert reason(snapshot, "net_delta", Grain.HEDGE) == "quantity of BTC in main"


def test_a_hedge_over_two_accounts_stands_on_the_equity_of_both() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("a", wallet=20_000), an_account("b", wallet=40_000)],
        positions=[a_position(BTC, -1, "b")],
        spot=[a_spot("BTC", 2.0, account="a")],
        hedges=(a_hedge("h", spot_leg("BTC", "a"), perpetual_leg(BTC, "b")),),
    )
    assert value(snapshot, "net_delta", Grain.HEDGE) == 1.0
