"""Numbers as Binance writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.paper.dialect.render import average_price, entry_price, fixed, money, on_step, places_of, trimmed

numbers = st.decimals(min_value=-(10**12), max_value=10**12, places=12)


@pytest.mark.parametrize(
    ("step", "places"), [("0.10", 2), ("0.1", 1), ("0.001", 3), ("1", 0), ("5", 0), ("1E-7", 7), ("1E+1", 0)]
)
def test_decimals_of_a_step_are_those_it_is_written_with(step: str, places: int) -> None:
    assert places_of(Decimal(step)) == places


def test_a_price_has_the_decimals_of_its_tick() -> None:
    assert on_step(Decimal(60000), Decimal("0.10")) == "60000.00"


def test_minus_zero_is_never_written() -> None:
    assert fixed(Decimal("-0.000000001"), 8) == "0.00000000"
    assert trimmed(Decimal("-0.0"), 8) == "0"


def test_large_and_tiny_numbers_have_no_exponent() -> None:
    assert money(Decimal("1E+20")) == "100000000000000000000.00000000"
    assert trimmed(Decimal("1E-8"), 8) == "0.00000001"


def test_an_entry_price_keeps_the_decimals_it_has() -> None:
    assert entry_price(Decimal("2422.400000007")) == "2422.400000007"
    assert entry_price(Decimal(0)) == "0.0"


def test_an_average_price_is_finer_than_the_tick() -> None:
    assert average_price(Decimal("1.23456789"), Decimal("0.10")) == "1.23457"
    assert average_price(Decimal("0.0000123456"), Decimal("0.0000001")) == "0.000012346"


@given(numbers)
@settings(max_examples=100, derandomize=True)
def test_what_is_written_is_within_half_a_unit_of_the_last_decimal(value: Decimal) -> None:
    assert abs(Decimal(money(value)) - value) <= Decimal("5E-9")


@given(numbers, st.integers(min_value=0, max_value=10))
@settings(max_examples=100, derandomize=True)
def test_trimming_changes_the_text_and_not_the_number(value: Decimal, places: int) -> None:
    assert Decimal(trimmed(value, places)) == Decimal(fixed(value, places))
