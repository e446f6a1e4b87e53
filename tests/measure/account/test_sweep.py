"""The sweep by itself: what counts as short, in which order places are walked, and that nothing is left behind."""

from __future__ import annotations

import math

import pytest

from riskd.measure.account.problem import Basis, Change, Event, Problem, Purse, Slice
from riskd.measure.account.sweep import Cause, first_shortfall

LINE = Basis(1)
MONEY = Purse(price=(1.0, 0.0))


def a_problem(
    balance: tuple[float, ...],
    required: tuple[float, ...] = (0.0, 0.0),
    *events: Event,
    basis: Basis = LINE,
    purse: Purse = MONEY,
    end: float = math.inf,
) -> Problem:
    start = Change(row=0, purse=0, balance=(balance,), required=(required,))
    return Problem(basis=basis, purses=(purse,), start=(start,), events=events, end=end)


def asks(at: float, amount: float, *, order: int = 1, row: int = 0) -> Event:
    return Event(at=at, order=order, row=row, purse=0, required=((amount, 0.0),))


def test_equity_that_meets_what_is_required_is_short() -> None:
    found = first_shortfall(a_problem((10.0, -2.0), (4.0, 0.0)))
    assert (found.at, found.cause, found.equity, found.required) == (3.0, Cause.CROSSED, 4.0, 4.0)
    assert found.segment == (0.0, math.inf)


def test_nothing_left_and_nothing_required_is_not_short_unless_it_sinks() -> None:
    assert first_shortfall(a_problem((0.0, 0.0))).cause is Cause.NEVER
    assert first_shortfall(a_problem((0.0, 1.0))).cause is Cause.NEVER
    assert first_shortfall(a_problem((0.0, -1.0))).cause is Cause.ALREADY
    assert first_shortfall(a_problem((1.0, -1.0), end=1.0)).cause is Cause.NEVER
    assert first_shortfall(a_problem((1.0, -1.0), end=1.5)).at == 1.0
    assert first_shortfall(a_problem((0.0, 0.0), (1.0, 0.0))).cause is Cause.ALREADY


def test_places_are_walked_in_order_however_they_are_given() -> None:
    found = first_shortfall(
        a_problem((10.0, -1.0), (1.0, 0.0), asks(4.0, 20.0, row=2), asks(2.0, 8.0, row=1))
    )
    assert (found.at, found.cause, found.rows) == (2.0, Cause.JUMPED, (1,))
    assert (found.required_before, found.required, found.equity) == (1.0, 9.0, 8.0)


def test_what_enters_a_tier_counts_before_what_leaves_one_at_the_same_place() -> None:
    enters, leaves = asks(2.0, 9.0, order=0), asks(2.0, -9.0)
    assert first_shortfall(a_problem((10.0, 0.0), (5.0, 0.0), leaves, enters)).at == 2.0
    assert first_shortfall(a_problem((10.0, 0.0), (5.0, 0.0), leaves)).at == math.inf


def test_a_step_of_rounding_is_not_called_a_jump() -> None:
    found = first_shortfall(a_problem((10.0, -1.0), (5.0, 0.0), asks(5.0 - 1e-12, 2e-12)))
    assert found.cause is Cause.CROSSED
    assert found.at == pytest.approx(5.0)


def test_what_is_added_and_taken_away_leaves_nothing_behind() -> None:
    giant = [asks(1.0, 1e20 / 3.0), asks(1.0, 0.1), asks(1.0, -1e20 / 3.0), asks(1.0, -0.1)]
    found = first_shortfall(a_problem((0.1, 0.0), (0.0, 0.0), *giant))
    assert found.cause is Cause.NEVER


def test_beyond_the_end_nothing_is_asked() -> None:
    assert first_shortfall(a_problem((1.0, 0.0), (0.5, 0.0), asks(2.0, 9.0), end=1.0)).cause is Cause.NEVER
    assert first_shortfall(a_problem((1.0, 0.0), (0.5, 0.0), asks(1.0, 9.0), end=1.0)).at == 1.0


def test_sums_beyond_floats_are_unknown_from_where_they_are() -> None:
    after = asks(2.0, math.nan)
    assert first_shortfall(a_problem((1.0, -1.0), (0.5, 0.0), after)).at == 0.5
    found = first_shortfall(a_problem((9.0, -1.0), (0.5, 0.0), after))
    assert found.cause is Cause.UNKNOWN
    assert math.isnan(found.at)


def test_a_parabola_that_dips_within_a_segment_is_seen() -> None:
    dip = Basis(2)  # (s - 1)·(s - 2) is below zero between 1 and 2 only
    assert first_shortfall(a_problem((2.0, -3.0, 1.0), (0.0, 0.0, 0.0), basis=dip)).at == pytest.approx(1.0)
    above = a_problem((2.5, -3.0, 1.0), (0.0, 0.0, 0.0), basis=dip)
    assert first_shortfall(above).cause is Cause.NEVER


def test_a_hyperbola_is_solved_with_the_price_in_its_denominator() -> None:
    falling = Basis(1, (-1.0,))
    # 4 = 1/(1-s)
    found = first_shortfall(a_problem((4.0, 0.0, 0.0), (0.0, 0.0, 1.0), basis=falling, end=1.0))
    assert found.at == pytest.approx(0.75)


def test_a_balance_counts_by_slices_while_it_is_positive() -> None:
    purse = Purse(price=(1.0, 0.0), slices=(Slice(0.0, 0.5), Slice(10.0, 0.0, 5.0)))
    # From 20: 5 counts down to 10, then half; below zero all. 4 are required: at a balance of 8.
    assert first_shortfall(a_problem((20.0, -1.0), (4.0, 0.0), purse=purse)).at == pytest.approx(12.0)
    # -3 required, that is 3 of it lent: the balance may be 3 below zero.
    assert first_shortfall(a_problem((20.0, -1.0), (-3.0, 0.0), purse=purse)).at == pytest.approx(23.0)
