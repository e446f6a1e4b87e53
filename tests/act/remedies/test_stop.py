"""A missing stop: for the rest that no stop covers, on the tick, before liquidation, and never wider than one that stands."""

from __future__ import annotations

from decimal import Decimal

import pytest

from riskd.act.plan import NoPlanReason
from riskd.act.remedies.stop import SHARE_OF_ROOM, placements, shrunk
from riskd.model.order import StopPlacement
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.model.subject import Grain, Subject, position_subject
from riskd.policy.rule import Match, Selector
from tests.act.remedies.demands import MAIN, cancel, place_stop, reason_of, text_of
from tests.builders import (
    BTC,
    ETH,
    NAN,
    OrderRow,
    PositionRow,
    a_position,
    a_snapshot,
    a_stop,
    a_surface,
    an_account,
    an_instrument,
)
from tests.measure.books import book_of, value

LONG, SHORT = position_subject("main", BTC, "long"), position_subject("main", BTC, "short")


def a_book(position: PositionRow, *orders: OrderRow, **changes: object) -> Snapshot:
    hedge_mode = position.position_side != "BOTH"
    return a_snapshot(
        accounts=[an_account(hedge_mode=hedge_mode)],
        positions=[position],
        orders=orders,
        **changes,  # type: ignore[arg-type]  # as given
    )


def placed(snapshot: Snapshot, subject: Subject = LONG, distance: float = 0.03) -> StopPlacement:
    made = placements(book_of(snapshot), place_stop(subject, distance))
    assert isinstance(made, tuple), made
    (stop,) = made
    return stop


def refused(snapshot: Snapshot, subject: Subject = LONG, distance: float = 0.03) -> NoPlanReason:
    return reason_of(placements(book_of(snapshot), place_stop(subject, distance)))


# ---- where ---------------------------------------------------------------------------------------------------------


def test_a_naked_position_gets_a_stop_for_all_of_it_at_the_distance_from_mark() -> None:
    long, short = placed(a_book(a_position(BTC, 1))), placed(a_book(a_position(BTC, -1)), SHORT)
    assert (long.quantity, long.trigger_price, long.note) == (Decimal(1), Decimal(58_200), "")
    assert (short.held, short.quantity, short.trigger_price) == (Decimal(-1), Decimal(1), Decimal(61_800))


def test_the_distance_counts_from_mark_and_not_from_entry() -> None:
    assert placed(a_book(a_position(BTC, 1, entry=90_000))).trigger_price == 58_200
    assert placed(a_book(a_position(BTC, 1, entry=20_000))).trigger_price == 58_200


@pytest.mark.parametrize(("quantity", "trigger"), [(1, "58207.5"), (-1, "61800")])
def test_the_trigger_stands_on_the_tick_that_is_nearer_to_mark(quantity: int, trigger: str) -> None:
    tick = an_instrument(BTC, mark=60_003.3, tick_size="7.5")
    subject = LONG if quantity > 0 else SHORT
    stop = placed(a_book(a_position(BTC, quantity), instruments=[tick]), subject)
    assert stop.trigger_price == Decimal(trigger)
    assert abs(stop.trigger_price - stop.mark_price) <= stop.mark_price * Decimal("0.03")


def test_in_hedge_mode_each_side_has_its_own() -> None:
    stop = placed(a_book(a_position(BTC, -1, position_side="SHORT")), SHORT)
    assert (stop.position_side, stop.trigger_price) == ("SHORT", Decimal(61_800))


def test_it_fills_before_liquidation_and_says_so() -> None:
    position = a_position(BTC, 1, liquidation_price=59_000.0)
    stop = placed(a_book(position))
    room = Decimal(1_000) / Decimal(60_000)
    assert stop.trigger_price >= Decimal(60_000) * (1 - SHARE_OF_ROOM * room)
    assert stop.trigger_price == pytest.approx(Decimal(59300), abs=Decimal("0.2"))
    assert (
        stop.note == "1.167% from mark and not 3%: liquidation is 1.667% away, and a stop must fill before it"
    )


def test_it_is_never_wider_than_the_farthest_stop_that_stands() -> None:
    book = a_book(
        a_position(BTC, 1), a_stop(BTC, "SELL", 0.3, 59_400), a_stop(BTC, "SELL", 0.3, 59_100, order_id="9")
    )
    stop = placed(book)
    assert (stop.quantity, stop.trigger_price) == (Decimal("0.4"), Decimal(59_100))
    assert stop.note == "1.5% from mark and not 3%: never wider than the stop that stands"
    assert placed(book, distance=0.01).trigger_price == 59_400


# ---- for how much --------------------------------------------------------------------------------------------------


