"""What riskd knows about its own knowledge."""

from __future__ import annotations

import math

import numpy as np
import pytest

from riskd.measure.catalogue import select_all
from riskd.measure.spec import Selection
from riskd.model.report import Surface
from riskd.model.snapshot import Quality
from riskd.model.subject import Grain
from tests.builders import (
    BTC,
    ETH,
    NAN,
    VENUE,
    a_history,
    a_position,
    a_snapshot,
    a_surface,
    an_account,
    an_instrument,
)
from tests.measure.books import book_of, by_subject, reason, selected, value


def test_data_is_as_old_as_its_oldest_vital_surface() -> None:
    snapshot = a_snapshot(
        accounts=[an_account()],
        surfaces=[
            a_surface(Surface.ORDERS, age_seconds=40.0),
            a_surface(Surface.INCOME, age_seconds=9_000.0),
        ],
    )
    assert value(snapshot, "data_age", Grain.ACCOUNT) == 40.0


def test_a_stale_surface_still_has_an_age() -> None:
    stale = a_surface(Surface.POSITIONS, quality=Quality.STALE, age_seconds=300.0)
    assert value(a_snapshot(accounts=[an_account()], surfaces=[stale]), "data_age", Grain.ACCOUNT) == 300.0


def test_what_was_never_seen_has_no_age_and_is_named() -> None:
    blind = a_surface(Surface.BALANCES, "b", quality=Quality.BLIND, age_seconds=None)
    snapshot = a_snapshot(accounts=[an_account("a"), an_account("b")], surfaces=[blind])
    assert by_subject(snapshot, "data_age", Grain.ACCOUNT)["account=a"] == 2.0
    assert reason(snapshot, "data_age", Grain.EXCHANGE) == "balances: never read in b"


def test_a_venue_is_as_old_as_its_oldest_account() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("a", venue="one"), an_account("b", venue="one"), an_account("c", venue="two")],
        surfaces=[a_surface(Surface.POSITIONS, "b", venue="one", age_seconds=77.0)],
    )
    assert by_subject(snapshot, "data_age", Grain.EXCHANGE) == {"venue=one": 77.0, "venue=two": 2.0}


def test_one_frozen_symbol_is_seen_although_the_feed_lives() -> None:
    """Story F26: the venue answers every second, one symbol's quote has stood still for ten minutes."""
    snapshot = a_snapshot(
        accounts=[an_account()],
        instruments=[an_instrument(BTC), an_instrument(ETH, quoted_age_seconds=600.0)],
    )
    assert by_subject(snapshot, "data_age", Grain.INSTRUMENT) == {
        f"venue={VENUE} symbol={BTC}": 2.0,
        f"venue={VENUE} symbol={ETH}": 600.0,
    }
    unknown = a_snapshot(accounts=[an_account()], instruments=[an_instrument(BTC, quoted_age_seconds=NAN)])
    assert reason(unknown, "data_age", Grain.INSTRUMENT) == "time of the mark price of BTC/USDT:USDT"


def test_a_clock_that_stepped_back_gives_no_negative_age() -> None:
    states = [a_surface(surface, age_seconds=-5.0) for surface in Surface]
    assert value(a_snapshot(accounts=[an_account()], surfaces=states), "data_age", Grain.ACCOUNT) == 0.0


def test_unlabelled_counts_the_selected_positions_that_nobody_claims() -> None:
    book = book_of(
        a_snapshot(
            positions=[
                a_position(BTC, 1, strategy="unlabelled"),
                a_position(ETH, 1, strategy="unlabelled", confirmed=False),
                a_position("SOL/USDT:USDT", 1),
            ]
        )
    )
    assert value(book, "unlabelled", Grain.ACCOUNT) == 2.0
    first = Selection(positions=np.array([True, False, False]), orders=select_all(book).orders)
    assert selected(book, "unlabelled", Grain.ACCOUNT, first).values.tolist() == [1.0]


@pytest.mark.parametrize(("rank", "why"), [(4.0, ""), (NAN, "ADL rank of BTC/USDT:USDT")])
def test_adl_rank_is_as_the_venue_states_it(rank: float, why: str) -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1, adl_rank=rank)])
    assert value(snapshot, "adl_rank", Grain.POSITION) == pytest.approx(rank, nan_ok=True)
    assert reason(snapshot, "adl_rank", Grain.POSITION) == why


def test_the_skew_of_a_venue_is_the_distance_of_its_clock_either_way() -> None:
    accounts = [an_account("a", venue="one"), an_account("b", venue="two"), an_account("c", venue="three")]
    snapshot = a_snapshot(accounts=accounts, clock_offsets={"one": -0.4, "two": 3.0})
    found = by_subject(snapshot, "clock_skew", Grain.EXCHANGE)
    assert (found["venue=one"], found["venue=two"]) == (0.4, 3.0)
    assert reason(a_snapshot(), "clock_skew", Grain.EXCHANGE) == f"time of {VENUE}"


def test_refused_orders_are_unknown_and_the_reason_says_who_would_have_to_tell() -> None:
    why = reason(a_snapshot(), "reject_rate", Grain.ACCOUNT, window=60.0)
    assert why == f"refused orders: {VENUE} tells only the sender of an order that it was refused"


def test_what_the_fills_do_not_explain_is_a_gap() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("a"), an_account("b")],
        positions=[a_position(BTC, 1, "a"), a_position(ETH, -20, "a"), a_position(ETH, 1, "b")],
    )
    compared = [("a", BTC, -0.1, 60.0), ("a", ETH, 0.0, 60.0), ("b", ETH, 0.0, 60.0)]
    book = book_of(snapshot, a_history(snapshot, reconciled=compared))
    assert by_subject(book, "reconciliation_gap", Grain.ACCOUNT) == {
        "account=a": pytest.approx(6_000 / 120_000),
        "account=b": 0.0,
    }


def test_a_contract_that_was_not_compared_lately_makes_the_gap_unknown() -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1)])
    missing = "fills of BTC/USDT:USDT: not held against the position in the last 30 minutes"
    assert reason(snapshot, "reconciliation_gap", Grain.ACCOUNT) == missing
    old = book_of(snapshot, a_history(snapshot, reconciled=[("main", BTC, 0.0, 1801.0)]))
    assert reason(old, "reconciliation_gap", Grain.ACCOUNT) == missing


def test_fills_that_say_that_something_is_held_where_nothing_is_are_an_infinite_gap() -> None:
    snapshot = a_snapshot(accounts=[an_account()], instruments=[an_instrument(BTC)])
    book = book_of(snapshot, a_history(snapshot, reconciled=[("main", BTC, -1.0, 60.0)]))
    assert value(book, "reconciliation_gap", Grain.ACCOUNT) == math.inf
    gone = book_of(snapshot, a_history(snapshot, reconciled=[("main", "GONE/USDT:USDT", -1.0, 60.0)]))
    assert "mark price of a contract" in reason(gone, "reconciliation_gap", Grain.ACCOUNT)
    assert value(snapshot, "reconciliation_gap", Grain.ACCOUNT) == 0.0
