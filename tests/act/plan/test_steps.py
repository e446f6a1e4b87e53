"""Whole lots, no dust, and no more than the largest step."""

from __future__ import annotations

from decimal import Decimal

import pytest

from riskd.act.plan.steps import Steps, steps_of
from tests.builders import BTC, ETH, a_position, a_snapshot, an_instrument

STEPS = Steps(row=0, held=Decimal("1.05"), lot=Decimal("0.1"), quantity_min=Decimal("0.2"), fewest=2, most=10)


def steps(held: str, lot: str, max_step: float = 1.0) -> Steps:
    book = a_snapshot(positions=[a_position(BTC, held)], instruments=[an_instrument(BTC, lot_size=lot)])
    possible, refused = steps_of(book, [0], max_step)
    assert refused == {}
    return possible[0]


def test_a_wanted_quantity_is_rounded_up_to_the_lot_within_what_is_allowed() -> None:
    assert [STEPS.at_least(Decimal(wanted)) for wanted in ("0", "0.2", "0.21", "0.3", "9")] == [
        2,
        2,
        3,
        3,
        10,
    ]


def test_a_rest_below_the_smallest_order_is_closed_with_the_others() -> None:
    assert STEPS.quantity(8) == Decimal("0.8")
    assert STEPS.quantity(9) == Decimal("1.0")


def test_the_whole_of_a_position_is_its_lots() -> None:
    assert (steps("1.1", "0.1").most, steps("1.1", "0.1").quantity(11)) == (11, Decimal("1.1"))
    assert steps("1.15", "0.1").most == 11


@pytest.mark.parametrize(("max_step", "most"), [(1.0, 100), (0.25, 25), (0.333, 33), (0.001, 1)])
def test_the_largest_step_is_rounded_down_but_never_to_nothing(max_step: float, most: int) -> None:
    assert steps("10", "0.1", max_step).most == most


def test_what_cannot_be_closed_is_named_with_its_reason() -> None:
    book = a_snapshot(
        positions=[a_position(BTC, 1), a_position(ETH, 1)],
        instruments=[an_instrument(BTC, tradable=False), an_instrument(ETH, lot_size=5)],
    )
    possible, refused = steps_of(book, [0, 1], 1.0)
    assert possible == {}
    assert refused == {0: "the contract is not trading", 1: "1 is below the smallest order of 5"}