def test_stops_that_stand_stay_and_only_the_rest_is_covered() -> None:
    book = a_book(a_position(BTC, 1), a_stop(BTC, "SELL", 0.6, 57_000))
    stop = placed(book)
    assert (stop.quantity, stop.trigger_price) == (Decimal("0.4"), Decimal(58_200))
    covered = a_book(
        a_position(BTC, 1),
        a_stop(BTC, "SELL", 0.6, 57_000),
        a_stop(BTC, "SELL", stop.quantity, float(stop.trigger_price)),
    )
    assert value(covered, "stop_coverage", Grain.POSITION) == 1.0
    assert refused(covered) is NoPlanReason.NO_HELP


def test_the_rest_is_floored_to_the_lot_and_less_than_a_smallest_order_is_left() -> None:
    position = a_position(BTC, "1.0029")
    assert placed(a_book(position)).quantity == Decimal("1.002")
    assert refused(a_book(position, a_stop(BTC, "SELL", "1.002", 58_300))) is NoPlanReason.AT_TARGET


def test_a_stop_that_stands_farther_than_asked_is_never_moved() -> None:
    made = placements(
        book_of(a_book(a_position(BTC, 1), a_stop(BTC, "SELL", 1, 54_000))), place_stop(LONG, 0.03)
    )
    assert reason_of(made) is NoPlanReason.NO_HELP
    assert "the farthest stands 10% from mark" in text_of(made)


def test_a_close_position_stop_covers_everything() -> None:
    stop = a_stop(BTC, "SELL", NAN, 58_500, reduce_only=False, close_position=True)
    assert refused(a_book(a_position(BTC, 1), stop)) is NoPlanReason.AT_TARGET


def test_a_stop_that_mark_has_passed_covers_nothing() -> None:
    assert placed(a_book(a_position(BTC, 1), a_stop(BTC, "SELL", 1, 60_500))).quantity == 1


@pytest.mark.parametrize(("reduced", "left"), [("0.1", "0.3"), ("0.4", None), ("0.7", None)])
def test_what_the_same_plan_closes_needs_no_stop(reduced: str, left: str | None) -> None:
    stop = placed(a_book(a_position(BTC, 1), a_stop(BTC, "SELL", 0.6, 57_000)))
    found = shrunk(stop, Decimal(reduced))
    assert (found and found.quantity) == (left and Decimal(left))
    assert found is None or found.trigger_price == stop.trigger_price


# ---- when not ------------------------------------------------------------------------------------------------------


def test_where_no_tick_is_left_before_liquidation_the_position_is_to_be_closed_instead() -> None:
    made = placements(book_of(a_book(a_position(BTC, 1, liquidation_price=60_000.0))), place_stop(LONG, 0.03))
    assert reason_of(made) is NoPlanReason.NO_HELP
    assert text_of(made).endswith("would trigger at once: close instead")
    coarse = an_instrument(BTC, tick_size="5000")
    assert refused(a_book(a_position(BTC, 1), instruments=[coarse])) is NoPlanReason.NO_HELP


@pytest.mark.parametrize(
    "surface", [Surface.POSITIONS, Surface.ORDERS, Surface.CONDITIONAL_ORDERS, Surface.MARKS]
)
def test_nothing_is_placed_on_what_is_not_fresh(surface: Surface) -> None:
    stale = a_surface(surface, quality=Quality.STALE, age_seconds=400)
    assert refused(a_book(a_position(BTC, 1), surfaces=[stale])) is NoPlanReason.UNKNOWN


@pytest.mark.parametrize(
    "book",
    [
        a_book(a_position(BTC, 1, confirmed=False)),
        a_book(a_position(BTC, 1), a_stop(BTC, "SELL", 1, NAN)),
        a_book(a_position(BTC, 1), instruments=[an_instrument(BTC, brackets=())]),
    ],
    ids=["position not seen", "stop that cannot be read", "no liquidation price"],
)
def test_nothing_is_placed_on_what_is_not_known(book: Snapshot) -> None:
    assert refused(book) is NoPlanReason.UNKNOWN


def test_a_contract_that_does_not_trade_takes_no_stop() -> None:
    book = a_book(a_position(BTC, 1), instruments=[an_instrument(BTC, tradable=False)])
    assert refused(book) is NoPlanReason.NOT_PLANNABLE


def test_only_a_position_within_the_scope_gets_one() -> None:
    book = book_of(a_book(a_position(BTC, 1)))
    elsewhere = Selector((("strategy", Match(any_of=("grid",))),))
    assert reason_of(placements(book, place_stop(LONG, where=elsewhere))) is NoPlanReason.NOTHING_HELD
    assert reason_of(placements(book, place_stop(MAIN))) is NoPlanReason.NOT_PLANNABLE
    gone = position_subject("main", ETH, "long")
    assert reason_of(placements(book, place_stop(gone))) is NoPlanReason.NO_SUBJECT
    assert reason_of(placements(book, cancel(subject=LONG))) is NoPlanReason.NOT_AN_ORDER
