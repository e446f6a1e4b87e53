"""Zeros of polynomials that are made of their zeros."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.measure.account.roots import first_zero, product, value_at, zeros_within

CHECKED = settings(max_examples=100, deadline=None, derandomize=True)
PLACES = st.lists(st.integers(-20, 20).map(float), min_size=1, max_size=5, unique=True)


def with_zeros(places: list[float], scale: float) -> tuple[float, ...]:
    made: tuple[float, ...] = (scale,)
    for place in places:
        made = product(made, (-place, 1.0))
    return made


@CHECKED
@given(places=PLACES, scale=st.sampled_from((1.0, -3.0, 1e-9, 1e12)))
def test_every_zero_within_is_found_and_none_outside(places: list[float], scale: float) -> None:
    made = with_zeros(places, scale)
    assert zeros_within(made, -100.0, 100.0) == pytest.approx(sorted(places), abs=1e-6)
    assert zeros_within(made, 0.5, math.inf) == pytest.approx(sorted(x for x in places if x >= 0.5), abs=1e-6)
    assert zeros_within(made, 30.0, 40.0) == []


@CHECKED
@given(places=PLACES)
def test_the_first_zero_is_where_a_positive_polynomial_ends_to_be_so(places: list[float]) -> None:
    made = with_zeros(places, 1.0)
    if value_at(made, 0.25) <= 0.0:
        made = tuple(-term for term in made)
    beyond = sorted(place for place in places if place > 0.25)
    for end in (50.0, math.inf):
        found = first_zero(made, 0.25, end)
        assert (found is None) == (not beyond)
        if beyond:
            assert found == pytest.approx(beyond[0], abs=1e-6)


def test_digits_are_not_lost_where_one_zero_is_far_greater_than_the_other() -> None:
    assert zeros_within((1.0, -1e9, 1.0), 0.0, 1.0) == [1e-9]
    assert zeros_within((1.0, -1e9, 1.0), 0.0, math.inf) == pytest.approx([1e-9, 1e9])
    assert zeros_within((1e-20, -3e-20, 2e-20), 0.0, 2.0) == pytest.approx([0.5, 1.0])


def test_a_polynomial_without_a_zero_has_none() -> None:
    assert zeros_within((1.0,), 0.0, 9.0) == []
    assert zeros_within((0.0, 0.0), 0.0, 9.0) == []
    assert zeros_within((1.0, 0.0, 1.0), -9.0, 9.0) == []
    assert first_zero((1.0, 1.0), 0.0, math.inf) is None
    assert first_zero((0.0, 0.0, 0.0, 2.0), 1.0, math.inf) is None


def test_zeros_at_the_ends_count() -> None:
    assert zeros_within((-1.0, 1.0), 1.0, 2.0) == [1.0]
    assert zeros_within(with_zeros([1.0, 2.0, 3.0], 1.0), 1.0, 3.0) == pytest.approx([1.0, 2.0, 3.0])
    assert zeros_within((0.0, 0.0, 0.0, 1.0), 0.0, 5.0) == [0.0]
