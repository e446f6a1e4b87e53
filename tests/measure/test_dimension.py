"""The algebra of units, as a table."""

from __future__ import annotations

import pytest

from riskd.measure.columns.dimension import (
    MONEY,
    NUMBER,
    PRICE,
    QUANTITY,
    Dimension,
    divided,
    fits,
    in_words,
    joined,
    multiplied,
    of_unit,
    scale,
    units_of,
)
from riskd.measure.spec import Unit

RATIO, MULTIPLE, COUNT, SIGMA = (of_unit(u) for u in (Unit.RATIO, Unit.MULTIPLE, Unit.COUNT, Unit.SIGMA))
RATE, FREQUENCY, DURATION = (of_unit(u) for u in (Unit.RATE, Unit.FREQUENCY, Unit.DURATION))

PRODUCTS = [
    (RATIO, RATIO, [Unit.RATIO, Unit.MULTIPLE]),
    (MULTIPLE, RATIO, [Unit.MULTIPLE, Unit.RATIO, Unit.COUNT, Unit.SIGMA]),
    (MONEY, RATIO, [Unit.MONEY]),
    (MONEY, MULTIPLE, [Unit.MONEY]),
    (COUNT, MONEY, [Unit.MONEY]),
    (COUNT, COUNT, [Unit.COUNT]),
    (COUNT, RATIO, [Unit.RATIO, Unit.MULTIPLE]),
    (PRICE, QUANTITY, [Unit.MONEY]),
    (RATE, DURATION, [Unit.RATIO, Unit.MULTIPLE]),
    (FREQUENCY, DURATION, [Unit.COUNT]),
    (RATE, MONEY, []),
    (NUMBER, DURATION, [Unit.DURATION]),
    (RATIO, DURATION, [Unit.DURATION]),
    (MONEY, MONEY, []),
    (SIGMA, NUMBER, [Unit.SIGMA]),
]
QUOTIENTS = [
    (MONEY, MONEY, [Unit.MULTIPLE, Unit.RATIO, Unit.COUNT, Unit.SIGMA]),
    (MONEY, COUNT, [Unit.MONEY]),
    (MONEY, QUANTITY, []),
    (MONEY, PRICE, []),
    (PRICE, PRICE, [Unit.MULTIPLE, Unit.RATIO, Unit.COUNT, Unit.SIGMA]),
    (RATIO, DURATION, [Unit.RATE]),
    (COUNT, DURATION, [Unit.FREQUENCY]),
    (NUMBER, DURATION, [Unit.RATE, Unit.FREQUENCY]),
    (RATIO, COUNT, [Unit.MULTIPLE, Unit.RATIO]),
    (COUNT, COUNT, [Unit.MULTIPLE, Unit.RATIO, Unit.COUNT, Unit.SIGMA]),
    (RATE, RATE, [Unit.MULTIPLE, Unit.RATIO, Unit.COUNT, Unit.SIGMA]),
    (DURATION, DURATION, [Unit.MULTIPLE, Unit.RATIO, Unit.COUNT, Unit.SIGMA]),
    (RATIO, RATE, [Unit.DURATION]),
    (MONEY, DURATION, []),
]


@pytest.mark.parametrize(("left", "right", "units"), PRODUCTS)
def test_a_product_may_be_said_in_these_units(left: Dimension, right: Dimension, units: list[Unit]) -> None:
    assert set(units_of(multiplied(left, right))) == set(units)
    assert multiplied(left, right) == multiplied(right, left)


@pytest.mark.parametrize(("left", "right", "units"), QUOTIENTS)
def test_a_quotient_may_be_said_in_these_units(left: Dimension, right: Dimension, units: list[Unit]) -> None:
    assert set(units_of(divided(left, right))) == set(units)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (MONEY, PRICE),
        (MONEY, NUMBER),
        (RATIO, MULTIPLE),
        (RATIO, COUNT),
        (DURATION, NUMBER),
        (RATE, FREQUENCY),
    ],
)
def test_different_things_are_never_added(left: Dimension, right: Dimension) -> None:
    assert joined(left, right) is None
    assert joined(right, left) is None


@pytest.mark.parametrize("same", [MONEY, PRICE, RATIO, MULTIPLE, COUNT, RATE, DURATION, FREQUENCY, NUMBER])
def test_equal_things_are_added(same: Dimension) -> None:
    assert joined(same, same) == same


def test_what_arithmetic_leaves_open_takes_the_kind_of_what_it_is_added_to() -> None:
    assert joined(divided(MONEY, MONEY), MULTIPLE) == MULTIPLE
    assert joined(RATIO, divided(MONEY, MONEY)) == RATIO


def test_rates_per_hour_and_durations_in_seconds_meet_without_losing_a_bit_before_they_do() -> None:
    assert scale(RATE, of_unit(Unit.RATE)) == 1.0
    assert scale(multiplied(RATE, DURATION), RATIO) == pytest.approx(1 / 3_600)
    assert scale(divided(RATIO, DURATION), RATE) == 3_600.0
    assert scale(divided(RATE, RATE), RATIO) == 1.0


@pytest.mark.parametrize("unit", list(Unit))
def test_every_unit_says_itself(unit: Unit) -> None:
    assert fits(of_unit(unit), unit)
    assert unit in units_of(of_unit(unit))


def test_words() -> None:
    told = {
        in_words(each) for each in (MONEY, PRICE, QUANTITY, RATIO, MULTIPLE, COUNT, SIGMA, RATE, DURATION)
    }
    assert told == {
        "an amount of money",
        "a price",
        "a quantity of coins",
        "a ratio",
        "a multiple",
        "a count",
        "a number of standard deviations",
        "a rate",
        "a duration",
    }
    assert in_words(multiplied(MONEY, MONEY)) == "money^2"
    assert in_words(divided(QUANTITY, MONEY)) == "coin per money"
    assert in_words(divided(NUMBER, MONEY)) == "something per money"
