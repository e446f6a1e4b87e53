"""What riskd knows about its own knowledge."""

from __future__ import annotations

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
