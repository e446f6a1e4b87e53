"""The order protocol against a venue that loses answers, books late, fills in part and is traded by others."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.act.clamp import Fresh
from riskd.execution import left_of
from riskd.model.order import Direction, Intent, OrderStatus, PlanState, Receipt
from tests.execution.desk import FAULTS, Desk, a_plan


def test_a_plan_closes_exactly_what_it_meant_to() -> None:
    desk = Desk()
    result = desk.run(a_plan())
    assert result.state is PlanState.DONE
    assert desk.venue.held == Decimal(6)
    assert [kind for kind, _ in desk.log.entries] == ["plan", "intent", "receipt", "end"]


def test_a_short_is_reduced_by_buying() -> None:
    desk = Desk(held="-10")
    assert desk.run(a_plan(held="-10")).state is PlanState.DONE
    assert desk.venue.held == Decimal(-6)


def test_a_lost_answer_is_resolved_with_the_venue_and_never_sent_again() -> None:
    desk = Desk(script=["answer lost"])
    assert desk.run(a_plan()).state is PlanState.DONE
    assert len(desk.venue.sent) == 1
    assert desk.venue.held == Decimal(6)


def test_a_lost_request_is_replaced_only_after_the_venue_has_proved_that_it_never_came() -> None:
    desk = Desk(script=["request lost"])
    assert desk.run(a_plan()).state is PlanState.DONE
    first, second = desk.venue.sent
    proved = [value for kind, value in desk.log.entries if kind == "receipt" and isinstance(value, Receipt)][
        1
    ]
    assert proved.status is OrderStatus.NOT_BOOKED
    assert proved.at >= first.expires_at + timedelta(seconds=4)
    assert second.client_order_id != first.client_order_id
    assert desk.venue.held == Decimal(6)


def test_an_order_that_books_late_is_found_and_not_repeated() -> None:
    desk = Desk(script=["late"])
    assert desk.run(a_plan()).state is PlanState.DONE
    assert len(desk.venue.sent) == 1
    assert desk.venue.held == Decimal(6)


def test_an_outcome_that_cannot_be_learned_ends_the_plan_and_leaves_the_intent_open() -> None:
    desk = Desk(script=["request lost"])
    desk.venue.finds_fail = 10**6
    result = desk.run(a_plan())
    assert result.state is PlanState.FAILED
    assert "outcome_unknown" in result.reason
    assert len(desk.venue.sent) == 1
    assert len(desk.log.unresolved()) == 1


def test_partial_fills_are_followed_by_what_a_fresh_read_still_shows() -> None:
    desk = Desk(script=["half", "nothing", "half"])
    assert desk.run(a_plan()).state is PlanState.DONE
    assert desk.venue.held == Decimal(6)
    assert [intent.quantity for intent in desk.venue.sent] == [4, 2, 2, 1]


def test_a_position_that_somebody_closed_needs_no_order() -> None:
    desk = Desk(held="0")
    assert desk.run(a_plan()).state is PlanState.DONE
    assert desk.venue.sent == []


def test_a_position_that_was_flipped_by_somebody_is_left_alone() -> None:
    desk = Desk(held="-3")
    assert desk.run(a_plan()).state is PlanState.DONE
    assert desk.venue.held == Decimal(-3)


def test_what_somebody_closes_meanwhile_counts_as_done() -> None:
    desk = Desk(held="7")
    assert desk.run(a_plan()).state is PlanState.DONE
    assert desk.venue.held == Decimal(6)


def test_a_reduce_only_refusal_leads_to_a_fresh_read() -> None:
    desk = Desk(script=["somebody closed"])
    assert desk.run(a_plan()).state is PlanState.DONE
    assert desk.venue.booked == []


def test_resting_orders_that_take_up_the_position_are_cancelled_once() -> None:
    desk = Desk()
    desk.venue.blocked = True
    assert desk.run(a_plan()).state is PlanState.DONE
    assert (desk.unblocked, desk.venue.held) == (1, Decimal(6))


def test_nothing_is_cancelled_after_the_kill_switch_was_pulled() -> None:
    desk = Desk()
    desk.venue.blocked = True
    desk.halted_after_gates = 2
    result = desk.run(a_plan())
    assert (result.state, desk.unblocked) == (PlanState.FAILED, 0)
    assert result.reason.startswith("halted")


def test_a_second_reduce_only_refusal_in_a_row_ends_the_plan() -> None:
    desk = Desk()
    desk.venue.blocked, desk.unblocking = True, False
    result = desk.run(a_plan())
    assert result.state is PlanState.FAILED
    assert "-2022" in result.reason
    assert (desk.unblocked, len(desk.venue.sent)) == (1, 2)


def test_another_refusal_ends_the_plan_with_the_venues_code() -> None:
    desk = Desk(script=["refused"])
    result = desk.run(a_plan())
    assert result.state is PlanState.FAILED
    assert "-2019" in result.reason


def test_nothing_is_sent_when_the_position_cannot_be_read() -> None:
    desk = Desk()
    desk.venue.reads_fail = 1
    result = desk.run(a_plan())
    assert result.state is PlanState.REFUSED
    assert desk.venue.sent == []


@pytest.mark.parametrize("gates", [0, 1])
def test_a_halt_stops_before_the_read_and_between_the_disk_and_the_wire(gates: int) -> None:
    desk = Desk()
    desk.halted_after_gates = gates
    assert desk.run(a_plan()).state is PlanState.REFUSED
    assert desk.venue.sent == []
    assert desk.log.unresolved() == []


def test_an_intent_that_cannot_be_made_durable_is_not_sent() -> None:
    desk = Desk()
    desk.log.fails_at = 1
    result = desk.run(a_plan())
    assert result.state is PlanState.FAILED
    assert desk.venue.sent == []


def test_a_receipt_that_cannot_be_made_durable_leaves_the_intent_open() -> None:
    desk = Desk()
    desk.log.fails_at = 2
    assert desk.run(a_plan()).state is PlanState.FAILED
    assert len(desk.log.unresolved()) == 1


@settings(max_examples=300, derandomize=True)
@given(
    script=st.lists(st.sampled_from(FAULTS), max_size=8),
    held=st.integers(-20, 20),
    planned=st.integers(-20, 20).filter(lambda n: n != 0),
    quantity=st.integers(1, 20),
    finds_fail=st.integers(0, 25),
    disk_fails_at=st.integers(-1, 12),
)
def test_no_fault_makes_a_position_grow_flip_or_shrink_by_more_than_planned(
    script: list[str], held: int, planned: int, quantity: int, finds_fail: int, disk_fails_at: int
) -> None:
    desk = Desk(held=str(held), script=script)
    desk.venue.finds_fail = finds_fail
    desk.log.fails_at = disk_fails_at
    plan = a_plan(held=str(planned), quantity=str(min(quantity, abs(planned))))
    desk.run(plan)
    ours = sum((booked.filled for booked in desk.venue.booked), Decimal(0))
    after = desk.venue.held
    assert after * held >= 0
    assert abs(after) <= abs(held)
    assert ours <= plan.reductions[0].quantity
    intents = [value for kind, value in desk.log.entries if kind == "intent"]
    assert all(sent in intents for sent in desk.venue.sent)
    assert len({intent.client_order_id for intent in desk.venue.sent}) == len(desk.venue.sent)
    assert len(desk.log.unresolved()) <= 1


def test_an_intent_cannot_be_built_that_opens_increases_or_flips() -> None:
    chance = random.Random(7)
    desk = Desk()
    good = desk.build(
        a_plan(),
        a_plan().reductions[0],
        Fresh(held=Decimal(10), mark_price=Decimal(1)),
        0,
        1,
    )
    assert isinstance(good, Intent)
    for _ in range(200):
        held = Decimal(chance.randint(-5, 5))
        quantity = Decimal(chance.randint(-2, 8))
        direction = chance.choice(list(Direction))
        reduces = held != 0 and (direction is Direction.SELL) == (held > 0) and 0 < quantity <= abs(held)
        if reduces:
            assert replace(good, held=held, quantity=quantity, direction=direction).reduce_only
        else:
            with pytest.raises(ValueError, match=r"does not reduce|is not within"):
                replace(good, held=held, quantity=quantity, direction=direction)


@given(planned=st.integers(1, 50), quantity=st.integers(1, 50), closed=st.integers(0, 50))
def test_what_is_left_of_a_reduction_ends_at_the_same_position(
    planned: int, quantity: int, closed: int
) -> None:
    reduction = replace(
        a_plan().reductions[0], held=Decimal(-planned), quantity=Decimal(min(quantity, planned))
    )
    rest = left_of(reduction, Decimal(closed))
    if closed >= reduction.quantity:
        assert rest is None
    else:
        assert rest is not None
        assert abs(rest.held) - rest.quantity == abs(reduction.held) - reduction.quantity
        assert rest.quantity == reduction.quantity - closed
