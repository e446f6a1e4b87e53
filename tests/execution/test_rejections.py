"""Each refusal of a venue is followed by what can help, in bounds, and otherwise by a person; what protects still stands."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from riskd.act.refusal import Refusal, RefusalReason
from riskd.execution import Bounds
from riskd.model.order import PlanState
from tests.execution.desk import Desk, a_plan

STOPPED = {
    "-2015": "key_refused",
    "-4061": "position_mode",
    "-1106": "position_mode",
    "-1121": "venue_rejected",
}


@pytest.mark.parametrize("code", STOPPED)
def test_a_refusal_that_nothing_helps_ends_the_plan_at_once_with_its_word(code: str) -> None:
    desk = Desk(script=[code])
    result = desk.run(a_plan())
    assert (result.state, len(desk.venue.sent)) == (PlanState.FAILED, 1)
    assert result.reason.startswith(STOPPED[code])


@pytest.mark.parametrize("code", ["-4131", "-4016", "-4024"])
def test_outside_the_venues_band_the_next_limit_is_nearer_to_mark_and_never_wider(code: str) -> None:
    desk = Desk(script=[code, "-4024", "-4024"])
    assert desk.run(a_plan()).state is PlanState.DONE
    reaches = [fresh.learned.reach for _, fresh in desk.built if fresh.learned.reach is not None]
    assert reaches == sorted(reaches, reverse=True)
    assert desk.built[1][1].learned.no_market == (code == "-4131" or desk.built[1][1].learned.reach is None)


def test_above_the_venues_largest_order_it_comes_out_in_smaller_ones() -> None:
    desk = Desk(script=["-4005"])
    assert desk.run(a_plan()).state is PlanState.DONE
    assert [intent.quantity for intent in desk.venue.sent] == [4, 2, 2]


def test_when_the_venue_asks_for_silence_nothing_is_asked_until_it_is_over() -> None:
    desk = Desk(script=["-1003 wait 17"])
    assert desk.run(a_plan()).state is PlanState.DONE
    assert [intent.created_at for intent in desk.venue.sent][1].second == 17


def test_a_longer_silence_than_a_plan_waits_ends_it() -> None:
    desk = Desk(script=["-1003 wait 180"])
    result = desk.run(a_plan())
    assert (result.state, len(desk.venue.sent)) == (PlanState.FAILED, 1)
    assert result.reason.startswith("rate_limited")


def test_a_time_stamp_that_was_refused_is_tried_again_a_few_times_and_then_the_clock_is_looked_at() -> None:
    once, always = Desk(script=["-1021"]), Desk(script=["-1021"] * 9)
    assert once.run(a_plan()).state is PlanState.DONE
    result = always.run(a_plan())
    assert result.reason.startswith("clock_skew")
    assert len(always.venue.sent) == 1 + always.bounds.waits_max


def test_what_never_left_this_machine_is_made_anew_from_a_fresh_read() -> None:
    desk = Desk(script=["unsent:connect", "expired"])
    assert desk.run(a_plan()).state is PlanState.DONE
    assert len({intent.client_order_id for intent in desk.venue.sent}) == 3


def test_dust_after_a_fill_is_as_good_as_done_and_before_it_a_refusal() -> None:
    after, before = Desk(script=["half", "-4164"]), Desk(script=["-4164"])
    assert after.run(a_plan()).state is PlanState.DONE
    assert before.run(a_plan()).reason.startswith("venue_rejected: -4164")


def test_setbacks_are_bounded_and_then_a_person_is_called() -> None:
    desk = Desk(script=["nothing"] * 99)
    result = desk.run(a_plan())
    assert (result.state, len(desk.venue.sent)) == (PlanState.FAILED, desk.bounds.setbacks_max)
    assert result.reason.startswith("attempts: 6 orders, 6 of them not filled whole")
    assert [attempt for attempt, _ in desk.built] == [0, 1, 2, 3, 4, 5]


def test_an_order_that_fills_whole_takes_no_rung_of_the_ladder() -> None:
    desk = Desk(script=["-4005", "fill", "nothing"])
    assert desk.run(a_plan()).state is PlanState.DONE
    assert [attempt for attempt, _ in desk.built] == [0, 1, 1, 2]


def test_take_profits_that_would_block_are_cancelled_before_the_first_order() -> None:
    desk = Desk()
    desk.venue.take_profits = {"tp": Decimal(8)}
    desk.venue.stops = {"stop": Decimal(10)}
    assert desk.run(a_plan()).state is PlanState.DONE
    assert desk.venue.history[:2] == ["cancelled tp", "closed 4"]
    assert len(desk.venue.sent) == 1
    assert desk.venue.stops == {"stop": Decimal(10)}


def test_take_profits_that_leave_room_stay() -> None:
    desk = Desk()
    desk.venue.take_profits = {"tp": Decimal(6)}
    assert desk.run(a_plan()).state is PlanState.DONE
    assert desk.venue.take_profits == {"tp": Decimal(6)}


@pytest.mark.parametrize("code", ["-2019", "-4061", "-2015", "-4131", "-1003 wait 999", "-2022"])
def test_a_close_that_is_refused_after_take_profits_were_cancelled_leaves_the_stop_standing(
    code: str,
) -> None:
    desk = Desk(script=[code] * 99)
    desk.venue.take_profits = {"tp": Decimal(10)}
    desk.venue.stops = {"stop": Decimal(10)}
    result = desk.run(a_plan(quantity="10"))
    assert result.state is PlanState.FAILED
    assert desk.venue.take_profits == {}
    assert desk.venue.stops == {"stop": Decimal(10)}
    assert desk.venue.held == 10


def test_orders_are_spread_out_where_the_gate_counts_them() -> None:
    desk = Desk()
    busy = Refusal(RefusalReason.ORDERS_PER_TEN_SECONDS, "10 in ten seconds")
    desk.refusals = [busy, busy, busy]
    assert desk.run(a_plan()).state is PlanState.DONE
    assert desk.clock.seconds == 3.0


def test_they_are_not_spread_out_for_ever() -> None:
    desk = Desk()
    desk.bounds = Bounds(wait_seconds_max=5.0)
    desk.refusals = [Refusal(RefusalReason.ORDERS_PER_MINUTE, "too many")] * 99
    result = desk.run(a_plan())
    assert (result.state, desk.venue.sent) == (PlanState.REFUSED, [])


def test_resting_orders_that_cannot_be_read_leave_it_to_the_venue_to_refuse() -> None:
    desk = Desk()
    desk.bounds = replace(desk.bounds, setbacks_max=3)
    desk.venue.cancels_fail = 1
    desk.venue.take_profits = {"tp": Decimal(8)}
    assert desk.run(a_plan()).state is PlanState.DONE
    assert desk.venue.held == 6
